#include "app/sim/sim_command.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "app/sim/run_seed.h"
#include "app/sim/seed_workers.h"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

int run_one(const SimCommand& command) {
  const auto begin = Clock::now();
  const SeedResult result = run_seed(command.seed, command, Telling::all);
  const double simulated = static_cast<double>(result.simulated_us) / 1e6;
  fmt::print("digest {:016x}: {} turns, {:.0f} s simulated in {:.1f} s\n", result.digest,
             result.turns, simulated, seconds_since(begin));
  if (result.exit_code == 0) fmt::print("seed {}: right\n", command.seed);
  return result.exit_code;
}

// Failures tell themselves; here are the sums, and a line now and then for a run of hours.
class Progress {
 public:
  void add(const SeedResult& result) {
    ++seeds_;
    if (result.exit_code != 0) {
      ++failed_;
      if (exit_code_ == 0) exit_code_ = result.exit_code;
      if (failures_.size() < 400) failures_ += fmt::format(" {}", result.seed);
    }
    turns_ += result.turns;
    simulated_us_ += result.simulated_us;
    if (seconds_since(told_) < 10) return;
    told_ = Clock::now();
    tell();
  }
  void tell() const {
    fmt::print("{} seeds, {} failed{}; {:.1f} h simulated in {:.0f} s, {} turns\n", seeds_, failed_,
               failures_.empty() ? "" : ":" + failures_, static_cast<double>(simulated_us_) / 3.6e9,
               seconds_since(begin_), turns_);
    std::fflush(stdout);
  }
  double seconds() const { return seconds_since(begin_); }
  int exit_code() const { return exit_code_; }

 private:
  Clock::time_point begin_ = Clock::now();
  Clock::time_point told_ = begin_;
  std::uint64_t seeds_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t turns_ = 0;
  std::int64_t simulated_us_ = 0;
  std::string failures_;
  int exit_code_ = 0;
};

}  // namespace

int carry_out(const ListPlants&) {
  for (const Plant& plant : kPlants)
    fmt::print("{:<24}{:<15}{}\n", plant.name, plant.module, plant.about);
  return 0;
}

int carry_out(const SimCommand& command) {
  if (command.seeds == 1 && command.hours == 0) return run_one(command);
  Progress progress;
  std::uint64_t next = 0;
  const auto more = [&]() -> std::optional<SeedJob> {
    const bool over =
        command.hours > 0 ? progress.seconds() >= command.hours * 3'600 : next == command.seeds;
    if (over) return std::nullopt;
    return SeedJob{command.seed + next++, command.planted};
  };
  run_seeds(command, Telling::failures, more,
            [&](const SeedResult& result) { progress.add(result); });
  progress.tell();
  return progress.exit_code();
}

}  // namespace muster
