// A failing world: full, locked, broken or foreign files. Who asks is told so, nothing that was
// acknowledged is lost, nothing that was not is done, and the store works again by itself.
#include "shell/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "shell/store/sqlite_schema.h"
#include "support/faulty_disk.h"
#include "support/raw_sqlite.h"
#include "support/store_world.h"

namespace muster {
namespace store_sqlite_trouble_test {

using testing::address;
using testing::at;
using testing::DiskFault;
using testing::FaultyDisk;
using ::testing::HasSubstr;
using testing::RawSqlite;
using testing::TemporaryFolder;
using enum SubscriptionVerb;

const Address alice = address("alice");
const Address bob = address("bob");
const Address carol = address("carol");

std::string asked(SqliteStore& store, StoreRequest request) {
  return testing::words(testing::carry_out(store, std::move(request)));
}
std::vector<std::string> asked_all(SqliteStore& store, std::vector<StoreRequest> group) {
  std::vector<std::string> replies;
  for (const StoreReply& reply : testing::carry_out(store, std::move(group))) {
    replies.push_back(testing::words(reply));
  }
  return replies;
}
void make_users(SqliteStore& store) {
  asked_all(store, {LoadUser{alice, true}, LoadUser{bob, true}, LoadUser{carol, true}});
}
SetRosterItem item(const Address& account, const std::string& contact) {
  return {account, address(contact), {}, {}, 100};
}
bool failed(const StoreReply& reply) {
  return std::holds_alternative<StoreFailed>(reply);
}
std::string contents_of(SqliteStore& store) {
  return testing::contents({alice, bob, carol},
                           [&](StoreRequest r) { return testing::carry_out(store, std::move(r)); });
}
std::string contents_of(sim::MemoryStore& model) {
  return testing::contents({alice, bob, carol},
                           [&](const StoreRequest& r) { return model.carry_out(r); });
}

std::string version(std::int64_t number) {
  return "PRAGMA user_version = " + std::to_string(number);
}

class SqliteTrouble : public ::testing::Test {
 protected:
  SqliteTrouble() : store_(open()) { make_users(*store_); }

  std::unique_ptr<SqliteStore> open() {
    return testing::open_sqlite(
        {.path = folder_.file(), .busy_time_max = Duration::milliseconds(20)});
  }
  std::string error_of_opening() {
    auto opened =
        SqliteStore::open({.path = folder_.file(), .busy_time_max = Duration::milliseconds(20)});
    return opened ? "" : opened.error();
  }

