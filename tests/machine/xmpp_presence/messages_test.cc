// Messages: RFC 6121 section 8.5, one test for each part of its table 1.
#include "server/xmpp_presence/xmpp_presence.h"

#include <gtest/gtest.h>

#include "machine/xmpp_presence/world.h"

namespace muster::testing {
namespace xmpp_presence_messages_test {

using ::testing::IsEmpty;

constexpr std::string_view kTypes[] = {"",         "normal", "chat",     "groupchat",
                                       "headline", "error",  "something"};

bool is_normal(std::string_view type) {
  return type != "chat" && type != "groupchat" && type != "headline" && type != "error";
}

class Messages : public ::testing::Test {
 protected:
  static std::string message(std::string_view type, std::string_view to, std::string_view content) {
    return "<message id='m1' to='" + std::string(to) + "'" +
           (type.empty() ? "" : " type='" + std::string(type) + "'") + ">" + std::string(content) +
           "</message>";
  }

  // Sends one and delivers it; what came of the delivery. `delivered` is what a taker gets.
  ModuleWorld::Happened send(std::string_view type, std::string_view to,
                             std::string_view content = "<active xmlns='urn:x'/>") {
    const auto sent = events<StanzaForUser>(world.say(romeo, message(type, to, content)));
    EXPECT_EQ(sent.size(), 1u);
    world.forget();
    const auto happened = world.on(sent.at(0));
    delivered =
        stanzas({"<message id='m1' from='romeo@example.com/orchard' to='" + std::string(to) + "'" +
                 (type.empty() ? "" : " type='" + std::string(type) + "'") + ">" +
                 std::string(content) + "</message>"});
    return happened;
  }

  // That nobody took it, and whether its sender is told.
  void expect_not_taken(const ModuleWorld::Happened& happened, std::string_view to, bool told,
                        const std::string& trace) {
    EXPECT_THAT(happened.orders, IsEmpty()) << trace;
    const auto answers = events<StanzaForUser>(happened);
    ASSERT_EQ(answers.size(), told ? 1u : 0u) << trace;
    EXPECT_EQ(happened.events.size(), answers.size()) << trace;
    if (!told) return;
    EXPECT_EQ(answers[0].kind, StanzaKind::message);
    EXPECT_EQ(answers[0].type, "error");
    EXPECT_EQ(answers[0].to, romeo.full);
    world.on(answers[0]);
    EXPECT_EQ(world.got(romeo),
              stanzas({"<message type='error' id='m1' from='" + std::string(to) +
                       "' to='romeo@example.com/orchard'>" +
                       error_xml("cancel", "service-unavailable") + "</message>"}));
  }

  Bound with_priority(std::string_view full, int priority) {
    return world.available(
        full, "<presence><priority>" + std::to_string(priority) + "</priority></presence>");
  }

  XmppPresenceWorld world;
  Bound romeo = world.available("romeo@example.com/orchard");
  std::vector<std::string> delivered;
};

// --- on their way out ----------------------------------------------------------------------------

TEST_F(Messages, GoAsTheyCameFromTheFullAddress) {
  const auto happened = world.say(
      romeo,
      "<message from='romeo@example.com' to='Juliet@example.com/x' type='chat' id='m1' a='b'>"
      "<body>Art &lt;thou&gt;</body><e:x xmlns:e='urn:e' e:y='z'/></message>",
      "en");
  const auto sent = events<StanzaForUser>(happened);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(happened.events.size(), 1u);
  EXPECT_EQ(sent[0].kind, StanzaKind::message);
  EXPECT_EQ(sent[0].type, "chat");
  EXPECT_EQ(sent[0].id, "m1");
  EXPECT_EQ(sent[0].from, romeo.full);
  EXPECT_EQ(sent[0].to, address("juliet@example.com/x"));
  EXPECT_TRUE(sent[0].has_body);
  EXPECT_EQ(sent[0].asked_by_sip, 0u);
  EXPECT_EQ(sent[0].xml,
            "<message from='romeo@example.com/orchard' to='juliet@example.com/x' type='chat' "
            "id='m1' a='b' xml:lang='en'><body>Art &lt;thou&gt;</body>"
            "<e:x xmlns:e='urn:e' e:y='z'/></message>");
}

// RFC 6120 section 10.3.1.
TEST_F(Messages, WithoutAnAddressAreForOneself) {
  const auto sent = events<StanzaForUser>(world.say(romeo, "<message/>"));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].to, address("romeo@example.com"));
  EXPECT_FALSE(sent[0].has_body);
  EXPECT_EQ(meaning(sent[0].xml),
            meaning("<message from='romeo@example.com/orchard' to='romeo@example.com'/>"));
}

// A <body/> of another namespace is none.
TEST_F(Messages, HaveABodyOrNot) {
  const auto sent = events<StanzaForUser>(
      world.say(romeo, "<message to='juliet@example.com'><body xmlns='urn:x'/></message>"));
  EXPECT_FALSE(sent.at(0).has_body);
}

