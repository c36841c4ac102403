// PostgreSQL that fails, is killed, does not answer, or is shared: what was acknowledged is there,
// nobody is told what did not happen, and the store goes on by itself.
#include "shell/store/postgres_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/postgres_server.h"
#include "support/store_world.h"

namespace muster {
namespace {

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
    raw_.run("CREATE FUNCTION happens() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + happens +
             "; RETURN NEW; END $$");
    raw_.run((in_commit ? "CREATE CONSTRAINT TRIGGER planted AFTER UPDATE OF version ON"
                          " muster.accounts DEFERRABLE INITIALLY DEFERRED"
                        : "CREATE TRIGGER planted BEFORE UPDATE OF version ON muster.accounts") +
             std::string(" FOR EACH ROW WHEN (old.local = 'bob') EXECUTE FUNCTION happens()"));
  }
  void nothing_happens() { raw_.run("DROP FUNCTION happens() CASCADE"); }
  // Of the store's connection.
  std::string its_process() {
    return raw_.run(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()");
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
  nothing_happens();
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
  raw_.run("UPDATE muster.schema_version SET version = 2");
  EXPECT_EQ(asked_all({item(alice, "x"), LoadUser{alice}}),
            (std::vector<std::string>{"failed: broken", "failed: broken"}));
  EXPECT_THAT(store_->trouble(), HasSubstr("of a newer muster (its schema is version 2"));
  const auto opened = PostgresStore::open(options_);
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error(), HasSubstr("of a newer muster"));
  EXPECT_EQ(raw_.run("SELECT count(*) FROM muster.contacts"), "0");
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
                             "host=db password=geheim and more"}) {
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

// Each change of an account is one version: two servers that overwrote one another would tell the
// same one twice. At the end, both sides of the pair must say the same.
TEST_F(PostgresTrouble, TwoServersRaceOnAPair) {
  constexpr int kSteps = 200;
  std::vector<std::uint64_t> of_alice[2];
  std::vector<std::uint64_t> of_bob[2];
  const auto race = [&](int which) {
    const auto store = testing::open_postgres(
        {.connection = options_.connection, .busy_time_max = Duration::seconds(20)});
    for (int i = 0; i < kSteps; ++i) {
      const bool forth = which == 0;
      const Address& actor = forth ? alice : bob;
      const SubscriptionVerb verb =
          forth ? (i % 2 == 0 ? subscribe : unsubscribe) : (i % 2 == 0 ? subscribed : unsubscribed);
      // The other's account comes first in one group, and last in the other.
      const auto replies = testing::carry_out(
          *store, {item(forth ? bob : alice, "r" + std::to_string(which)),
                   ChangeSubscription{actor, forth ? bob : alice, verb, "<presence/>", 100}});
      const auto* set = std::get_if<RosterItemSet>(&replies[0]);
      const auto* changed = std::get_if<SubscriptionChanged>(&replies[1]);
      ASSERT_NE(set, nullptr) << testing::words(replies[0]) << store->trouble();
      ASSERT_NE(changed, nullptr) << testing::words(replies[1]) << store->trouble();
      (forth ? of_bob : of_alice)[which].push_back(set->version);
      const RelationChange& a = forth ? changed->actor : changed->peer;
      const RelationChange& b = forth ? changed->peer : changed->actor;
      if (a.changed) of_alice[which].push_back(a.version);
      if (b.changed) of_bob[which].push_back(b.version);
    }
  };
  std::thread other([&] { race(1); });
  race(0);
  other.join();
  for (const auto& versions : {of_alice, of_bob}) {
    std::set<std::uint64_t> all;
    for (int which : {0, 1})
      all.insert(versions[which].begin(), versions[which].end());
    EXPECT_EQ(all.size(), versions[0].size() + versions[1].size());
    EXPECT_EQ(*all.rbegin(), all.size()) << "a version that nobody was told";
  }
  const auto relation = [&](const Address& of, const Address& to) {
    const StoreReply reply = testing::carry_out(*store_, LoadUser{of});
    for (const Contact& contact : std::get<UserLoaded>(reply).contacts) {
      if (contact.address == to) return contact.relation.subscription;
    }
    return Subscription::none;
  };
  const bool alice_watches = relation(alice, bob) == Subscription::to;
  EXPECT_EQ(relation(bob, alice) == Subscription::from, alice_watches);
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
  nothing_happens();
  EXPECT_EQ(asked(item(bob, "x")), "item v1 x@example.com none listed ''");
  EXPECT_EQ(store_->trouble(), "");
}

TEST_F(PostgresTrouble, ADatabaseThatDoesNotAnswerIsGivenUp) {
  options_.answer_time_max = Duration::milliseconds(300);
  store_ = open();
  const pid_t process = std::stoi(its_process());
  ASSERT_EQ(::kill(process, SIGSTOP), 0);
  // A new connection is another process, which answers; the account is not locked yet.
  EXPECT_EQ(asked(item(alice, "x")), "item v1 x@example.com none listed ''");
  ASSERT_EQ(::kill(process, SIGCONT), 0);
  EXPECT_EQ(asked(item(alice, "y")), "item v2 y@example.com none listed ''");
}

// --- kill -9 -------------------------------------------------------------------------------------

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
TEST(PostgresKill, WhatIsAcknowledgedSurvivesKill9) {
  PostgresServer server;
  const auto store = testing::open_postgres({.connection = server.make_database()});
  testing::carry_out(*store, LoadUser{alice, true});
  Worker worker(*store);
  for (int life = 1; life <= 4; ++life) {
    ASSERT_TRUE(worker.wait_for(40)) << "life " << life;
    server.kill();
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

}  // namespace
}  // namespace muster
