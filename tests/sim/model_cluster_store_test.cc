// The cluster's store in the simulated world: the time that it takes, its failures, and what is
// left of what a server that is killed had asked.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/world/model_store.h"
#include "support/cluster_words.h"

namespace muster::sim {
namespace sim_model_cluster_store_test {

using cluster::AssignUsers;
using cluster::ClusterReply;
using cluster::ClusterRequest;
using cluster::FindOwners;
using cluster::Incarnation;
using cluster::LeaseTaken;
using cluster::ReleaseUsers;
using cluster::TakeLease;
using cluster::TakeMain;

constexpr Duration kCommit = Duration::milliseconds(20);
constexpr Duration kAnswer = Duration::milliseconds(5);
constexpr Delay between(Duration least, Duration most) {
  return {least, most, 0, {}};
}
const Address alice = Address::of_canonical("alice", "example.com");

class ModelClusterStoreTest : public ::testing::Test {
 protected:
  explicit ModelClusterStoreTest(std::uint64_t seed = 1)
      : store_(timeline_, Prng(Prng::seed_of(seed))) {
    store_.faults.commit = between(kCommit, kCommit);
    store_.faults.answer = between(kAnswer, kAnswer);
  }

  // What it is answered, and how long after the beginning of the test, is added to `told_`.
  void ask(ModelClusterStore::Asker asker, ClusterRequest request) {
    store_.ask(asker, std::move(request), [this](const ClusterReply& reply) {
      told_.push_back(testing::words(timeline_.now() - kBegin) + " " + testing::words(reply));
    });
  }
  std::vector<std::string> told() {
    while (timeline_.next())
      timeline_.step();
    return std::exchange(told_, {});
  }
  Incarnation come(const std::string& svr_id, Duration time = Duration::seconds(10)) {
    TakeLease take;
    take.self.svr_id = svr_id;
    take.time = time;
    const auto reply = store_.memory().carry_out(timeline_.now().since_zero(), take);
    return std::get<LeaseTaken>(reply).incarnation;
  }
  Incarnation owner_of(const Address& user) {
    const auto owned = store_.memory().owners();
    return owned.contains(user) ? owned.at(user) : Incarnation();
  }

  static constexpr Instant kBegin = Instant::at(Duration::seconds(3));
  const ModelClusterStore::Asker first_{ServerId(1), ShardId(0)};
  const ModelClusterStore::Asker second_{ServerId(2), ShardId(0)};
  Timeline timeline_{kBegin};
  ModelClusterStore store_;
  std::vector<std::string> told_;
};

TEST_F(ModelClusterStoreTest, ALeaseRunsFromTheCommitInTheTimelinesTime) {
  TakeLease take;
  take.self.svr_id = "a";
  take.time = Duration::seconds(10);
  ask(first_, take);
  EXPECT_EQ(store_.waiting(), 1u);
  EXPECT_EQ(told(),
            (std::vector<std::string>{"25000us lease 1: main 0, epoch 0; 1 running 10s a"}));
  EXPECT_EQ(store_.waiting(), 0u);
  const Instant committed = kBegin + kCommit;
  const auto left = [&](Instant at) {
    return store_.memory().directory(at.since_zero()).members.front().time_left;
  };
  EXPECT_EQ(left(committed + Duration::seconds(4)), Duration::seconds(6));
  EXPECT_EQ(left(committed + take.time), Duration());
}

TEST_F(ModelClusterStoreTest, OneAskerIsAnsweredInOrder) {
  store_.faults.commit = between({}, Duration::seconds(1));
  store_.faults.answer = between({}, Duration::seconds(1));
  const Incarnation a = come("a", Duration::minutes(10));
  for (int i = 0; i < 50; ++i) {
    ask(first_, AssignUsers{a, {{alice, {}, a}}});
    ask(first_, ReleaseUsers{a, {alice}});
  }
  const auto all = told();
  ASSERT_EQ(all.size(), 100u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].substr(all[i].find(' ') + 1), i % 2 == 0 ? "owners 1" : "owners 0");
  }
}