// RFC 6120 section 10.5.1.
TEST_F(Messages, ToTheServerAreRefused) {
  for (const std::string_view to : {"example.com", "example.org/x"}) {
    const auto happened = world.say(romeo, message("chat", to, "<body>hi</body>"));
    EXPECT_THAT(happened.events, IsEmpty());
    EXPECT_EQ(world.got(romeo),
              stanzas({"<message type='error' id='m1' from='" + std::string(to) +
                       "' to='romeo@example.com/orchard'>" +
                       error_xml("cancel", "service-unavailable") + "</message>"}));
    EXPECT_THAT(world.say(romeo, message("error", to, "")).orders, IsEmpty());
  }
}

TEST_F(Messages, ThatGrowTooMuchAreRefused) {
  const auto happened = world.say(romeo, message("chat", "juliet@example.com", growing_content()),
                                  {}, growing_declaration());
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_EQ(world.got(romeo), stanzas({"<message type='error' id='m1' from='juliet@example.com' "
                                       "to='romeo@example.com/orchard'>" +
                                       error_xml("modify", "policy-violation") + "</message>"}));
}

TEST_F(Messages, GoToTheHomeOfTheRecipient) {
  XmppPresenceWorld shards(4);
  const Bound bound = shards.bind("romeo@example.com/orchard");
  std::set<std::uint8_t> homes;
  for (int i = 0; i < 16; ++i) {
    const Address to = address("user" + std::to_string(i) + "@example.com/x");
    const auto happened = shards.say(bound, "<message to='" + std::string(to.text()) + "'/>");
    const ShardId home = shards.shard.home_of(to);
    homes.insert(home.number());
    if (home == shards.shard.self) {
      EXPECT_EQ(events<StanzaForUser>(happened).size(), 1u);
    } else {
      ASSERT_EQ(orders<ToShard>(happened).size(), 1u);
      EXPECT_EQ(orders<ToShard>(happened)[0].to, home);
    }
  }
  EXPECT_EQ(homes.size(), 4u);
}

// --- table 1: the account does not exist, or has no session --------------------------------------

// 8.5.1, 8.5.2.2.1, 8.5.3.2.1: the same whether there is such an account or not.
TEST_F(Messages, ForNobody) {
  world.bind("juliet@example.com/connected");
  for (const std::string_view type : kTypes) {
    for (const std::string_view to : {"nobody@example.com", "juliet@example.com",
                                      "nobody@example.com/x", "juliet@example.com/x"}) {
      const bool told = type != "headline" && type != "error";
      expect_not_taken(send(type, to), to, told, std::string(type) + " " + std::string(to));
    }
  }
}

// --- table 1: negative priorities only -----------------------------------------------------------

TEST_F(Messages, ForNegativeSessionsOnly) {
  const Bound negative = with_priority("juliet@example.com/negative", -1);
  for (const std::string_view type : kTypes) {
    const bool told = type != "headline" && type != "error";
    for (const std::string_view to : {"juliet@example.com", "juliet@example.com/x"}) {
      expect_not_taken(send(type, to), to, told, std::string(type));
    }
    const auto happened = send(type, "juliet@example.com/negative");
    EXPECT_EQ(world.got(negative), delivered) << type;
    EXPECT_THAT(happened.events, IsEmpty());
  }
}

// --- table 1: one session that is not negative ---------------------------------------------------

TEST_F(Messages, ForOneSession) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  for (const std::string_view type : kTypes) {
    // Bare: normal D, chat D, groupchat E, headline D, error S.
    auto happened = send(type, "juliet@example.com");
    if (type == "groupchat" || type == "error") {
      expect_not_taken(happened, "juliet@example.com", type == "groupchat", std::string(type));
    } else {
      EXPECT_EQ(world.got(balcony), delivered) << type;
      EXPECT_THAT(happened.events, IsEmpty());
    }
    // Full, and there: D.
    happened = send(type, "juliet@example.com/balcony");
    EXPECT_EQ(world.got(balcony), delivered) << type;
    EXPECT_THAT(happened.events, IsEmpty());
    // Full, and not there: chat D, the others E or S.
    happened = send(type, "juliet@example.com/x");
    if (type == "chat") {
      EXPECT_EQ(world.got(balcony), delivered);
    } else {
      expect_not_taken(happened, "juliet@example.com/x", type == "groupchat" || is_normal(type),
                       std::string(type));
    }
  }
}

// --- table 1: several ----------------------------------------------------------------------------

TEST_F(Messages, ForSeveralSessions) {
  const Bound low = with_priority("juliet@example.com/low", 1);
  const Bound high = with_priority("juliet@example.com/high", 5);
  const Bound as_high = with_priority("juliet@example.com/as_high", 5);
  const Bound negative = with_priority("juliet@example.com/negative", -1);
  const Bound connected = world.bind("juliet@example.com/connected");
  for (const std::string_view type : kTypes) {
    for (const std::string_view to : {"juliet@example.com", "juliet@example.com/x"}) {
      const auto happened = send(type, to);
      const bool bare = to == "juliet@example.com";
      // M: those with the highest priority.
      const bool most = type == "chat" || (bare && is_normal(type));
      // A: all that are not negative.
      const bool all = bare && type == "headline";
      const auto none = stanzas({});
      EXPECT_EQ(world.got(high), most || all ? delivered : none) << type << " " << to;
      EXPECT_EQ(world.got(as_high), most || all ? delivered : none) << type << " " << to;
      EXPECT_EQ(world.got(low), all ? delivered : none) << type << " " << to;
      EXPECT_THAT(world.got(negative), IsEmpty()) << type << " " << to;
      EXPECT_THAT(world.got(connected), IsEmpty()) << type << " " << to;
    }
    // Full, and there: D, to that one.
    for (const Bound& one : {low, negative, connected}) {
      send(type, one.full.text());
      EXPECT_EQ(world.got(one), delivered) << type;
      EXPECT_THAT(world.got(high), IsEmpty()) << type;
    }
  }
}

