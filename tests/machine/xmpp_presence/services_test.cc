// What the server answers itself: RFC 6120 sections 10.3.3 and 10.5, RFC 6121 section 8.5.2;
// XEP-0030, XEP-0092, XEP-0199.
#include "server/xmpp_presence/xmpp_presence.h"

#include <gtest/gtest.h>

#include "machine/xmpp_presence/world.h"

namespace muster::testing {
namespace xmpp_presence_services_test {

using ::testing::IsEmpty;

constexpr std::string_view kInfo = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
constexpr std::string_view kItems = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
constexpr std::string_view kVersion = "<query xmlns='jabber:iq:version'/>";
constexpr std::string_view kPing = "<ping xmlns='urn:xmpp:ping'/>";
constexpr std::string_view kSession = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>";
constexpr std::string_view kAccountInfo =
    "<query xmlns='http://jabber.org/protocol/disco#info'>"
    "<identity category='account' type='registered'/>"
    "<feature var='http://jabber.org/protocol/disco#info'/>"
    "<feature var='http://jabber.org/protocol/disco#items'/></query>";

class Services : public ::testing::Test {
 protected:
  ModuleWorld::Happened ask(std::string_view type, std::string_view to, std::string_view content) {
    return world.say(romeo, "<iq id='q1' type='" + std::string(type) + "'" +
                                (to.empty() ? "" : " to='" + std::string(to) + "'") + ">" +
                                std::string(content) + "</iq>");
  }
  static std::string answer(std::string_view from, std::string_view type,
                            std::string_view content) {
    return "<iq id='q1' type='" + std::string(type) + "'" +
           (from.empty() ? "" : " from='" + std::string(from) + "'") +
           " to='romeo@example.com/orchard'>" + std::string(content) + "</iq>";
  }
  void expect_result(std::string_view type, std::string_view to, std::string_view content,
                     std::string_view result) {
    const auto happened = ask(type, to, content);
    EXPECT_THAT(happened.events, IsEmpty()) << to << content;
    EXPECT_EQ(world.got(romeo), stanzas({answer(to, "result", result)})) << to << content;
  }
  void expect_error(std::string_view type, std::string_view to, std::string_view content,
                    std::string_view error_type, std::string_view condition) {
    const auto happened = ask(type, to, content);
    EXPECT_THAT(happened.events, IsEmpty()) << to << content;
    EXPECT_EQ(world.got(romeo), stanzas({answer(to, "error", error_xml(error_type, condition))}))
        << to << content;
  }

  XmppPresenceWorld world;
  Bound romeo = world.available("romeo@example.com/orchard");
};

// --- the server ----------------------------------------------------------------------------------

TEST_F(Services, InfoOfTheServer) {
  for (const bool registration : {false, true}) {
    world.settings.in_band_registration = registration;
    for (const std::string_view domain : {"example.com", "example.org"}) {
      expect_result("get", domain, kInfo,
                    "<query xmlns='http://jabber.org/protocol/disco#info'>"
                    "<identity category='server' type='im' name='muster'/>"
                    "<feature var='http://jabber.org/protocol/disco#info'/>"
                    "<feature var='http://jabber.org/protocol/disco#items'/>"
                    "<feature var='jabber:iq:version'/>"
                    "<feature var='urn:xmpp:ping'/>" +
                        std::string(registration ? "<feature var='jabber:iq:register'/>" : "") +
                        "</query>");
    }
  }
}

TEST_F(Services, TheServerHasNoItems) {
  expect_result("get", "example.com", kItems, kItems);
}

TEST_F(Services, PartsOfAnEntityAreNotFound) {
  for (const std::string_view to : {"example.com", "", "romeo@example.com"}) {
    for (const std::string_view what : {"info", "items"}) {
      expect_error(
          "get", to,
          "<query xmlns='http://jabber.org/protocol/disco#" + std::string(what) + "' node='x'/>",
          "cancel", "item-not-found");
    }
  }
}

TEST_F(Services, VersionOfTheServer) {
  world.settings.version = "1.2 <x>";
  for (const std::string_view to : {"example.com", "", "romeo@example.com"}) {
    expect_result("get", to, kVersion,
                  "<query xmlns='jabber:iq:version'><name>muster</name>"
                  "<version>1.2 &lt;x&gt;</version></query>");
  }
}

// XEP-0199 section 4.2: with or without an address.
TEST_F(Services, Ping) {
  for (const std::string_view to : {"example.com", "", "romeo@example.com"}) {
    expect_result("get", to, kPing, "");
  }
}

// RFC 3921 section 3, which RFC 6121 gave up: nothing is to be done.
TEST_F(Services, Session) {
  for (const std::string_view to : {"example.com", "", "romeo@example.com"}) {
    expect_result("set", to, kSession, "");
  }
}

// RFC 6120 sections 10.3.3 rule 2 and 8.4: a namespace that is not understood.
TEST_F(Services, AnUnknownNamespaceIsUnavailable) {
  for (const std::string_view type : {"get", "set"}) {
    for (const std::string_view to :
         {"example.com", "", "romeo@example.com", "juliet@example.com", "nobody@example.com"}) {
      for (const std::string_view content :
           {"<query xmlns='jabber:iq:private'/>", "<vCard xmlns='vcard-temp'/>",
            "<query xmlns='jabber:iq:last'/>", "<query/>",
            "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"}) {
        expect_error(type, to, content, "cancel", "service-unavailable");
      }
    }
  }
}

// RFC 6120 section 8.3.3.3: a namespace that is understood, but no request of it that is.
TEST_F(Services, AnUnknownRequestIsNotImplemented) {
  for (const std::string_view to : {"example.com", "", "romeo@example.com"}) {
    for (const std::string_view content : {kInfo, kItems, kVersion, kPing}) {
      expect_error("set", to, content, "cancel", "feature-not-implemented");
    }
    expect_error("get", to, kSession, "cancel", "feature-not-implemented");
    expect_error("get", to, "<pong xmlns='urn:xmpp:ping'/>", "cancel", "feature-not-implemented");
    expect_error("get", to, "<x xmlns='http://jabber.org/protocol/disco#info'/>", "cancel",
                 "feature-not-implemented");
  }
}

TEST_F(Services, TheServerHasNoRosterAndNoResources) {
  expect_error("get", "example.com", "<query xmlns='jabber:iq:roster'/>", "cancel",
               "service-unavailable");
  expect_error("get", "example.com/x", kPing, "cancel", "service-unavailable");
  expect_error("get", "example.com/x", kInfo, "cancel", "service-unavailable");
}

// --- her own account -----------------------------------------------------------------------------

TEST_F(Services, InfoOfHerOwnAccount) {
  for (const std::string_view to : {"", "romeo@example.com"}) {
    expect_result("get", to, kInfo, kAccountInfo);
  }
}

TEST_F(Services, ItemsOfHerOwnAccountAreHerAvailableSessions) {
  world.bind("romeo@example.com/connected");
  world.available("romeo@example.com/it's");
  world.available("juliet@example.com/balcony");
  expect_result("get", "romeo@example.com", kItems,
                "<query xmlns='http://jabber.org/protocol/disco#items'>"
                "<item jid='romeo@example.com/orchard'/>"
                "<item jid='romeo@example.com/it&apos;s'/></query>");
  world.say(romeo, "<presence type='unavailable'/>");
  expect_result("get", "", kItems,
                "<query xmlns='http://jabber.org/protocol/disco#items'>"
                "<item jid='romeo@example.com/it&apos;s'/></query>");
}

// --- another's account (XEP-0030 section 8) ------------------------------------------------------

TEST_F(Services, InfoOfAnotherAccountIsForThoseWhoMaySeeIt) {
  for (const bool may_see : {true, false}) {
    const auto happened = ask("get", "juliet@example.com", kInfo);
    const auto asked = events<RequestForUser>(happened);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_THAT(happened.orders, IsEmpty());
    EXPECT_EQ(asked[0].kind, RequestForUser::Kind::disco_info);
    EXPECT_EQ(asked[0].from, romeo.full);
    EXPECT_EQ(asked[0].to, address("juliet@example.com"));
    const auto answers = events<StanzaForUser>(world.on(RequestWeighed{asked[0], may_see}));
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].to, romeo.full);
    world.on(answers[0]);
    EXPECT_EQ(world.got(romeo),
              stanzas({may_see ? answer("juliet@example.com", "result", kAccountInfo)
                               : answer("juliet@example.com", "error",
                                        error_xml("cancel", "service-unavailable"))}));
  }
}

