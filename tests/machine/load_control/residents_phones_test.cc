// Users who have a phone, and are to move to another server: they go when it registers anew.
#include "server/load_control/residents.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "codec/sip/read_request.h"
#include "machine/load_control/residents_moving_world.h"

namespace muster::testing {
namespace {

using Outcome = UserPlace::Outcome;

// Of two shards, of which this is one.
cluster::LoadSettings load_settings() {
  cluster::LoadSettings load;
  load.moved_users_per_second = 40;
  load.moved_dialogs_per_second = 60;
  load.moves_in_flight_max = 4;
  return load;
}

class ResidentsPhones : public ResidentsMoving {
 protected:
  explicit ResidentsPhones(const cluster::LoadSettings& load = load_settings())
      : ResidentsMoving(load) {}

  // The main has said so, and there was nobody who could go at once.
  void order_phones() { ASSERT_EQ(choose(1), Users{}); }

  ModuleWorld::Happened registers(const Address& who) {
    return give(RequestToPlace{{++requests_, 1}, who, false, &read_});
  }
  // Whether it was asked what she has registered; else she was answered that it is here.
  bool is_weighed(const Address& who) { return is_weighed(registers(who)); }
  bool is_weighed(const ModuleWorld::Happened& happened) {
    const bool asked = !events<PhoneRegisters>(happened).empty();
    EXPECT_EQ(outcome(happened), asked ? std::nullopt : std::optional(Outcome::here));
    return asked;
  }
  ModuleWorld::Happened weigh(const Address& who, bool renews_all = true) {
    return give(PhoneWeighed{{requests_, 1}, who, renews_all});
  }
  // Her phone registers, and it is asked where she may go.
  void begin(const Address& who) {
    ASSERT_TRUE(is_weighed(who));
    const auto happened = weigh(who);
    ASSERT_EQ(told<PhoneMoves>(happened).size(), 1u);
    ASSERT_EQ(outcome(happened), std::nullopt);
  }
  // What the latest request was answered.
  std::optional<Outcome> outcome(const ModuleWorld::Happened& happened) const {
    const auto placed = events<RequestPlaced>(happened);
    if (placed.empty()) return std::nullopt;
    EXPECT_EQ(placed.size(), 1u);
    EXPECT_EQ(placed[0].request, (SipRequestId{requests_, 1}));
    return placed[0].place.outcome;
  }

 private:
  sip::ReadRequest read_{""};
  std::uint32_t requests_ = 0;
};

TEST_F(ResidentsPhones, SheGoesWhenHerPhoneRegisters) {
  come(kAlice, true, true);
  order_phones();
  const auto asked = events<PhoneRegisters>(registers(kAlice));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].account, kAlice);
  EXPECT_NE(asked[0].read, nullptr);
  const auto moves = told<PhoneMoves>(weigh(kAlice));
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].shard, ShardId(1));
  EXPECT_EQ(moves[0].account, kAlice);
  EXPECT_TRUE(moves[0].xmpp);
  const auto happened = decide(kAlice);
  EXPECT_EQ(outcome(happened), Outcome::elsewhere);
  EXPECT_EQ(events<RequestPlaced>(happened)[0].place.at->svr_id, "sip:s7.example.com");
  ASSERT_EQ(events<UserLeaves>(happened).size(), 1u);
  EXPECT_EQ(events<UserLeaves>(happened)[0].account, kAlice);
  EXPECT_TRUE(events<UserServed>(happened).empty()) << "what she has here waits";
  EXPECT_EQ(residents.list().size(), 1u);
  EXPECT_EQ(ended(give(ResidentChanged{kAlice, false, false, 0})), 0u)
      << "it was none of the main's moves";
  EXPECT_EQ(residents.list().size(), 0u);
}

