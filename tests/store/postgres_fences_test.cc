// That nothing of a fenced life lands once it is said to be fenced, whatever it has under way.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "shell/store/postgres_store.h"
#include "support/child_process.h"
#include "support/postgres_server.h"
#include "support/store_world.h"

namespace muster {
namespace {

using cluster::Incarnation;
using testing::address;
using testing::RawPostgres;

const Address alice = address("alice");

class PostgresFences : public ::testing::Test {
 protected:
  PostgresFences() { testing::carry_out(*two_, LoadUser{alice, true}); }

  std::unique_ptr<PostgresStore> open(std::uint64_t life) {
    auto opened =
        PostgresStore::open({.connection = connection_}, PostgresStore::Company::one_of_many);
    EXPECT_TRUE(opened.ok()) << opened.error();
    EXPECT_TRUE(std::holds_alternative<ActingAs>(ask(**opened, ActAs{Incarnation(life)})));
    return std::move(*opened);
  }
  static ServerReply ask(PostgresStore& store, ServerRequest request) {
    return std::get<ServerReply>(store.carry_out({StoreTask(request)}).at(0));
  }
  static bool fences(PostgresStore& store, std::uint64_t life) {
    return std::holds_alternative<LifeFenced>(ask(store, FenceLife{Incarnation(life)}));
  }
  static StoreReply set_item(PostgresStore& store, const std::string& contact) {
    return testing::carry_out(store, SetRosterItem{alice, address(contact), {}, {}, 100'000});
  }
  std::set<std::string> items() {
    std::set<std::string> found;
    const StoreReply reply = testing::carry_out(*two_, LoadUser{alice});
    for (const Contact& contact : std::get<UserLoaded>(reply).contacts)
      found.insert(contact.address.text());
    return found;
  }
  // Of the connections to this database, how many wait for such a lock.
  std::string waiting() {
    return raw_.run(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND wait_event = 'advisory'");
  }
  // Whoever changes a roster waits for `raw_` then, which has the lock.
  void hold_up(bool in_commit) {
    raw_.run(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$");
    raw_.run((in_commit ? "CREATE CONSTRAINT TRIGGER planted AFTER INSERT ON muster.contacts"
                          " DEFERRABLE INITIALLY DEFERRED"
                        : "CREATE TRIGGER planted BEFORE INSERT ON muster.contacts") +
             std::string(" FOR EACH ROW EXECUTE FUNCTION wait()"));
    raw_.run("SELECT pg_advisory_lock(1)");
  }

  const std::string connection_ = testing::PostgresServer::instance().make_database();
  std::unique_ptr<PostgresStore> two_ = open(2);
  RawPostgres raw_{connection_};
};

class PostgresFencesUnderWay : public PostgresFences, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(In, PostgresFencesUnderWay, ::testing::Bool(), [](const auto& tested) {
  return std::string(tested.param ? "commit" : "statement");
});

TEST_P(PostgresFencesUnderWay, ATransactionIsCutOff) {
  const auto one = open(1);
  hold_up(GetParam());
  StoreReply told;
  std::thread server([&] { told = set_item(*one, "x"); });
  while (waiting() != "1")
    continue;
  EXPECT_TRUE(fences(*two_, 1)) << two_->trouble();
  raw_.run("SELECT pg_advisory_unlock(1)");
  server.join();
  EXPECT_TRUE(std::holds_alternative<StoreFailed>(told)) << testing::words(told);
  EXPECT_EQ(items(), std::set<std::string>());
  EXPECT_TRUE(std::holds_alternative<RosterItemSet>(set_item(*two_, "y")));
}

// One that stopped between two statements, and does not come back.
TEST_F(PostgresFences, WhoStandsStillIsCutOff) {
  RawPostgres still(connection_);
  still.run("BEGIN");
  still.run("SELECT pg_advisory_xact_lock_shared(x'6d757374'::int, 7)");
  still.run("INSERT INTO muster.accounts (domain, local, policy, version) VALUES ('x', 'y', 0, 0)");
  const std::string there =
      "SELECT count(*) FROM pg_locks WHERE classid = x'6d757374'::bigint::oid AND objid = 7";
  EXPECT_EQ(raw_.run(there), "1");
  EXPECT_TRUE(fences(*two_, 7)) << two_->trouble();
  EXPECT_EQ(raw_.run(there), "0");
  EXPECT_EQ(raw_.run("SELECT count(*) FROM muster.accounts"), "1");
}

// A group without a row to wait for is one transaction like any other.
TEST_F(PostgresFences, AFenceAloneIsOneAttempt) {
  raw_.run("CREATE SEQUENCE public.attempts");
  raw_.run(
      "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN PERFORM nextval('public.attempts'); RETURN NEW; END $$");
  raw_.run(
      "CREATE TRIGGER planted BEFORE INSERT ON muster.fenced FOR EACH ROW EXECUTE FUNCTION "
      "note()");
  EXPECT_TRUE(fences(*two_, 1));
  EXPECT_EQ(raw_.run("SELECT last_value FROM public.attempts"), "1");
}

TEST_F(PostgresFences, OthersAreNotCutOff) {
  const auto three = open(3);
  const std::string processes =
      "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity"
      " WHERE datname = current_database()";
  const std::string before = raw_.run(processes);
  EXPECT_TRUE(fences(*two_, 1));
  EXPECT_TRUE(std::holds_alternative<RosterItemSet>(set_item(*three, "x")));
  EXPECT_EQ(raw_.run(processes), before);
}

// Nobody fences it yet; what it has locked is free soon all the same.
TEST_F(PostgresFences, WhoStandsStillHoldsAnAccountForLessThanOthersWait) {
  static_assert(PostgresStore::kIdleTimeMax < PostgresStore::Options().busy_time_max);
  testing::Child child([&](int parent) {
    const auto one = open(1);
    testing::tell(parent, true);
    while (true)
      set_item(*one, "x");
  });
  bool there = false;
  ASSERT_TRUE(child.read(there));
  for (int i = 0; i < 10; ++i) {
    child.stop();
    EXPECT_TRUE(std::holds_alternative<RosterItemSet>(set_item(*two_, "y"))) << two_->trouble();
    child.send(SIGCONT);
    EXPECT_TRUE(std::holds_alternative<RosterItemSet>(set_item(*two_, "y"))) << two_->trouble();
  }
}

// At any moment: what is there when the fence is acknowledged is all that will ever be.
TEST_F(PostgresFences, NothingLandsBehindTheFence) {
  std::set<std::string> told;
  for (std::uint64_t life = 10; life < 60; ++life) {
    const auto one = open(life);
    std::atomic<int> done = 0;
    std::thread server([&] {
      for (int i = 0;; ++i) {
        const std::string contact = std::to_string(life) + "-" + std::to_string(i);
        const StoreReply reply = set_item(*one, contact);
        ++done;
        if (std::holds_alternative<StoreFailed>(reply)) return;
        told.insert(address(contact).text());
      }
    });
    while (done < static_cast<int>(life % 5))
      waiting();  // so long, each time
    EXPECT_TRUE(fences(*two_, life)) << two_->trouble();
    const std::set<std::string> then = items();
    server.join();
    EXPECT_EQ(items(), then) << "life " << life;
    for (const std::string& contact : told)
      EXPECT_TRUE(then.contains(contact)) << contact;
    if (HasFailure()) return;
  }
  EXPECT_GT(told.size(), 50u);
}

}  // namespace
}  // namespace muster
