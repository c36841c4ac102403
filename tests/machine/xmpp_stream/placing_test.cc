// Where a user is served, and how an XMPP user is told (design, "The redirect ladder"; RFC 6120
// section 4.9.3.19).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/grind.h"
#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_placing_test {

using ::testing::HasSubstr;
using ::testing::Not;
using Outcome = UserPlace::Outcome;
using testing::only;
using testing::StreamWorld;

constexpr std::string_view kResume = "<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>";
constexpr std::string_view kFeatures = "<stream:features>";

UserPlace elsewhere() {
  ServerContacts contacts;
  contacts.server = 2;
  contacts.svr_id = "sip:s2.example.com";
  contacts.xmpp = Redirection{"2001:db8::2", 5222, {}};
  return {Outcome::elsewhere, std::make_shared<const ServerContacts>(std::move(contacts))};
}

class Placing : public ::testing::Test {
 protected:
  Placing() { world.world.settings.cluster.emplace(); }

  // By see-other-host: it is long ago that she was sent so.
  LinkId sent_elsewhere() {
    world.pass(XmppStreams::kFollowersTime);
    const LinkId link = world.placed(elsewhere());
    world.feed(link, testing::kBind);
    EXPECT_THAT(world.said(link), HasSubstr("<see-other-host"));
    world.forget();
    return link;
  }

  StreamWorld world;
};

TEST_F(Placing, IsAskedForOnceItIsKnownWhoItIs) {
  const LinkId link = world.challenged();
  EXPECT_TRUE(only<StreamToPlace>(world.events).empty());
  world.feed(link, testing::kResponse);
  world.input(
      SaslAnswered{link, SaslAnswered::Outcome::success, "dj1hYg==", StreamWorld::alice(), {}});
  const auto asked = only<StreamToPlace>(world.events);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].link, link);
  EXPECT_EQ(asked[0].account, StreamWorld::alice());
}

TEST_F(Placing, ASingleServerAsksNobody) {
  world.world.settings.cluster.reset();
  const LinkId link = world.binding();
  EXPECT_TRUE(only<StreamToPlace>(world.events).empty());
  EXPECT_THAT(world.said(link), Not(HasSubstr("<redirection")));
  world.forget();
  world.feed(link, testing::kAskRedirection);
  EXPECT_THAT(world.said(link), HasSubstr("not-authorized"));
  EXPECT_TRUE(world.closed(link));
}

// The peer's header may come before the answer, and what comes behind it too.
TEST_F(Placing, TheStreamWaitsForThePlace) {
  const LinkId link = world.placing();
  EXPECT_FALSE(only<PauseReading>(world.orders).empty());
  EXPECT_THAT(world.said(link), HasSubstr("<success")) << "that is not kept from anybody";
  world.forget();
  world.feed(link, testing::kHeader);
  world.feed(link, testing::kBind);
  world.pass(Duration());
  EXPECT_EQ(world.state(link), "placing");
  EXPECT_EQ(world.said(link), "");
  world.input(StreamPlaced{link, {Outcome::here, nullptr}});
  EXPECT_EQ(only<ResumeReading>(world.orders).size(), 1u);
  world.pass(Duration());
  EXPECT_THAT(world.said(link), HasSubstr(kFeatures));
  EXPECT_THAT(world.said(link), HasSubstr("<redirection xmlns='urn:muster:presence-cluster:1'/>"));
  EXPECT_EQ(only<BindAsked>(world.events).size(), 1u);
}

TEST_F(Placing, WhoIsPlacedNowhereInTimeIsTimedOut) {
  const LinkId link = world.placing();
  world.forget();
  world.pass(world.world.settings.limits.login_time_max);
  EXPECT_THAT(world.said(link), HasSubstr("connection-timeout"));
  EXPECT_TRUE(world.closed(link));
  // And an answer that comes late finds nobody.
  world.input(StreamPlaced{link, elsewhere()});
}

