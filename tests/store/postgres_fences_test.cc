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
namespace store_postgres_fences_test {

using cluster::Incarnation;
using testing::address;
using testing::RawPostgres;

const Address alice = address("alice");

class PostgresFences : public ::testing::Test {
 protected:
  PostgresFences() { testing::carry_out(*two_, LoadUser{alice, true}); }

  std::unique_ptr<PostgresStore> open(std::uint64_t life, PostgresStore::Options options = {}) {
    options.connection = connection_;
    auto store = testing::opened(PostgresStore::open(options, PostgresStore::Company::one_of_many));
    EXPECT_TRUE(std::holds_alternative<ActingAs>(ask(*store, ActAs{Incarnation(life)})));
    return store;
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
  // Whoever makes such a change waits for `raw_` then.
  void hold_up(const std::string& change, bool in_commit) {
    raw_.plant({change, "PERFORM pg_advisory_xact_lock(1)", in_commit});
    raw_.run("SELECT pg_advisory_lock(1)");
  }
  void let_go() { raw_.run("SELECT pg_advisory_unlock(1)"); }

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
  hold_up("INSERT ON muster.contacts", GetParam());
  StoreReply told;
  std::thread server([&] { told = set_item(*one, "x"); });
  EXPECT_TRUE(raw_.comes_to_wait(1));
  EXPECT_TRUE(fences(*two_, 1)) << two_->trouble();
  let_go();
  server.join();
  EXPECT_TRUE(std::holds_alternative<StoreFailed>(told)) << testing::words(told);
  EXPECT_EQ(items(), std::set<std::string>());
  EXPECT_TRUE(std::holds_alternative<RosterItemSet>(set_item(*two_, "y")));
}

// Who waits for the lock of its life had looked before that, for all it knows, and looks again: the
// fence may have been on its way to the disk, where nobody saw it.
TEST_F(PostgresFences, AFenceThatIsBeingCommittedCountsForWhoWaits) {
  PostgresStore::Options patient;
  patient.busy_time_max = Duration::seconds(60);
  patient.answer_time_max = Duration::seconds(100);
  const auto one = open(1, patient);
  const auto three = open(3, patient);
  hold_up("INSERT ON muster.fenced", true);
  std::thread burial([&] { EXPECT_TRUE(fences(*three, 1)) << three->trouble(); });
  EXPECT_TRUE(raw_.comes_to_wait(1));
  StoreReply told;
  std::thread server([&] { told = set_item(*one, "x"); });
  EXPECT_TRUE(raw_.comes_to_wait(2));
  let_go();
  burial.join();
  server.join();
  EXPECT_TRUE(std::holds_alternative<StoreFailed>(told)) << testing::words(told);
  EXPECT_EQ(items(), std::set<std::string>());
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
  raw_.plant({"INSERT ON muster.fenced", "PERFORM nextval('public.attempts')"});
  EXPECT_TRUE(fences(*two_, 1));
  EXPECT_EQ(raw_.run("SELECT last_value FROM public.attempts"), "1");
}

// Nor who has a life of this number in another database.
TEST_F(PostgresFences, OthersAreNotCutOff) {
  const auto three = open(3);
  const std::string processes =
      "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity"
      " WHERE datname = current_database()";
  const std::string before = raw_.run(processes);
  RawPostgres elsewhere(testing::PostgresServer::instance().make_database());
  elsewhere.run("BEGIN");
  elsewhere.run("SELECT pg_advisory_xact_lock_shared(x'6d757374'::int, 1)");
  EXPECT_TRUE(fences(*two_, 1));
  elsewhere.run("COMMIT");
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
  RawPostgres other(connection_);
  other.run("BEGIN");
  other.run("LOCK TABLE muster.contacts");
  // It has locked her, and waits for rows that come when it stands still.
  EXPECT_TRUE(raw_.comes_to("1",
                            "SELECT count(*) FROM pg_stat_activity"
                            " WHERE datname = current_database()"
                            " AND wait_event_type = 'Lock' AND wait_event = 'relation'"));
  child.stop();
  other.run("COMMIT");
  EXPECT_TRUE(std::holds_alternative<RosterItemSet>(set_item(*two_, "y"))) << two_->trouble();
  child.send(SIGCONT);
  EXPECT_TRUE(std::holds_alternative<RosterItemSet>(set_item(*two_, "y"))) << two_->trouble();
}

// At any moment: what is there when the fence is acknowledged is all that will ever be.
TEST_F(PostgresFences, NothingLandsBehindTheFence) {
  std::set<std::string> told;
  for (std::uint64_t life = 10; life < 60; ++life) {
    const auto one = open(life);
    std::atomic<int> done = 0;
    std::atomic<bool> failed = false;
    std::thread server([&] {
      for (int i = 0;; ++i) {
        const std::string contact = std::to_string(life) + "-" + std::to_string(i);
        const StoreReply reply = set_item(*one, contact);
        failed = std::holds_alternative<StoreFailed>(reply);
        if (failed) return;
        ++done;
        told.insert(address(contact).text());
      }
    });
    while (done < static_cast<int>(life % 5) && !failed)
      items();  // so long, each time
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

}  // namespace store_postgres_fences_test
}  // namespace muster
