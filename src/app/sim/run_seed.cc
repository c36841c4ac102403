#include "app/sim/run_seed.h"

#include <fmt/format.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/last_words.h"
#include "sim/run/run.h"

namespace muster {
namespace {

// What the process is at, for its last words.
struct Running {
  std::uint64_t seed = 0;
  std::uint32_t events = 0;
  Planted planted = Planted::none;
  Telling telling = Telling::failures;
  sim::Run* run = nullptr;
  std::string if_stuck;
} running;

void tell_events() {
  if (running.run == nullptr || running.events == 0) return;
  fmt::print("the last events:\n");
  for (const std::string& line : running.run->last_events(running.events))
    fmt::print("  {}\n", line);
}

std::string how_to_replay(std::uint64_t seed, Planted planted) {
  return fmt::format("again: muster sim --seed {}{}\n", seed, plant_words(planted));
}
void tell_how_to_replay(std::uint64_t seed, Planted planted) {
  fmt::print("{}", how_to_replay(seed, planted));
}

// It is all or nothing here: the process ends either way.
void last_words() noexcept {
  if (running.telling == Telling::nothing) ::_exit(kSimCrashed);
  sim::Run* run = running.run;
  if (run != nullptr) {
    fmt::print("{}", sim::to_text(run->swarm()));
    tell_events();
  }
  fmt::print("seed {}: crashed\n", running.seed);
  tell_how_to_replay(running.seed, running.planted);
  std::fflush(stdout);
  ::_exit(kSimCrashed);
}
void hear_signal(int) {
  last_words();
}

// It comes in the middle of anything, and may only write.
void hear_alarm(int) {
  const std::string& words = running.if_stuck;
  if (running.telling != Telling::nothing) {
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, words.data(), words.size());
  }
  ::_exit(kSimStuck);
}

void tell_failure(const sim::Run& run, bool wrong) {
  for (const sim::Findings::Finding& finding : run.findings().all())
    fmt::print("{}: {}\n", finding.checker, finding.what);
  tell_events();
  fmt::print("seed {}: {}\n", running.seed, wrong ? "wrong" : "stuck");
  tell_how_to_replay(running.seed, running.planted);
}

void set_alarm(double seconds) {
  constexpr double kMicroseconds = 1e6;
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(seconds);
  timer.it_value.tv_usec =
      static_cast<suseconds_t>((seconds - std::floor(seconds)) * kMicroseconds);
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

SeedResult run_once(std::uint64_t seed, const SimCommand& command, Telling telling) {
  sim::Run run(seed, command.planted);
  run.world().history().keep(std::max<std::size_t>(command.events, sim::History::kEvents));
  running = {seed,
             command.events,
             command.planted,
             telling,
             &run,
             fmt::format("seed {}: stuck: it does not come to an end\n{}", seed,
                         how_to_replay(seed, command.planted))};
  const std::string table = fmt::format("seed {}\n{}", seed, sim::to_text(run.swarm()));
  if (telling == Telling::all) {
    fmt::print("{}", table);
    std::fflush(stdout);
  }
  set_alarm(command.patience);
  const sim::Run::Result went = run.go();
  set_alarm(0);
  SeedResult result;
  result.seed = seed;
  result.planted = command.planted;
  result.digest = went.digest;
  result.turns = went.turns;
  result.simulated_us = went.simulated.in_microseconds();
  if (went.verdict != sim::Run::Verdict::right) {
    const bool wrong = went.verdict == sim::Run::Verdict::wrong;
    result.exit_code = wrong ? kSimWrong : kSimStuck;
    result.checker = told(run.findings().all().front().checker);
    result.found = told(run.findings().all().front().what);
    if (telling == Telling::failures) fmt::print("{}", table);
    if (telling != Telling::nothing) tell_failure(run, wrong);
  }
  running = {};
  return result;
}

}  // namespace

Told told(std::string_view text) {
  Told told{};
  std::copy_n(text.begin(), std::min(text.size(), told.size() - 1), told.begin());
  return told;
}

std::string plant_words(Planted planted) {
  for (const Plant& plant : kPlants) {
    if (plant.planted == planted) return fmt::format(" --plant {}", plant.name);
  }
  return {};
}

SeedResult run_seed(std::uint64_t seed, const SimCommand& command, Telling telling) {
  set_last_words(last_words);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL})
    std::signal(signal, hear_signal);
  std::signal(SIGALRM, hear_alarm);
  SeedResult result = run_once(seed, command, telling);
  if (command.twice && result.exit_code == 0) {
    const SeedResult again = run_once(seed, command, Telling::failures);
    if (again.digest != result.digest) {
      fmt::print("seed {}: digest {:016x}, and the second time {:016x}\n", seed, result.digest,
                 again.digest);
      result.exit_code = kSimNotTheSame;
    }
  }
  std::fflush(stdout);
  return result;
}

}  // namespace muster
