// Who takes the next user (paper, section 3.1, steps 3 and 4).
#include "server/load_control/placing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "machine/load_control/servers.h"

namespace muster::cluster {
namespace load_control_placing_test {

using Outcome = Placement::Outcome;

Address user(std::uint32_t number) {
  return Address::of_canonical("user" + std::to_string(number), "example.com");
}

struct Row {
  std::uint64_t number;
  std::uint32_t level;
  std::optional<LoadLevel> max = LoadLevel{100};
  Role role = Role::running;
  bool known = true;
};

Picture picture_of(const std::vector<Row>& rows) {
  Directory directory;
  for (const Row& row : rows)
    directory.members.push_back(member(row.number, row.role, row.max));
  Picture picture;
  picture.follow(directory);
  for (const Row& row : rows) {
    if (row.known) picture.take_report(Incarnation(row.number), {{row.level}, row.level, 0, 0});
  }
  return picture;
}

std::uint64_t placed(const std::vector<Row>& rows, PlacingPolicy policy = PlacingPolicy::lowest) {
  Picture picture = picture_of(rows);
  const Placement placement = place(picture, Incarnation(1), user(0), policy);
  EXPECT_EQ(placement.outcome, Outcome::placed);
  return placement.server.number();
}

Outcome refused(const std::vector<Row>& rows) {
  Picture picture = picture_of(rows);
  const Placement placement = place(picture, Incarnation(1), user(0), PlacingPolicy::lowest);
  EXPECT_EQ(placement.server, Incarnation());
  return placement.outcome;
}

TEST(Placing, TakesTheLowestThatHasRoom) {
  EXPECT_EQ(placed({{1, 50}, {2, 40}, {3, 60}}), 2u);
  EXPECT_EQ(placed({{1, 0}}), 1u);
  EXPECT_EQ(placed({{1, 99}, {2, 150, LoadLevel{200}}}), 1u);
  EXPECT_EQ(placed({{1, 100}, {2, 150, LoadLevel{200}}}), 2u);  // lower, but full
  EXPECT_EQ(placed({{1, 100}, {2, 5'000, std::nullopt}}), 2u);  // never full
  EXPECT_EQ(placed({{1, 50}, {2, 0, LoadLevel{0}}}), 1u);       // takes nobody, ever
}

TEST(Placing, PassesOverWhoIsNotOpen) {
  EXPECT_EQ(placed({{1, 50}, {2, 0, LoadLevel{100}, Role::draining}}), 1u);
  EXPECT_EQ(placed({{1, 50}, {2, 0, LoadLevel{100}, Role::standby}}), 1u);
  EXPECT_EQ(placed({{1, 50}, {2, 0, LoadLevel{100}, Role::gone}}), 1u);
  EXPECT_EQ(placed({{1, 50}, {2, 0, LoadLevel{100}, Role::running, false}}), 1u);
}

TEST(Placing, SaysWhyNot) {
  EXPECT_EQ(refused({{1, 100}, {2, 101}}), Outcome::all_full);
  EXPECT_EQ(refused({{1, 100}, {2, 0, LoadLevel{100}, Role::draining}}), Outcome::all_full);
  EXPECT_EQ(refused({{1, 100}, {2, 0, LoadLevel{100}, Role::running, false}}), Outcome::all_full);
  EXPECT_EQ(refused({{1, 0, LoadLevel{100}, Role::draining}}), Outcome::nobody);
  EXPECT_EQ(refused({{1, 0, LoadLevel{100}, Role::running, false}}), Outcome::nobody);
  EXPECT_EQ(refused({}), Outcome::nobody);
}

TEST(Placing, WhereOneLandedUntilItIsFull) {
  const PlacingPolicy limit = PlacingPolicy::limit;
  EXPECT_EQ(placed({{1, 99}, {2, 40}, {3, 60}}, limit), 1u);
  EXPECT_EQ(placed({{1, 100}, {2, 40}, {3, 60}}, limit), 2u);
  EXPECT_EQ(placed({{1, 0, LoadLevel{100}, Role::draining}, {2, 40}, {3, 60}}, limit), 2u);
  EXPECT_EQ(placed({{2, 40}, {3, 60}}, limit), 2u);
}

// The paper's rule to the letter.
TEST(Placing, WithNobodyOnTheWayTheLowestTakesEachUser) {
  Picture picture = picture_of({{1, 70}, {2, 40}, {3, 90}, {4, 0, LoadLevel{60}}});
  std::vector<std::uint32_t> levels = {70, 40, 90, 0};
  const std::vector<std::uint32_t> max = {100, 100, 100, 60};
  for (std::uint32_t n = 0; n < 160; ++n) {
    std::uint32_t lowest = 1'000;
    for (std::size_t i = 0; i < 4; ++i) {
      if (levels[i] < max[i]) lowest = std::min(lowest, levels[i]);
    }
    const Incarnation to = place(picture, Incarnation(9), user(n), PlacingPolicy::lowest).server;
    const std::size_t row = to.number() - 1;
    ASSERT_EQ(levels[row]++, lowest) << n;
    const std::uint64_t settled = picture.commit(to, 1);
    picture.take_report(to, {{levels[row]}, levels[row], 0, settled});
  }
  EXPECT_EQ(levels, max);
}

// Who is on the way counts for each of the four who may ask; and yet one who asks alone fills all.
TEST(Placing, ABurstOfOneAskerSpreadsAndFillsAll) {
  Picture picture = picture_of({{1, 70}, {2, 40}, {3, 90}, {4, 0, LoadLevel{60}}});
  std::vector<std::uint32_t> levels = {70, 40, 90, 0};
  const std::vector<std::uint32_t> max = {100, 100, 100, 60};
  std::vector<std::uint32_t> reckoned = levels;
  const std::uint32_t parts = 8 + 15 + 3 + 15;  // a fourth of the places of each, rounded up
  for (std::uint32_t n = 0; n < 160; ++n) {
    std::uint32_t lowest = 1'000;
    for (std::size_t i = 0; i < 4; ++i) {
      if (reckoned[i] < max[i]) lowest = std::min(lowest, reckoned[i]);
    }
    const Placement placement = place(picture, Incarnation(9), user(n), PlacingPolicy::lowest);
    ASSERT_EQ(placement.outcome, Outcome::placed) << n;
    const std::size_t row = placement.server.number() - 1;
    ASSERT_LT(levels[row]++, max[row]) << n;
    if (n < parts) {
      ASSERT_EQ(reckoned[row], lowest) << n;
    }
    reckoned[row] += 4;
  }
  EXPECT_EQ(levels, max);
  EXPECT_EQ(place(picture, Incarnation(9), user(999), PlacingPolicy::lowest).outcome,
            Outcome::all_full);
}

// What the servers have when each of them has placed so many at one moment, none knowing of the
// others.
std::vector<std::uint32_t> levels_after(const std::vector<Row>& rows, std::uint32_t users_of_each) {
  std::vector<std::uint32_t> levels;
  for (const Row& row : rows)
    levels.push_back(row.level);
  std::uint32_t next = 0;
  for (const Row& asker : rows) {
    Picture picture = picture_of(rows);
    for (std::uint32_t n = 0; n < users_of_each; ++n) {
      const Placement placement =
          place(picture, Incarnation(asker.number), user(next++), PlacingPolicy::lowest);
      ++levels.at(placement.server.number() - 1);
    }
  }
  return levels;
}

TEST(Placing, ManyAskersAtOnceDoNotOverrunWhoJustJoined) {
  std::vector<Row> rows;
  for (std::uint64_t i = 1; i <= 12; ++i)
    rows.push_back({i, 50});
  rows.push_back({13, 0});
  const std::vector<std::uint32_t> levels = levels_after(rows, 46);
  // Even is 92: 600 that were there and 598 more, on 13 servers.
  EXPECT_LE(levels.back(), 92u + 13);
  EXPECT_GE(levels.back(), 92u - 13);
  // Which of those who are alike takes the next one is a draw, so each is near it: 5 standard
  // deviations of 13 draws among 12.
  for (const std::uint32_t level : levels)
    EXPECT_LE(level, 92u + 13);
}

// Places are parted, however few there are: each may give one to who has five.
TEST(Placing, ManyAskersAtOncePassALimitByFewerThanTheyAre) {
  for (const std::uint32_t places : {1u, 5u, 13u, 14u}) {
    std::vector<Row> rows;
    for (std::uint64_t i = 1; i <= 12; ++i)
      rows.push_back({i, 50});
    rows.push_back({13, 0, LoadLevel{places}});
    const std::vector<std::uint32_t> levels = levels_after(rows, 49);
    EXPECT_GE(levels.back(), places);
    EXPECT_LT(levels.back(), places + 13);
    for (std::size_t i = 0; i < 12; ++i)
      EXPECT_LT(levels[i], 100u + 13);
  }
}

// Who is full or not known may ask as well, and who drains too; who is a candidate has no users.
TEST(Placing, WhoMayAskIsCounted) {
  const auto third_goes_to = [](const Row& other) {
    Picture picture = picture_of({{1, 0}, {2, 5}, other});
    place(picture, Incarnation(1), user(0), PlacingPolicy::lowest);
    place(picture, Incarnation(1), user(1), PlacingPolicy::lowest);
    return place(picture, Incarnation(1), user(2), PlacingPolicy::lowest).server.number();
  };
  const LoadLevel max{100};
  EXPECT_EQ(third_goes_to({3, 100}), 2u);  // the first has 2 of each of three
  EXPECT_EQ(third_goes_to({3, 0, max, Role::running, false}), 2u);
  EXPECT_EQ(third_goes_to({3, 0, max, Role::draining}), 2u);
  EXPECT_EQ(third_goes_to({3, 0, max, Role::standby}), 1u);  // 2 of each of two
  EXPECT_EQ(third_goes_to({3, 0, max, Role::gone}), 1u);
}

// At one moment, none knowing of the others.
TEST(Placing, TiesOfManyAskersSpread) {
  constexpr std::uint64_t kServers = 12;
  std::vector<Row> rows;
  for (std::uint64_t i = 1; i <= kServers; ++i)
    rows.push_back({i, 0});
  std::map<std::uint64_t, int> got_of_users;
  std::map<std::uint64_t, int> got_of_askers;
  for (std::uint32_t n = 0; n < 1'200; ++n) {
    Picture one = picture_of(rows);
    const Placement first = place(one, Incarnation(3), user(n), PlacingPolicy::lowest);
    ++got_of_users[first.server.number()];
    Picture same = picture_of(rows);
    EXPECT_EQ(place(same, Incarnation(3), user(n), PlacingPolicy::lowest).server, first.server);
    Picture other = picture_of(rows);
    ++got_of_askers[place(other, Incarnation(n), user(7), PlacingPolicy::lowest).server.number()];
  }
  for (const auto& got : {got_of_users, got_of_askers}) {
    ASSERT_EQ(got.size(), kServers);
    for (const auto& [server, users] : got) {  // 100 each, +- 5 standard deviations
      EXPECT_GT(users, 50) << server;
      EXPECT_LT(users, 150) << server;
    }
  }
}

// One address in both protocols, whichever session it is.
TEST(Placing, TheUserIsMeantNotTheSession) {
  std::vector<Row> rows;
  for (std::uint64_t i = 1; i <= 100; ++i)
    rows.push_back({i, 0});
  Picture one = picture_of(rows);
  Picture other = picture_of(rows);
  EXPECT_EQ(
      place(one, Incarnation(1), user(0), PlacingPolicy::lowest).server,
      place(other, Incarnation(1), user(0).with_resource("phone"), PlacingPolicy::lowest).server);
}

}  // namespace load_control_placing_test
}  // namespace muster::cluster
