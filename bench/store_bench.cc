// What the store costs, on a file of 2,000 users with 20 contacts each and as many without. Aim:
// 15 us of CPU for LoadUser. "CPU" is user and system time of the store's thread; the rest of
// "Time" waits for the disk. The argument is the number of requests in a group (one commit).
//
// And what the cluster's store costs, of 10 servers and 20,000 users.
//
// The stores are SQLite files that are made in TMPDIR, or, with --postgres=CONNECTION, in that
// database, which has to be empty.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "base/result.h"
#include "shell/store/cluster_postgres.h"
#include "shell/store/cluster_sqlite.h"
#include "shell/store/postgres_store.h"
#include "shell/store/sqlite_store.h"
#include "shell/store/store_thread.h"

namespace muster {
namespace {

constexpr std::uint64_t kUsers = 2'000;
constexpr std::uint64_t kContacts = 20;

Address user(std::uint64_t number, const char* prefix = "user") {
  return Address::of_canonical(prefix + std::to_string(number), "example.com");
}

// The connection string, or empty.
std::string& postgres_connection() {
  static std::string connection;
  return connection;
}

template <class Store>
std::unique_ptr<Store> opened(Result<std::unique_ptr<Store>, std::string> store) {
  if (!store) {
    std::cerr << store.error() << "\n";
    std::abort();
  }
  return std::move(*store);
}

// Goes away with what is in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "muster-store-bench-XXXXXX";
};

class World {
 public:
  static World& instance() {
    static World world;
    return world;
  }
  StoreBackend& store() { return *store_; }
  // The same store, for a thread that wants to own it.
  std::unique_ptr<StoreBackend> lend_store() {
    class Lent : public StoreBackend {
     public:
      explicit Lent(StoreBackend& lender) : lender_(lender) {}
      std::vector<StoreResult> carry_out(const std::vector<StoreTask>& group) override {
        return lender_.carry_out(group);
      }
      std::string trouble() const override { return lender_.trouble(); }

     private:
      StoreBackend& lender_;
    };
    return std::make_unique<Lent>(*store_);
  }
  std::uint64_t any_user() { return prng_.below(kUsers); }
  std::string tag() { return prng_.token(12); }

