// Subscription stanzas on their way out and in: RFC 6121 section 3.
#include "server/xmpp_presence/xmpp_presence.h"

#include <gtest/gtest.h>

#include "machine/xmpp_presence/world.h"

namespace muster::testing {
namespace xmpp_presence_subscriptions_test {

using ::testing::IsEmpty;

constexpr SubscriptionVerb kVerbs[] = {SubscriptionVerb::subscribe, SubscriptionVerb::unsubscribe,
                                       SubscriptionVerb::subscribed,
                                       SubscriptionVerb::unsubscribed};

std::string presence(SubscriptionVerb verb, std::string_view to) {
  return "<presence type='" + std::string(name_of(verb)) + "' to='" + std::string(to) +
         "' id='s1'/>";
}

class OutboundSubscription : public ::testing::Test {
 protected:
  XmppPresenceWorld world;
  Bound romeo = world.available("romeo@example.com/orchard");
};

// Sections 3.1.2, 3.1.5, 3.2.2, 3.3.2: stamped with the bare address, to the bare address.
TEST_F(OutboundSubscription, IsAskedOfPresenceDbWithBareAddresses) {
  for (const SubscriptionVerb verb : kVerbs) {
    for (const std::string_view to : {"juliet@example.com", "Juliet@Example.com/balcony"}) {
      const auto happened = world.say(romeo, presence(verb, to), "en");
      const auto asked = events<SubscriptionAsked>(happened);
      ASSERT_EQ(asked.size(), 1u);
      EXPECT_EQ(happened.events.size(), 1u);
      EXPECT_THAT(happened.orders, IsEmpty());
      EXPECT_EQ(asked[0].session, romeo.session);
      EXPECT_EQ(asked[0].actor, address("romeo@example.com"));
      EXPECT_EQ(asked[0].peer, address("juliet@example.com"));
      EXPECT_EQ(asked[0].verb, verb);
      EXPECT_EQ(asked[0].id, "s1");
      EXPECT_EQ(meaning(asked[0].stanza),
                meaning("<presence type='" + std::string(name_of(verb)) +
                        "' id='s1' xml:lang='en' from='romeo@example.com' "
                        "to='juliet@example.com'/>"));
    }
  }
}

// Sections 3.1.3 rule 4 and 4.7.2.2.
TEST_F(OutboundSubscription, KeepsItsContent) {
  const auto asked = events<SubscriptionAsked>(
      world.say(romeo,
                "<presence type='subscribe' to='juliet@example.com'>"
                "<status>Hi, Juliet</status><nick xmlns='http://jabber.org/protocol/nick'>"
                "Romeo</nick></presence>"));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].id, "");
  EXPECT_EQ(meaning(asked[0].stanza),
            meaning("<presence type='subscribe' from='romeo@example.com' to='juliet@example.com'>"
                    "<status>Hi, Juliet</status><nick xmlns='http://jabber.org/protocol/nick'>"
                    "Romeo</nick></presence>"));
}

// The session need not be available.
TEST_F(OutboundSubscription, IsOfAnySession) {
  const Bound connected = world.bind("romeo@example.com/connected");
  EXPECT_EQ(world.say(connected, presence(SubscriptionVerb::subscribe, "juliet@example.com"))
                .events.size(),
            1u);
}

TEST_F(OutboundSubscription, IsAskedAtTheHomeOfTheActor) {
  XmppPresenceWorld shards(4);
  const Bound bound = shards.bind("romeo@example.com/orchard");
  const auto happened =
      shards.say(bound, presence(SubscriptionVerb::subscribe, "juliet@example.com"));
  EXPECT_EQ(events<SubscriptionAsked>(happened).size(), 1u);
}

TEST_F(OutboundSubscription, ThatMakesNoSenseIsRefused) {
  const struct {
    std::string_view to;
    std::string_view type;
    std::string_view condition;
  } cases[] = {
      {"romeo@example.com", "cancel", "not-allowed"},
      {"romeo@example.com/other", "cancel", "not-allowed"},
      {"example.com", "cancel", "service-unavailable"},
      {"example.org/x", "cancel", "service-unavailable"},
      {"juliet@example.net", "cancel", "remote-server-not-found"},
  };
  for (const SubscriptionVerb verb : kVerbs) {
    for (const auto& [to, type, condition] : cases) {
      const auto happened = world.say(romeo, presence(verb, to));
      EXPECT_THAT(happened.events, IsEmpty());
      EXPECT_EQ(world.got(romeo), stanzas({"<presence type='error' id='s1' from='" +
                                           std::string(to) + "' to='romeo@example.com/orchard'>" +
                                           error_xml(type, condition) + "</presence>"}));
    }
    const auto happened =
        world.say(romeo, "<presence type='" + std::string(name_of(verb)) + "' id='s1'/>");
    EXPECT_THAT(happened.events, IsEmpty());
    EXPECT_EQ(world.got(romeo),
              stanzas({"<presence type='error' id='s1' to='romeo@example.com/orchard'>" +
                       error_xml("modify", "bad-request") + "</presence>"}));
  }
}

