// Users who go nowhere, served through the server where they land, in virtual time.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "sim/placing_world.h"

namespace muster::sim {
namespace sim_relaying_test {

using Role = cluster::Role;
using What = OrderServer::What;

constexpr Duration kDistance = Duration::milliseconds(5);

class RelayingTest : public ::testing::Test {
 protected:
  RelayingTest() : cluster({.servers = 2, .distance = kDistance}) {}

  // A device at the one server, and another that lands at the other and follows nothing.
  void come() {
    first_ = &cluster.agent_of("user");
    first_->resource = "first";
    first_->land(cluster.xmpp(0));
    cluster.world.run_for(Duration::seconds(2));
    ASSERT_TRUE(first_->bound);
    owner = first_->sent_to.back() == cluster.xmpp(0) ? 0 : 1;
    second_ = &cluster.agent_of("user", false);
    second_->resource = "second";
    second_->land(cluster.xmpp(landing()));
    cluster.world.run_for(Duration::seconds(2));
    ASSERT_TRUE(second_->bound);
  }
  std::size_t landing() const { return 1 - owner; }
  bool is_relayed() const { return !cluster.bound.lines("xmpp-relayed").empty(); }

  PlacingWorld cluster;
  std::size_t owner = 0;
  UserAgent* first_ = nullptr;
  UserAgent* second_ = nullptr;
};

TEST_F(RelayingTest, WhoDoesNotFollowIsServedThroughWhereSheLands) {
  come();
  EXPECT_TRUE(is_relayed());
  EXPECT_EQ(second_->sent_to.size(), 2u) << "told once";
  const ServerId at = cluster.world.server(owner).id();
  EXPECT_TRUE(cluster.bound.servers["user"].contains(at));
  EXPECT_EQ(cluster.users_of(owner, {"user"}), 1u);
  EXPECT_NE(first_->told.find("user@example.com/second"), std::string::npos);
  EXPECT_NE(second_->told.find("user@example.com/first"), std::string::npos);
}

TEST_F(RelayingTest, WhatIsWrittenGoesBothWays) {
  come();
  first_->say("<message to='user@example.com/second'><body>to the second</body></message>");
  second_->say("<message to='user@example.com/first'><body>to the first</body></message>");
  cluster.world.run_for(Duration::seconds(1));
  EXPECT_NE(second_->told.find("to the second"), std::string::npos);
  EXPECT_NE(first_->told.find("to the first"), std::string::npos);
}

// More than is ever under way at once.
TEST_F(RelayingTest, AlsoMuch) {
  come();
  const std::string body(4'000, 'x');
  for (int i = 0; i < 100; ++i) {
    second_->say("<message to='user@example.com/first'><body>" + std::to_string(i) + "." + body +
                 "</body></message>");
  }
  cluster.world.run_for(Duration::seconds(10));
  std::size_t at = 0;
  for (int i = 0; i < 100 && at != std::string::npos; ++i)
    at = first_->told.find("<body>" + std::to_string(i) + "." + body, at);
  EXPECT_NE(at, std::string::npos) << "all, in their order";
}

TEST_F(RelayingTest, HerOwnEndIsSeenAsAnyIs) {
  come();
  second_->say("</stream:stream>");
  cluster.world.run_for(Duration::seconds(1));
  EXPECT_FALSE(second_->bound);
  EXPECT_NE(first_->told.find("from='user@example.com/second' to='user@example.com' "
                              "type='unavailable'"),
            std::string::npos);
}

TEST_F(RelayingTest, SoIsTheEndOfHerLink) {
  come();
  second_->leave();
  cluster.world.run_for(Duration::seconds(1));
  EXPECT_NE(first_->told.find("from='user@example.com/second' to='user@example.com' "
                              "type='unavailable'"),
            std::string::npos);
}

// She is told, and served there when she comes again.
TEST_F(RelayingTest, WhereHerServerDiesItEnds) {
  come();
  cluster.world.server(owner).crash();
  ASSERT_TRUE(until(
      cluster.world, [&] { return !second_->bound; }, Duration::seconds(10)));
  EXPECT_NE(second_->told.find("remote-connection-failed"), std::string::npos);
  cluster.world.run_for(Duration::seconds(10));
  second_->land(cluster.xmpp(landing()));
  EXPECT_TRUE(until(
      cluster.world, [&] { return second_->bound; }, Duration::seconds(10)));
  EXPECT_EQ(cluster.users_of(landing(), {"user"}), 1u);
}

// A server that drains cannot keep her, and she goes nowhere: she is served through it.
TEST_F(RelayingTest, AServerThatDrainsRelays) {
  UserAgent& agent = cluster.agent_of("stays", false);
  agent.resource = "here";
  agent.land(cluster.xmpp(0));
  cluster.world.run_for(Duration::seconds(2));
  ASSERT_TRUE(agent.bound);
  ASSERT_EQ(cluster.users_of(0, {"stays"}), 1u) << "she came back";
  ASSERT_EQ(cluster.order(cluster.main(), What::drain, 0), AdminReply::Outcome::done);
  ASSERT_TRUE(until(
      cluster.world,
      [&] { return cluster.users_of(1, {"stays"}) == 1 && agent.bound && is_relayed(); },
      Duration::seconds(60)));
  cluster.world.run_for(Duration::seconds(60));
  EXPECT_TRUE(agent.bound) << "and stays so";
  EXPECT_EQ(cluster.users_of(0, {"stays"}), 0u);
}

}  // namespace sim_relaying_test
}  // namespace muster::sim
