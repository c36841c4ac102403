// Servers as a cluster: their leases, the main's flag and the burying of who is gone, among many
// real servers over the modelled store, in virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "sim/until.h"
#include "sim/world/world.h"

namespace muster::sim {
namespace sim_cluster_test {

using cluster::Directory;
using cluster::Epoch;
using cluster::Incarnation;
using cluster::Member;
using cluster::Role;

constexpr std::size_t kServers = 4;

World::Plan plan(std::uint64_t seed, std::uint8_t standbys) {
  World::Plan plan;
  plan.seed = seed;
  plan.servers = kServers;
  plan.cluster = true;
  plan.standbys = standbys;
  plan.settings.domains = {"example.com"};
  return plan;
}

// Who was told that it is main, and in which epoch; and who was fenced.
class Flags : public TurnWatch {
 public:
  void entered(const Server& server, ShardId, Now, const Input& input) override {
    const auto* answered = std::get_if<ClusterAnswered>(&input);
    if (answered == nullptr) return;
    const auto* taken = std::get_if<cluster::MainTaken>(&answered->reply);
    if (taken == nullptr) return;
    const auto life = std::make_pair(server.id(), server.incarnation());
    const auto [first, is_first] = mains_.emplace(taken->epoch, life);
    EXPECT_TRUE(is_first || first->second == life) << "two mains in one epoch";
  }
  void ordered(const Server& server, ShardId, const Order& order) override {
    if (std::holds_alternative<Fenced>(order)) fenced.insert(server.id());
  }
  std::set<ServerId> fenced;

 private:
  std::map<Epoch, std::pair<ServerId, std::uint32_t>> mains_;
};

class ClusterWorld {
 public:
  explicit ClusterWorld(std::uint64_t seed = 1, std::uint8_t standbys = 0)
      : world(plan(seed, standbys)) {
    world.watch(flags);
  }

  Directory directory() {
    return world.cluster_store().memory().directory(world.timeline().now().since_zero());
  }
  static std::size_t server_of(const Member& member) {
    return static_cast<std::size_t>(member.self.svr_id.at(5) - '0');
  }
  std::optional<Member> member(std::size_t server) {
    for (const Member& member : directory().members) {
      if (server_of(member) == server && member.role != Role::gone) return member;
    }
    return std::nullopt;
  }
  std::optional<std::size_t> main() {
    const Directory directory = this->directory();
    for (const Member& member : directory.members) {
      if (member.incarnation == directory.main) return server_of(member);
    }
    return std::nullopt;
  }
  // Each server once, alive, and one of those that run is main.
  void expect_whole() {
    const Directory directory = this->directory();
    EXPECT_EQ(directory.members.size(), kServers);
    std::set<std::size_t> seen;
    for (const Member& member : directory.members) {
      EXPECT_NE(member.role, Role::gone) << member.self.svr_id;
      EXPECT_GT(member.time_left, Duration()) << member.self.svr_id;
      seen.insert(server_of(member));
    }
    EXPECT_EQ(seen.size(), kServers);
    EXPECT_TRUE(main().has_value());
  }

