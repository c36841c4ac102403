// The paper's figure 4 in virtual time: users arrive, all servers are full, a candidate is taken
// in, and users move to it; and a server that has little to do is let go again.
//
// Each user has the 20 contacts of the paper, and so weighs one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/load_control/assignments.h"
#include "sim/placing_world.h"

namespace muster::sim {
namespace sim_recruiting_test {

using cluster::LoadLevel;
using cluster::Role;
using What = OrderServer::What;

constexpr Duration kDistance = Duration::milliseconds(5);

class Recruiting {
 public:
  // `servers` run at first, and each takes `max` users.
  Recruiting(std::uint8_t servers, std::uint8_t standbys, std::uint32_t max)
      : cluster({.servers = static_cast<std::uint8_t>(servers + standbys),
                 .standbys = standbys,
                 .max = LoadLevel{max},
                 .distance = kDistance}) {}

  UserAgent& come(std::size_t server, bool follows = true) {
    users.push_back("user" + std::to_string(users.size()));
    cluster.give_contacts(users.back());
    return *agents.emplace_back(&cluster.land(users.back(), server, follows));
  }
  // One after the other, each when the one before is served.
  void come_in_turn(std::size_t count, std::size_t server) {
    for (std::size_t i = 0; i < count; ++i) {
      come(server);
      cluster.world.run_for(Duration::milliseconds(400));
    }
  }
  std::vector<std::size_t> counts() {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < cluster.world.server_count(); ++i)
      all.push_back(cluster.users_of(i, users));
    return all;
  }
  bool all_served() const {
    return std::all_of(agents.begin(), agents.end(),
                       [](const auto* agent) { return agent->bound; });
  }
  std::size_t recruitings() const { return cluster.bound.lines("recruiting").size(); }
  // Of a line about a server.
  static std::size_t server_in(const Bound::Line& line) {
    return static_cast<std::size_t>(line.who.at(5) - '0');
  }

