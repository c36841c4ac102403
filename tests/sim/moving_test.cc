// Users who move from server to server in virtual time, and those who watch them and write to them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/placing_world.h"

namespace muster::sim {
namespace sim_moving_test {

using cluster::LoadLevel;
using cluster::Role;
using Outcome = AdminReply::Outcome;
using What = OrderServer::What;

constexpr Duration kDistance = Duration::milliseconds(5);
constexpr std::size_t kUsers = 24;

std::string attribute(std::string_view element, std::string_view name) {
  const std::string begins = " " + std::string(name) + "='";
  const std::size_t at = element.find(begins);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + begins.size();
  return std::string(element.substr(begin, element.find('\'', begin) - begin));
}

// Who was seen present by these stanzas, and how often she was seen to go: by her last resource.
struct Sight {
  std::set<std::string> present;
  std::size_t came = 0;
  std::size_t gone = 0;
  std::size_t unavailable = 0;
};
Sight sight_of(std::string_view heard, const std::string& user) {
  Sight sight;
  const std::string bare = user + "@example.com/";
  for (std::size_t at = heard.find("<presence"); at != std::string_view::npos;
       at = heard.find("<presence", at + 1)) {
    const std::string_view tag = heard.substr(at, heard.find('>', at) - at);
    const std::string from = attribute(tag, "from");
    if (!from.starts_with(bare)) continue;
    const std::string type = attribute(tag, "type");
    if (type.empty()) {
      sight.came += sight.present.insert(from).second;
    } else if (type == "unavailable") {
      ++sight.unavailable;
      if (sight.present.erase(from) > 0 && sight.present.empty()) ++sight.gone;
    }
  }
  return sight;
}

class Moving {
 public:
  explicit Moving(std::uint8_t servers = 3)
      : cluster({.servers = servers, .distance = kDistance}) {}

  // All land; each asks for this resource.
  void come(std::size_t count, const std::string& resource) {
    for (std::size_t i = 0; i < count; ++i) {
      users.push_back("user" + std::to_string(users.size()));
      UserAgent& agent = cluster.agent_of(users.back());
      agent.resource = resource;
      agents.push_back(&agent);
      agent.land(cluster.xmpp(cluster.main()));
      cluster.world.run_for(Duration::milliseconds(200));
    }
    cluster.world.run_for(Duration::seconds(3));
    ASSERT_TRUE(all_served());
  }
  // Who watches all of them.
  UserAgent& watch(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      cluster.befriend("watcher", "user" + std::to_string(i));
    UserAgent& watcher = cluster.land("watcher", 0);
    cluster.world.run_for(Duration::seconds(2));
    EXPECT_TRUE(watcher.bound);
    return watcher;
  }
  std::size_t server_of(const std::string& user) {
    for (std::size_t i = 0; i < cluster.world.server_count(); ++i) {
      if (cluster.users_of(i, {user}) == 1) return i;
    }
    ADD_FAILURE() << user << " is nobody's";
    return 0;
  }
  std::vector<UserAgent*> at(std::size_t server) {
    std::vector<UserAgent*> there;
    for (UserAgent* agent : agents) {
      if (cluster.users_of(server, {agent->user()}) == 1) there.push_back(agent);
    }
    return there;
  }
  bool all_served() const {
    return std::all_of(agents.begin(), agents.end(),
                       [](const auto* agent) { return agent->bound; });
  }
  Outcome order(What what, std::size_t server) {
    return cluster.order(cluster.main(), what, server);
  }
  // One that is not main, beside `but`.
  std::size_t other(std::size_t but) {
    for (std::size_t i = 0; i < cluster.world.server_count(); ++i) {
      if (i != but && i != cluster.main()) return i;
    }
    return 0;
  }

