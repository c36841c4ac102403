#include "app/sim/seed_workers.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
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
  Fd errors;   // what it wrote to stderr, where nothing is told
  SeedJob job;
  bool busy = false;
};

[[noreturn]] void serve(SimCommand command, Telling telling, const Fd& seeds, const Fd& results) {
  SeedJob job;
  while (::read(seeds.get(), &job, sizeof job) == sizeof job) {
    command.planted = job.planted;
    const SeedResult result = run_seed(job.seed, command, telling);
    if (::write(results.get(), &result, sizeof result) != sizeof result) break;
  }
  ::_exit(0);
}

Worker start_worker(const SimCommand& command, Telling telling) {
  int down[2];
  int up[2];
  MUSTER_CHECK(::pipe(down) == 0 && ::pipe(up) == 0);
  std::fflush(stdout);
  Worker worker;
  worker.errors = Fd(::memfd_create("errors", MFD_CLOEXEC));
  MUSTER_CHECK(worker.errors.get() >= 0);
  worker.pid = ::fork();
  MUSTER_CHECK(worker.pid >= 0);
  if (worker.pid == 0) {
    const Fd seeds(down[0]);
    const Fd results(up[1]);
    ::close(down[1]);
    ::close(up[0]);
    if (telling == Telling::nothing) ::dup2(worker.errors.get(), STDERR_FILENO);
    serve(command, telling, seeds, results);
  }
  ::close(down[0]);
  ::close(up[1]);
  worker.seeds = Fd(down[1]);
  worker.results = Fd(up[0]);
  return worker;
}

void give(Worker& worker, std::optional<SeedJob> job) {
  worker.busy = job.has_value();
  if (!job) return;
  worker.job = *job;
  MUSTER_CHECK(::write(worker.seeds.get(), &*job, sizeof *job) == sizeof *job);
}

// What it ends with is what became of the seed it was at.
SeedResult bury(const Worker& worker, Telling telling) {
  int status = 0;
  ::waitpid(worker.pid, &status, 0);
  const SeedJob& job = worker.job;
  const bool stuck = WIFEXITED(status) && WEXITSTATUS(status) == kSimStuck;
  const bool was_told = stuck || (WIFEXITED(status) && WEXITSTATUS(status) == kSimCrashed);
  if (!was_told && telling != Telling::nothing) {
    fmt::print("seed {}: crashed\nagain: muster sim --seed {}{}\n", job.seed, job.seed,
               plant_words(job.planted));
  }
  SeedResult result;
  result.seed = job.seed;
  result.planted = job.planted;
  result.exit_code = stuck ? kSimStuck : kSimCrashed;
  result.checker = told(stuck ? "end" : "crash");
  ssize_t bytes = ::pread(worker.errors.get(), result.found.data(), result.found.size() - 1, 0);
  while (bytes > 0 && result.found[static_cast<std::size_t>(bytes) - 1] == '\n')
    result.found[static_cast<std::size_t>(--bytes)] = '\0';
  return result;
}

}  // namespace

void run_seeds(const SimCommand& command, Telling telling,
               const std::function<std::optional<SeedJob>()>& more,
               const std::function<void(const SeedResult&)>& done) {
  std::vector<Worker> workers;
  for (std::uint32_t i = 0; i < command.jobs; ++i)
    workers.push_back(start_worker(command, telling));
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
        done(bury(worker, telling));
        worker = start_worker(command, telling);
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