// Priority 0 is not negative, and counts as soon as it is said.
TEST_F(Messages, FollowThePriority) {
  const Bound first = with_priority("juliet@example.com/1", 0);
  const Bound second = with_priority("juliet@example.com/2", -1);
  send("chat", "juliet@example.com");
  EXPECT_EQ(world.got(first), delivered);
  world.say(second, "<presence><priority>1</priority></presence>");
  send("chat", "juliet@example.com");
  EXPECT_THAT(world.got(first), IsEmpty());
  EXPECT_EQ(world.got(second), delivered);
  world.say(second, "<presence type='unavailable'/>");
  send("chat", "juliet@example.com");
  EXPECT_EQ(world.got(first), delivered);
  world.say(second, "<presence/>");  // its priority was the last session's
  send("chat", "juliet@example.com");
  EXPECT_EQ(world.got(first), delivered);
  EXPECT_EQ(world.got(second), delivered);
}

// --- to SIP devices (RFC 7572 section 4) ---------------------------------------------------------

// Text for a bare address, or for a full one that no session has, is for SIP devices too; and then
// it is theirs to say that nobody took it.
TEST_F(Messages, WithABodyAreForSipDevicesToo) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  for (const std::string_view type : kTypes) {
    for (const std::string_view to : {"juliet@example.com", "juliet@example.com/x",
                                      "nobody@example.com", "nobody@example.com/x"}) {
      const auto happened = send(type, to, "<body>hi</body>");
      const auto to_sip = events<MessageToSip>(happened);
      const std::string trace = std::string(type) + " " + std::string(to);
      if (type != "chat" && !is_normal(type)) {
        EXPECT_THAT(to_sip, IsEmpty()) << trace;
        continue;
      }
      ASSERT_EQ(to_sip.size(), 1u) << trace;
      EXPECT_EQ(happened.events.size(), 1u) << trace;
      EXPECT_EQ(to_sip[0].from, romeo.full);
      EXPECT_EQ(to_sip[0].to, address(to));
      EXPECT_EQ(to_sip[0].id, "m1");
      EXPECT_EQ(stanzas({to_sip[0].xml}), delivered);
      const bool taken =
          to == "juliet@example.com" || (type == "chat" && to == "juliet@example.com/x");
      EXPECT_EQ(to_sip[0].taken_by_session, taken) << trace;
      EXPECT_EQ(world.got(balcony), taken ? delivered : stanzas({})) << trace;
    }
    // The session that was meant has it: nobody else.
    EXPECT_THAT(send(type, "juliet@example.com/balcony", "<body>hi</body>").events, IsEmpty());
    EXPECT_EQ(world.got(balcony), delivered);
  }
}

// --- from SIP devices ----------------------------------------------------------------------------

TEST_F(Messages, FromSipAreTakenOrNot) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  const struct {
    std::string_view to;
    bool taken;
  } cases[] = {{"juliet@example.com", true},
               {"juliet@example.com/balcony", true},
               {"juliet@example.com/x", false},
               {"nobody@example.com", false}};
  for (const auto& [to, taken] : cases) {
    world.forget();
    const std::string xml =
        "<message from='nurse@example.com' to='" + std::string(to) + "'><body>hi</body></message>";
    const auto happened = world.on(StanzaForUser{
        StanzaKind::message, "", "", address("nurse@example.com"), address(to), xml, 77, true});
    const auto answered = events<MessageDelivered>(happened);
    ASSERT_EQ(answered.size(), 1u);
    EXPECT_EQ(happened.events.size(), 1u);
    EXPECT_EQ(answered[0].waiting, 77u);
    EXPECT_EQ(answered[0].taken, taken) << to;
    EXPECT_EQ(world.got(balcony), taken ? stanzas({xml}) : stanzas({})) << to;
  }
}

// A session whose priority says "not me" does not take it for her.
TEST_F(Messages, FromSipAreNotForNegativeSessions) {
  with_priority("juliet@example.com/negative", -1);
  const auto happened = world.on(StanzaForUser{
      StanzaKind::message, "", "", address("nurse@example.com"), address("juliet@example.com"),
      "<message from='nurse@example.com' to='juliet@example.com'/>", 5, true});
  EXPECT_FALSE(events<MessageDelivered>(happened).at(0).taken);
}

}  // namespace xmpp_presence_messages_test
}  // namespace muster::testing
