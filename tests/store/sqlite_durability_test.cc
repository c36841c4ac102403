// What was acknowledged is there: after closing, after kill -9, after a power failure, with several
// processes on one file.
#include "shell/store/sqlite_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "support/child_process.h"
#include "support/faulty_disk.h"
#include "support/store_world.h"

namespace muster {
namespace store_sqlite_durability_test {

using testing::address;
using testing::at;
using testing::Child;
using testing::FaultyDisk;
using testing::RandomRequests;
using testing::tell;
using testing::TemporaryFolder;

std::string contents_of(SqliteStore& store) {
  return testing::contents(RandomRequests::users(),
                           [&](StoreRequest r) { return testing::carry_out(store, std::move(r)); });
}
std::string contents_of(sim::MemoryStore& model) {
  return testing::contents(RandomRequests::users(),
                           [&](const StoreRequest& r) { return model.carry_out(r); });
}

TEST(SqliteFile, OnlyItsOwnerReadsIt) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(0);
  const auto store = testing::open_sqlite({.path = folder.file()});
  ::umask(before);
  testing::carry_out(*store, LoadUser{address("alice"), true});
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat found {};
    ASSERT_EQ(::stat((folder.file() + suffix).c_str(), &found), 0) << suffix;
    EXPECT_EQ(found.st_mode & 07777, 0600u) << suffix;
  }
}

TEST(SqliteFile, IsOneFileOnceItIsClosed) {
  const TemporaryFolder folder;
  testing::carry_out(*testing::open_sqlite({.path = folder.file()}),
                     LoadUser{address("alice"), true});
  EXPECT_FALSE(std::filesystem::exists(folder.file() + "-wal"));
  const auto again = testing::open_sqlite({.path = folder.file()});
  EXPECT_EQ(testing::words(testing::carry_out(*again, LoadUser{address("alice")})),
            "user, policy 0");
}

// --- flushes -------------------------------------------------------------------------------------

