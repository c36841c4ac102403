// The rules of iq, and its routing: RFC 6120 sections 8.2.3 and 10.3.3, RFC 6121 section 8.5; and
// what holds for the addresses and errors of all stanzas.
#include "server/xmpp_presence/xmpp_presence.h"

#include <gtest/gtest.h>

#include "machine/xmpp_presence/world.h"

namespace muster::testing {
namespace xmpp_presence_iq_test {

using ::testing::IsEmpty;

constexpr std::string_view kQuery = "<query xmlns='urn:x'/>";

class Iq : public ::testing::Test {
 protected:
  static std::string iq(std::string_view type, std::string_view to,
                        std::string_view content = kQuery) {
    return "<iq id='q1' type='" + std::string(type) + "'" +
           (to.empty() ? "" : " to='" + std::string(to) + "'") + ">" + std::string(content) +
           "</iq>";
  }
  static std::string error_from(std::string_view from, std::string_view type,
                                std::string_view condition) {
    return "<iq type='error' id='q1'" + (from.empty() ? "" : " from='" + std::string(from) + "'") +
           " to='romeo@example.com/orchard'>" + error_xml(type, condition) + "</iq>";
  }
  void expect_refused(std::string_view xml, const std::string& error) {
    const auto happened = world.say(romeo, xml);
    EXPECT_THAT(happened.events, IsEmpty()) << xml;
    EXPECT_EQ(world.got(romeo), stanzas({error})) << xml;
  }
  void expect_ignored(std::string_view xml) {
    const auto happened = world.say(romeo, xml);
    EXPECT_THAT(happened.events, IsEmpty()) << xml;
    EXPECT_THAT(happened.orders, IsEmpty()) << xml;
  }

