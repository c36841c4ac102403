// Stores of the cluster for tests: each backend behind one question-and-answer interface with a
// clock that the test sets, and a source of requests that run into each other.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "shell/store/cluster_sqlite.h"
#include "sim/store/cluster_memory.h"
#include "support/cluster_words.h"
#include "support/store_world.h"

namespace muster::testing {

inline std::unique_ptr<cluster::SqliteClusterStore> open_cluster(
    cluster::SqliteClusterStore::Options options) {
  return opened(cluster::SqliteClusterStore::open(std::move(options)));
}

inline cluster::ClusterReply carry_out(cluster::ClusterBackend& store,
                                       cluster::ClusterRequest request) {
  return std::move(store.carry_out({std::move(request)}).front());
}

inline cluster::Self a_server(std::string svr_id) {
  cluster::Self self;
  self.svr_id = std::move(svr_id);
  return self;
}

// A backend that can be asked one thing, at the moment `now`.
class TestedCluster {
 public:
  TestedCluster() = default;
  virtual ~TestedCluster() = default;
  TestedCluster(const TestedCluster&) = delete;
  TestedCluster& operator=(const TestedCluster&) = delete;

  Duration now;
  virtual cluster::ClusterReply ask(cluster::ClusterRequest request) = 0;
  // Whoever holds the store ends, and begins anew.
  virtual void restart_process() = 0;
  // All leases have run out: the store's time begins anew, or much of it passes.
  virtual void restart_machine() = 0;
};

class TestedMemoryCluster final : public TestedCluster {
 public:
  cluster::ClusterReply ask(cluster::ClusterRequest request) override {
    return store_.carry_out(now, request);
  }
  void restart_process() override {}
  void restart_machine() override {
    now = {};
    store_.restart_time();
  }

 private:
  sim::ClusterMemory store_;
};

// Where a store of the cluster is, which several may open, each at the time that `clock` says.
class ClusterPlace {
 public:
  ClusterPlace() = default;
  virtual ~ClusterPlace() = default;
  ClusterPlace(const ClusterPlace&) = delete;
  ClusterPlace& operator=(const ClusterPlace&) = delete;

  virtual std::unique_ptr<cluster::ClusterBackend> open(std::function<Duration()> clock) = 0;
  // What the clock says once all leases have run out, while nobody has it open: the store's time
  // begins anew, or so much of it passes, where it never does.
  virtual Duration restart_machine(Duration now) = 0;
};

class SqliteClusterPlace final : public ClusterPlace {
 public:
  std::unique_ptr<cluster::ClusterBackend> open(std::function<Duration()> clock) override {
    return open_cluster({.file = {.path = folder_.file("cluster.db")},
                         .clock = std::move(clock),
                         .boot_id = "boot " + std::to_string(boot_)});
  }
  Duration restart_machine(Duration) override {
    ++boot_;
    return {};
  }

 private:
  TemporaryFolder folder_;
  int boot_ = 0;
};

// With several connections, each request goes over the next of them.
class TestedClusterPlace final : public TestedCluster {
 public:
  TestedClusterPlace(std::unique_ptr<ClusterPlace> place, std::size_t connections)
      : place_(std::move(place)), stores_(connections) {
    open();
  }

  cluster::ClusterReply ask(cluster::ClusterRequest request) override {
    next_ = (next_ + 1) % stores_.size();
    return carry_out(*stores_[next_], std::move(request));
  }
  void restart_process() override {
    close();
    open();
  }
  void restart_machine() override {
    close();
    now = place_->restart_machine(now);
    open();
  }

 private:
  void close() {
    for (auto& store : stores_)
      store.reset();
  }
  void open() {
    for (auto& store : stores_)
      store = place_->open([this] { return now; });
  }

  std::unique_ptr<ClusterPlace> place_;
  std::vector<std::unique_ptr<cluster::ClusterBackend>> stores_;
  std::size_t next_ = 0;
};

// Requests of a few servers and about a few users, so that all of them meet; by those who are
// gone or forgotten too. The same seed, the same requests. The first server of all, kObserver, is
// none of these: it takes a lease that does not run out, and only looks on.
class RandomClusterRequests {
 public:
  static constexpr cluster::Incarnation kObserver{1};
  static constexpr Duration kObserverTime = Duration::hours(24 * 365);
  static cluster::ClusterRequest observer_comes() {
    return cluster::TakeLease{a_server("observer"), true, kObserverTime};
  }

  // `given`: how many incarnations there are before the first request.
  explicit RandomClusterRequests(std::uint64_t seed, std::uint64_t given = 1)
      : prng_(Prng::seed_of(seed)), given_(given) {}

  std::uint64_t below(std::uint64_t bound) { return prng_.below(bound); }

  // How much time passes, mostly none.
  Duration step() {
    switch (prng_.below(4)) {
      case 0: return Duration::seconds(static_cast<std::int64_t>(prng_.below(12)));
      case 1: return Duration::microseconds(static_cast<std::int64_t>(prng_.below(3)));
      default: return {};
    }
  }

