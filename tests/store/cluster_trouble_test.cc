// The cluster's store in a failing world: full, locked, broken or foreign files. Who asks is told
// so, nothing that was acknowledged is lost, nothing that was not is done, and the store works
// again by itself. That all tasks of SQLite's files fare so is sqlite_trouble_test.cc's.
#include "shell/store/cluster_sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/settings.h"
#include "shell/store/cluster_schema.h"
#include "support/cluster_world.h"
#include "support/faulty_disk.h"
#include "support/raw_sqlite.h"

namespace muster::cluster {
namespace store_cluster_trouble_test {

using testing::a_server;
using testing::address;
using testing::DiskFault;
using testing::FaultyDisk;
using ::testing::HasSubstr;
using testing::RandomClusterRequests;
using testing::RawSqlite;
using testing::TemporaryFolder;

const Address alice = address("alice");
const Address bob = address("bob");
const Address carol = address("carol");

class ClusterTrouble : public ::testing::Test {
 protected:
  ClusterTrouble() : store_(open()) {
    asked_all({TakeLease{a_server("a"), false, Duration::seconds(10)},
               TakeLease{a_server("b"), false, Duration::seconds(20)}});
  }

  std::unique_ptr<SqliteClusterStore> open() {
    return testing::open_cluster(
        {.file = {.path = file_, .busy_time_max = Duration::milliseconds(20)},
         .clock = [this] { return now_; },
         .boot_id = "one"});
  }
  std::string asked(ClusterRequest request) {
    return testing::words(testing::carry_out(*store_, std::move(request)));
  }
  std::vector<std::string> asked_all(const std::vector<ClusterRequest>& group) {
    std::vector<std::string> replies;
    for (const ClusterReply& reply : store_->carry_out(group))
      replies.push_back(testing::words(reply));
    return replies;
  }
  ClusterRequest assign(const Address& user) { return AssignUsers{a, {{user, {}, a}}}; }

