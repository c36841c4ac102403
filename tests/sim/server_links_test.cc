// The links between the servers of a cluster, in virtual time: one for each pair, through cuts,
// partitions and the deaths of servers.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/run/partitions.h"
#include "sim/run/swarm.h"
#include "sim/until.h"
#include "sim/world/world.h"

namespace muster::sim {
namespace sim_server_links_test {

constexpr std::size_t kServers = 3;
constexpr ServerLinkSettings kLinks{};
// From the moment at which a link can be: the pause before the next attempt, and one that is under
// way and hangs.
constexpr Duration kLinkedWithin = kLinks.reopen_after_max + ServerPeer::kOpeningTimeMax +
                                   kLinks.reopen_after_max + Duration::milliseconds(100);

World::Plan plan(std::uint64_t seed) {
  World::Plan plan;
  plan.seed = seed;
  plan.servers = kServers;
  plan.cluster = true;
  plan.settings.domains = {"example.com"};
  return plan;
}

// Whom each server says that it is linked to, and how it came to that.
class Linked : public TurnWatch {
 public:
  void entered(const Server& server, ShardId, Now, const Input& input) override {
    if (std::holds_alternative<Started>(input)) peers_[server.id()].clear();
    const auto* opened = std::get_if<LinkOpened>(&input);
    if (opened != nullptr && opened->asked) ++opened_by[server.id()];
    failed += std::holds_alternative<LinkFailed>(input) ? 1 : 0;
  }
  void ordered(const Server& server, ShardId, const Order& order) override {
    const auto* log = std::get_if<Log>(&order);
    if (log == nullptr) return;
    if (log->what == "server-linked") peers_[server.id()][log->who] = log->detail;
    if (log->what == "server-link-lost") peers_[server.id()].erase(log->who);
  }

  // The life that the one takes the other for; nothing where they are not linked, as it thinks.
  std::optional<std::string> life(const Server& of, std::size_t to) const {
    const auto peers = peers_.find(of.id());
    if (!of.running() || peers == peers_.end()) return std::nullopt;
    const auto found = peers->second.find("sip:s" + std::to_string(to) + ".example.com");
    if (found == peers->second.end()) return std::nullopt;
    return found->second;
  }

  std::map<ServerId, int> opened_by;
  int failed = 0;

 private:
  std::map<ServerId, std::map<std::string, std::string>> peers_;  // by svr_id
};

class Servers {
 public:
  explicit Servers(std::uint64_t seed = 1) : world(plan(seed)) { world.watch(linked); }

  void start() {
    world.start_all();
    world.run_for(Duration::seconds(2));
    expect_all_linked();
  }
  bool are_linked(std::size_t one, std::size_t other) {
    return linked.life(world.server(one), other) && linked.life(world.server(other), one);
  }
  bool thinks_linked(std::size_t one, std::size_t of) {
    return linked.life(world.server(one), of).has_value();
  }
  // And each has one link to each of the others.
  void expect_all_linked() {
    for (std::size_t one = 0; one < kServers; ++one) {
      for (std::size_t other = one + 1; other < kServers; ++other)
        EXPECT_TRUE(are_linked(one, other)) << one << " and " << other;
      EXPECT_EQ(world.server(one).links(ShardId(0)), kServers - 1) << one;
    }
  }

