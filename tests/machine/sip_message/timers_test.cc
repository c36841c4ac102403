#include "server/sip_message/timers.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster {
namespace sip_message_timers_test {

Instant at(std::int64_t ms) {
  return Instant::at(Duration::milliseconds(ms));
}

TEST(TimerQueue, GivesWhatIsDueInOrder) {
  TimerQueue<int> queue(Duration::milliseconds(100));
  EXPECT_EQ(queue.next(), std::nullopt);
  EXPECT_EQ(queue.take_due(at(1'000'000)), std::nullopt);
  queue.add(at(0), 1);
  queue.add(at(0), 2);
  queue.add(at(50), 3);
  EXPECT_EQ(queue.next(), at(100));
  EXPECT_EQ(queue.take_due(at(99)), std::nullopt);
  EXPECT_EQ(queue.take_due(at(100)), 1);
  EXPECT_EQ(queue.take_due(at(100)), 2);
  EXPECT_EQ(queue.take_due(at(149)), std::nullopt);
  EXPECT_EQ(queue.next(), at(150));
  EXPECT_EQ(queue.take_due(at(500)), 3);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(TimerQueue, GivesTheOldestBeforeItIsDue) {
  TimerQueue<int> queue(Duration::milliseconds(100));
  queue.add(at(0), 1);
  EXPECT_EQ(queue.take_older_than(at(39), Duration::milliseconds(40)), std::nullopt);
  EXPECT_EQ(queue.take_older_than(at(40), Duration::milliseconds(40)), 1);
}

// A driver whose clock stands still, or steps back, only makes it wait longer.
TEST(TimerQueue, StaysInOrderIfTimeDoesNotGoOn) {
  TimerQueue<int> queue(Duration::milliseconds(100));
  queue.add(at(50), 1);
  queue.add(at(20), 2);
  EXPECT_EQ(queue.take_due(at(149)), std::nullopt);
  EXPECT_EQ(queue.take_due(at(150)), 1);
  EXPECT_EQ(queue.take_due(at(150)), 2);
}

TEST(BackoffTimers, DelaysAreThoseOfTimersEAndG) {  // RFC 3261 section 17.1.2.2
  const std::vector<std::int64_t> expected = {500, 1'000, 2'000, 4'000, 4'000, 4'000};
  for (std::uint8_t step = 0; step < expected.size(); ++step) {
    BackoffTimers<int> timers;
    timers.add(at(0), step, 7);
    EXPECT_EQ(timers.next(), at(expected[step]));
    EXPECT_EQ(timers.take_due(at(expected[step] - 1)), std::nullopt);
    EXPECT_EQ(timers.take_due(at(expected[step])), 7);
    EXPECT_EQ(timers.size(), 0u);
  }
}

TEST(BackoffTimers, TheNextIsTheEarliestOfAll) {
  BackoffTimers<int> timers;
  timers.add(at(0), 3, 1);
  timers.add(at(100), 1, 2);
  timers.add(at(200), 0, 3);
  EXPECT_EQ(timers.size(), 3u);
  EXPECT_EQ(timers.next(), at(700));
  EXPECT_EQ(timers.take_due(at(700)), 3);
  EXPECT_EQ(timers.next(), at(1'100));
  EXPECT_EQ(timers.take_due(at(1'100)), 2);
  EXPECT_EQ(timers.next(), at(4'000));
}

}  // namespace sip_message_timers_test
}  // namespace muster