  PlacingWorld cluster;
  std::vector<std::string> users;
  std::vector<UserAgent*> agents;
};

TEST(RecruitingInTheCluster, Figure4) {
  Recruiting world(2, 1, 10);
  PlacingWorld& cluster = world.cluster;
  const std::size_t main = cluster.main();
  ASSERT_LT(main, 2u);

  // Steps 1 to 3: users arrive at the main, and each goes to the server with the lowest level.
  for (std::size_t i = 0; i < 20; ++i) {
    world.come_in_turn(1, main);
    const auto counts = world.counts();
    EXPECT_EQ(counts[0] + counts[1], i + 1);
    EXPECT_LE(std::max(counts[0], counts[1]) - std::min(counts[0], counts[1]), 1u) << i;
    EXPECT_TRUE(world.agents.back()->bound) << i;
    EXPECT_LE(world.agents.back()->sent_to.size(), 2u);
  }
  EXPECT_EQ(world.recruitings(), 0u) << "all are full, but nobody wants more";
  EXPECT_EQ(cluster.member(2)->role, Role::standby);

  // Step 4: all have reached their limit, and one more comes.
  UserAgent& waiting = world.come(main);
  ASSERT_TRUE(until(
      cluster.world, [&] { return waiting.bound; }, Duration::seconds(5)));
  const auto recruiting = cluster.bound.lines("recruiting");
  ASSERT_EQ(recruiting.size(), 1u);
  EXPECT_EQ(recruiting[0].who, PlacingWorld::name_of(2));
  EXPECT_EQ(cluster.bound.lines("recruited").size(), 1u);
  EXPECT_TRUE(cluster.bound.lines("not-recruited").empty());
  // Step 5: it serves whoever found no room.
  EXPECT_EQ(world.counts()[2], 1u);
  EXPECT_EQ(cluster.member(2)->role, Role::running);
  EXPECT_FALSE(waiting.refused);
  EXPECT_LE(waiting.bound_at - recruiting[0].when, Duration::milliseconds(300));

  // Step 6: users move to it until all are even.
  cluster.world.run_for(Duration::seconds(30));
  EXPECT_EQ(world.counts(), (std::vector<std::size_t>{7, 7, 7}));
  EXPECT_TRUE(world.all_served());
  for (const std::string& user : world.users)
    EXPECT_LE(cluster.bound.servers[user].size(), 2u) << user << " moved more than once";
  EXPECT_EQ(world.recruitings(), 1u);
}

// No level is known before report_time_max after the joining, and nobody moves before.
TEST(RecruitingInTheCluster, NobodyMovesBeforeTheLevelsAreKnown) {
  Recruiting world(1, 1, 4);
  world.come_in_turn(5, 0);
  ASSERT_EQ(world.counts(), (std::vector<std::size_t>{4, 1}));
  const auto recruited = world.cluster.bound.lines("recruited");
  ASSERT_EQ(recruited.size(), 1u);
  const cluster::LoadSettings load;
  world.cluster.world.run_until(recruited[0].when + load.report_time_max -
                                Duration::milliseconds(1));
  EXPECT_EQ(world.counts(), (std::vector<std::size_t>{4, 1}));
  world.cluster.world.run_for(Duration::seconds(10));
  EXPECT_EQ(world.counts(), (std::vector<std::size_t>{3, 2}));
}

// What it says of its load then is counted from the first again.
TEST(RecruitingInTheCluster, OneThatWasLetGoTakesUsersWhenItIsTakenInAgain) {
  Recruiting world(1, 1, 10);
  PlacingWorld& cluster = world.cluster;
  for (const What what : {What::recruit, What::release, What::recruit}) {
    ASSERT_EQ(cluster.order(0, what, 1), AdminReply::Outcome::done);
    cluster.world.run_for(Duration::seconds(5));
    ASSERT_EQ(cluster.member(1)->role, what == What::release ? Role::standby : Role::running);
  }
  world.come_in_turn(2, 0);
  EXPECT_EQ(world.counts(), (std::vector<std::size_t>{1, 1}));
}

// Many come at one moment, at all servers: there is one shortage.
TEST(RecruitingInTheCluster, TwoAreNotRecruitedForOneShortage) {
  for (const bool land_anywhere : {false, true}) {
    Recruiting world(2, 2, 10);
    const std::size_t main = world.cluster.main();
    world.come_in_turn(20, main);
    ASSERT_EQ(world.recruitings(), 0u);
    for (std::size_t i = 0; i < 8; ++i)
      world.come(land_anywhere ? i % 2 : main);
    EXPECT_TRUE(until(
        world.cluster.world, [&] { return world.all_served(); }, Assignments::kWaitTimeMax));
    world.cluster.world.run_for(Duration::seconds(20));
    EXPECT_EQ(world.recruitings(), 1u) << land_anywhere;
    EXPECT_EQ(world.cluster.bound.lines("recruited").size(), 1u);
    EXPECT_TRUE(world.all_served());
  }
}

// More than one candidate has room for: the second is another shortage.
TEST(RecruitingInTheCluster, WhereOneIsTooFewTheNextIsTakenInToo) {
  Recruiting world(1, 2, 5);
  world.come_in_turn(5, 0);
  for (std::size_t i = 0; i < 8; ++i)
    world.come(0);
  EXPECT_TRUE(until(
      world.cluster.world, [&] { return world.all_served(); }, Assignments::kWaitTimeMax));
  EXPECT_EQ(world.recruitings(), 2u);
  world.cluster.world.run_for(Duration::seconds(30));
  const auto counts = world.counts();
  EXPECT_EQ(counts[0] + counts[1] + counts[2], 13u);
  for (const std::size_t count : counts)
    EXPECT_LE(count, 5u) << "nobody is above the limit";
  EXPECT_TRUE(world.all_served());
}

// It dies while it is asked in.
TEST(RecruitingInTheCluster, WhereACandidateDiesTheNextIsAsked) {
  Recruiting world(1, 2, 2);
  world.come_in_turn(2, 0);
  const UserAgent& waiting = world.come(0);
  while (world.recruitings() == 0 && !waiting.refused)
    world.cluster.world.run_for(Duration::milliseconds(1));
  ASSERT_EQ(world.recruitings(), 1u);
  const std::size_t first = Recruiting::server_in(world.cluster.bound.lines("recruiting")[0]);
  world.cluster.world.server(first).crash();
  ASSERT_TRUE(until(
      world.cluster.world, [&] { return waiting.bound; }, Assignments::kWaitTimeMax));
  ASSERT_EQ(world.recruitings(), 2u);
  const std::size_t second = Recruiting::server_in(world.cluster.bound.lines("recruiting")[1]);
  EXPECT_NE(second, first);
  EXPECT_EQ(world.counts()[second], 1u);
  EXPECT_EQ(world.cluster.bound.lines("not-recruited").size(), 1u);
}

// It has its lease, but nobody reaches it: who waits for room is refused in time.
TEST(RecruitingInTheCluster, WhoWaitsForACandidateThatDoesNotComeIsRefused) {
  Recruiting world(1, 1, 1);
  world.come_in_turn(1, 0);
  world.cluster.world.part(0, 1);
  world.cluster.world.part(1, 0);
  const UserAgent& waiting = world.come(0);
  world.cluster.world.run_for(Assignments::kWaitTimeMax - Duration::milliseconds(100));
  EXPECT_FALSE(waiting.refused);
  EXPECT_FALSE(waiting.bound);
  world.cluster.world.run_for(Duration::seconds(1));
  EXPECT_TRUE(waiting.refused);
  EXPECT_FALSE(waiting.bound);
  EXPECT_EQ(world.cluster.member(1)->role, Role::standby);
  EXPECT_GE(world.recruitings(), 1u);
}

// A candidate serves nobody: who lands there goes to the main, and from there on.
TEST(RecruitingInTheCluster, WhoLandsAtACandidateIsSentToTheMain) {
  Recruiting world(2, 1, 10);
  for (int i = 0; i < 6; ++i) {
    const UserAgent& agent = world.come(2);
    world.cluster.world.run_for(Duration::milliseconds(500));
    EXPECT_TRUE(agent.bound) << i;
    EXPECT_LE(agent.sent_to.size(), 3u) << i;
    EXPECT_EQ(agent.sent_to.at(1), world.cluster.xmpp(world.cluster.main()));
  }
  EXPECT_EQ(world.counts()[2], 0u);
  EXPECT_EQ(world.counts()[0] + world.counts()[1], 6u);
}

// Figure 4 the other way round.
TEST(RecruitingInTheCluster, AServerThatHasLittleToDoIsLetGo) {
  Recruiting world(2, 0, 10);
  PlacingWorld& cluster = world.cluster;
  const std::size_t main = cluster.main();
  const std::size_t other = 1 - main;
  world.come_in_turn(4, main);
  ASSERT_EQ(world.counts(), (std::vector<std::size_t>{2, 2}));
  const cluster::LoadSettings load;
  cluster.world.run_for(load.low_time - Duration::seconds(10));
  EXPECT_TRUE(cluster.bound.lines("draining").empty());
  EXPECT_EQ(cluster.member(other)->role, Role::running);
  cluster.world.run_for(Duration::seconds(60));
  const auto draining = cluster.bound.lines("draining");
  ASSERT_EQ(draining.size(), 1u);
  EXPECT_EQ(draining[0].who, PlacingWorld::name_of(other)) << "never the main";
  const auto let_go = cluster.bound.lines("let-go");
  ASSERT_EQ(let_go.size(), 1u);
  EXPECT_EQ(let_go[0].who, PlacingWorld::name_of(other));
  EXPECT_EQ(cluster.member(other)->role, Role::standby);
  EXPECT_EQ(world.counts()[main], 4u);
  EXPECT_TRUE(world.all_served()) << "and nobody had to be asked twice";
  // The last one stays.
  cluster.world.run_for(load.low_time + Duration::seconds(30));
  EXPECT_EQ(cluster.bound.lines("let-go").size(), 1u);
  EXPECT_EQ(cluster.member(main)->role, Role::running);
  // And it comes again when it is wanted.
  world.come_in_turn(7, main);
  EXPECT_EQ(cluster.bound.lines("recruited").size(), 1u);
  EXPECT_TRUE(world.all_served());
}

// Most user agents follow nothing: who comes back stays, and is not sent away again.
TEST(RecruitingInTheCluster, WhoDoesNotFollowStaysWhereSheWas) {
  Recruiting world(1, 1, 8);
  for (int i = 0; i < 8; ++i) {
    world.come(0, false);
    world.cluster.world.run_for(Duration::milliseconds(400));
  }
  ASSERT_EQ(world.cluster.order(0, What::recruit, 1), AdminReply::Outcome::done);
  world.cluster.world.run_for(Duration::minutes(2));
  EXPECT_EQ(world.cluster.bound.lines("recruited").size(), 1u);
  for (const UserAgent* agent : world.agents) {
    const std::size_t tail = std::min<std::size_t>(agent->told.size(), 300);
    EXPECT_TRUE(agent->bound) << agent->user() << agent->told.substr(agent->told.size() - tail);
  }
  const ServerId first = world.cluster.world.server(0).id();
  for (const std::string& user : world.users)
    EXPECT_EQ(world.cluster.bound.servers[user], std::set<ServerId>{first}) << user;
  std::vector<std::size_t> steps;
  for (const UserAgent* agent : world.agents)
    steps.push_back(agent->sent_to.size());
  world.cluster.world.run_for(Duration::minutes(1));
  for (std::size_t i = 0; i < steps.size(); ++i)
    EXPECT_EQ(world.agents[i]->sent_to.size(), steps[i]) << "it is over";
}

}  // namespace sim_recruiting_test
}  // namespace muster::sim
