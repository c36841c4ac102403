// The exchanges of RFC 8048 and 7572 between an XMPP user and a SIP user of different shards.
#include "service/user_agents.h"

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

namespace muster::testing {
namespace service_interworking_test {

// juliet has a messenger, romeo a phone.
class Interworking : public ::testing::Test {
 protected:
  Interworking() {
    service.settings.auto_accounts = true;
    service.start();
  }
  // romeo sees juliet.
  void befriend(Messenger& juliet, Phone& romeo, std::uint32_t seconds = 600) {
    romeo.subscribe("juliet", seconds);
    juliet.say("<presence to='romeo@example.com' type='subscribed'/>");
    romeo.heard();
    juliet.heard();
  }

  // juliet sees romeo, who had a session for that.
  void befriend(Messenger& juliet) {
    Messenger romeo(service, "romeo/home");
    juliet.say("<presence to='romeo@example.com' type='subscribe'/>");
    romeo.say("<presence to='juliet@example.com' type='subscribed'/>");
    romeo.vanish();
    juliet.heard();
  }

  Service service;
};

TEST_F(Interworking, IsBetweenShards) {
  EXPECT_NE(home_shard("juliet@example.com", 2), home_shard("romeo@example.com", 2));
}

// --- a phone watches an XMPP user (RFC 8048 section 5.3) -----------------------------------------

TEST_F(Interworking, APhoneWaitsUntilItsRequestIsApproved) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  juliet.heard();
  romeo.subscribe("juliet", 600);
  EXPECT_THAT(romeo.heard(), ElementsAre("200 SUBSCRIBE", "NOTIFY pending"));
  EXPECT_THAT(juliet.heard(), ElementsAre("<presence from='romeo' to='juliet' type='subscribe'/>"));
  juliet.say("<presence to='romeo@example.com' type='subscribed'/>");
  EXPECT_THAT(romeo.heard(), ElementsAre("NOTIFY active: balcony open"));
  juliet.say("<presence><show>dnd</show><status>busy</status></presence>");
  EXPECT_THAT(romeo.heard(), ElementsAre("NOTIFY active: balcony open 'busy'"));
  juliet.say("<presence type='unavailable'/>");
  EXPECT_THAT(romeo.heard(), ElementsAre("NOTIFY active: balcony closed"));
}

TEST_F(Interworking, APhoneThatIsTurnedDownIsToldSo) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  romeo.subscribe("juliet", 600);
  romeo.heard();
  juliet.say("<presence to='romeo@example.com' type='unsubscribed'/>");
  EXPECT_THAT(romeo.heard(), ElementsAre("NOTIFY terminated;reason=rejected"));
}

TEST_F(Interworking, AnAuthorizationThatIsTakenBackEndsTheSubscription) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  befriend(juliet, romeo);
  juliet.say("<presence to='romeo@example.com' type='unsubscribed'/>");
  EXPECT_THAT(romeo.heard(), ElementsAre("NOTIFY terminated;reason=rejected"));
  juliet.say("<presence/>");
  EXPECT_THAT(romeo.heard(), IsEmpty());
}

TEST_F(Interworking, ASubscriptionRunsOutAndCanBeMadeAgainWithoutAsking) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  befriend(juliet, romeo, 60);
  service.pass(Duration::seconds(60));
  EXPECT_THAT(romeo.heard(), ElementsAre("NOTIFY terminated;reason=timeout"));
  Phone again(service, "romeo", 6002);
  again.subscribe("juliet", 600);
  EXPECT_THAT(again.heard(), ElementsAre("200 SUBSCRIBE", "NOTIFY active: balcony open"));
  EXPECT_THAT(juliet.heard(), IsEmpty());
}

TEST_F(Interworking, ARefreshSaysTheStateAgainAndAnEndSaysItLast) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  befriend(juliet, romeo);
  romeo.subscribe("juliet", 600);
  EXPECT_THAT(romeo.heard(), ElementsAre("200 SUBSCRIBE", "NOTIFY active: balcony open"));
  romeo.subscribe("juliet", 0);
  EXPECT_THAT(romeo.heard(),
              ElementsAre("200 SUBSCRIBE", "NOTIFY terminated;reason=timeout: closed closed"));
}

// The authorization is there already, and so is juliet.
TEST_F(Interworking, WhoIsSeenByAPhoneIsSeenByAMessengerThatSubscribesLater) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  befriend(juliet, romeo);
  Messenger at_home(service, "romeo/home");
  at_home.heard();
  at_home.say("<presence to='juliet@example.com' type='subscribe'/>");
  EXPECT_THAT(at_home.heard(), ::testing::Contains("<presence from='juliet/balcony' to='romeo'/>"));
}

// RFC 8048 section 7: a fetch is a probe.
TEST_F(Interworking, AFetchIsAnsweredOnce) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  befriend(juliet, romeo);
  Phone glance(service, "romeo", 6002);
  glance.subscribe("juliet", 0, "fetch");
  EXPECT_THAT(glance.heard(), ElementsAre("200 SUBSCRIBE",
                                          "NOTIFY terminated;reason=timeout:"
                                          " balcony open"));
  juliet.say("<presence/>");
  EXPECT_THAT(glance.heard(), IsEmpty());
}

