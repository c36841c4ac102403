// Fencing as the simulated store of users does it, and what waits for a lease.
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <variant>

#include "sim/world/model_store.h"
#include "sim/world/world.h"

namespace muster::sim {
namespace sim_fencing_test {

const Address alice = Address::of_canonical("alice", "example.com");
constexpr cluster::Incarnation kLife(7);
constexpr ServerId kServer(1);

class FencingTest : public ::testing::Test {
 protected:
  FencingTest() {
    store.servers_are_many = true;
    store.memory().carry_out(LoadUser{alice, true});
  }
  StoreReply ask(StoreRequest request) {
    std::optional<StoreReply> answer;
    store.ask({kServer, ShardId(0)}, std::move(request),
              [&answer](StoreReply reply) { answer = std::move(reply); });
    while (timeline.next())
      timeline.step();
    return *answer;
  }
  bool may_write() {
    const auto set = [](WatcherPolicy policy) { return SetWatcherPolicy{alice, policy}; };
    store.memory().carry_out(set(WatcherPolicy::ask));
    const bool failed = std::holds_alternative<StoreFailed>(ask(set(WatcherPolicy::allow)));
    EXPECT_EQ(store.memory().policy_of(alice), failed ? WatcherPolicy::ask : WatcherPolicy::allow);
    return !failed;
  }
  bool may_read() {
    return std::holds_alternative<UserLoaded>(ask(LoadUser{alice, true})) &&
           std::holds_alternative<RosterLoaded>(ask(LoadRoster{alice, {}})) &&
           std::holds_alternative<PendingLoaded>(ask(LoadPending{alice}));
  }
  void fence() {
    store.fence(kServer, kLife, [](bool fenced) { EXPECT_TRUE(fenced); });
    while (timeline.next())
      timeline.step();
  }

  Timeline timeline{Instant::at(Duration::seconds(1))};
  ModelStore store{timeline, Prng(Prng::seed_of(1))};
};

TEST_F(FencingTest, AFencedLifeReadsOnAndChangesNothing) {
  store.act_as(kServer, kLife);
  EXPECT_TRUE(may_write());
  fence();
  EXPECT_FALSE(may_write());
  EXPECT_TRUE(may_read());
  // To load who is not there yet is to make her.
  const Address bob = Address::of_canonical("bob", "example.com");
  EXPECT_TRUE(std::holds_alternative<StoreFailed>(ask(LoadUser{bob, true})));
  EXPECT_TRUE(std::holds_alternative<UserLoaded>(ask(LoadUser{bob, false})));
}

TEST_F(FencingTest, OneOfManyChangesNothingBeforeItHasALife) {
  EXPECT_FALSE(may_write());
  EXPECT_TRUE(may_read());
  store.act_as(kServer, kLife);
  EXPECT_TRUE(may_write());
  store.asker_dies(kServer);
  EXPECT_FALSE(may_write()) << "its next life is another";
}

TEST_F(FencingTest, WhoIsCutOffFencesNobody) {
  store.act_as(kServer, kLife);
  store.cut_off(ServerId(2));
  std::optional<bool> fenced;
  store.fence(ServerId(2), kLife, [&](bool done) { fenced = done; });
  while (timeline.next())
    timeline.step();
  EXPECT_EQ(fenced, false);
  EXPECT_TRUE(may_write());
}

TEST_F(FencingTest, WhoDiesBeforeItIsDoneFencesNobody) {
  store.act_as(kServer, kLife);
  store.faults.commit = {Duration::seconds(1), Duration::seconds(1), 0, {}};
  store.fence(ServerId(2), kLife, [](bool) { FAIL() << "who is dead is not answered"; });
  store.asker_dies(ServerId(2));
  while (timeline.next())
    timeline.step();
  EXPECT_FALSE(store.is_fenced(kLife));
}

TEST_F(FencingTest, WhoIsAloneNeedsNoLife) {
  store.servers_are_many = false;
  EXPECT_TRUE(may_write());
}

// What a server asks of the store of users, before and after it has its lease.
class Asked : public TurnWatch {
 public:
  void entered(const Server&, ShardId, Now, const Input&) override {}
  void ordered(const Server&, ShardId shard, const Order& order) override {
    if (std::holds_alternative<LeaseHeld>(order)) held = true;
    const auto* ask = std::get_if<AskStore>(&order);
    if (ask == nullptr) return;
    if (std::holds_alternative<LoadPublications>(ask->request)) publications.insert(shard);
    const auto* load = std::get_if<LoadUser>(&ask->request);
    if (load != nullptr) users.insert(load->account);
  }
  bool held = false;
  std::set<ShardId> publications;  // who asked for them
  std::set<Address> users;
};

// What she has published is shown by the server where she lands.
TEST(Lease, NobodyIsLoadedBeforeSheLands) {
  World::Plan plan;
  plan.cluster = true;
  plan.settings.domains = {"example.com"};
  World world(plan);
  Asked asked;
  world.watch(asked);
  world.store().memory().carry_out(LoadUser{alice, true});
  StorePublication publication;
  publication.account = alice;
  publication.etag = "1";
  publication.document = "<presence xmlns='urn:ietf:params:xml:ns:pidf'/>";
  publication.now = plan.civil_begin;
  publication.expires = plan.civil_begin + Duration::hours(1);
  publication.publications_max = 1;
  world.store().memory().carry_out(publication);
  world.cluster_store().failure = StoreFailed{};
  world.start_all();
  world.run_for(Duration::seconds(5));
  EXPECT_FALSE(asked.held);
  EXPECT_TRUE(asked.publications.empty());
  world.cluster_store().failure.reset();
  world.run_for(Duration::seconds(1));
  EXPECT_TRUE(asked.held);
  EXPECT_TRUE(asked.publications.empty());
  EXPECT_TRUE(asked.users.empty());
}

}  // namespace sim_fencing_test
}  // namespace muster::sim
