// What a bound stream passes on, and what it does not. RFC 6120 sections 4.8, 4.9.3, 8.1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_stanza_test {

using ::testing::HasSubstr;
using testing::only;
using testing::StreamWorld;

// What became of a bound stream that sent this.
struct Fate {
  std::vector<std::string> stanzas;
  std::string said;
  std::string_view state;
};
Fate send(std::string_view bytes) {
  StreamWorld world;
  const LinkId link = world.bound();
  world.forget();
  world.feed(link, bytes);
  return {world.stanzas, world.said(link), world.state(link)};
}
void expect_error(const Fate& fate, std::string_view condition) {
  EXPECT_EQ(fate.state, "closed");
  EXPECT_THAT(fate.said, ::testing::StartsWith("<stream:error><" + std::string(condition) + " "))
      << "no second header";
  EXPECT_THAT(fate.said, ::testing::EndsWith("</stream:error></stream:stream>"));
}

TEST(BoundStream, PassesOnTheThreeKindsOfStanza) {
  EXPECT_EQ(send("<presence/> <message><body>a</body></message>\n<iq type='get' id='1'><q/></iq>")
                .stanzas,
            (std::vector<std::string>{"<presence/>", "<message><body>a</body></message>",
                                      "<iq type='get' id='1'><q/></iq>"}));
}

// Section 8.1.2.1: the server overrides `from`; 4.9.3.9: but nobody speaks for others.
TEST(BoundStream, TakesNoFromOfOthers) {
  for (const char* own : {"alice@example.com", "alice@example.com/phone", "ALICE@example.COM",
                          "Alice@example.com/phone"}) {
    EXPECT_EQ(send("<presence from='" + std::string(own) + "'/>").stanzas.size(), 1u) << own;
  }
  for (const char* other : {"bob@example.com", "alice@example.org", "alice@example.com/other",
                            "example.com", "", "@", "alice@example.com/PHONE"}) {
    const Fate fate = send("<presence from='" + std::string(other) + "'/>");
    expect_error(fate, "invalid-from");
    EXPECT_TRUE(fate.stanzas.empty()) << other;
  }
}

TEST(BoundStream, EndsWhereItsRulesAreBroken) {
  expect_error(send("<pubsub/>"), "unsupported-stanza-type");
  expect_error(send("<x xmlns='urn:x'/>"), "unsupported-stanza-type");
  expect_error(send("<message xmlns='jabber:server'/>"), "invalid-namespace");
  expect_error(send("<c:message xmlns:c='jabber:client'/>"), "bad-namespace-prefix");
  expect_error(send("<message><body></message></body>"), "not-well-formed");
  expect_error(send("<message><x:y/></message>"), "not-well-formed");
  expect_error(send("<message>&foo;</message>"), "restricted-xml");
  expect_error(send("<message><!-- a --></message>"), "restricted-xml");
  expect_error(send("<?php ?>"), "restricted-xml");
  expect_error(send("hello"), "bad-format");
  expect_error(send("<message>\xff</message>"), "unsupported-encoding");
}

// Section 4.9.1.1: nothing behind an error is read.
TEST(BoundStream, ReadsNothingBehindAnError) {
  const Fate fate = send("<presence/><x xmlns='urn:x'/><presence/>");
  EXPECT_EQ(fate.stanzas.size(), 1u);
  EXPECT_EQ(fate.said.find("<stream:error>"), fate.said.rfind("<stream:error>"));
}

// Section 4.4.
TEST(BoundStream, AnswersTheEndOfTheStream) {
  StreamWorld world;
  const LinkId link = world.bound();
  world.forget();
  world.feed(link, "<presence type='unavailable'/></stream:stream>");
  EXPECT_EQ(world.stanzas.size(), 1u);
  EXPECT_EQ(world.said(link), "</stream:stream>");
  EXPECT_TRUE(world.closed(link));
  EXPECT_EQ(only<StreamEnded>(world.events).at(0).session, StreamWorld::session());
  EXPECT_TRUE(std::holds_alternative<CloseLink>(world.orders.back())) << "behind our answer";
}

TEST(BoundStream, EndsAsItIsAskedTo) {
  StreamWorld world;
  const LinkId link = world.bound();
  world.forget();
  world.input(EndStream{link, StreamError::conflict, "replaced"});
  EXPECT_EQ(world.said(link),
            "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>replaced</text>"
            "</stream:error></stream:stream>");
  EXPECT_EQ(only<StreamEnded>(world.events).size(), 1u);
}

// Views must stay good while the events of a step are carried, also when the stream ends between.
TEST(BoundStream, MayEndWhileItsBytesAreRead) {
  StreamWorld world;
  const LinkId link = world.bound();
  world.feed(link, "<presence id='half");
  world.streams.on(world.world.now, BytesReceived{link, "'/><presence/><presence/>"},
                   world.world.out);
  world.streams.on(world.world.now, EndStream{link, StreamError::conflict, {}}, world.world.out);
  world.wake();
  world.input(LinkClosed{link});
  EXPECT_EQ(world.stanzas, std::vector<std::string>{"<presence id='half'/>"});
}

// RFC 3921's session: a no-op for old peers.
TEST(BoundStream, GrantsTheOldSessionRequest) {
  const Fate fate = send(
      "<iq type='set' id='s1' to='example.com'>"
      "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
  EXPECT_EQ(fate.said, "<iq type='result' from='example.com' id='s1'/>");
  EXPECT_TRUE(fate.stanzas.empty());
}

// Requests to others are theirs, whatever they ask.
TEST(BoundStream, LeavesRequestsToOthersAlone) {
  EXPECT_EQ(send("<iq type='set' id='s1' to='bob@example.com'>"
                 "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>")
                .stanzas.size(),
            1u);
  EXPECT_EQ(send("<iq type='get' id='s1' to='gateway.example.com'>"
                 "<query xmlns='jabber:iq:register'/></iq>")
                .stanzas.size(),
            1u);
}

}  // namespace xmpp_stream_stanza_test
}  // namespace muster