 private:
  World() {
    if (postgres_connection().empty()) {
      store_ = opened(SqliteStore::open({.path = folder_.file("muster.db")}));
    } else {
      store_ = opened(PostgresStore::open({.connection = postgres_connection()}));
    }
    for (std::uint64_t i = 0; i < kUsers; ++i) {
      std::vector<StoreTask> group;
      group.push_back(StoreRequest(LoadUser{user(i), true}));
      group.push_back(StoreRequest(LoadUser{user(i, "lonely"), true}));
      for (std::uint64_t c = 1; c <= kContacts; ++c) {
        group.push_back(StoreRequest(
            SetRosterItem{user(i), user((i + c) % kUsers), "A Friend", {"Friends"}, 1'000}));
      }
      store_->carry_out(group);
    }
  }

  ScratchFolder folder_;
  std::unique_ptr<StoreBackend> store_;
  Prng prng_{Prng::seed_of(1)};
};

// Groups of `next()`; a task that fails, or is refused, spoils the measurement.
template <class Next>
void carry_out(benchmark::State& state, Next next) {
  World& world = World::instance();
  const auto size = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<StoreTask> group;
    for (std::size_t i = 0; i < size; ++i)
      group.push_back(next(world));
    state.ResumeTiming();
    std::vector<StoreResult> results = world.store().carry_out(group);
    benchmark::DoNotOptimize(results);
    for (const StoreResult& result : results) {
      const auto& reply = std::get<StoreReply>(result);
      if (std::holds_alternative<StoreFailed>(reply)) return state.SkipWithError("failed");
      if (std::holds_alternative<StoreRefused>(reply)) return state.SkipWithError("refused");
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["CPU each"] =
      benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void load_user_without_contacts(benchmark::State& state) {
  carry_out(state, [](World& world) -> StoreTask {
    return StoreRequest(LoadUser{user(world.any_user(), "lonely"), true});
  });
}
void load_user_with_20_contacts(benchmark::State& state) {
  carry_out(state, [](World& world) -> StoreTask {
    return StoreRequest(LoadUser{user(world.any_user()), true});
  });
}
void load_roster_of_20(benchmark::State& state) {
  carry_out(state, [](World& world) -> StoreTask {
    return StoreRequest(LoadRoster{user(world.any_user()), std::nullopt});
  });
}
BENCHMARK(load_user_without_contacts)->Arg(1)->Arg(64);
BENCHMARK(load_user_with_20_contacts)->Arg(1)->Arg(64);
BENCHMARK(load_roster_of_20)->Arg(1)->Arg(64);

// A request, its approval, its end: each changes both records.
void change_subscription(benchmark::State& state) {
  std::uint64_t step = 0;
  carry_out(state, [&](World&) -> StoreTask {
    const Address asker = user(step / 4 % kUsers);
    const Address asked = user((step / 4 + 1) % kUsers);
    constexpr SubscriptionVerb kVerbs[] = {
        SubscriptionVerb::subscribe, SubscriptionVerb::subscribed, SubscriptionVerb::unsubscribe,
        SubscriptionVerb::unsubscribed};
    const std::uint64_t which = step++ % 4;
    const bool by_asker = which % 2 == 0;
    return StoreRequest(ChangeSubscription{by_asker ? asker : asked, by_asker ? asked : asker,
                                           kVerbs[which], "<presence type='subscribe'/>", 1'000});
  });
}
BENCHMARK(change_subscription)->Arg(1)->Arg(16)->Arg(256);

// A new publication of a document of 500 bytes, then one refresh after the other.
void store_publication(benchmark::State& state) {
  std::vector<std::string> tags(kUsers);
  const std::string document(500, 'x');
  std::uint64_t next = 0;
  std::int64_t now = 0;
  carry_out(state, [&](World& world) -> StoreTask {
    std::string& tag = tags[next % kUsers];
    StorePublication publication{user(next % kUsers),
                                 std::exchange(tag, world.tag()),
                                 {},
                                 document,
                                 UnixTime::at(Duration::seconds(now)),
                                 UnixTime::at(Duration::seconds(now + 3'600)),
                                 1'000};
    publication.etag = tag;
    if (!publication.if_match.empty()) publication.document.clear();
    ++next;
    return StoreRequest(std::move(publication));
  });
}
BENCHMARK(store_publication)->Arg(1)->Arg(16)->Arg(256);

// LoadUser asked and answered through the store's thread; the CPU of both threads.
void load_user_through_the_thread(benchmark::State& state) {
  World& world = World::instance();
  StoreThread thread(world.lend_store());
  std::mutex mutex;
  std::condition_variable came;
  std::int64_t answered = 0;
  const AskerId asker = thread.know([&](std::vector<StoreThread::Answer> answers) {
    const std::lock_guard lock(mutex);
    answered += static_cast<std::int64_t>(answers.size());
    came.notify_one();
  });
  for (auto _ : state) {
    std::vector<StoreThread::Question> questions;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      questions.push_back(
          {asker, Ticket(1), StoreRequest(LoadUser{user(world.any_user(), "lonely"), true})});
    }
    thread.ask(questions);
    std::unique_lock lock(mutex);
    came.wait(lock, [&] { return answered == state.range(0); });
    answered = 0;
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["CPU each"] =
      benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(load_user_through_the_thread)->Arg(1)->Arg(64)->MeasureProcessCPUTime();

// --- the cluster's store -------------------------------------------------------------------------

class ClusterWorld {
 public:
  static constexpr std::uint64_t kServers = 10;
  static constexpr std::uint64_t kUsers = 20'000;

  static ClusterWorld& instance() {
    static ClusterWorld world;
    return world;
  }
  cluster::ClusterBackend& store() { return *store_; }
  cluster::Incarnation server(std::uint64_t number) const { return servers_[number % kServers]; }

 private:
  ClusterWorld() {
    if (postgres_connection().empty()) {
      store_ =
          opened(cluster::SqliteClusterStore::open({.file = {.path = folder_.file("cluster.db")}}));
    } else {
      store_ = opened(cluster::PostgresClusterStore::open({.connection = postgres_connection()}));
    }
    for (std::uint64_t i = 0; i < kServers; ++i) {
      cluster::Self self;
      self.svr_id = "sip:s" + std::to_string(i) + ".example.com";
      const auto reply = store_->carry_out({cluster::TakeLease{self, false, Duration::hours(10)}});
      servers_.push_back(std::get<cluster::LeaseTaken>(reply.front()).incarnation);
    }
    for (std::uint64_t i = 0; i < kUsers; i += 500) {
      cluster::AssignUsers assign{server(0), {}};
      for (std::uint64_t k = i; k < i + 500; ++k)
        assign.users.push_back({user(k), {}, server(k)});
      store_->carry_out({assign});
    }
  }

  ScratchFolder folder_;
  std::unique_ptr<cluster::ClusterBackend> store_;
  std::vector<cluster::Incarnation> servers_;
};

// Groups of `next(number)`.
template <class Next>
void carry_out_in_cluster(benchmark::State& state, Next next) {
  ClusterWorld& world = ClusterWorld::instance();
  std::uint64_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<cluster::ClusterRequest> group;
    for (std::int64_t i = 0; i < state.range(0); ++i)
      group.push_back(next(world, number++));
    state.ResumeTiming();
    const auto replies = world.store().carry_out(group);
    for (const cluster::ClusterReply& reply : replies) {
      if (std::holds_alternative<StoreFailed>(reply)) return state.SkipWithError("failed");
      if (std::holds_alternative<cluster::ClusterRefused>(reply)) {
        return state.SkipWithError("refused");
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void renew_lease(benchmark::State& state) {
  carry_out_in_cluster(state, [](ClusterWorld& world, std::uint64_t number) {
    return cluster::RenewLease{world.server(number), Duration::hours(10)};
  });
}
BENCHMARK(renew_lease)->Arg(1);

// Who is nobody's, and one after another.
void assign_user(benchmark::State& state) {
  static std::uint64_t next = ClusterWorld::kUsers;
  carry_out_in_cluster(state, [](ClusterWorld& world, std::uint64_t) {
    const std::uint64_t number = next++;
    return cluster::AssignUsers{world.server(0), {{user(number), {}, world.server(number)}}};
  });
}
BENCHMARK(assign_user)->Arg(1)->Arg(256);

void find_owner(benchmark::State& state) {
  carry_out_in_cluster(state, [](ClusterWorld& world, std::uint64_t number) {
    return cluster::FindOwners{world.server(0), {user(number % ClusterWorld::kUsers)}};
  });
}
BENCHMARK(find_owner)->Arg(1)->Arg(256);

// All in one request.
void find_owners_of_1000(benchmark::State& state) {
  carry_out_in_cluster(state, [](ClusterWorld& world, std::uint64_t number) {
    cluster::FindOwners find{world.server(0), {}};
    for (std::uint64_t i = 0; i < 1'000; ++i)
      find.users.push_back(user((number * 1'000 + i) % ClusterWorld::kUsers));
    return find;
  });
}
BENCHMARK(find_owners_of_1000)->Arg(1);

}  // namespace
}  // namespace muster

int main(int count, char** words) {
  benchmark::Initialize(&count, words);
  const std::string_view option = "--postgres=";
  if (count == 2 && std::string_view(words[1]).starts_with(option)) {
    muster::postgres_connection() = std::string_view(words[1]).substr(option.size());
  } else if (benchmark::ReportUnrecognizedArguments(count, words)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
