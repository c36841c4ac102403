#include "base/deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"

namespace muster {
namespace base_deadlines_test {

Instant at(std::int64_t milliseconds) {
  return Instant::at(Duration::milliseconds(milliseconds));
}

template <class Key>
std::vector<Key> take_all_due(Deadlines<Key>& deadlines, Instant now) {
  std::vector<Key> keys;
  while (auto key = deadlines.take_due(now)) {
    keys.push_back(*key);
  }
  return keys;
}

TEST(Deadlines, EmptyHasNothingNextAndNothingDue) {
  Deadlines<int> deadlines;
  EXPECT_EQ(deadlines.next(), std::nullopt);
  EXPECT_EQ(deadlines.take_due(at(1'000'000)), std::nullopt);
  EXPECT_EQ(deadlines.size(), 0u);
}

TEST(Deadlines, AMomentIsDueWhenItComesAndNotBefore) {
  Deadlines<int> deadlines;
  deadlines.add(at(10), 1);
  EXPECT_EQ(deadlines.next(), at(10));
  EXPECT_EQ(deadlines.take_due(at(10) - Duration::microseconds(1)), std::nullopt);
  EXPECT_EQ(deadlines.size(), 1u);
  EXPECT_EQ(deadlines.take_due(at(10)), 1);
  EXPECT_EQ(deadlines.size(), 0u);
}

TEST(Deadlines, ComeOutByMomentThenByOrderOfAdding) {
  Deadlines<std::string> deadlines;
  deadlines.add(at(30), "late");
  deadlines.add(at(20), "first of three");
  deadlines.add(at(10), "early");
  deadlines.add(at(20), "second of three");
  deadlines.add(at(20), "third of three");
  EXPECT_EQ(
      take_all_due(deadlines, at(20)),
      (std::vector<std::string>{"early", "first of three", "second of three", "third of three"}));
  EXPECT_EQ(deadlines.next(), at(30));
}

TEST(Deadlines, AKeyMayWaitForSeveralMoments) {
  Deadlines<int> deadlines;
  deadlines.add(at(20), 7);
  deadlines.add(at(10), 7);
  EXPECT_EQ(take_all_due(deadlines, at(15)), std::vector<int>{7});
  EXPECT_EQ(take_all_due(deadlines, at(25)), std::vector<int>{7});
}

TEST(Deadlines, AnyInterleavingKeepsTheOrder) {
  Prng prng(Prng::seed_of(1));
  Deadlines<std::pair<std::int64_t, int>> deadlines;  // moment, order of adding
  int added = 0;
  std::int64_t now = 0;
  for (int round = 0; round < 500; ++round) {
    for (std::uint64_t more = prng.below(8); more > 0; --more) {
      const std::int64_t when = now + static_cast<std::int64_t>(prng.below(20));
      deadlines.add(at(when), {when, added++});
    }
    now += static_cast<std::int64_t>(prng.below(10));
    const auto due = take_all_due(deadlines, at(now));
    EXPECT_TRUE(std::is_sorted(due.begin(), due.end()));
    EXPECT_TRUE(due.empty() || due.back().first <= now);
    EXPECT_TRUE(!deadlines.next() || *deadlines.next() > at(now));
  }
}

TEST(Deadlines, HoldsKeysThatOnlyMove) {
  Deadlines<std::unique_ptr<int>> deadlines;
  deadlines.add(at(2), std::make_unique<int>(2));
  deadlines.add(at(1), std::make_unique<int>(1));
  EXPECT_EQ(**deadlines.take_due(at(2)), 1);
  EXPECT_EQ(**deadlines.take_due(at(2)), 2);
}

}  // namespace base_deadlines_test
}  // namespace muster