TEST_F(Placing, WhoIsHereBinds) {
  const LinkId link = world.placed({Outcome::here, nullptr});
  world.feed(link, testing::kBind);
  EXPECT_EQ(only<BindAsked>(world.events).size(), 1u);
}

TEST_F(Placing, WhoBindsElsewhereIsSentThere) {
  const LinkId link = world.placed(elsewhere());
  world.feed(link, testing::kBind);
  EXPECT_EQ(world.said(link),
            "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
            "[2001:db8::2]:5222</see-other-host></stream:error></stream:stream>");
  EXPECT_EQ(world.state(link), "closed");
  EXPECT_TRUE(only<BindAsked>(world.events).empty());
}

// RFC 6120 section 4.4: with the link closed at once, what the peer still says would be lost to it.
TEST_F(Placing, WhoIsSentElsewhereClosesItsSideFirst) {
  const auto closes = [&](const test::Pieces& pieces) {
    const LinkId link = sent_elsewhere();
    for (const std::string_view piece : pieces) {
      if (world.closed(link)) return std::string("early");
      world.feed(link, piece);
    }
    EXPECT_EQ(world.said(link), "") << "behind the end nothing is answered";
    return std::string(world.closed(link) ? "closed" : "open");
  };
  EXPECT_EQ(test::grind("</stream:stream>", closes), "closed");
  EXPECT_EQ(test::grind("<a xmlns='urn:xmpp:sm:3' h='2'/><message/> </stream:stream>", closes),
            "closed");
}

TEST_F(Placing, ItsEndMayHaveComeAlready) {
  const LinkId link = world.placed(elsewhere());
  world.feed(link, std::string(testing::kBind).append(testing::kStreamEndTag));
  EXPECT_THAT(world.said(link), HasSubstr("<see-other-host"));
  EXPECT_TRUE(world.closed(link));
}

TEST_F(Placing, WhoDoesNotCloseItsSideIsWaitedForSoLong) {
  const LinkId link = sent_elsewhere();
  world.pass(XmppStreams::kClosingTimeMax - Duration::microseconds(1));
  EXPECT_FALSE(world.closed(link));
  world.pass(Duration::microseconds(1));
  EXPECT_TRUE(world.closed(link));
}

// What no stream could be, or a stanza that is too long, is waited for no longer.
TEST_F(Placing, NorIsWhoSaysWhatIsNoXml) {
  const std::string long_one(world.world.settings.limits.stanza_bytes_max + 1u, ' ');
  for (const std::string& bad : {std::string("<a></b>"), "<a>" + long_one}) {
    const LinkId link = sent_elsewhere();
    world.feed(link, bad);
    EXPECT_TRUE(world.closed(link));
    EXPECT_EQ(world.said(link), "");
  }
}

TEST_F(Placing, WhoIsWaitedForIsAStreamStill) {
  world.world.settings.limits.streams_per_shard_max = 1;
  const LinkId link = sent_elsewhere();
  EXPECT_THAT(world.said(world.open()), HasSubstr("resource-constraint"));
  world.input(LinkClosed{link});
  EXPECT_EQ(world.state(world.open()), "opening");
}

TEST_F(Placing, ItIsNotWaitedForByAServerThatStops) {
  const LinkId link = sent_elsewhere();
  world.input(StopAsked{});
  EXPECT_TRUE(world.closed(link));
}

TEST_F(Placing, SoIsWhoResumes) {
  const LinkId link = world.placed(elsewhere());
  world.feed(link, kResume);
  EXPECT_THAT(world.said(link), HasSubstr("<see-other-host"));
  EXPECT_TRUE(only<ResumeAsked>(world.events).empty());
}

// Paper, section 3.1.
TEST_F(Placing, WhoAsksIsToldByAnIq) {
  const LinkId link = world.placed(elsewhere());
  world.feed(link, testing::kAskRedirection);
  EXPECT_EQ(world.said(link),
            "<iq type='result' id='r1'><redirection xmlns='urn:muster:presence-cluster:1'>"
            "[2001:db8::2]:5222</redirection></iq>");
  EXPECT_FALSE(world.closed(link));
}

