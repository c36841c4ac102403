// PostgreSQL that fails, is killed, does not answer, or is shared: what was acknowledged is there,
// nobody is told what did not happen, and the store goes on by itself.
#include "shell/store/postgres_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
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

#include "base/prng.h"
#include "shell/store/postgres_schema.h"
#include "support/postgres_server.h"
#include "support/store_world.h"

namespace muster {
namespace store_postgres_trouble_test {

using testing::address;
using ::testing::HasSubstr;
using testing::PostgresServer;
using testing::RawPostgres;
using enum SubscriptionVerb;

const Address alice = address("alice");
const Address bob = address("bob");
const Address carol = address("carol");

StoreRequest item(const Address& account, const std::string& contact) {
  return SetRosterItem{account, address(contact), {}, {}, 100'000};
}

class PostgresTrouble : public ::testing::Test {
 protected:
  PostgresTrouble() {
    for (const Address& user : {alice, bob, carol})
      testing::carry_out(*store_, LoadUser{user, true});
  }

  std::unique_ptr<PostgresStore> open() { return testing::open_postgres(options_); }
  std::string asked(StoreRequest request) {
    return testing::words(testing::carry_out(*store_, std::move(request)));
  }
  std::vector<std::string> asked_all(std::vector<StoreRequest> requests) {
    std::vector<std::string> all;
    for (const StoreReply& reply : testing::carry_out(*store_, std::move(requests)))
      all.push_back(testing::words(reply));
    return all;
  }

  // What happens when the version of Bob's account changes; in doubt, when that is committed.
  void when_bob_changes(const std::string& happens, bool in_commit = false) {
    raw_.plant({"UPDATE OF version ON muster.accounts", happens, in_commit, "old.local = 'bob'"});
  }
  // Of the store's connection.
  // Which may not be one that is about to end.
  std::string its_process(const std::string& but = "0") {
    return raw_.run(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND pid <> " +
        but);
  }

  PostgresStore::Options options_{.connection = PostgresServer::instance().make_database(),
                                  .busy_time_max = Duration::milliseconds(100)};
  std::unique_ptr<PostgresStore> store_ = open();
  RawPostgres raw_{options_.connection};
};

// --- one that fails, among others ----------------------------------------------------------------

TEST_F(PostgresTrouble, ATaskThatFailsDoesNotSpoilTheOthers) {
  when_bob_changes("RAISE 'planted'");
  // Alice's record is changed before Bob's: it must be undone.
  const auto replies =
      asked_all({item(carol, "x"), ChangeSubscription{alice, bob, subscribe, "<presence/>", 100},
                 LoadUser{alice}, item(alice, "y")});
  EXPECT_EQ(replies[0], "item v1 x@example.com none listed ''");
  EXPECT_EQ(replies[1], "failed: broken");
  EXPECT_EQ(replies[2], "user, policy 0");
  EXPECT_EQ(replies[3], "item v1 y@example.com none listed ''");
  EXPECT_THAT(store_->trouble(), HasSubstr("planted (P0001)"));
  EXPECT_EQ(asked(LoadUser{alice}), "user, policy 0; y@example.com none listed v1");
  EXPECT_EQ(asked(LoadUser{carol}), "user, policy 0; x@example.com none listed v1");
  EXPECT_EQ(asked(item(alice, "z")), "item v2 z@example.com none listed ''");
  EXPECT_EQ(store_->trouble(), "");
}

TEST_F(PostgresTrouble, AFullDiskFailsWhatWrites) {
  when_bob_changes("RAISE 'planted' USING ERRCODE = 'disk_full'");
  const auto replies = asked_all({item(bob, "x"), LoadUser{bob}, item(alice, "y")});
  EXPECT_EQ(replies, (std::vector<std::string>{"failed: full", "user, policy 0", "failed: full"}));
  raw_.uproot();
  EXPECT_EQ(asked(item(bob, "x")), "item v1 x@example.com none listed ''");
}

TEST_F(PostgresTrouble, ALostRaceIsRunAgain) {
  raw_.run("CREATE SEQUENCE public.attempts");
  when_bob_changes(
      "IF nextval('public.attempts') < 3 THEN"
      " RAISE 'planted' USING ERRCODE = 'serialization_failure'; END IF");
  EXPECT_EQ(asked_all({item(alice, "x"), item(bob, "x")}),
            (std::vector<std::string>{"item v1 x@example.com none listed ''",
                                      "item v1 x@example.com none listed ''"}));
  EXPECT_EQ(raw_.run("SELECT last_value FROM public.attempts"), "3");
}

// A cell that says nothing fails who reads it, alone.
TEST_F(PostgresTrouble, WhatIsCorruptIsBroken) {
  asked(item(bob, "x"));
  raw_.run("UPDATE muster.contacts SET subscription = 99");
  EXPECT_EQ(asked_all({LoadUser{bob}, LoadUser{alice}}),
            (std::vector<std::string>{"failed: broken", "user, policy 0"}));
  EXPECT_EQ(asked_all({LoadUser{bob}, item(alice, "y")}),
            (std::vector<std::string>{"failed: broken", "item v1 y@example.com none listed ''"}));
}

// --- others at the database ----------------------------------------------------------------------

TEST_F(PostgresTrouble, ALockedAccountIsBusyUntilItIsReleased) {
  raw_.run("BEGIN");
  raw_.run("SELECT id FROM muster.accounts WHERE local = 'alice' FOR UPDATE");
  EXPECT_EQ(asked_all({item(alice, "x"), LoadUser{alice}}),
            (std::vector<std::string>{"failed: busy", "user, policy 0"}));
  EXPECT_EQ(asked(item(bob, "x")), "item v1 x@example.com none listed ''");
  raw_.run("ROLLBACK");
  EXPECT_EQ(asked(item(alice, "x")), "item v1 x@example.com none listed ''");
}

TEST_F(PostgresTrouble, ADatabaseOfAnotherVersionIsRefused) {
  const std::string newer = std::to_string(postgres::kSchemaVersion + 1);
  raw_.run("UPDATE muster.schema_version SET version = " + newer);
  EXPECT_EQ(asked_all({item(alice, "x"), LoadUser{alice}}),
            (std::vector<std::string>{"failed: broken", "failed: broken"}));
  EXPECT_THAT(store_->trouble(), HasSubstr("of a newer muster (its schema is version " + newer));
  const auto opened = PostgresStore::open(options_);
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error(), HasSubstr("of a newer muster"));
  EXPECT_EQ(raw_.run("SELECT count(*) FROM muster.contacts"), "0");
}

TEST_F(PostgresTrouble, ADatabaseThatIsOlderIsBroughtUp) {
  ASSERT_EQ(asked(item(alice, "x")), "item v1 x@example.com none listed ''");
  raw_.run("DROP TABLE muster.secret");
  raw_.run("UPDATE muster.schema_version SET version = 2");
  auto opened = PostgresStore::open(options_);
  ASSERT_TRUE(opened.ok()) << opened.error();
  const auto reply = testing::carry_out(**opened, AccountRequest(LoadSecret{}));
  ASSERT_TRUE(std::holds_alternative<SecretLoaded>(reply));
  EXPECT_EQ(std::get<SecretLoaded>(reply).secret.size(), 32u);
  EXPECT_EQ(raw_.run("SELECT count(*) FROM muster.contacts"), "1");
}

TEST_F(PostgresTrouble, AnEncodingThatIsNotUtf8IsRefused) {
  raw_.run(
      "CREATE DATABASE bytes ENCODING SQL_ASCII LOCALE_PROVIDER libc LOCALE 'C'"
      " TEMPLATE template0");
  const auto opened =
      PostgresStore::open({.connection = PostgresServer::instance().connection("bytes")});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error(), "PostgreSQL: the database's encoding is not UTF8");
}

TEST(PostgresConnection, ThatIsNoneIsRefusedWithoutItsPassword) {
  for (const char* secret : {"host=db password=geheim", "postgres://u:geheim@db/muster",
                             "host=db password=geheim and more", "host=db passwd=geheim more",
                             "host=db passwd geheim", "postgres://u:geheim/muster",
                             "host=u:geheim@db dbname=muster", "dbname=postgres://u:geheim@db/m",
                             "host=db user=u:geheim@db", "hostaddr=postgres://u:geheim"}) {
    const auto opened = PostgresStore::open({.connection = secret});
    ASSERT_FALSE(opened.ok()) << secret;
    EXPECT_EQ(opened.error().find("geheim"), std::string::npos) << opened.error();
    EXPECT_EQ(opened.error().find("more"), std::string::npos) << opened.error();
  }
  EXPECT_EQ(postgres::why_unfit("host=db dbname=muster passfile=/etc/muster/pgpass"), std::nullopt);
  EXPECT_EQ(*postgres::why_unfit("hots=db"), "invalid connection option \"hots\"");
}

// --- several servers -----------------------------------------------------------------------------

TEST(PostgresServers, MakeTheTablesTogether) {
  const std::string connection = PostgresServer::instance().make_database();
  std::vector<std::thread> servers;
  for (int i = 0; i < 4; ++i) {
    servers.emplace_back([&, i] {
      const auto store = testing::open_postgres({.connection = connection});
      ASSERT_NE(store, nullptr);
      EXPECT_EQ(testing::words(
                    testing::carry_out(*store, LoadUser{address("u" + std::to_string(i)), true})),
                "user, policy 0");
    });
  }
  for (std::thread& server : servers)
    server.join();
}

// What several servers were told of accounts that all of them change.
class Told {
 public:
  void note(const Address& account, std::uint64_t version) {
    const std::lock_guard lock(mutex_);
    EXPECT_TRUE(versions_[account.text()].insert(version).second)
        << account.text() << " v" << version << " was told twice";
  }
  void note(const Address& account, const RelationChange& change) {
    if (change.changed) note(account, change.version);
  }
  void note(const Address& account, const RosterItemSet& set) {
    note(account, set.version);
    const std::lock_guard lock(mutex_);
    items_[account.text()].insert(set.item.contact.text());
  }
  // Of an account without a change yet.
  std::set<std::uint64_t>& versions(const Address& account) { return versions_[account.text()]; }
  std::set<std::string>& items(const Address& account) { return items_[account.text()]; }

