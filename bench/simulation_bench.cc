// How fast simulated time goes: a busy hour of one server with 200 users of both kinds, under
// faults, and the hour and a quarter in which the world comes to rest, parts and leaves.
#include <benchmark/benchmark.h>

#include <cstdint>

#include "sim/random_streams.h"
#include "sim/run/run.h"
#include "sim/run/swarm.h"

namespace {

using muster::Duration;
using muster::sim::draw_swarm;
using muster::sim::RandomStreams;
using muster::sim::Run;
using muster::sim::Swarm;

Swarm busy_hour() {
  Swarm swarm = draw_swarm(RandomStreams(1));
  swarm.users = 200;
  swarm.shards = 2;
  swarm.load = muster::sim::LoadKind::steady;
  swarm.busy_time = Duration::hours(1);
  swarm.wish_every = Duration::seconds(1);
  swarm.messengers_per_mille = 600;
  swarm.phones_per_mille = 500;
  swarm.watched_by_each = 5;
  swarm.faults.network.datagram_lost_per_mille = 50;
  swarm.faults.network.cut_per_mille = 1;
  swarm.trouble.crash_every = Duration::minutes(20);
  swarm.trouble.down_most = Duration::minutes(1);
  return swarm;
}

void hour_of_200_users(benchmark::State& state) {
  const Swarm swarm = busy_hour();
  std::uint64_t turns = 0;
  Duration simulated;
  for (auto _ : state) {
    Run run(1, swarm);
    const Run::Result result = run.go();
    if (result.verdict != Run::Verdict::right) state.SkipWithError("not right");
    turns = result.turns;
    simulated = result.simulated;
  }
  state.counters["turns"] = static_cast<double>(turns);
  state.counters["simulated_s"] = static_cast<double>(simulated.in_seconds());
}
BENCHMARK(hour_of_200_users)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
