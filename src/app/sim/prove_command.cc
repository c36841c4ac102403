#include "app/sim/prove_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/sim/seed_workers.h"

namespace muster {
namespace {

constexpr std::size_t kFoundColumns = 70;

// One plant, as far as it got.
struct Trial {
  Plant plant;
  std::uint64_t given = 0;           // seeds that were given out
  std::uint64_t out = 0;             // of them, those that have not come back
  std::optional<SeedResult> caught;  // by the first of the seeds
  bool wants_more(std::uint64_t most) const { return !caught && given < most; }
};

// The first that nobody is at; else the first that wants more.
Trial* next_of(std::vector<Trial>& trials, std::uint64_t most) {
  const auto find = [&](bool idle) {
    return std::find_if(trials.begin(), trials.end(), [&](const Trial& trial) {
      return trial.wants_more(most) && (!idle || trial.out == 0);
    });
  };
  auto found = find(true);
  if (found == trials.end()) found = find(false);
  return found == trials.end() ? nullptr : &*found;
}

std::string_view verdict_of(int exit_code) {
  return exit_code == kSimCrashed ? "crashed" : exit_code == kSimWrong ? "wrong" : "stuck";
}

void print_row(std::string_view name, std::string_view module, std::string_view seeds,
               std::string_view verdict, std::string_view checker, std::string_view found) {
  fmt::print("{:<24}{:<15}{:>5}  {:<12}{:<13}{}\n", name, module, seeds, verdict, checker, found);
}

// In one line.
std::string found_text(const SeedResult& result) {
  std::string text(result.found.data());
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  const std::size_t folder = text.rfind("/src/", kFoundColumns);
  if (result.exit_code == kSimCrashed && folder != std::string::npos) text.erase(0, folder + 1);
  if (text.size() <= kFoundColumns) return text;
  std::size_t end = kFoundColumns - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;  // not within a character
  return text.substr(0, end) + "...";
}

void print_trial(const Trial& trial, std::uint64_t first) {
  if (!trial.caught) {
    return print_row(trial.plant.name, trial.plant.module, std::to_string(trial.given),
                     "NOT CAUGHT", "", "");
  }
  const SeedResult& caught = *trial.caught;
  print_row(trial.plant.name, trial.plant.module, std::to_string(caught.seed - first + 1),
            verdict_of(caught.exit_code), caught.checker.data(), found_text(caught));
}

}  // namespace

int carry_out(const ProveCommand& command) {
  SimCommand workers;
  workers.jobs = command.jobs;
  std::vector<Trial> trials;
  for (const Plant& plant : command.plants)
    trials.push_back({plant, 0, 0, std::nullopt});
  run_seeds(
      workers, Telling::nothing,
      [&]() -> std::optional<SeedJob> {
        Trial* trial = next_of(trials, command.seeds);
        if (trial == nullptr) return std::nullopt;
        ++trial->out;
        return SeedJob{command.seed + trial->given++, trial->plant.planted};
      },
      [&](const SeedResult& result) {
        Trial& trial = *std::find_if(trials.begin(), trials.end(), [&](const Trial& t) {
          return t.plant.planted == result.planted;
        });
        --trial.out;
        const bool first = !trial.caught || result.seed < trial.caught->seed;
        if (result.exit_code != 0 && first) trial.caught = result;
      });

  print_row("plant", "module", "seeds", "was", "by", "what was found");
  std::uint64_t most = 0;
  std::size_t missed = 0;
  for (const Trial& trial : trials) {
    print_trial(trial, command.seed);
    most = std::max(most, trial.caught ? trial.caught->seed - command.seed + 1 : trial.given);
    if (!trial.caught) ++missed;
  }
  std::fflush(stdout);

  std::uint64_t given = 0;
  std::size_t alarms = 0;
  run_seeds(
      workers, Telling::failures,
      [&]() -> std::optional<SeedJob> {
        if (given == most) return std::nullopt;
        return SeedJob{command.seed + given++, Planted::none};
      },
      [&](const SeedResult& result) { alarms += result.exit_code != 0 ? 1 : 0; });
  fmt::print("{} of {} caught; without a plant, {} seeds, {} alarms\n", trials.size() - missed,
             trials.size(), most, alarms);
  return missed == 0 && alarms == 0 ? 0 : kSimWrong;
}

}  // namespace muster
