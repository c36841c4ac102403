#include "sim/world/timeline.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster::sim {
namespace sim_timeline_test {

using ::testing::ElementsAre;

constexpr Instant at(std::int64_t seconds) {
  return Instant::at(Duration::seconds(seconds));
}

class TimelineTest : public ::testing::Test {
 protected:
  void put(std::int64_t seconds, int what) {
    timeline.at(at(seconds), [this, what] { seen.push_back(what); });
  }
  void run() {
    while (timeline.next())
      timeline.step();
  }
  Timeline timeline{at(10)};
  std::vector<int> seen;
};

TEST_F(TimelineTest, GoesByMomentAndThenByTheOrderOfPutting) {
  put(12, 3);
  put(11, 1);
  put(12, 4);
  put(11, 2);
  run();
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(timeline.now(), at(12));
}

TEST_F(TimelineTest, WhatIsPutWhileSomethingHappensComesBehindWhatIsDueAlready) {
  timeline.at(at(11), [this] {
    seen.push_back(1);
    put(11, 3);
  });
  put(11, 2);
  run();
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
}

TEST_F(TimelineTest, ThePastIsNow) {
  put(5, 1);
  EXPECT_EQ(timeline.next(), at(10));
  run();
  EXPECT_EQ(timeline.now(), at(10));
}

TEST_F(TimelineTest, TimeDoesNotPassOverWhatIsDue) {
  put(11, 1);
  timeline.move_to(at(10));
  EXPECT_DEATH(timeline.move_to(at(11)), "check failed");
}

}  // namespace sim_timeline_test
}  // namespace muster::sim
