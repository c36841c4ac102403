// What an operator is told of the cluster by one of its servers.
#include <gtest/gtest.h>

#include <vector>

#include "machine/load_control/server_links_world.h"
#include "server/load_control/load_control.h"
#include "support/module_world.h"

namespace muster::testing {
namespace load_control_cluster_admin_test {

using Outcome = AdminReply::Outcome;

constexpr Ticket kTicket(77);
const Address kAlice = Address::of_canonical("alice", "example.com");

class ClusterAdminTest : public ::testing::Test {
 protected:
  ClusterAdminTest() {
    world.settings.cluster.emplace();
    world.settings.cluster->self = member(4).self;
  }
  void join(LoadControl& control) {
    control.on(world.now, Started{}, world.out);
    const auto asked = orders<AskCluster>(world.take());
    ASSERT_EQ(asked.size(), 1u);
    cluster::Directory all = directory({3, 4, 5});
    all.main = Incarnation(3);
    control.on(world.now,
               ClusterAnswered{asked[0].ticket, cluster::LeaseTaken{Incarnation(4), all}},
               world.out);
    world.take();
  }
  AdminReply reply() {
    const auto answers = orders<AnswerAdmin>(world.take());
    EXPECT_EQ(answers.size(), 1u);
    if (answers.size() != 1) return {};
    EXPECT_EQ(answers[0].ticket, kTicket);
    return answers[0].reply;
  }
  AdminReply ask(LoadControl& control, AdminRequest request) {
    control.on(world.now, AdminAsked{kTicket, std::move(request)}, world.out);
    return reply();
  }
  // Where alice is, by this answer of the store.
  AdminReply where(LoadControl& control, cluster::ClusterReply of_store) {
    control.on(world.now, AdminAsked{kTicket, FindUser{kAlice}}, world.out);
    const auto asked = orders<AskCluster>(world.take());
    EXPECT_EQ(asked.size(), 1u);
    if (asked.size() != 1) return {};
    EXPECT_EQ(std::get<cluster::FindOwners>(asked[0].request).users, std::vector<Address>{kAlice});
    control.on(world.now, ClusterAnswered{asked[0].ticket, std::move(of_store)}, world.out);
    return reply();
  }

  // Two users with 19 contacts, one of whom has a phone besides.
  static ShardLoad load() {
    ShardLoad load;
    load.users = 2;
    load.resources = 19;
    load.xmpp = 2;
    load.sip = 1;
    load.relaying = 4;
    load.measures = {{1, 100}, {2, 100}, {}, {3, 100}};
    return load;
  }

  ModuleWorld world;
};

TEST_F(ClusterAdminTest, WhoIsAloneHasNoCluster) {
  world.settings.cluster.reset();
  LoadControl control(world.shard);
  EXPECT_EQ(ask(control, ListServers{}).outcome, Outcome::no_cluster);
  EXPECT_EQ(ask(control, FindUser{kAlice}).outcome, Outcome::no_cluster);
}

TEST_F(ClusterAdminTest, WithoutALeaseNothingIsKnown) {
  LoadControl control(world.shard);
  control.on(world.now, Started{}, world.out);
  world.take();
  EXPECT_EQ(ask(control, ListServers{}).outcome, Outcome::no_lease);
  EXPECT_EQ(ask(control, FindUser{kAlice}).outcome, Outcome::no_lease);
}

TEST_F(ClusterAdminTest, AllServersAreListed) {
  LoadControl control(world.shard);
  join(control);
  control.on(world.now, load(), world.out);
  world.take();
  const AdminReply told = ask(control, ListServers{});
  EXPECT_EQ(told.outcome, Outcome::done);
  ASSERT_EQ(told.servers.size(), 3u);
  const ServerSeen& main = told.servers[0];
  EXPECT_EQ(main.member.incarnation, Incarnation(3));
  EXPECT_TRUE(main.main);
  EXPECT_FALSE(main.itself || main.linked);
  EXPECT_FALSE(main.load || main.own) << "it has said nothing yet";
  const ServerSeen& itself = told.servers[1];
  EXPECT_TRUE(itself.itself);
  EXPECT_FALSE(itself.main);
  EXPECT_EQ(itself.load, (ServerSeen::Load{{1}, 2}));
  EXPECT_EQ(itself.own, (ServerSeen::Own{{{1}, 2}, 2, 1, 19, 4, load().measures}));
}

// By the fullest shard, where the index is the measured one.
TEST_F(ClusterAdminTest, ALevelIsOfWhatIsMeasured) {
  ClusterSettings& settings = world.settings.cluster.value();
  settings.self.max_level = cluster::LoadLevel{200};
  const auto level = [&] {
    LoadControl control(world.shard);
    join(control);
    ShardLoad load = ClusterAdminTest::load();
    load.measures.cpu = {40, 100};
    load.measures.queues = {1, 10};
    control.on(world.now, load, world.out);
    world.take();
    return ask(control, ListServers{}).servers.at(1).load.value().level.value;
  };
  EXPECT_EQ(level(), 1u);
  settings.load.index = cluster::LoadIndex::measured;
  EXPECT_EQ(level(), 80u);
}

TEST_F(ClusterAdminTest, AUserIsWhereTheStoreSays) {
  LoadControl control(world.shard);
  join(control);
  const AdminReply elsewhere = where(control, cluster::Owners{{Incarnation(5)}});
  EXPECT_EQ(elsewhere.outcome, Outcome::done);
  ASSERT_EQ(elsewhere.servers.size(), 1u);
  EXPECT_EQ(elsewhere.servers[0].member.self.svr_id, name_of(5));
  const AdminReply here = where(control, cluster::Owners{{Incarnation(4)}});
  EXPECT_TRUE(here.servers.at(0).itself);
  EXPECT_TRUE(where(control, cluster::Owners{{Incarnation()}}).servers.empty());
  // It came after the directory was read.
  const AdminReply later = where(control, cluster::Owners{{Incarnation(9)}});
  EXPECT_EQ(later.servers.at(0).member.incarnation, Incarnation(9));
  EXPECT_EQ(later.servers.at(0).member.self.svr_id, "");
}

TEST_F(ClusterAdminTest, AStoreThatFailsIsSaid) {
  LoadControl control(world.shard);
  join(control);
  EXPECT_EQ(where(control, StoreFailed{}).outcome, Outcome::store_failed);
  const cluster::ClusterRefused fenced{cluster::ClusterRefused::Why::fenced};
  EXPECT_EQ(where(control, fenced).outcome, Outcome::no_lease);
}

}  // namespace load_control_cluster_admin_test
}  // namespace muster::testing