  cluster::ClusterRequest next() {
    switch (prng_.below(20)) {
      case 0:
      case 1: return take_lease();
      case 2:
      case 3: return cluster::RenewLease{server(), time()};
      case 4:
        if (prng_.below(3) != 0) return cluster::RenewLease{server(), time()};
        return cluster::EndLease{server()};
      case 5:
      case 6: return cluster::TakeMain{server()};
      case 7: return cluster::DeclareGone{server(), any()};
      case 8: return cluster::ForgetServer{server(), any()};
      case 9:
      case 10: return cluster::SetRole{server(), epoch(), server(), role(), role()};
      case 11:
        return cluster::SweepAssignments{server(), static_cast<std::uint32_t>(prng_.below(3))};
      case 12:
      case 13: return cluster::FindOwners{server(), some_users()};
      case 14: return cluster::ReleaseUsers{server(), some_users()};
      default: return assign();
    }
  }

  // Every user that next() speaks of.
  static std::vector<Address> users() {
    std::vector<Address> all{Address::of_canonical("", "example.com")};
    for (const char* local : {"alice", "bob", "carol", "dan", "%", "a_"})
      all.push_back(address(local));
    for (const char* local : {"alice", "\u00e9ve"})
      all.push_back(address(local, "example.net"));
    return all;
  }

  // What came of a request: later ones are about it.
  void learn(const cluster::ClusterReply& reply) {
    if (const auto* taken = std::get_if<cluster::LeaseTaken>(&reply)) {
      given_ = taken->incarnation.number();
    }
    if (const auto* main = std::get_if<cluster::MainTaken>(&reply)) epoch_ = main->epoch;
  }

 private:
  // One of the last few, or 0.
  cluster::Incarnation server() {
    const std::uint64_t back = prng_.below(6);
    if (back >= given_ || prng_.below(40) == 0) return {};
    const cluster::Incarnation chosen(given_ - back);
    return chosen == kObserver ? cluster::Incarnation() : chosen;
  }
  // One of all, the observer and one that is not given yet among them.
  cluster::Incarnation any() {
    return cluster::Incarnation(given_ + 1 - std::min(given_ + 1, prng_.below(12)));
  }
  cluster::Epoch epoch() {
    return prng_.below(5) == 0 ? cluster::Epoch(prng_.below(epoch_.number() + 2)) : epoch_;
  }
  cluster::Role role() {
    return static_cast<cluster::Role>(prng_.below(12) == 0 ? 3 : prng_.below(3));
  }
  Duration time() {
    return Duration::microseconds(static_cast<std::int64_t>(prng_.below(20'000'000)));
  }
  const Address& user() {
    static const std::vector<Address> kAll = users();
    return kAll[prng_.below(kAll.size())];
  }
  std::vector<Address> some_users() {
    std::vector<Address> some;
    for (std::uint64_t i = prng_.below(4); i > 0; --i)
      some.push_back(user());
    return some;
  }
  cluster::TakeLease take_lease() {
    cluster::Self self = a_server("sip:server" + std::to_string(prng_.below(6)) + "@example.com");
    const auto port = static_cast<std::uint16_t>(prng_.below(65'536));
    self.link = {prng_.below(2) == 0 ? IpAddress::v4(10, 0, 0, 1) : IpAddress{{0x20, 1}}, port};
    for (const auto kind : {cluster::ServerEndpoint::Kind::sip, cluster::ServerEndpoint::Kind::xmpp,
                            cluster::ServerEndpoint::Kind::wss}) {
      if (prng_.below(2) == 0) continue;
      self.endpoints.push_back({self.svr_id, kind, prng_.below(2) == 0, prng_.token(8)});
    }
    if (prng_.below(2) == 0) {
      self.max_level = cluster::LoadLevel{static_cast<std::uint32_t>(prng_.next())};
    }
    return {std::move(self), prng_.below(4) == 0, time()};
  }
  cluster::AssignUsers assign() {
    cluster::AssignUsers all{server(), {}};
    for (std::uint64_t i = 1 + prng_.below(3); i > 0; --i) {
      all.users.push_back({user(), prng_.below(3) == 0 ? server() : cluster::Incarnation(),
                           prng_.below(2) == 0 ? all.by : server()});
    }
    return all;
  }

  Prng prng_;
  std::uint64_t given_;
  cluster::Epoch epoch_;
};

// All that a store holds, as one text, asked by the observer. (Who is forgotten and still has
// rows is seen by sweeping alone.)
template <class Ask>
std::string cluster_contents(Ask&& ask) {
  using Random = RandomClusterRequests;
  const cluster::ClusterRequest renew =
      cluster::RenewLease{Random::kObserver, Random::kObserverTime};
  const cluster::ClusterRequest find = cluster::FindOwners{Random::kObserver, Random::users()};
  return words(ask(renew)) + "\n" + words(ask(find));
}

}  // namespace muster::testing
