// A connection to PostgreSQL that ends before each message of the database in turn: what was
// acknowledged is there, what was not is there once or not at all, and the store goes on by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "shell/store/postgres_store.h"
#include "support/faulty_wire.h"
#include "support/postgres_server.h"
#include "support/store_world.h"

namespace muster {
namespace store_postgres_wire_test {

using testing::address;
using testing::FaultyWire;
using testing::PostgresServer;

const Address alice = address("alice");
const Address bob = address("bob");

class PostgresWire : public ::testing::Test {
 protected:
  PostgresWire() {
    for (const Address& user : {alice, bob})
      testing::carry_out(*store_, LoadUser{user, true});
  }

  UserLoaded load(const Address& user) {
    return std::get<UserLoaded>(testing::carry_out(*store_, LoadUser{user}));
  }

  // False if there was no such message.
  bool fail_before_message(FaultyWire::Fault fault, int n) {
    const std::string name = "c" + std::to_string(n);
    const std::uint64_t before = load(alice).version;
    wire_.fail(fault, n);
    const auto replies = testing::carry_out(
        *store_, {SetRosterItem{alice, address(name), {}, {}, 100'000}, LoadUser{bob}});
    const bool hit = wire_.heal();
    const UserLoaded after = load(alice);
    const auto* set = std::get_if<RosterItemSet>(&replies[0]);
    ++(set != nullptr ? acknowledged_ : refused_);
    EXPECT_TRUE(set != nullptr || std::holds_alternative<StoreFailed>(replies[0]));
    EXPECT_TRUE(std::holds_alternative<UserLoaded>(replies[1])) << "message " << n;
    EXPECT_LE(after.version, before + 1) << "message " << n;
    EXPECT_TRUE(set == nullptr || set->version == after.version) << "message " << n;
    const auto is_it = [&](const Contact& contact) { return contact.address == address(name); };
    const bool there = std::any_of(after.contacts.begin(), after.contacts.end(), is_it);
    EXPECT_EQ(there, after.version == before + 1) << "message " << n;
    EXPECT_TRUE(there || set == nullptr) << "message " << n;
    return hit;
  }

  void fail_before_every_message(FaultyWire::Fault fault) {
    int n = 0;
    while (fail_before_message(fault, n) && !HasFailure())
      ++n;
    EXPECT_GT(n, 10) << "the group must have answers that can fail to come";
    EXPECT_GT(refused_, 0) << "the commit's among them";
    EXPECT_GT(acknowledged_, refused_) << "what had not come to its commit was begun again";
    EXPECT_EQ(store_->trouble(), "");
  }

  FaultyWire wire_{PostgresServer::instance().socket()};
  const PostgresStore::Options options_{.connection = PostgresServer::instance().make_database() +
                                                      wire_.way()};
  std::unique_ptr<PostgresStore> store_ = testing::open_postgres(options_);
  int acknowledged_ = 0;
  int refused_ = 0;
};

TEST_F(PostgresWire, IsCutBeforeEachMessage) {
  fail_before_every_message(FaultyWire::Fault::cut);
}
TEST_F(PostgresWire, EndsWithAShutdownBeforeEachMessage) {
  fail_before_every_message(FaultyWire::Fault::shutdown);
}

// Each message comes in time, and all of them do not.
TEST(PostgresTrickle, IsGivenUpAsWhatDoesNotAnswer) {
  FaultyWire wire(PostgresServer::instance().socket());
  PostgresStore::Options options{.connection = PostgresServer::instance().make_database()};
  options.connection += wire.way();
  options.connect_time_max = Duration::seconds(20);
  options.answer_time_max = Duration::seconds(1);
  const auto store = testing::open_postgres(options);
  const auto asked = [&](StoreRequest request) {
    return testing::words(testing::carry_out(*store, std::move(request)));
  };
  EXPECT_EQ(asked(LoadUser{alice, true}), "user, policy 0");
  wire.take_time(200);
  EXPECT_EQ(asked(SetRosterItem{alice, address("x"), {}, {}, 100'000}), "failed: broken");
  EXPECT_EQ(store->trouble(), "PostgreSQL: the database does not answer");
  wire.take_time(0);
  while (asked(LoadUser{bob}) == "failed: broken") {
  }
  EXPECT_EQ(asked(LoadUser{alice}), "user, policy 0");
}

}  // namespace store_postgres_wire_test
}  // namespace muster
