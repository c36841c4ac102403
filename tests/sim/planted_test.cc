#include "server/planted.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "sim/run/run.h"

namespace muster::sim {
namespace sim_planted_test {

TEST(Planted, HasANameAndAPlaceForEach) {
  std::set<std::string_view> names;
  std::uint8_t last = 0;
  for (const Plant& plant : kPlants) {
    EXPECT_EQ(last + 1, static_cast<std::uint8_t>(plant.planted)) << plant.name;
    last = static_cast<std::uint8_t>(plant.planted);
    EXPECT_TRUE(names.insert(plant.name).second) << plant.name;
    EXPECT_FALSE(plant.module.empty() || plant.about.empty()) << plant.name;
  }
  EXPECT_EQ(static_cast<std::uint8_t>(Planted::kept_message_lost), last);
}

Swarm quiet_swarm() {
  Swarm swarm = draw_swarm(RandomStreams(1));
  swarm.users = 6;
  swarm.shards = 2;
  swarm.busy_time = Duration::minutes(2);
  swarm.wish_every = Duration::seconds(1);
  swarm.messengers_per_mille = 700;
  swarm.phones_per_mille = 700;
  swarm.faults = {};
  swarm.trouble = {};
  return swarm;
}

// Of each way in which a checker is asked one; `muster sim --prove` has them all.
TEST(Planted, IsCaughtInAQuietWorldToo) {
  for (const Planted planted : {Planted::probe_unanswered, Planted::lost_unavailable,
                                Planted::entity_tag_kept, Planted::granted_too_long}) {
    sim::Run run(1, quiet_swarm(), planted);
    EXPECT_NE(run.go().verdict, sim::Run::Verdict::right)
        << kPlants[static_cast<std::size_t>(planted) - 1].name;
  }
}

// By the checker that is there for it, whoever else would find it later.
TEST(Planted, OneWhoMovesIsSeenToGo) {
  Swarm swarm = quiet_swarm();
  swarm.servers = 3;
  bool caught = false;
  for (std::uint64_t seed = 1; seed <= 5 && !caught; ++seed) {
    sim::Run run(seed, swarm, Planted::moved_user_ends);
    run.go();
    for (const Findings::Finding& finding : run.findings().all())
      caught = caught || finding.checker == "steadiness";
  }
  EXPECT_TRUE(caught);
}

TEST(Planted, IsNotThereUnlessAskedFor) {
  sim::Run run(1, quiet_swarm());
  EXPECT_EQ(run.go().verdict, sim::Run::Verdict::right);
  for (const Findings::Finding& finding : run.findings().all())
    ADD_FAILURE() << finding.checker << ": " << finding.what;
}

}  // namespace sim_planted_test
}  // namespace muster::sim
