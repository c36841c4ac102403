// The cluster's store in PostgreSQL: its time, its lock, and what becomes of it where the database
// or another server fails. (What it must do: cluster_suite_test.cc. That all groups fare so with a
// database that fails: postgres_trouble_test.cc.)
#include "shell/store/cluster_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "shell/store/postgres_schema.h"
#include "support/child_process.h"
#include "support/postgres_cluster.h"

namespace muster::cluster {
namespace store_cluster_postgres_test {

using std::chrono::steady_clock;
using testing::a_server;
using testing::address;
using ::testing::HasSubstr;
using testing::PostgresServer;
using testing::RawPostgres;

constexpr Duration kLease = Duration::seconds(2);
constexpr Duration kStep = ClusterSettings().renew_after;

constexpr const char* kLock = "SELECT pg_advisory_xact_lock(x'6d757363'::bigint)";
constexpr const char* kHolders =
    "SELECT count(*) FROM pg_locks WHERE objid = x'6d757363'::bigint::oid AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
constexpr const char* kWaiting =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock' AND wait_event = 'advisory'";

const Address alice = address("alice");
const Address bob = address("bob");

using Store = PostgresClusterStore;

std::string asked(Store& store, ClusterRequest request) {
  return testing::words(testing::carry_out(store, std::move(request)));
}
Incarnation come(Store& store, const std::string& svr_id, Duration time = kLease) {
  const auto reply = testing::carry_out(store, TakeLease{a_server(svr_id), false, time});
  const auto* taken = std::get_if<LeaseTaken>(&reply);
  EXPECT_NE(taken, nullptr) << testing::words(reply) << store.trouble();
  return taken == nullptr ? Incarnation() : taken->incarnation;
}
// Asks again where the store could not do it in time.
ClusterReply insist(Store& store, const ClusterRequest& request) {
  const auto until = steady_clock::now() + std::chrono::seconds(60);
  while (true) {
    ClusterReply reply = testing::carry_out(store, request);
    if (!std::holds_alternative<StoreFailed>(reply) || steady_clock::now() > until) return reply;
  }
}

class PostgresCluster : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open() {
    return testing::open_postgres_cluster({.connection = connection_});
  }
  std::unique_ptr<Store> open_at(Duration& now) {
    return testing::open_postgres_cluster(
        {.connection = connection_, .clock = [&now] { return now; }});
  }

  const std::string connection_ = PostgresServer::instance().make_database();
  RawPostgres raw_{connection_};
};

// --- time ----------------------------------------------------------------------------------------

// What is left of b's lease when a asks for its own.
class PostgresClusterTime : public PostgresCluster {
 protected:
  PostgresClusterTime() { come(*store_, "b"); }

  Duration left() {
    const auto reply = testing::carry_out(*store_, RenewLease{a_, kLease});
    return std::get<LeaseRenewed>(reply).directory.members.at(1).time_left;
  }
  void pass(Duration time) { now_ = now_ + time; }

