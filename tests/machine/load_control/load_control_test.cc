// The parts of load control together: whom the lease tells of is linked, and what comes on links to
// other servers is its own.
#include "server/load_control/load_control.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "machine/load_control/server_links_world.h"
#include "support/module_world.h"

namespace muster::testing {
namespace {

constexpr LinkId kLink{3, 1};
const LinkOpened kOpened{kLink, LinkUse::server, Transport::tls, {}, {}, {}};

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

  ModuleWorld world;
};

TEST_F(LoadControlTest, WhomTheDirectoryHasIsLinked) {
  LoadControl control(world.shard);
  join(control);
  const auto opened = orders<OpenLink>(world.take());
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].remote, place_of(3));
  EXPECT_FALSE(control.has(kLink));
  link(control);
  EXPECT_TRUE(control.has(kLink));
  control.on(world.now, LinkClosed{kLink}, world.out);
  EXPECT_FALSE(control.has(kLink));
  // What failed is tried anew, when it is time.
  control.on(world.now, LinkFailed{opened[0].ticket, LinkUse::server}, world.out);
  world.take();
  world.pass(world.settings.cluster->links.reopen_after_min);
  ASSERT_LE(*control.next_deadline(), world.now.instant);
  control.wake(world.now, world.out);
  EXPECT_EQ(orders<OpenLink>(world.take()).size(), 1u);
}

TEST_F(LoadControlTest, WhomTheNextRenewalDoesNotHaveIsGivenUp) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  world.pass(world.settings.cluster->renew_after);
  control.wake(world.now, world.out);
  answer(control, cluster::LeaseRenewed{directory({3, 4})});
  const auto closed = orders<CloseLink>(world.take());
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].link, kLink);
}

TEST_F(LoadControlTest, WhoIsFencedClosesAllLinks) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  world.pass(world.settings.cluster->renew_after);
  control.wake(world.now, world.out);
  answer(control, cluster::ClusterRefused{});
  EXPECT_EQ(orders<CloseLink>(world.take()).size(), 1u);
  EXPECT_FALSE(control.has(kLink));
}

TEST_F(LoadControlTest, AtTheEndLinksAreClosedBeforeTheLeaseEnds) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  control.leave(world.now, world.out);
  const auto all = world.take().orders;
  const auto at = [&]<class O>(std::type_identity<O>) {
    return std::find_if(all.begin(), all.end(),
                        [](const Order& order) { return std::holds_alternative<O>(order); });
  };
  EXPECT_LT(at(std::type_identity<CloseLink>()), at(std::type_identity<AskCluster>()));
  EXPECT_NE(at(std::type_identity<AskCluster>()), all.end());
}

// Another shard, or a server that is alone.
TEST_F(LoadControlTest, WhereThereAreNoLinksOneThatOpensIsClosed) {
  world.settings.cluster.reset();
  LoadControl alone(world.shard);
  alone.on(world.now, kOpened, world.out);
  EXPECT_EQ(orders<CloseLink>(world.take()).size(), 1u);
  EXPECT_FALSE(alone.has(kLink));
  ModuleWorld other(2, 1);
  other.settings.cluster.emplace();
  LoadControl on_shard_1(other.shard);
  on_shard_1.on(other.now, kOpened, other.out);
  EXPECT_EQ(orders<CloseLink>(other.take()).size(), 1u);
  on_shard_1.on(other.now, LinkFailed{Ticket(1), LinkUse::server}, other.out);
  on_shard_1.flush(other.now, other.out);
  EXPECT_EQ(on_shard_1.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace muster::testing
