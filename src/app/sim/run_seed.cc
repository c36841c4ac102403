#include "app/sim/run_seed.h"

#include <fmt/format.h>
#include <unistd.h>

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
  sim::Run* run = nullptr;
} running;

void tell_events() {
  if (running.run == nullptr || running.events == 0) return;
  fmt::print("the last events:\n");
  for (const std::string& line : running.run->last_events(running.events))
    fmt::print("  {}\n", line);
}

void tell_how_to_replay(std::uint64_t seed) {
  fmt::print("again: muster sim --seed {}\n", seed);
}

// It is all or nothing here: the process ends either way.
void last_words() noexcept {
  sim::Run* run = running.run;
  if (run != nullptr) {
    fmt::print("{}", sim::to_text(run->swarm()));
    tell_events();
  }
  fmt::print("seed {}: crashed\n", running.seed);
  tell_how_to_replay(running.seed);
  std::fflush(stdout);
  ::_exit(kSimCrashed);
}
void hear_signal(int) {
  last_words();
}

void tell_failure(const sim::Run& run, std::uint64_t seed, bool wrong) {
  for (const sim::Findings::Finding& finding : run.findings().all())
    fmt::print("{}: {}\n", finding.checker, finding.what);
  tell_events();
  fmt::print("seed {}: {}\n", seed, wrong ? "wrong" : "stuck");
  tell_how_to_replay(seed);
}

SeedResult run_once(std::uint64_t seed, const SimCommand& command, bool talkative) {
  sim::Run run(seed);
  running = {seed, command.events, &run};
  const std::string table = fmt::format("seed {}\n{}", seed, sim::to_text(run.swarm()));
  if (talkative) {
    fmt::print("{}", table);
    std::fflush(stdout);
  }
  const sim::Run::Result went = run.go();
  SeedResult result{seed, 0, went.digest, went.turns, went.simulated.in_microseconds()};
  if (went.verdict != sim::Run::Verdict::right) {
    const bool wrong = went.verdict == sim::Run::Verdict::wrong;
    result.exit_code = wrong ? kSimWrong : kSimStuck;
    if (!talkative) fmt::print("{}", table);
    tell_failure(run, seed, wrong);
  }
  running = {};
  return result;
}

}  // namespace

SeedResult run_seed(std::uint64_t seed, const SimCommand& command, bool talkative) {
  set_last_words(last_words);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL})
    std::signal(signal, hear_signal);
  SeedResult result = run_once(seed, command, talkative);
  if (command.twice && result.exit_code == 0) {
    const SeedResult again = run_once(seed, command, false);
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
