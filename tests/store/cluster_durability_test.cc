// What the cluster's store acknowledged is there: after kill -9, with several processes on one
// file, and at what it costs.
#include "shell/store/cluster_sqlite.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "support/child_process.h"
#include "support/cluster_world.h"
#include "support/faulty_disk.h"
#include "support/raw_sqlite.h"

namespace muster::cluster {
namespace store_cluster_durability_test {

using testing::a_server;
using testing::address;
using testing::Child;
using testing::FaultyDisk;
using testing::RandomClusterRequests;
using testing::tell;
using testing::TemporaryFolder;

constexpr Duration kLease = Duration::minutes(10);

std::unique_ptr<SqliteClusterStore> open(const TemporaryFolder& folder) {
  return testing::open_cluster(
      {.file = {.path = folder.file("cluster.db"), .busy_time_max = Duration::seconds(30)}});
}
std::unique_ptr<SqliteClusterStore> open_on_faulty_disk(const TemporaryFolder& folder) {
  return testing::open_cluster(
      {.file = {.path = folder.file("cluster.db"), .vfs = FaultyDisk::kName}});
}
// Asks again while others have the file, for a request does not wait long.
ClusterReply ask(SqliteClusterStore& store, const ClusterRequest& request) {
  while (true) {
    ClusterReply reply = testing::carry_out(store, request);
    const auto* failed = std::get_if<StoreFailed>(&reply);
    if (failed == nullptr || failed->why != StoreFailed::Why::busy) return reply;
  }
}
Incarnation come(SqliteClusterStore& store, const std::string& svr_id, Duration time = kLease) {
  const auto reply = ask(store, TakeLease{a_server(svr_id), false, time});
  return std::get<LeaseTaken>(reply).incarnation;
}

// --- flushes -------------------------------------------------------------------------------------

// Assignments and renewals are of servers that fail with the machine.
TEST(ClusterFlush, OnceForAGroupThatGivesANumberAndNeverForWhatServersDoAllTheTime) {
  const TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  const auto store = open_on_faulty_disk(folder);
  const Incarnation a = come(*store, "a");
  std::vector<ClusterRequest> writing;
  std::vector<ClusterRequest> reading;
  for (int i = 0; i < 500; ++i) {
    const Address user = address("user" + std::to_string(i));
    writing.push_back(AssignUsers{a, {{user, {}, a}}});
    reading.push_back(FindOwners{a, {user}});
  }
  writing.push_back(RenewLease{a, kLease});
  disk.count_anew();
  store->carry_out(writing);
  EXPECT_EQ(disk.flushes, 0);
  EXPECT_GT(disk.writes, 0);
  disk.count_anew();
  for (const ClusterReply& reply : store->carry_out(reading))
    EXPECT_EQ(testing::words(reply), "owners 1");
  EXPECT_EQ(disk.flushes, 0);
  EXPECT_EQ(disk.writes, 0);
  // What is refused or changes nothing writes nothing either.
  for (const ClusterRequest& request : std::vector<ClusterRequest>{
           ForgetServer{a, a}, DeclareGone{a, a}, AssignUsers{a, {{address("user0"), {}, a}}},
           ReleaseUsers{a, {address("ghost")}}, SweepAssignments{a, 10}}) {
    testing::carry_out(*store, request);
    EXPECT_EQ(disk.flushes, 0) << testing::words(request);
  }
  writing.push_back(TakeLease{a_server("b"), false, kLease});
  disk.count_anew();
  store->carry_out(writing);
  EXPECT_EQ(disk.flushes, 1);
}

// The worlds that a failure of the machine may leave: of the file and of its log, what was flushed
// last or what was written since. All leases have run out in each, for the machine began anew.
std::vector<std::string> worlds_after_failure(const TemporaryFolder& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> worlds;
  for (const bool file_as_flushed : {true, false}) {
    for (const bool log_as_flushed : {true, false}) {
      const std::string world = folder.file("after" + std::to_string(worlds.size()) + ".db");
      const auto keep = [&](const std::string& suffix, bool as_flushed) {
        const std::string from =
            folder.file("cluster.db") + suffix + (as_flushed ? ".flushed" : "");
        fs::remove(world + suffix);
        if (fs::exists(from)) fs::copy_file(from, world + suffix);
      };
      keep("", file_as_flushed);
      keep("-wal", log_as_flushed);
      worlds.push_back(world);
    }
  }
  return worlds;
}

TEST(ClusterFlush, AfterAFailureOfTheMachineNoNumberIsGivenTwiceAndEachUserIsFree) {
  const TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  disk.keep_flushed(true);
  const auto store = open_on_faulty_disk(folder);
  const Incarnation a = come(*store, "a");
  const Address alice = address("alice");
  testing::carry_out(*store, AssignUsers{a, {{alice, {}, a}}});
  EXPECT_TRUE(disk.unflushed.contains(folder.file("cluster.db-wal")));
  const auto expect_all_can_begin_anew = [&](Incarnation newest) {
    for (const std::string& world : worlds_after_failure(folder)) {
      const auto after = testing::open_cluster({.file = {.path = world}, .boot_id = "another"});
      const Incarnation b = come(*after, "other");
      EXPECT_EQ(b.number(), newest.number() + 1) << world;
      EXPECT_EQ(testing::words(testing::carry_out(*after, DeclareGone{b, a})), "gone");
      EXPECT_EQ(testing::words(testing::carry_out(*after, ForgetServer{b, a})), "forgotten");
      const auto assigned = testing::carry_out(*after, AssignUsers{b, {{alice, {}, b}}});
      EXPECT_EQ(std::get<Owners>(assigned).owners.front(), b) << world;
    }
  };
  expect_all_can_begin_anew(a);

  // Who is given a number by another connection has what was not flushed flushed with it.
  const auto second = open_on_faulty_disk(folder);
  const Incarnation c = come(*second, "c");
  EXPECT_FALSE(disk.unflushed.contains(folder.file("cluster.db-wal")));
  for (const std::string& world : worlds_after_failure(folder)) {
    const auto after = testing::open_cluster({.file = {.path = world}, .boot_id = "another"});
    const auto found = testing::carry_out(*after, FindOwners{c, {alice}});
    EXPECT_EQ(std::get<Owners>(found).owners.front(), a) << world;
  }
  // Nor does it stay so: what this one assigns is not flushed again.
  testing::carry_out(*second, AssignUsers{c, {{address("bob"), {}, c}}});
  EXPECT_TRUE(disk.unflushed.contains(folder.file("cluster.db-wal")));
  expect_all_can_begin_anew(c);
  disk.keep_flushed(false);
}

// --- kill -9 -------------------------------------------------------------------------------------

// One life's requests; the same for whoever carries them out, if the replies are.
class Life {
 public:
  Life(std::uint64_t seed, Incarnation newest, Duration begin)
      : random_(seed, newest.number()), now_(begin) {}