TEST_F(Placing, AnEmptyAnswerSaysToStay) {
  const LinkId link = world.placed({Outcome::here, nullptr});
  world.feed(link, testing::kAskRedirection);
  EXPECT_EQ(world.said(link), "<iq type='result' id='r1'/>");
  EXPECT_EQ(world.state(link), "binding");
}

TEST_F(Placing, WhatAsksForNoPlaceIsRefused) {
  const LinkId link = world.placed({Outcome::here, nullptr});
  for (const std::string_view bad :
       {"<iq type='set' id='r1'><redirection xmlns='urn:muster:presence-cluster:1'/></iq>",
        "<iq type='get' id='r1'><svr-load xmlns='urn:muster:presence-cluster:1'/></iq>"}) {
    world.forget();
    world.feed(link, bad);
    EXPECT_THAT(world.said(link), HasSubstr("<bad-request ")) << bad;
    EXPECT_EQ(world.state(link), "binding");
  }
}

// Most clients follow nothing: they come back.
TEST_F(Placing, WhoComesBackIsRemembered) {
  const auto again = [&] {
    world.forget();
    world.placing();
    return only<StreamToPlace>(world.events).at(0).again;
  };
  world.feed(world.placed(elsewhere()), testing::kBind);
  EXPECT_TRUE(again());
  world.pass(XmppStreams::kFollowersTime);
  EXPECT_FALSE(again());
  world.feed(world.placed(elsewhere()), testing::kAskRedirection);
  EXPECT_TRUE(again()) << "told is told";
}

TEST_F(Placing, WhoWasNotSentAwayIsNot) {
  world.feed(world.placed({Outcome::here, nullptr}), testing::kBind);
  world.feed(world.placed({Outcome::full, nullptr}), testing::kBind);
  world.forget();
  world.placing();
  EXPECT_FALSE(only<StreamToPlace>(world.events).at(0).again);
}

// Who is to go elsewhere may have a session that waits here; but it is not hers to have.
TEST_F(Placing, WithoutAServerNoSessionIsResumed) {
  for (const Outcome outcome : {Outcome::full, Outcome::unknown}) {
    const LinkId link = world.placed({outcome, nullptr});
    world.feed(link, kResume);
    EXPECT_THAT(world.said(link), HasSubstr("<failed xmlns='urn:xmpp:sm:3'><resource-constraint "));
    EXPECT_EQ(world.state(link), "binding");
    EXPECT_TRUE(only<ResumeAsked>(world.events).empty());
  }
}

// For want of a server there is the answer that RFC 6120 section 7.7.2.2 has for want of room, and
// she may try again.
TEST_F(Placing, WithoutAServerThereIsNoSession) {
  for (const Outcome outcome : {Outcome::full, Outcome::unknown}) {
    const LinkId link = world.placed({outcome, nullptr});
    world.feed(link, testing::kBind);
    EXPECT_THAT(world.said(link), HasSubstr("<error type='wait'><resource-constraint "));
    EXPECT_EQ(world.state(link), "binding");
    EXPECT_TRUE(only<BindAsked>(world.events).empty());
  }
}

// One that has no XMPP, as after a change of what it serves.
TEST_F(Placing, NorWhereHerServerCannotBeReached) {
  const LinkId link =
      world.placed({Outcome::elsewhere, std::make_shared<const ServerContacts>(ServerContacts{})});
  world.feed(link, testing::kBind);
  EXPECT_THAT(world.said(link), HasSubstr("<resource-constraint "));
}

// --- who does not follow -------------------------------------------------------------------------

class Relaying : public Placing {
 protected:
  // She was told, and has come back; what she had sent before her place was known waits.
  LinkId relayed(std::string_view unread = {}) {
    world.feed(world.placed(elsewhere()), testing::kBind);
    const LinkId link = world.placing();
    if (!unread.empty()) world.feed(link, unread);
    world.forget();
    world.input(StreamPlaced{link, elsewhere()});
    return link;
  }
};

