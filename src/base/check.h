// The third kind of wrong: broken code. A wrong peer gets a protocol answer and a failing world a
// Result (base/result.h); a condition that only a bug of ours can break stops the process, in
// release builds too.
#pragma once

namespace muster {

// Writes the condition and its place to standard error, then aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace muster

// Stops the process unless `condition` holds.
#define MUSTER_CHECK(condition)                        \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::muster::check_failed(#condition, __FILE__, __LINE__))

// Marks a place that no input can reach.
#define MUSTER_UNREACHABLE(why) ::muster::check_failed("unreachable: " why, __FILE__, __LINE__)
