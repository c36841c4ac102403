// Rosters and subscriptions: both sides of a pair learn of a change, hear of it, and see each
// other, or no longer (RFC 6121 sections 2 and 3).
#include "machine/presence_db/world.h"

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using Verb = muster::SubscriptionVerb;

namespace muster::testing {
namespace presence_db_relations_test {

class PresenceDbRelations : public ::testing::Test {
 protected:
  PresenceDbRelations() { world.accounts({"alice", "bob", "carol", "dave"}); }

  void come(std::initializer_list<std::string_view> sessions) {
    for (const std::string_view full : sessions)
      world.come(full);
    world.heard();
  }
  void item(std::string_view name, std::string_view contact, std::string_view title = {}) {
    world.on(name,
             RosterItemAsked{
                 {}, world.user(name), {}, world.user(contact), false, std::string(title), {}});
  }
  void remove(std::string_view name, std::string_view contact) {
    world.on(name, RosterItemAsked{{}, world.user(name), {}, world.user(contact), true, {}, {}});
  }
  void roster(std::string_view name, std::optional<std::uint64_t> known = {}) {
    world.on(name, RosterAsked{{}, world.user(name), {}, known});
  }

  PresenceDbWorld world;
};

// --- the roster ----------------------------------------------------------------------------------

TEST_F(PresenceDbRelations, AnItemIsPushedBeforeItIsAnswered) {
  come({"alice/home"});
  item("alice", "bob", "Bob");
  EXPECT_THAT(world.heard(), ElementsAre("push alice 1: bob none 'Bob'", "item: done"));
  item("alice", "bob", "Bobby");
  EXPECT_THAT(world.heard(), ElementsAre("push alice 2: bob none 'Bobby'", "item: done"));
  remove("alice", "bob");
  EXPECT_THAT(world.heard(), ElementsAre("push alice 3: bob removed", "item: done"));
  remove("alice", "bob");
  EXPECT_THAT(world.heard(), ElementsAre("item: item-not-found"));
}

TEST_F(PresenceDbRelations, ARosterIsGivenInAVersion) {
  come({"alice/home"});
  item("alice", "bob");
  world.heard();
  roster("alice");
  roster("alice", 0);
  roster("alice", 1);
  EXPECT_THAT(world.heard(),
              ElementsAre("roster 1: bob none", "roster 1: bob none", "roster 1: unchanged"));
}

TEST_F(PresenceDbRelations, ARosterHasALimit) {
  world.settings.limits.roster_items_max = 1;
  come({"alice/home"});
  item("alice", "bob");
  item("alice", "carol");
  world.send("alice", Verb::subscribe, "dave");
  EXPECT_THAT(world.heard(), ElementsAre("push alice 1: bob none", "item: done",
                                         "item: not-allowed", "refused dave: not-allowed"));
}

TEST_F(PresenceDbRelations, WhatTheStoreDidNotKeepIsNotPushed) {
  come({"alice/home", "bob/desk"});
  world.break_store();
  item("alice", "bob");
  remove("alice", "bob");
  roster("alice");
  world.send("alice", Verb::subscribe, "bob");
  EXPECT_THAT(world.heard(),
              ElementsAre("item: internal-server-error", "item: internal-server-error",
                          "roster: failed", "refused bob: internal-server-error"));
}

// --- subscriptions -------------------------------------------------------------------------------

TEST_F(PresenceDbRelations, ARequestIsShownAndItsApprovalBringsPresence) {
  come({"alice/home", "bob/desk"});
  world.send("alice", Verb::subscribe, "bob");
  EXPECT_THAT(world.heard(),
              ElementsAre("push alice 1: bob none+out", "show bob: subscribe of alice"));
  world.send("bob", Verb::subscribed, "alice");
  EXPECT_THAT(world.heard(), ElementsAre("push bob 2: alice from", "show alice: subscribed of bob",
                                         "push alice 2: bob to",
                                         "to alice: <presence from='bob/desk' to='alice'/>"));
  world.show("bob/desk", "'><show>away</show></presence>");
  EXPECT_THAT(world.heard(),
              ElementsAre("to alice: <presence from='bob/desk' to='alice'><show>away</show>"
                          "</presence>"));
  world.show("alice/home", "'><show>away</show></presence>");
  EXPECT_THAT(world.heard(), IsEmpty());
}

TEST_F(PresenceDbRelations, ARequestToNobodyIsRefused) {
  come({"alice/home"});
  world.send("alice", Verb::subscribe, "nobody");
  world.send("alice", Verb::subscribe, "alice");
  world.send("alice", Verb::unsubscribe, "nobody");
  EXPECT_THAT(world.heard(),
              ElementsAre("refused nobody: item-not-found", "refused alice: item-not-found"));
}

// Whose acknowledgement waits for it, hears of it behind what the store made of it.
TEST_F(PresenceDbRelations, WhoCountsHearsThatTheStoreHasAnswered) {
  for (const auto& [peer, heard] :
       {std::pair{"bob", "push alice 1: bob"}, {"nobody", "refused nobody: item-not-found"}}) {
    world.on("alice",
             SubscriptionAsked{
                 {}, world.user("alice"), world.user(peer), Verb::subscribe, {}, "a stanza", true});
    const auto all = world.heard();
    EXPECT_THAT(all, Contains(::testing::HasSubstr(heard)));
    EXPECT_EQ(std::count(all.begin(), all.end(), "settled"), 1);
  }
}

TEST_F(PresenceDbRelations, ARequestThatWasNotAnsweredIsShownWhenSheComes) {
  come({"alice/home"});
  world.send("alice", Verb::subscribe, "bob");
  world.heard();
  world.come("bob/desk");
  EXPECT_THAT(world.heard(), ElementsAre("ready bob: loaded", "show bob/desk: subscribe of alice"));
}

TEST_F(PresenceDbRelations, WhoLosesSightHearsThatSheIsUnavailableBeforeSheHearsWhy) {
  world.befriend("alice", "bob");
  come({"alice/home", "bob/desk"});
  world.send("bob", Verb::unsubscribed, "alice");
  EXPECT_THAT(world.heard(),
              ElementsAre("push bob 3: alice none",
                          "to alice: <presence from='bob/desk' to='alice' type='unavailable'/>",
                          "show alice: unsubscribed of bob", "push alice 3: bob none"));
  world.show("bob/desk", "'/>");
  EXPECT_THAT(world.heard(), IsEmpty());
}

TEST_F(PresenceDbRelations, WhoUnsubscribesIsToldThatSheSeesNobodyAnyMore) {
  world.befriend("alice", "bob");
  come({"alice/home", "bob/desk"});
  world.send("alice", Verb::unsubscribe, "bob");
  EXPECT_THAT(world.heard(),
              ElementsAre("push alice 3: bob none", "show bob: unsubscribe of alice",
                          "push bob 3: alice none",
                          "to alice: <presence from='bob/desk' to='alice' type='unavailable'/>"));
}

TEST_F(PresenceDbRelations, ARemovalEndsBothDirections) {
  world.befriend("alice", "bob");
  world.befriend("bob", "alice");
  come({"alice/home", "bob/desk"});
  remove("alice", "bob");
  EXPECT_THAT(world.heard(),
              ElementsAre("push alice 5: bob removed", "item: done",
                          "to bob: <presence from='alice/home' to='bob' type='unavailable'/>",
                          "show bob: <presence from='alice' to='bob' type='unsubscribe'/>",
                          "show bob: <presence from='alice' to='bob' type='unsubscribed'/>",
                          "push bob 5: alice none",
                          "to alice: <presence from='bob/desk' to='alice' type='unavailable'/>"));
}

TEST_F(PresenceDbRelations, AnApprovalInAdvanceAnswersTheRequest) {
  come({"alice/home", "bob/desk"});
  world.send("bob", Verb::subscribed, "alice");
  EXPECT_THAT(world.heard(), ElementsAre("push bob 1: alice none approved"));
  world.send("alice", Verb::subscribe, "bob");
  EXPECT_THAT(world.heard(),
              ElementsAre("show alice: <presence from='bob' to='alice' type='subscribed'/>",
                          "push alice 1: bob to", "push bob 2: alice from approved",
                          "to alice: <presence from='bob/desk' to='alice'/>"));
}

TEST_F(PresenceDbRelations, APolicyAnswersARequest) {
  world.accounts({"erin"}, WatcherPolicy::allow);
  world.accounts({"frank"}, WatcherPolicy::deny);
  come({"alice/home", "erin/desk", "frank/desk"});
  world.send("alice", Verb::subscribe, "erin");
  EXPECT_THAT(world.heard(),
              ElementsAre("show alice: <presence from='erin' to='alice' type='subscribed'/>",
                          "push alice 1: erin to", "push erin 1: alice from",
                          "to alice: <presence from='erin/desk' to='alice'/>"));
  world.send("alice", Verb::subscribe, "frank");
  EXPECT_THAT(world.heard(),
              ElementsAre("show alice: <presence from='frank' to='alice' type='unsubscribed'/>",
                          "push alice 2: frank none"));
}

// --- requests that nobody answered yet -----------------------------------------------------------

class PresenceDbPending : public PresenceDbRelations {
 protected:
  void SetUp() override {
    PresenceDbRelations::SetUp();
    world.send("bob", Verb::subscribe, "alice");
    world.on("alice", UserWanted{world.user("alice")});
    world.break_store();
    world.show("alice/home", "'/>", true);
    world.heard();
    world.mend_store();
  }
};

TEST_F(PresenceDbPending, AreShownLaterIfTheStoreCouldNotTellThem) {
  world.pass(PresenceDb::kStoreAgainAfter - Duration::microseconds(1));
  EXPECT_THAT(world.heard(), IsEmpty());
  world.pass(Duration::microseconds(1));
  EXPECT_THAT(world.heard(), ElementsAre("show alice/home: subscribe of bob"));
  world.pass(PresenceDb::kStoreAgainAfter);
  EXPECT_THAT(world.heard(), IsEmpty());
}

TEST_F(PresenceDbPending, AreAskedForAsOftenAsItTakes) {
  world.break_store();
  world.pass(PresenceDb::kStoreAgainAfter);
  world.mend_store();
  world.pass(PresenceDb::kStoreAgainAfter);
  EXPECT_THAT(world.heard(), ElementsAre("show alice/home: subscribe of bob"));
}

// However often she comes and goes meanwhile, she is told once.
TEST_F(PresenceDbPending, AreAskedForOnceForEachSession) {
  world.break_store();
  for (int i = 0; i < 3; ++i) {
    world.leave("alice/home");
    world.show("alice/home", "'/>", true);
  }
  world.mend_store();
  world.heard();
  world.pass(PresenceDb::kStoreAgainAfter);
  EXPECT_THAT(world.heard(), ElementsAre("show alice/home: subscribe of bob"));
}

TEST_F(PresenceDbPending, AreNotAskedForAgainOnceShown) {
  world.leave("alice/home");
  world.show("alice/home", "'/>", true);
  EXPECT_THAT(world.heard(), Contains("show alice/home: subscribe of bob"));
  world.pass(PresenceDb::kStoreAgainAfter);
  EXPECT_THAT(world.heard(), IsEmpty());
}

TEST_F(PresenceDbPending, AreNotAskedForOnceSheHasLeft) {
  world.leave("alice/home");
  const std::size_t requests = world.requests.size();
  world.pass(PresenceDb::kStoreAgainAfter);
  EXPECT_EQ(world.requests.size(), requests);
}

// --- hints ---------------------------------------------------------------------------------------

// The request and its withdrawal arrive the wrong way round: the older one changes nothing. Until
// it has come, the roster is not said to be newer.
TEST_F(PresenceDbRelations, AHintThatIsLateDoesNotUndoWhatIsNewer) {
  world.befriend("bob", "alice");
  come({"alice/home", "bob/desk"});
  world.hold_hints();
  world.send("alice", Verb::unsubscribed, "bob");
  world.send("alice", Verb::subscribe, "bob");
  world.heard();
  world.release_hints(true);
  EXPECT_THAT(world.heard(),
              ElementsAre("show bob: subscribe of alice", "push bob 2: alice none+in",
                          "show bob: unsubscribed of alice",
                          "to bob: <presence from='alice/home' to='bob' type='unavailable'/>"));
}

// alice refuses bob, and he grants what she asked: the store did both in this order, and what she
// hears of first is his.
TEST_F(PresenceDbRelations, AnAnswerThatIsLateIsNotPushedOverWhatIsNewer) {
  come({"alice/home", "bob/desk"});
  world.send("alice", Verb::subscribe, "bob");
  world.send("bob", Verb::subscribe, "alice");
  world.heard();
  world.hold_store();
  world.send("alice", Verb::unsubscribed, "bob");
  world.delay_answer();
  world.send("bob", Verb::subscribed, "alice");
  world.release_store();
  EXPECT_THAT(world.heard(), Contains("push alice 2: bob to"));
  world.deliver_answer();
  EXPECT_THAT(world.heard(), ElementsAre("show bob: unsubscribed of alice"));
}

// carol is put into a roster, and meanwhile carol's request comes to it.
TEST_F(PresenceDbRelations, AnItemThatIsStoredLateIsNotPushedOverWhatIsNewer) {
  come({"alice/home", "carol/desk"});
  world.hold_store();
  item("alice", "carol");
  world.delay_answer();
  world.send("carol", Verb::subscribed, "alice");
  world.send("alice", Verb::subscribe, "carol");
  world.release_store();
  EXPECT_THAT(world.heard(), Contains("push alice 0: carol to"));
  world.deliver_answer();
  EXPECT_THAT(world.heard(), ElementsAre("item: done"));
}

// Two requests cross, and both are granted: bob's own change is newer than the hint of alice's.
TEST_F(PresenceDbRelations, PresenceIsToldWhereANewerChangeOvertakesTheHint) {
  world.store.carry_out(SetWatcherPolicy{world.user("bob"), WatcherPolicy::allow});
  come({"alice/home", "bob/desk"});
  world.hold_hints();
  world.send("alice", Verb::subscribe, "bob");
  world.send("bob", Verb::subscribe, "alice");
  world.release_hints();
  EXPECT_THAT(world.heard(), Contains("to alice: <presence from='bob/desk' to='alice'/>"));
}

// The requests cross, and the store had bob's first: alice hears of her own first.
TEST_F(PresenceDbRelations, ARequestIsShownThoughANewerChangeOvertakesItsHint) {
  world.store.carry_out(SetWatcherPolicy{world.user("bob"), WatcherPolicy::allow});
  come({"alice/home", "bob/desk"});
  world.hold_hints();
  world.send("bob", Verb::subscribe, "alice");
  world.send("alice", Verb::subscribe, "bob");
  EXPECT_THAT(world.heard(), Contains("push alice 0: bob to+in"));
  world.release_hints();
  EXPECT_THAT(world.heard(), Contains("show alice: subscribe of bob"));
}

// She asks, is refused, and asks anew before she hears of it: no word of the refusal.
TEST_F(PresenceDbRelations, ARefusalIsNotShownOnceItIsAskedAnew) {
  come({"alice/home", "bob/desk"});
  world.send("alice", Verb::subscribe, "bob");
  world.heard();
  world.hold_hints();
  world.send("bob", Verb::unsubscribed, "alice");
  world.send("alice", Verb::subscribe, "bob");
  world.release_hints();
  EXPECT_THAT(world.heard(), Not(Contains("show alice: unsubscribed of bob")));
}

TEST_F(PresenceDbRelations, AHintThatTheLoadedRecordHasAlreadyIsNotNews) {
  come({"alice/home"});
  world.hold_hints();
  world.send("alice", Verb::subscribe, "bob");
  world.on("bob", UserWanted{world.user("bob")});
  world.heard();
  world.release_hints();
  EXPECT_THAT(world.heard(), IsEmpty());
}

// alice's request and its withdrawal are known to the store; bob comes when both are past.
TEST_F(PresenceDbRelations, AHintFromBeforeHerTimeDoesNotBringBackWhatIsGone) {
  come({"alice/home", "bob/desk"});
  world.hold_hints();
  world.send("alice", Verb::subscribe, "bob");
  world.send("alice", Verb::unsubscribe, "bob");
  world.leave("bob/desk");
  world.on("bob", UserUnwanted{world.user("bob")});
  world.on("bob", UserWanted{world.user("bob")});
  world.heard();
  world.release_hints();
  EXPECT_THAT(world.heard(), IsEmpty());
  world.administer(ListWatchers{world.user("bob")});
  EXPECT_THAT(world.heard(), ElementsAre("admin: done"));
}

// What alice's shard did and what bob's did arrive in the wrong order. A client that leaves with
// the version of the first push comes back to all that it lacks.
TEST_F(PresenceDbRelations, PushesDoNotSayAVersionBeforeAllOfItIsPushed) {
  world.befriend("alice", "bob");
  come({"alice/home", "bob/desk"});
  world.hold_hints();
  world.send("alice", Verb::unsubscribe, "bob");
  item("bob", "carol");
  item("bob", "dave");
  EXPECT_THAT(world.heard(), ElementsAre("push alice 3: bob none", "push bob 2: carol none",
                                         "item: done", "push bob 2: dave none", "item: done"));
  world.release_hints();
  EXPECT_THAT(world.heard(), Contains("push bob 5: alice none"));
  item("bob", "carol");
  EXPECT_THAT(world.heard(), ElementsAre("push bob 6: carol none", "item: done"));
}

TEST_F(PresenceDbRelations, AHintForWhomNobodyHoldsIsDropped) {
  come({"alice/home"});
  world.send("alice", Verb::subscribe, "bob");
  EXPECT_THAT(world.heard(), ElementsAre("push alice 1: bob none+out"));
  EXPECT_EQ(world.held_users(), 1U);
}

TEST_F(PresenceDbRelations, AHintWaitsForHerWhoIsBeingLoaded) {
  come({"alice/home"});
  world.hold_store();
  world.on("bob", UserWanted{world.user("bob")});
  world.send("alice", Verb::subscribe, "bob");
  // Her records are read before the request is made, and the hint overtakes them.
  world.release_store();
  EXPECT_THAT(world.heard(), ElementsAre("ready bob: loaded", "push alice 1: bob none+out",
                                         "show bob: subscribe of alice"));
}

TEST_F(PresenceDbRelations, ForgettingRecordsThatAreGoneKeepsTheOthers) {
  world.settings.limits.roster_items_max = 2;
  come({"alice/home"});
  world.befriend("bob", "alice");
  for (const char* name : {"u1", "u2", "u3", "u4", "u5", "u6", "u7"}) {
    item("alice", name);
    remove("alice", name);
  }
  world.heard();
  world.show("alice/home", "'/>");
  EXPECT_THAT(world.heard(), ElementsAre("to bob: <presence from='alice/home' to='bob'/>"));
}

}  // namespace presence_db_relations_test
}  // namespace muster::testing
