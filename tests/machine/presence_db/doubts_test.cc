// A server of the cluster is gone, which changed records in the store and could not say so any
// more: who is held is loaded anew.
#include "machine/presence_db/world.h"

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Verb = muster::SubscriptionVerb;

namespace muster::testing {
namespace presence_db_doubts_test {

class PresenceDbDoubts : public ::testing::Test {
 protected:
  PresenceDbDoubts() {
    world.settings.cluster.emplace();
    world.settings.limits.notify_interval_min = Duration();
    world.accounts({"alice", "bob", "carol", "dave"});
  }
  // As the other server did.
  void change(std::string_view actor, Verb verb, std::string_view peer) {
    world.store.carry_out(ChangeSubscription{world.user(actor), world.user(peer), verb,
                                             "stanza of " + text(actor), 9});
  }
  static std::string text(std::string_view name) { return std::string(name); }
  void doubt(std::string_view name) { world.on(name, RecordsDoubted{world.user(name)}); }
  // But for what load control is told.
  Lines heard() {
    Lines lines = world.heard();
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("cluster: "); });
    return lines;
  }

  PresenceDbWorld world;
};

TEST_F(PresenceDbDoubts, WhatWasNotToldIsLearnt) {
  world.come("alice/home");
  world.come("bob/home");
  world.heard();
  change("bob", Verb::subscribe, "alice");
  change("alice", Verb::subscribed, "bob");
  doubt("alice");
  EXPECT_THAT(heard(), UnorderedElementsAre("to bob: <presence from='alice/home' to='bob'/>",
                                            "push alice 2: bob from"));
  doubt("bob");
  EXPECT_THAT(heard(), UnorderedElementsAre("push bob 2: alice to",
                                            "to bob: <presence from='alice/home' to='bob'/>"));
  world.show("alice/home", "'><show>away</show></presence>");
  EXPECT_THAT(heard(), ElementsAre("to bob: <presence from='alice/home' to='bob'><show>away</show>"
                                   "</presence>"));
}

TEST_F(PresenceDbDoubts, AndOnce) {
  world.come("alice/home");
  change("bob", Verb::subscribe, "alice");
  change("alice", Verb::subscribed, "bob");
  doubt("alice");
  world.heard();
  doubt("alice");
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(PresenceDbDoubts, WhoMayNotSeeHerAnyMoreIsTold) {
  world.befriend("bob", "alice");
  world.come("alice/home");
  world.heard();
  change("alice", Verb::unsubscribed, "bob");
  doubt("alice");
  EXPECT_THAT(heard(),
              Contains("to bob: <presence from='alice/home' to='bob' type='unavailable'/>"));
}

TEST_F(PresenceDbDoubts, WhoIsNoContactAnyMoreIsTakenFromTheRoster) {
  world.befriend("alice", "bob");
  world.come("alice/home");
  world.heard();
  world.store.carry_out(RemoveRosterItem{world.user("alice"), world.user("bob")});
  doubt("alice");
  EXPECT_THAT(heard(), ElementsAre(HasSubstr(": bob removed")));
}

TEST_F(PresenceDbDoubts, ARequestIsShownAndIsNoRosterItem) {
  world.come("alice/home");
  world.heard();
  change("bob", Verb::subscribe, "alice");
  doubt("alice");
  EXPECT_THAT(heard(), ElementsAre("show alice: stanza of bob"));
}

TEST_F(PresenceDbDoubts, AWatchIsDecided) {
  world.come("alice/home");
  world.watch(1, "bob", "alice");
  world.elsewhere("alice", {});
  world.heard();
  change("alice", Verb::subscribed, "bob");
  doubt("alice");
  EXPECT_THAT(heard(), Contains(HasSubstr("watch 1 active")));
}

TEST_F(PresenceDbDoubts, WhoIsNotHeldIsNotLoaded) {
  doubt("alice");
  EXPECT_THAT(world.requests, IsEmpty());
}

// It may have been read before the change.
TEST_F(PresenceDbDoubts, WhoIsJustLoadedIsLoadedAgain) {
  world.hold_store();
  world.on("alice", UserWanted{world.user("alice")});
  doubt("alice");
  EXPECT_EQ(world.asked(), 1u);
  world.answer_one();
  EXPECT_EQ(world.asked(), 1u);
  world.release_store();
  EXPECT_THAT(heard(), ElementsAre("ready alice: loaded"));
}

TEST_F(PresenceDbDoubts, AHintThatComesLateIsNoNews) {
  world.come("alice/home");
  world.come("bob/home");
  world.hold_hints();
  world.send("bob", Verb::subscribe, "alice");
  world.heard();
  doubt("alice");
  EXPECT_THAT(heard(), ElementsAre("show alice: subscribe of bob"));
  world.release_hints();
  EXPECT_THAT(heard(), Not(Contains(HasSubstr("alice"))));
}

TEST_F(PresenceDbDoubts, AStoreThatFailsIsAskedAgain) {
  world.come("alice/home");
  change("bob", Verb::subscribe, "alice");
  change("alice", Verb::subscribed, "bob");
  world.heard();
  world.break_store();
  doubt("alice");
  EXPECT_THAT(heard(), IsEmpty());
  world.mend_store();
  world.pass(PresenceDb::kStoreAgainAfter);
  EXPECT_THAT(heard(), Contains("push alice 2: bob from"));
}

TEST_F(PresenceDbDoubts, ARosterThatCannotBeReadIsPushedLater) {
  world.come("alice/home");
  change("bob", Verb::subscribe, "alice");
  change("alice", Verb::subscribed, "bob");
  world.heard();
  world.hold_store();
  doubt("alice");
  world.answer_one();
  world.break_store();
  world.release_store();
  EXPECT_THAT(heard(), Not(Contains(HasSubstr("push"))));
  world.mend_store();
  world.pass(PresenceDb::kStoreAgainAfter);
  EXPECT_THAT(heard(), Contains("push alice 2: bob from"));
}

}  // namespace presence_db_doubts_test
}  // namespace muster::testing
