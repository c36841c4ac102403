// Time as values. No code below the shell reads a clock: the moment arrives with each step (Now).
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace muster {

// A span of time, to the microsecond.
class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration microseconds(std::int64_t n) { return Duration(n); }
  static constexpr Duration milliseconds(std::int64_t n) { return Duration(n * 1'000); }
  static constexpr Duration seconds(std::int64_t n) { return Duration(n * 1'000'000); }
  static constexpr Duration minutes(std::int64_t n) { return seconds(n * 60); }
  static constexpr Duration hours(std::int64_t n) { return minutes(n * 60); }

  constexpr std::int64_t in_microseconds() const { return us_; }
  constexpr std::int64_t in_milliseconds() const { return us_ / 1'000; }
  constexpr std::int64_t in_seconds() const { return us_ / 1'000'000; }

  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return Duration(a.us_ + b.us_); }
  friend constexpr Duration operator-(Duration a, Duration b) { return Duration(a.us_ - b.us_); }
  friend constexpr Duration operator*(Duration a, std::int64_t n) { return Duration(a.us_ * n); }
  friend constexpr Duration operator/(Duration a, std::int64_t n) { return Duration(a.us_ / n); }

 private:
  constexpr explicit Duration(std::int64_t us) : us_(us) {}
  std::int64_t us_ = 0;
};

// A moment of the monotonic clock: for deadlines and for measuring. Its zero is the driver's.
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant at(Duration since_zero) { return Instant(since_zero); }
  constexpr Duration since_zero() const { return since_zero_; }

  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant t, Duration d) { return Instant(t.since_zero_ + d); }
  friend constexpr Instant operator-(Instant t, Duration d) { return Instant(t.since_zero_ - d); }
  friend constexpr Duration operator-(Instant a, Instant b) {
    return a.since_zero_ - b.since_zero_;
  }

 private:
  constexpr explicit Instant(Duration d) : since_zero_(d) {}
  Duration since_zero_;
};

// A moment of the civil clock (since 1970-01-01T00:00:00Z): for timestamps in documents, and for
// what must still be true after a restart. It may step back; no deadline is kept in it.
class UnixTime {
 public:
  constexpr UnixTime() = default;
  static constexpr UnixTime at(Duration since_epoch) { return UnixTime(since_epoch); }
  constexpr Duration since_epoch() const { return since_epoch_; }

  friend constexpr auto operator<=>(UnixTime, UnixTime) = default;
  friend constexpr UnixTime operator+(UnixTime t, Duration d) {
    return UnixTime(t.since_epoch_ + d);
  }
  friend constexpr Duration operator-(UnixTime a, UnixTime b) {
    return a.since_epoch_ - b.since_epoch_;
  }

 private:
  constexpr explicit UnixTime(Duration d) : since_epoch_(d) {}
  Duration since_epoch_;
};

// What a step is told of time.
struct Now {
  Instant instant;
  UnixTime unix_time;
};

// "2026-11-22T14:03:05Z": RFC 3339 section 5.6, UTC, whole seconds (rounded down). Years 1970-9999.
std::string rfc3339(UnixTime time);

}  // namespace muster