  Duration now() const { return now_; }
  // Each of a group has the same moment.
  std::vector<ClusterRequest> next_group() {
    now_ = now_ + random_.step();
    std::vector<ClusterRequest> group;
    for (std::uint64_t i = 1 + random_.below(12); i > 0; --i)
      group.push_back(random_.next());
    return group;
  }
  std::uint64_t learn(const std::vector<ClusterReply>& replies) {
    std::string all;
    for (const ClusterReply& reply : replies) {
      all += testing::words(reply) + "\n";
      random_.learn(reply);
    }
    return hash_bytes(all);
  }

 private:
  RandomClusterRequests random_;
  Duration now_;
};

class ClusterKill : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteClusterStore> open(const Life& life) {
    return testing::open_cluster({.file = {.path = folder_.file("cluster.db")},
                                  .clock = [&life] { return life.now(); },
                                  .boot_id = "one"});
  }
  std::vector<ClusterReply> model_does(Duration now, const std::vector<ClusterRequest>& group) {
    std::vector<ClusterReply> replies;
    for (const ClusterRequest& request : group)
      replies.push_back(model_.carry_out(now, request));
    return replies;
  }
  // With what no reply says at once: the latest incarnation, and rows of owners who are forgotten.
  std::string contents_of_model(Duration now) {
    const std::string contents = testing::cluster_contents(
        [&](const ClusterRequest& r) { return model_.carry_out(now, r); });
    sim::ClusterMemory copy = model_;
    const auto swept =
        copy.carry_out(now, SweepAssignments{RandomClusterRequests::kObserver, 1'000'000});
    const auto rows = copy.owners().size() + std::get<AssignmentsSwept>(swept).rows;
    const auto taken = copy.carry_out(now, RandomClusterRequests::observer_comes());
    const auto newest = std::get<LeaseTaken>(taken).incarnation.number() - 1;
    return contents + "\n" + std::to_string(newest) + " " + std::to_string(rows);
  }
  std::string contents_of(SqliteClusterStore& store) {
    const std::string contents = testing::cluster_contents(
        [&](const ClusterRequest& r) { return testing::carry_out(store, r); });
    testing::RawSqlite raw(folder_.file("cluster.db"));
    return contents + "\n" + raw.cell("SELECT newest FROM cluster") + " " +
           raw.cell("SELECT count(*) FROM assignments");
  }
  // A child carries out random groups and acknowledges each, until it is killed. The model
  // follows; what is found in the file is then the acknowledged state, or, if the last group was
  // committed and not yet acknowledged, the one behind it. Returns how many were acknowledged.
  int live_and_be_killed(std::uint64_t seed, std::uint64_t life_us) {
    Life life(seed, newest_, Duration::hours(static_cast<std::int64_t>(seed)));
    Child child([&](int parent) {
      testing::kill_self_in(life_us);
      const auto store = open(life);
      while (true) {
        const auto group = life.next_group();
        tell(parent, life.learn(store->carry_out(group)));
      }
    });
    int acknowledged = 0;
    const auto follow = [&] {
      const auto group = life.next_group();
      const auto replies = model_does(life.now(), group);
      for (const ClusterReply& reply : replies) {
        const auto* taken = std::get_if<LeaseTaken>(&reply);
        if (taken != nullptr) newest_ = taken->incarnation;
      }
      return life.learn(replies);
    };
    for (std::uint64_t digest = 0; child.read(digest); ++acknowledged) {
      EXPECT_EQ(digest, follow()) << "seed " << seed;
    }
    EXPECT_EQ(child.wait(), SIGKILL);
    const auto store = open(life);
    if (contents_of(*store) != contents_of_model(life.now())) {
      follow();
      EXPECT_EQ(contents_of(*store), contents_of_model(life.now()))
          << "seed " << seed << ", behind " << acknowledged;
    }
    return acknowledged;
  }

