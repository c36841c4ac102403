// The command line of `muster sim`: which seeds to run, and how; or which planted faults to prove
// the checkers with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/command_line/command_line.h"
#include "server/planted.h"

namespace muster {

// The simulator cannot stop a server that does not come back from one turn; a clock does.
inline constexpr double kPatienceSeconds = 300;
inline constexpr double kPatienceLeastSeconds = 0.001;
inline constexpr double kPatienceMostSeconds = 86'400;

struct SimCommand {
  std::uint64_t seed = 1;              // the first
  std::uint64_t seeds = 1;             // how many
  double hours = 0;                    // go on for so long, from `seed`; 0: for `seeds` seeds
  std::uint32_t jobs = 1;              // processes
  bool twice = false;                  // each seed, and compare the digests
  std::uint32_t events = 60;           // of a failure, to be printed
  double patience = kPatienceSeconds;  // real seconds that a run of a seed may take
  Planted planted = Planted::none;
};

// Each plant until it is caught.
struct ProveCommand {
  std::vector<Plant> plants;
  std::uint64_t seed = 1;     // the first
  std::uint64_t seeds = 200;  // at most, of each plant
  std::uint32_t jobs = 1;     // processes
};

struct ListPlants {};

// As it stands on the command line.
struct SimWords {
  std::string seed;
  std::uint64_t seeds = 0;
  double hours = 0;
  std::uint32_t jobs = 0;
  bool twice = false;
  std::uint32_t events = 60;
  double patience = kPatienceSeconds;
  std::string plant;
  bool prove = false;
  std::vector<std::string> to_prove;
};
CLI::App* add_sim_command(CLI::App& app, SimWords& words);
std::variant<SimCommand, ProveCommand, ListPlants> sim_command_of(const SimWords& words);

}  // namespace muster
