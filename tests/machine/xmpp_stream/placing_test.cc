// Where a user is served, and how an XMPP user is told (design, "The redirect ladder"; RFC 6120
// section 4.9.3.19).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_world.h"

namespace muster {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Outcome = UserPlace::Outcome;
using testing::only;
using testing::StreamWorld;

constexpr std::string_view kAsk =
    "<iq type='get' id='r1'><redirection xmlns='urn:muster:presence-cluster:1'/></iq>";
constexpr std::string_view kResume = "<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>";
constexpr std::string_view kFeatures = "<stream:features>";

UserPlace elsewhere() {
  ServerContacts contacts;
  contacts.svr_id = "sip:s2.example.com";
  contacts.xmpp = Redirection{"2001:db8::2", 5222, {}};
  return {Outcome::elsewhere, std::make_shared<const ServerContacts>(std::move(contacts))};
}

class Placing : public ::testing::Test {
 protected:
  Placing() { world.world.settings.cluster.emplace(); }

  LinkId placed(const UserPlace& place) {
    const LinkId link = world.placing();
    world.input(StreamPlaced{link, place});
    world.feed(link, testing::kHeader);
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
  world.feed(link, kAsk);
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
  const LinkId link = placed({Outcome::here, nullptr});
  world.feed(link, testing::kBind);
  EXPECT_EQ(only<BindAsked>(world.events).size(), 1u);
}

TEST_F(Placing, WhoBindsElsewhereIsSentThere) {
  const LinkId link = placed(elsewhere());
  world.feed(link, testing::kBind);
  EXPECT_EQ(world.said(link),
            "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
            "[2001:db8::2]:5222</see-other-host></stream:error></stream:stream>");
  EXPECT_TRUE(world.closed(link));
  EXPECT_TRUE(only<BindAsked>(world.events).empty());
}

TEST_F(Placing, SoIsWhoResumes) {
  const LinkId link = placed(elsewhere());
  world.feed(link, kResume);
  EXPECT_THAT(world.said(link), HasSubstr("<see-other-host"));
  EXPECT_TRUE(only<ResumeAsked>(world.events).empty());
}

// Paper, section 3.1.
TEST_F(Placing, WhoAsksIsToldByAnIq) {
  const LinkId link = placed(elsewhere());
  world.feed(link, kAsk);
  EXPECT_EQ(world.said(link),
            "<iq type='result' id='r1'><redirection xmlns='urn:muster:presence-cluster:1'>"
            "[2001:db8::2]:5222</redirection></iq>");
  EXPECT_FALSE(world.closed(link));
}

TEST_F(Placing, AnEmptyAnswerSaysToStay) {
  const LinkId link = placed({Outcome::here, nullptr});
  world.feed(link, kAsk);
  EXPECT_EQ(world.said(link), "<iq type='result' id='r1'/>");
  EXPECT_EQ(world.state(link), "binding");
}

TEST_F(Placing, WhatAsksForNoPlaceIsRefused) {
  const LinkId link = placed({Outcome::here, nullptr});
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
  world.feed(placed(elsewhere()), testing::kBind);
  EXPECT_TRUE(again());
  world.pass(ToldElsewhere::kTime);
  EXPECT_FALSE(again());
  world.feed(placed(elsewhere()), kAsk);
  EXPECT_TRUE(again()) << "told is told";
}

TEST_F(Placing, WhoWasNotSentAwayIsNot) {
  world.feed(placed({Outcome::here, nullptr}), testing::kBind);
  world.feed(placed({Outcome::full, nullptr}), testing::kBind);
  world.forget();
  world.placing();
  EXPECT_FALSE(only<StreamToPlace>(world.events).at(0).again);
}

// For want of a server there is the answer that RFC 6120 section 7.7.2.2 has for want of room, and
// she may try again.
TEST_F(Placing, WithoutAServerThereIsNoSession) {
  for (const Outcome outcome : {Outcome::full, Outcome::unknown}) {
    const LinkId link = placed({outcome, nullptr});
    world.feed(link, testing::kBind);
    EXPECT_THAT(world.said(link), HasSubstr("<error type='wait'><resource-constraint "));
    EXPECT_EQ(world.state(link), "binding");
    EXPECT_TRUE(only<BindAsked>(world.events).empty());
  }
}

// One that has no XMPP, as after a change of what it serves.
TEST_F(Placing, NorWhereHerServerCannotBeReached) {
  const LinkId link =
      placed({Outcome::elsewhere, std::make_shared<const ServerContacts>(ServerContacts{})});
  world.feed(link, testing::kBind);
  EXPECT_THAT(world.said(link), HasSubstr("<resource-constraint "));
}

// --- who moves -----------------------------------------------------------------------------------

TEST_F(Placing, WhoHasMovedIsSentToHerNewServer) {
  const LinkId link = placed({Outcome::here, nullptr});
  world.feed(link, testing::kBind);
  world.input(BindGranted{link, StreamWorld::session(), StreamWorld::alice().with_resource("a")});
  world.forget();
  world.input(RedirectStream{link, elsewhere().at});
  EXPECT_EQ(world.said(link),
            "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
            "[2001:db8::2]:5222</see-other-host></stream:error></stream:stream>");
  EXPECT_TRUE(world.closed(link));
  // It is over: what comes still is nobody's.
  world.forget();
  world.feed(link, "<presence/>");
  EXPECT_TRUE(only<StanzaReceived>(world.events).empty());
  world.input(RedirectStream{link, elsewhere().at});
  EXPECT_EQ(world.said(link), "") << "once";
}

TEST_F(Placing, AStreamThatIsGoneIsSentNowhere) {
  world.input(RedirectStream{LinkId{99, 1}, elsewhere().at});
  EXPECT_TRUE(world.orders.empty());
}

}  // namespace
}  // namespace muster
