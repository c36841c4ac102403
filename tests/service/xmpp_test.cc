// RFC 6121 between two users of different shards, from bytes to bytes.
#include "service/user_agents.h"

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace muster::testing {
namespace service_xmpp_test {

// alice lives on one shard, bob on the other.
class XmppService : public ::testing::Test {
 protected:
  XmppService() {
    service.settings.auto_accounts = true;
    service.start();
  }
  Service service;
};

TEST_F(XmppService, ASubscriptionIsAskedForGivenAndTakenBack) {
  Messenger alice(service, "alice/home");
  EXPECT_THAT(alice.heard(), ElementsAre("<presence from='alice/home' to='alice'/>"));
  Messenger bob(service, "bob/desk");
  bob.heard();
  alice.say("<presence to='bob@example.com' type='subscribe'/>");
  EXPECT_THAT(alice.heard(),
              ElementsAre("push <item jid='bob' subscription='none' ask='subscribe'/>"));
  EXPECT_THAT(bob.heard(), ElementsAre("<presence from='alice' to='bob' type='subscribe'/>"));

  bob.say("<presence to='alice@example.com' type='subscribed'/>");
  EXPECT_THAT(bob.heard(), ElementsAre("push <item jid='alice' subscription='from'/>"));
  EXPECT_THAT(alice.heard(), ElementsAre("<presence from='bob' to='alice' type='subscribed'/>",
                                         "push <item jid='bob' subscription='to'/>",
                                         "<presence from='bob/desk' to='alice'/>"));

  bob.say("<presence><show>away</show></presence>");
  EXPECT_THAT(alice.heard(),
              ElementsAre("<presence from='bob/desk' to='alice'><show>away</show></presence>"));

  bob.heard();
  bob.say("<presence to='alice@example.com' type='unsubscribed'/>");
  EXPECT_THAT(alice.heard(),
              ElementsAre("<presence from='bob/desk' to='alice' type='unavailable'/>",
                          "<presence from='bob' to='alice' type='unsubscribed'/>",
                          "push <item jid='bob' subscription='none'/>"));
  bob.say("<presence/>");
  EXPECT_THAT(alice.heard(), IsEmpty());
}

TEST_F(XmppService, WhoComesSeesWhoIsThereAndIsAskedWhatWaits) {
  service.store().carry_out(LoadUser{Service::address("bob@example.com"), true});
  Messenger alice(service, "alice/home");
  alice.say("<presence to='bob@example.com' type='subscribe'/>");
  {
    Messenger bob(service, "bob/desk");
    EXPECT_THAT(bob.heard(), ElementsAre("<presence from='bob/desk' to='bob'/>",
                                         "<presence from='alice' to='bob' type='subscribe'/>"));
    bob.say("<presence to='alice@example.com' type='subscribed'/>");
    bob.vanish();
  }
  Messenger bob(service, "bob/desk");
  alice.heard();
  Messenger sofa(service, "alice/sofa");
  EXPECT_THAT(sofa.heard(), ElementsAre("<presence from='alice/sofa' to='alice'/>",
                                        "<presence from='alice/home' to='alice/sofa'/>",
                                        "<presence from='bob/desk' to='alice/sofa'/>"));
  EXPECT_THAT(alice.heard(), ElementsAre("<presence from='alice/sofa' to='alice'/>"));
}

TEST_F(XmppService, ASessionThatVanishesBecomesUnavailable) {
  Messenger alice(service, "alice/home");
  Messenger bob(service, "bob/desk");
  alice.say("<presence to='bob@example.com' type='subscribe'/>");
  bob.say("<presence to='alice@example.com' type='subscribed'/>");
  alice.heard();
  bob.vanish();
  EXPECT_THAT(alice.heard(),
              ElementsAre("<presence from='bob/desk' to='alice' type='unavailable'/>"));
}

TEST_F(XmppService, MessagesGoFromShardToShard) {
  Messenger alice(service, "alice/home");
  Messenger bob(service, "bob/desk");
  bob.heard();
  alice.say("<message to='bob@example.com' type='chat'><body>hi</body></message>");
  EXPECT_THAT(bob.heard(), ElementsAre("<message from='alice/home' to='bob' type='chat'>"
                                       "<body>hi</body></message>"));
}

TEST_F(XmppService, ARosterItemThatGoesEndsBothDirections) {
  Messenger alice(service, "alice/home");
  Messenger bob(service, "bob/desk");
  for (const char* verb : {"subscribe", "subscribed"}) {
    alice.say("<presence to='bob@example.com' type='" + std::string(verb) + "'/>");
    bob.say("<presence to='alice@example.com' type='" + std::string(verb) + "'/>");
  }
  alice.heard();
  bob.heard();
  alice.say(
      "<iq type='set' id='r'><query xmlns='jabber:iq:roster'>"
      "<item jid='bob@example.com' subscription='remove'/></query></iq>");
  EXPECT_THAT(alice.heard(),
              ElementsAre("push <item jid='bob' subscription='remove'/>",
                          "<iq type='result' to='alice/home' id='r'/>",
                          "<presence from='bob/desk' to='alice' type='unavailable'/>"));
  EXPECT_THAT(bob.heard(), ElementsAre("<presence from='alice/home' to='bob' type='unavailable'/>",
                                       "<presence from='alice' to='bob' type='unsubscribe'/>",
                                       "<presence from='alice' to='bob' type='unsubscribed'/>",
                                       "push <item jid='alice' subscription='none'/>"));
}

}  // namespace service_xmpp_test
}  // namespace muster::testing
