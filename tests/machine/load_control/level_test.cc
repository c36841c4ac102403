// What a server's load makes its level (paper, section 3.2, and the limits of its figures).
#include "server/load_control/level.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace muster::cluster {
namespace load_control_level_test {

constexpr std::uint32_t kHighest = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kManyUsers = std::numeric_limits<std::uint64_t>::max();

Load load_of(std::uint64_t users, std::uint64_t resources) {
  Load load;
  load.users = users;
  load.resources = resources;
  return load;
}

TEST(PaperLevel, IsUsersAndResourcesByTheExpectedUser) {
  struct Case {
    std::uint64_t users;
    std::uint64_t resources;
    std::uint32_t expected_resources;
    std::uint32_t level;
  };
  const std::vector<Case> cases = {
      {0, 0, 20, 0},
      {1, 0, 20, 1},  // rounded up: who has anything is not idle
      {1, 20, 20, 1},
      {1, 21, 20, 2},
      {100, 2'000, 20, 100},  // the paper's users
      {200, 4'000, 20, 200},
      {100, 2'001, 20, 101},
      {100, 1'999, 20, 100},
      {100, 0, 20, 5},
      {3, 4, 0, 7},  // no resources are expected: each counts as much as a user
      {kHighest, 0, 0, kHighest},
      {kHighest, 1, 0, kHighest},  // saturated
      {std::uint64_t{kHighest} * 21, 0, 20, kHighest},
      {std::uint64_t{kHighest} * 21 - 21, 0, 20, kHighest - 1},
      {kManyUsers, 0, 0, kHighest},
      {kManyUsers, 1, 20, kHighest},  // more than 64 bits hold
      {kManyUsers, kManyUsers, kHighest, kHighest},
      {kManyUsers, 0, kHighest, kHighest},
      {kManyUsers - kHighest, 0, kHighest, kHighest},  // exactly
      {kManyUsers - kHighest - 1, 0, kHighest, kHighest},
      {kManyUsers - std::uint64_t{kHighest} * 2 - 1, 0, kHighest, kHighest - 1},
  };
  for (const Case& c : cases) {
    LoadSettings settings;
    settings.resources_per_user = c.expected_resources;
    EXPECT_EQ(level_of(load_of(c.users, c.resources), settings).value, c.level)
        << c.users << " users, " << c.resources << " resources, " << c.expected_resources;
  }
}

TEST(PaperLevel, SaysNothingOfTheMachine) {
  Load load = load_of(100, 2'000);
  load.measures.cpu = {1'000, 1'000};
  LoadSettings settings;
  settings.max_level = LoadLevel{1'000};
  EXPECT_EQ(level_of(load, settings).value, 100u);
}

TEST(MeasuredLevel, IsTheWorstRatioOfMaxLoadlevel) {
  LoadSettings settings;
  settings.index = LoadIndex::measured;
  settings.max_level = LoadLevel{200};
  Load load = load_of(50, 1'000);  // 50 by the paper's index
  const auto level_with = [&](Share* share, std::uint32_t used, std::uint32_t of) {
    *share = {used, of};
    return level_of(load, settings).value;
  };
  const std::vector<Share*> shares = {&load.measures.loop_lag, &load.measures.cpu,
                                      &load.measures.memory, &load.measures.queues,
                                      &load.relayed_links};
  for (Share* share : shares) {
    EXPECT_EQ(level_with(share, 0, 0), 50u);
    EXPECT_EQ(level_with(share, 7, 0), 50u);  // not measured
    EXPECT_EQ(level_with(share, 250, 1'000), 50u);
    EXPECT_EQ(level_with(share, 251, 1'000), 51u);  // rounded up
    EXPECT_EQ(level_with(share, 999, 1'000), 200u);
    EXPECT_EQ(level_with(share, 995, 1'000), 199u);
    EXPECT_EQ(level_with(share, 1'000, 1'000), 200u);  // the limit
    EXPECT_EQ(level_with(share, 1'500, 1'000), 300u);
    EXPECT_EQ(level_with(share, kHighest, 1), kHighest);
    *share = {};
  }
  load = load_of(0, 0);
  load.measures.cpu = {300, 1'000};
  load.relayed_links = {40, 100};
  EXPECT_EQ(level_of(load, settings).value, 80u);
}

TEST(MeasuredLevel, IsOfTheFullestShard) {
  const Share nothing;
  EXPECT_EQ(fuller_of({1, 10}, {1, 9}), (Share{1, 9}));
  EXPECT_EQ(fuller_of({kHighest, kHighest}, {1, 2}), (Share{kHighest, kHighest}));
  EXPECT_EQ(fuller_of(nothing, {0, 7}), (Share{0, 7})) << "the other is not measured";
  EXPECT_EQ(fuller_of({0, 7}, nothing), (Share{0, 7}));
  const Measures one{{1, 10}, {5, 10}, {3, 10}, {4, 10}};
  const Measures other{{2, 10}, {4, 10}, {}, {5, 10}};
  EXPECT_EQ(fullest_of(one, other), (Measures{{2, 10}, {5, 10}, {3, 10}, {5, 10}}));
}

TEST(MeasuredLevel, WithoutALimitIsOfALargeScale) {
  LoadSettings settings;
  settings.index = LoadIndex::measured;
  Load load = load_of(5'000'000, 0);
  EXPECT_EQ(level_of(load, settings).value, 0u);
  load.measures.memory = {1, 2};
  EXPECT_EQ(level_of(load, settings).value, kScaleWithoutMax.value / 2);
  load.measures.memory = {2, 2};
  EXPECT_EQ(level_of(load, settings), kScaleWithoutMax);
}

TEST(LoadSettings, AreRefusedWithTheRuleThatTheyBreak) {
  EXPECT_EQ(broken_rule_of({}), "");
  const auto broken = [](auto change) {
    LoadSettings settings;
    change(settings);
    return !broken_rule_of(settings).empty();
  };
  using S = LoadSettings;
  EXPECT_TRUE(broken([](S& s) { s.high_mark = 0; }));
  EXPECT_TRUE(broken([](S& s) { s.high_mark = 101; }));
  EXPECT_FALSE(broken([](S& s) { s.high_mark = 60; }));
  EXPECT_TRUE(broken([](S& s) { s.high_mark = 59; }));  // the low mark is 30
  EXPECT_FALSE(broken([](S& s) { s.low_mark = 50; }));
  EXPECT_TRUE(broken([](S& s) { s.low_mark = 51; }));
  EXPECT_FALSE(broken([](S& s) { s.low_mark = 0; }));
  EXPECT_FALSE(broken([](S& s) { s.spread = 100; }));
  EXPECT_TRUE(broken([](S& s) { s.spread = 101; }));
  for (std::uint32_t S::*pace : {&S::moved_users_per_second, &S::moved_dialogs_per_second}) {
    EXPECT_TRUE(broken([&](S& s) { s.*pace = 0; }));
    EXPECT_FALSE(broken([&](S& s) { s.*pace = kMovedPerSecondMax; }));
    EXPECT_TRUE(broken([&](S& s) { s.*pace = kMovedPerSecondMax + 1; }));
  }
  EXPECT_TRUE(broken([](S& s) { s.moves_in_flight_max = 0; }));
  for (Duration S::*time :
       {&S::report_time_max, &S::low_time, &S::recruit_time_max, &S::recruit_back_off}) {
    EXPECT_TRUE(broken([&](S& s) { s.*time = Duration(); }));
    EXPECT_FALSE(broken([&](S& s) { s.*time = Duration::milliseconds(1); }));
    EXPECT_FALSE(broken([&](S& s) { s.*time = kLoadTimeMax; }));
    EXPECT_TRUE(broken([&](S& s) { s.*time = kLoadTimeMax + Duration::microseconds(1); }));
  }
}

}  // namespace load_control_level_test
}  // namespace muster::cluster
