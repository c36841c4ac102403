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
namespace {

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

// As if each had been in a report at once.
TEST(Placing, ABurstBetweenTwoReportsSpreads) {
  Picture picture = picture_of({{1, 70}, {2, 40}, {3, 90}, {4, 0, LoadLevel{60}}});
  std::vector<std::uint32_t> levels = {70, 40, 90, 0};
  const std::vector<std::uint32_t> max = {100, 100, 100, 60};
  for (std::uint32_t n = 0; n < 160; ++n) {
    std::uint32_t lowest = 1'000;
    for (std::size_t i = 0; i < 4; ++i) {
      if (levels[i] < max[i]) lowest = std::min(lowest, levels[i]);
    }
    const Placement placement = place(picture, Incarnation(9), user(n), PlacingPolicy::lowest);
    ASSERT_EQ(placement.outcome, Outcome::placed) << n;
    ASSERT_EQ(levels[placement.server.number() - 1]++, lowest) << n;
  }
  EXPECT_EQ(levels, max);
  EXPECT_EQ(place(picture, Incarnation(9), user(999), PlacingPolicy::lowest).outcome,
            Outcome::all_full);
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

}  // namespace
}  // namespace muster::cluster
