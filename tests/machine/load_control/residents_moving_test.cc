// The users of a shard who are to move to another server: who is chosen, what becomes of her here,
// and when her move has ended.
#include "server/load_control/residents.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "machine/load_control/residents_moving_world.h"

namespace muster::testing {
namespace load_control_residents_moving_test {

using Outcome = UserPlace::Outcome;

// --- who is chosen -------------------------------------------------------------------------------

TEST_F(ResidentsMoving, WhoCountsIsChosenOnce) {
  EXPECT_EQ(choose(5), Users{}) << "there is nobody";
  place_here(kAlice);
  EXPECT_EQ(choose(5), Users{}) << "she has nothing, and may be about to bind";
  give(ResidentChanged{kBob, true, false, 0});
  EXPECT_EQ(choose(5), Users{}) << "he was not placed here";
  go(kBob);
  come(kBob);
  EXPECT_EQ(choose(5), Users{kBob});
  EXPECT_EQ(choose(5), Users{}) << "the store is being asked about him";
  // Nothing came of it.
  EXPECT_EQ(ended(decide(kBob, false)), 1u);
  EXPECT_EQ(choose(5), Users{kBob});
}

TEST_F(ResidentsMoving, NoMoreThanIsAsked) {
  for (const char* name : {"a", "b", "c", "d"})
    come(user(name));
  EXPECT_EQ(choose(0), Users{});
  EXPECT_EQ(choose(3).size(), 3u);
  EXPECT_EQ(choose(3).size(), 1u);
}

// Else the first by name would move again and again.
TEST_F(ResidentsMoving, TheNextOneIsBehindTheLast) {
  for (const char* name : {"a", "b", "c", "d", "e"})
    come(user(name));
  EXPECT_EQ(choose(2), (Users{user("a"), user("b")}));
  decide(user("a"), false);
  decide(user("b"), false);
  EXPECT_EQ(choose(2), (Users{user("c"), user("d")}));
  EXPECT_EQ(choose(2), (Users{user("e"), user("a")}));
}

TEST_F(ResidentsMoving, WhoCannotBeToldIsNotChosen) {
  struct Case {
    bool xmpp, sip;
    std::uint32_t subscriptions;
    bool there_xmpp, there_sip;
    bool chosen;
  };
  const Case cases[] = {
      {true, false, 0, true, false, true},  {true, false, 0, false, true, false},
      {false, true, 0, false, true, true},  {false, true, 0, true, false, false},
      {false, false, 1, false, true, true}, {false, false, 1, true, false, false},
  };
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const Case& one = cases[i];
    const Address who = user("u" + std::to_string(i));
    come(who, one.xmpp, one.sip, one.subscriptions);
    const UsersToMove order{kThere, contacts(one.there_xmpp, one.there_sip), 1, 1'000, true};
    EXPECT_EQ(choose(order), one.chosen ? Users{who} : Users{}) << i;
    give(SubscriptionsCounted{who, 0});
    go(who);
  }
}

// It would go when it registers anew, and not before.
TEST_F(ResidentsMoving, WhoHasAPhoneGoesOnlyWithAll) {
  come(kAlice, true, true);
  come(kBob, false, true, 1);
  EXPECT_EQ(choose(5), Users{});
  EXPECT_EQ(choose(5, 1'000, true), (Users{kAlice, kBob}));
}

TEST_F(ResidentsMoving, WhoDoesNotFollowGoesOnlyWithAll) {
  place_here(kAlice, true);
  give(ResidentChanged{kAlice, true, false, 0});
  EXPECT_EQ(choose(5), Users{});
  EXPECT_EQ(choose(5, 1'000, true), Users{kAlice});
}

// So many dialogs together, but for the first who has any number.
TEST_F(ResidentsMoving, TheirDialogsAreBounded) {
  come(user("a"), false, false, 3);
  come(user("b"), false, false, 2);
  come(user("c"), false, false, 4);
  EXPECT_EQ(choose(3, 5), (Users{user("a"), user("b")}));
  EXPECT_EQ(choose(3, 0), Users{user("c")}) << "one always";
  for (const char* name : {"a", "b", "c"})
    decide(user(name), false);
  EXPECT_EQ(choose(3, 4), Users{user("c")}) << "with the next one it would be seven";
}

// Among so many it is looked at once; the next order goes on behind them.
TEST_F(ResidentsMoving, SoManyAreLookedAtOnce) {
  for (std::size_t i = 0; i < Residents::kLookedAtMax; ++i)
    come(user("k" + std::to_string(100'000 + i)), true, true);
  come(user("z"));
  EXPECT_EQ(choose(1), Users{}) << "she is behind kLookedAtMax who are to stay";
  EXPECT_EQ(choose(1), Users{user("z")});
}

// --- what becomes of her -------------------------------------------------------------------------

TEST_F(ResidentsMoving, WhoMovesIsToldAndCountsUntilSheHasNothingHere) {
  come(kAlice);
  come(kBob);
  pass(Residents::kTellAfter);
  ASSERT_EQ(choose(1), Users{kAlice});
  const auto happened = decide(kAlice);
  const auto leaves = events<UserLeaves>(happened);
  ASSERT_EQ(leaves.size(), 1u);
  EXPECT_EQ(leaves[0].account, kAlice);
  EXPECT_EQ(leaves[0].at->svr_id, "sip:s7.example.com");
  EXPECT_EQ(ended(happened), 0u) << "she is on her way";
  EXPECT_TRUE(events<UserServed>(happened).empty()) << "what she has here waits";
  EXPECT_TRUE(told<ShardLoad>(pass(Residents::kTellAfter)).empty())
      << "what she has is served here";
  EXPECT_EQ(residents.list().size(), 2u);
  EXPECT_EQ(choose(5), Users{kBob}) << "not a second time";
  // Another device of hers is sent where she is.
  EXPECT_EQ(told<OwnerWanted>(give(StreamToPlace{kLink, kAlice})).size(), 1u);
  const auto placed =
      events<StreamPlaced>(give(OwnerFound{kAlice, {Outcome::elsewhere, contacts()}}));
  ASSERT_EQ(placed.size(), 1u);
  EXPECT_EQ(placed[0].place.outcome, Outcome::elsewhere);
  EXPECT_TRUE(told<YieldAnswered>(give(YieldAsked{kAlice, 9})).at(0).yielded);
  go(kAlice);
  const auto load = told<ShardLoad>(pass(Residents::kTellAfter));
  ASSERT_EQ(load.size(), 1u);
  EXPECT_EQ(load[0].users, 1u);
  ASSERT_EQ(residents.list().size(), 1u);
  EXPECT_EQ(residents.list()[0].user_id, kBob);
}

// Her session ended while the store was asked.
TEST_F(ResidentsMoving, WhoHasNothingAnyMoreHasMovedAtOnce) {
  come(kAlice);
  choose(1);
  go(kAlice);
  const auto happened = decide(kAlice);
  EXPECT_TRUE(events<UserLeaves>(happened).empty());
  EXPECT_EQ(ended(happened), 1u);
  const auto served = events<UserServed>(happened);
  ASSERT_EQ(served.size(), 1u);
  EXPECT_FALSE(served[0].here);
  EXPECT_EQ(told<OwnerWanted>(give(StreamToPlace{kLink, kAlice})).size(), 1u);
  EXPECT_TRUE(told<UsersLeft>(pass(Duration::minutes(10))).empty()) << "she is not ours to free";
}

TEST_F(ResidentsMoving, WhoIsNotKnownAnyMoreHasMovedToo) {
  const auto happened = decide(kAlice);
  EXPECT_EQ(ended(happened), 1u);
  EXPECT_TRUE(events<UserLeaves>(happened).empty());
}

TEST_F(ResidentsMoving, WhoStaysIsServedAsBefore) {
  come(kAlice);
  pass(Residents::kTellAfter);
  choose(1);
  const auto happened = decide(kAlice, false);
  EXPECT_EQ(ended(happened), 1u);
  EXPECT_TRUE(events<UserLeaves>(happened).empty());
  EXPECT_TRUE(events<UserServed>(happened).empty());
  EXPECT_TRUE(told<ShardLoad>(pass(Duration::seconds(60))).empty());
  EXPECT_EQ(residents.list().size(), 1u);
  EXPECT_TRUE(told<OwnerWanted>(give(StreamToPlace{kLink, kAlice})).empty());
}

// --- when it has ended ---------------------------------------------------------------------------

TEST_F(ResidentsMoving, WhenSheHasNothingHere) {
  begin_move(kAlice);
  const auto happened = give(ResidentChanged{kAlice, false, false, 0});
  EXPECT_EQ(ended(happened), 1u);
  const auto served = events<UserServed>(happened);
  ASSERT_EQ(served.size(), 1u);
  EXPECT_EQ(served[0].account, kAlice);
  EXPECT_FALSE(served[0].here);
  const auto later = pass(Duration::minutes(10));
  EXPECT_EQ(ended(later), 0u) << "once";
  EXPECT_TRUE(told<UsersLeft>(later).empty()) << "she is not ours to free";
  EXPECT_EQ(residents.next_deadline(), std::nullopt);
}

TEST_F(ResidentsMoving, NotBeforeTheLastOfItIsGone) {
  come(kAlice, true, true);
  give(SubscriptionsCounted{kAlice, 2});
  ASSERT_EQ(choose(1, 10, true), Users{kAlice});
  decide(kAlice);
  EXPECT_EQ(ended(give(ResidentChanged{kAlice, false, true, 0})), 0u);
  EXPECT_EQ(ended(give(SubscriptionsCounted{kAlice, 0})), 0u);
  EXPECT_EQ(ended(give(ResidentChanged{kAlice, false, false, 0})), 1u);
}

TEST_F(ResidentsMoving, WhenSheHasComeBack) {
  begin_move(kAlice);
  give(StreamToPlace{kLink, kAlice, true});
  const auto happened = give(OwnerFound{kAlice, {Outcome::here, nullptr}});
  EXPECT_EQ(ended(happened), 1u);
  ASSERT_EQ(events<UserServed>(happened).size(), 1u);
  EXPECT_TRUE(events<UserServed>(happened)[0].here);
  EXPECT_EQ(residents.list().size(), 1u) << "with what she had here";
  EXPECT_EQ(choose(5), Users{}) << "she does not follow";
  EXPECT_EQ(ended(pass(Residents::kMoveTimeMax)), 0u) << "once";
  // And when she goes she goes as anybody does.
  EXPECT_TRUE(events<UserServed>(give(ResidentChanged{kAlice, false, false, 0})).empty());
}

TEST_F(ResidentsMoving, OrWhenItsTimeIsOver) {
  begin_move(kAlice);
  EXPECT_EQ(ended(pass(Residents::kMoveTimeMax - Duration::milliseconds(1))), 0u);
  const auto happened = pass(Duration::milliseconds(1));
  EXPECT_EQ(ended(happened), 1u);
  EXPECT_TRUE(events<UserServed>(happened).empty()) << "she has something here still";
  const auto gone = give(ResidentChanged{kAlice, false, false, 0});
  EXPECT_EQ(ended(gone), 0u) << "once";
  ASSERT_EQ(events<UserServed>(gone).size(), 1u);
  EXPECT_FALSE(events<UserServed>(gone)[0].here);
}

// A phone's request had been taken before, and is done after.
TEST_F(ResidentsMoving, WhatCameAboutAfterSheLeftEndsToo) {
  begin_move(kAlice);
  go(kAlice);
  give(ResidentChanged{kAlice, false, true, 0});
  const auto gone = give(ResidentChanged{kAlice, false, false, 0});
  ASSERT_EQ(events<UserServed>(gone).size(), 1u);
  EXPECT_FALSE(events<UserServed>(gone)[0].here);
}

// She came back and was moved to the same server again.
TEST_F(ResidentsMoving, EachMoveHasItsOwnTime) {
  begin_move(kAlice);
  pass(Duration::seconds(10));
  give(StreamToPlace{kLink, kAlice});
  give(OwnerFound{kAlice, {Outcome::here, nullptr}});
  pass(Duration::seconds(10));
  ASSERT_EQ(choose(1), Users{kAlice});
  decide(kAlice);
  EXPECT_EQ(ended(pass(Residents::kMoveTimeMax - Duration::milliseconds(1))), 0u);
  EXPECT_EQ(ended(pass(Duration::milliseconds(1))), 1u);
}

}  // namespace load_control_residents_moving_test
}  // namespace muster::testing
