// Whom this server watches and serves, as the others are told; and what it hears of users that they
// serve.
#include "server/load_control/interests.h"

#include <algorithm>

#include "machine/load_control/interests_world.h"

namespace muster::testing {
namespace load_control_interests_test {

// --- whom this server watches, and serves --------------------------------------------------------

TEST_F(InterestsTest, TheFirstWhoWatchesIsToldAndTheLast) {
  meet(5);
  const auto first = watch(alice);
  const auto begun = said<Concerns>(first, {});
  ASSERT_EQ(begun.size(), 1u);
  EXPECT_EQ(begun[0].watched, Users{alice});
  EXPECT_TRUE(begun[0].unwatched.empty());
  EXPECT_TRUE(begun[0].served.empty()) << "it is only watched";
  EXPECT_EQ(told(first).at(0).shard, kSelf) << "what cannot be told comes back here";

  EXPECT_TRUE(told(watch(alice)).empty());
  EXPECT_TRUE(told(give(PresenceWanted{alice})).empty());
  EXPECT_TRUE(told(unwatch(alice)).empty());
  EXPECT_TRUE(told(unwatch(alice)).empty()) << "presence_db still asks";
  const auto over = said<Concerns>(give(PresenceUnwanted{alice}), {});
  ASSERT_EQ(over.size(), 1u);
  EXPECT_EQ(over[0].unwatched, Users{alice});
  EXPECT_TRUE(over[0].watched.empty());
  EXPECT_EQ(interests.users(), 0u);
}

TEST_F(InterestsTest, WhatBeginsAndEndsTogetherIsToldTogether) {
  meet(5);
  watch(alice);
  const auto concerns = said<Concerns>(give(ContactsWanted{{bob}, {alice}}), {});
  ASSERT_EQ(concerns.size(), 1u);
  EXPECT_EQ(concerns[0].watched, Users{bob});
  EXPECT_EQ(concerns[0].unwatched, Users{alice});
}

TEST_F(InterestsTest, WhoHasSomethingHereIsServed) {
  meet(5);
  EXPECT_TRUE(told(give(ResidentChanged{alice, false, false, 3})).empty());
  const auto begun = said<Concerns>(give(ResidentChanged{alice, true, false, 3}), {});
  ASSERT_EQ(begun.size(), 1u);
  EXPECT_EQ(begun[0].served, Users{alice});
  EXPECT_TRUE(begun[0].watched.empty());
  EXPECT_TRUE(told(give(ResidentChanged{alice, true, true, 3})).empty());
  EXPECT_TRUE(told(give(ResidentChanged{alice, false, true, 3})).empty());
  const auto over = said<Concerns>(give(ResidentChanged{alice, false, false, 0}), {});
  ASSERT_EQ(over.size(), 1u);
  EXPECT_EQ(over[0].not_served, Users{alice});
  EXPECT_TRUE(over[0].served.empty());
  EXPECT_EQ(interests.users(), 0u);
}

TEST_F(InterestsTest, WhereNobodyIsNobodyIsTold) {
  EXPECT_TRUE(told(watch(alice)).empty());
  EXPECT_TRUE(told(serve_here(bob)).empty());
  EXPECT_TRUE(told(give(PresenceHere{bob, {session("desk")}, 0})).empty());
}

// --- a link is there, or there again -------------------------------------------------------------

TEST_F(InterestsTest, WhoComesIsToldAll) {
  watch(alice);
  serve_here(bob);
  for (int link = 0; link < 2; ++link) {
    const auto concerns = concerns_said(meet(5), {5});
    EXPECT_EQ(concerns.watched, Users{alice});
    EXPECT_EQ(concerns.served, Users{bob});
    EXPECT_TRUE(concerns.present.empty());
    EXPECT_EQ(concerns.last_of, kShards);
  }
}

TEST_F(InterestsTest, ThatThereIsNothingIsSaidToo) {
  EXPECT_EQ(concerns_said(meet(5), {5}).last_of, kShards);
}

TEST_F(InterestsTest, AllIsSaidInPortions) {
  const auto users = many(2 * Interests::kSyncAtOnce + 1);
  give(ContactsWanted{users, {}});
  std::vector<std::size_t> portions;
  Users all;
  std::uint8_t last_of = 0;
  const auto note = [&](const Happened& happened) {
    const Concerns some = concerns_said(happened, {5});
    if (!some.watched.empty()) portions.push_back(some.watched.size());
    all.insert(all.end(), some.watched.begin(), some.watched.end());
    last_of = some.last_of;
  };
  note(meet(5));
  EXPECT_EQ(portions, std::vector<std::size_t>{Interests::kSyncAtOnce});
  note(pass(Interests::kSyncEvery - kMoment));
  EXPECT_EQ(portions.size(), 1u);
  note(pass(kMoment));
  EXPECT_EQ(last_of, 0) << "that was not all";
  note(pass(Interests::kSyncEvery));
  EXPECT_EQ(last_of, kShards);
  EXPECT_EQ(portions,
            (std::vector<std::size_t>{Interests::kSyncAtOnce, Interests::kSyncAtOnce, 1}));
  note(pass(Interests::kSyncEvery * 3));
  EXPECT_EQ(last_of, 0) << "it is said once";
  Users expected = users;
  std::sort(expected.begin(), expected.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, expected);
  EXPECT_EQ(interests.next_deadline(), std::nullopt) << "there is no more to say";
}

// It may have lost her, and nobody told us.
TEST_F(InterestsTest, WhoIsPresentAtAServerIsSaidToIt) {
  meet(5);
  meet(6);
  watch(alice);
  present(5, alice, {session("desk")});
  EXPECT_EQ(concerns_said(meet(5), {5}).present, Users{alice});
  EXPECT_TRUE(concerns_said(meet(6), {6}).present.empty());
}

TEST_F(InterestsTest, ThatSomebodyIsNotPresentHereIsAnswered) {
  meet(5);
  serve_here(bob);
  Concerns concerns;
  concerns.present = {alice, bob};
  const auto answers = said<PresenceElsewhere>(give(ConcernsCame{5, concerns}), {5});
  ASSERT_EQ(answers.size(), 1u) << "whom we serve they watch too, and hear of";
  EXPECT_EQ(answers[0].account, alice);
  EXPECT_TRUE(answers[0].sources.empty());
}

TEST_F(InterestsTest, ConcernsThatCameBackAreSaidAgain) {
  meet(5);
  pass(Interests::kSyncEvery);
  const auto lost = told(watch(alice));
  ASSERT_EQ(lost.size(), 1u);
  hear(5, lost[0].said, true);
  EXPECT_EQ(concerns_said(pass(Interests::kSyncEvery), {5}).watched, Users{alice});
}

TEST_F(InterestsTest, SoAreThoseThatAreOver) {
  meet(5);
  pass(Interests::kSyncEvery);
  watch(alice);
  serve_here(bob);
  for (const ToServers& lost : told(unwatch(alice)))
    hear(5, lost.said, true);
  for (const ToServers& lost : told(give(ResidentChanged{bob, false, false, 0})))
    hear(5, lost.said, true);
  const Concerns over = concerns_said(pass(Interests::kSyncEvery), {5});
  EXPECT_EQ(over.unwatched, Users{alice});
  EXPECT_EQ(over.not_served, Users{bob});
}

TEST_F(InterestsTest, WhoIsGoneIsToldNothingAgain) {
  meet(5);
  const auto lost = told(watch(alice));
  ASSERT_EQ(lost.size(), 1u);
  give(ServerGone{5});
  hear(5, lost[0].said, true);
  EXPECT_TRUE(told(pass(Interests::kSyncEvery)).empty());
}

// --- presence here -------------------------------------------------------------------------------

TEST_F(InterestsTest, PresenceGoesToThoseWhoWatch) {
  for (const std::uint64_t server : {5u, 6u, 7u})
    meet(server);
  const auto shown_to = [&] {
    Servers to;
    for (const ToServers& one : told(give(PresenceHere{alice, {session("desk")}, 0}))) {
      EXPECT_FALSE(one.once);
      const auto read = read_said(one.said);
      const auto* presence = read ? std::get_if<PresenceElsewhere>(&*read) : nullptr;
      if (presence == nullptr) continue;
      EXPECT_EQ(presence->account, alice);
      EXPECT_EQ(names_of(presence->sources), Names{"desk"});
      to.insert(to.end(), one.to.begin(), one.to.end());
    }
    return to;
  };
  EXPECT_EQ(shown_to(), Servers());
  watch_there(5, alice);
  watch_there(6, bob);
  EXPECT_EQ(shown_to(), Servers{5});
  watch_there(7, alice);
  EXPECT_EQ(shown_to(), (Servers{5, 7}));
  Concerns over;
  over.unwatched.push_back(alice);
  give(ConcernsCame{5, over});
  EXPECT_EQ(shown_to(), Servers{7});
  give(ServerGone{7});
  EXPECT_EQ(shown_to(), Servers());
}

TEST_F(InterestsTest, UntilAllIsSaidWhatWasSaidBeforeHolds) {
  meet(5);
  watch_there(5, alice);
  watch_there(5, bob);
  const auto watched = [&](const Address& account) {
    return !told(give(PresenceHere{account, {session("desk")}, 0})).empty();
  };
  meet(5);
  EXPECT_TRUE(watched(alice));
  watch_there(5, bob);
  EXPECT_TRUE(watched(alice));
  give(ServerSaidAll{5});
  EXPECT_FALSE(watched(alice)) << "it watches her no more";
  EXPECT_TRUE(watched(bob));
}

TEST_F(InterestsTest, OtherServersAreNotForgottenWithIt) {
  for (const std::uint64_t server : {5u, 6u}) {
    meet(server);
    watch_there(server, alice);
  }
  meet(5);
  give(ServerSaidAll{5});
  const auto shown = told(give(PresenceHere{alice, {session("desk")}, 0}));
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0].to, Servers{6});
}

