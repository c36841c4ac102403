// Users come in from the store when they are needed, and go when they are not.
#include "machine/presence_db/world.h"

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace muster::testing {
namespace presence_db_users_test {

// As a server before this one did.
void store_publication(PresenceDbWorld& world, std::string_view name, Duration expires) {
  const UnixTime now = world.now.unix_time;
  world.store.carry_out(
      StorePublication{world.user(name), {}, std::string(name), "desk", now, now + expires, 10});
}

TEST(PresenceDbUsers, AreLoadedForASession) {
  PresenceDbWorld world;
  world.accounts({"alice"});
  world.on("alice", UserWanted{world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("ready alice: loaded"));
  world.on("alice", UserWanted{world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("ready alice: loaded"));
  EXPECT_EQ(world.requests.size(), 1U);
}

TEST(PresenceDbUsers, WhoHasNoAccountIsNotKept) {
  PresenceDbWorld world;
  world.on("alice", UserWanted{world.user("alice")});
  world.watch(1, "bob", "alice");
  world.publish("alice", "desk");
  EXPECT_THAT(world.heard(), ElementsAre("ready alice: no_such_account", "watch 1 no_such_user",
                                         "publish: no_such_account"));
  EXPECT_EQ(world.held_users(), 0U);
}

TEST(PresenceDbUsers, AnAccountIsMadeAtFirstUseWithTheDefaultPolicy) {
  PresenceDbWorld world;
  world.settings.auto_accounts = true;
  world.settings.default_policy = WatcherPolicy::deny;
  world.on("alice", UserWanted{world.user("alice")});
  world.watch(1, "bob", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("ready alice: loaded", "watch 1 rejected"));
}

TEST(PresenceDbUsers, WhatComesWhileTheyAreLoadedWaitsAndKeepsItsOrder) {
  PresenceDbWorld world;
  world.accounts({"alice", "bob"});
  world.hold_store();
  world.watch(1, "bob", "bob");
  world.watch(2, "alice", "bob");
  world.on("bob", ProbeAsked{world.user("alice/home"), world.user("bob"), "p1"});
  EXPECT_THAT(world.heard(), IsEmpty());
  EXPECT_EQ(world.asked(), 1U);
  world.release_store();
  EXPECT_THAT(world.heard(),
              ElementsAre("watch 1 active: []",
                          "show bob: <presence from='alice' to='bob' type='subscribe'/>",
                          "to alice/home: <presence from='bob' to='alice/home' id='p1'"
                          " type='unsubscribed'/>",
                          "watch 2 pending"));
}

TEST(PresenceDbUsers, AStoreThatFailsIsSaidToAllWhoWait) {
  PresenceDbWorld world;
  world.accounts({"alice", "bob"});
  world.break_store();
  world.hold_store();
  world.on("alice", UserWanted{world.user("alice")});
  world.watch(1, "bob", "alice");
  world.publish("alice", "desk");
  world.administer(ListWatchers{world.user("alice")});
  world.on("alice", DropAccount{world.user("alice")});
  world.on("alice", ProbeAsked{world.user("bob/desk"), world.user("alice"), {}});
  world.phones("alice", {"phone"});
  world.release_store();
  EXPECT_THAT(world.heard(),
              ElementsAre("ready alice: store_failed", "publish: store_failed", "kept alice",
                          "admin: store_failed", "watch 1 store_failed"));
  EXPECT_EQ(world.held_users(), 0U);

  world.mend_store();
  world.on("alice", UserWanted{world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("ready alice: loaded"));
}

TEST(PresenceDbUsers, AreForgottenWithTheLastThatNeedsThem) {
  PresenceDbWorld world;
  world.accounts({"alice", "bob"});
  world.come("alice/home");
  world.watch(1, "bob", "alice");
  world.phones("alice", {"phone"});
  world.publish("alice", "desk");
  EXPECT_EQ(world.held_users(), 1U);
  world.leave("alice/home");
  world.on("alice", UserUnwanted{world.user("alice")});
  EXPECT_EQ(world.held_users(), 1U);
  world.on("alice", WatchEnded{world.watch_id(1, "bob"), world.user("alice")});
  EXPECT_EQ(world.held_users(), 1U);
  world.phones("alice", {});
  EXPECT_EQ(world.held_users(), 1U);
  world.unpublish("alice", world.etag);
  EXPECT_EQ(world.held_users(), 0U);
}

TEST(PresenceDbUsers, AGlanceDoesNotKeepThem) {
  PresenceDbWorld world;
  world.accounts({"alice", "bob"});
  world.watch(1, "alice", "alice", true);
  world.watch(2, "bob", "alice", true);
  world.on("alice", ProbeAsked{world.user("bob/desk"), world.user("alice"), {}});
  world.administer(ListWatchers{world.user("alice")});
  EXPECT_THAT(world.heard(), ElementsAre("watch 1 active: []", "watch 2 pending",
                                         "to bob/desk: <presence from='alice' to='bob/desk'"
                                         " type='unsubscribed'/>",
                                         "admin: done"));
  EXPECT_EQ(world.held_users(), 0U);
}

TEST(PresenceDbUsers, WhoLeftWhileLoadingIsForgotten) {
  PresenceDbWorld world;
  world.accounts({"alice"});
  world.hold_store();
  world.on("alice", UserWanted{world.user("alice")});
  world.on("alice", UserUnwanted{world.user("alice")});
  world.release_store();
  EXPECT_THAT(world.heard(), IsEmpty());
  EXPECT_EQ(world.held_users(), 0U);
}

// A question to the store about her keeps her, so that its answer finds her.
TEST(PresenceDbUsers, AreKeptUntilTheStoreHasAnswered) {
  PresenceDbWorld world;
  world.accounts({"alice"});
  world.come("alice/home");
  world.hold_store();
  world.publish("alice", "desk");
  world.leave("alice/home");
  world.on("alice", UserUnwanted{world.user("alice")});
  EXPECT_EQ(world.held_users(), 1U);
  world.heard();
  world.release_store();
  EXPECT_THAT(world.heard(),
              ElementsAre("publish: stored",
                          "to alice: <presence from='alice/desk' to='alice'>desk</presence>"));
  EXPECT_EQ(world.held_users(), 1U);
}

// What was asked before she was held does not count for her.
TEST(PresenceDbUsers, AreKeptByQuestionsThatWereAskedWhileTheyWereHeldAlone) {
  PresenceDbWorld world;
  world.accounts({"alice", "bob"});
  world.hold_store();
  world.on("alice", RosterAsked{{}, world.user("alice"), {}, {}});
  world.come("alice/home");
  world.on("alice", RosterAsked{{}, world.user("alice"), {}, {}});
  world.on("alice", UserUnwanted{world.user("alice")});
  EXPECT_EQ(world.held_users(), 1U);
  world.answer_one();
  world.answer_one();
  EXPECT_EQ(world.held_users(), 1U);
  world.answer_one();
  EXPECT_EQ(world.held_users(), 0U);
  EXPECT_THAT(world.heard(), ElementsAre("roster 0:", "roster 0:"));
}

TEST(PresenceDbUsers, WhoHasAPublicationThatLivesIsHeldFromTheStartOnHerShardAlone) {
  PresenceDbWorld world;
  world.accounts({"alice", "bob", "dave"});
  store_publication(world, "alice", Duration::seconds(10));
  store_publication(world, "dave", Duration::seconds(5));
  world.pass(Duration::seconds(5));
  world.start();
  EXPECT_EQ(world.held_users(), 1U);
  world.watch(1, "alice", "alice");
  EXPECT_THAT(world.heard(),
              ElementsAre("to alice: <presence from='alice/desk' to='alice'>desk</presence>",
                          "watch 1 active: [publication desk]"));
}

TEST(PresenceDbUsers, AnExpiredPublicationIsNotLoaded) {
  PresenceDbWorld world;
  world.accounts({"alice"});
  store_publication(world, "alice", Duration::seconds(10));
  world.pass(Duration::seconds(10));
  world.watch(1, "alice", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("watch 1 active: []"));
}

TEST(PresenceDbUsers, AStartWithoutTheStoreIsLoggedAndMadeGoodLater) {
  PresenceDbWorld world;
  world.accounts({"alice"});
  world.publish("alice", "desk");
  PresenceDbWorld again;
  again.store = world.store;
  again.break_store();
  again.start();
  again.pass(PresenceDb::kStoreAgainAfter);
  EXPECT_THAT(again.heard(), ::testing::Each("log publications-not-loaded"));
  again.mend_store();
  again.pass(PresenceDb::kStoreAgainAfter - Duration::microseconds(1));
  EXPECT_EQ(again.held_users(), 0U);
  again.pass(Duration::microseconds(1));
  EXPECT_EQ(again.held_users(), 1U);
  EXPECT_THAT(again.heard(),
              ElementsAre("to alice: <presence from='alice/desk' to='alice'>desk</presence>"));
  again.pass(Duration::minutes(5));
  EXPECT_EQ(again.requests.size(), 7U);  // one for each shard, thrice; and alice
}

}  // namespace presence_db_users_test
}  // namespace muster::testing
