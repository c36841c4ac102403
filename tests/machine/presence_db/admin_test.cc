// What an operator asks, and the end of an account.
#include "machine/presence_db/world.h"

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Verb = muster::SubscriptionVerb;

namespace muster::testing {
namespace presence_db_admin_test {

class PresenceDbAdmin : public ::testing::Test {
 protected:
  PresenceDbAdmin() { world.accounts({"alice", "bob", "carol", "dave"}); }

  void decide(std::string_view watcher, bool allow) {
    world.administer(DecideWatcher{world.user("alice"), world.user(watcher), allow});
  }
  void come(std::string_view full) {
    world.come(full);
    world.heard();
  }

  PresenceDbWorld world;
};

TEST_F(PresenceDbAdmin, WatchersAreThoseWhoMaySeeHerOrWait) {
  world.befriend("bob", "alice");
  world.befriend("alice", "dave");
  world.send("carol", Verb::subscribe, "alice");
  world.heard();
  world.administer(ListWatchers{world.user("alice")});
  world.administer(ListWatchers{world.user("nobody")});
  EXPECT_THAT(world.heard(),
              ElementsAre("admin: done bob from carol (none+in)", "admin: no_such_account"));
}

TEST_F(PresenceDbAdmin, ADecisionIsAsIfSheHadAnsweredHerself) {
  come("alice/home");
  world.watch(1, "bob", "alice");
  world.heard();
  decide("bob", true);
  EXPECT_THAT(world.heard(), ElementsAre("push alice 2: bob from", "admin: done",
                                         "to bob: <presence from='alice/home' to='bob'/>",
                                         "watch 1 active: [home]"));
  decide("bob", false);
  EXPECT_THAT(world.heard(),
              ElementsAre("push alice 3: bob none", "admin: done",
                          "to bob: <presence from='alice/home' to='bob' type='unavailable'/>",
                          "watch 1 rejected"));
  decide("dave", false);
  EXPECT_THAT(world.heard(), ElementsAre("admin: no_such_watcher"));
}

TEST_F(PresenceDbAdmin, WhatTheStoreDidNotKeepIsNotDone) {
  come("alice/home");
  world.watch(1, "bob", "alice");
  world.heard();
  world.break_store();
  decide("bob", true);
  world.administer(ChangePolicy{world.user("alice"), WatcherPolicy::allow});
  world.administer(DropAccount{world.user("alice")});
  EXPECT_THAT(world.heard(),
              ElementsAre("admin: store_failed", "admin: store_failed",
                          "refused bob: internal-server-error", "admin: store_failed"));
}

// The account went away behind our back: by a tool on the database.
TEST_F(PresenceDbAdmin, WhatTheStoreRefusesIsToldByWhatWasAsked) {
  come("alice/home");
  world.store.carry_out(RemoveAccount{world.user("alice")});
  world.administer(ChangePolicy{world.user("alice"), WatcherPolicy::allow});
  decide("bob", true);
  EXPECT_THAT(world.heard(), ElementsAre("admin: no_such_account", "admin: no_such_watcher"));
}

TEST_F(PresenceDbAdmin, WhoWatchesByThePolicyAloneCanBeTurnedDown) {
  world.administer(ChangePolicy{world.user("alice"), WatcherPolicy::allow});
  world.watch(1, "bob", "alice");
  world.watch(2, "carol", "alice");
  world.heard();
  decide("bob", false);
  EXPECT_THAT(world.heard(), ElementsAre("admin: done", "watch 1 rejected"));
  decide("bob", false);
  EXPECT_THAT(world.heard(), ElementsAre("admin: no_such_watcher"));
  world.settings.limits.notify_interval_min = Duration();
  world.come("alice/home");
  EXPECT_THAT(world.heard(), ElementsAre("ready alice: loaded", "notify 2: [home]"));
}

// The policy would let her go on; the operator's word is of now.
TEST_F(PresenceDbAdmin, WhoWatchesByThePolicyTooIsTurnedDown) {
  world.befriend("bob", "alice");
  world.administer(ChangePolicy{world.user("alice"), WatcherPolicy::allow});
  world.watch(1, "bob", "alice");
  world.heard();
  decide("bob", false);
  EXPECT_THAT(world.heard(),
              ElementsAre("push alice 3: bob none", "admin: done", "watch 1 rejected"));
  EXPECT_EQ(world.held_users(), 0U);
}

TEST_F(PresenceDbAdmin, SessionsEndWithoutTheAccount) {
  come("alice/home");
  world.administer(EndSessions{world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("log out alice", "admin: done"));
}

// --- the end of an account -----------------------------------------------------------------------

TEST_F(PresenceDbAdmin, AnAccountThatGoesPartsFromEachContactFirst) {
  world.befriend("bob", "alice");
  world.send("dave", Verb::subscribe, "alice");
  come("alice/home");
  come("bob/desk");
  come("dave/desk");
  world.on("alice", DropAccount{world.user("alice")});
  EXPECT_THAT(world.heard(),
              ElementsAre("push alice 4: bob removed", "item: done",
                          "show dave: <presence from='alice' to='dave' type='unsubscribed'/>",
                          "push dave 2: alice none", "gone alice", "push dave 3: alice removed",
                          "to bob: <presence from='alice/home' to='bob' type='unavailable'/>",
                          "show bob: <presence from='alice' to='bob' type='unsubscribed'/>",
                          "push bob 3: alice none", "push bob 4: alice removed"));
  world.watch(1, "bob", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("watch 1 no_such_user"));
}

TEST_F(PresenceDbAdmin, WhoWatchedHerHearsThatSheIsNoMore) {
  world.befriend("bob", "alice");
  world.watch(1, "bob", "alice");
  world.publish("alice", "desk");
  world.heard();
  world.administer(DropAccount{world.user("alice")});
  const Lines heard = world.heard();
  EXPECT_THAT(heard, ::testing::Contains("watch 1 rejected"));
  EXPECT_THAT(heard, ::testing::Contains("to bob: <presence from='alice/desk' to='bob'"
                                         " type='unavailable'/>"));
  EXPECT_EQ(world.held_users(), 0U);
}

TEST_F(PresenceDbAdmin, WhoWatchedHerByHerPolicyHearsThatSheIsNoMore) {
  world.administer(ChangePolicy{world.user("alice"), WatcherPolicy::allow});
  world.watch(1, "bob", "alice");
  world.heard();
  world.administer(DropAccount{world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("gone alice", "admin: done", "watch 1 no_such_user"));
  EXPECT_EQ(world.held_users(), 0U);
}

// Of an item without a subscription the other side has no record; the contact's own goes all the
// same.
TEST_F(PresenceDbAdmin, WhoHasHerInTheRosterAloneIsToldThatTheItemIsGone) {
  come("bob/desk");
  world.on("bob", RosterItemAsked{{}, world.user("bob"), {}, world.user("alice"), false, {}, {}});
  world.heard();
  world.administer(DropAccount{world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("gone alice", "admin: done", "push bob 2: alice removed"));
}

TEST_F(PresenceDbAdmin, AnAccountThatTheStoreKeepsIsKept) {
  come("alice/home");
  world.break_store();
  world.on("alice", DropAccount{world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("kept alice"));
}

TEST_F(PresenceDbAdmin, AnAccountThatIsNoMoreIsGone) {
  world.on("nobody", DropAccount{world.user("nobody")});
  EXPECT_THAT(world.heard(), ElementsAre("gone nobody"));
}

}  // namespace presence_db_admin_test
}  // namespace muster::testing
