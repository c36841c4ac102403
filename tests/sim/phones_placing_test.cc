// The paper's figure 4 with SIP phones, in virtual time: they arrive at the main, go where its 302
// says, and find a candidate when all servers are full.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/placing_phones.h"

namespace muster::sim {
namespace sim_phones_placing_test {

using cluster::LoadLevel;
using cluster::Role;

// To how many servers in a row each phone was sent, at most, before it was served.
class MostSentOn : public AgentWatch {
 public:
  void happened(const Happened& fact) override {
    const auto* sent = std::get_if<WasSentOn>(&fact.what);
    if (sent == nullptr) return;
    most[fact.agent] = std::max(most[fact.agent], sent->step);
  }
  std::map<AgentId, int> most;
};

class PhonesPlacing : public ::testing::Test {
 protected:
  PhonesPlacing() { crowd.watch(sent_on); }

  // It lands at the main, over UDP, and weighs one.
  AgentId come(bool follows = true) {
    const std::string name = "phone" + std::to_string(names.size());
    names.push_back(name);
    cluster.give_contacts(name);
    Phone::Habits habits;
    habits.follows = follows;
    const AgentId id = add_phone(cluster, crowd, name, habits);
    crowd.wish(id, Show{{"", "at my desk"}});
    crowd.wish(id, GoOnline{});
    return id;
  }
  bool is_served_within(AgentId id, Duration most) {
    return until(
               cluster.world,
               [&] { return crowd.agent(id).content() && !crowd.agent(id).own_picture().empty(); },
               most)
        .has_value();
  }
  std::vector<std::size_t> counts() {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < cluster.world.server_count(); ++i)
      all.push_back(cluster.users_of(i, names));
    return all;
  }

  PlacingWorld cluster{PlacingWorld::Options{
      .servers = 3, .standbys = 1, .max = LoadLevel{4}, .distance = Duration::milliseconds(5)}};
  Crowd crowd{cluster.world};
  MostSentOn sent_on;
  std::vector<std::string> names;
};

TEST_F(PhonesPlacing, Figure4) {
  // Steps 1 to 3.
  for (std::size_t i = 0; i < 8; ++i) {
    ASSERT_TRUE(is_served_within(come(), Duration::seconds(2))) << i;
    cluster.world.run_for(Duration::milliseconds(400));
    const auto now = counts();
    EXPECT_EQ(now[0] + now[1], i + 1);
    EXPECT_LE(std::max(now[0], now[1]) - std::min(now[0], now[1]), 1u) << i;
  }
  EXPECT_TRUE(cluster.bound.lines("recruiting").empty());
  ASSERT_EQ(cluster.member(2)->role, Role::standby);

  // Steps 4 and 5: all are full, and one more comes.
  const AgentId waiting = come();
  ASSERT_TRUE(is_served_within(waiting, Duration::seconds(5)));
  EXPECT_EQ(cluster.bound.lines("recruited").size(), 1u);
  EXPECT_EQ(cluster.member(2)->role, Role::running);
  EXPECT_EQ(counts(), (std::vector<std::size_t>{4, 4, 1}));
  EXPECT_EQ(sent_on.most[waiting], 1) << "302 to the candidate, and nowhere else";

  // Step 6: a phone goes when it next registers.
  cluster.world.run_for(cluster.world.server().settings().limits.registration_time_max);
  EXPECT_EQ(counts(), (std::vector<std::size_t>{3, 3, 3}));
  for (std::uint32_t i = 0; i < crowd.size(); ++i) {
    EXPECT_TRUE(crowd.agent(AgentId(i)).content()) << names[i];
    EXPECT_LE(sent_on.most[AgentId(i)], 1) << names[i];
  }
}

// Who follows nothing is sent on, to one server and no other, and is served all the same.
TEST_F(PhonesPlacing, WhoFollowsNothingIsServedAllTheSame) {
  ASSERT_TRUE(is_served_within(come(), Duration::seconds(2)));
  cluster.world.run_for(Duration::seconds(1));
  std::vector<AgentId> stubborn;
  for (int i = 0; i < 3; ++i) {
    stubborn.push_back(come(false));
    EXPECT_TRUE(is_served_within(stubborn.back(), Duration::minutes(2))) << i;
  }
  cluster.world.run_for(Duration::minutes(30));
  int sent = 0;
  for (const AgentId id : stubborn) {
    EXPECT_TRUE(crowd.agent(id).content());
    EXPECT_LE(sent_on.most[id], 1);
    sent += sent_on.most[id];
  }
  EXPECT_GT(sent, 0) << "all had a place where they landed";
}

}  // namespace sim_phones_placing_test
}  // namespace muster::sim
