// Users who land anywhere in a cluster, in virtual time: each is served by one server, whichever
// way she comes, and is sent there within two steps.
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "server/xmpp_stream/xmpp_streams.h"
#include "sim/placing_world.h"

namespace muster::sim {
namespace sim_placing_test {

using cluster::Incarnation;

constexpr std::size_t kServers = 3;

TEST(PlacingInTheCluster, UsersGoToTheServersWithTheLowestLevel) {
  PlacingWorld cluster;
  std::vector<std::string> users;
  std::vector<UserAgent*> agents;
  for (int i = 0; i < 90; ++i) {
    users.push_back("user" + std::to_string(i));
    agents.push_back(&cluster.land(users.back(), 0));
    cluster.world.run_for(Duration::milliseconds(100));
  }
  cluster.world.run_for(Duration::seconds(5));
  for (std::size_t i = 0; i < users.size(); ++i) {
    EXPECT_TRUE(agents[i]->bound) << users[i];
    EXPECT_LE(agents[i]->sent_to.size(), 2u) << "nobody is bounced twice for one decision";
    EXPECT_EQ(cluster.bound.servers[users[i]].size(), 1u);
  }
  const auto owned = cluster.owned(users);
  ASSERT_EQ(owned.size(), kServers);
  // A level is rounded up, and without contacts a user is 1 / 21 of one: of equals the hash
  // decides.
  for (const auto& [owner, count] : owned)
    EXPECT_NEAR(static_cast<double>(count), 30, 5) << owner.number();
}

// How many of 20 who land at one server are sent on; each is to be served elsewhere long before
// the time for who does not close her side of the stream is over.
std::size_t sent_on(bool hangs_up) {
  PlacingWorld cluster;
  std::size_t count = 0;
  for (int i = 0; i < 20; ++i) {
    UserAgent& agent = cluster.agent_of("user" + std::to_string(i));
    agent.hangs_up = hangs_up;
    agent.land(cluster.xmpp(0));
    cluster.world.run_for(XmppStreams::kClosingTimeMax / 20);
    EXPECT_TRUE(agent.bound) << i;
    count += agent.sent_to.size() - 1;
  }
  return count;
}

TEST(PlacingInTheCluster, WhoIsSentOnIsThereAtOnce) {
  EXPECT_GT(sent_on(false), 2u);
}

// The next link may have the same place.
TEST(PlacingInTheCluster, WhoIsSentOnMayJustHangUp) {
  EXPECT_GT(sent_on(true), 2u);
}

// Everywhere at one moment: no server knows yet what the others do.
TEST(PlacingInTheCluster, ABurstDoesNotGoToOneServer) {
  PlacingWorld cluster;
  std::vector<std::string> users;
  for (int i = 0; i < 300; ++i) {
    users.push_back("user" + std::to_string(i));
    cluster.land(users.back(), static_cast<std::size_t>(i) % kServers);
  }
  cluster.world.run_for(Duration::seconds(10));
  for (const auto& [owner, count] : cluster.owned(users)) {
    EXPECT_NE(owner, Incarnation());
    EXPECT_NEAR(static_cast<double>(count), 100, 25) << owner.number();
  }
}

TEST(PlacingInTheCluster, AllDevicesOfAUserAreServedByOneServer) {
  PlacingWorld cluster;
  std::vector<UserAgent*> agents;
  for (int i = 0; i < 60; ++i) {
    agents.push_back(
        &cluster.land("user" + std::to_string(i % 20), static_cast<std::size_t>(i) % kServers));
  }
  cluster.world.run_for(Duration::seconds(10));
  for (const UserAgent* agent : agents)
    EXPECT_TRUE(agent->bound);
  ASSERT_EQ(cluster.bound.servers.size(), 20u);
  for (const auto& [user, servers] : cluster.bound.servers)
    EXPECT_EQ(servers.size(), 1u) << user;
}

// Most user agents follow nothing: who comes back is served where she came to, if her server has
// nothing of hers.
TEST(PlacingInTheCluster, WhoDoesNotFollowIsServedWhereSheLands) {
  PlacingWorld cluster;
  std::vector<UserAgent*> agents;
  for (int i = 0; i < 30; ++i)
    agents.push_back(&cluster.land("user" + std::to_string(i), 0, false));
  cluster.world.run_for(Duration::seconds(10));
  const ServerId first = cluster.world.server(0).id();
  for (std::size_t i = 0; i < agents.size(); ++i) {
    const std::string user = "user" + std::to_string(i);
    EXPECT_TRUE(agents[i]->bound) << user;
    EXPECT_LE(agents[i]->sent_to.size(), 2u) << user;
    EXPECT_EQ(cluster.bound.servers[user], std::set<ServerId>{first});
  }
}

TEST(PlacingInTheCluster, WhereAllAreFullNobodyMoreIsServed) {
  // A user without contacts is 1 / 21 of a level; that of a server is rounded up.
  PlacingWorld cluster({.max = cluster::LoadLevel{1}});
  std::vector<UserAgent*> agents;
  for (int i = 0; i < 10; ++i) {
    agents.push_back(&cluster.land("user" + std::to_string(i), 0));
    cluster.world.run_for(Duration::seconds(1));
  }
  for (std::size_t i = 0; i < agents.size(); ++i) {
    EXPECT_EQ(agents[i]->bound, i < kServers) << i;
    EXPECT_EQ(agents[i]->refused, i >= kServers) << i;
  }
  // Who is served already is so by another device, too, wherever that lands.
  for (std::size_t i = 0; i < kServers; ++i) {
    const UserAgent& second = cluster.land("user" + std::to_string(i), 1);
    cluster.world.run_for(Duration::seconds(1));
    EXPECT_TRUE(second.bound) << i;
  }
}

// Her server is killed: once it is buried she is anybody's.
TEST(PlacingInTheCluster, UsersOfADeadServerAreServedByAnother) {
  PlacingWorld cluster;
  std::vector<std::string> users;
  for (int i = 0; i < 30; ++i) {
    users.push_back("user" + std::to_string(i));
    cluster.land(users.back(), 0);
    cluster.world.run_for(Duration::milliseconds(50));
  }
  cluster.world.run_for(Duration::seconds(2));
  cluster.world.server(2).crash();
  cluster.world.run_for(Duration::seconds(10));
  std::vector<UserAgent*> again;
  for (const std::string& user : users)
    again.push_back(&cluster.land(user, 1));
  cluster.world.run_for(Duration::seconds(10));
  const ServerId dead = cluster.world.server(2).id();
  std::size_t moved = 0;
  for (std::size_t i = 0; i < users.size(); ++i) {
    EXPECT_TRUE(again[i]->bound) << users[i];
    const std::set<ServerId>& servers = cluster.bound.servers[users[i]];
    if (servers.contains(dead)) {
      ++moved;
      EXPECT_EQ(servers.size(), 2u);
    } else {
      EXPECT_EQ(servers.size(), 1u) << "who was not on it stays";
    }
  }
  EXPECT_GT(moved, 0u);
}

// She comes between the two, to another server or to the next life of hers.
TEST(PlacingInTheCluster, WhoComesWhileHerServerIsBuriedWaitsForIt) {
  for (const bool comes_to_her_own : {false, true}) {
    PlacingWorld cluster;
    UserAgent& before = cluster.land("alice", 0);
    cluster.world.run_for(Duration::seconds(2));
    ASSERT_TRUE(before.bound);
    const Incarnation dead = cluster.world.cluster_store().memory().owners().at(
        Address::of_canonical("alice", "example.com"));
    std::size_t hers = 0;
    while (cluster.member(hers)->incarnation != dead)
      ++hers;
    Faults faults;
    const Duration burial = Duration::seconds(1);
    faults.store.commit = {burial, burial, 0, {}};
    cluster.world.set_faults(faults);
    cluster.world.server(hers).crash();
    if (comes_to_her_own) cluster.world.start(hers);
    const auto is_gone = [&] {
      const cluster::Directory directory = cluster.directory();
      const cluster::Member* member = member_of(directory, dead);
      return member != nullptr && member->role == cluster::Role::gone;
    };
    ASSERT_TRUE(until(cluster.world, is_gone, Duration::seconds(5)));
    cluster.world.run_for(burial / 2);
    ASSERT_TRUE(is_gone());
    const UserAgent& again = cluster.land("alice", comes_to_her_own ? hers : (hers + 1) % kServers);
    cluster.world.run_for(burial / 4);
    EXPECT_FALSE(again.bound) << "who is dead may write still";
    EXPECT_TRUE(until(
        cluster.world, [&] { return again.bound; }, Duration::seconds(20)));
    EXPECT_FALSE(again.refused);
    EXPECT_FALSE(is_gone());
  }
}

// Whoever has nothing left is nobody's, so that the store does not fill with who was here once.
TEST(PlacingInTheCluster, WhoLeftIsFreeAfterAWhile) {
  PlacingWorld cluster;
  UserAgent& agent = cluster.land("alice", 0);
  cluster.world.run_for(Duration::seconds(2));
  EXPECT_FALSE(cluster.owned({"alice"}).contains(Incarnation()));
  agent.leave();
  cluster.world.run_for(Duration::minutes(2));
  EXPECT_TRUE(cluster.owned({"alice"}).contains(Incarnation()));
}

}  // namespace sim_placing_test
}  // namespace muster::sim