  XmppPresenceWorld world;
  Bound romeo = world.available("romeo@example.com/orchard");
  Bound juliet = world.available("juliet@example.com/balcony");
};

// --- the rules (RFC 6120 section 8.2.3) ----------------------------------------------------------

// Rule 1; and section 8.3.1 rule 3: an error without an id has none.
TEST_F(Iq, NeedsAnId) {
  expect_refused("<iq type='get' to='example.com'><ping xmlns='urn:xmpp:ping'/></iq>",
                 "<iq type='error' from='example.com' to='romeo@example.com/orchard'>" +
                     error_xml("modify", "bad-request") + "</iq>");
}

TEST_F(Iq, AnEmptyIdIsOne) {
  world.say(romeo, "<iq type='get' id=''><ping xmlns='urn:xmpp:ping'/></iq>");
  EXPECT_EQ(world.got(romeo),
            stanzas({"<iq type='result' id='' to='romeo@example.com/orchard'/>"}));
}

// Rule 2.
TEST_F(Iq, NeedsAType) {
  for (const std::string_view to : {"", "juliet@example.com", "juliet@example.com/balcony"}) {
    for (const std::string_view type : {"", "put", "GET"}) {
      expect_refused(iq(type, to), error_from(to, "modify", "bad-request"));
    }
    expect_refused(
        "<iq id='q1'" + (to.empty() ? std::string() : " to='" + std::string(to) + "'") + "/>",
        error_from(to, "modify", "bad-request"));
  }
}

// Rule 5.
TEST_F(Iq, RequestsHaveOneChild) {
  for (const std::string_view type : {"get", "set"}) {
    for (const std::string_view to : {"", "example.com", "juliet@example.com/balcony"}) {
      for (const std::string_view content : {"", "<a xmlns='urn:a'/><b xmlns='urn:b'/>"}) {
        expect_refused(iq(type, to, content), error_from(to, "modify", "bad-request"));
      }
    }
  }
}

// Rule 4, and section 10.3.3 rule 3.
TEST_F(Iq, AnswersAreNeverAnswered) {
  for (const std::string_view type : {"result", "error"}) {
    for (const std::string_view to :
         {"", "romeo@example.com", "juliet@example.com", "example.com", "example.com/x",
          "juliet@example.net", "juliet@example.net/x", "@", "a@b@c"}) {
      expect_ignored(iq(type, to));
      expect_ignored(iq(type, to, ""));
    }
    expect_ignored("<iq type='" + std::string(type) + "'/>");
  }
}

// --- addresses of all stanzas (RFC 6120 sections 8.3.3.8, 10.4) ----------------------------------

TEST_F(Iq, MalformedAddressesAreRefused) {
  for (const std::string_view to : {"", "@example.com", "a@b@example.com", "romeo@",
                                    "x y@example.com", "romeo@example.com/", "/x"}) {
    const std::string attribute = " to='" + std::string(to) + "'";
    for (const std::string& start :
         {std::string("<iq type='get' id='1'"), std::string("<iq type='set' id='1'"),
          std::string("<message id='1'"), std::string("<message type='chat' id='1'"),
          std::string("<presence id='1'"), std::string("<presence type='subscribe' id='1'"),
          std::string("<presence type='unavailable' id='1'")}) {
      const std::string kind = start.substr(1, start.find(' ') - 1);
      const auto happened =
          world.say(romeo, start + attribute + ">" + std::string(kQuery) + "</" + kind + ">");
      EXPECT_THAT(happened.events, IsEmpty());
      // From the server, not from the malformed address (section 8.3.1 rule 2).
      EXPECT_EQ(world.got(romeo),
                stanzas({"<" + kind +
                         " type='error' id='1' from='example.com' "
                         "to='romeo@example.com/orchard'>" +
                         error_xml("modify", "jid-malformed") + "</" + kind + ">"}));
    }
    expect_ignored("<message type='error'" + attribute + "/>");
    expect_ignored("<presence type='error'" + attribute + "/>");
  }
}

TEST_F(Iq, ForeignDomainsAreNotFound) {
  for (const std::string_view to : {"juliet@example.net", "juliet@example.net/x", "example.net"}) {
    for (const std::string& start :
         {std::string("<iq type='get' id='1'"), std::string("<message id='1'"),
          std::string("<presence id='1'"), std::string("<presence type='subscribe' id='1'")}) {
      const std::string kind = start.substr(1, start.find(' ') - 1);
      const auto happened = world.say(romeo, start + " to='" + std::string(to) + "'>" +
                                                 std::string(kQuery) + "</" + kind + ">");
      EXPECT_THAT(happened.events, IsEmpty());
      EXPECT_EQ(world.got(romeo),
                stanzas({"<" + kind + " type='error' id='1' from='" + std::string(to) +
                         "' to='romeo@example.com/orchard'>" +
                         error_xml("cancel", "remote-server-not-found") + "</" + kind + ">"}));
    }
    expect_ignored("<message type='error' to='" + std::string(to) + "'/>");
    expect_ignored("<presence type='error' to='" + std::string(to) + "'/>");
  }
}

// Another domain of this server is no foreign one.
TEST_F(Iq, AllDomainsOfTheServerAreServed) {
  EXPECT_EQ(events<StanzaForUser>(world.say(romeo, "<message to='juliet@example.org'/>")).size(),
            1u);
}

// --- to a session (section 8.5.3) ----------------------------------------------------------------

TEST_F(Iq, ARequestForASessionIsWeighedFirst) {
  for (const std::string_view type : {"get", "set"}) {
    const auto happened = world.say(romeo, iq(type, "juliet@example.com/balcony"), "en");
    const auto asked = events<RequestForUser>(happened);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(happened.events.size(), 1u);
    EXPECT_EQ(asked[0].kind, RequestForUser::Kind::to_session);
    EXPECT_EQ(asked[0].id, "q1");
    EXPECT_EQ(asked[0].from, romeo.full);
    EXPECT_EQ(asked[0].to, juliet.full);
    const std::string whole = "<iq id='q1' type='" + std::string(type) +
                              "' xml:lang='en' from='romeo@example.com/orchard' "
                              "to='juliet@example.com/balcony'>" +
                              std::string(kQuery) + "</iq>";
    EXPECT_EQ(meaning(asked[0].xml), meaning(whole));
    // She sees romeo: it is delivered.
    world.forget();
    EXPECT_THAT(world.on(RequestWeighed{asked[0], true}).events, IsEmpty());
    EXPECT_EQ(world.got(juliet), stanzas({whole}));
  }
}

// "if the intended recipient does not share presence with the requesting entity ... service-
// unavailable": and so it is where there is no such session, whoever asks.
TEST_F(Iq, ARequestThatIsNotDeliveredIsRefusedInOneWay) {
  const struct {
    std::string_view to;
    bool may_see;
  } cases[] = {{"juliet@example.com/balcony", false},
               {"juliet@example.com/x", false},
               {"juliet@example.com/x", true},
               {"nobody@example.com/x", false}};
  for (const auto& [to, may_see] : cases) {
    const auto asked = events<RequestForUser>(world.say(romeo, iq("get", to)));
    ASSERT_EQ(asked.size(), 1u);
    world.forget();
    const auto refused = events<StanzaForUser>(world.on(RequestWeighed{asked[0], may_see}));
    EXPECT_THAT(world.got(juliet), IsEmpty());
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_EQ(refused[0].kind, StanzaKind::iq);
    EXPECT_EQ(refused[0].to, romeo.full);
    world.on(refused[0]);
    EXPECT_EQ(world.got(romeo), stanzas({error_from(to, "cancel", "service-unavailable")}));
  }
}

// Section 8.5.3.1: "or by means of directed presence".
TEST_F(Iq, DirectedPresenceAdmitsRequests) {
  const auto asked =
      events<RequestForUser>(world.say(romeo, iq("get", "juliet@example.com/balcony")));
  const auto delivered = [&] {
    world.on(RequestWeighed{asked.at(0), false});
    return !world.got(juliet).empty();
  };
  world.say(juliet, "<presence to='romeo@example.com/elsewhere'/>");
  EXPECT_FALSE(delivered());
  world.say(juliet, "<presence to='romeo@example.com/orchard'/>");
  EXPECT_TRUE(delivered());
  world.say(juliet, "<presence to='romeo@example.com/orchard' type='unavailable'/>");
  EXPECT_FALSE(delivered());
  world.say(juliet, "<presence to='romeo@example.com'/>");
  EXPECT_TRUE(delivered());
}

// A connected session is as good as an available one (section 8.5.3.1).
TEST_F(Iq, RequestsReachConnectedSessions) {
  const Bound connected = world.bind("juliet@example.com/connected");
  const auto asked =
      events<RequestForUser>(world.say(romeo, iq("get", "juliet@example.com/connected")));
  world.forget();
  world.on(RequestWeighed{asked.at(0), true});
  EXPECT_EQ(world.got(connected).size(), 1u);
}

TEST_F(Iq, HerOwnSessionsNeedNoLeave) {
  const Bound other = world.bind("romeo@example.com/other");
  auto happened = world.say(romeo, iq("get", "romeo@example.com/other"));
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_EQ(world.got(other).size(), 1u);
  happened = world.say(romeo, iq("get", "romeo@example.com/nowhere"));
  EXPECT_EQ(events<StanzaForUser>(happened).size(), 1u);
}

TEST_F(Iq, AnswersAreDeliveredToTheSession) {
  for (const std::string_view type : {"result", "error"}) {
    const std::string sent = iq(type, "juliet@example.com/balcony");
    const auto answers = events<StanzaForUser>(world.say(romeo, sent));
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].kind, StanzaKind::iq);
    world.forget();
    EXPECT_THAT(world.on(answers[0]).events, IsEmpty());
    EXPECT_EQ(world.got(juliet), stanzas({"<iq id='q1' type='" + std::string(type) +
                                          "' from='romeo@example.com/orchard' "
                                          "to='juliet@example.com/balcony'>" +
                                          std::string(kQuery) + "</iq>"}));
    // Nobody waits for it.
    const auto lost = events<StanzaForUser>(world.say(romeo, iq(type, "juliet@example.com/x")));
    const auto happened = world.on(lost.at(0));
    EXPECT_THAT(happened.events, IsEmpty());
    EXPECT_THAT(happened.orders, IsEmpty());
  }
}