  TemporaryFolder folder_;
  std::unique_ptr<SqliteStore> store_;
};

// --- one that fails, among others ----------------------------------------------------------------

// A trigger stands for whatever may go wrong in the middle of a task; the action is what SQLite
// does then to the transaction.
void fail_when_version_is_set(RawSqlite& raw, const std::string& user, const std::string& action) {
  raw.run("CREATE TRIGGER fail_" + user +
          " BEFORE UPDATE OF version ON accounts WHEN old.local = '" + user +
          "' BEGIN SELECT RAISE(" + action + ", 'planted'); END");
}

TEST_F(SqliteTrouble, ATaskThatFailsDoesNotSpoilTheOthers) {
  RawSqlite raw(folder_.file());
  fail_when_version_is_set(raw, "bob", "ABORT");
  // Alice's record is changed before Bob's: it must be undone.
  const auto replies = asked_all(
      *store_, {item(carol, "x"), ChangeSubscription{alice, bob, subscribe, "<presence/>", 100},
                LoadUser{alice}, item(alice, "y")});
  EXPECT_EQ(replies[0], "item v1 x@example.com none listed ''");
  EXPECT_EQ(replies[1], "failed: broken");
  EXPECT_EQ(replies[2], "user, policy 0");
  EXPECT_EQ(replies[3], "item v1 y@example.com none listed ''");
  EXPECT_THAT(store_->trouble(), HasSubstr("planted"));
  EXPECT_EQ(asked(*store_, LoadUser{alice}), "user, policy 0; y@example.com none listed v1");
  EXPECT_EQ(asked(*store_, LoadUser{carol}), "user, policy 0; x@example.com none listed v1");
  EXPECT_EQ(asked(*store_, item(alice, "z")), "item v2 z@example.com none listed ''");
  EXPECT_EQ(store_->trouble(), "");
}

// What costs the whole transaction is left out, and the others are carried out again.
TEST_F(SqliteTrouble, ATaskThatCostsTheTransactionIsLeftOut) {
  RawSqlite raw(folder_.file());
  fail_when_version_is_set(raw, "bob", "ROLLBACK");
  std::vector<StoreRequest> group = {item(alice, "a"), LoadUser{alice}};
  for (int i = 1; i < SqliteStore::kGroupAttemptsMax; ++i)
    group.push_back(item(bob, "b"));
  group.push_back(item(alice, "c"));
  const auto replies = asked_all(*store_, group);
  EXPECT_EQ(replies.front(), "item v1 a@example.com none listed ''");
  EXPECT_EQ(replies[1], "user, policy 0; a@example.com none listed v1");
  for (std::size_t i = 2; i + 1 < replies.size(); ++i)
    EXPECT_EQ(replies[i], "failed: broken");
  EXPECT_EQ(replies.back(), "item v2 c@example.com none listed ''");
  EXPECT_EQ(asked(*store_, LoadUser{alice}),
            "user, policy 0; a@example.com none listed v1; c@example.com none listed v2");
}

TEST_F(SqliteTrouble, TooManyOfThemFailTheGroup) {
  RawSqlite raw(folder_.file());
  fail_when_version_is_set(raw, "bob", "ROLLBACK");
  std::vector<StoreRequest> group = {item(alice, "a"), LoadUser{alice}};
  for (int i = 0; i < SqliteStore::kGroupAttemptsMax; ++i)
    group.push_back(item(bob, "b"));
  const auto replies = asked_all(*store_, group);
  EXPECT_EQ(replies[0], "failed: broken");
  EXPECT_EQ(replies[1], "user, policy 0") << "to read costs nothing";
  EXPECT_EQ(asked(*store_, LoadUser{alice}), "user, policy 0");
}

// --- locked --------------------------------------------------------------------------------------

TEST_F(SqliteTrouble, ALockedFileIsBusyUntilItIsReleased) {
  RawSqlite raw(folder_.file());
  raw.run("BEGIN IMMEDIATE");
  const auto replies = asked_all(*store_, {item(alice, "x"), LoadUser{alice}, LoadUser{bob, true},
                                           LoadUser{address("new"), true}, RemoveAccount{carol}});
  EXPECT_EQ(replies[0], "failed: busy");
  EXPECT_EQ(replies[1], "user, policy 0");
  EXPECT_EQ(replies[2], "user, policy 0");
  EXPECT_EQ(replies[3], "failed: busy") << "not: there is no such user";
  EXPECT_EQ(replies[4], "failed: busy");
  EXPECT_NE(store_->trouble(), "");
  EXPECT_EQ(asked(*store_, LoadUser{alice}), "user, policy 0");
  EXPECT_NE(store_->trouble(), "") << "that reading works says nothing about writing";
  raw.run("ROLLBACK");
  EXPECT_EQ(asked(*store_, item(alice, "x")), "item v1 x@example.com none listed ''");
  EXPECT_EQ(asked(*store_, LoadUser{address("new"), true}), "user, policy 0");
  EXPECT_EQ(store_->trouble(), "");
}

TEST_F(SqliteTrouble, AccountTasksAreBusyToo) {
  RawSqlite raw(folder_.file());
  raw.run("BEGIN IMMEDIATE");
  const AccountReply reply = testing::carry_out(*store_, SetCredentials{alice, {}});
  EXPECT_EQ(std::get<StoreFailed>(reply).why, StoreFailed::Why::busy);
  raw.run("ROLLBACK");
  EXPECT_TRUE(std::holds_alternative<CredentialsSet>(
      testing::carry_out(*store_, SetCredentials{alice, {}})));
}

// A group of LoadUser{create} begins as one that reads.
TEST_F(SqliteTrouble, ReadersMakeAccountsInTheirOrder) {
  const Address fresh = address("fresh");
  EXPECT_EQ(asked_all(*store_, {LoadUser{fresh}, LoadUser{fresh, true, {}, WatcherPolicy::allow},
                                LoadUser{fresh}}),
            (std::vector<std::string>{"no such user", "user, policy 2", "user, policy 2"}));
}

// --- a full disk, an I/O error -------------------------------------------------------------------

std::vector<StoreRequest> a_group(int salt) {
  const std::string contact = "c" + std::to_string(salt);
  const std::string large(20'000, 'x');
  return {LoadUser{alice},
          item(alice, contact),
          ChangeSubscription{alice, bob, subscribe, "<presence/>", 100},
          LoadUser{address("new" + std::to_string(salt)), true},
          StorePublication{carol, {}, contact, large, at(0), at(10), 100},
          LoadRoster{alice, std::nullopt}};
}

// The n-th operation on the disk fails, and perhaps all behind it. What was answered with
// something else than StoreFailed is done, the rest is not; once the disk is well again, so is the
// store. Returns false once n is beyond what the group does.
bool fail_the_nth_operation(FaultyDisk::Fault fault, int n, bool lasting) {
  const TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  sim::MemoryStore model;
  auto store = testing::open_sqlite({.path = folder.file(), .vfs = FaultyDisk::kName});
  const auto carry_out = [&](std::vector<StoreRequest> group, bool may_fail) {
    const auto replies = testing::carry_out(*store, group);
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (failed(replies[i])) {
        EXPECT_TRUE(may_fail) << testing::words(group[i]);
        const auto why = std::get<StoreFailed>(replies[i]).why;
        EXPECT_EQ(why == StoreFailed::Why::full, fault == FaultyDisk::Fault::full);
        // Reading needs no room.
        const bool reads = i == 0 || i == 5;
        EXPECT_FALSE(reads && fault == FaultyDisk::Fault::full);
      } else {
        EXPECT_EQ(testing::words(replies[i]), testing::words(model.carry_out(group[i])))
            << "operation " << n << ", task " << i;
      }
    }
  };
  carry_out({LoadUser{alice, true}, LoadUser{bob, true}, LoadUser{carol, true}}, false);
  carry_out(a_group(0), false);
  disk.fail(fault, n, lasting);
  carry_out(a_group(1), true);
  carry_out(a_group(2), lasting || !disk.hit());
  const bool hit = disk.heal();
  carry_out(a_group(3), false);
  EXPECT_EQ(store->trouble(), "");
  EXPECT_EQ(contents_of(*store), contents_of(model)) << "operation " << n;
  store.reset();
  EXPECT_EQ(contents_of(*testing::open_sqlite({.path = folder.file()})), contents_of(model))
      << "operation " << n << ", opened again";
  return hit;
}

class SqliteEveryOperation : public ::testing::TestWithParam<DiskFault> {};
INSTANTIATE_TEST_SUITE_P(Of, SqliteEveryOperation, ::testing::ValuesIn(testing::kDiskFaults),
                         testing::name_of);

TEST_P(SqliteEveryOperation, MayFail) {
  testing::fail_every_operation(GetParam(), fail_the_nth_operation);
}

// Groups whose pages do not fit into memory are written before they are committed.
TEST(SqliteDisk, FullInTheMiddleOfALargeGroup) {
  const TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  const auto store = testing::open_sqlite({.path = folder.file(), .vfs = FaultyDisk::kName});
  make_users(*store);
  const std::string large(1'000'000, 'x');
  std::vector<StoreRequest> group = {LoadUser{alice}};
  for (int i = 0; i < 20; ++i) {
    group.push_back(
        StorePublication{alice, {}, "t" + std::to_string(i), large, at(0), at(10), 100});
  }
  disk.fail(FaultyDisk::Fault::full, 10, true);
  const auto replies = asked_all(*store, group);
  ASSERT_TRUE(disk.heal());
  EXPECT_EQ(replies[0], "user, policy 0");
  for (std::size_t i = 1; i < replies.size(); ++i)
    EXPECT_EQ(replies[i], "failed: full") << i;
  EXPECT_EQ(asked(*store, LoadUser{alice}), "user, policy 0");
  EXPECT_EQ(asked(*store, item(alice, "x")), "item v1 x@example.com none listed ''");
}

// --- a disk that is truly full -------------------------------------------------------------------

// In a file system of one megabyte: filled up, then given room again.
void fill_up(const std::filesystem::path& folder) {
  std::ofstream(folder / "ballast") << std::string(400'000, 'x') << std::flush;
  const auto store = testing::open_sqlite({.path = folder / "muster.db"});
  ASSERT_NE(store, nullptr);
  make_users(*store);
  sim::MemoryStore model;
  for (const Address& user : {alice, bob, carol})
    model.carry_out(LoadUser{user, true});
  const auto publish = [&](int i) -> StoreRequest {
    return StorePublication{alice,  {},   "t" + std::to_string(i), std::string(15'000, 'x'), at(0),
                            at(10), 1'000};
  };
  int stored = 0;
  StoreReply reply = testing::carry_out(*store, publish(0));
  for (; !failed(reply) && stored < 1'000; reply = testing::carry_out(*store, publish(stored))) {
    model.carry_out(publish(stored++));
  }
  EXPECT_EQ(testing::words(reply), "failed: full");
  EXPECT_GT(stored, 5);
  EXPECT_NE(store->trouble(), "");
  EXPECT_EQ(contents_of(*store), contents_of(model)) << "users can still be loaded";
  EXPECT_EQ(asked(*store, publish(stored)), "failed: full");
  std::filesystem::remove(folder / "ballast");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(asked(*store, publish(stored)), testing::words(model.carry_out(publish(stored))));
    ++stored;
  }
  EXPECT_EQ(contents_of(*store), contents_of(model));
}

TEST(SqliteDisk, TrulyFull) {
  constexpr int kNotAllowed = 77;
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("small"));
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string small = folder.file("small");
    if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
      ::_exit(kNotAllowed);
    }
    ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (::mount("small", small.c_str(), "tmpfs", 0, "size=1m,mode=0777") != 0) {
      ::_exit(kNotAllowed);
    }
    fill_up(small);
    ::_exit(HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotAllowed) GTEST_SKIP() << "no file system can be mounted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// --- files that are not what they must be --------------------------------------------------------

TEST_F(SqliteTrouble, AFileThatIsNoDatabaseIsRefused) {
  store_.reset();
  std::ofstream(folder_.file(), std::ios::binary | std::ios::trunc) << std::string(8'192, 'x');
  EXPECT_THAT(error_of_opening(), HasSubstr(folder_.file()));
  EXPECT_THAT(error_of_opening(), HasSubstr("not a database"));
}

TEST_F(SqliteTrouble, AnEmptyFileIsANewOne) {
  store_.reset();
  std::filesystem::resize_file(folder_.file(), 0);
  EXPECT_EQ(error_of_opening(), "");
}

TEST_F(SqliteTrouble, AFolderThatIsNotThereIsSaid) {
  auto opened = SqliteStore::open({.path = folder_.file("no/such.db")});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error(), HasSubstr("no/such.db: No such file or directory"));
}

// Whoever opens a file that somebody else has waits once, not once for each attempt.
void open_beside(const std::vector<const char*>& others) {
  constexpr Duration kBusyTimeMax = Duration::milliseconds(100);
  const TemporaryFolder folder;
  auto& disk = FaultyDisk::instance();
  RawSqlite other(folder.file());
  for (const char* statement : others)
    other.run(statement);
  disk.waited = {};
  const auto opened = SqliteStore::open(
      {.path = folder.file(), .busy_time_max = kBusyTimeMax, .vfs = FaultyDisk::kName});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), folder.file() + ": database is locked (5)");
  EXPECT_GT(disk.waited, Duration());
  EXPECT_LE(disk.waited, kBusyTimeMax + kBusyTimeMax);
}

TEST(SqliteOpening, WaitsOnceForAFileThatNobodyMayRead) {
  open_beside({"BEGIN EXCLUSIVE"});
}
// It is no WAL yet, and cannot become one beside a reader.
TEST(SqliteOpening, WaitsOnceForAFileThatSomebodyReads) {
  open_beside({"PRAGMA user_version = 0", "BEGIN", "SELECT count(*) FROM sqlite_schema"});
}

TEST_F(SqliteTrouble, AnotherProgramsDatabaseIsRefusedAsItIs) {
  const std::string file = folder_.file("other.db");
  RawSqlite(file).run("CREATE TABLE secrets (text)");
  const auto before = std::filesystem::file_size(file);
  const auto opened = SqliteStore::open({.path = file});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error(), HasSubstr("another program's"));
  EXPECT_EQ(std::filesystem::file_size(file), before);
}

