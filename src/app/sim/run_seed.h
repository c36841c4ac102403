// Runs one seed of the simulator, says what came of it, and survives none of its crashes: a check
// that breaks in the server ends the process, after the seed and the last events were told.
#pragma once

#include <cstdint>

#include "app/sim/sim_options.h"
#include "base/time.h"

namespace muster {

// Besides those of exit_codes.h.
inline constexpr int kSimCrashed = 3;
inline constexpr int kSimWrong = 4;
inline constexpr int kSimStuck = 5;
inline constexpr int kSimNotTheSame = 6;

struct SeedResult {
  std::uint64_t seed = 0;
  int exit_code = 0;
  std::uint64_t digest = 0;
  std::uint64_t turns = 0;
  std::int64_t simulated_us = 0;
};

// The table of the seed is printed before it runs if `talkative`; of a failure all is told in any
// case.
SeedResult run_seed(std::uint64_t seed, const SimCommand& command, bool talkative);

}  // namespace muster
