// Random requests to the cluster's store in SQLite and in PostgreSQL, over several connections to
// one database, and to its model, compared reply by reply; and what must be true of the replies
// whatever the model says.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/cluster_world.h"
#include "support/postgres_cluster.h"

namespace muster::cluster {
namespace store_cluster_random_test {

using testing::RandomClusterRequests;

// Looks on, in the order in which the requests were carried out.
class Invariants {
 public:
  void see(const ClusterRequest& request, const ClusterReply& reply) {
    if (const auto* taken = std::get_if<LeaseTaken>(&reply)) {
      EXPECT_GT(taken->incarnation, newest_) << "incarnations grow";
      newest_ = taken->incarnation;
      see(taken->directory);
    }
    if (const auto* renewed = std::get_if<LeaseRenewed>(&reply)) see(renewed->directory);
    if (const auto* main = std::get_if<MainTaken>(&reply)) {
      see_main(std::get<TakeMain>(request).by, main->epoch);
    }
    if (std::holds_alternative<LeaseEnded>(reply)) {
      fenced_.insert(std::get<EndLease>(request).by);
    }
    if (std::holds_alternative<ServerIsGone>(reply)) {
      const Incarnation gone = std::get<DeclareGone>(request).gone;
      if (gone <= newest_) fenced_.insert(gone);  // or it has never been yet
    }
    const Incarnation by = asker_of(request);
    if (!fenced_.contains(by)) return;
    const auto* refused = std::get_if<ClusterRefused>(&reply);
    const bool ended = std::holds_alternative<LeaseEnded>(reply) ||
                       std::holds_alternative<ServerIsGone>(reply);  // now, and of itself
    EXPECT_TRUE(ended || (refused != nullptr && refused->why == ClusterRefused::Why::fenced));
  }
  bool is_fenced(const ClusterRequest& request) const {
    return fenced_.contains(asker_of(request));
  }

  // Who owned the users before a request, and behind it.
  void see(const std::vector<Incarnation>& before, const ClusterRequest& request,
           const std::vector<Incarnation>& after) {
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] == after[i]) continue;
      const Address user = RandomClusterRequests::users()[i];
      EXPECT_TRUE(may_change(user, before[i], after[i], request))
          << user.text() << ": " << testing::words(request);
    }
  }

 private:
  static Incarnation asker_of(const ClusterRequest& request) {
    return std::visit(Overloaded{
                          [](const TakeLease&) { return RandomClusterRequests::kObserver; },
                          [](const auto& known) { return known.by; },
                      },
                      request);
  }
  void see(const Directory& directory) {
    EXPECT_GE(directory.epoch, epoch_) << "epochs grow";
    epoch_ = directory.epoch;
    if (directory.main != Incarnation()) see_main(directory.main, directory.epoch);
    std::set<Incarnation> there;
    std::set<std::string> alive;
    for (const Member& member : directory.members) {
      there.insert(member.incarnation);
      if (member.role != Role::gone) {
        EXPECT_FALSE(fenced_.contains(member.incarnation)) << "nobody comes back";
        EXPECT_TRUE(alive.insert(member.self.svr_id).second) << "one life of each at a time";
      } else {
        fenced_.insert(member.incarnation);
        EXPECT_NE(member.incarnation, directory.main);
      }
    }
    for (std::uint64_t number = 1; number <= newest_.number(); ++number) {
      if (!there.contains(Incarnation(number))) fenced_.insert(Incarnation(number));
    }
    EXPECT_TRUE(directory.main == Incarnation() || there.contains(directory.main));
  }
  void see_main(Incarnation main, Epoch epoch) {
    EXPECT_GE(epoch, epoch_) << "epochs grow";
    EXPECT_LE(epoch.number(), epoch_.number() + 1) << "by one";
    epoch_ = epoch;
    EXPECT_EQ(mains_.emplace(epoch, main).first->second, main) << "one main in an epoch";
  }
  bool may_change(const Address& user, Incarnation from, Incarnation to,
                  const ClusterRequest& request) const {
    if (const auto* assign = std::get_if<AssignUsers>(&request)) {
      // By steps, if she stands there twice: the first is from whom she was with.
      bool left = false;
      bool reached = false;
      for (const AssignUsers::One& one : assign->users) {
        left |= one.user == user && one.from == from;
        reached |= one.user == user && one.to == to;
      }
      return left && reached;
    }
    if (to != Incarnation()) return false;
    if (std::holds_alternative<ReleaseUsers>(request)) return asker_of(request) == from;
    if (std::holds_alternative<EndLease>(request)) return asker_of(request) == from;
    const auto* forget = std::get_if<ForgetServer>(&request);
    return forget != nullptr && forget->gone == from && fenced_.contains(from);
  }

  Incarnation newest_;
  Epoch epoch_;
  std::map<Epoch, Incarnation> mains_;
  std::set<Incarnation> fenced_{Incarnation()};
};