TEST_F(Relaying, WhoComesBackIsRelayedToHerServer) {
  const LinkId link = relayed();
  const auto streams = only<RelayStream>(world.events);
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_EQ(streams[0].link, link);
  EXPECT_EQ(streams[0].to, 2u);
  EXPECT_EQ(streams[0].account, StreamWorld::alice());
  EXPECT_EQ(streams[0].domain, "example.com");
  EXPECT_EQ(streams[0].remote, StreamWorld::peer());
  EXPECT_TRUE(streams[0].secure);
  EXPECT_EQ(only<ResumeReading>(world.orders).size(), 1u);
  EXPECT_EQ(world.said(link), "");
}

// What an event shows of it is read in its step; so it is fed here without feed().
TEST_F(Relaying, WhatSheSendsGoesOnAsItIs) {
  const LinkId link = relayed();
  for (const std::string_view bytes : {testing::kHeader, std::string_view("<no"), kResume}) {
    world.forget();
    world.input(BytesReceived{link, bytes});
    const auto sent = only<BytesToRelay>(world.events);
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].link, link);
    EXPECT_EQ(sent[0].bytes, bytes);
  }
  EXPECT_EQ(world.state(link), "relaying");
}

TEST_F(Relaying, SoDoesWhatSheHadSentBefore) {
  relayed(testing::kHeader);
  EXPECT_EQ(only<RelayStream>(world.events).at(0).unread, testing::kHeader);
}

// One answer of the store may be for several.
TEST_F(Relaying, SeveralAreRelayedInOneStep) {
  world.feed(world.placed(elsewhere()), testing::kBind);
  const LinkId first = world.placing();
  const LinkId second = world.placing();
  world.feed(first, "<first/>");
  world.feed(second, "<second/>");
  world.forget();
  for (const LinkId link : {first, second})
    world.streams.on(world.world.now, StreamPlaced{link, elsewhere()}, world.world.out);
  world.wake();
  world.input(LinkClosed{LinkId{999, 1}});
  const auto streams = only<RelayStream>(world.events);
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_EQ(streams[0].unread, "<first/>");
  EXPECT_EQ(streams[1].unread, "<second/>");
}

TEST_F(Relaying, HerSilenceIsHerServersToLookAfter) {
  const LinkId link = relayed();
  world.pass(Duration::minutes(60));
  EXPECT_EQ(world.state(link), "relaying");
}

TEST_F(Relaying, ItEndsWithItsLink) {
  const LinkId link = relayed();
  world.input(LinkClosed{link});
  ASSERT_EQ(only<RelayedStreamEnded>(world.events).size(), 1u);
  EXPECT_EQ(only<RelayedStreamEnded>(world.events)[0].link, link);
  EXPECT_EQ(world.streams.size(), 0u);
}

TEST_F(Relaying, ItEndsWhenHerServerEndsIt) {
  const LinkId link = relayed();
  world.input(RelayedStreamBegun{link});
  EXPECT_EQ(world.state(link), "relayed");
  world.input(EndRelayedStream{link, false});
  EXPECT_TRUE(world.closed(link));
  EXPECT_EQ(world.said(link), "") << "the last words were said there";
}

TEST_F(Relaying, IfItIsLostSheIsTold) {
  for (const bool begun : {false, true}) {
    const LinkId link = relayed();
    if (begun) world.input(RelayedStreamBegun{link});
    world.input(EndRelayedStream{link, true});
    EXPECT_TRUE(world.closed(link));
    EXPECT_THAT(world.said(link), HasSubstr("<remote-connection-failed "));
    EXPECT_EQ(world.said(link).starts_with("<stream:error>"), begun) << "behind a header";
  }
}

TEST_F(Relaying, ItEndsWithThisServer) {
  const LinkId link = relayed();
  world.input(RelayedStreamBegun{link});
  world.input(StopAsked{});
  EXPECT_THAT(world.said(link), HasSubstr("<system-shutdown "));
  EXPECT_EQ(only<RelayedStreamEnded>(world.events).size(), 1u);
}

