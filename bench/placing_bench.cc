// What it costs to place a user who lands at a server of a cluster, beyond her login: from
// StreamToPlace to StreamPlaced, with what the other server is told. `stored` asks the cluster's
// own file, in groups as large as so many logins at one moment make them; `decided` is answered
// from memory, so that the difference is the store's. CPU is what counts: waiting for the disk is
// the store thread's.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "server/load_control/load_control.h"
#include "shell/store/cluster_sqlite.h"

namespace {

using muster::Address;
using muster::AskCluster;
using muster::ClusterAnswered;
using muster::Duration;
using muster::Instant;
using muster::LinkId;
using muster::LoadControl;
using muster::StreamPlaced;
using muster::StreamToPlace;
using muster::cluster::AssignUsers;
using muster::cluster::ClusterReply;
using muster::cluster::Incarnation;
using muster::cluster::Member;
using muster::cluster::Owners;
using muster::cluster::SqliteClusterStore;
using Kind = muster::cluster::ServerEndpoint::Kind;

muster::cluster::Self self_of(int number) {
  const std::string host = "s" + std::to_string(number) + ".example.com";
  muster::cluster::Self self;
  self.svr_id = "sip:" + host;
  self.link = {muster::IpAddress::v4(127, 0, 0, 1), 7'000};
  self.endpoints = {{self.svr_id, Kind::sip, true, self.svr_id},
                    {self.svr_id, Kind::xmpp, true, "xmpp:" + host + ":5222"}};
  return self;
}

// One server of two, of which it knows its own load alone: so each user becomes its own, which is
// the dearer case, for she is awaited, too.
class World {
 public:
  explicit World(bool stored) {
    settings_.domains = {"example.com"};
    settings_.cluster.emplace().self = self_of(1);
    control_ = std::make_unique<LoadControl>(shard_);
    if (stored) {
      std::string name = std::filesystem::temp_directory_path() / "placing-XXXXXX";
      folder_ = ::mkdtemp(name.data());
      store_ = std::move(*SqliteClusterStore::open({.file = {folder_ + "/cluster.db"}}));
    }
    control_->on(now_, muster::Started{}, out_);
    settle();
  }
  ~World() {
    store_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  // They land at one moment.
  void land(std::size_t users) {
    for (std::size_t i = 0; i < users; ++i) {
      const Address user = Address::of_canonical("user" + std::to_string(next_++), "example.com");
      control_->on(now_, StreamToPlace{LinkId{static_cast<std::uint32_t>(i), 1}, user}, out_);
    }
    settle();
  }
  std::size_t placed() const { return placed_; }

 private:
  void settle() {
    do {
      while (out_.has_event())
        carry(out_.take_event());
      carry_out();
    } while (out_.has_event());
  }
  void carry(const muster::Event& event) {
    std::visit(
        [&]<class E>(const E& happened) {
          if constexpr (std::is_same_v<E, StreamPlaced>) {
            MUSTER_CHECK(happened.place.outcome == muster::UserPlace::Outcome::here);
            ++placed_;
          } else if constexpr (requires { control_->on(now_, happened, out_); }) {
            control_->on(now_, happened, out_);
          }
        },
        event);
  }
  // What is asked in a step goes to the store together.
  void carry_out() {
    std::vector<AskCluster> asked;
    for (muster::Order& order : std::exchange(out_.orders(), {})) {
      if (auto* ask = std::get_if<AskCluster>(&order)) asked.push_back(std::move(*ask));
    }
    if (asked.empty()) return;
    std::vector<ClusterReply> replies;
    if (store_ != nullptr) {
      std::vector<muster::cluster::ClusterRequest> requests;
      for (const AskCluster& ask : asked)
        requests.push_back(ask.request);
      replies = store_->carry_out(requests);
    } else {
      for (const AskCluster& ask : asked)
        replies.push_back(reply_to(ask.request));
    }
    for (std::size_t i = 0; i < asked.size(); ++i)
      control_->on(now_, ClusterAnswered{asked[i].ticket, std::move(replies[i])}, out_);
  }
  static ClusterReply reply_to(const muster::cluster::ClusterRequest& request) {
    if (const auto* assign = std::get_if<AssignUsers>(&request)) {
      Owners owners;
      for (const AssignUsers::One& one : assign->users)
        owners.owners.push_back(one.to);
      return owners;
    }
    if (std::holds_alternative<muster::cluster::TakeMain>(request)) {
      return muster::cluster::MainTaken{muster::cluster::Epoch(1)};
    }
    Member member{self_of(1), Incarnation(1), muster::cluster::Role::running, Duration::seconds(2)};
    return muster::cluster::LeaseTaken{Incarnation(1), {{std::move(member)}, {}, {}}};
  }

  muster::Settings settings_;
  muster::Shard shard_{muster::ShardId(), 1, settings_, muster::Prng(muster::Prng::seed_of(1)), {}};
  muster::Outbox out_{muster::ShardId()};
  muster::Now now_{Instant::at(Duration::seconds(1)), {}};
  std::unique_ptr<LoadControl> control_;
  std::unique_ptr<SqliteClusterStore> store_;
  std::string folder_;
  std::uint64_t next_ = 0;
  std::size_t placed_ = 0;
};

void place(benchmark::State& state, bool stored) {
  World world(stored);
  const auto together = static_cast<std::size_t>(state.range(0));
  for (auto _ : state)
    world.land(together);
  state.SetItemsProcessed(static_cast<std::int64_t>(world.placed()));
  state.counters["cpu_per_user"] =
      benchmark::Counter(static_cast<double>(world.placed()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(place, decided, false)->Arg(1)->Arg(64)->Arg(1'000);
BENCHMARK_CAPTURE(place, stored, true)->Arg(1)->Arg(64)->Arg(1'000);

}  // namespace

BENCHMARK_MAIN();