  World world;
  Flags flags;
};

TEST(Cluster, AllComeAndOneIsMain) {
  ClusterWorld cluster(1, 2);
  cluster.world.start_all();
  cluster.world.run_for(Duration::seconds(1));
  cluster.expect_whole();
  EXPECT_EQ(cluster.member(0)->role, Role::running);
  EXPECT_EQ(cluster.member(3)->role, Role::standby);
  EXPECT_LT(*cluster.main(), 2u);
  EXPECT_EQ(cluster.directory().epoch, Epoch(1));
  cluster.world.run_for(Duration::minutes(1));
  EXPECT_EQ(cluster.directory().epoch, Epoch(1));
}

// The figure that is asked: noticed, and its flag taken, within 3 s.
TEST(Cluster, ALostMainIsReplacedWithinThreeSeconds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ClusterWorld cluster(seed);
    cluster.world.start_all();
    cluster.world.run_for(Duration::seconds(5) +
                          Duration::milliseconds(static_cast<std::int64_t>(37 * seed)));
    const std::size_t lost = *cluster.main();
    cluster.world.server(lost).crash();
    const auto is_replaced = [&] { return cluster.main() && *cluster.main() != lost; };
    EXPECT_TRUE(until(cluster.world, is_replaced, Duration::seconds(3))) << "seed " << seed;
    EXPECT_EQ(cluster.directory().epoch, Epoch(2));
    // And it is buried: its users are free.
    const auto is_buried = [&] { return cluster.directory().members.size() == kServers - 1; };
    EXPECT_TRUE(until(cluster.world, is_buried, Duration::seconds(1))) << "seed " << seed;
  }
}

TEST(Cluster, AServerThatComesBackBuriesItsOwnEarlierLife) {
  ClusterWorld cluster;
  cluster.world.start_all();
  cluster.world.run_for(Duration::seconds(1));
  const std::size_t main = *cluster.main();
  const Incarnation before = cluster.member(main)->incarnation;
  cluster.world.server(main).crash();
  cluster.world.start(main);
  cluster.world.run_for(Duration::seconds(1));
  cluster.expect_whole();
  EXPECT_GT(cluster.member(main)->incarnation, before);
}

// A core, or all of them, that stand still for longer than the lease, and do not know.
TEST(Cluster, WhoStoodStillIsFencedAndBeginsAnew) {
  ClusterWorld cluster;
  cluster.world.start_all();
  cluster.world.run_for(Duration::seconds(1));
  for (std::size_t server = 0; server < 2; ++server) {
    const Incarnation before = cluster.member(server)->incarnation;
    if (server == 0) cluster.world.server(server).stall(ShardId(0), Duration::seconds(10));
    if (server == 1) cluster.world.server(server).stall_all(Duration::seconds(10));
    cluster.world.run_for(Duration::seconds(5));
    EXPECT_FALSE(cluster.member(server)) << "it is buried";
    EXPECT_FALSE(cluster.flags.fenced.contains(cluster.world.server(server).id()));
    cluster.world.run_for(Duration::seconds(7));
    EXPECT_TRUE(cluster.flags.fenced.contains(cluster.world.server(server).id()));
    cluster.expect_whole();
    EXPECT_GT(cluster.member(server)->incarnation, before);
  }
}

TEST(Cluster, WhoIsCutFromTheStoresForLongerThanItsLeaseBeginsAnew) {
  ClusterWorld cluster;
  cluster.world.start_all();
  cluster.world.run_for(Duration::seconds(1));
  const std::size_t main = *cluster.main();
  const std::size_t other = (main + 1) % kServers;
  for (const std::size_t server : {other, main}) {
    const Incarnation before = cluster.member(server)->incarnation;
    cluster.world.cut_from_stores(server);
    cluster.world.run_for(Duration::milliseconds(500));
    cluster.world.reach_stores(server);
    cluster.world.run_for(Duration::seconds(2));
    EXPECT_EQ(cluster.member(server)->incarnation, before);
    cluster.world.cut_from_stores(server);
    cluster.world.run_for(Duration::seconds(5));
    EXPECT_FALSE(cluster.member(server)) << "it is buried";
    cluster.world.reach_stores(server);
    cluster.world.run_for(Duration::seconds(3));
    cluster.expect_whole();
    EXPECT_GT(cluster.member(server)->incarnation, before);
  }
}

// If it cannot renew it goes on, for nobody could have taken its users.
TEST(Cluster, AStoreThatIsAwayFencesNobody) {
  ClusterWorld cluster;
  cluster.world.start_all();
  cluster.world.run_for(Duration::seconds(1));
  const Directory before = cluster.directory();
  cluster.world.cluster_store().failure = StoreFailed{};
  cluster.world.run_for(Duration::seconds(30));
  cluster.world.cluster_store().failure.reset();
  cluster.world.run_for(Duration::seconds(2));
  EXPECT_TRUE(cluster.flags.fenced.empty());
  cluster.expect_whole();
  const Directory after = cluster.directory();
  for (std::size_t i = 0; i < kServers; ++i)
    EXPECT_EQ(after.members[i].incarnation, before.members[i].incarnation);
}

TEST(Cluster, WhoStopsInOrderIsNotMissed) {
  ClusterWorld cluster;
  cluster.world.start_all();
  cluster.world.run_for(Duration::seconds(1));
  const std::size_t main = *cluster.main();
  cluster.world.server(main).stop();
  EXPECT_TRUE(until(
      cluster.world, [&] { return cluster.world.server(main).stopped(); },
      Duration::milliseconds(100)));
  EXPECT_EQ(cluster.directory().members.size(), kServers - 1);
  // Nobody waits for a lease to run out.
  const auto is_replaced = [&] { return cluster.main().has_value(); };
  EXPECT_TRUE(until(cluster.world, is_replaced, Duration::milliseconds(500)));
}

// What a server asked before it was fenced is not done after.
TEST(Cluster, WhatAFencedServerHasUnderWayDoesNotLand) {
  ClusterWorld cluster;
  cluster.world.start_all();
  cluster.world.run_for(Duration::seconds(1));
  const Address alice = Address::of_canonical("alice", "example.com");
  cluster.world.store().memory().carry_out(LoadUser{alice, true});
  const std::size_t lost = (*cluster.main() + 1) % kServers;
  ModelStore& store = cluster.world.store();
  store.faults.commit = {Duration::seconds(8), Duration::seconds(8), 0, {}};
  bool failed = false;
  store.ask({cluster.world.server(lost).id(), ShardId(1)},
            SetWatcherPolicy{alice, WatcherPolicy::allow},
            [&](const StoreReply& reply) { failed = std::holds_alternative<StoreFailed>(reply); });
  store.faults.commit = {};
  cluster.world.server(lost).stall(ShardId(0), Duration::seconds(20));
  cluster.world.run_for(Duration::seconds(10));
  EXPECT_TRUE(failed);
  EXPECT_EQ(store.memory().policy_of(alice), WatcherPolicy::ask);
}

// Servers are killed and come back, stand still, and their store fails, at random; then all is
// well, and they agree.
TEST(Cluster, WhateverHappensThereIsOneMainAndAllComeBack) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    ClusterWorld cluster(seed, static_cast<std::uint8_t>(seed % 3));
    Prng random = RandomStreams(seed).stream("trouble");
    StoreFaults& faults = cluster.world.cluster_store().faults;
    faults.commit = {Duration(), Duration::milliseconds(30), 20, Duration::milliseconds(900)};
    faults.answer = {Duration(), Duration::milliseconds(20), 20, Duration::milliseconds(700)};
    faults.broken_per_mille = 20;
    cluster.world.store().faults = faults;
    cluster.world.start_all();
    for (int step = 0; step < 60; ++step) {
      cluster.world.run_for(Duration::milliseconds(static_cast<std::int64_t>(random.below(1'500))));
      const std::size_t which = random.below(kServers);
      Server& server = cluster.world.server(which);
      switch (random.below(4)) {
        case 0: server.crash(); break;
        case 1:
          if (!server.running()) cluster.world.start(which);
          break;
        case 2:
          server.stall(ShardId(0),
                       Duration::milliseconds(static_cast<std::int64_t>(random.below(6'000))));
          break;
        default: break;
      }
    }
    faults = {};
    cluster.world.store().faults = {};
    for (std::size_t i = 0; i < kServers; ++i) {
      if (!cluster.world.server(i).running()) cluster.world.start(i);
    }
    cluster.world.run_for(Duration::seconds(15));
    cluster.expect_whole();
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace sim_cluster_test
}  // namespace muster::sim
