// A server of a cluster that is recorded, and what a replay of the recording comes to.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/record/blocks.h"
#include "sim/replay/replay.h"
#include "sim/replay/words.h"
#include "sim/world/world.h"

namespace muster::sim {
namespace sim_cluster_replay_test {

constexpr std::uint8_t kShards = 2;

class Kept : public record::BlockSink {
 public:
  bool take(std::string block) override {
    blocks.push_back(std::move(block));
    return true;
  }
  void give_up(record::Ending) override { ADD_FAILURE() << "the recording is given up"; }

  std::vector<std::string> blocks;
};

World::Plan plan() {
  World::Plan plan;
  plan.servers = 2;
  plan.shards = kShards;
  plan.cluster = true;
  plan.standbys = 1;
  plan.settings.domains = {"example.com"};
  return plan;
}

// Server 0, which is the main: it opens a link to a server that was there before it, buries that
// when it dies, is opened a link by the next life of it, loses that in a partition, and stops.
class ClusterReplay : public ::testing::Test {
 protected:
  ClusterReplay() : world(plan()) {
    world.server(0).record_to(&kept);
    Faults faults;
    faults.network.link = {Duration::milliseconds(1), Duration::milliseconds(9), 0, {}};
    faults.network.split_per_mille = 300;
    faults.network.read_delay_max = Duration::milliseconds(5);
    world.set_faults(faults);
  }
  void live() {
    world.start(1);
    world.run_for(Duration::seconds(1));
    world.start(0);
    world.run_for(Duration::seconds(3));
    world.server(1).crash();
    world.run_for(Duration::seconds(5));
    world.start(1);
    world.run_for(Duration::seconds(3));
    world.part(1, 0);
    world.run_for(Duration::seconds(5));
    world.mend(1, 0);
    world.run_for(Duration::seconds(5));
    world.server(0).stop();
    world.run_for(Duration::seconds(1));
    ASSERT_TRUE(world.server(0).stopped());
    world.server(0).flush_recording();
  }
  std::string bytes() const {
    std::string all = record::head_block({"a test", kShards, world.server(0).settings()});
    for (const std::string& block : kept.blocks)
      all += block;
    return all + record::end_block({record::Ending::in_order, ""});
  }

  Kept kept;
  World world;
};

TEST_F(ClusterReplay, ComesToTheSameOrders) {
  live();
  const std::string recorded = bytes();
  auto recording = record::Recording::read(recorded);
  ASSERT_TRUE(recording) << recording.error();
  const ReplayOutcome outcome = Replay(*recording).run();
  EXPECT_EQ(outcome.kind, ReplayOutcome::Kind::same) << outcome.words;
  EXPECT_EQ(outcome.waiting, 0u);
}

// All that a cluster has a server hear is there to be replayed.
TEST_F(ClusterReplay, HasWhatTheStoreAndTheOthersSaid) {
  live();
  const std::string recorded = bytes();
  auto recording = record::Recording::read(recorded);
  ASSERT_TRUE(recording) << recording.error();
  std::map<std::string_view, int> inputs;
  int opened = 0;
  while (const auto step = recording->shards[0].next()) {
    const auto* input = std::get_if<Input>(&step->fact);
    if (input == nullptr) continue;
    ++inputs[name_of_input(input->index())];
    const auto* link = std::get_if<LinkOpened>(input);
    if (link == nullptr) continue;
    EXPECT_EQ(link->use, LinkUse::server);
    opened += link->asked ? 1 : 0;
  }
  EXPECT_EQ(opened, 1);
  EXPECT_GT(inputs["LinkOpened"], 2);
  EXPECT_GT(inputs["LinkClosed"], 0);
  EXPECT_GT(inputs["BytesReceived"], 20);
  EXPECT_GT(inputs["ClusterAnswered"], 20);
  EXPECT_EQ(inputs["ServerFenced"], 1);
}

}  // namespace sim_cluster_replay_test
}  // namespace muster::sim