  Duration now_ = Duration::hours(24 * 366 * 50);
  std::unique_ptr<Store> store_ = open_at(now_);
  const Incarnation a_ = come(*store_, "a");
};

TEST_F(PostgresClusterTime, GoesOnWithTheClock) {
  EXPECT_EQ(left(), kLease);
  pass(Duration::milliseconds(300));
  EXPECT_EQ(left(), Duration::milliseconds(1'700));
  pass(kStep);
  EXPECT_EQ(left(), Duration::milliseconds(1'200));
}

// The store was away, or the clock was set forward: that is nobody's fault.
TEST_F(PostgresClusterTime, GoesOnByOneStepAtMost) {
  pass(Duration::hours(1));
  EXPECT_EQ(left(), kLease - kStep);
  pass(kStep + Duration::microseconds(1));
  EXPECT_EQ(left(), kLease - kStep - kStep);
}

TEST_F(PostgresClusterTime, DoesNotGoBack) {
  pass(Duration::hours(-1));
  EXPECT_EQ(left(), kLease);
  pass(Duration::milliseconds(300));
  EXPECT_EQ(left(), Duration::milliseconds(1'700));
}

// A server that was left alone hears of a death in time: its renewals are all there is.
TEST_F(PostgresClusterTime, RunsForTheLastServer) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_GT(left(), Duration());
    EXPECT_EQ(asked(*store_, DeclareGone{a_, Incarnation(2)}), "held");
    pass(ClusterSettings().renew_after);
  }
  EXPECT_EQ(left(), Duration());
  EXPECT_EQ(asked(*store_, DeclareGone{a_, Incarnation(2)}), "gone");
}

// Whoever comes writes it down, too.
TEST_F(PostgresClusterTime, GoesOnWithEachLeaseThatIsTaken) {
  pass(kStep);
  come(*store_, "c");
  pass(kStep);
  EXPECT_EQ(left(), kLease - kStep - kStep);
}

TEST_F(PostgresClusterTime, GoesOnWhereItWasForWhoeverOpensIt) {
  store_ = open_at(now_);
  pass(Duration::milliseconds(300));
  EXPECT_EQ(left(), Duration::milliseconds(1'700));
}

// Nor is anything written for what is refused.
TEST_F(PostgresClusterTime, IsWrittenByWhoAsksForALease) {
  const auto rows = [&] { return raw_.run("SELECT xmin::text FROM muster.cluster"); };
  const auto ids = [&] { return raw_.run("SELECT pg_snapshot_xmax(pg_current_snapshot())"); };
  const std::string before = rows();
  const std::string transactions = ids();
  EXPECT_EQ(asked(*store_, DeclareGone{a_, Incarnation(2)}), "held");
  EXPECT_EQ(asked(*store_, SweepAssignments{a_, 10}), "swept 0");
  EXPECT_EQ(asked(*store_, ReleaseUsers{a_, {alice}}), "owners 0");
  EXPECT_EQ(ids(), transactions);
  EXPECT_EQ(rows(), before);
  left();
  EXPECT_NE(rows(), before);
}

// Of two writes the later one has the later moment: who waits for the lock reads neither the time
// nor the clock before it has it.
TEST_F(PostgresCluster, ItsMomentIsThatOfTheLock) {
  const auto store = open();
  const Incarnation a = come(*store, "a");
  RawPostgres before(connection_);
  const auto row = [&](const char* column) {
    return std::stoll(raw_.run(std::string("SELECT ") + column + " FROM muster.cluster"));
  };
  ClusterReply reply = StoreFailed{};
  for (int i = 0; std::holds_alternative<StoreFailed>(reply) && i < 100; ++i) {
    before.run("BEGIN");
    before.run(kLock);
    std::atomic<bool> answered = false;
    std::thread server([&] {
      reply = testing::carry_out(*store, RenewLease{a, kLease});
      answered = true;
    });
    // It may be too late for it by then: it does not wait for long.
    while (raw_.run(kWaiting) != "1" && !answered)
      continue;
    before.run("UPDATE muster.cluster SET store_time = store_time + 10000000");
    const auto time = std::stoll(before.run("SELECT store_time FROM muster.cluster"));
    const auto clock =
        std::stoll(before.run("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
    before.run("COMMIT");
    server.join();
    if (std::holds_alternative<StoreFailed>(reply)) continue;
    EXPECT_GE(row("store_time"), time);
    EXPECT_GE(row("clock"), clock);
  }
  EXPECT_TRUE(std::holds_alternative<LeaseRenewed>(reply)) << testing::words(reply);
}

TEST_F(PostgresCluster, TheClockIsTheDatabases) {
  const auto store = open();
  const Incarnation a = come(*store, "a");
  const Incarnation b = come(*store, "b", Duration::milliseconds(1));
  ClusterReply reply;
  const auto until = steady_clock::now() + std::chrono::seconds(60);
  do {
    testing::carry_out(*store, RenewLease{a, Duration::minutes(1)});
    reply = testing::carry_out(*store, DeclareGone{a, b});
  } while (testing::words(reply) == "held" && steady_clock::now() < until);
  EXPECT_EQ(testing::words(reply), "gone");
  const std::string behind = raw_.run(
      "SELECT extract(epoch FROM clock_timestamp()) * 1000000 - clock < 60000000"
      " FROM muster.cluster");
  EXPECT_EQ(behind, "t");
}

// --- others at the database ----------------------------------------------------------------------

TEST_F(PostgresCluster, ALockThatIsHeldIsBusyUntilItIsReleased) {
  const auto store = open();
  const Incarnation a = come(*store, "a");
  raw_.run("BEGIN");
  raw_.run(kLock);
  std::vector<std::string> replies;
  for (const ClusterReply& reply : store->carry_out({RenewLease{a, kLease}, FindOwners{a, {alice}},
                                                     TakeMain{a}, AssignUsers{a, {{bob, {}, a}}}}))
    replies.push_back(testing::words(reply));
  EXPECT_EQ(replies,
            (std::vector<std::string>{"failed: busy", "owners 0", "failed: busy", "failed: busy"}))
      << "who only asks whose a user is need not wait";
  EXPECT_THAT(store->trouble(), HasSubstr("55P03"));
  raw_.run("ROLLBACK");
  EXPECT_EQ(asked(*store, TakeMain{a}), "main in epoch 1");
  EXPECT_EQ(store->trouble(), "");
}

// The time that the database leaves between two statements does not run within a batch.
TEST_F(PostgresCluster, AServerThatStopsInTheMidstOfABatchIsCutOff) {
  const auto store = open();
  const Incarnation a = come(*store, "a");
  RawPostgres half(connection_);
  half.run_half({"BEGIN", kLock});
  ASSERT_TRUE(raw_.comes_to("1", kHolders));
  EXPECT_EQ(asked(*store, RenewLease{a, kLease}), "failed: busy");
  const auto began = steady_clock::now();
  EXPECT_EQ(testing::words(insist(*store, TakeMain{a})), "main in epoch 1");
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(10));
}

// Whoever waits for something else goes on by itself, and so does who has the lock elsewhere.
TEST_F(PostgresCluster, NobodyElseIsCutOff) {
  const auto store = open();
  const Incarnation a = come(*store, "a");
  RawPostgres elsewhere(PostgresServer::instance().make_database());
  elsewhere.run("BEGIN");
  elsewhere.run(kLock);
  raw_.run("SELECT pg_advisory_lock(1)");
  std::thread other([&] {
    RawPostgres waits(connection_);
    waits.run("BEGIN");
    waits.run(kLock);
    waits.run("SELECT pg_advisory_lock(1)");
    waits.run("COMMIT");
  });
  EXPECT_TRUE(raw_.comes_to("1", kHolders));
  EXPECT_TRUE(raw_.comes_to("1",
                            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
                            " AND clock_timestamp() - xact_start > interval '1600 ms'"));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(asked(*store, RenewLease{a, kLease}), "failed: busy");
  raw_.run("SELECT pg_advisory_unlock(1)");
  other.join();
  EXPECT_EQ(asked(*store, TakeMain{a}), "main in epoch 1");
  elsewhere.run("COMMIT");
}

// It may be within a transaction each time.
TEST_F(PostgresCluster, AServerThatStopsHoldsNobodyUp) {
  const auto store = open();
  const Incarnation a = come(*store, "a", Duration::minutes(10));
  testing::Child child([&](int parent) {
    const auto other = open();
    const Incarnation b = come(*other, "b", Duration::minutes(10));
    testing::tell(parent, b.number());
    while (true)
      testing::carry_out(*other, RenewLease{b, Duration::minutes(10)});
  });
  std::uint64_t b = 0;
  ASSERT_TRUE(child.read(b));
  for (int i = 0; i < 20; ++i) {
    child.stop();
    const auto began = steady_clock::now();
    insist(*store, RenewLease{a, Duration::minutes(10)});
    const auto waited = steady_clock::now() - began;
    EXPECT_LT(waited, std::chrono::milliseconds(Store::kIdleTimeMax.in_milliseconds() + 4'000))
        << "round " << i;
    child.send(SIGCONT);
    insist(*store, FindOwners{a, {alice}});
  }
}

// Each incarnation is one server's, one of them is main, and each user is whose assignment came
// first.
TEST_F(PostgresCluster, ServersShareIt) {
  constexpr int kServers = 4;
  constexpr int kUsers = 100;
  std::mutex mutex;
  std::set<std::uint64_t> incarnations;
  std::multiset<std::string> mains;
  std::map<std::string, std::set<std::uint64_t>> owners;
  std::vector<std::thread> servers;
  for (int server = 0; server < kServers; ++server) {
    servers.emplace_back([&, server] {
      const auto store = open();
      const ClusterReply reply = insist(
          *store, TakeLease{a_server("s" + std::to_string(server)), false, Duration::minutes(10)});
      const Incarnation self = std::get<LeaseTaken>(reply).incarnation;
      const ClusterReply main = insist(*store, TakeMain{self});
      {
        const std::lock_guard lock(mutex);
        incarnations.insert(self.number());
        mains.insert(testing::words(main));
      }
      for (int i = 0; i < kUsers; ++i) {
        const Address user = address("user" + std::to_string(i));
        const ClusterReply assigned = insist(*store, AssignUsers{self, {{user, {}, self}}});
        const std::lock_guard lock(mutex);
        owners[user.text()].insert(std::get<Owners>(assigned).owners.front().number());
      }
    });
  }
  for (std::thread& server : servers)
    server.join();
  EXPECT_EQ(incarnations, (std::set<std::uint64_t>{1, 2, 3, 4}));
  EXPECT_EQ(mains, (std::multiset<std::string>{"held", "held", "held", "main in epoch 1"}));
  EXPECT_EQ(owners.size(), static_cast<std::size_t>(kUsers));
  for (const auto& [user, told] : owners)
    EXPECT_EQ(told.size(), 1u) << user;
}

// Who has been dead for long stands in the table too, and may stand first.
TEST_F(PostgresCluster, WhoRenewsIsToldIfAnybodyDoes) {
  EXPECT_EQ(*Store::who_renews(connection_), "") << "there are no tables yet";
  const auto store = open();
  come(*store, "dead");
  EXPECT_EQ(*Store::who_renews(connection_), "") << "it has a lease, and does not renew it";
  const Incarnation lives = come(*store, "lives");
  std::atomic<bool> over = false;
  std::thread server([&] {
    while (!over)
      testing::carry_out(*store, RenewLease{lives, Duration::minutes(10)});
  });
  EXPECT_EQ(*Store::who_renews(connection_), "lives");
  over = true;
  server.join();
}

// --- a database that fails -----------------------------------------------------------------------

// Nobody knows whether it was committed: it is not acknowledged.
TEST_F(PostgresCluster, ACommitThatIsCutIsInDoubt) {
  const auto store = open();
  const Incarnation a = come(*store, "a");
  raw_.plant({.change = "INSERT ON muster.assignments",
              .happens = "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10)",
              .in_commit = true});
  EXPECT_EQ(asked(*store, AssignUsers{a, {{alice, {}, a}}}), "failed: broken");
  EXPECT_EQ(asked(*store, FindOwners{a, {alice}}), "owners 0");
  raw_.uproot();
  EXPECT_EQ(asked(*store, AssignUsers{a, {{alice, {}, a}}}), "owners 1");
  EXPECT_EQ(store->trouble(), "");
}

TEST_F(PostgresCluster, ARequestThatFailsDoesNotSpoilTheOthers) {
  const auto store = open();
  const Incarnation a = come(*store, "a");
  raw_.plant({.change = "INSERT ON muster.assignments",
              .happens = "RAISE 'planted'",
              .when = "new.user_id = 'bob@example.com'"});
  std::vector<std::string> replies;
  for (const ClusterReply& reply : store->carry_out(
           {AssignUsers{a, {{alice, {}, a}, {bob, {}, a}}}, TakeMain{a}, FindOwners{a, {alice}}}))
    replies.push_back(testing::words(reply));
  EXPECT_EQ(replies, (std::vector<std::string>{"failed: broken", "main in epoch 1", "owners 0"}));
  EXPECT_THAT(store->trouble(), HasSubstr("planted"));
}

// Takes users one after another, and remembers whose it was told they are.
class Server {
 public:
  Server(const std::string& connection, std::string name)
      : name_(std::move(name)),
        store_(testing::open_postgres_cluster({.connection = connection})),
        self_(come(*store_, name_)),
        thread_([this] { work(); }) {}
  ~Server() { end(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Until so much more was acknowledged.
  bool wait_for(std::size_t more) {
    std::unique_lock lock(mutex_);
    const std::size_t until = told_.size() + more;
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return told_.size() >= until; });
  }
  void end() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  // Once it has ended.
  Store& store() { return *store_; }
  Incarnation self() const { return self_; }
  const std::set<std::string>& told() const { return told_; }
  int failed() const { return failed_; }

 private:
  void work() {
    for (int i = 0; !over_; ++i) {
      const Address user = address(name_ + "-" + std::to_string(i));
      const auto replies =
          store_->carry_out({RenewLease{self_, kLease}, AssignUsers{self_, {{user, {}, self_}}}});
      const std::lock_guard lock(mutex_);
      EXPECT_FALSE(std::holds_alternative<ClusterRefused>(replies[0]));
      if (std::holds_alternative<Owners>(replies[1])) told_.insert(user.text());
      failed_ += std::holds_alternative<StoreFailed>(replies[1]) ? 1 : 0;
      changed_.notify_one();
    }
  }

  std::string name_;
  std::unique_ptr<Store> store_;
  Incarnation self_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> told_;
  int failed_ = 0;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

// What was not acknowledged may be there too. Service resumes by itself, and nobody has lost its
// lease.
void end_the_database_under_servers(void (PostgresServer::*end)()) {
  PostgresServer database;
  const std::string connection = database.make_database();
  Server a(connection, "a");
  Server b(connection, "b");
  for (int life = 1; life <= 4; ++life) {
    ASSERT_TRUE(a.wait_for(30) && b.wait_for(30)) << "life " << life;
    (database.*end)();
    database.start();
  }
  ASSERT_TRUE(a.wait_for(30) && b.wait_for(30));
  for (Server* server : {&a, &b}) {
    server->end();
    EXPECT_GT(server->failed(), 0);
    std::vector<Address> users;
    for (const std::string& user : server->told())
      users.push_back(address(user.substr(0, user.find('@'))));
    while (users.size() > kUsersPerRequestMax)
      users.pop_back();
    const auto reply = testing::carry_out(server->store(), FindOwners{server->self(), users});
    const auto* found = std::get_if<Owners>(&reply);
    ASSERT_NE(found, nullptr) << testing::words(reply);
    for (const Incarnation owner : found->owners)
      EXPECT_EQ(owner, server->self());
  }
}

TEST(PostgresClusterKill, WhatIsAcknowledgedSurvivesKill9) {
  end_the_database_under_servers(&PostgresServer::kill);
}
TEST(PostgresClusterKill, WhatIsAcknowledgedSurvivesAFastShutdown) {
  end_the_database_under_servers(&PostgresServer::shut_down);
}

// However long it was away: who comes back first does not find the others dead.
TEST(PostgresClusterKill, NobodyLosesItsLeaseToADatabaseThatWasAway) {
  PostgresServer database;
  const std::string connection = database.make_database();
  Duration now = Duration::hours(24 * 366 * 50);
  const auto store =
      testing::open_postgres_cluster({.connection = connection, .clock = [&] { return now; }});
  const Incarnation a = come(*store, "a");
  const Incarnation b = come(*store, "b");
  EXPECT_EQ(asked(*store, TakeMain{a}), "main in epoch 1");
  database.kill();
  // What serves the connection may answer once more before it sees that it is alone.
  const auto until = steady_clock::now() + std::chrono::seconds(60);
  while (asked(*store, RenewLease{a, kLease}) != "failed: broken") {
    ASSERT_LT(steady_clock::now(), until);
  }
  database.start();
  now = now + Duration::hours(1);
  insist(*store, RenewLease{a, kLease});
  EXPECT_EQ(asked(*store, DeclareGone{a, b}), "held");
  EXPECT_EQ(asked(*store, RenewLease{b, kLease}),
            "renewed: main 1, epoch 1; 1 running 2s a; 2 running 2s b");
}

// A connection that hangs is given up in time for the lease, and made anew.
TEST_F(PostgresCluster, ADatabaseThatDoesNotAnswerIsGivenUp) {
  const auto store = open();
  const Incarnation a = come(*store, "a");
  const pid_t process =
      std::stoi(raw_.run("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                         " AND application_name = 'muster'"));
  ASSERT_EQ(::kill(process, SIGSTOP), 0);
  const auto began = steady_clock::now();
  EXPECT_EQ(asked(*store, RenewLease{a, kLease}), "renewed: main 0, epoch 0; 1 running 2s a");
  const auto waited = steady_clock::now() - began;
  EXPECT_GE(waited, std::chrono::milliseconds(Store::kAnswerTimeMax.in_milliseconds()));
  EXPECT_LT(waited, std::chrono::seconds(10));
  ASSERT_EQ(::kill(process, SIGCONT), 0);
  EXPECT_EQ(asked(*store, TakeMain{a}), "main in epoch 1");
}

// A host that lets it in, and is silent, costs it less than a server's other connection: the next
// one may be the primary.
TEST(PostgresClusterKill, AHostThatDoesNotAnswerIsPassedByInTime) {
  PostgresServer database;
  std::string connection = database.make_database();
  connection += " host=127.0.0.1,127.0.0.1,127.0.0.1";
  database.stop();
  const auto began = steady_clock::now();
  EXPECT_FALSE(Store::open({.connection = connection}).ok());
  const auto waited = steady_clock::now() - began;
  database.go_on();
  // libpq counts whole seconds: 5 to 6, and not 8 to 9.
  EXPECT_GT(waited, std::chrono::seconds(4));
  EXPECT_LT(waited, std::chrono::seconds(8));
}

// --- what it was before --------------------------------------------------------------------------

TEST_F(PostgresCluster, ADatabaseOfUsersAloneIsBroughtUp) {
  testing::carry_out(*testing::open_postgres({.connection = connection_}), LoadUser{alice, true});
  for (const char* table : {"fenced", "cluster", "servers", "assignments", "secret"})
    raw_.run(std::string("DROP TABLE muster.") + table);
  raw_.run("UPDATE muster.schema_version SET version = 1");
  const auto store = open();
  EXPECT_EQ(come(*store, "a").number(), 1u);
  EXPECT_EQ(raw_.run("SELECT version FROM muster.schema_version"),
            std::to_string(postgres::kSchemaVersion));
  EXPECT_EQ(testing::words(testing::carry_out(*testing::open_postgres({.connection = connection_}),
                                              LoadUser{alice})),
            "user, policy 0");
}

}  // namespace store_cluster_postgres_test
}  // namespace muster::cluster