TEST_F(SqliteTrouble, ANewerFileIsRefusedAsItIs) {
  asked(*store_, item(alice, "x"));
  store_.reset();
  RawSqlite(folder_.file()).run(version(sqlite::kSchemaVersion + 1));
  EXPECT_THAT(error_of_opening(), HasSubstr("a newer muster"));
  EXPECT_THAT(error_of_opening(),
              HasSubstr("version " + std::to_string(sqlite::kSchemaVersion + 1)));
  RawSqlite(folder_.file()).run(version(sqlite::kSchemaVersion));
  store_ = open();
  EXPECT_EQ(asked(*store_, LoadUser{alice}), "user, policy 0; x@example.com none listed v1");
}

// As the first muster made it.
TEST_F(SqliteTrouble, AnOlderFileIsBroughtUp) {
  asked(*store_, item(alice, "x"));
  store_.reset();
  RawSqlite(folder_.file()).run("DROP TABLE fenced; DROP TABLE secret");
  RawSqlite(folder_.file()).run(version(1));
  store_ = open();
  EXPECT_EQ(asked(*store_, LoadUser{alice}), "user, policy 0; x@example.com none listed v1");
  RawSqlite(folder_.file()).run("INSERT INTO fenced VALUES (1)");
}

// Another process brings the file up while this one runs.
TEST_F(SqliteTrouble, AFileThatBecomesNewerIsLeftAlone) {
  RawSqlite raw(folder_.file());
  raw.run(version(sqlite::kSchemaVersion + 1));
  EXPECT_EQ(asked(*store_, LoadUser{alice}), "failed: broken");
  EXPECT_EQ(asked(*store_, item(alice, "x")), "failed: broken");
  EXPECT_THAT(store_->trouble(), HasSubstr("a newer muster"));
  raw.run(version(sqlite::kSchemaVersion));
  EXPECT_EQ(asked(*store_, LoadUser{alice}), "user, policy 0");
  raw.run(version(sqlite::kSchemaVersion + 1));
  EXPECT_EQ(asked(*store_, item(alice, "x")), "failed: broken");
  raw.run(version(sqlite::kSchemaVersion));
  EXPECT_EQ(asked(*store_, item(alice, "x")), "item v1 x@example.com none listed ''");
  EXPECT_EQ(store_->trouble(), "");
}