  const TemporaryFolder folder_{TemporaryFolder::Where::on_disk};
  sim::ClusterMemory model_;
  Incarnation newest_ = RandomClusterRequests::kObserver;
};

TEST_F(ClusterKill, WhatIsAcknowledgedSurvivesKill9) {
  const Life before(0, newest_, {});
  testing::carry_out(*open(before), RandomClusterRequests::observer_comes());
  model_.carry_out({}, RandomClusterRequests::observer_comes());
  int acknowledged = 0;
  int lives = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  RandomClusterRequests random(99);
  for (; lives < 60 && std::chrono::steady_clock::now() < end; ++lives) {
    acknowledged += live_and_be_killed(1'000 + static_cast<std::uint64_t>(lives),
                                       2'000 + random.below(150'000));
    if (HasFailure()) break;
  }
  EXPECT_GT(lives, 10);
  EXPECT_GT(acknowledged, 100);
  RecordProperty("lives", lives);
  RecordProperty("acknowledged", acknowledged);
}

// --- processes -----------------------------------------------------------------------------------

// By the kernel's clock, which all of them read: no lease runs out, one of them is main, and each
// user is whose assignment came first.
TEST(ClusterProcesses, ShareOneFile) {
  constexpr int kProcesses = 3;
  constexpr int kUsers = 200;
  struct Told {
    std::uint64_t incarnation = 0;
    std::uint64_t epoch = 0;  // 0: it was held
    int users = 0;
  };
  const TemporaryFolder folder;
  std::vector<std::unique_ptr<Child>> children;
  for (int process = 0; process < kProcesses; ++process) {
    children.push_back(std::make_unique<Child>([&](int parent) {
      const auto store = open(folder);
      const Incarnation self = come(*store, "p" + std::to_string(process));
      Told told{self.number(), 0, 0};
      const auto main = ask(*store, TakeMain{self});
      if (const auto* taken = std::get_if<MainTaken>(&main)) {
        told.epoch = taken->epoch.number();
      } else {
        EXPECT_EQ(testing::words(main), "held");
      }
      for (int i = 0; i < kUsers; ++i) {
        const Address user = address("user" + std::to_string(i));
        const auto reply = ask(*store, AssignUsers{self, {{user, {}, self}}});
        told.users += std::get<Owners>(reply).owners.front() == self ? 1 : 0;
      }
      tell(parent, told);
    }));
  }
  std::set<std::uint64_t> incarnations;
  std::uint64_t epochs = 0;
  int users = 0;
  for (const auto& child : children) {
    Told told;
    ASSERT_TRUE(child->read(told));
    EXPECT_EQ(child->wait(), 0);
    incarnations.insert(told.incarnation);
    epochs += told.epoch;
    users += told.users;
  }
  EXPECT_EQ(incarnations, (std::set<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(epochs, 1u) << "one of them is main, in the first";
  EXPECT_EQ(users, kUsers) << "each has one owner";
}

TEST(ClusterProcesses, MakeTheFileTogether) {
  const TemporaryFolder folder;
  std::vector<std::unique_ptr<Child>> children;
  for (int process = 0; process < 4; ++process) {
    children.push_back(std::make_unique<Child>(
        [&, process](int) { come(*open(folder), "p" + std::to_string(process)); }));
  }
  for (const auto& child : children)
    EXPECT_EQ(child->wait(), 0);
  EXPECT_EQ(come(*open(folder), "last").number(), 5u);
}

// --- the kernel's time ---------------------------------------------------------------------------

TEST(ClusterTime, IsTheMachinesForAllWhoOpenTheFile) {
  const TemporaryFolder folder;
  const auto store = open(folder);
  const Incarnation a = come(*store, "a");
  const Incarnation b = come(*open(folder), "b", {});
  const auto reply = testing::carry_out(*open(folder), RenewLease{b, {}});
  const Member found = std::get<LeaseRenewed>(reply).directory.members.front();
  EXPECT_EQ(found.incarnation, a);
  EXPECT_GT(found.time_left, Duration()) << "the same start of the machine";
  EXPECT_LE(found.time_left, kLease) << "and time does not go back";
  EXPECT_EQ(testing::words(testing::carry_out(*store, DeclareGone{a, b})), "gone");
}

}  // namespace store_cluster_durability_test
}  // namespace muster::cluster