// Limits::subscription_bytes_max (section 3.1.3, last security warning).
TEST_F(OutboundSubscription, EndsAtItsLimit) {
  const auto say = [&](std::size_t status_bytes) {
    return world.say(romeo, "<presence type='subscribe' to='juliet@example.com'><status>" +
                                std::string(status_bytes, 'x') + "</status></presence>");
  };
  const std::size_t empty = events<SubscriptionAsked>(say(0)).at(0).stanza.size();
  world.settings.limits.subscription_bytes_max = static_cast<std::uint32_t>(empty + 100);
  EXPECT_EQ(say(99).events.size(), 1u);
  EXPECT_EQ(say(100).events.size(), 1u);
  EXPECT_THAT(say(101).events, IsEmpty());
  EXPECT_EQ(world.got(romeo), stanzas({"<presence type='error' from='juliet@example.com' "
                                       "to='romeo@example.com/orchard'>" +
                                       error_xml("modify", "policy-violation") + "</presence>"}));
}

TEST_F(OutboundSubscription, ThatPresenceDbRefusesIsAnErrorToTheSession) {
  world.on(SubscriptionRefused{romeo.session, address("juliet@example.com"), "s1",
                               StanzaError::item_not_found});
  world.on(SubscriptionRefused{romeo.session, address("juliet@example.com"), "",
                               StanzaError::internal_server_error});
  EXPECT_EQ(world.got(romeo),
            stanzas({"<presence type='error' id='s1' from='juliet@example.com' "
                     "to='romeo@example.com/orchard'>" +
                         error_xml("cancel", "item-not-found") + "</presence>",
                     "<presence type='error' from='juliet@example.com' "
                     "to='romeo@example.com/orchard'>" +
                         error_xml("cancel", "internal-server-error") + "</presence>"}));
  world.on(StreamEnded{romeo.session, romeo.link});
  world.forget();
  const auto happened = world.on(SubscriptionRefused{romeo.session, address("juliet@example.com"),
                                                     "s1", StanzaError::item_not_found});
  EXPECT_THAT(happened.orders, IsEmpty());
}

// Sections 3.1.3, 3.1.6, 3.2.3, 3.3.3: requests go to available sessions, the rest to interested
// ones.
TEST(InboundSubscription, IsShownToThoseWhomItConcerns) {
  XmppPresenceWorld world;
  const Bound available = world.available("juliet@example.com/available");
  const Bound interested = world.bind("juliet@example.com/interested");
  world.say(interested, "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
  const Bound both = world.available("juliet@example.com/both");
  world.say(both, "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
  const Bound neither = world.bind("juliet@example.com/neither");
  const Bound romeo = world.available("romeo@example.com/orchard");
  for (const SubscriptionVerb verb : kVerbs) {
    world.forget();
    const std::string stanza = "<presence type='" + std::string(name_of(verb)) +
                               "' from='romeo@example.com' to='juliet@example.com'/>";
    const auto happened = world.on(SubscriptionShown{address("juliet@example.com"), verb, stanza});
    EXPECT_THAT(happened.events, IsEmpty());
    const bool request = verb == SubscriptionVerb::subscribe;
    const auto shown = stanzas({stanza});
    EXPECT_EQ(world.got(both), shown);
    EXPECT_EQ(world.got(available), request ? shown : stanzas({}));
    EXPECT_EQ(world.got(interested), request ? stanzas({}) : shown);
    EXPECT_THAT(world.got(neither), IsEmpty());
    EXPECT_THAT(world.got(romeo), IsEmpty());
  }
}

TEST(InboundSubscription, IsShownToOneSessionIfItIsForOne) {
  XmppPresenceWorld world;
  const Bound first = world.available("juliet@example.com/1");
  const Bound second = world.available("juliet@example.com/2");
  const std::string stanza =
      "<presence type='subscribe' from='romeo@example.com' to='juliet@example.com'/>";
  world.on(SubscriptionShown{first.full, SubscriptionVerb::subscribe, stanza});
  EXPECT_EQ(world.got(first), stanzas({stanza}));
  EXPECT_THAT(world.got(second), IsEmpty());
  for (const std::string_view nobody : {"juliet@example.com/3", "nobody@example.com"}) {
    EXPECT_THAT(
        world.on(SubscriptionShown{address(nobody), SubscriptionVerb::subscribe, stanza}).orders,
        IsEmpty());
  }
}

}  // namespace xmpp_presence_subscriptions_test
}  // namespace muster::testing