// A request has one child, which cannot grow; an answer that does is not answered.
TEST_F(Iq, AnAnswerThatGrowsTooMuchIsDropped) {
  const auto happened =
      world.say(romeo, iq("result", "juliet@example.com/balcony", growing_content()), {},
                growing_declaration());
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_THAT(happened.orders, IsEmpty());
}

TEST_F(Iq, GoesToTheHomeOfTheRecipient) {
  XmppPresenceWorld shards(4);
  const Bound bound = shards.bind("romeo@example.com/orchard");
  std::set<std::uint8_t> homes;
  for (int i = 0; i < 16; ++i) {
    const Address to = address("user" + std::to_string(i) + "@example.com/x");
    const ShardId home = shards.shard.home_of(to);
    homes.insert(home.number());
    for (const std::string_view type : {"get", "result"}) {
      const auto happened = shards.say(bound, iq(type, to.text()));
      if (home == shards.shard.self) {
        EXPECT_EQ(happened.events.size(), 1u);
        continue;
      }
      ASSERT_EQ(orders<ToShard>(happened).size(), 1u);
      EXPECT_EQ(orders<ToShard>(happened)[0].to, home);
      EXPECT_EQ(std::holds_alternative<RequestForUser>(orders<ToShard>(happened)[0].event),
                type == "get");
    }
  }
  EXPECT_EQ(homes.size(), 4u);
}

// An error goes back to the home of the sender.
TEST_F(Iq, ARefusalGoesToTheHomeOfTheSender) {
  XmppPresenceWorld shards(4);
  for (int i = 0; i < 16; ++i) {
    const Address from = address("user" + std::to_string(i) + "@example.com/x");
    const ShardId home = shards.shard.home_of(from);
    const auto happened = shards.on(RequestWeighed{
        {RequestForUser::Kind::to_session, "1", from, address("juliet@example.com/x"), "<iq/>"},
        true});
    if (home == shards.shard.self) {
      EXPECT_EQ(events<StanzaForUser>(happened).size(), 1u);
    } else {
      ASSERT_EQ(orders<ToShard>(happened).size(), 1u);
      EXPECT_EQ(orders<ToShard>(happened)[0].to, home);
    }
  }
}

}  // namespace xmpp_presence_iq_test
}  // namespace muster::testing
