// So many per second, and no more in any span of time.
#include "server/load_control/pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "machine/load_control/servers.h"
#include "server/load_settings.h"

namespace muster::cluster {
namespace load_control_pace_test {

Instant us(std::int64_t microseconds) {
  return Instant::at(Duration::microseconds(microseconds));
}

TEST(Pace, ABurstIsATenthOfASecond) {
  Pace pace(500);
  EXPECT_TRUE(pace.allows(at(0), 50));
  pace.take(50);
  EXPECT_FALSE(pace.allows(at(0), 1));
  EXPECT_EQ(pace.full_at(), at(100));
  EXPECT_FALSE(pace.allows(us(1'999), 1));
  EXPECT_TRUE(pace.allows(us(2'000), 1));
  EXPECT_FALSE(pace.allows(us(3'999), 2));
  EXPECT_TRUE(pace.allows(us(4'000), 2));
  EXPECT_FALSE(pace.allows(us(99'999), 50));
  EXPECT_TRUE(pace.allows(at(100), 50));
  pace.take(50);
  EXPECT_FALSE(pace.allows(at(100), 1));
  EXPECT_TRUE(pace.allows(at(60'000), 50));  // rest saves no more than a burst
  pace.take(50);
  EXPECT_FALSE(pace.allows(at(60'000), 1));
}

TEST(Pace, WhatCannotBePartedWaitsForRestAndMakesWait) {
  Pace pace(10);
  EXPECT_TRUE(pace.allows(at(0), 20));
  pace.take(20);
  EXPECT_EQ(pace.full_at(), at(2'000));
  EXPECT_FALSE(pace.allows(us(1'999'999), 1));
  EXPECT_TRUE(pace.allows(at(2'000), 1));
}

TEST(Pace, AtItsEnds) {
  Pace slowest(1);
  EXPECT_TRUE(slowest.allows(at(0), 1));
  slowest.take(1);
  EXPECT_FALSE(slowest.allows(us(999'999), 1));
  EXPECT_TRUE(slowest.allows(at(1'000), 1));
  Pace fastest(kMovedPerSecondMax);
  EXPECT_TRUE(fastest.allows(at(0), kMovedPerSecondMax / 10));
  fastest.take(kMovedPerSecondMax / 10);
  EXPECT_FALSE(fastest.allows(us(9), 1));
  EXPECT_TRUE(fastest.allows(us(10), 1));
}

// Whoever asks for as much as there is, at any moments.
TEST(Pace, HoldsInAnySpanOfTime) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Prng prng(Prng::seed_of(seed));
    const auto per_second = static_cast<std::uint32_t>(1 + prng.below(3'000));
    const std::int64_t burst = per_second < 10 ? 1 : per_second / 10;
    Pace pace(per_second);
    std::vector<std::pair<std::int64_t, std::int64_t>> taken;  // when, how many
    std::int64_t now = 0;
    for (int i = 0; i < 200; ++i) {
      now += static_cast<std::int64_t>(prng.below(prng.below(2) == 0 ? 500 : 50'000));
      std::int64_t n = 0;
      while (pace.allows(us(now), 1)) {
        pace.take(1);
        ++n;
      }
      taken.emplace_back(now, n);
    }
    std::int64_t all = 0;
    for (std::size_t from = 0; from < taken.size(); ++from) {
      all += taken[from].second;
      std::int64_t sum = 0;
      for (std::size_t to = from; to < taken.size(); ++to) {
        sum += taken[to].second;
        const std::int64_t span = taken[to].first - taken[from].first;
        ASSERT_LE((sum - burst) * 1'000'000, span * per_second) << "seed " << seed;
      }
    }
    // And it is used: but for what rest would have saved beyond a burst.
    EXPECT_GT(all, burst);
  }
}

// The bound as the header has it, with grants of which some are larger than a burst.
TEST(Pace, HoldsForWhatCannotBeParted) {
  std::size_t beyond = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Prng prng(Prng::seed_of(seed));
    const auto per_second = static_cast<std::uint32_t>(1 + prng.below(100));
    Pace pace(per_second);
    std::vector<std::pair<std::int64_t, std::int64_t>> taken;  // when, how many
    std::int64_t now = 0;
    for (int i = 0; i < 200; ++i) {
      now += static_cast<std::int64_t>(prng.below(1'000'000));
      const auto n = static_cast<std::uint32_t>(1 + prng.below(20));
      if (!pace.allows(us(now), n)) continue;
      pace.take(n);
      taken.emplace_back(now, n);
    }
    const std::int64_t burst = std::max<std::int64_t>(1, per_second / 10);
    for (std::size_t from = 0; from < taken.size(); ++from) {
      std::int64_t sum = 0;
      std::int64_t together = burst;
      for (std::size_t to = from; to < taken.size(); ++to) {
        sum += taken[to].second;
        together = std::max(together, taken[to].second);
        const std::int64_t span = taken[to].first - taken[from].first;
        ASSERT_LE((sum - together) * 1'000'000, span * per_second) << "seed " << seed;
        if ((sum - burst) * 1'000'000 > span * per_second) ++beyond;
      }
    }
  }
  EXPECT_GT(beyond, 0u);  // a burst alone is not the bound
}

}  // namespace load_control_pace_test
}  // namespace muster::cluster
