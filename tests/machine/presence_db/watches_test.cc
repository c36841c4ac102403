// SIP watchers: who may watch, who waits, and what they are told of a presentity, and when (RFC
// 3856, RFC 8048 section 5).
#include "machine/presence_db/world.h"

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Verb = muster::SubscriptionVerb;

namespace muster::testing {
namespace presence_db_watches_test {

class PresenceDbWatches : public ::testing::Test {
 protected:
  PresenceDbWatches() { world.accounts({"alice", "bob", "carol", "dave"}); }

  // `watcher` watches alice and was told that she is offline.
  void allow(std::uint32_t number, std::string_view watcher) {
    world.befriend(watcher, "alice");
    world.watch(number, watcher, "alice");
    world.heard();
  }
  void come(std::string_view full) {
    world.come(full);
    world.heard();
  }
  void end(std::uint32_t number, std::string_view watcher) {
    world.on("alice", WatchEnded{world.watch_id(number, watcher), world.user("alice")});
  }
  void set_policy(WatcherPolicy policy) {
    world.administer(ChangePolicy{world.user("alice"), policy});
  }

  PresenceDbWorld world;
};

// --- authorization -------------------------------------------------------------------------------

TEST_F(PresenceDbWatches, AStrangerWaitsUntilThePresentityDecides) {
  come("alice/home");
  world.watch(1, "bob", "alice");
  EXPECT_THAT(world.heard(),
              ElementsAre("show alice: <presence from='bob' to='alice' type='subscribe'/>",
                          "watch 1 pending"));
  world.send("alice", Verb::subscribed, "bob");
  EXPECT_THAT(world.heard(), ElementsAre("push alice 2: bob from",
                                         "to bob: <presence from='alice/home' to='bob'/>",
                                         "watch 1 active: [home]"));
}

TEST_F(PresenceDbWatches, WhoNeedsNoAccountMayWaitToo) {
  come("alice/home");
  world.watch(1, "stranger", "alice");
  EXPECT_THAT(world.heard(),
              ElementsAre("show alice: <presence from='stranger' to='alice' type='subscribe'/>",
                          "watch 1 pending"));
}

TEST_F(PresenceDbWatches, WhoIsTurnedDownIsToldSo) {
  come("alice/home");
  world.watch(1, "bob", "alice");
  world.watch(2, "bob", "alice");
  world.heard();
  world.send("alice", Verb::unsubscribed, "bob");
  EXPECT_THAT(world.heard(), ElementsAre("watch 1 rejected", "watch 2 rejected"));
  world.send("alice", Verb::subscribed, "bob");
  EXPECT_THAT(world.heard(), ElementsAre("push alice 3: bob none approved"));
}

TEST_F(PresenceDbWatches, WhoseAuthorizationIsTakenBackIsToldSo) {
  allow(1, "bob");
  world.send("alice", Verb::unsubscribed, "bob");
  EXPECT_THAT(world.heard(), ElementsAre("push alice 3: bob none", "watch 1 rejected"));
  come("alice/home");
  EXPECT_THAT(world.heard(), IsEmpty());
}

// The end of a watch is no end of the authorization (design, "Identity and presence").
TEST_F(PresenceDbWatches, WhoComesBackIsNotAskedAbout) {
  allow(1, "bob");
  end(1, "bob");
  EXPECT_EQ(world.held_users(), 0U);
  world.watch(2, "bob", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("watch 2 active: []"));
}

TEST_F(PresenceDbWatches, OneRequestIsShownForManyWatchesOfOneWatcher) {
  come("alice/home");
  world.watch(1, "bob", "alice");
  world.heard();
  world.watch(2, "bob", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("watch 2 pending"));
}

TEST_F(PresenceDbWatches, AGlanceOfAStrangerAsksForNothing) {
  come("alice/home");
  world.watch(1, "bob", "alice", true);
  EXPECT_THAT(world.heard(), ElementsAre("watch 1 pending"));
  world.administer(ListWatchers{world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("admin: done"));
}

TEST_F(PresenceDbWatches, HerselfAndAllWhereAllMayWatch) {
  world.watch(1, "alice", "alice");
  world.settings.allow_all_watchers = true;
  world.watch(2, "bob", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("watch 1 active: []", "watch 2 active: []"));
}

TEST_F(PresenceDbWatches, APolicyDecidesAboutStrangers) {
  world.accounts({"erin"}, WatcherPolicy::allow);
  world.accounts({"frank"}, WatcherPolicy::deny);
  world.watch(1, "bob", "erin");
  world.watch(2, "bob", "frank");
  EXPECT_THAT(world.heard(), ElementsAre("watch 1 active: []", "watch 2 rejected"));
}

TEST_F(PresenceDbWatches, AMutualPolicyAllowsWhomSheWatches) {
  world.accounts({"erin"}, WatcherPolicy::mutual);
  world.befriend("erin", "bob");
  world.watch(1, "bob", "erin");
  world.watch(2, "carol", "erin");
  EXPECT_THAT(world.heard(),
              ElementsAre("watch 1 active: []",
                          "show erin: <presence from='carol' to='erin' type='subscribe'/>",
                          "watch 2 pending"));
}

// grace waits to watch erin by SIP: that lets erin watch her.
TEST_F(PresenceDbWatches, AMutualPolicyKnowsWhoWatchesHerBySip) {
  world.accounts({"erin", "grace"}, WatcherPolicy::mutual);
  world.watch(1, "grace", "erin");
  world.heard();
  world.watch(2, "erin", "grace");
  EXPECT_THAT(world.heard(), ElementsAre("push grace 1: erin from", "watch 2 active: []"));
}

TEST_F(PresenceDbWatches, APolicyThatChangesIsAppliedToThoseWhoWatch) {
  come("alice/home");
  world.watch(1, "bob", "alice");
  world.heard();
  set_policy(WatcherPolicy::allow);
  EXPECT_THAT(world.heard(), ElementsAre("admin: done", "watch 1 active: [home]"));
  set_policy(WatcherPolicy::deny);
  EXPECT_THAT(world.heard(), ElementsAre("admin: done", "watch 1 rejected"));
}

// Who watched by a policy that is no more is to ask now, as who comes anew.
TEST_F(PresenceDbWatches, APolicyThatAsksAgainAsksForThoseWhoWatch) {
  set_policy(WatcherPolicy::allow);
  come("alice/home");
  world.watch(1, "dave", "alice");
  world.heard();
  set_policy(WatcherPolicy::ask);
  EXPECT_THAT(world.heard(),
              ElementsAre("watch 1 pending", "admin: done",
                          "show alice: <presence from='dave' to='alice' type='subscribe'/>"));
  world.show("alice/home", "'/>");
  EXPECT_THAT(world.heard(), IsEmpty());
  world.send("alice", Verb::subscribed, "dave");
  EXPECT_THAT(world.heard(), ElementsAre("push alice 2: dave from",
                                         "to dave: <presence from='alice/home' to='dave'/>",
                                         "watch 1 active: [home]"));
}

// bob asked by XMPP, and the policy lets him watch meanwhile.
TEST_F(PresenceDbWatches, WhoLosesSightWhileHerRequestWaitsIsNotAskedAboutAgain) {
  come("alice/home");
  world.send("bob", Verb::subscribe, "alice");
  set_policy(WatcherPolicy::allow);
  world.watch(1, "bob", "alice");
  EXPECT_THAT(world.heard(), ::testing::Contains("watch 1 active: [home]"));
  world.requests.clear();
  set_policy(WatcherPolicy::ask);
  EXPECT_EQ(world.requests.size(), 1U);  // the policy
  EXPECT_THAT(world.heard(), ElementsAre("admin: done", "watch 1 pending"));
  world.show("alice/home", "'/>");
  EXPECT_THAT(world.heard(), IsEmpty());
  world.send("alice", Verb::subscribed, "bob");
  EXPECT_THAT(world.heard(), ::testing::Contains("watch 1 active: [home]"));
}

// bob asks by XMPP, alice's policy becomes `allow`, and bob's phone asks too, all at once: the
// phone's request answers that of XMPP by the way, and bob's own record changes with it. Of that by
// XMPP alice's shard hears last.
TEST_F(PresenceDbWatches, ARequestBySipMayAnswerTheOneByXmpp) {
  come("alice/home");
  come("bob/desk");
  world.hold_store();
  world.send("bob", Verb::subscribe, "alice");
  set_policy(WatcherPolicy::allow);
  world.watch(1, "bob", "alice");
  world.release_store();
  EXPECT_THAT(world.heard(),
              ElementsAre("push bob 1: alice none+out", "admin: done", "push alice 0: bob from",
                          "show bob: <presence from='alice' to='bob' type='subscribed'/>",
                          "push bob 2: alice to", "watch 1 active: [home]"));
}

TEST_F(PresenceDbWatches, WhoEndsWhileItIsAskedAgainIsForgotten) {
  set_policy(WatcherPolicy::allow);
  world.watch(1, "dave", "alice");
  world.hold_store();
  set_policy(WatcherPolicy::ask);
  world.answer_one();
  end(1, "dave");
  world.release_store();
  EXPECT_EQ(world.held_users(), 0U);
}

TEST_F(PresenceDbWatches, ARequestThatTheStoreDidNotKeepIsRefused) {
  come("alice/home");
  world.break_store();
  world.watch(1, "bob", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("watch 1 store_failed"));
  world.mend_store();
  world.watch(2, "bob", "alice");
  EXPECT_THAT(world.heard(),
              ElementsAre("show alice: <presence from='bob' to='alice' type='subscribe'/>",
                          "watch 2 pending"));
}

TEST_F(PresenceDbWatches, APresentityHasAsManyWatchersAsTheLimitSays) {
  world.settings.limits.watchers_per_presentity_max = 2;
  world.settings.allow_all_watchers = true;
  world.watch(1, "bob", "alice");
  world.watch(2, "carol", "alice");
  world.watch(3, "dave", "alice");
  EXPECT_THAT(world.heard(),
              ElementsAre("watch 1 active: []", "watch 2 active: []", "watch 3 too_many"));
}

// --- what they are told --------------------------------------------------------------------------

TEST_F(PresenceDbWatches, HearOfAChangeOnceForEachShard) {
  allow(1, "bob");
  allow(2, "carol");
  allow(3, "dave");
  world.come("alice/home");
  EXPECT_THAT(
      world.heard(),
      ElementsAre("ready alice: loaded", "to dave: <presence from='alice/home' to='dave'/>",
                  "notify 3: [home]", "to bob: <presence from='alice/home' to='bob'/>",
                  "to carol: <presence from='alice/home' to='carol'/>", "notify 1 2: [home]"));
}

TEST_F(PresenceDbWatches, HearOfManyChangesOnceInAnInterval) {
  allow(1, "alice");
  come("alice/home");
  world.show("alice/work", "'/>");
  world.show("alice/sofa", "'/>");
  EXPECT_THAT(world.heard(), IsEmpty());
  world.pass(Duration::seconds(4));
  EXPECT_THAT(world.heard(), IsEmpty());
  world.pass(Duration::seconds(1));
  EXPECT_THAT(world.heard(), ElementsAre("notify 1: [home, work, sofa]"));
  world.pass(Duration::seconds(60));
  EXPECT_THAT(world.heard(), IsEmpty());
}

TEST_F(PresenceDbWatches, WhoRefreshesIsToldTheNewestWithoutTheOthers) {
  allow(1, "alice");
  world.watch(2, "alice", "alice");
  come("alice/home");
  world.show("alice/work", "'/>");
  world.on("alice", WatchRefreshed{world.watch_id(1, "alice"), world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("watch 1 active: [home, work]"));
  world.pass(Duration::seconds(5));
  EXPECT_THAT(world.heard(), ElementsAre("notify 2: [home, work]"));
}

TEST_F(PresenceDbWatches, WhoRefreshesWhileSheWaitsHearsThatSheWaits) {
  come("alice/home");
  world.watch(1, "bob", "alice");
  world.heard();
  world.on("alice", WatchRefreshed{world.watch_id(1, "bob"), world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("watch 1 pending"));
}

// RFC 8048 section 5.2: that a resource left is said once; the last one stays, closed.
TEST_F(PresenceDbWatches, ASessionThatLeftIsSaidToBeClosed) {
  world.settings.limits.notify_interval_min = Duration();
  allow(1, "alice");
  come("alice/home");
  world.show("alice/work", "'/>");
  world.heard();
  world.leave("alice/work");
  EXPECT_THAT(world.heard(), ElementsAre("notify 1: [home, -work]"));
  world.show("alice/home", "'/>");
  EXPECT_THAT(world.heard(), ElementsAre("notify 1: [home]"));
  world.leave("alice/home");
  EXPECT_THAT(world.heard(), ElementsAre("notify 1: [-home]"));
  world.watch(2, "alice", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("watch 2 active: [-home]"));
}

TEST_F(PresenceDbWatches, SessionsThatLeaveUnwatchedDoNotPileUp) {
  world.settings.limits.sessions_per_user_max = 2;
  come("alice/home");
  world.watch(1, "alice", "alice");
  end(1, "alice");
  for (const char* full : {"alice/a", "alice/b", "alice/c"}) {
    world.show(full, "'/>");
    world.leave(full);
  }
  world.heard();
  world.watch(2, "alice", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("watch 2 active: [home, -b, -c]"));
}

TEST_F(PresenceDbWatches, SeePublicationsAndSessionsAndPhonesWhereNothingIsPublished) {
  world.settings.limits.notify_interval_min = Duration();
  allow(1, "alice");
  world.phones("alice", {"phone"});
  come("alice/home");
  world.publish("alice", "desk");
  world.heard();
  world.publish("alice", "car");
  EXPECT_THAT(world.heard(),
              ElementsAre("publish: stored",
                          "to alice: <presence from='alice/car' to='alice'>car</presence>",
                          "notify 1: [home, publication desk, publication car]"));
}

TEST_F(PresenceDbWatches, AreToldThatAPhoneCameAndLeft) {
  world.settings.limits.notify_interval_min = Duration();
  allow(1, "bob");
  world.phones("alice", {"phone"});
  world.phones("alice", {});
  EXPECT_THAT(world.heard(),
              ElementsAre("to alice: <presence from='alice/phone' to='alice'>phone</presence>",
                          "to bob: <presence from='alice/phone' to='bob'>phone</presence>",
                          "notify 1: [phone phone]",
                          "to alice: <presence from='alice/phone' to='alice'"
                          " type='unavailable'/>",
                          "to bob: <presence from='alice/phone' to='bob' type='unavailable'/>",
                          "notify 1: []"));
}

TEST_F(PresenceDbWatches, WhoEndedHearsNoMore) {
  allow(1, "alice");
  end(1, "alice");
  world.come("alice/home");
  EXPECT_THAT(world.heard(), ElementsAre("ready alice: loaded"));
}

}  // namespace presence_db_watches_test
}  // namespace muster::testing
