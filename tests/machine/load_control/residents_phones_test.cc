// Users who have a phone, and are to move to another server: they go when it registers anew.
#include "server/load_control/residents.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "codec/sip/read_request.h"
#include "machine/load_control/residents_moving_world.h"

namespace muster::testing {
namespace load_control_residents_phones_test {

using Outcome = UserPlace::Outcome;

class ResidentsPhones : public ResidentsMoving {
 protected:
  // More were to go than could.
  void let_phones_go() {
    give(PhonesMayMove{world.now.instant + world.settings.limits.registration_time_max});
  }

  ModuleWorld::Happened registers(const Address& who, bool again = false) {
    return give(RequestToPlace{{++requests_, 1}, who, again, &read_});
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
  // What the latest request was answered, or that one.
  std::optional<Outcome> outcome(const ModuleWorld::Happened& happened) const {
    return outcome(happened, requests_);
  }
  static std::optional<Outcome> outcome(const ModuleWorld::Happened& happened,
                                        std::uint32_t request) {
    const auto placed = events<RequestPlaced>(happened);
    if (placed.empty()) return std::nullopt;
    EXPECT_EQ(placed.size(), 1u);
    EXPECT_EQ(placed[0].request, (SipRequestId{request, 1}));
    return placed[0].place.outcome;
  }
  static std::uint32_t ended_by_phone(const ModuleWorld::Happened& happened) {
    std::uint32_t users = 0;
    for (const MovesEnded& one : told<MovesEnded>(happened)) {
      EXPECT_TRUE(one.by_phone);
      users += one.users;
    }
    return users;
  }

 private:
  sip::ReadRequest read_{""};
  std::uint32_t requests_ = 0;
};

TEST_F(ResidentsPhones, SheGoesWhenHerPhoneRegisters) {
  come(kAlice, true, true, 3);
  let_phones_go();
  const auto asked = events<PhoneRegisters>(registers(kAlice));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].account, kAlice);
  EXPECT_NE(asked[0].read, nullptr);
  const auto moves = told<PhoneMoves>(weigh(kAlice));
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].shard, ShardId(1));
  EXPECT_EQ(moves[0].account, kAlice);
  EXPECT_EQ(moves[0].dialogs, 3u);
  EXPECT_TRUE(moves[0].xmpp);
  const auto happened = decide(kAlice);
  EXPECT_EQ(outcome(happened), Outcome::elsewhere);
  EXPECT_EQ(events<RequestPlaced>(happened)[0].place.at->svr_id, "sip:s7.example.com");
  ASSERT_EQ(events<UserLeaves>(happened).size(), 1u);
  EXPECT_EQ(events<UserLeaves>(happened)[0].account, kAlice);
  EXPECT_TRUE(events<UserServed>(happened).empty()) << "what she has here waits";
  EXPECT_EQ(residents.list().size(), 1u);
  give(SubscriptionsCounted{kAlice, 0});
  EXPECT_EQ(ended_by_phone(give(ResidentChanged{kAlice, false, false, 0})), 1u);
  EXPECT_EQ(residents.list().size(), 0u);
}

TEST_F(ResidentsPhones, WhoHasNoSessionsIsSaidToHaveNone) {
  come(kAlice, false, true);
  let_phones_go();
  ASSERT_TRUE(is_weighed(kAlice));
  EXPECT_FALSE(told<PhoneMoves>(weigh(kAlice)).at(0).xmpp);
}

// Who could go at once is enough, or all go as it is, or there are more who could.
TEST_F(ResidentsPhones, ItIsSaidWhereNobodyElseCanGo) {
  const auto lacks = [&](std::uint32_t users, std::uint32_t dialogs, bool all) {
    const auto chosen =
        told<MovesChosen>(give(UsersToMove{kThere, contacts(), users, dialogs, all}));
    for (const Address& who : chosen.at(0).accounts)
      decide(who, false);
    return chosen.at(0).lacks;
  };
  EXPECT_TRUE(lacks(1, 9, false));
  come(kAlice, false, true);
  EXPECT_TRUE(lacks(1, 9, false));
  EXPECT_FALSE(lacks(1, 9, true));
  EXPECT_FALSE(lacks(2, 9, true)) << "there is none with a phone who stays";
  come(user("b"), false, false, 3);
  EXPECT_FALSE(lacks(1, 9, false));
  EXPECT_TRUE(lacks(2, 9, false)) << "one of two";
  come(user("c"), false, false, 3);
  EXPECT_FALSE(lacks(2, 5, false)) << "another would go, but has too many dialogs for now";
}

TEST_F(ResidentsPhones, UntilEachHasRegistered) {
  come(kAlice, false, true);
  EXPECT_FALSE(is_weighed(kAlice));
  let_phones_go();
  world.pass(world.settings.limits.registration_time_max - Duration::microseconds(1));
  EXPECT_TRUE(is_weighed(kAlice));
  world.pass(Duration::microseconds(1));
  EXPECT_FALSE(is_weighed(kAlice));
}

