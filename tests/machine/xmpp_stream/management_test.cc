// Stream management as stream processing negotiates it: XEP-0198. The counting is xmpp_presence's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_world.h"

using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace muster::testing {
namespace xmpp_stream_management_test {

constexpr std::string_view kEnable = "<enable xmlns='urn:xmpp:sm:3' resume='true' max='60'/>";
constexpr std::string_view kResume = "<resume xmlns='urn:xmpp:sm:3' previd='some-id' h='7'/>";

std::string failed(std::string_view condition) {
  return "<failed xmlns='urn:xmpp:sm:3'><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>";
}

struct Management : ::testing::Test {
  // A bound stream whose session counts.
  LinkId managed() {
    const LinkId link = world.bound();
    world.feed(link, kEnable);
    world.forget();
    return link;
  }
  StreamWorld world;
};

TEST_F(Management, IsOfferedWithBinding) {
  const LinkId link = world.reopening();
  EXPECT_EQ(world.said(link).find("urn:xmpp:sm:3"), std::string::npos);
  world.feed(link, kHeader);
  EXPECT_THAT(world.said(link), HasSubstr("<sm xmlns='urn:xmpp:sm:3'/>"));
}

TEST_F(Management, EnablingIsForTheSession) {
  const LinkId link = world.bound();
  world.forget();
  world.feed(link, kEnable);
  const auto asked = only<ManagementAsked>(world.events);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].session, StreamWorld::session());
  EXPECT_TRUE(asked[0].resume);
  EXPECT_EQ(asked[0].max, Duration::seconds(60));
  EXPECT_EQ(world.said(link), "");
}

// An xs:positiveInteger has no end; nobody is waited for that long anyway.
TEST_F(Management, WhoAsksToBeWaitedForLongestIsTakenToSayAYear) {
  const LinkId link = world.bound();
  world.feed(link, "<enable xmlns='urn:xmpp:sm:3' resume='true' max='18446744073709551615'/>");
  const auto asked = only<ManagementAsked>(world.events);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].max, Duration::hours(365 * 24));
}

TEST_F(Management, WhatIsNoEnableCanBeMended) {
  for (const std::string_view bad :
       {"<enable xmlns='urn:xmpp:sm:3' resume='yes'/>", "<enable xmlns='urn:xmpp:sm:3' max='0'/>",
        "<enable xmlns='urn:xmpp:sm:3' max='soon'/>"}) {
    const LinkId link = world.bound();
    world.forget();
    world.feed(link, bad);
    EXPECT_EQ(world.said(link), failed("bad-request")) << bad;
    EXPECT_THAT(only<ManagementAsked>(world.events), IsEmpty()) << bad;
    world.feed(link, kEnable);
    EXPECT_EQ(only<ManagementAsked>(world.events).size(), 1u) << bad;
  }
}

// Section 3, last paragraph, and its example.
TEST_F(Management, ASecondEnableEndsTheStream) {
  const LinkId link = managed();
  world.feed(link, kEnable);
  EXPECT_THAT(world.said(link), HasSubstr(failed("unexpected-request")));
  EXPECT_THAT(world.said(link), HasSubstr("<policy-violation"));
  EXPECT_TRUE(world.closed(link));
  const auto ended = only<StreamEnded>(world.events);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].how, StreamEnd::over);
}

TEST_F(Management, AcksGoBothWays) {
  const LinkId link = managed();
  world.feed(link, "<r xmlns='urn:xmpp:sm:3'/><a xmlns='urn:xmpp:sm:3' h='4294967295'/>");
  EXPECT_EQ(only<AckAsked>(world.events).size(), 1u);
  const auto acks = only<AckReceived>(world.events);
  ASSERT_EQ(acks.size(), 1u);
  EXPECT_EQ(acks[0].session, StreamWorld::session());
  EXPECT_EQ(acks[0].handled, 4294967295u);
}

TEST_F(Management, AnAckWithoutACountEndsTheStream) {
  for (const std::string_view bad :
       {"<a xmlns='urn:xmpp:sm:3'/>", "<a xmlns='urn:xmpp:sm:3' h='4294967296'/>",
        "<a xmlns='urn:xmpp:sm:3' h='-1'/>"}) {
    const LinkId link = managed();
    world.feed(link, bad);
    EXPECT_THAT(world.said(link), HasSubstr("<bad-format")) << bad;
    EXPECT_TRUE(world.closed(link)) << bad;
  }
}