TEST_F(InterestsTest, WhoMattersNowhereIsForgotten) {
  meet(5);
  watch_there(5, alice);
  serve_there(5, alice);
  serve_there(5, bob);
  EXPECT_EQ(interests.users(), 2u);
  Concerns over;
  over.not_served.push_back(bob);
  give(ConcernsCame{5, over});
  EXPECT_EQ(interests.users(), 1u);
  give(ServerGone{5});
  EXPECT_EQ(interests.users(), 0u);
}

TEST_F(InterestsTest, AnAnswerGoesToWhoAsked) {
  meet(5);
  meet(6);
  watch_there(5, alice);
  const auto answer = give(PresenceHere{alice, {session("desk")}, 6});
  EXPECT_EQ(said<PresenceElsewhere>(answer, {6}).size(), 1u);
  EXPECT_EQ(told(answer).size(), 1u);
}

TEST_F(InterestsTest, WhoBeginsToWatchWhoIsServedHereIsToldOfHer) {
  meet(5);
  EXPECT_TRUE(events<PresenceAsked>(watch_there(5, alice)).empty()) << "she is not served here";
  serve_here(alice);
  serve_here(bob);
  const auto asked = events<PresenceAsked>(watch_there(5, alice));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].account, alice);
  EXPECT_EQ(asked[0].to, 5u);
  give(ResidentChanged{alice, false, false, 0});
  EXPECT_TRUE(events<PresenceAsked>(watch_there(5, alice)).empty());
}