TEST_F(SqliteTrouble, AFileThatIsOlderIsBroughtUp) {
  ASSERT_EQ(asked(*store_, item(alice, "x")), "item v1 x@example.com none listed ''");
  const std::string before = asked(*store_, LoadUser{alice});
  store_.reset();
  RawSqlite raw(folder_.file());
  raw.run("DROP TABLE secret");
  raw.run(version(2));
  store_ = open();
  EXPECT_EQ(asked(*store_, LoadUser{alice}), before);
  const auto reply = testing::carry_out(*store_, AccountRequest(LoadSecret{}));
  ASSERT_TRUE(std::holds_alternative<SecretLoaded>(reply));
  EXPECT_EQ(std::get<SecretLoaded>(reply).secret.size(), 32u);
}

// Rows that mean nothing: each is one user's trouble only.
TEST_F(SqliteTrouble, RowsThatMeanNothingAreBroken) {
  const std::vector<std::pair<std::string, std::string>> damages = {
      {"UPDATE contacts SET subscription = 9", "UPDATE contacts SET subscription = 0"},
      {"UPDATE contacts SET subscription = -1", "UPDATE contacts SET subscription = 0"},
      {"UPDATE contacts SET contact = ''", "UPDATE contacts SET contact = 'x@example.com'"},
      {"UPDATE contacts SET contact = 'x@'", "UPDATE contacts SET contact = 'x@example.com'"},
      {"UPDATE contacts SET contact = 'x@example.com' || hex(zeroblob(1000))",
       "UPDATE contacts SET contact = 'x@example.com'"},
      {"UPDATE accounts SET policy = 4 WHERE local = 'alice'", "UPDATE accounts SET policy = 0"},
  };
  asked(*store_, item(alice, "x"));
  RawSqlite raw(folder_.file());
  for (const auto& [damage, mend] : damages) {
    raw.run(damage);
    EXPECT_EQ(asked_all(*store_, {LoadUser{bob}, LoadUser{alice}, LoadUser{carol}}),
              (std::vector<std::string>{"user, policy 0", "failed: broken", "user, policy 0"}))
        << damage;
    EXPECT_THAT(store_->trouble(), HasSubstr("corrupt")) << damage;
    raw.run(mend);
    EXPECT_EQ(asked(*store_, LoadUser{alice}), "user, policy 0; x@example.com none listed v1");
    EXPECT_EQ(store_->trouble(), "") << damage;
  }
}

