// Presence for all who may see it: RFC 6121 sections 4.2, 4.4, 4.5 and 4.7.
#include "server/xmpp_presence/xmpp_presence.h"

#include <gtest/gtest.h>

#include "machine/xmpp_presence/world.h"

namespace muster::testing {
namespace xmpp_presence_presence_test {

using ::testing::IsEmpty;

// What a contact is going to be sent.
std::string seen_by_romeo(const ResourceChanged& changed) {
  return meaning(*changed.before + "romeo@example.com" + *changed.after);
}

// --- initial presence (section 4.2.2) ------------------------------------------------------------

TEST(InitialPresence, GoesToPresenceDbAndToHerOwnAvailableSessions) {
  XmppPresenceWorld world;
  const Bound chamber = world.available("juliet@example.com/chamber");
  const Bound silent = world.bind("juliet@example.com/silent");
  const Bound balcony = world.bind("juliet@example.com/balcony");
  const auto happened = world.say(balcony, "<presence/>");
  const auto changed = events<ResourceChanged>(happened);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(happened.events.size(), 1u);
  EXPECT_EQ(changed[0].full, address("juliet@example.com/balcony"));
  EXPECT_TRUE(changed[0].available);
  EXPECT_TRUE(changed[0].initial);
  EXPECT_EQ(changed[0].priority, 0);
  EXPECT_EQ(seen_by_romeo(changed[0]),
            meaning("<presence from='juliet@example.com/balcony' to='romeo@example.com'/>"));
  const auto expected =
      stanzas({"<presence from='juliet@example.com/balcony' to='juliet@example.com'/>"});
  EXPECT_EQ(world.got(balcony), expected);
  EXPECT_EQ(world.got(chamber), expected);
  EXPECT_THAT(world.got(silent), IsEmpty());
}

// Section 4.4.2.
TEST(SubsequentPresence, IsNotInitial) {
  XmppPresenceWorld world;
  const Bound balcony = world.available("juliet@example.com/balcony");
  const auto happened = world.say(balcony, "<presence><show>away</show></presence>");
  const auto changed = events<ResourceChanged>(happened);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_TRUE(changed[0].available);
  EXPECT_FALSE(changed[0].initial);
  EXPECT_EQ(world.got(balcony),
            stanzas({"<presence from='juliet@example.com/balcony' to='juliet@example.com'>"
                     "<show>away</show></presence>"}));
}

// --- unavailable (section 4.5.2) -----------------------------------------------------------------

TEST(UnavailablePresence, GoesOutInFullAndToItselfToo) {
  XmppPresenceWorld world;
  const Bound balcony = world.available("juliet@example.com/balcony");
  const Bound chamber = world.available("juliet@example.com/chamber");
  const auto happened = world.say(
      balcony,
      "<presence type='unavailable' id='u1'><status>going on vacation</status></presence>");
  const auto changed = events<ResourceChanged>(happened);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_FALSE(changed[0].available);
  EXPECT_EQ(seen_by_romeo(changed[0]),
            meaning("<presence type='unavailable' id='u1' from='juliet@example.com/balcony' "
                    "to='romeo@example.com'><status>going on vacation</status></presence>"));
  const auto expected =
      stanzas({"<presence type='unavailable' id='u1' from='juliet@example.com/balcony' "
               "to='juliet@example.com'><status>going on vacation</status></presence>"});
  EXPECT_EQ(world.got(balcony), expected);
  EXPECT_EQ(world.got(chamber), expected);
}

TEST(UnavailablePresence, OfASessionThatIsNotAvailableIsNoNews) {
  XmppPresenceWorld world;
  const Bound other = world.available("juliet@example.com/other");
  const Bound balcony = world.bind("juliet@example.com/balcony");
  const auto never = world.say(balcony, "<presence type='unavailable'/>");
  EXPECT_THAT(never.events, IsEmpty());
  EXPECT_THAT(world.got(other), IsEmpty());
  world.say(balcony, "<presence/>");
  EXPECT_EQ(world.say(balcony, "<presence type='unavailable'/>").events.size(), 1u);
  EXPECT_THAT(world.say(balcony, "<presence type='unavailable'/>").events, IsEmpty());
  EXPECT_THAT(world.on(StreamEnded{balcony.session, balcony.link}).events, IsEmpty());
}

// Section 4.5.2, implementation note: what follows is initial presence again.
TEST(UnavailablePresence, IsFollowedByInitialPresence) {
  XmppPresenceWorld world;
  const Bound balcony = world.available("juliet@example.com/balcony");
  world.say(balcony, "<presence type='unavailable'/>");
  const auto changed = events<ResourceChanged>(world.say(balcony, "<presence/>"));
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_TRUE(changed[0].initial);
  EXPECT_EQ(world.got(balcony).size(), 1u);
}

// --- what is kept (sections 4.7, RFC 6120 sections 8.1 and 8.4) ----------------------------------

TEST(PresencePayload, IsKeptAsItCame) {
  XmppPresenceWorld world;
  const Bound balcony = world.bind("juliet@example.com/balcony");
  const std::string_view content =
      "<show>dnd</show><status>Wooing &lt;Juliet&gt; &amp; co</status>"
      "<status xml:lang='cs'>Dvo\u0159\u00edm</status><priority>1</priority>"
      "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://psi-im.org' "
      "ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/>"
      "<x xmlns='vcard-temp:x:update'><photo>sha1-hash-of-image</photo></x>"
      "<m:idle xmlns:m='urn:xmpp:idle:1' since='1969-07-21T02:56:15Z'/>";
  const auto happened = world.say(
      balcony, "<presence from='juliet@example.com/balcony' id='p&apos;1' xml:lang='de'>" +
                   std::string(content) + "</presence>");
  const auto changed = events<ResourceChanged>(happened);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(*changed[0].before, "<presence from='juliet@example.com/balcony' to='");
  EXPECT_EQ(*changed[0].after,
            "' id='p&apos;1' xml:lang='de'>" + std::string(content) + "</presence>");
  EXPECT_EQ(changed[0].priority, 1);
}

// RFC 6120 section 8.1.5: the stream's language, where the stanza says none.
TEST(PresencePayload, GetsTheLanguageOfTheStream) {
  XmppPresenceWorld world;
  const Bound balcony = world.bind("juliet@example.com/balcony");
  world.say(balcony, "<presence/>", "en");
  EXPECT_EQ(world.got(balcony), stanzas({"<presence from='juliet@example.com/balcony' "
                                         "to='juliet@example.com' xml:lang='en'/>"}));
  world.say(balcony, "<presence xml:lang='cs'/>", "en");
  EXPECT_EQ(world.got(balcony), stanzas({"<presence from='juliet@example.com/balcony' "
                                         "to='juliet@example.com' xml:lang='cs'/>"}));
}

// Section 4.7.2.1: what is not one of the four values is passed on.
TEST(PresencePayload, AnUnknownShowIsPassedOn) {
  XmppPresenceWorld world;
  const Bound balcony = world.bind("juliet@example.com/balcony");
  world.say(balcony, "<presence><show>sleeping</show></presence>");
  EXPECT_EQ(world.got(balcony),
            stanzas({"<presence from='juliet@example.com/balcony' to='juliet@example.com'>"
                     "<show>sleeping</show></presence>"}));
}

TEST(PresencePayload, ThatGrowsTooMuchIsRefused) {
  XmppPresenceWorld world;
  const Bound balcony = world.bind("juliet@example.com/balcony");
  const auto happened = world.say(balcony, "<presence id='1'>" + growing_content() + "</presence>",
                                  {}, growing_declaration());
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_EQ(world.got(balcony),
            stanzas({"<presence type='error' id='1' to='juliet@example.com/balcony'>" +
                     error_xml("modify", "policy-violation") + "</presence>"}));
}

// A resourcepart may have any of these in it (RFC 7622 section 3.4); they never become markup.
TEST(PresencePayload, ResourcesAreEscaped) {
  XmppPresenceWorld world;
  const Bound odd = world.bind("juliet@example.com/it's <b> & \"c\"");
  const auto happened = world.say(odd, "<presence/>");
  const std::string_view escaped = "juliet@example.com/it&apos;s &lt;b&gt; &amp; &quot;c&quot;";
  EXPECT_EQ(world.got(odd),
            stanzas({"<presence from='" + std::string(escaped) + "' to='juliet@example.com'/>"}));
  world.forget();
  world.on(PresenceBroadcast{
      share("<presence from='romeo@example.com/x' to='"), share("'/>"), {odd.full}});
  world.on(PresenceReply{odd.full,
                         {{share("<presence from='romeo@example.com/x' to='"), share("'/>")}}});
  const std::string expected =
      "<presence from='romeo@example.com/x' to='" + std::string(escaped) + "'/>";
  EXPECT_EQ(world.got(odd), stanzas({expected, expected}));
}

// --- priority (section 4.7.2.3) ------------------------------------------------------------------

TEST(Priority, IsAnIntegerFromMinus128To127) {
  const std::pair<std::string_view, std::optional<int>> cases[] = {
      {"0", 0},    {"1", 1},     {"127", 127}, {"-128", -128}, {"-1", -1},          {"+5", 5},
      {" 7 ", 7},  {"\n3\t", 3}, {"007", 7},   {"-0", 0},      {"128", {}},         {"-129", {}},
      {"", {}},    {" ", {}},    {"1.0", {}},  {"x", {}},      {"5x", {}},          {"+-5", {}},
      {"++5", {}}, {"+", {}},    {"1 2", {}},  {"0x10", {}},   {"99999999999", {}},
  };
  for (const auto& [text, priority] : cases) {
    XmppPresenceWorld world;
    const Bound balcony = world.bind("juliet@example.com/balcony");
    const auto happened = world.say(
        balcony, "<presence id='1'><priority>" + std::string(text) + "</priority></presence>");
    const auto changed = events<ResourceChanged>(happened);
    if (priority) {
      ASSERT_EQ(changed.size(), 1u) << text;
      EXPECT_EQ(changed[0].priority, *priority) << text;
    } else {
      EXPECT_THAT(happened.events, IsEmpty()) << text;
      EXPECT_EQ(world.got(balcony),
                stanzas({"<presence type='error' id='1' to='juliet@example.com/balcony'>"
                         "<error type='modify'>"
                         "<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                         "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>"
                         "a priority is from -128 to 127</text></error></presence>"}))
          << text;
    }
  }
}

TEST(Priority, ThereIsOnlyOne) {
  XmppPresenceWorld world;
  const Bound balcony = world.bind("juliet@example.com/balcony");
  const auto happened =
      world.say(balcony, "<presence><priority>1</priority><priority>1</priority></presence>");
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_EQ(world.got(balcony).size(), 1u);
  // One of another namespace is none.
  EXPECT_EQ(world
                .say(balcony,
                     "<presence><priority>1</priority><priority xmlns='urn:x'>x</priority>"
                     "</presence>")
                .events.size(),
            1u);
}

// A refused presence changes nothing: the session is as available as before.
TEST(Priority, ARefusedOneLeavesTheSessionAsItWas) {
  XmppPresenceWorld world;
  const Bound balcony = world.bind("juliet@example.com/balcony");
  world.say(balcony, "<presence><priority>500</priority></presence>");
  const auto changed = events<ResourceChanged>(world.say(balcony, "<presence/>"));
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_TRUE(changed[0].initial);
}

// --- types (section 4.7.1) -----------------------------------------------------------------------

TEST(PresenceType, AnUnknownOneIsABadRequest) {
  for (const std::string_view type : {"available", "invisible", "", "Unavailable"}) {
    XmppPresenceWorld world;
    const Bound balcony = world.bind("juliet@example.com/balcony");
    const auto happened = world.say(balcony, "<presence type='" + std::string(type) + "' id='x'/>");
    EXPECT_THAT(happened.events, IsEmpty()) << type;
    EXPECT_EQ(world.got(balcony),
              stanzas({"<presence type='error' id='x' to='juliet@example.com/balcony'>" +
                       error_xml("modify", "bad-request") + "</presence>"}))
        << type;
  }
}

TEST(PresenceType, AnErrorForNobodyIsIgnored) {
  XmppPresenceWorld world;
  const Bound balcony = world.bind("juliet@example.com/balcony");
  const auto happened =
      world.say(balcony, "<presence type='error'>" + error_xml("cancel", "gone") + "</presence>");
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_THAT(happened.orders, IsEmpty());
}

// --- inbound presence (sections 4.2.3, 4.4.3, 4.5.3, 8.5.2.1.2, 8.5.3.1) -------------------------

class InboundPresence : public ::testing::Test {
 protected:
  ModuleWorld::Happened broadcast(std::vector<Address> to) {
    world.forget();
    return world.on(PresenceBroadcast{share("<presence from='romeo@example.com/orchard' to='"),
                                      share("'><show>xa</show></presence>"), std::move(to)});
  }
  static std::vector<std::string> romeo_to(std::string_view to) {
    return stanzas({"<presence from='romeo@example.com/orchard' to='" + std::string(to) +
                    "'><show>xa</show></presence>"});
  }