TEST_F(InterestsTest, PresenceThatCameBackIsLookedAtAgain) {
  meet(5);
  serve_here(alice);
  pass(Interests::kSyncEvery);
  const auto lost = hear(5, write_presence(alice, {session("desk")}), true);
  EXPECT_FALSE(lost.event.has_value());
  EXPECT_TRUE(events<PresenceElsewhere>(lost.happened).empty()) << "it is our own";
  const auto asked = events<PresenceAsked>(pass(Interests::kSyncEvery));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].account, alice);
  EXPECT_EQ(asked[0].to, 5u);
  EXPECT_TRUE(events<PresenceAsked>(pass(Interests::kSyncEvery * 3)).empty());
}

TEST_F(InterestsTest, MuchThatCameBackIsLookedAtInPortions) {
  meet(5);
  pass(Interests::kSyncEvery);
  for (const Address& account : many(Interests::kSyncAtOnce + 1))
    hear(5, write_presence(account, {}), true);
  EXPECT_EQ(events<PresenceAsked>(pass(Interests::kSyncEvery)).size(), Interests::kSyncAtOnce);
  EXPECT_EQ(events<PresenceAsked>(pass(Interests::kSyncEvery)).size(), 1u);
}

// --- presence elsewhere --------------------------------------------------------------------------