TEST_F(SqliteTrouble, GroupsThatMeanNothingAreBroken) {
  asked(*store_, SetRosterItem{alice, address("x"), {}, {"a", "bc"}, 100});
  RawSqlite raw(folder_.file());
  for (const char* damage : {"x", "1", "1:", "1:a", "1:a;", "2:a,", "-1:a,", ":a,", "1:a,2",
                             "99999999999999999999:a,", "18446744073709551615:a,"}) {
    raw.run(std::string("UPDATE contacts SET groups = '") + damage + "'");
    EXPECT_EQ(asked(*store_, LoadRoster{alice, std::nullopt}), "failed: broken") << damage;
  }
  raw.run("UPDATE contacts SET groups = '1:a,2:bc,'");
  EXPECT_EQ(asked(*store_, LoadRoster{alice, std::nullopt}),
            "roster v1; x@example.com none listed '' #a #bc");
}

TEST_F(SqliteTrouble, KeysOfTheWrongLengthAreBroken) {
  testing::carry_out(*store_, SetCredentials{alice, {}});
  RawSqlite raw(folder_.file());
  for (const char* column : {"sha256_stored_key", "sha256_server_key", "sha1_stored_key",
                             "sha1_server_key", "ha1_sha256", "ha1_md5"}) {
    raw.run(std::string("UPDATE credentials SET ") + column + " = x'00'");
    const AccountReply reply = testing::carry_out(*store_, LoadCredentials{alice});
    ASSERT_TRUE(std::holds_alternative<StoreFailed>(reply)) << column;
    EXPECT_EQ(std::get<StoreFailed>(reply).why, StoreFailed::Why::broken);
    testing::carry_out(*store_, SetCredentials{alice, {}});
  }
}

