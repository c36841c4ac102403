// How fast something may go: so many per second. In any span of time no more are granted than the
// pace times that span and one burst, which is a tenth of what a second brings, but at least 1, and
// at least as many as were granted together, for what cannot be parted.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace muster::cluster {

class Pace {
 public:
  // 1 to kMovedPerSecondMax (load_settings.h).
  explicit constexpr Pace(std::uint32_t per_second)
      : per_second_(per_second),
        burst_(std::max<std::int64_t>(1, per_second / 10) * kParts),
        left_(burst_) {}

  // Whether `n` may go now, together. When it has rested for long enough, more than a burst may;
  // the pace waits the longer after it.
  constexpr bool allows(Instant now, std::uint32_t n) {
    refill(now);
    return left_ >= n * kParts || left_ == burst_;
  }
  // They go; it was allowed.
  constexpr void take(std::uint32_t n) { left_ -= n * kParts; }

  // When it has rested for long enough.
  constexpr Instant full_at() const {
    return at_ + Duration::microseconds((burst_ - left_ + per_second_ - 1) / per_second_);
  }

 private:
  static constexpr std::int64_t kParts = 1'000'000;  // what a pace of 1 gains in a microsecond is 1

  constexpr void refill(Instant now) {
    if (now <= at_) return;
    if (now >= full_at()) {
      left_ = burst_;
    } else {
      left_ += (now - at_).in_microseconds() * per_second_;
    }
    at_ = now;
  }

  std::int64_t per_second_;
  std::int64_t burst_;
  std::int64_t left_;
  Instant at_;
};

}  // namespace muster::cluster