TEST_F(InterestsTest, OnlyOfThoseWhoAreWatchedPresenceIsHeard) {
  meet(5);
  EXPECT_TRUE(heard_of(alice, present(5, alice, {session("desk")})).empty());
  serve_here(bob);
  EXPECT_TRUE(heard_of(bob, present(5, bob, {session("desk")})).empty()) << "served is not watched";
  watch(alice);
  EXPECT_EQ(heard_of(alice, present(5, alice, {session("desk"), session("car")})),
            (std::vector<Names>{{"desk", "car"}}));
  EXPECT_EQ(heard_of(alice, present(5, alice, {session("car")})), (std::vector<Names>{{"car"}}));
}

TEST_F(InterestsTest, WhomNobodyWatchesAnyMoreIsAbsent) {
  meet(5);
  watch(alice);
  give(PresenceWanted{alice});
  present(5, alice, {session("desk")});
  EXPECT_TRUE(heard_of(alice, unwatch(alice)).empty());
  EXPECT_EQ(heard_of(alice, give(PresenceUnwanted{alice})), std::vector<Names>{{}});
  EXPECT_TRUE(heard_of(alice, present(5, alice, {session("desk")})).empty());
  EXPECT_EQ(interests.users(), 0u);
}

TEST_F(InterestsTest, WhereSheIsNotPresentSheCannotLeave) {
  meet(5);
  meet(6);
  watch(alice);
  present(5, alice, {session("desk")});
  EXPECT_TRUE(heard_of(alice, present(6, alice, {})).empty());
  EXPECT_TRUE(heard_of(alice, present(6, alice, {session("car", false)})).empty());
  EXPECT_EQ(heard_of(alice, present(5, alice, {session("desk", false)})),
            (std::vector<Names>{{"-desk"}}));
  EXPECT_TRUE(heard_of(alice, present(5, alice, {})).empty()) << "she has left already";
}

// Whoever publishes is present, and whoever has a phone.
TEST_F(InterestsTest, PresenceIsNotOnlyOfSessions) {
  meet(5);
  watch(alice);
  watch(bob);
  present(5, alice, {PublicationSource{share("away"), 1}});
  present(5, bob, {RegistrationSource{{"phone", "sip:phone", 1000}}});
  EXPECT_EQ(heard_of(alice, present(5, alice, {})), std::vector<Names>{{}});
  EXPECT_EQ(heard_of(bob, present(5, bob, {})), std::vector<Names>{{}});
}

TEST_F(InterestsTest, SheMovesWithoutGoingOffline) {
  meet(5);
  meet(6);
  watch(alice);
  present(5, alice, {session("desk")});
  EXPECT_EQ(heard_of(alice, present(6, alice, {session("car")})), (std::vector<Names>{{"car"}}));
  EXPECT_TRUE(heard_of(alice, present(5, alice, {})).empty());
  EXPECT_EQ(heard_of(alice, present(6, alice, {})), std::vector<Names>{{}});
}

