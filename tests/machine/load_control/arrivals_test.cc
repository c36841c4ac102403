// Placing and growth together, while users arrive (paper, figures 4 and 6 to 8).
#include "machine/load_control/arrivals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace muster::cluster {
namespace load_control_arrivals_test {

std::vector<std::uint32_t> sorted_users(const Arrivals& arrivals) {
  std::vector<std::uint32_t> users;
  for (std::size_t i = 0; i < arrivals.servers(); ++i)
    users.push_back(arrivals.users_of(i));
  std::sort(users.begin(), users.end());
  return users;
}

struct Figure {
  std::uint32_t users;
  std::uint32_t max;
  std::size_t servers;
};

// The text to the figures: 6 and 8 have max-loadlevel 100, 7 has 200.
const std::vector<Figure> kFigures = {{100, 100, 1}, {200, 100, 2}, {300, 100, 3}, {500, 100, 5},
                                      {200, 200, 1}, {300, 200, 2}, {400, 200, 2}, {500, 200, 3}};

void expect_figures(Duration within) {
  for (const Figure& figure : kFigures) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      Arrivals arrivals({.max = {figure.max}, .seed = seed});
      arrivals.land(figure.users, within);
      arrivals.run(within + Duration::minutes(1));
      EXPECT_EQ(arrivals.servers(), figure.servers) << figure.users << " of " << figure.max;
      EXPECT_EQ(arrivals.users(), figure.users);
      EXPECT_LE(sorted_users(arrivals).back(), figure.max);
      EXPECT_EQ(arrivals.decisions().size(), figure.servers - 1);
      for (std::size_t i = 0; i < arrivals.servers(); ++i)
        EXPECT_EQ(arrivals.level_seen(0, i), arrivals.users_of(i));
    }
  }
}

TEST(Arrivals, TheFiguresOfThePaper) {
  expect_figures(Duration::minutes(1));
}

// All at once: those who find no room come again. One more than there is room for makes a server
// more; so many that two are needed makes two, one after the other.
TEST(Arrivals, TheFiguresOfThePaperAsBursts) {
  expect_figures(Duration());
  expect_figures(Duration::seconds(3));
}

TEST(Arrivals, OneMoreThanThereIsRoomFor) {
  for (const std::uint32_t users : {100u, 101u, 200u, 201u}) {
    Arrivals arrivals({});
    arrivals.land(users, Duration::minutes(1));
    arrivals.run(Duration::minutes(3));
    EXPECT_EQ(arrivals.servers(), (users + 99) / 100) << users;
    EXPECT_EQ(arrivals.users(), users);
  }
}

// Each server places, and hears of the others up to a second and a half late.
TEST(Arrivals, WhenUsersLandAnywhere) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    for (const PlacingPolicy policy : {PlacingPolicy::lowest, PlacingPolicy::limit}) {
      Arrivals arrivals({.policy = policy, .servers = 3, .land_anywhere = true, .seed = seed});
      arrivals.land(500, Duration::seconds(10));
      arrivals.run(Duration::minutes(1));
      EXPECT_EQ(arrivals.users(), 500u) << seed;
      // Servers that are past their limits leave less to those that are recruited.
      EXPECT_GE(arrivals.servers(), 4u) << seed;
      EXPECT_LE(arrivals.servers(), 5u) << seed;
      for (std::size_t asker = 0; asker < arrivals.servers(); ++asker) {
        for (std::size_t i = 0; i < arrivals.servers(); ++i)
          ASSERT_EQ(arrivals.level_seen(asker, i), arrivals.users_of(i)) << seed;
      }
    }
  }
}

TEST(Arrivals, TwelveServersGetAboutTheSameOfABurst) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Arrivals arrivals({.servers = 12, .land_anywhere = true, .seed = seed});
    arrivals.run(Duration::seconds(5));  // all know of all
    arrivals.land(600, Duration());
    arrivals.run(Duration::seconds(10));
    const std::vector<std::uint32_t> users = sorted_users(arrivals);
    EXPECT_EQ(arrivals.users(), 600u);
    EXPECT_GE(users.front(), 50u - 12) << seed;  // each asker is off by one at most
    EXPECT_LE(users.back(), 50u + 12) << seed;
  }
}

