// The timers of SIP transactions (RFC 3261 section 17 and its table 4). All are one of a few fixed
// delays, and time goes on: what is added to a queue of one delay lies behind all that it holds, so
// a timer costs no search. As in base/deadlines.h, a queue says when to look, and at what; whether
// there is still something to do is for who looks.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/time.h"

namespace muster {

inline constexpr Duration kSipT1 = Duration::milliseconds(500);
inline constexpr Duration kSipT2 = Duration::seconds(4);
inline constexpr Duration kSipT4 = Duration::seconds(5);
// 64*T1: how long anybody waits for the end of a transaction (Timers B, F, H, J).
inline constexpr Duration kSipTransactionTime = kSipT1 * 64;
// From the first transmission until Timer E is set to T2: T1 + 2*T1 + 4*T1. Before that no 100 goes
// out over UDP; then one must (RFC 4320 section 4.1).
inline constexpr Duration kSipTryingTime = kSipT1 * 7;

template <class Key>
class TimerQueue {
 public:
  explicit TimerQueue(Duration delay) : delay_(delay) {}

  // Look at `key` when the delay has passed.
  void add(Instant now, Key key) {
    const Instant due = now + delay_;
    entries_.push_back({entries_.empty() ? due : std::max(due, entries_.back().due), key});
  }

  std::optional<Instant> next() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.front().due;
  }

  std::optional<Key> take_due(Instant now) { return take_older_than(now, delay_); }

  // The oldest, if it was added so long ago.
  std::optional<Key> take_older_than(Instant now, Duration age) {
    if (entries_.empty() || entries_.front().due - delay_ + age > now) return std::nullopt;
    const Key key = entries_.front().key;
    entries_.pop_front();
    return key;
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Instant due;
    Key key;
  };
  Duration delay_;
  std::deque<Entry> entries_;
};

// Timers E and G: T1, then twice as long each time, at most T2.
template <class Key>
class BackoffTimers {
 public:
  // The steps from T1 to T2; later ones are like the last.
  static constexpr std::uint8_t kSteps = 4;
  static_assert(kSipT1 * (1 << (kSteps - 1)) == kSipT2);
  static constexpr Duration delay_of(std::uint8_t step) {
    return kSipT1 * (1 << std::min<std::uint8_t>(step, kSteps - 1));
  }

  void add(Instant now, std::uint8_t step, Key key) {
    queues_[std::min<std::uint8_t>(step, kSteps - 1)].add(now, key);
  }

  std::optional<Instant> next() const {
    std::optional<Instant> earliest;
    for (const TimerQueue<Key>& queue : queues_) {
      const auto next = queue.next();
      if (next && (!earliest || *next < *earliest)) earliest = next;
    }
    return earliest;
  }

  std::optional<Key> take_due(Instant now) {
    for (TimerQueue<Key>& queue : queues_) {
      if (auto key = queue.take_due(now)) return key;
    }
    return std::nullopt;
  }

  std::size_t size() const {
    std::size_t all = 0;
    for (const TimerQueue<Key>& queue : queues_)
      all += queue.size();
    return all;
  }

 private:
  std::array<TimerQueue<Key>, kSteps> queues_{
      TimerQueue<Key>(delay_of(0)), TimerQueue<Key>(delay_of(1)), TimerQueue<Key>(delay_of(2)),
      TimerQueue<Key>(delay_of(3))};
};

}  // namespace muster