// While she moves both serve her. The link of the older is slow, or it says all anew on another.
TEST_F(InterestsTest, OfTwoServersTheLaterIsBelieved) {
  be_at_desk_of(5);
  meet(6);
  serve_there(6, alice);
  EXPECT_EQ(heard_of(alice, present(6, alice, {session("car")})), (std::vector<Names>{{"car"}}));
  EXPECT_TRUE(heard_of(alice, present(5, alice, {session("desk")})).empty());
  meet(5);
  serve_there(5, alice);
  EXPECT_TRUE(heard_of(alice, present(5, alice, {session("desk")})).empty())
      << "it said so before, on another link";
  EXPECT_TRUE(heard_of(alice, present(5, alice, {})).empty());
  // She has moved back.
  serve_no_more(5, alice);
  serve_there(5, alice);
  EXPECT_EQ(heard_of(alice, present(5, alice, {session("desk")})), (std::vector<Names>{{"desk"}}));
}

// What it had said before was passed over.
TEST_F(InterestsTest, WhoSaysLaterThatItServesHerIsAskedOfHer) {
  be_at_desk_of(5);
  meet(6);
  EXPECT_EQ(concerns_said(serve_there(6, alice), {6}).watched, Users{alice});
  EXPECT_TRUE(concerns_said(serve_there(6, alice), {6}).watched.empty()) << "once";
}

// She had not left the other one, whose word was passed over meanwhile.
TEST_F(InterestsTest, WhereTheLaterOneIsGoneTheOtherIsAsked) {
  be_at_desk_of(5);
  meet(6);
  serve_there(6, alice);
  present(6, alice, {session("car")});
  give(ServerGone{6});
  const auto later = pass(Interests::kSyncEvery);
  EXPECT_TRUE(heard_of(alice, later).empty());
  EXPECT_EQ(concerns_said(later, {5}).watched, Users{alice});
  EXPECT_EQ(heard_of(alice, present(5, alice, {session("desk")})), (std::vector<Names>{{"desk"}}));
}

TEST_F(InterestsTest, SoItIsWhereTheLaterOneSaysThatSheIsAbsent) {
  be_at_desk_of(5);
  meet(6);
  serve_there(6, alice);
  present(6, alice, {session("car")});
  const auto absent = present(6, alice, {});
  EXPECT_EQ(heard_of(alice, absent), std::vector<Names>{{}});
  EXPECT_EQ(concerns_said(absent, {5}).watched, Users{alice});
  EXPECT_EQ(heard_of(alice, present(5, alice, {session("desk")})), (std::vector<Names>{{"desk"}}));
}

// It was not so any more when the link was there again.
TEST_F(InterestsTest, WhoServesHerAnewIsTheLater) {
  be_at_desk_of(5);
  meet(6);
  serve_there(6, alice);
  present(6, alice, {session("car")});
  meet(5);
  watch_there(5, alice);
  give(ServerSaidAll{5});
  serve_there(5, alice);
  EXPECT_EQ(heard_of(alice, present(5, alice, {session("desk")})), (std::vector<Names>{{"desk"}}));
}

// Where she moves from nothing is said of her presence: it is shown where she moves to, which may
// be heard of later.
TEST_F(InterestsTest, WhoIsServedThereNoMoreIsLookedForElsewhere) {
  be_at_desk_of(5);
  meet(6);
  serve_there(6, alice);
  const auto moved = serve_no_more(5, alice);
  EXPECT_TRUE(heard_of(alice, moved).empty());
  ASSERT_EQ(said<Concerns>(moved, {6}).size(), 1u) << "6 is asked";
  EXPECT_EQ(heard_of(alice, present(6, alice, {session("car")})), (std::vector<Names>{{"car"}}));
  EXPECT_TRUE(heard_of(alice, pass(Interests::kAnswerTimeMax)).empty());
}