 private:
  std::mutex mutex_;
  std::map<std::string, std::set<std::uint64_t>> versions_;
  std::map<std::string, std::set<std::string>> items_;
};

// Groups that change pairs of three accounts, and rosters besides, in any order.
void race(PostgresStore& store, std::uint64_t seed, int steps, Told& told) {
  const std::array<Address, 3> users = {alice, bob, carol};
  Prng prng(Prng::seed_of(seed));
  for (int step = 0; step < steps; ++step) {
    std::vector<StoreRequest> group;
    for (int i = 0; i < 3; ++i) {
      const std::size_t actor = prng.below(3);
      const std::string name = std::to_string(seed) + "-" + std::to_string(step * 3 + i);
      group.push_back(prng.below(4) == 0
                          ? item(users[actor], name)
                          : ChangeSubscription{users[actor], users[(actor + 1 + prng.below(2)) % 3],
                                               static_cast<SubscriptionVerb>(prng.below(4)),
                                               "<presence/>", 100'000});
    }
    const auto replies = testing::carry_out(store, group);
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (const auto* changed = std::get_if<SubscriptionChanged>(&replies[i])) {
        const auto& asked = std::get<ChangeSubscription>(group[i]);
        told.note(asked.actor, changed->actor);
        told.note(asked.peer, changed->peer);
      } else {
        const auto* set = std::get_if<RosterItemSet>(&replies[i]);
        ASSERT_NE(set, nullptr) << testing::words(replies[i]) << store.trouble();
        told.note(std::get<SetRosterItem>(group[i]).account, *set);
      }
    }
  }
}

// Each change of an account is one version: servers that overwrote one another would tell the same
// one twice, or leave one that nobody was told. What was told is there, and both sides of each pair
// say the same of it.
TEST_F(PostgresTrouble, ServersRaceOnThePairsOfSomeAccounts) {
  Told told;
  std::vector<std::thread> servers;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    servers.emplace_back([&, seed] {
      const auto store = testing::open_postgres(
          {.connection = options_.connection, .busy_time_max = Duration::seconds(20)});
      race(*store, seed, 150, told);
    });
  }
  for (std::thread& server : servers)
    server.join();
  std::map<std::string, std::map<std::string, Subscription>> found;
  for (const Address& user : {alice, bob, carol}) {
    const StoreReply reply = testing::carry_out(*store_, LoadUser{user});
    const auto& loaded = std::get<UserLoaded>(reply);
    for (const Contact& contact : loaded.contacts)
      found[user.text()][contact.address.text()] = contact.relation.subscription;
    EXPECT_EQ(loaded.version, told.versions(user).size());
    EXPECT_EQ(*told.versions(user).rbegin(), told.versions(user).size());
    EXPECT_GT(told.items(user).size(), 100u);
    for (const std::string& contact : told.items(user))
      EXPECT_TRUE(found[user.text()].contains(contact)) << contact << " of " << user.text();
  }
  for (const Address& one : {alice, bob, carol}) {
    for (const Address& other : {alice, bob, carol}) {
      const Subscription here = found[one.text()][other.text()];
      const Subscription there = found[other.text()][one.text()];
      EXPECT_EQ(sees(here), is_seen_by(there)) << one.text() << " and " << other.text();
    }
  }
}

// Accounts are made, removed and changed by two servers at once, in groups that meet in any order.
TEST_F(PostgresTrouble, TwoServersDoNotFailEachOther) {
  std::atomic<int> failed = 0;
  const auto race = [&](std::uint64_t seed) {
    const auto store = testing::open_postgres(
        {.connection = options_.connection, .busy_time_max = Duration::seconds(20)});
    testing::RandomRequests random(seed);
    for (int step = 0; step < 300; ++step) {
      std::vector<StoreRequest> group;
      for (int i = 0; i < 8; ++i)
        group.push_back(random.next());
      for (const StoreReply& reply : testing::carry_out(*store, group))
        failed += std::holds_alternative<StoreFailed>(reply) ? 1 : 0;
      EXPECT_EQ(store->trouble(), "");
    }
  };
  std::thread other([&] { race(1); });
  race(2);
  other.join();
  EXPECT_EQ(failed, 0);
}

// --- a connection that ends ----------------------------------------------------------------------

// The database looks by itself whether who asks is still there. (On a socket of one machine it need
// not: there it says that it was told, and does not say what.)
TEST_F(PostgresTrouble, TheDatabaseMissesAMachineThatIsOff) {
  when_bob_changes(
      "IF (SELECT count(*) FROM pg_settings WHERE source = 'session' AND name IN"
      " ('tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count',"
      " 'tcp_user_timeout')) <> 4 THEN RAISE 'planted'; END IF");
  EXPECT_EQ(asked(item(bob, "x")), "item v1 x@example.com none listed ''") << store_->trouble();
}

TEST_F(PostgresTrouble, AConnectionThatWasCutIsMadeAnew) {
  for (int i = 1; i <= 3; ++i) {
    raw_.run("SELECT pg_terminate_backend(" + its_process() + ", 10000)");
    EXPECT_EQ(asked(item(alice, "x")),
              "item v" + std::to_string(i) + " x@example.com none listed ''");
    raw_.run("SELECT pg_terminate_backend(" + its_process() + ", 10000)");
    EXPECT_EQ(asked(LoadUser{bob}), "user, policy 0");
  }
  EXPECT_EQ(store_->trouble(), "");
}

TEST_F(PostgresTrouble, AGroupThatIsCutIsBegunAgain) {
  raw_.run("CREATE SEQUENCE public.attempts");
  when_bob_changes(
      "IF nextval('public.attempts') < 3 THEN"
      " PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); END IF");
  EXPECT_EQ(
      asked_all({item(bob, "x"), LoadUser{bob}, LoadUser{alice}}),
      (std::vector<std::string>{"item v1 x@example.com none listed ''",
                                "user, policy 0; x@example.com none listed v1", "user, policy 0"}));
  EXPECT_EQ(raw_.run("SELECT last_value FROM public.attempts"), "3");
}

// Nobody knows whether it was committed: it is not acknowledged, and not done a second time.
TEST_F(PostgresTrouble, ACommitThatIsCutIsInDoubt) {
  raw_.run("CREATE SEQUENCE public.attempts");
  when_bob_changes(
      "PERFORM nextval('public.attempts');"
      " PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10)",
      true);
  EXPECT_EQ(asked_all({item(bob, "x"), LoadUser{alice}}),
            (std::vector<std::string>{"failed: broken", "user, policy 0"}));
  EXPECT_EQ(raw_.run("SELECT last_value FROM public.attempts"), "1");
  raw_.uproot();
  EXPECT_EQ(asked(item(bob, "x")), "item v1 x@example.com none listed ''");
  EXPECT_EQ(store_->trouble(), "");
}

TEST_F(PostgresTrouble, ADatabaseThatDoesNotAnswerIsGivenUp) {
  options_.answer_time_max = Duration::milliseconds(600);
  const std::string before = its_process();
  store_ = open();
  const pid_t process = std::stoi(its_process(before));
  ASSERT_EQ(::kill(process, SIGSTOP), 0);
  // A new connection is another process, which answers; the account is not locked yet.
  EXPECT_EQ(asked(item(alice, "x")), "item v1 x@example.com none listed ''");
  ASSERT_EQ(::kill(process, SIGCONT), 0);
  EXPECT_EQ(asked(item(alice, "y")), "item v2 y@example.com none listed ''");
}

// The whole server: each group is given up in its time, and service resumes by itself.
TEST(PostgresHang, AServerThatStopsIsGivenUp) {
  PostgresServer server;
  PostgresStore::Options options{.connection = server.make_database()};
  options.connect_time_max = Duration::seconds(2);
  options.answer_time_max = Duration::milliseconds(600);
  const auto store = testing::open_postgres(options);
  const auto asked = [&](StoreRequest request) {
    return testing::words(testing::carry_out(*store, std::move(request)));
  };
  EXPECT_EQ(asked(LoadUser{alice, true}), "user, policy 0");
  const pid_t process = std::stoi(RawPostgres(options.connection)
                                      .run("SELECT pid FROM pg_stat_activity WHERE"
                                           " application_name = 'muster'"));
  server.stop();
  ASSERT_EQ(::kill(process, SIGSTOP), 0);
  EXPECT_EQ(asked(item(alice, "x")), "failed: broken");
  EXPECT_EQ(asked(LoadUser{alice}), "failed: broken");
  EXPECT_NE(store->trouble(), "");
  server.go_on();
  ASSERT_EQ(::kill(process, SIGCONT), 0);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::string told;
  while ((told = asked(item(alice, "y"))) == "failed: broken") {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << store->trouble();
  }
  // What was given up before its commit was not done.
  EXPECT_EQ(told, "item v1 y@example.com none listed ''");
  EXPECT_EQ(store->trouble(), "");
}

// --- a server that ends --------------------------------------------------------------------------

// Asks one group after the other, and remembers what it was told is done.
class Worker {
 public:
  explicit Worker(PostgresStore& store) : store_(store), thread_([this] { work(); }) {}
  ~Worker() { end(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Until so much more was acknowledged.
  bool wait_for(std::size_t more) {
    std::unique_lock lock(mutex_);
    const std::size_t until = told_.size() + more;
    // Once the database is there again, the store connects within its longest pause.
    const auto patience = std::chrono::milliseconds(PostgresStore::kPauseMax.in_milliseconds()) +
                          std::chrono::seconds(20);
    return changed_.wait_for(lock, patience, [&] { return told_.size() >= until; });
  }
  void end() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  // Once it has ended.
  const std::set<std::string>& told() const { return told_; }
  int failed() const { return failed_; }

 private:
  void work() {
    for (int i = 0; !over_; ++i) {
      std::vector<StoreRequest> group;
      for (int k = 0; k < 4; ++k)
        group.push_back(item(alice, "c" + std::to_string(i) + "-" + std::to_string(k)));
      const auto replies = testing::carry_out(store_, group);
      const std::lock_guard lock(mutex_);
      for (const StoreReply& reply : replies) {
        const auto* set = std::get_if<RosterItemSet>(&reply);
        failed_ += set == nullptr ? 1 : 0;
        if (set != nullptr) told_.insert(set->item.contact.text());
      }
      changed_.notify_one();
    }
  }

  PostgresStore& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> told_;
  int failed_ = 0;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

// What was not acknowledged may be there too. Service resumes by itself.
void end_the_server_under_a_worker(void (PostgresServer::*end)()) {
  PostgresServer server;
  const auto store = testing::open_postgres({.connection = server.make_database()});
  testing::carry_out(*store, LoadUser{alice, true});
  Worker worker(*store);
  for (int life = 1; life <= 4; ++life) {
    ASSERT_TRUE(worker.wait_for(40)) << "life " << life;
    (server.*end)();
    server.start();
  }
  ASSERT_TRUE(worker.wait_for(40));
  worker.end();
  EXPECT_GT(worker.failed(), 0);
  EXPECT_EQ(store->trouble(), "");
  std::set<std::string> found;
  const StoreReply reply = testing::carry_out(*store, LoadUser{alice});
  for (const Contact& contact : std::get<UserLoaded>(reply).contacts)
    found.insert(contact.address.text());
  for (const std::string& contact : worker.told())
    EXPECT_TRUE(found.contains(contact)) << contact;
}

TEST(PostgresKill, WhatIsAcknowledgedSurvivesKill9) {
  end_the_server_under_a_worker(&PostgresServer::kill);
}
TEST(PostgresKill, WhatIsAcknowledgedSurvivesAFastShutdown) {
  end_the_server_under_a_worker(&PostgresServer::shut_down);
}

}  // namespace store_postgres_trouble_test
}  // namespace muster