  const Incarnation a{1};
  const Incarnation b{2};
  TemporaryFolder folder_;
  const std::string file_ = folder_.file("cluster.db");
  Duration now_;
  std::unique_ptr<SqliteClusterStore> store_;
};

// --- one that fails, among others ----------------------------------------------------------------

// A trigger stands for whatever may go wrong in the middle of a request.
TEST_F(ClusterTrouble, ARequestThatFailsDoesNotSpoilTheOthers) {
  RawSqlite(file_).run(
      "CREATE TRIGGER fail BEFORE INSERT ON assignments WHEN new.user_id = 'bob@example.com'"
      " BEGIN SELECT RAISE(ABORT, 'planted'); END");
  // Alice is assigned before Bob: that must be undone.
  EXPECT_EQ(
      asked_all({assign(carol), AssignUsers{a, {{alice, {}, a}, {bob, {}, a}}},
                 FindOwners{b, {alice, carol}}, TakeMain{b}}),
      (std::vector<std::string>{"owners 1", "failed: broken", "owners 0 1", "main in epoch 1"}));
  EXPECT_THAT(store_->trouble(), HasSubstr("planted"));
  EXPECT_EQ(asked(FindOwners{b, {alice, bob, carol}}), "owners 0 0 1");
  EXPECT_EQ(asked(assign(alice)), "owners 1");
  EXPECT_EQ(store_->trouble(), "");
}

// --- locked --------------------------------------------------------------------------------------

TEST_F(ClusterTrouble, ALockedFileIsBusyUntilItIsReleased) {
  asked(assign(alice));
  RawSqlite raw(file_);
  raw.run("BEGIN IMMEDIATE");
  EXPECT_EQ(asked_all({RenewLease{a, Duration::seconds(10)}, FindOwners{a, {alice}}, TakeMain{a},
                       assign(bob), SweepAssignments{a, 1}}),
            (std::vector<std::string>{"failed: busy", "owners 1", "failed: busy", "failed: busy",
                                      "failed: busy"}))
      << "who only asks whose a user is need not wait";
  EXPECT_THAT(store_->trouble(), HasSubstr(file_));
  raw.run("ROLLBACK");
  EXPECT_EQ(asked_all({TakeMain{a}, assign(bob)}),
            (std::vector<std::string>{"main in epoch 1", "owners 1"}));
  EXPECT_EQ(store_->trouble(), "");
}

// A request's moment is read when nobody else can write: of two writes the later has the later.
TEST_F(ClusterTrouble, TheMomentOfAWriteIsReadUnderTheLock) {
  int read = 0;
  const auto store = testing::open_cluster(
      {.file = {.path = file_},
       .clock =
           [&] {
             ++read;
             EXPECT_EQ(asked(RenewLease{b, Duration::seconds(10)}), "failed: busy");
             return now_;
           },
       .boot_id = "one"});
  store->carry_out({RenewLease{a, Duration::seconds(10)}, TakeMain{a}});
  EXPECT_EQ(read, 2);
}

// --- a full disk, an I/O error -------------------------------------------------------------------

std::vector<ClusterRequest> a_group(int salt) {
  const Incarnation a(2);
  const Incarnation b(3);
  AssignUsers many{a, {}};
  for (int i = 0; i < 100; ++i) {
    many.users.push_back({address(std::to_string(salt) + "-" + std::to_string(i)), {}, b});
  }
  const Incarnation before(static_cast<std::uint64_t>(salt) + 3);
  return {FindOwners{a, {alice}},
          TakeLease{a_server("c"), true, Duration::seconds(10)},
          TakeMain{a},
          ForgetServer{a, before},
          many,
          AssignUsers{a, {{alice, salt % 2 == 0 ? Incarnation() : a, a}}},
          RenewLease{b, Duration::seconds(salt)},
          FindOwners{b, {alice, bob}}};
}

// The n-th operation on the disk fails, and perhaps all behind it. What was answered with
// something else than StoreFailed is done, the rest is not; once the disk is well again, so is the
// store. Returns false once n is beyond what the group does.
bool fail_the_nth_operation(FaultyDisk::Fault fault, int n, bool lasting) {
  const TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  sim::ClusterMemory model;
  const auto open = [&] {
    return testing::open_cluster(
        {.file = {.path = folder.file("cluster.db"), .vfs = FaultyDisk::kName},
         .clock = [] { return Duration::hours(1); },
         .boot_id = "one"});
  };
  const auto model_does = [&](const ClusterRequest& request) {
    return testing::words(model.carry_out(Duration::hours(1), request));
  };
  auto store = open();
  const auto carry_out = [&](const std::vector<ClusterRequest>& group, bool may_fail) {
    const auto replies = store->carry_out(group);
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (const auto* failed = std::get_if<StoreFailed>(&replies[i])) {
        EXPECT_TRUE(may_fail) << testing::words(group[i]);
        EXPECT_EQ(failed->why == StoreFailed::Why::full, fault == FaultyDisk::Fault::full);
        // Reading needs no room.
        const bool reads = std::holds_alternative<FindOwners>(group[i]);
        EXPECT_FALSE(reads && fault == FaultyDisk::Fault::full);
      } else {
        EXPECT_EQ(testing::words(replies[i]), model_does(group[i]))
            << "operation " << n << ", request " << i;
      }
    }
  };
  const auto expect_same = [&] {
    const std::string found = testing::cluster_contents(
        [&](const ClusterRequest& r) { return testing::carry_out(*store, r); });
    EXPECT_EQ(found, testing::cluster_contents([&](const ClusterRequest& r) {
                return model.carry_out(Duration::hours(1), r);
              }))
        << "operation " << n;
  };
  carry_out({RandomClusterRequests::observer_comes(),
             TakeLease{a_server("a"), false, Duration::seconds(10)},
             TakeLease{a_server("b"), false, Duration::seconds(10)}},
            false);
  carry_out(a_group(0), false);
  disk.fail(fault, n, lasting);
  carry_out(a_group(1), true);
  carry_out(a_group(2), lasting || !disk.hit());
  const bool hit = disk.heal();
  carry_out(a_group(3), false);
  EXPECT_EQ(store->trouble(), "");
  expect_same();
  store.reset();
  store = open();
  expect_same();
  return hit;
}

class ClusterEveryOperation : public ::testing::TestWithParam<DiskFault> {};
INSTANTIATE_TEST_SUITE_P(Of, ClusterEveryOperation, ::testing::ValuesIn(testing::kDiskFaults),
                         testing::name_of);

TEST_P(ClusterEveryOperation, MayFail) {
  testing::fail_every_operation(GetParam(), fail_the_nth_operation);
}

// --- others at the file --------------------------------------------------------------------------

// Less than the time to the next renewal, or else one lock would cost a lease.
TEST(ClusterLock, IsNotWaitedForAsLongAsALeaseLasts) {
  const TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  const auto store = testing::open_cluster({.file = {.path = folder.file("cluster.db"),
                                                     .busy_time_max = Duration::seconds(2),
                                                     .vfs = FaultyDisk::kName}});
  RawSqlite other(folder.file("cluster.db"));
  other.run("BEGIN IMMEDIATE");
  disk.waited = {};
  EXPECT_EQ(testing::words(
                testing::carry_out(*store, TakeLease{a_server("a"), false, Duration::seconds(10)})),
            "failed: busy");
  EXPECT_GT(disk.waited, Duration());
  EXPECT_LT(disk.waited, ClusterSettings().renew_after);
  other.run("ROLLBACK");
}

// --- files that are not what they must be --------------------------------------------------------

TEST_F(ClusterTrouble, TheFileOfUsersIsAnother) {
  const std::string users = folder_.file("muster.db");
  testing::open_sqlite({.path = users});
  const auto opened = SqliteClusterStore::open({.file = {.path = users}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), users + ": the file is another program's database");
  const auto the_other_way = SqliteStore::open({.path = file_});
  ASSERT_FALSE(the_other_way);
  EXPECT_EQ(the_other_way.error(), file_ + ": the file is another program's database");
}

TEST_F(ClusterTrouble, ANewerFileIsRefusedAsItIs) {
  const std::string newer = "PRAGMA user_version = " + std::to_string(kSchemaVersion + 1);
  RawSqlite raw(file_);
  raw.run(newer);
  EXPECT_EQ(asked(FindOwners{a, {}}), "failed: broken");
  EXPECT_EQ(asked(TakeMain{a}), "failed: broken");
  EXPECT_THAT(store_->trouble(), HasSubstr("a newer muster"));
  const auto opened = SqliteClusterStore::open({.file = {.path = file_}});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error(), HasSubstr("a newer muster"));
  raw.run("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  EXPECT_EQ(asked(TakeMain{a}), "main in epoch 1");
}

// Rows that mean nothing: the trouble of who asks for them.
TEST_F(ClusterTrouble, RowsThatMeanNothingAreBroken) {
  asked(assign(alice));
  const std::string whole = asked(RenewLease{a, Duration::seconds(10)});
  RawSqlite raw(file_);
  for (const char* damage :
       {"UPDATE servers SET role = 5 WHERE incarnation = 2",
        "UPDATE servers SET role = -1 WHERE incarnation = 2",
        "UPDATE servers SET link = '' WHERE incarnation = 2",
        "UPDATE servers SET link = '192.0.2.1' WHERE incarnation = 2", "DELETE FROM cluster"}) {
    raw.run(damage);
    EXPECT_EQ(asked_all({FindOwners{a, {alice}}, RenewLease{a, Duration::seconds(10)},
                         FindOwners{a, {alice}}}),
              (std::vector<std::string>{"owners 1", "failed: broken", "owners 1"}))
        << damage;
    EXPECT_THAT(store_->trouble(), HasSubstr("corrupt")) << damage;
    raw.run(
        "UPDATE servers SET role = 1, link = '[::]:0';"
        "DELETE FROM cluster; INSERT INTO cluster VALUES (2, 0, 0)");
    EXPECT_EQ(asked(RenewLease{a, Duration::seconds(10)}), whole) << damage;
    EXPECT_EQ(store_->trouble(), "") << damage;
  }
}

}  // namespace store_cluster_trouble_test
}  // namespace muster::cluster