TEST_F(InterestsTest, OrWaitedForUntilAnotherServerSaysThatItServesHer) {
  be_at_desk_of(5);
  meet(6);
  EXPECT_TRUE(heard_of(alice, serve_no_more(5, alice)).empty());
  EXPECT_TRUE(heard_of(alice, serve_there(6, alice)).empty());
  const auto later = pass(Interests::kAnswerTimeMax);
  EXPECT_TRUE(heard_of(alice, later).empty());
  EXPECT_EQ(said<Concerns>(later, {6}).size(), 1u) << "6 is asked";
  EXPECT_EQ(heard_of(alice, present(6, alice, {})), std::vector<Names>{{}})
      << "she has left meanwhile";
}

TEST_F(InterestsTest, AndIsAbsentIfNobodyDoes) {
  meet(5);
  watch(alice);
  serve_there(5, alice);
  present(5, alice, {session("desk")});
  EXPECT_TRUE(heard_of(alice, serve_no_more(5, alice)).empty());
  EXPECT_TRUE(heard_of(alice, pass(Interests::kAnswerTimeMax - kMoment)).empty());
  EXPECT_EQ(heard_of(alice, pass(kMoment)), std::vector<Names>{{}});
}

TEST_F(InterestsTest, WhoseServerIsGoneIsAbsent) {
  meet(5);
  meet(6);
  watch(alice);
  watch(bob);
  present(5, alice, {session("desk")});
  present(6, bob, {session("desk")});
  EXPECT_TRUE(events<PresenceElsewhere>(meet(5)).empty()) << "a link may be cut";
  auto absent = heard_of(alice, give(ServerGone{5}));
  const Happened later = pass(Interests::kSyncEvery);
  for (const Names& names : heard_of(alice, later))
    absent.push_back(names);
  EXPECT_EQ(absent, std::vector<Names>{{}});
  EXPECT_TRUE(heard_of(bob, later).empty());
}

// It may have changed records and told nobody; whether there ever was a link to it is no matter.
TEST_F(InterestsTest, WhenAServerIsGoneRecordsAreDoubted) {
  meet(6);
  watch(alice);
  serve_here(bob);
  serve_there(6, user("carol"));
  pass(Interests::kSyncEvery);
  give(ServerGone{5});
  Users doubted;
  for (const RecordsDoubted& one : events<RecordsDoubted>(pass(Interests::kSyncEvery)))
    doubted.push_back(one.account);
  EXPECT_EQ(doubted, (Users{alice, bob}));
  EXPECT_TRUE(events<RecordsDoubted>(pass(Interests::kSyncEvery)).empty());
}

TEST_F(InterestsTest, TheyAreDoubtedInPortions) {
  give(ContactsWanted{many(Interests::kDoubtedAtOnce + 1), {}});
  give(ServerGone{5});
  const auto some = [&] { return events<RecordsDoubted>(pass(Interests::kSyncEvery)).size(); };
  EXPECT_EQ(some(), Interests::kDoubtedAtOnce);
  EXPECT_EQ(some(), 1u);
  EXPECT_EQ(some(), 0u);
}

TEST_F(InterestsTest, TheyGoInPortions) {
  meet(5);
  pass(Interests::kSyncEvery);
  const auto users = many(Interests::kSyncAtOnce + 1);
  give(ContactsWanted{users, {}});
  for (const Address& account : users)
    present(5, account, {session("desk")});
  EXPECT_TRUE(events<PresenceElsewhere>(give(ServerGone{5})).empty());
  EXPECT_EQ(events<PresenceElsewhere>(pass(Interests::kSyncEvery)).size(), Interests::kSyncAtOnce);
  EXPECT_EQ(events<PresenceElsewhere>(pass(Interests::kSyncEvery)).size(), 1u);
}

TEST_F(InterestsTest, WhoCameToAnotherServerStaysPresent) {
  meet(5);
  meet(6);
  watch(alice);
  present(5, alice, {session("desk")});
  give(ServerGone{5});
  EXPECT_EQ(heard_of(alice, present(6, alice, {session("desk")})), (std::vector<Names>{{"desk"}}));
  EXPECT_TRUE(heard_of(alice, pass(Interests::kSyncEvery * 3)).empty());
}

