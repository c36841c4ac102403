#include "sim/run/run.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace muster::sim {
namespace sim_run_test {

// (A test has a Run of its own: hence sim::Run.) Small, so that a test is quick with sanitizers
// too.
Swarm small_swarm(std::uint64_t seed) {
  Swarm swarm = draw_swarm(RandomStreams(seed));
  swarm.users = 4;
  swarm.busy_time = Duration::minutes(2);
  swarm.wish_every = Duration::seconds(1);
  return swarm;
}

TEST(Swarm, IsOneServerOrAClusterOfAnySize) {
  std::set<std::uint32_t> sizes;
  for (std::uint64_t seed = 1; seed <= 4'000; ++seed)
    sizes.insert(draw_swarm(RandomStreams(seed)).servers);
  EXPECT_EQ(*sizes.begin(), 1u);
  EXPECT_EQ(*sizes.rbegin(), kServersMax);
  EXPECT_EQ(sizes.size(), kServersMax);
}

TEST(Swarm, OfClustersSomeHaveEachTrouble) {
  int clusters = 0, paused = 0, cut = 0, late = 0, by_limit = 0;
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    const Swarm swarm = draw_swarm(RandomStreams(seed));
    if (swarm.servers == 1) {
      EXPECT_EQ(swarm.trouble.pause_every, Duration());
      EXPECT_EQ(swarm.outages.every, Duration());
      EXPECT_EQ(swarm.late_start_most, Duration());
      EXPECT_EQ(swarm.policy, cluster::PlacingPolicy::lowest);
      continue;
    }
    ++clusters;
    paused += swarm.trouble.pause_every > Duration();
    cut += swarm.outages.every > Duration();
    late += swarm.late_start_most > Duration();
    by_limit += swarm.policy == cluster::PlacingPolicy::limit;
  }
  for (const int some : {paused, cut, late, by_limit}) {
    EXPECT_GT(some, clusters / 10);
    EXPECT_LT(some, clusters / 2);
  }
}

TEST(Run, OfTheSameSeedIsTheSame) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    sim::Run one(seed, small_swarm(seed));
    sim::Run two(seed, small_swarm(seed));
    EXPECT_EQ(one.go().digest, two.go().digest) << "seed " << seed;
  }
}

TEST(Run, OfAnotherSeedIsAnother) {
  sim::Run one(1, small_swarm(1));
  sim::Run two(2, small_swarm(1));
  EXPECT_NE(one.go().digest, two.go().digest);
}

TEST(Run, WithoutFaultsIsRight) {
  Swarm swarm = small_swarm(1);
  swarm.messengers_per_mille = 700;
  swarm.phones_per_mille = 700;
  swarm.faults = {};
  swarm.trouble = {};
  sim::Run run(1, swarm);
  EXPECT_EQ(run.go().verdict, sim::Run::Verdict::right);
  for (const Findings::Finding& finding : run.findings().all())
    ADD_FAILURE() << finding.checker << ": " << finding.what;
}

}  // namespace sim_run_test
}  // namespace muster::sim