// Thirteen askers who all see that one server is lower than the others.
TEST(Arrivals, ABurstDoesNotOverrunWhoJustJoined) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Arrivals arrivals({.servers = 12, .land_anywhere = true, .seed = seed});
    arrivals.run(Duration::seconds(5));
    arrivals.land(600, Duration());
    arrivals.run(Duration::seconds(10));
    arrivals.add_server();
    arrivals.run(Duration::seconds(5));
    arrivals.land(520, Duration());
    arrivals.run(Duration::seconds(10));
    EXPECT_EQ(arrivals.users(), 1'120u);
    EXPECT_EQ(arrivals.servers(), 13u);
    // Even is 86, and each asker is off by one.
    EXPECT_GE(arrivals.users_of(12), 86u - 13) << seed;
    EXPECT_LE(sorted_users(arrivals).back(), 86u + 13) << seed;
  }
}

// As in the paper: who joined gets nearly all, until it has as many as the others.
TEST(Arrivals, OneAskerFillsTheLowestFirst) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Arrivals arrivals({.servers = 3, .seed = seed});
    arrivals.run(Duration::seconds(5));
    arrivals.land(150, Duration::minutes(1));
    arrivals.run(Duration::minutes(2));
    arrivals.add_server();
    arrivals.run(Duration::seconds(5));
    arrivals.land(50, Duration::minutes(2));
    arrivals.run(Duration::minutes(3));
    EXPECT_EQ(arrivals.users(), 200u);
    EXPECT_GE(arrivals.users_of(3), 50u - 4) << seed;
  }
}

TEST(Arrivals, WhoNeverComesLeavesNoTrace) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Arrivals arrivals({.servers = 3, .land_anywhere = true, .lost_per_cent = 30, .seed = seed});
    arrivals.land(250, Duration::seconds(20));
    arrivals.run(Duration::minutes(1));
    EXPECT_GT(arrivals.lost(), 0u);
    EXPECT_EQ(arrivals.users() + arrivals.lost(), 250u);
    for (std::size_t asker = 0; asker < 3; ++asker) {
      for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(arrivals.level_seen(asker, i), arrivals.users_of(i)) << seed;
    }
  }
}

TEST(Arrivals, CandidatesThatDoNotComeAreFollowedByTheNext) {
  Arrivals arrivals({.mute = {"sip:a", "sip:c"}});
  arrivals.land(300, Duration());
  arrivals.run(Duration::minutes(3));
  EXPECT_EQ(arrivals.servers(), 3u);
  EXPECT_EQ(arrivals.users(), 300u);
  const std::vector<GrowthDecision> expected = {Recruit{"sip:a"},  GiveUpOn{"sip:a"},
                                                Recruit{"sip:b"},  Recruit{"sip:c"},
                                                GiveUpOn{"sip:c"}, Recruit{"sip:d"}};
  EXPECT_EQ(arrivals.decisions(), expected);
}

TEST(Arrivals, WithoutACandidateThatComesTheRestWaits) {
  Arrivals arrivals({.candidates = {"sip:a"}, .mute = {"sip:a"}});
  arrivals.land(130, Duration());
  arrivals.run(Duration::minutes(4));
  EXPECT_EQ(arrivals.servers(), 1u);
  EXPECT_EQ(arrivals.users(), 100u);
  // Half a minute each, a minute apart.
  const std::vector<GrowthDecision> expected = {Recruit{"sip:a"}, GiveUpOn{"sip:a"},
                                                Recruit{"sip:a"}, GiveUpOn{"sip:a"},
                                                Recruit{"sip:a"}, GiveUpOn{"sip:a"}};
  EXPECT_EQ(arrivals.decisions(), expected);
}

}  // namespace load_control_arrivals_test
}  // namespace muster::cluster