// --- presence_db asks ----------------------------------------------------------------------------

TEST_F(InterestsTest, OfHerWhomNoOtherServerServesThereIsNothingToWaitFor) {
  meet(5);
  EXPECT_EQ(heard_of(alice, give(PresenceWanted{alice})), std::vector<Names>{{}});
  serve_here(bob);
  EXPECT_EQ(heard_of(bob, give(PresenceWanted{bob})), std::vector<Names>{{}});
}

TEST_F(InterestsTest, AnotherServerIsWaitedForSoLong) {
  meet(5);
  serve_there(5, alice);
  pass(Interests::kSyncEvery);
  const auto wanted = give(PresenceWanted{alice});
  EXPECT_EQ(said<Concerns>(wanted, {}).size(), 1u);
  EXPECT_TRUE(heard_of(alice, wanted).empty());
  EXPECT_EQ(interests.next_deadline(), world.now.instant + Interests::kAnswerTimeMax);
  EXPECT_TRUE(heard_of(alice, pass(Interests::kAnswerTimeMax - kMoment)).empty());
  EXPECT_EQ(heard_of(alice, pass(kMoment)), std::vector<Names>{{}});
  EXPECT_TRUE(heard_of(alice, pass(Interests::kAnswerTimeMax)).empty());
  EXPECT_EQ(heard_of(alice, present(5, alice, {session("desk")})), (std::vector<Names>{{"desk"}}))
      << "it was slow";
}

TEST_F(InterestsTest, WhatItSaysIsTheAnswer) {
  meet(5);
  serve_there(5, alice);
  serve_there(5, bob);
  give(PresenceWanted{alice});
  give(PresenceWanted{bob});
  EXPECT_EQ(heard_of(alice, present(5, alice, {session("desk")})), (std::vector<Names>{{"desk"}}));
  EXPECT_EQ(heard_of(bob, present(5, bob, {})), std::vector<Names>{{}});
  const Happened later = pass(Interests::kAnswerTimeMax);
  EXPECT_TRUE(heard_of(alice, later).empty());
  EXPECT_TRUE(heard_of(bob, later).empty());
}

TEST_F(InterestsTest, WhatIsNotWantedAnyMoreIsNotAnswered) {
  meet(5);
  serve_there(5, alice);
  give(PresenceWanted{alice});
  give(PresenceUnwanted{alice});
  EXPECT_TRUE(heard_of(alice, pass(Interests::kAnswerTimeMax)).empty());
}

// A later question has its own time.
TEST_F(InterestsTest, WhoAsksAgainWaitsAgain) {
  meet(5);
  serve_there(5, alice);
  give(PresenceWanted{alice});
  pass(Interests::kAnswerTimeMax / 2);
  give(PresenceUnwanted{alice});
  give(PresenceWanted{alice});
  EXPECT_TRUE(heard_of(alice, pass(Interests::kAnswerTimeMax - kMoment)).empty());
  EXPECT_EQ(heard_of(alice, pass(kMoment)), std::vector<Names>{{}});
}

// The store failed when it came.
TEST_F(InterestsTest, WhatCouldNotBeKeptIsAskedForOnceMore) {
  meet(5);
  meet(6);
  watch(alice);
  EXPECT_TRUE(told(give(PresenceWanted{alice, true})).empty()) << "nobody said anything";
  present(5, alice, {session("desk")});
  const auto again = give(PresenceWanted{alice, true});
  const auto asked = said<Concerns>(again, {5});
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].watched, Users{alice});
  EXPECT_EQ(told(again).size(), 1u);
  EXPECT_EQ(said<Concerns>(unwatch(alice), {}).size(), 1u) << "that was no watcher more";
}

}  // namespace load_control_interests_test
}  // namespace muster::testing
