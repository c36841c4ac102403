// The clock by which the measurements take the time that something needs.
#pragma once

#include <chrono>

namespace gates {

using Clock = std::chrono::steady_clock;

inline double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

}  // namespace gates
