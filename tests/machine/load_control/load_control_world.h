// A server that has its lease, as 4 of 3, 4 and 5, and what it says to 5 by a link.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/cluster/directed.h"
#include "machine/load_control/server_links_world.h"
#include "server/load_control/load_control.h"
#include "support/module_world.h"

namespace muster::testing {

inline constexpr LinkId kLink{3, 1};
inline const LinkOpened kOpened{kLink, LinkUse::server, Transport::tls, {}, {}, {}};

class LoadControlTest : public ::testing::Test {
 protected:
  LoadControlTest() {
    world.settings.cluster.emplace();
    world.settings.cluster->self = member(4).self;
  }
  // It has its lease, as 4 of 3, 4 and 5.
  void join(LoadControl& control) {
    control.on(world.now, Started{}, world.out);
    answer(control, cluster::LeaseTaken{Incarnation(4), directory({3, 4, 5})});
  }
  void answer(LoadControl& control, cluster::ClusterReply reply) {
    const auto asked = orders<AskCluster>(world.take());
    ASSERT_FALSE(asked.empty());
    control.on(world.now, ClusterAnswered{asked[0].ticket, std::move(reply)}, world.out);
  }
  // What the next renewal of the lease says; and what 5 is told then.
  std::vector<cluster::Told> renew(LoadControl& control, const cluster::Directory& all) {
    world.pass(world.settings.cluster->renew_after);
    control.wake(world.now, world.out);
    answer(control, cluster::LeaseRenewed{all});
    control.steer(world.now, world.out);
    return told(control);
  }
  static cluster::Directory directory_of(std::uint64_t main) {
    cluster::Directory all = directory({3, 4, 5});
    all.main = Incarnation(main);
    all.epoch = cluster::Epoch(2);
    return all;
  }
  // 5 is linked.
  void link(LoadControl& control) {
    control.on(world.now, kOpened, world.out);
    std::string hello;
    cluster::append_control(
        hello, cluster::Hello{.from = 5, .to = 4, .link = 1, .received = 0, .svr_id = name_of(5)});
    control.on(world.now, BytesReceived{kLink, hello}, world.out);
    control.flush(world.now, world.out);
    EXPECT_EQ(orders<SendBytes>(world.take()).size(), 1u) << "the hello is answered";
  }

  // What its only shard has.
  static ShardLoad load(std::uint64_t users, std::uint64_t resources,
                        std::vector<Address> came = {}) {
    ShardLoad load;
    load.users = users;
    load.resources = resources;
    load.came = std::move(came);
    return load;
  }

  // It is main, has nobody, and is linked to 5: from then on users are moved between both.
  void be_main_beside_one(LoadControl& control) {
    join(control);
    told(control);
    renew(control, directory_of(4));
    link(control);
    control.on(world.now, load(0, 0), world.out);
  }

  // It has four users and is linked to 5, where the main is that server.
  void have_four_users(LoadControl& control, std::uint64_t main) {
    join(control);
    link(control);
    renew(control, directory_of(main));
    control.on(world.now, load(4, 0), world.out);
    told(control);
  }

  // 5 says this on the lane `directed`.
  void hear_bytes(LoadControl& control, std::string_view said) {
    std::string frame;
    cluster::append_directed(frame, ++heard_, said);
    control.on(world.now, BytesReceived{kLink, frame}, world.out);
  }
  void hear(LoadControl& control, const cluster::Told& what) {
    std::string said;
    cluster::append_told(said, what);
    hear_bytes(control, said);
  }
  // 5 has taken all up to that number of what it was told.
  void acknowledge(LoadControl& control, std::uint64_t number) {
    std::string frame;
    cluster::append_control(frame, cluster::Acknowledged{number});
    control.on(world.now, BytesReceived{kLink, frame}, world.out);
  }
  // What 5 was told on it since; all else that happened is in said_.
  std::vector<cluster::Told> told(LoadControl& control) {
    control.flush(world.now, world.out);
    said_ = world.take();
    bytes_.clear();
    for (const SendBytes& send : orders<SendBytes>(said_))
      bytes_ += send.bytes;
    std::vector<cluster::Told> all;
    cluster::FrameReader reader;
    reader.open_lanes();
    std::string_view unread = bytes_;
    while (const auto frame = reader.next(unread)) {
      if (frame->lane != Lane::directed) continue;
      const auto directed = cluster::read_directed(frame->payload);
      const auto what = cluster::read_told(directed->said);
      EXPECT_TRUE(what.has_value());
      all.push_back(*what);
    }
    return all;
  }

  const Address kAlice = Address::of_canonical("alice", "example.com");
  ModuleWorld world;
  ModuleWorld::Happened said_;

 private:
  std::uint64_t heard_ = 0;
  std::string bytes_;  // what told() has views of
};

}  // namespace muster::testing
