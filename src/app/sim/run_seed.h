// Runs one seed of the simulator, says what came of it, and survives none of its crashes: a check
// that breaks in the server ends the process, after the seed and the last events were told.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/sim/sim_options.h"
#include "base/time.h"

namespace muster {

// Besides those of exit_codes.h.
inline constexpr int kSimCrashed = 3;
inline constexpr int kSimWrong = 4;
inline constexpr int kSimStuck = 5;
inline constexpr int kSimNotTheSame = 6;

// As a text that a pipe takes with the rest: cut where it is too long.
using Told = std::array<char, 400>;

struct SeedResult {
  std::uint64_t seed = 0;
  Planted planted = Planted::none;
  int exit_code = 0;
  std::uint64_t digest = 0;
  std::uint64_t turns = 0;
  std::int64_t simulated_us = 0;
  // Of the first finding.
  Told checker{};
  Told found{};
};

// How much is printed: nothing; of a failure all; besides, the table of the seed before it runs.
enum class Telling : std::uint8_t { nothing, failures, all };
SeedResult run_seed(std::uint64_t seed, const SimCommand& command, Telling telling);

Told told(std::string_view text);
// What a command line has to say of it: nothing, if it is none.
std::string plant_words(Planted planted);

}  // namespace muster