TEST_F(ResidentsPhones, OnlyWhoHasAPhoneHereAndFollows) {
  let_phones_go();
  come(kBob, true, false);
  EXPECT_FALSE(is_weighed(kBob)) << "it is her first one";
  come(kAlice, false, true);
  EXPECT_TRUE(events<PhoneRegisters>(registers(user("carol"))).empty()) << "not known here";
  place_here(user("dave"), true);
  give(ResidentChanged{user("dave"), false, true, 0});
  EXPECT_FALSE(is_weighed(user("dave"))) << "he came back";
  EXPECT_FALSE(is_weighed(registers(kAlice, true))) << "this phone did";
  EXPECT_TRUE(is_weighed(kAlice));
  EXPECT_EQ(outcome(give(RequestToPlace{{9, 1}, kAlice}), 9), Outcome::here)
      << "a request that is no REGISTER";
}

TEST_F(ResidentsPhones, WhoWouldLeaveAPhoneBehindStays) {
  come(kAlice, false, true);
  let_phones_go();
  ASSERT_TRUE(is_weighed(kAlice));
  const auto happened = weigh(kAlice, false);
  EXPECT_EQ(outcome(happened), Outcome::here);
  EXPECT_TRUE(told<PhoneMoves>(happened).empty());
  EXPECT_TRUE(is_weighed(kAlice)) << "it may be otherwise the next time";
}

// At once, or by the store.
TEST_F(ResidentsPhones, WhoMayNotGoStays) {
  come(kAlice, false, true);
  let_phones_go();
  for (const std::uint64_t to : {std::uint64_t{0}, kThere}) {
    begin(kAlice);
    EXPECT_EQ(choose(1, 1'000, true), Users{}) << "she is being asked about";
    const auto happened = give(MoveDecided{kAlice, to, nullptr});
    EXPECT_EQ(outcome(happened), Outcome::here);
    EXPECT_TRUE(events<UserLeaves>(happened).empty());
    EXPECT_EQ(ended_by_phone(happened), to == 0 ? 0u : 1u);
  }
  EXPECT_EQ(choose(1, 1'000, true), Users{kAlice});
}

// Two REGISTERs may be weighed before the first is decided; and another phone of hers may come.
TEST_F(ResidentsPhones, HerRegistersAreAnsweredTogether) {
  come(kAlice, false, true);
  let_phones_go();
  ASSERT_TRUE(is_weighed(kAlice));
  ASSERT_TRUE(is_weighed(kAlice));
  EXPECT_EQ(told<PhoneMoves>(give(PhoneWeighed{{1, 1}, kAlice, true})).size(), 1u);
  const auto second = give(PhoneWeighed{{2, 1}, kAlice, false});
  EXPECT_TRUE(told<PhoneMoves>(second).empty());
  EXPECT_TRUE(events<RequestPlaced>(second).empty());
  const auto third = registers(kAlice);
  EXPECT_TRUE(events<PhoneRegisters>(third).empty());
  EXPECT_TRUE(events<RequestPlaced>(third).empty());
  const auto placed = events<RequestPlaced>(decide(kAlice));
  ASSERT_EQ(placed.size(), 3u);
  for (const RequestPlaced& one : placed)
    EXPECT_EQ(one.place.outcome, Outcome::elsewhere);
}

TEST_F(ResidentsPhones, HerMoveEndsAsOthersDo) {
  for (const char* name : {"a", "b"})
    come(user(name), false, true);
  let_phones_go();
  for (const char* name : {"a", "b"}) {
    begin(user(name));
    decide(user(name));
  }
  give(StreamToPlace{kLink, user("a"), true});
  EXPECT_EQ(ended_by_phone(give(OwnerFound{user("a"), {Outcome::here, nullptr}})), 1u)
      << "she has come back";
  const auto happened = pass(Residents::kMoveTimeMax);
  EXPECT_EQ(ended_by_phone(happened), 1u) << "its time is over";
  EXPECT_EQ(events<UserLeaves>(happened).size(), 1u) << "told again";
  EXPECT_EQ(ended_by_phone(pass(Residents::kMoveTimeMax)), 0u) << "once";
  EXPECT_EQ(choose(1, 1'000, true), Users{user("a")}) << "the next one is the main's";
  decide(user("a"));
  EXPECT_EQ(ended(give(ResidentChanged{user("a"), false, false, 0})), 1u);
}

// Her registration ran out while the store was asked, and that took its time.
TEST_F(ResidentsPhones, WhoHasNothingAnyMoreIsAnsweredAllTheSame) {
  come(kAlice, false, true);
  let_phones_go();
  begin(kAlice);
  go(kAlice);
  EXPECT_TRUE(told<UsersLeft>(pass(Duration::minutes(10))).empty());
  const auto stays = decide(kAlice, false);
  EXPECT_EQ(outcome(stays), Outcome::here);
  EXPECT_EQ(ended_by_phone(stays), 1u);
  EXPECT_TRUE(told<UsersLeft>(pass(Residents::kLeaveAfter)).empty()) << "she is about to register";
  EXPECT_EQ(told<UsersLeft>(pass(Duration::minutes(10))).size(), 1u) << "she is let go then";
  come(kBob, false, true);
  begin(kBob);
  go(kBob);
  const auto goes = decide(kBob);
  EXPECT_EQ(outcome(goes), Outcome::elsewhere);
  EXPECT_EQ(ended_by_phone(goes), 1u);
  EXPECT_TRUE(events<UserLeaves>(goes).empty());
}

}  // namespace load_control_residents_phones_test
}  // namespace muster::testing
