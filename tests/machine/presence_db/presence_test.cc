// What a user is present through, and who hears of it (RFC 6121 section 4).
#include "machine/presence_db/world.h"

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Verb = muster::SubscriptionVerb;

namespace muster::testing {
namespace presence_db_presence_test {

class PresenceDbPresence : public ::testing::Test {
 protected:
  PresenceDbPresence() { world.accounts({"alice", "bob", "carol", "dave"}); }

  void probe(std::string_view watcher, std::string_view contact,
             std::vector<Address> directed = {}) {
    world.on(contact, ProbeAsked{world.user(watcher), world.user(contact), "p", directed});
  }

  PresenceDbWorld world;
};

TEST_F(PresenceDbPresence, IsBroadcastToThoseWhoMaySeeItOnBothShards) {
  world.befriend("bob", "alice");
  world.befriend("dave", "alice");
  world.send("carol", Verb::subscribe, "alice");
  world.heard();
  world.come("alice/home");
  EXPECT_THAT(world.heard(),
              ElementsAre("ready alice: loaded", "to dave: <presence from='alice/home' to='dave'/>",
                          "show alice/home: subscribe of carol",
                          "to bob: <presence from='alice/home' to='bob'/>"));
  world.leave("alice/home");
  EXPECT_THAT(world.heard(),
              ElementsAre("to dave: <presence from='alice/home' to='dave' type='unavailable'/>",
                          "to bob: <presence from='alice/home' to='bob' type='unavailable'/>"));
}

TEST_F(PresenceDbPresence, ASessionThatComesSeesHerOthersAndThoseWhomSheWatches) {
  world.befriend("alice", "bob");
  world.befriend("alice", "dave");
  world.befriend("carol", "alice");
  for (const char* full : {"alice/work", "bob/desk", "carol/desk", "dave/desk", "dave/sofa"})
    world.come(full);
  world.heard();
  world.show("alice/home", "'/>", true);
  EXPECT_THAT(world.heard(),
              ElementsAre("to alice/home: <presence from='alice/work' to='alice/home'/>",
                          "to alice/home: <presence from='dave/desk' to='alice/home'/>",
                          "to alice/home: <presence from='dave/sofa' to='alice/home'/>",
                          "to carol: <presence from='alice/home' to='carol'/>",
                          "to alice/home: <presence from='bob/desk' to='alice/home'/>"));
}

TEST_F(PresenceDbPresence, AProbeIsAnsweredByWhatTheWatcherMaySee) {
  world.befriend("bob", "alice");
  world.come("alice/home");
  world.heard();
  probe("bob", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("to bob: <presence from='alice/home' to='bob'/>"));
  probe("bob", "alice/home");
  EXPECT_THAT(world.heard(), ElementsAre("to bob: <presence from='alice/home' to='bob'/>"));
  probe("bob", "alice/nowhere");
  EXPECT_THAT(world.heard(),
              ElementsAre("to bob: <presence from='alice' to='bob' id='p' type='unavailable'/>"));
  probe("carol", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("to carol: <presence from='alice' to='carol' id='p'"
                                         " type='unsubscribed'/>"));
  probe("carol", "alice", {world.user("alice/home")});
  EXPECT_THAT(world.heard(), ElementsAre("to carol: <presence from='alice/home' to='carol'/>"));
  probe("alice/work", "alice");
  EXPECT_THAT(world.heard(),
              ElementsAre("to alice/work: <presence from='alice/home' to='alice/work'/>"));
}

TEST_F(PresenceDbPresence, AProbeOfWhoIsOfflineOrUnknownIsAnswered) {
  world.befriend("bob", "alice");
  probe("bob", "alice");
  probe("bob", "nobody");
  EXPECT_THAT(world.heard(),
              ElementsAre("to bob: <presence from='alice' to='bob' id='p' type='unavailable'/>",
                          "to bob: <presence from='nobody' to='bob' id='p'"
                          " type='unsubscribed'/>"));
}

TEST_F(PresenceDbPresence, ARequestIsWeighedByWhoMaySeeIt) {
  world.befriend("bob", "alice");
  const auto ask = [&](std::string_view from) {
    world.on(
        "alice",
        RequestForUser{
            RequestForUser::Kind::to_session, {}, world.user(from), world.user("alice/home"), {}});
  };
  ask("bob/desk");
  world.come("alice/home");
  ask("bob/desk");
  ask("carol/desk");
  EXPECT_THAT(world.heard(), ElementsAre("may not see", "ready alice: loaded",
                                         "to bob: <presence from='alice/home' to='bob'/>",
                                         "may see", "may not see"));
}

// --- publications and phones as XMPP contacts see them -------------------------------------------

TEST_F(PresenceDbPresence, APublicationIsSeenByContactsAndByHerOwnSessions) {
  world.befriend("bob", "alice");
  world.publish("alice", "desk");
  EXPECT_THAT(world.heard(),
              ElementsAre("publish: stored",
                          "to alice: <presence from='alice/desk' to='alice'>desk</presence>",
                          "to bob: <presence from='alice/desk' to='bob'>desk</presence>"));
  world.publish("alice", "car", world.etag);
  EXPECT_THAT(world.heard(),
              ElementsAre("publish: stored",
                          "to alice: <presence from='alice/car' to='alice'>car</presence>",
                          "to alice: <presence from='alice/desk' to='alice' type='unavailable'/>",
                          "to bob: <presence from='alice/car' to='bob'>car</presence>",
                          "to bob: <presence from='alice/desk' to='bob' type='unavailable'/>"));
  probe("bob", "alice");
  EXPECT_THAT(world.heard(),
              ElementsAre("to bob: <presence from='alice/car' to='bob'>car</presence>"));
  world.unpublish("alice", world.etag);
  EXPECT_THAT(world.heard(),
              ElementsAre("publish: removed",
                          "to alice: <presence from='alice/car' to='alice' type='unavailable'/>",
                          "to bob: <presence from='alice/car' to='bob' type='unavailable'/>"));
}

TEST_F(PresenceDbPresence, APhoneIsSeenUntilSomethingIsPublished) {
  world.phones("alice", {"phone"});
  EXPECT_THAT(world.heard(), ElementsAre("to alice: <presence from='alice/phone' to='alice'>phone"
                                         "</presence>"));
  world.phones("alice", {"phone", "tablet"});
  EXPECT_THAT(world.heard(), ElementsAre("to alice: <presence from='alice/tablet' to='alice'>"
                                         "tablet</presence>"));
  world.publish("alice", "desk");
  EXPECT_THAT(
      world.heard(),
      ElementsAre("publish: stored",
                  "to alice: <presence from='alice/desk' to='alice'>desk</presence>",
                  "to alice: <presence from='alice/phone' to='alice' type='unavailable'/>",
                  "to alice: <presence from='alice/tablet' to='alice' type='unavailable'/>"));
  world.unpublish("alice", world.etag);
  EXPECT_THAT(world.heard(),
              ElementsAre("publish: removed",
                          "to alice: <presence from='alice/phone' to='alice'>phone</presence>",
                          "to alice: <presence from='alice/tablet' to='alice'>tablet</presence>",
                          "to alice: <presence from='alice/desk' to='alice' type='unavailable'/>"));
}

TEST_F(PresenceDbPresence, APublicationDoesNotTakeTheNameOfASession) {
  world.come("alice/desk");
  world.heard();
  world.publish("alice", "desk");
  EXPECT_THAT(world.heard(),
              ElementsAre("publish: stored",
                          "to alice: <presence from='alice/desk-1' to='alice'>desk</presence>"));
}

TEST_F(PresenceDbPresence, APublicationGivesItsNameToASessionThatComes) {
  world.publish("alice", "desk");
  world.heard();
  world.come("alice/desk");
  EXPECT_THAT(world.heard(),
              ElementsAre("ready alice: loaded",
                          "to alice: <presence from='alice/desk-1' to='alice'>desk</presence>",
                          "to alice/desk: <presence from='alice/desk-1' to='alice/desk'>desk"
                          "</presence>"));
  world.leave("alice/desk");
  probe("alice/home", "alice");
  EXPECT_THAT(world.heard(), ElementsAre("to alice/home: <presence from='alice/desk-1'"
                                         " to='alice/home'>desk</presence>"));
}

}  // namespace presence_db_presence_test
}  // namespace muster::testing