TEST_F(ResidentsPhones, WithoutAnOrderSheStays) {
  come(kAlice, false, true);
  EXPECT_FALSE(is_weighed(kAlice));
  EXPECT_EQ(choose(1, 1'000, true), Users{kAlice}) << "a drain, of all";
  decide(kAlice, false);
  EXPECT_FALSE(is_weighed(kAlice));
  come(kBob);
  EXPECT_EQ(choose(1), Users{kBob}) << "who went at once was enough";
  EXPECT_FALSE(is_weighed(kAlice));
}

TEST_F(ResidentsPhones, TheOrderHoldsUntilEachHasRegistered) {
  come(kAlice, false, true);
  order_phones();
  world.pass(world.settings.limits.registration_time_max - Duration::microseconds(1));
  EXPECT_TRUE(is_weighed(kAlice));
  world.pass(Duration::microseconds(1));
  EXPECT_FALSE(is_weighed(kAlice));
}

TEST_F(ResidentsPhones, OnlyWhoHasAPhoneHereAndFollows) {
  come(kBob, true, false);
  choose(1);
  decide(kBob, false);
  order_phones();
  EXPECT_FALSE(is_weighed(kBob)) << "it is her first one";
  come(kAlice, false, true);
  give(RequestToPlace{{9, 1}, user("carol")});
  EXPECT_FALSE(events<PhoneRegisters>(registers(user("carol"))).size() > 0) << "not known here";
  place_here(user("dave"), true);
  give(ResidentChanged{user("dave"), false, true, 0});
  EXPECT_FALSE(is_weighed(user("dave"))) << "he came back";
  EXPECT_TRUE(is_weighed(kAlice));
  EXPECT_EQ(outcome(give(RequestToPlace{{1, 1}, kAlice})), Outcome::here)
      << "a request that is no REGISTER";
}

TEST_F(ResidentsPhones, WhoWouldLeaveAPhoneBehindStays) {
  come(kAlice, false, true);
  order_phones();
  ASSERT_TRUE(is_weighed(kAlice));
  const auto happened = weigh(kAlice, false);
  EXPECT_EQ(outcome(happened), Outcome::here);
  EXPECT_TRUE(told<PhoneMoves>(happened).empty());
  EXPECT_TRUE(is_weighed(kAlice)) << "it may be otherwise the next time";
}

TEST_F(ResidentsPhones, WhereLevelsAreEvenSheStays) {
  come(kAlice, false, true);
  order_phones();
  begin(kAlice);
  EXPECT_EQ(choose(1, 1'000, true), Users{}) << "she is being asked about";
  const auto happened = decide(kAlice, false);
  EXPECT_EQ(outcome(happened), Outcome::here);
  EXPECT_TRUE(events<UserLeaves>(happened).empty());
  EXPECT_EQ(ended(happened), 0u);
  EXPECT_EQ(choose(1, 1'000, true), Users{kAlice});
}

// While she is asked about another request of hers is answered.
TEST_F(ResidentsPhones, UntilThatIsKnownSheIsHere) {
  come(kAlice, false, true);
  order_phones();
  begin(kAlice);
  EXPECT_FALSE(is_weighed(kAlice));
}

TEST_F(ResidentsPhones, SoManyAreOnTheirWayAtOnce) {
  for (const char* name : {"a", "b", "c"})
    come(user(name), false, true);
  order_phones();
  begin(user("a"));
  begin(user("b"));
  EXPECT_FALSE(is_weighed(user("c"))) << "the part of moves_in_flight_max";
  decide(user("a"), false);
  EXPECT_TRUE(is_weighed(user("c"))) << "who stays is not on her way";
  decide(user("b"));
  begin(user("a"));
  EXPECT_FALSE(is_weighed(user("c")));
  go(user("b"));
  EXPECT_TRUE(is_weighed(user("c"))) << "she has arrived";
}

// Or whose time is over, though she has something here still; or who came back.
TEST_F(ResidentsPhones, SheIsOnHerWayNoLongerThanOthers) {
  for (const char* name : {"a", "b", "c"})
    come(user(name), false, true);
  order_phones();
  for (const char* name : {"a", "b"}) {
    begin(user(name));
    decide(user(name));
  }
  pass(Residents::kMoveTimeMax - Duration::milliseconds(1));
  EXPECT_FALSE(is_weighed(user("c")));
  EXPECT_EQ(events<UserLeaves>(pass(Duration::milliseconds(1))).size(), 2u) << "told again";
  begin(user("c"));
  decide(user("c"));
  come(user("d"), false, true);
  come(user("e"), false, true);
  begin(user("d"));
  EXPECT_FALSE(is_weighed(user("e")));
  give(StreamToPlace{kLink, user("c"), true});
  give(OwnerFound{user("c"), {Outcome::here, nullptr}});
  EXPECT_TRUE(is_weighed(user("e")));
}

TEST_F(ResidentsPhones, TheyGoAtTheirPace) {
  for (const char* name : {"a", "b", "c"})
    come(user(name), false, true);
  order_phones();
  for (const char* name : {"a", "b"}) {
    begin(user(name));
    decide(user(name), false);
  }
  EXPECT_FALSE(is_weighed(user("c"))) << "a burst is a tenth of what a second brings";
  world.pass(Duration::milliseconds(50));
  EXPECT_TRUE(is_weighed(user("c")));
}

TEST_F(ResidentsPhones, AndTheirDialogs) {
  come(user("a"), false, true, 3);
  come(user("b"), false, true, 1);
  order_phones();
  begin(user("a"));
  decide(user("a"), false);
  EXPECT_FALSE(is_weighed(user("b")));
  world.pass(Duration::milliseconds(34));
  EXPECT_TRUE(is_weighed(user("b")));
}

// Her registration ran out while the store was asked, and that took its time.
TEST_F(ResidentsPhones, WhoHasNothingAnyMoreIsAnsweredAllTheSame) {
  come(kAlice, false, true);
  order_phones();
  begin(kAlice);
  go(kAlice);
  EXPECT_TRUE(told<UsersLeft>(pass(Duration::minutes(10))).empty());
  EXPECT_EQ(outcome(decide(kAlice, false)), Outcome::here);
  EXPECT_EQ(told<UsersLeft>(pass(Duration::minutes(10))).size(), 1u) << "she is let go then";
  come(kBob, false, true);
  order_phones();
  begin(kBob);
  go(kBob);
  const auto happened = decide(kBob);
  EXPECT_EQ(outcome(happened), Outcome::elsewhere);
  EXPECT_TRUE(events<UserLeaves>(happened).empty());
  EXPECT_EQ(ended(happened), 0u);
  come(user("c"), false, true);
  come(user("d"), false, true);
  begin(user("c"));
  begin(user("d"));
}

}  // namespace
}  // namespace muster::testing