  PlacingWorld cluster;
  std::vector<std::string> users;
  std::vector<UserAgent*> agents;
};

// --- orders --------------------------------------------------------------------------------------

TEST(MovingInTheCluster, AServerThatDrainsHasNobodyInTheEnd) {
  Moving moving;
  moving.come(kUsers, "r");
  const std::size_t drained = moving.other(99);
  const std::size_t had = moving.at(drained).size();
  ASSERT_GT(had, 0u);
  ASSERT_EQ(moving.order(What::drain, drained), Outcome::done);
  EXPECT_TRUE(until(
      moving.cluster.world, [&] { return moving.at(drained).empty() && moving.all_served(); },
      Duration::seconds(15)));
  EXPECT_EQ(moving.cluster.member(drained)->role, Role::draining);
  ASSERT_EQ(moving.cluster.bound.lines("draining").size(), 1u);
  // It stays so, and gets nobody, until it is taken back.
  moving.come(6, "r");
  moving.cluster.world.run_for(Duration::minutes(1));
  EXPECT_TRUE(moving.at(drained).empty());
  EXPECT_TRUE(moving.cluster.bound.lines("let-go").empty());
  ASSERT_EQ(moving.order(What::undrain, drained), Outcome::done);
  moving.cluster.world.run_for(Duration::seconds(1));
  EXPECT_EQ(moving.cluster.member(drained)->role, Role::running);
  moving.come(12, "r");
  EXPECT_GT(moving.at(drained).size(), 0u);
}

TEST(MovingInTheCluster, TheMainDrainsAndStaysMain) {
  Moving moving;
  moving.come(kUsers, "r");
  const std::size_t main = moving.cluster.main();
  ASSERT_GT(moving.at(main).size(), 0u);
  ASSERT_EQ(moving.order(What::drain, main), Outcome::done);
  EXPECT_TRUE(until(
      moving.cluster.world, [&] { return moving.at(main).empty() && moving.all_served(); },
      Duration::seconds(15)));
  EXPECT_EQ(moving.cluster.main(), main);
  EXPECT_EQ(moving.order(What::release, main), Outcome::is_main);
}

TEST(MovingInTheCluster, AServerIsReleasedAndTakenInAgain) {
  Moving moving;
  moving.come(kUsers, "r");
  const std::size_t released = moving.other(99);
  ASSERT_EQ(moving.order(What::release, released), Outcome::done);
  const auto is_candidate = [&] { return moving.cluster.member(released)->role == Role::standby; };
  ASSERT_TRUE(until(moving.cluster.world, is_candidate, Duration::seconds(60)));
  EXPECT_TRUE(moving.at(released).empty());
  EXPECT_TRUE(moving.all_served());
  EXPECT_EQ(moving.cluster.bound.lines("let-go").size(), 1u);
  moving.cluster.world.run_for(Duration::seconds(2));
  ASSERT_EQ(moving.order(What::recruit, released), Outcome::done);
  EXPECT_TRUE(until(
      moving.cluster.world, [&] { return !is_candidate(); }, Duration::seconds(1)));
  moving.cluster.world.run_for(Duration::seconds(30));
  EXPECT_EQ(moving.cluster.member(released)->role, Role::running);
  EXPECT_EQ(moving.cluster.bound.lines("recruited").size(), 1u);
  EXPECT_TRUE(moving.all_served());
}

TEST(MovingInTheCluster, WhatCannotBeDoneIsRefused) {
  Moving moving;
  const std::size_t main = moving.cluster.main();
  const std::size_t other = moving.other(99);
  EXPECT_EQ(moving.cluster.order(other, What::release, main), Outcome::is_main)
      << "as the main says, which it was passed on to";
  EXPECT_EQ(moving.order(What::drain, 9), Outcome::no_such_server);
  EXPECT_EQ(moving.order(What::undrain, other), Outcome::wrong_role);
  EXPECT_EQ(moving.order(What::recruit, other), Outcome::wrong_role);
  EXPECT_EQ(moving.order(What::release, main), Outcome::is_main);
}

// --- who watches ---------------------------------------------------------------------------------

TEST(MovingInTheCluster, NobodySeesHerGo) {
  Moving moving;
  UserAgent& watcher = moving.watch(kUsers);
  moving.come(kUsers, "r");
  const std::size_t drained = moving.other(moving.server_of("watcher"));
  const std::vector<UserAgent*> leaving = moving.at(drained);
  ASSERT_GT(leaving.size(), 0u);
  ASSERT_EQ(moving.order(What::drain, drained), Outcome::done);
  moving.cluster.world.run_for(Duration::minutes(2));
  ASSERT_TRUE(moving.at(drained).empty());
  ASSERT_TRUE(moving.all_served());
  for (const std::string& user : moving.users) {
    const Sight sight = sight_of(watcher.told, user);
    EXPECT_EQ(sight.present.size(), 1u) << user;
    EXPECT_EQ(sight.unavailable, 0u) << user;
    EXPECT_EQ(sight.came, 1u) << user;
  }
}

// Each server gives her another resource: the new one is there before the old one goes.
TEST(MovingInTheCluster, ByAnotherResourceSheIsThereAllTheTime) {
  Moving moving;
  UserAgent& watcher = moving.watch(kUsers);
  moving.come(kUsers, "");
  const std::size_t drained = moving.other(moving.server_of("watcher"));
  const std::vector<UserAgent*> leaving = moving.at(drained);
  ASSERT_GT(leaving.size(), 0u);
  ASSERT_EQ(moving.order(What::drain, drained), Outcome::done);
  moving.cluster.world.run_for(Duration::minutes(2));
  for (const std::string& user : moving.users) {
    const Sight sight = sight_of(watcher.told, user);
    EXPECT_EQ(sight.present.size(), 1u) << user << ": the old resource ends";
    EXPECT_EQ(sight.gone, 0u) << user;
  }
  for (const UserAgent* agent : leaving)
    EXPECT_EQ(sight_of(watcher.told, agent->user()).came, 2u) << agent->user();
}

// The watcher moves: she goes on seeing all, and all go on seeing her.
TEST(MovingInTheCluster, AWatcherWhoMovesSeesAllAsBefore) {
  Moving moving;
  UserAgent& watcher = moving.watch(kUsers);
  moving.cluster.befriend("user0", "watcher");
  moving.come(kUsers, "r");
  const std::size_t hers = moving.server_of("watcher");
  ASSERT_EQ(moving.order(What::drain, hers), Outcome::done);
  moving.cluster.world.run_for(Duration::minutes(2));
  ASSERT_NE(moving.server_of("watcher"), hers);
  EXPECT_TRUE(watcher.bound);
  const Sight of_her = sight_of(moving.agents[0]->told, "watcher");
  EXPECT_EQ(of_her.gone, 0u);
  EXPECT_FALSE(of_her.present.empty());
  for (const std::string& user : moving.users) {
    const Sight sight = sight_of(watcher.told, user);
    EXPECT_EQ(sight.present.size(), 1u) << user;
    EXPECT_EQ(sight.gone, 0u) << user;
  }
}

// --- messages ------------------------------------------------------------------------------------

TEST(MovingInTheCluster, WhatIsWrittenToHerMeanwhileArrives) {
  Moving moving;
  moving.come(kUsers, "r");
  UserAgent& writer = moving.watch(0);
  const std::size_t drained = moving.other(moving.server_of("watcher"));
  const std::vector<UserAgent*> leaving = moving.at(drained);
  ASSERT_GT(leaving.size(), 0u);
  ASSERT_EQ(moving.order(What::drain, drained), Outcome::done);
  std::size_t written = 0;
  const auto write = [&](const std::string& to) {
    writer.say("<message type='chat' to='" + to + "@example.com'><body>no " +
               std::to_string(written++) + ".</body></message>");
  };
  const auto have_left = [&] { return moving.at(drained).empty() && moving.all_served(); };
  for (int i = 0; i < 400 && !have_left(); ++i) {
    write(leaving[static_cast<std::size_t>(i) % leaving.size()]->user());
    moving.cluster.world.run_for(Duration::milliseconds(20));
  }
  moving.cluster.world.run_for(Duration::seconds(60));
  ASSERT_TRUE(have_left());
  ASSERT_GT(written, 0u);
  for (std::size_t i = 0; i < written; ++i) {
    const std::string& told = leaving[i % leaving.size()]->told;
    EXPECT_NE(told.find("<body>no " + std::to_string(i) + ".</body>"), std::string::npos) << i;
  }
}

// --- trouble -------------------------------------------------------------------------------------

// The server that she is to go to dies: she is somebody's, and served, in the end.
TEST(MovingInTheCluster, WhereTheNewServerDiesAllAreServedByOthers) {
  Moving moving;
  moving.come(kUsers, "r");
  const std::size_t drained = moving.other(99);
  const std::size_t dies = moving.other(drained);
  ASSERT_NE(dies, moving.cluster.main());
  ASSERT_EQ(moving.order(What::drain, drained), Outcome::done);
  moving.cluster.world.run_for(Duration::milliseconds(20));
  moving.cluster.world.server(dies).crash();
  moving.cluster.world.run_for(Duration::seconds(20));
  // Who was there, or on the way, comes back to the service.
  for (UserAgent* agent : moving.agents) {
    if (!agent->bound) agent->land(moving.cluster.xmpp(moving.cluster.main()));
  }
  moving.cluster.world.run_for(Duration::minutes(2));
  EXPECT_TRUE(moving.all_served());
  EXPECT_TRUE(moving.at(drained).empty());
  EXPECT_EQ(moving.cluster.users_of(moving.cluster.main(), moving.users), moving.users.size());
}

}  // namespace sim_moving_test
}  // namespace muster::sim
