// RFC 6120 section 7.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_binding_test {

using ::testing::HasSubstr;
using testing::only;
using testing::StreamWorld;

std::string bind(std::string_view resource) {
  return "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
         std::string(resource) + "</resource></bind></iq>";
}
std::string error(std::string_view condition) {
  return "<" + std::string(condition) + " xmlns=";
}

// Section 7.6: an empty resource lets the server choose.
TEST(Binding, AsksForASession) {
  StreamWorld world;
  const LinkId link = world.binding();
  world.forget();
  world.feed(link, testing::kBind);
  const auto asked = only<BindAsked>(world.events);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].link, link);
  EXPECT_EQ(asked[0].account, StreamWorld::alice());
  EXPECT_EQ(asked[0].resource, "");
  EXPECT_EQ(only<PauseReading>(world.orders).size(), 1u);
}

// Section 7.7.1, and 7.7.2.1: what can be brought into the canonical form is.
TEST(Binding, ResourcesAreCanonical) {
  const auto asked = [](std::string_view resource) {
    StreamWorld world;
    const LinkId link = world.binding();
    world.feed(link, bind(resource));
    const auto all = only<BindAsked>(world.events);
    return all.empty() ? std::string("refused") : all[0].resource;
  };
  EXPECT_EQ(asked("balcony"), "balcony");
  EXPECT_EQ(asked(""), "");
  EXPECT_EQ(asked("a\xc2\xa0z"), "a z") << "OpaqueString maps spaces (RFC 8265 section 4.2.1)";
  EXPECT_EQ(asked("a\x7f"), "refused");
  EXPECT_EQ(asked(std::string(1023, 'x')), std::string(1023, 'x'));
  EXPECT_EQ(asked(std::string(1024, 'x')), "refused");
}

TEST(Binding, SaysTheAddressThatWasGiven) {
  StreamWorld world;
  const LinkId link = world.awaiting_binding();
  world.forget();
  world.input(BindGranted{link, StreamWorld::session(),
                          Address::of_canonical("alice", "example.com", "a'b&c")});
  EXPECT_EQ(world.said(link),
            "<iq type='result' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
            "<jid>alice@example.com/a'b&amp;c</jid></bind></iq>");
  EXPECT_EQ(world.state(link), "bound");
  EXPECT_EQ(only<ResumeReading>(world.orders).size(), 1u);
}

// Sections 7.6.2 and 7.7.2: the peer may try again.
TEST(Binding, ARefusalIsAnErrorToTheRequest) {
  StreamWorld world;
  const LinkId link = world.awaiting_binding();
  world.forget();
  world.input(BindRefused{link, StanzaError::resource_constraint});
  EXPECT_EQ(world.said(link),
            "<iq type='error' id='b1'><error type='wait'><resource-constraint "
            "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  EXPECT_EQ(world.state(link), "binding");
  world.feed(link, bind("again"));
  EXPECT_EQ(only<BindAsked>(world.events).back().resource, "again");
}

TEST(Binding, RefusesWhatIsNoBindRequest) {
  for (const std::string_view bad :
       {"<iq type='get' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        "<iq type='set' id='b'><unbind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"}) {
    StreamWorld world;
    const LinkId link = world.binding();
    world.forget();
    world.feed(link, bad);
    EXPECT_THAT(world.said(link), HasSubstr(error("bad-request"))) << bad;
    EXPECT_EQ(world.state(link), "binding");
  }
}

// Section 7.1: anything for anybody else ends the stream.
TEST(Binding, NoStanzasBeforeIt) {
  for (const std::string_view bad :
       {"<presence/>", "<message to='bob@example.com'/>",
        "<iq type='set' id='b' to='bob@example.com'>"
        "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        "<iq type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>"}) {
    StreamWorld world;
    const LinkId link = world.binding();
    world.forget();
    world.feed(link, bad);
    EXPECT_THAT(world.said(link), HasSubstr("<stream:error><not-authorized ")) << bad;
    EXPECT_TRUE(world.events.empty()) << bad;
  }
}

TEST(Binding, MayBeAddressedToTheServer) {
  StreamWorld world;
  const LinkId link = world.binding();
  world.feed(link,
             "<iq type='set' id='b' to='EXAMPLE.com'>"
             "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  EXPECT_EQ(world.state(link), "awaiting_binding");
}

// Section 7.7.3: at least 5 retries, no more than 10; then policy-violation.
TEST(Binding, EndsAfterTooManyAttempts) {
  StreamWorld world;
  const std::uint32_t max = world.world.settings.limits.bind_attempts_max;
  EXPECT_GE(max, 6u);
  EXPECT_LE(max, 11u);
  const LinkId link = world.binding();
  for (std::uint32_t attempt = 1; attempt < max; ++attempt) {
    world.feed(link, bind(attempt % 2 == 0 ? "a\x7f" : "taken"));
    if (attempt % 2 == 1) world.input(BindRefused{link, StanzaError::conflict});
    ASSERT_EQ(world.state(link), "binding") << attempt;
  }
  world.forget();
  world.feed(link, bind("a\x7f"));
  EXPECT_THAT(world.said(link), HasSubstr(error("bad-request")));
  EXPECT_THAT(world.said(link), HasSubstr("<stream:error><policy-violation "));
  EXPECT_EQ(world.state(link), "closed");
}

// Section 7.6.2.2: a stream has one resource.
TEST(Binding, HappensOnce) {
  StreamWorld world;
  const LinkId link = world.bound();
  world.forget();
  world.feed(link, testing::kBind);
  EXPECT_THAT(world.said(link), HasSubstr(error("not-allowed")));
  EXPECT_EQ(world.state(link), "bound");
  EXPECT_TRUE(world.stanzas.empty());
}

// What was sent behind the request is read once there is a session: nothing is lost, and each
// stream is read in a step of its own, also when one step lifts the barriers of several.
TEST(Binding, WhatComesBehindIsReadByTheSession) {
  StreamWorld world;
  std::vector<LinkId> links;
  for (int i = 0; i < 3; ++i) {
    links.push_back(world.binding());
    world.feed(links.back(), std::string(testing::kBind) + "<presence id='" + std::to_string(i) +
                                 "'/><message id='" + std::to_string(i) + "'/><pres");
  }
  EXPECT_TRUE(world.stanzas.empty());
  for (const LinkId link : links) {
    world.streams.on(world.world.now,
                     BindGranted{link, StreamWorld::session(), StreamWorld::alice()},
                     world.world.out);
  }
  world.input(LinkClosed{LinkId{999, 1}});  // the step ends; what is due is done
  EXPECT_EQ(world.stanzas, (std::vector<std::string>{"<presence id='0'/>", "<message id='0'/>",
                                                     "<presence id='1'/>", "<message id='1'/>",
                                                     "<presence id='2'/>", "<message id='2'/>"}));
  world.feed(links[1], "ence id='3'/>");
  EXPECT_EQ(world.stanzas.back(), "<presence id='3'/>");
}

// A session whose stream went away meanwhile is ended.
TEST(Binding, ASessionWithoutAStreamEnds) {
  StreamWorld world;
  const LinkId link = world.awaiting_binding();
  world.input(LinkClosed{link});
  EXPECT_TRUE(only<StreamEnded>(world.events).empty());
  world.input(BindGranted{link, StreamWorld::session(), StreamWorld::alice()});
  ASSERT_EQ(only<StreamEnded>(world.events).size(), 1u);
  EXPECT_EQ(only<StreamEnded>(world.events)[0].session, StreamWorld::session());
}

}  // namespace xmpp_stream_binding_test
}  // namespace muster
