// Stores for tests: each backend behind one question-and-answer interface, a folder that goes away,
// and a source of requests that run into each other.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "base/result.h"
#include "shell/store/sqlite_store.h"
#include "sim/store/memory_store.h"
#include "support/store_words.h"

namespace muster::testing {

inline Address address(std::string_view local, std::string_view domain = "example.com") {
  return Address::of_canonical(local, domain);
}
inline UnixTime at(std::int64_t seconds) {
  return UnixTime::at(Duration::seconds(seconds));
}

template <class Store>
std::unique_ptr<Store> opened(Result<std::unique_ptr<Store>, std::string> store) {
  if (!store) {
    ADD_FAILURE() << store.error();
    return nullptr;
  }
  return std::move(*store);
}

// In memory if the machine has such a file system, where a flush costs nothing; or on disk.
class TemporaryFolder {
 public:
  enum class Where { in_memory, on_disk };

  explicit TemporaryFolder(Where where = Where::in_memory) {
    const std::filesystem::path memory = "/dev/shm";
    const bool use = where == Where::in_memory && ::access(memory.c_str(), W_OK) == 0;
    const auto parent = use ? memory : std::filesystem::temp_directory_path();
    std::string path = (parent / "muster-store-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    path_ = path;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(std::string_view name = "muster.db") const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// A backend that can be asked one thing.
class TestedStore {
 public:
  TestedStore() = default;
  virtual ~TestedStore() = default;
  TestedStore(const TestedStore&) = delete;
  TestedStore& operator=(const TestedStore&) = delete;

  virtual StoreReply ask(StoreRequest request) = 0;
  std::string asked(StoreRequest request) { return words(ask(std::move(request))); }
};

class TestedMemoryStore : public TestedStore {
 public:
  StoreReply ask(StoreRequest request) override { return store_.carry_out(request); }

 private:
  sim::MemoryStore store_;
};

inline std::unique_ptr<SqliteStore> open_sqlite(SqliteStore::Options options) {
  return opened(SqliteStore::open(std::move(options)));
}

inline std::vector<StoreReply> carry_out(StoreBackend& store, std::vector<StoreRequest> requests) {
  std::vector<StoreTask> group;
  for (StoreRequest& request : requests)
    group.push_back(std::move(request));
  std::vector<StoreReply> replies;
  for (StoreResult& result : store.carry_out(group)) {
    replies.push_back(std::get<StoreReply>(std::move(result)));
  }
  return replies;
}

inline StoreReply carry_out(StoreBackend& store, StoreRequest request) {
  return std::move(carry_out(store, std::vector<StoreRequest>{std::move(request)}).front());
}

inline AccountReply carry_out(StoreBackend& store, AccountRequest request) {
  return std::get<AccountReply>(
      std::move(store.carry_out(std::vector<StoreTask>{std::move(request)}).front()));
}

class TestedSqliteStore : public TestedStore {
 public:
  TestedSqliteStore() : store_(open_sqlite({.path = folder_.file()})) {}
  StoreReply ask(StoreRequest request) override { return carry_out(*store_, std::move(request)); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<SqliteStore> store_;
};

// Requests of a few users, some of whom do not exist, with small limits and short lives: so that
// all of them meet. The same seed, the same requests.
class RandomRequests {
 public:
  explicit RandomRequests(std::uint64_t seed) : prng_(Prng::seed_of(seed)) {}

  StoreRequest next() {
    now_ = now_ + Duration::seconds(static_cast<std::int64_t>(prng_.below(3)));
    switch (prng_.below(16)) {
      case 0: return LoadUser{user(), prng_.below(2) == 0, now_, policy()};
      case 1: return prng_.below(8) == 0 ? StoreRequest(LoadPublications{now_}) : load_roster();
      case 2: return SetRosterItem{user(), user(), text(), groups(), limit()};
      case 3: return RemoveRosterItem{user(), user()};
      case 4: return AskToWatch{user(), user(), "<watch " + prng_.token(4) + "/>", limit()};
      case 5: return LoadPending{user()};
      case 6:
      case 7: return publication();
      case 8: return RemovePublication{user(), etag(), now_};
      case 9: return ExpirePublications{user(), now_};
      case 10: return SetWatcherPolicy{user(), policy()};
      case 11:
        if (prng_.below(12) == 0) return RemoveAccount{user()};
        return LoadUser{user(), true, now_, policy()};
      default:
        return ChangeSubscription{user(), user(), static_cast<SubscriptionVerb>(prng_.below(4)),
                                  "<presence id='" + prng_.token(4) + "'/>", limit()};
    }
  }

  std::uint64_t below(std::uint64_t bound) { return prng_.below(bound); }

  // Every user that next() speaks of.
  static std::vector<Address> users() {
    std::vector<Address> all{Address::of_canonical("", "example.com")};
    for (const char* local : {"alice", "bob", "carol", "dan"})
      all.push_back(address(local));
    for (const char* local : {"alice", "\u00e9ve"})
      all.push_back(address(local, "example.net"));
    return all;
  }

 private:
  Address user() {
    static const std::vector<Address> kAll = users();
    return kAll[prng_.below(kAll.size())];
  }
  WatcherPolicy policy() { return static_cast<WatcherPolicy>(prng_.below(4)); }
  std::uint32_t limit() { return static_cast<std::uint32_t>(1 + prng_.below(6)); }
  std::string etag() { return "tag" + std::to_string(prng_.below(12)); }
  std::string text() { return prng_.below(3) == 0 ? std::string() : prng_.token(5); }
  std::vector<std::string> groups() {
    std::vector<std::string> all;
    for (std::uint64_t i = prng_.below(3); i > 0; --i)
      all.push_back(prng_.token(i));
    return all;
  }
  StoreRequest load_roster() {
    LoadRoster load{user(), std::nullopt};
    if (prng_.below(2) == 0) load.known_version = prng_.below(40);
    return load;
  }
  StoreRequest publication() {
    const UnixTime expires = now_ + Duration::seconds(static_cast<std::int64_t>(prng_.below(60)));
    const bool fresh = prng_.below(3) == 0;
    // A tag of its own for each: that is what the presence server draws.
    std::string tag = "tag" + std::to_string(next_etag_++ % 12);
    return StorePublication{
        user(),         fresh ? std::string() : etag(),
        std::move(tag), fresh || prng_.below(2) == 0 ? prng_.token(30) : std::string(),
        now_,           expires,
        limit()};
  }

  Prng prng_;
  UnixTime now_ = at(1'000);
  std::uint64_t next_etag_ = 0;
};

// All that a store holds of these users, as one text.
template <class Ask>
std::string contents(const std::vector<Address>& users, Ask&& ask) {
  std::string all;
  for (const Address& user : users) {
    all += user.text() + ": " + words(ask(LoadUser{user})) + "\n  " +
           words(ask(LoadRoster{user, std::nullopt})) + "\n  " + words(ask(LoadPending{user})) +
           "\n";
  }
  return all;
}

}  // namespace muster::testing