TEST_F(Interworking, AFetchOfAStrangerSeesNothing) {
  Messenger juliet(service, "juliet/balcony");
  juliet.heard();
  Phone romeo(service, "romeo", 6001);
  romeo.subscribe("juliet", 0, "fetch");
  EXPECT_THAT(romeo.heard(), ElementsAre("200 SUBSCRIBE", "NOTIFY terminated;reason=timeout"));
  EXPECT_THAT(juliet.heard(), IsEmpty());
}

TEST_F(Interworking, ASessionThatVanishesIsClosed) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  befriend(juliet, romeo);
  juliet.vanish();
  EXPECT_THAT(romeo.heard(), ElementsAre("NOTIFY active: balcony closed"));
}

TEST_F(Interworking, APhoneThatDoesNotAnswerIsNotToldForEver) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  befriend(juliet, romeo);
  juliet.say("<presence><show>away</show></presence>");
  service.pass(Duration::seconds(40));  // 64*T1: the NOTIFY was not answered
  romeo.heard();
  juliet.say("<presence/>");
  EXPECT_THAT(romeo.heard(), IsEmpty());
}

// --- an XMPP user watches a phone (RFC 8048 section 5.2) -----------------------------------------

TEST_F(Interworking, WhatAPhonePublishesIsSeenByXmppContacts) {
  Messenger juliet(service, "juliet/balcony");
  befriend(juliet);

  Phone romeo(service, "romeo", 6001);
  romeo.publish(pidf_of("romeo", "orchard", "open"), 600);
  EXPECT_THAT(romeo.heard(), ElementsAre("200 PUBLISH"));
  EXPECT_THAT(juliet.heard(), ElementsAre("<presence from='romeo/orchard' to='juliet'/>"));
  romeo.publish(pidf_of("romeo", "orchard", "closed"), 600, romeo.etag());
  EXPECT_THAT(romeo.heard(), ElementsAre("200 PUBLISH"));
  EXPECT_THAT(juliet.heard(),
              ElementsAre("<presence from='romeo/orchard' to='juliet' type='unavailable'/>"));
  romeo.publish({}, 600, "stale");
  EXPECT_THAT(romeo.heard(), ElementsAre("412 PUBLISH"));
}

TEST_F(Interworking, APublicationThatRunsOutIsUnavailable) {
  Messenger juliet(service, "juliet/balcony");
  befriend(juliet);
  Phone romeo(service, "romeo", 6001);
  romeo.publish(pidf_of("romeo", "orchard", "open"), 60);
  juliet.heard();
  service.pass(Duration::seconds(60));
  EXPECT_THAT(juliet.heard(),
              ElementsAre("<presence from='romeo/orchard' to='juliet' type='unavailable'/>"));
}

TEST_F(Interworking, APhoneThatOnlyRegistersIsPresentWhileItDoes) {
  Messenger juliet(service, "juliet/balcony");
  befriend(juliet);
  Phone romeo(service, "romeo", 6001);
  Phone watcher(service, "juliet", 6002);
  watcher.subscribe("romeo", 600);
  EXPECT_THAT(watcher.heard(), ElementsAre("200 SUBSCRIBE", "NOTIFY active: offline closed"));
  romeo.enroll(60);
  EXPECT_THAT(romeo.heard(), ElementsAre("200 REGISTER"));
  EXPECT_EQ(juliet.heard().size(), 1U);
  EXPECT_EQ(watcher.heard().size(), 1U);
  service.pass(Duration::seconds(60));
  EXPECT_THAT(juliet.heard(), ElementsAre(HasSubstr("type='unavailable'")));
  EXPECT_THAT(watcher.heard(), ElementsAre("NOTIFY active: offline closed"));
}

// --- messages (RFC 7572) -------------------------------------------------------------------------

TEST_F(Interworking, MessagesGoBothWays) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  romeo.enroll(600);
  romeo.heard();
  juliet.heard();
  romeo.message("juliet", "I take thee at thy word");
  EXPECT_THAT(romeo.heard(), ElementsAre("200 MESSAGE"));
  EXPECT_THAT(juliet.heard(),
              ElementsAre(AllOf(StartsWith("<message from='romeo' to='juliet'"),
                                HasSubstr("<body>I take thee at thy word</body>"))));
  juliet.say(
      "<message to='romeo@example.com' type='chat'><body>What man art thou</body>"
      "</message>");
  EXPECT_THAT(romeo.heard(), ElementsAre("MESSAGE from juliet;gr=balcony: What man art thou"));
}

TEST_F(Interworking, AMessageToWhoIsNowhereIsRefused) {
  Phone romeo(service, "romeo", 6001);
  romeo.message("juliet", "hello?");
  EXPECT_THAT(romeo.heard(), ElementsAre("480 MESSAGE"));
}

}  // namespace service_interworking_test
}  // namespace muster::testing
