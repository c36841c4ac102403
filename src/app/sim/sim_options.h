// The command line of `muster sim`: which seeds to run, and how.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/command_line/command_line.h"

namespace muster {

struct SimCommand {
  std::uint64_t seed = 1;     // the first
  std::uint64_t seeds = 1;    // how many
  double hours = 0;           // go on for so long, from `seed`; 0: for `seeds` seeds
  std::uint32_t jobs = 1;     // processes
  bool twice = false;         // each seed, and compare the digests
  std::uint32_t events = 60;  // of a failure, to be printed
};

// As it stands on the command line.
struct SimWords {
  std::string seed;
  std::uint64_t seeds = 1;
  double hours = 0;
  std::uint32_t jobs = 0;
  bool twice = false;
  std::uint32_t events = 60;
};
CLI::App* add_sim_command(CLI::App& app, SimWords& words);
SimCommand sim_command_of(const SimWords& words);

}  // namespace muster
