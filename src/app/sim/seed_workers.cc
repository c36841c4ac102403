#include "app/sim/seed_workers.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <vector>

#include "base/check.h"
#include "shell/fd.h"

namespace muster {
namespace {

// A process that runs the seeds it is given, one at a time.
struct Worker {
  pid_t pid = -1;
  Fd seeds;    // to it
  Fd results;  // from it
  std::uint64_t seed = 0;
  bool busy = false;
};

[[noreturn]] void serve(const SimCommand& command, const Fd& seeds, const Fd& results) {
  std::uint64_t seed = 0;
  while (::read(seeds.get(), &seed, sizeof seed) == sizeof seed) {
    const SeedResult result = run_seed(seed, command, false);
    if (::write(results.get(), &result, sizeof result) != sizeof result) break;
  }
  ::_exit(0);
}

Worker start_worker(const SimCommand& command) {
  int down[2];
  int up[2];
  MUSTER_CHECK(::pipe(down) == 0 && ::pipe(up) == 0);
  std::fflush(stdout);
  Worker worker;
  worker.pid = ::fork();
  MUSTER_CHECK(worker.pid >= 0);
  if (worker.pid == 0) {
    const Fd seeds(down[0]);
    const Fd results(up[1]);
    ::close(down[1]);
    ::close(up[0]);
    serve(command, seeds, results);
  }
  ::close(down[0]);
  ::close(up[1]);
  worker.seeds = Fd(down[1]);
  worker.results = Fd(up[0]);
  return worker;
}

void give(Worker& worker, std::optional<std::uint64_t> seed) {
  worker.busy = seed.has_value();
  if (!seed) return;
  worker.seed = *seed;
  MUSTER_CHECK(::write(worker.seeds.get(), &*seed, sizeof *seed) == sizeof *seed);
}

// What it ends with is what became of the seed it was at.
SeedResult bury(const Worker& worker) {
  int status = 0;
  ::waitpid(worker.pid, &status, 0);
  const bool told = WIFEXITED(status) && WEXITSTATUS(status) == kSimCrashed;
  if (!told)
    fmt::print("seed {}: crashed\nagain: muster sim --seed {}\n", worker.seed, worker.seed);
  return {worker.seed, kSimCrashed, 0, 0, 0};
}

}  // namespace

void run_seeds(const SimCommand& command, const std::function<std::optional<std::uint64_t>()>& more,
               const std::function<void(const SeedResult&)>& done) {
  std::vector<Worker> workers;
  for (std::uint32_t i = 0; i < command.jobs; ++i)
    workers.push_back(start_worker(command));
  for (Worker& worker : workers)
    give(worker, more());
  while (true) {
    std::vector<pollfd> waiting;
    std::vector<Worker*> busy;
    for (Worker& worker : workers) {
      if (!worker.busy) continue;
      waiting.push_back({worker.results.get(), POLLIN, 0});
      busy.push_back(&worker);
    }
    if (waiting.empty()) break;
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      Worker& worker = *busy[i];
      SeedResult result;
      if (::read(worker.results.get(), &result, sizeof result) == sizeof result) {
        done(result);
      } else {
        done(bury(worker));
        worker = start_worker(command);
      }
      give(worker, more());
    }
  }
  // They wait for seeds, and each holds the pipes of those that were there before it.
  for (const Worker& worker : workers) {
    ::kill(worker.pid, SIGTERM);
    ::waitpid(worker.pid, nullptr, 0);
  }
}

}  // namespace muster