// Section 4: stanzas are counted, whoever handles them; the answers are counted too.
TEST_F(Management, WhatStreamProcessingTakesAndSaysIsCounted) {
  const LinkId link = managed();
  world.feed(link,
             "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
  EXPECT_EQ(only<StanzaTaken>(world.events).size(), 1u);
  const auto answers = only<StanzaForSession>(world.events);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_THAT(answers[0].xml, HasSubstr("type='result'"));
  EXPECT_EQ(world.said(link), "");
}

TEST_F(Management, SilenceIsAskedForAnAckInPlaceOfAPing) {
  const LinkId link = managed();
  world.pass(world.world.settings.limits.stream_silence_max);
  EXPECT_EQ(world.said(link), "<r xmlns='urn:xmpp:sm:3'/>");
  world.pass(world.world.settings.limits.ping_answer_time_max);
  EXPECT_THAT(world.said(link), HasSubstr("<connection-timeout"));
  const auto ended = only<StreamEnded>(world.events);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].how, StreamEnd::lost);
}

// Section 7.
TEST_F(Management, OnlyAPeersOwnEndIsAnEnd) {
  const auto end_after = [&](std::string_view bytes) {
    const LinkId link = managed();
    if (bytes.empty()) {
      world.input(LinkClosed{link});
    } else {
      world.feed(link, bytes);
    }
    return only<StreamEnded>(world.events).at(0).how;
  };
  EXPECT_EQ(end_after("</stream:stream>"), StreamEnd::over);
  EXPECT_EQ(end_after({}), StreamEnd::lost);
  EXPECT_EQ(end_after("<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                      "</stream:error>"),
            StreamEnd::lost);
  EXPECT_EQ(end_after("<message></presence>"), StreamEnd::over);
}

// --- resumption (section 5) ----------------------------------------------------------------------

TEST_F(Management, ResumingIsOfTheAccountThatAuthenticated) {
  const LinkId link = world.binding();
  world.forget();
  world.feed(link, kResume);
  const auto asked = only<ResumeAsked>(world.events);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].account, StreamWorld::alice());
  EXPECT_EQ(asked[0].id, "some-id");
  EXPECT_EQ(asked[0].handled, 7u);
  // What comes behind waits.
  world.feed(link, "<message to='bob@example.com'/>");
  EXPECT_THAT(world.stanzas, IsEmpty());
  world.input(
      ResumeGranted{link, StreamWorld::session(), StreamWorld::alice().with_resource("phone")});
  EXPECT_EQ(world.state(link), "bound");
  EXPECT_EQ(world.stanzas.size(), 1u);
  // It counts on.
  world.feed(link, "<r xmlns='urn:xmpp:sm:3'/>");
  EXPECT_EQ(only<AckAsked>(world.events).size(), 1u);
}

TEST_F(Management, WhoMayNotResumeMayBind) {
  const LinkId link = world.binding();
  world.forget();
  world.feed(link, kResume);
  world.input(ResumeRefused{link, std::nullopt});
  EXPECT_EQ(world.said(link), failed("item-not-found"));
  world.forget();
  world.feed(link, kResume);
  world.input(ResumeRefused{link, 12});
  EXPECT_THAT(world.said(link), HasSubstr("<failed xmlns='urn:xmpp:sm:3' h='12'><item-not-found"));
  world.feed(link, kBind);
  EXPECT_EQ(world.state(link), "awaiting_binding");
}

TEST_F(Management, AResumeWithoutIdOrCountIsABadRequest) {
  for (const std::string_view bad :
       {"<resume xmlns='urn:xmpp:sm:3' h='1'/>", "<resume xmlns='urn:xmpp:sm:3' previd='x'/>"}) {
    const LinkId link = world.binding();
    world.forget();
    world.feed(link, bad);
    EXPECT_EQ(world.said(link), failed("bad-request"));
    EXPECT_EQ(world.state(link), "binding");
  }
}

TEST_F(Management, WhereThereIsNoResumingItIsNotImplemented) {
  world.world.settings.limits.resumption_time_max = Duration();
  const LinkId link = world.binding();
  world.forget();
  world.feed(link, kResume);
  world.input(ResumeRefused{link, std::nullopt});
  EXPECT_EQ(world.said(link), failed("feature-not-implemented"));
}

TEST_F(Management, AttemptsToResumeAreLimited) {
  const LinkId link = world.binding();
  for (std::uint32_t i = 0; i < world.world.settings.limits.bind_attempts_max; ++i) {
    EXPECT_FALSE(world.closed(link));
    world.feed(link, kResume);
    world.input(ResumeRefused{link, std::nullopt});
  }
  EXPECT_THAT(world.said(link), HasSubstr("<policy-violation"));
  EXPECT_TRUE(world.closed(link));
}

TEST_F(Management, ASessionThatIsGrantedToNobodyWaitsOn) {
  const LinkId link = world.binding();
  world.input(LinkClosed{link});
  world.forget();
  world.input(ResumeGranted{link, StreamWorld::session(), StreamWorld::alice()});
  const auto ended = only<StreamEnded>(world.events);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].link, link);
  EXPECT_EQ(ended[0].how, StreamEnd::lost);
}

}  // namespace xmpp_stream_management_test
}  // namespace muster::testing