// --- at her server

class Relayed : public Placing {
 protected:
  static constexpr LinkId kLink{kRelayedSlot | 3u, 1};
  void come() {
    world.input(
        RelayedStreamCame{kLink, StreamWorld::alice(), "example.com", StreamWorld::peer(), true});
  }
  void feed(std::string_view bytes) { world.input(RelayedBytes{kLink, bytes}); }
};

TEST_F(Relayed, AStreamBeginsAsBehindSasl) {
  come();
  EXPECT_EQ(world.said(kLink), "") << "that she has proved who she is was said";
  ASSERT_EQ(only<StreamToPlace>(world.events).size(), 1u);
  EXPECT_EQ(only<StreamToPlace>(world.events)[0].account, StreamWorld::alice());
  feed(testing::kHeader);
  EXPECT_EQ(world.said(kLink), "");
  world.input(StreamPlaced{kLink, {Outcome::here, nullptr}});
  EXPECT_THAT(world.said(kLink), HasSubstr(kFeatures));
  feed(testing::kBind);
  EXPECT_EQ(only<BindAsked>(world.events).size(), 1u);
}

TEST_F(Relayed, AServerThatStopsSaysSoBehindAHeader) {
  world.input(StopAsked{});
  come();
  EXPECT_THAT(world.said(kLink), HasSubstr("<system-shutdown "));
  EXPECT_THAT(world.said(kLink), ::testing::StartsWith("<?xml"));
  EXPECT_TRUE(world.closed(kLink));
}

TEST_F(Relayed, AShardHasSoManyStreams) {
  world.world.settings.limits.streams_per_shard_max = 1;
  world.open();
  come();
  EXPECT_THAT(world.said(kLink), HasSubstr("<resource-constraint "));
  EXPECT_THAT(world.said(kLink), ::testing::StartsWith("<?xml"));
  EXPECT_TRUE(world.closed(kLink));
}

TEST_F(Relayed, NobodyRelaysOn) {
  come();
  world.input(StreamPlaced{kLink, elsewhere()});
  feed(testing::kHeader);
  feed(testing::kBind);
  EXPECT_THAT(world.said(kLink), HasSubstr("<see-other-host "));
  come();
  EXPECT_TRUE(only<StreamToPlace>(world.events).back().again);
  world.input(StreamPlaced{kLink, elsewhere()});
  EXPECT_TRUE(only<RelayStream>(world.events).empty());
}

// Whoever has come by herself can: she is told to come so again, once.
TEST_F(Relayed, WhoIsKnownToFollowIsToldOnce) {
  cluster::ServerEndpoint own;
  own.kind = cluster::ServerEndpoint::Kind::xmpp;
  own.contact = "xmpp:s1.example.com:5222";
  world.world.settings.cluster->self.endpoints = {own};
  const auto come_and_bind = [&] {
    world.forget();
    come();
    world.input(StreamPlaced{kLink, {Outcome::here, nullptr}});
    feed(testing::kHeader);
    feed(testing::kBind);
    world.input(RelayedLinkClosed{kLink});
    return world.said(kLink).ends_with("</see-other-host></stream:error></stream:stream>");
  };
  EXPECT_FALSE(come_and_bind()) << "nothing is known of her";
  world.placed({Outcome::here, nullptr});
  EXPECT_TRUE(come_and_bind());
  EXPECT_THAT(world.said(kLink), HasSubstr(">s1.example.com:5222</see-other-host>"));
  EXPECT_FALSE(come_and_bind()) << "it is another one that does not";
  world.placed({Outcome::here, nullptr});
  EXPECT_TRUE(come_and_bind()) << "she does";
}

// And who asks is told, for it is one that follows.
TEST_F(Relayed, WhoIsKnownToFollowMayAsk) {
  cluster::ServerEndpoint own;
  own.kind = cluster::ServerEndpoint::Kind::xmpp;
  own.contact = "xmpp:s1.example.com:5222";
  world.world.settings.cluster->self.endpoints = {own};
  world.placed({Outcome::here, nullptr});
  world.forget();
  come();
  world.input(StreamPlaced{kLink, {Outcome::here, nullptr}});
  feed(testing::kHeader);
  feed(testing::kAskRedirection);
  EXPECT_THAT(world.said(kLink), HasSubstr(">s1.example.com:5222</redirection>"));
}