TEST_F(Services, ItemsOfAnotherAccountAreForThoseWhoMaySeeIt) {
  world.available("juliet@example.com/balcony");
  world.bind("juliet@example.com/connected");
  for (const bool may_see : {true, false}) {
    for (const std::string_view to : {"juliet@example.com", "nobody@example.com"}) {
      const auto asked = events<RequestForUser>(ask("get", to, kItems));
      ASSERT_EQ(asked.size(), 1u);
      EXPECT_EQ(asked[0].kind, RequestForUser::Kind::disco_items);
      world.on(events<StanzaForUser>(world.on(RequestWeighed{asked[0], may_see})).at(0));
      const bool shown = may_see && to == "juliet@example.com";
      EXPECT_EQ(world.got(romeo),
                stanzas({answer(to, "result",
                                shown ? "<query xmlns='http://jabber.org/protocol/disco#items'>"
                                        "<item jid='juliet@example.com/balcony'/></query>"
                                      : kItems)}));
    }
  }
}

// No account has nodes; what is said of them does not depend on the account.
TEST_F(Services, PartsOfAnotherAccount) {
  expect_error("get", "juliet@example.com",
               "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>", "cancel",
               "service-unavailable");
  expect_result("get", "juliet@example.com",
                "<query xmlns='http://jabber.org/protocol/disco#items' node='x'/>", kItems);
}

TEST_F(Services, TheRestIsNotForOthers) {
  for (const std::string_view content : {kPing, kVersion, kInfo, kItems}) {
    expect_error("set", "juliet@example.com", content, "cancel", "service-unavailable");
  }
  expect_error("get", "juliet@example.com", kPing, "cancel", "service-unavailable");
  expect_error("get", "juliet@example.com", kVersion, "cancel", "service-unavailable");
  expect_error("get", "juliet@example.com", "<query xmlns='jabber:iq:roster'/>", "auth",
               "forbidden");
}

TEST_F(Services, AnotherAccountIsAskedAtItsHome) {
  XmppPresenceWorld shards(4);
  const Bound bound = shards.bind("romeo@example.com/orchard");
  for (int i = 0; i < 16; ++i) {
    const std::string to = "user" + std::to_string(i) + "@example.com";
    const ShardId home = shards.shard.home_of(to);
    const auto happened =
        shards.say(bound, "<iq type='get' id='1' to='" + to + "'>" + std::string(kInfo) + "</iq>");
    if (home == shards.shard.self) {
      EXPECT_EQ(events<RequestForUser>(happened).size(), 1u);
    } else {
      ASSERT_EQ(orders<ToShard>(happened).size(), 1u);
      EXPECT_EQ(orders<ToShard>(happened)[0].to, home);
    }
  }
}

}  // namespace xmpp_presence_services_test
}  // namespace muster::testing