// Pages of the file are overwritten; later the operator puts a copy back.
TEST_F(SqliteTrouble, ADamagedFileIsBrokenUntilItIsReplaced) {
  for (int i = 0; i < 50; ++i)
    asked(*store_, item(alice, "contact" + std::to_string(i)));
  const std::string whole = contents_of(*store_);
  store_.reset();
  std::filesystem::copy_file(folder_.file(), folder_.file("copy"));
  store_ = open();
  {
    // All but the first two pages, which have the schema.
    std::fstream file(folder_.file(), std::ios::in | std::ios::out | std::ios::binary);
    const auto size = std::filesystem::file_size(folder_.file());
    file.seekp(2 * 4'096);
    file << std::string(size - 2 * 4'096, '\xa5');
  }
  EXPECT_EQ(asked(*store_, LoadUser{alice}), "failed: broken");
  EXPECT_EQ(asked(*store_, item(alice, "x")), "failed: broken");
  EXPECT_THAT(store_->trouble(), HasSubstr("malformed"));
  store_.reset();
  std::filesystem::copy_file(folder_.file("copy"), folder_.file(),
                             std::filesystem::copy_options::overwrite_existing);
  store_ = open();
  ASSERT_NE(store_, nullptr);
  EXPECT_EQ(contents_of(*store_), whole);
}

// What is written to a file that nobody finds again would be lost.
TEST_F(SqliteTrouble, AFileThatIsMovedAwayIsBrokenUntilItIsBack) {
  std::filesystem::rename(folder_.file(), folder_.file("elsewhere"));
  EXPECT_EQ(asked(*store_, item(alice, "x")), "failed: broken");
  EXPECT_EQ(asked(*store_, LoadUser{alice}), "failed: broken");
  EXPECT_THAT(store_->trouble(), HasSubstr("moved"));
  EXPECT_FALSE(std::filesystem::exists(folder_.file()));
  std::filesystem::rename(folder_.file("elsewhere"), folder_.file());
  EXPECT_EQ(asked(*store_, item(alice, "x")), "item v1 x@example.com none listed ''");
}

}  // namespace store_sqlite_trouble_test
}  // namespace muster