// The store under several connections, its model, and the time of both.
class Pair {
 public:
  Pair(std::unique_ptr<testing::ClusterPlace> place, std::size_t connections)
      : place_(std::move(place)), stores_(connections) {
    open();
    carry_out(0, {RandomClusterRequests::observer_comes()});
  }

  std::vector<ClusterReply> carry_out(std::size_t connection,
                                      const std::vector<ClusterRequest>& group) {
    std::vector<ClusterReply> replies = stores_[connection]->carry_out(group);
    EXPECT_EQ(replies.size(), group.size());
    for (std::size_t i = 0; i < group.size(); ++i) {
      EXPECT_EQ(testing::words(replies[i]), testing::words(model_.carry_out(now_, group[i])))
          << testing::words(group[i]);
    }
    return replies;
  }
  // Of the store and of the model.
  std::string contents() {
    std::string of_store = testing::cluster_contents(
        [&](const ClusterRequest& r) { return testing::carry_out(*stores_.back(), r); });
    EXPECT_EQ(of_store, testing::cluster_contents(
                            [&](const ClusterRequest& r) { return model_.carry_out(now_, r); }));
    return of_store;
  }
  std::vector<Incarnation> owners() {
    const FindOwners find{RandomClusterRequests::kObserver, RandomClusterRequests::users()};
    return std::get<Owners>(testing::carry_out(*stores_.front(), find)).owners;
  }
  std::size_t connections() const { return stores_.size(); }

  void pass(Duration time) { now_ = now_ + time; }
  void restart_process(std::size_t connection) {
    stores_[connection].reset();
    open();
  }
  void restart_machine() {
    for (auto& store : stores_)
      store.reset();
    now_ = place_->restart_machine(now_);
    model_.restart_time();
    open();
    carry_out(0,
              {RenewLease{RandomClusterRequests::kObserver, RandomClusterRequests::kObserverTime}});
  }

 private:
  void open() {
    for (auto& store : stores_) {
      if (store != nullptr) continue;
      store = place_->open([this] { return now_; });
    }
  }

  std::unique_ptr<testing::ClusterPlace> place_;
  sim::ClusterMemory model_;
  std::vector<std::unique_ptr<ClusterBackend>> stores_;
  Duration now_ = Duration::hours(1);
};

// In groups of one commit, each over one of the connections.
void compare(std::unique_ptr<testing::ClusterPlace> place, std::uint64_t seed, int groups,
             std::map<std::string, int>& kinds) {
  Pair pair(std::move(place), 1 + seed % 3);
  RandomClusterRequests random(seed);
  Invariants invariants;
  for (int step = 0; step < groups && !::testing::Test::HasFailure(); ++step) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(step));
    pair.pass(random.step());
    std::vector<ClusterRequest> group;
    for (std::uint64_t i = 1 + random.below(6); i > 0; --i)
      group.push_back(random.next());
    const bool alone = group.size() == 1;
    const std::vector<Incarnation> owners = alone ? pair.owners() : std::vector<Incarnation>();
    const bool fenced = alone && invariants.is_fenced(group.front());
    const std::string before = fenced ? pair.contents() : std::string();
    const auto replies = pair.carry_out(random.below(pair.connections()), group);
    for (std::size_t i = 0; i < group.size(); ++i) {
      SCOPED_TRACE(testing::words(group[i]));
      invariants.see(group[i], replies[i]);
      random.learn(replies[i]);
      const auto* refused = std::get_if<ClusterRefused>(&replies[i]);
      ++kinds[refused != nullptr ? testing::words(refused->why)
                                 : std::to_string(replies[i].index())];
    }
    if (alone) invariants.see(owners, group.front(), pair.owners());
    if (fenced) {
      EXPECT_EQ(pair.contents(), before) << "who is fenced changes nothing";
    }
    if (random.below(20) == 0) pair.restart_process(random.below(pair.connections()));
    if (random.below(200) == 0) pair.restart_machine();
    if (random.below(8) == 0) pair.contents();
  }
}

template <class Place>
void compare_seeds() {
  std::map<std::string, int> kinds;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    compare(std::make_unique<Place>(), seed, 400, kinds);
    if (::testing::Test::HasFailure()) return;
  }
  // Every reply but StoreFailed, and every refusal but too_many, came more than once.
  ASSERT_EQ(kinds.size(), std::variant_size_v<ClusterReply> - 2 + 5);
  for (const auto& [kind, count] : kinds)
    EXPECT_GT(count, 20) << kind;
}

TEST(ClusterRandom, SqliteDoesWhatTheModelDoes) {
  compare_seeds<testing::SqliteClusterPlace>();
}
TEST(ClusterRandom, PostgresDoesWhatTheModelDoes) {
  compare_seeds<testing::PostgresClusterPlace>();
}

}  // namespace store_cluster_random_test
}  // namespace muster::cluster