TEST_F(ModelClusterStoreTest, FailsAsItIsTold) {
  const Incarnation a = come("a");
  store_.failure = StoreFailed{StoreFailed::Why::full};
  ask(first_, AssignUsers{a, {{alice, {}, a}}});
  EXPECT_EQ(told(), std::vector<std::string>{"25000us failed: full"});
  EXPECT_EQ(owner_of(alice), Incarnation()) << "nothing of it happened";
  store_.failure.reset();
  store_.faults.busy_per_mille = 1'000;
  ask(first_, TakeMain{a});
  EXPECT_EQ(told(), std::vector<std::string>{"50000us failed: busy"});
  store_.faults.busy_per_mille = 0;
  ask(first_, TakeMain{a});
  EXPECT_EQ(told(), std::vector<std::string>{"75000us main in epoch 1"});
}

TEST_F(ModelClusterStoreTest, WhatAServerThatIsCutOffAsksWaitsUntilItIsMended) {
  const Incarnation a = come("a");
  store_.cut_off(ServerId(1));
  ask(first_, AssignUsers{a, {{alice, {}, a}}});
  ask(first_, FindOwners{a, {alice}});
  ask(second_, FindOwners{a, {alice}});
  timeline_.after(Duration::milliseconds(250), [this] { store_.mend(ServerId(1)); });
  EXPECT_EQ(told(), (std::vector<std::string>{"25000us owners 0", "325000us owners 1",
                                              "325000us owners 1"}));
}

TEST_F(ModelClusterStoreTest, WhatIsNotMendedInTimeHasFailedUndone) {
  const Incarnation a = come("a", Duration::minutes(10));
  store_.cut_off(ServerId(1));
  ask(first_, AssignUsers{a, {{alice, {}, a}}});
  EXPECT_EQ(told(), std::vector<std::string>{"1525000us failed: broken"});
  EXPECT_EQ(owner_of(alice), Incarnation());
  // Nor is what it had under way as it died.
  ask(first_, AssignUsers{a, {{alice, {}, a}}});
  store_.asker_dies(ServerId(1));
  EXPECT_EQ(told(), std::vector<std::string>{});
  EXPECT_EQ(owner_of(alice), Incarnation());
}

TEST_F(ModelClusterStoreTest, TransientFailuresAreDrawn) {
  store_.faults.busy_per_mille = 300;
  const Incarnation a = come("a", Duration::minutes(10));
  for (int i = 0; i < 200; ++i)
    ask(first_, FindOwners{a, {alice}});
  const auto all = told();
  const auto failed = std::count_if(all.begin(), all.end(), [](const std::string& reply) {
    return reply.ends_with("failed: busy");
  });
  EXPECT_GT(failed, 30);
  EXPECT_LT(failed, 100);
}

// Of what it had under way some first requests are done, and the others never were: over many
// deaths each number of them. Nobody is answered, and another server's requests are done.
TEST(ModelClusterStore, WhatADyingAskerHadUnderWayIsDoneUpToAMoment) {
  constexpr std::size_t kAsked = 4;
  std::set<std::size_t> done;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Timeline timeline(Instant::at(Duration::seconds(3)));
    ModelClusterStore store(timeline, Prng(Prng::seed_of(seed)));
    store.faults.commit = between(kCommit, kCommit);
    const auto come = [&](const char* svr_id) {
      TakeLease take;
      take.self.svr_id = svr_id;
      take.time = Duration::seconds(10);
      return std::get<LeaseTaken>(store.memory().carry_out({}, take)).incarnation;
    };
    const Incarnation a = come("a");
    const Incarnation b = come("b");
    std::vector<Address> users;
    int told = 0;
    for (std::size_t i = 0; i < kAsked; ++i) {
      users.push_back(Address::of_canonical("user" + std::to_string(i), "example.com"));
      store.ask({ServerId(1), ShardId(0)}, AssignUsers{a, {{users.back(), {}, a}}},
                [](const ClusterReply&) { FAIL() << "who is dead is not answered"; });
    }
    store.ask({ServerId(2), ShardId(0)}, AssignUsers{b, {{alice, {}, b}}},
              [&](const ClusterReply&) { ++told; });
    store.asker_dies(ServerId(1));
    while (timeline.next())
      timeline.step();
    EXPECT_EQ(told, 1);
    const auto owned = store.memory().owners();
    EXPECT_EQ(owned.at(alice), b);
    std::size_t first = 0;
    while (first < kAsked && owned.contains(users[first]))
      ++first;
    EXPECT_EQ(owned.size(), first + 1) << "no later one without those before it";
    done.insert(first);
  }
  EXPECT_EQ(done, (std::set<std::size_t>{0, 1, 2, 3, 4}));
}

}  // namespace sim_model_cluster_store_test
}  // namespace muster::sim