  XmppPresenceWorld world;
  Bound balcony = world.available("juliet@example.com/balcony");
  Bound negative = world.available("juliet@example.com/negative",
                                   "<presence><priority>-1</priority></presence>");
  Bound connected = world.bind("juliet@example.com/connected");
  Bound nurse = world.available("nurse@example.com/hall");
};

TEST_F(InboundPresence, GoesToAllAvailableSessionsOfEachInOneOrder) {
  const auto happened = broadcast(
      {address("juliet@example.com"), address("nobody@example.com"), address("nurse@example.com")});
  ASSERT_EQ(happened.orders.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<FanOut>(happened.orders[0]));
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_EQ(world.got(balcony), romeo_to("juliet@example.com"));
  EXPECT_EQ(world.got(negative), romeo_to("juliet@example.com"));
  EXPECT_EQ(world.got(nurse), romeo_to("nurse@example.com"));
  EXPECT_THAT(world.got(connected), IsEmpty());
}

TEST_F(InboundPresence, ForAFullAddressGoesThereAvailableOrNot) {
  broadcast({address("juliet@example.com/connected")});
  EXPECT_EQ(world.got(connected), romeo_to("juliet@example.com/connected"));
  EXPECT_THAT(world.got(balcony), IsEmpty());
  EXPECT_THAT(broadcast({address("juliet@example.com/nowhere")}).orders, IsEmpty());
}

TEST_F(InboundPresence, ForNobodyIsNoOrder) {
  EXPECT_THAT(broadcast({address("nobody@example.com")}).orders, IsEmpty());
  EXPECT_THAT(broadcast({}).orders, IsEmpty());
}

TEST_F(InboundPresence, OfManyIsOneTextForASession) {
  const PresenceReply reply{balcony.full,
                            {{share("<presence from='romeo@example.com/a' to='"), share("'/>")},
                             {share("<presence from='romeo@example.com/b' to='"), share("'/>")}}};
  const auto happened = world.on(reply);
  ASSERT_EQ(orders<SendBytes>(happened).size(), 1u);
  EXPECT_EQ(world.got(balcony),
            stanzas({"<presence from='romeo@example.com/a' to='juliet@example.com/balcony'/>",
                     "<presence from='romeo@example.com/b' to='juliet@example.com/balcony'/>"}));
  EXPECT_THAT(world.got(negative), IsEmpty());
}

TEST_F(InboundPresence, OfManyForAUserGoesToHerAvailableSessions) {
  const auto happened =
      world.on(PresenceReply{address("juliet@example.com"),
                             {{share("<presence from='romeo@example.com/a' to='"), share("'/>")}}});
  EXPECT_EQ(orders<SendBytes>(happened).size(), 2u);
  const auto expected = stanzas({"<presence from='romeo@example.com/a' to='juliet@example.com'/>"});
  EXPECT_EQ(world.got(balcony), expected);
  EXPECT_EQ(world.got(negative), expected);
  EXPECT_THAT(world.got(connected), IsEmpty());
  EXPECT_THAT(world.on(PresenceReply{address("nobody@example.com"), {}}).orders, IsEmpty());
}

TEST_F(InboundPresence, StopsWhenTheSessionIsNoLongerAvailable) {
  world.say(balcony, "<presence type='unavailable'/>");
  broadcast({address("juliet@example.com")});
  EXPECT_THAT(world.got(balcony), IsEmpty());
  EXPECT_EQ(world.got(negative).size(), 1u);
}

}  // namespace xmpp_presence_presence_test
}  // namespace muster::testing