// Where this server has no address to be told, she is served.
TEST_F(Relayed, WithoutAnAddressNobodyIsSentToIt) {
  world.placed({Outcome::here, nullptr});
  world.forget();
  come();
  world.input(StreamPlaced{kLink, {Outcome::here, nullptr}});
  feed(testing::kHeader);
  feed(testing::kBind);
  EXPECT_EQ(only<BindAsked>(world.events).size(), 1u);
}

TEST_F(Relayed, ItEndsWithItsLink) {
  come();
  world.input(StreamPlaced{kLink, {Outcome::here, nullptr}});
  feed(testing::kHeader);
  feed(testing::kBind);
  world.input(BindGranted{kLink, StreamWorld::session(), StreamWorld::alice().with_resource("a")});
  world.input(RelayedLinkClosed{kLink});
  ASSERT_EQ(only<StreamEnded>(world.events).size(), 1u);
  EXPECT_EQ(only<StreamEnded>(world.events)[0].how, StreamEnd::lost);
}

// --- who moves -----------------------------------------------------------------------------------

TEST_F(Placing, WhoHasMovedIsSentToHerNewServer) {
  const LinkId link = world.placed({Outcome::here, nullptr});
  world.feed(link, testing::kBind);
  world.input(BindGranted{link, StreamWorld::session(), StreamWorld::alice().with_resource("a")});
  world.forget();
  world.input(RedirectStream{link, elsewhere().at});
  EXPECT_EQ(world.said(link),
            "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
            "[2001:db8::2]:5222</see-other-host></stream:error></stream:stream>");
  EXPECT_EQ(world.state(link), "closed");
  EXPECT_EQ(only<StreamEnded>(world.events).size(), 1u);
  // It is over: what comes still is nobody's.
  world.forget();
  world.feed(link, "<presence/>");
  EXPECT_TRUE(only<StanzaReceived>(world.events).empty());
  world.input(RedirectStream{link, elsewhere().at});
  EXPECT_EQ(world.said(link), "") << "once";
  world.feed(link, testing::kStreamEndTag);
  EXPECT_TRUE(world.closed(link));
}

// She was told when she moved: that she is not told again spares her a login.
TEST_F(Placing, WhoHasMovedAndComesBackIsRelayedAtOnce) {
  const LinkId link = world.placed({Outcome::here, nullptr});
  world.feed(link, testing::kBind);
  world.input(BindGranted{link, StreamWorld::session(), StreamWorld::alice().with_resource("a")});
  world.input(RedirectStream{link, elsewhere().at});
  world.forget();
  const LinkId next = world.placing();
  EXPECT_TRUE(only<StreamToPlace>(world.events).at(0).again);
  world.input(StreamPlaced{next, elsewhere()});
  EXPECT_EQ(only<RelayStream>(world.events).size(), 1u);
}

// But who has been moved on since is told so.
TEST_F(Placing, WhoWasToldAnotherServerIsToldAnew) {
  world.feed(world.placed(elsewhere()), testing::kBind);
  ServerContacts third = *elsewhere().at;
  third.server = 3;
  const LinkId link =
      world.placed({Outcome::elsewhere, std::make_shared<const ServerContacts>(third)});
  EXPECT_TRUE(only<RelayStream>(world.events).empty());
  world.feed(link, testing::kBind);
  EXPECT_THAT(world.said(link), HasSubstr("<see-other-host "));
}

TEST_F(Placing, AStreamThatIsGoneIsSentNowhere) {
  world.input(RedirectStream{LinkId{99, 1}, elsewhere().at});
  EXPECT_TRUE(world.orders.empty());
}

}  // namespace xmpp_stream_placing_test
}  // namespace muster