  World world;
  Linked linked;
};
class ServerLinksTest : public ::testing::Test, public Servers {};

TEST_F(ServerLinksTest, EachPairHasOneLinkThatTheYoungerOpens) {
  start();
  world.run_for(Duration::minutes(1));
  expect_all_linked();
  // They came in this order.
  EXPECT_EQ(linked.opened_by[world.server(0).id()], 0);
  EXPECT_EQ(linked.opened_by[world.server(1).id()], 1);
  EXPECT_EQ(linked.opened_by[world.server(2).id()], 2);
}

struct Cut {
  bool there = false;  // from server 0 to server 1
  bool back = false;
};
class PartitionTest : public ServerLinksTest, public ::testing::WithParamInterface<Cut> {
 protected:
  void part() {
    if (GetParam().there) world.part(0, 1);
    if (GetParam().back) world.part(1, 0);
  }
  void mend() {
    world.mend(0, 1);
    world.mend(1, 0);
  }
};
INSTANTIATE_TEST_SUITE_P(EachWay, PartitionTest,
                         ::testing::Values(Cut{true, true}, Cut{true, false}, Cut{false, true}));

TEST_P(PartitionTest, ACutPairLosesItsLinkAndGetsItBack) {
  start();
  part();
  // Who hears nothing closes; of the other's end it may be that it hears of that.
  const auto is_lost = [this] { return !thinks_linked(0, 1) && !thinks_linked(1, 0); };
  EXPECT_TRUE(until(world, is_lost, kLinks.lost_after + Duration::milliseconds(20)));
  for (int second = 0; second < 20; ++second) {
    world.run_for(Duration::seconds(1));
    EXPECT_FALSE(are_linked(0, 1));
    EXPECT_TRUE(are_linked(0, 2) && are_linked(1, 2));
  }
  EXPECT_GT(linked.failed, 2) << "it was tried, and hung";
  mend();
  EXPECT_TRUE(until(
      world, [this] { return are_linked(0, 1); }, kLinkedWithin));
  world.run_for(Duration::seconds(10));
  expect_all_linked();
}

TEST_P(PartitionTest, WhatIsMendedBeforeAnybodyNoticesCostsNoLink) {
  start();
  const std::map<ServerId, int> opened = linked.opened_by;
  part();
  world.run_for(kLinks.lost_after / 2);
  mend();
  world.run_for(Duration::seconds(10));
  expect_all_linked();
  EXPECT_EQ(linked.opened_by, opened);
}

TEST_F(ServerLinksTest, AServerThatIsKilledIsLinkedAgainAsItsNewLife) {
  start();
  const std::optional<std::string> before = linked.life(world.server(0), 1);
  world.server(1).crash();
  world.run_for(Duration::milliseconds(10));
  EXPECT_FALSE(thinks_linked(0, 1) || thinks_linked(2, 1)) << "the end of a process is heard";
  EXPECT_TRUE(are_linked(0, 2));
  world.start(1);
  EXPECT_TRUE(until(
      world, [this] { return are_linked(0, 1) && are_linked(1, 2); }, kLinkedWithin));
  EXPECT_NE(linked.life(world.server(0), 1), before);
  world.run_for(Duration::seconds(10));
  expect_all_linked();
}

// What lives there when the network is mended is another life than the one that was cut off.
TEST_F(ServerLinksTest, AServerThatDiesBehindACutIsLinkedAsItsNewLife) {
  start();
  const std::optional<std::string> before = linked.life(world.server(0), 1);
  world.part(0, 1);
  world.part(1, 0);
  world.server(1).crash();
  world.run_for(Duration::milliseconds(500));
  EXPECT_TRUE(thinks_linked(0, 1)) << "nobody could tell it";
  world.start(1);
  world.run_for(Duration::seconds(5));
  world.mend(0, 1);
  world.mend(1, 0);
  EXPECT_TRUE(until(
      world, [this] { return are_linked(0, 1); }, kLinkedWithin));
  EXPECT_NE(linked.life(world.server(0), 1), before);
  world.run_for(Duration::seconds(10));
  expect_all_linked();
}

// Faults as a seed draws them, servers that die and stand still, and partitions; then all is well.
class Troubled : public Servers {
 public:
  explicit Troubled(std::uint64_t seed)
      : Servers(seed),
        partitions(world, draw_partitions(world.streams())),
        random(world.streams().stream("trouble")) {}

  void live() {
    world.set_faults(draw_swarm(world.streams()).faults);
    world.start_all();
    partitions.begin();
    for (int step = 0; step < 40; ++step) {
      world.run_for(draw_between(random, {}, Duration::seconds(2)));
      const std::size_t which = random.below(kServers);
      switch (random.below(8)) {
        case 0: world.server(which).crash(); break;
        case 1: world.server(which).stall(ShardId(0), draw_between(random, {}, kStallMax)); break;
        case 2: start_those_that_are_dead(); break;
        default: break;
      }
    }
  }
  void heal() {
    partitions.heal();
    world.set_faults({});
    start_those_that_are_dead();
    // What was on its way, or kept somebody, under the faults is over by then.
    world.run_for(Duration::minutes(2));
    expect_all_linked();
  }

  Partitions partitions;

 private:
  static constexpr Duration kStallMax = Duration::seconds(6);

  void start_those_that_are_dead() {
    for (std::size_t i = 0; i < kServers; ++i) {
      if (!world.server(i).running()) world.start(i);
    }
  }

  Prng random;
};

TEST(ServerLinks, WhateverHappensAllAreLinkedInTheEnd) {
  std::uint64_t cuts = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Troubled cluster(seed);
    cluster.live();
    cluster.heal();
    cuts += cluster.partitions.cuts();
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(cuts, 30u);
}

TEST(ServerLinks, OfTheSameSeedHaveTheSameHistory) {
  const auto run = [](std::uint64_t seed) {
    Troubled cluster(seed);
    cluster.live();
    return std::make_pair(cluster.world.digest(), cluster.world.history().words(History::kEvents));
  };
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    EXPECT_EQ(run(seed), run(seed)) << "seed " << seed;
  EXPECT_NE(run(1).first, run(2).first);
}

}  // namespace sim_server_links_test
}  // namespace muster::sim