TEST(SqliteFlush, OneForAGroupThatWrites) {
  const TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  const auto store = testing::open_sqlite({.path = folder.file(), .vfs = FaultyDisk::kName});
  testing::carry_out(*store, LoadUser{address("alice"), true});
  for (const int count : {1, 2, 200}) {
    std::vector<StoreRequest> group;
    for (int i = 0; i < count; ++i) {
      const Address contact = address("c" + std::to_string(i));
      group.push_back(SetRosterItem{address("alice"), contact, {}, {}, 1'000});
      group.push_back(LoadUser{address("alice")});
    }
    disk.count_anew();
    testing::carry_out(*store, group);
    EXPECT_EQ(disk.flushes, 1) << count;
  }
}

TEST(SqliteFlush, NoneForAGroupThatReads) {
  const TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  const auto store = testing::open_sqlite({.path = folder.file(), .vfs = FaultyDisk::kName});
  testing::carry_out(*store, LoadUser{address("alice"), true});
  disk.count_anew();
  testing::carry_out(*store,
                     {LoadUser{address("alice"), true}, LoadUser{address("ghost")},
                      LoadRoster{address("alice"), std::nullopt}, LoadPending{address("alice")}});
  testing::carry_out(*store, ListAccounts{"example.com", {}, 10});
  testing::carry_out(*store, LoadCredentials{address("alice")});
  EXPECT_EQ(disk.writes, 0);
  EXPECT_EQ(disk.flushes, 0);
  // What is refused writes nothing either.
  testing::carry_out(*store, RemoveRosterItem{address("alice"), address("bob")});
  EXPECT_EQ(disk.flushes, 0);
}

// The worlds that a power failure may leave: of the file and of its log, what was flushed last or
// what was written since. Each must have all that was acknowledged.
void expect_survives_power_failure(const std::string& file, const std::string& acknowledged) {
  namespace fs = std::filesystem;
  for (const bool file_as_flushed : {true, false}) {
    for (const bool log_as_flushed : {true, false}) {
      const TemporaryFolder after;
      const auto keep = [&](const std::string& suffix, bool as_flushed) {
        const std::string from = file + suffix + (as_flushed ? ".flushed" : "");
        if (fs::exists(from)) fs::copy_file(from, after.file() + suffix);
      };
      keep("", file_as_flushed);
      keep("-wal", log_as_flushed);
      ASSERT_EQ(contents_of(*testing::open_sqlite({.path = after.file()})), acknowledged)
          << file_as_flushed << log_as_flushed;
    }
  }
}

TEST(SqliteFlush, WhatIsAcknowledgedSurvivesAPowerFailure) {
  const TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  disk.keep_flushed(true);
  sim::MemoryStore model;
  auto store = testing::open_sqlite({.path = folder.file(), .vfs = FaultyDisk::kName});
  RandomRequests random(5);
  const std::string large(100'000, 'x');  // so that the log is checkpointed now and then
  int checkpoints = 0;
  for (int step = 0; step < 150; ++step) {
    std::vector<StoreRequest> group;
    for (int i = 0; i < 4; ++i)
      group.push_back(random.next());
    group.push_back(LoadUser{address("alice"), true, at(2'000)});
    // Each expires before the next is stored.
    group.push_back(StorePublication{
        address("alice"), {}, "large", large, at(2'000 + step), at(2'001 + step), 20});
    disk.count_anew();
    const auto replies = testing::carry_out(*store, group);
    for (std::size_t i = 0; i < group.size(); ++i) {
      ASSERT_EQ(testing::words(replies[i]), testing::words(model.carry_out(group[i])));
    }
    EXPECT_FALSE(disk.unflushed.contains(folder.file() + "-wal"));
    checkpoints += disk.flushes > 1 ? 1 : 0;
    if (step % 10 != 0 && disk.flushes == 1) continue;
    expect_survives_power_failure(folder.file(), contents_of(model));
    if (HasFatalFailure()) break;
  }
  EXPECT_GT(checkpoints, 2);
  disk.keep_flushed(false);
}

// --- processes -----------------------------------------------------------------------------------

std::vector<StoreRequest> next_group(RandomRequests& random) {
  std::vector<StoreRequest> group;
  for (std::uint64_t i = 1 + random.below(12); i > 0; --i)
    group.push_back(random.next());
  return group;
}

std::uint64_t digest_of(const std::vector<StoreReply>& replies) {
  std::string all;
  for (const StoreReply& reply : replies)
    all += testing::words(reply) + "\n";
  return hash_bytes(all);
}

// One life: a child carries out random groups and acknowledges each, until it is killed. The model
// follows; what is found in the file is then the acknowledged state, or, if the last group was
// committed and not yet acknowledged, the one behind it. Returns how many were acknowledged.
int live_and_be_killed(const std::string& file, std::uint64_t seed, sim::MemoryStore& model,
                       std::uint64_t life_us) {
  Child child([&](int parent) {
    testing::kill_self_in(life_us);
    const auto store = testing::open_sqlite({.path = file});
    RandomRequests random(seed);
    while (true)
      tell(parent, digest_of(testing::carry_out(*store, next_group(random))));
  });
  RandomRequests random(seed);
  const auto model_does = [&](sim::MemoryStore& in, const std::vector<StoreRequest>& group) {
    std::vector<StoreReply> replies;
    for (const StoreRequest& request : group)
      replies.push_back(in.carry_out(request));
    return digest_of(replies);
  };
  int acknowledged = 0;
  for (std::uint64_t digest = 0; child.read(digest); ++acknowledged) {
    EXPECT_EQ(digest, model_does(model, next_group(random))) << "seed " << seed;
  }
  EXPECT_EQ(child.wait(), SIGKILL);
  const auto store = testing::open_sqlite({.path = file});
  const std::string found = contents_of(*store);
  if (found != contents_of(model)) {
    model_does(model, next_group(random));
    EXPECT_EQ(found, contents_of(model)) << "seed " << seed << ", behind " << acknowledged;
  }
  return acknowledged;
}

TEST(SqliteKill, WhatIsAcknowledgedSurvivesKill9) {
  const TemporaryFolder folder(TemporaryFolder::Where::on_disk);
  sim::MemoryStore model;
  int acknowledged = 0;
  int lives = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  RandomRequests random(99);
  for (; lives < 60 && std::chrono::steady_clock::now() < end; ++lives) {
    acknowledged += live_and_be_killed(folder.file(), 1'000 + static_cast<std::uint64_t>(lives),
                                       model, 2'000 + random.below(150'000));
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_GT(lives, 10);
  EXPECT_GT(acknowledged, 100);
  RecordProperty("lives", lives);
  RecordProperty("acknowledged", acknowledged);
}

// Each set of an item is one version: if two processes overwrote one another, one would be missing.
TEST(SqliteProcesses, ShareOneFile) {
  constexpr int kProcesses = 3;
  constexpr int kSets = 100;
  const TemporaryFolder folder;
  testing::carry_out(*testing::open_sqlite({.path = folder.file()}),
                     LoadUser{address("alice"), true});
  std::vector<std::unique_ptr<Child>> children;
  for (int process = 0; process < kProcesses; ++process) {
    children.push_back(std::make_unique<Child>([&](int parent) {
      const auto store =
          testing::open_sqlite({.path = folder.file(), .busy_time_max = Duration::seconds(30)});
      for (int i = 0; i < kSets; ++i) {
        const Address contact = address("c" + std::to_string(process) + "-" + std::to_string(i));
        const auto reply = testing::carry_out(
            *store, SetRosterItem{address("alice"), contact, {}, {}, kProcesses * kSets});
        tell(parent, std::get<RosterItemSet>(reply).version);
      }
    }));
  }
  std::set<std::uint64_t> versions;
  for (const auto& child : children) {
    for (std::uint64_t version = 0; child->read(version);)
      versions.insert(version);
    EXPECT_EQ(child->wait(), 0);
  }
  EXPECT_EQ(versions.size(), static_cast<std::size_t>(kProcesses * kSets));
  const auto store = testing::open_sqlite({.path = folder.file()});
  const auto reply = testing::carry_out(*store, LoadRoster{address("alice"), std::nullopt});
  EXPECT_EQ(std::get<RosterLoaded>(reply).items.size(), versions.size());
  EXPECT_EQ(std::get<RosterLoaded>(reply).version, versions.size());
}

TEST(SqliteProcesses, MakeTheFileTogether) {
  const TemporaryFolder folder;
  std::vector<std::unique_ptr<Child>> children;
  for (int process = 0; process < 4; ++process) {
    children.push_back(std::make_unique<Child>([&, process](int) {
      const auto store = testing::open_sqlite({.path = folder.file()});
      const Address user = address("u" + std::to_string(process));
      EXPECT_EQ(testing::words(testing::carry_out(*store, LoadUser{user, true})), "user, policy 0");
    }));
  }
  for (const auto& child : children)
    EXPECT_EQ(child->wait(), 0);
  const auto store = testing::open_sqlite({.path = folder.file()});
  const auto reply = testing::carry_out(*store, ListAccounts{"example.com", {}, 10});
  EXPECT_EQ(std::get<AccountsListed>(reply).accounts.size(), 4u);
}

}  // namespace store_sqlite_durability_test
}  // namespace muster
