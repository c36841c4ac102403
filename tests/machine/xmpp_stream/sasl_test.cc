// RFC 6120 section 6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_sasl_test {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::only;
using testing::StreamWorld;

std::string auth(std::string_view mechanism, std::string_view data = "AGEAYg==") {
  return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" + std::string(mechanism) +
         "'>" + std::string(data) + "</auth>";
}
std::string failure(std::string_view condition) {
  return "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + std::string(condition) +
         "/></failure>";
}
SaslAnswered failed(LinkId link, SaslError why = SaslError::not_authorized) {
  return {link, SaslAnswered::Outcome::failure, {}, {}, why};
}
SaslAnswered succeeded(LinkId link, Address who = StreamWorld::alice()) {
  return {link, SaslAnswered::Outcome::success, {}, std::move(who), {}};
}

TEST(Sasl, AsksOutsideWithMechanismDataAndDomain) {
  StreamWorld world;
  const LinkId link = world.secure_negotiating();
  world.forget();
  world.feed(link, auth("SCRAM-SHA-256", "biws"));
  const auto asked = only<AskSasl>(world.orders);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].link, link);
  EXPECT_EQ(asked[0].domain, "example.com");
  EXPECT_EQ(asked[0].mechanism, "SCRAM-SHA-256");
  EXPECT_EQ(asked[0].data, "biws");
  EXPECT_FALSE(asked[0].abort);
  EXPECT_EQ(only<PauseReading>(world.orders).size(), 1u) << "a barrier";
  EXPECT_EQ(world.said(link), "");
}

// Section 6.4.2: no initial response, or an empty one.
TEST(Sasl, TellsNoDataFromEmptyData) {
  StreamWorld world;
  const LinkId link = world.secure_negotiating();
  world.feed(link, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>");
  EXPECT_EQ(only<AskSasl>(world.orders).at(0).data, std::nullopt);
  const LinkId other = world.secure_negotiating();
  world.forget();
  world.feed(other, auth("PLAIN", "="));
  EXPECT_EQ(only<AskSasl>(world.orders).at(0).data, "=");
}

// Section 6.4.3.
TEST(Sasl, CarriesChallengesAndResponses) {
  StreamWorld world;
  const LinkId link = world.asking_sasl();
  world.forget();
  world.input(SaslAnswered{link, SaslAnswered::Outcome::challenge, "cj1h", {}, {}});
  EXPECT_EQ(world.said(link),
            "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>cj1h</challenge>");
  EXPECT_EQ(only<ResumeReading>(world.orders).size(), 1u);
  world.forget();
  world.feed(link, testing::kResponse);
  const AskSasl asked = only<AskSasl>(world.orders).at(0);
  EXPECT_EQ(asked.mechanism, std::nullopt);
  EXPECT_EQ(asked.data, "Yz1iaXdz");
  world.forget();
  world.input(SaslAnswered{link, SaslAnswered::Outcome::challenge, {}, {}, {}});
  EXPECT_EQ(world.said(link), "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
}

// Section 6.4.6: success, with data or without; then a new header is awaited, not a stanza.
TEST(Sasl, SuccessBeginsTheStreamAnew) {
  StreamWorld world;
  const LinkId link = world.asking_sasl();
  world.forget();
  world.input(SaslAnswered{link, SaslAnswered::Outcome::success, "dj1h", StreamWorld::alice(), {}});
  EXPECT_EQ(world.said(link), "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>dj1h</success>");
  EXPECT_EQ(world.state(link), "reopening");
  world.forget();
  world.feed(link, testing::kHeader);
  EXPECT_THAT(world.said(link), HasSubstr("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"));
  EXPECT_THAT(world.said(link), HasSubstr("<session xmlns='urn:ietf:params:xml:ns:xmpp-session'>"
                                          "<optional/></session>"));
  EXPECT_THAT(world.said(link), HasSubstr("<ver xmlns='urn:xmpp:features:rosterver'/>"));
  EXPECT_THAT(world.said(link), HasSubstr("<sub xmlns='urn:xmpp:features:pre-approval'/>"));
  EXPECT_THAT(world.said(link), Not(HasSubstr("mechanisms")));
}

TEST(Sasl, SuccessWithoutDataIsAnEmptyElement) {
  StreamWorld world;
  const LinkId link = world.asking_sasl();
  world.forget();
  world.input(succeeded(link));
  EXPECT_EQ(world.said(link), "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
}

// The stream goes to where its user lives, with all that it needs there; success is said there.
TEST(Sasl, MovesTheLinkToTheHomeShard) {
  StreamWorld world(8);
  const Address alice = StreamWorld::alice();
  ASSERT_NE(world.world.shard.home_of(alice), world.world.shard.self);
  const LinkId link = world.asking_sasl();
  world.feed(link, "<stream:str");
  world.forget();
  world.input(SaslAnswered{link, SaslAnswered::Outcome::success, "dj1h", alice, {}});
  const auto moved = only<HandOver>(world.orders);
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].to, world.world.shard.home_of(alice));
  EXPECT_EQ(moved[0].stream.account, alice);
  EXPECT_EQ(moved[0].stream.domain, "example.com");
  EXPECT_TRUE(moved[0].stream.secure);
  EXPECT_EQ(moved[0].stream.unread, "<stream:str");
  EXPECT_EQ(world.said(link), "");
  EXPECT_EQ(world.streams.size(), 0u);

  // There.
  StreamWorld home(8);
  const LinkId arrived{3, 1};
  home.input(LinkArrived{arrived, {}, StreamWorld::peer(), Transport::tcp, moved[0].stream});
  EXPECT_THAT(home.said(arrived), HasSubstr("<success"));
  home.feed(arrived,
            "eam to='example.com' version='1.0' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams'>");
  EXPECT_EQ(home.state(arrived), "binding");
}

// Section 6.3.4: in clear nothing is offered that the operator did not allow.
TEST(Sasl, RefusesWhatWasNotOffered) {
  StreamWorld world;
  const LinkId clear = world.negotiating();
  world.forget();
  world.feed(clear, auth("PLAIN"));
  EXPECT_EQ(world.said(clear), failure("encryption-required"));
  world.forget();
  world.feed(clear, auth("CRAM-MD5"));
  EXPECT_EQ(world.said(clear), failure("invalid-mechanism"));
  world.forget();
  world.feed(clear, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AGEAYg==</auth>");
  EXPECT_EQ(world.said(clear), failure("invalid-mechanism"));
  EXPECT_TRUE(only<AskSasl>(world.orders).empty());

  world.world.settings.plain_without_tls = true;
  const LinkId allowed = world.negotiating();
  EXPECT_THAT(world.said(allowed), HasSubstr("<mechanism>PLAIN</mechanism>"));
  EXPECT_THAT(world.said(allowed), Not(HasSubstr("-PLUS")));
  EXPECT_THAT(world.said(allowed), Not(HasSubstr("sasl-channel-binding")));
  world.forget();
  world.feed(allowed, auth("SCRAM-SHA-256-PLUS"));
  EXPECT_EQ(world.said(allowed), failure("encryption-required"));
  world.feed(allowed, auth("PLAIN"));
  EXPECT_EQ(only<AskSasl>(world.orders).size(), 1u);
}

// Section 6.4.4.
TEST(Sasl, AbortForgetsTheExchange) {
  StreamWorld world;
  const LinkId link = world.challenged();
  world.forget();
  world.feed(link, testing::kAbort);
  EXPECT_EQ(world.said(link), failure("aborted"));
  EXPECT_TRUE(only<AskSasl>(world.orders).at(0).abort);
  EXPECT_EQ(world.state(link), "negotiating");
}

// Section 6.4.2: another <auth/> discards the handshake under way.
TEST(Sasl, AnotherAuthBeginsAnew) {
  StreamWorld world;
  const LinkId link = world.challenged();
  world.forget();
  world.feed(link, auth("PLAIN"));
  EXPECT_EQ(only<AskSasl>(world.orders).at(0).mechanism, "PLAIN");
  EXPECT_EQ(world.said(link), "");
}

// Section 6.4.5: retries, and the end of them.
TEST(Sasl, EndsAfterTooManyFailures) {
  StreamWorld world;
  world.world.settings.limits.sasl_attempts_max = 3;
  const LinkId link = world.secure_negotiating();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(world.state(link), "negotiating") << attempt;
    world.feed(link, auth("PLAIN"));
    world.forget();
    world.input(failed(link));
    EXPECT_THAT(world.said(link), ::testing::StartsWith(failure("not-authorized")));
  }
  EXPECT_THAT(world.said(link), HasSubstr("<stream:error><policy-violation"));
  EXPECT_TRUE(world.closed(link));
}

TEST(Sasl, CountsRefusedAndAbandonedAttemptsToo) {
  StreamWorld world;
  world.world.settings.limits.sasl_attempts_max = 3;
  const LinkId refused = world.secure_negotiating();
  world.feed(refused, auth("X") + auth("X"));
  EXPECT_EQ(world.state(refused), "negotiating");
  world.feed(refused, auth("X"));
  EXPECT_EQ(world.state(refused), "closed");

  const LinkId abandoned = world.secure_negotiating();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    world.feed(abandoned, testing::kAuthScram);
    world.input(SaslAnswered{abandoned, SaslAnswered::Outcome::challenge, "YQ==", {}, {}});
    EXPECT_EQ(world.state(abandoned), "challenged");
  }
  world.forget();
  world.feed(abandoned, testing::kAuthScram);
  EXPECT_THAT(world.said(abandoned), HasSubstr("policy-violation"));
  EXPECT_TRUE(only<AskSasl>(world.orders).empty());
}

TEST(Sasl, SaysWhyItFailed) {
  for (const auto& [why, name] : std::vector<std::pair<SaslError, std::string>>{
           {SaslError::incorrect_encoding, "incorrect-encoding"},
           {SaslError::invalid_authzid, "invalid-authzid"},
           {SaslError::malformed_request, "malformed-request"},
           {SaslError::temporary_auth_failure, "temporary-auth-failure"}}) {
    StreamWorld world;
    const LinkId link = world.asking_sasl();
    world.forget();
    world.input(failed(link, why));
    EXPECT_EQ(world.said(link), failure(name));
    const auto logs = only<Log>(world.orders);
    ASSERT_EQ(logs.size(), 1u);
    EXPECT_EQ(logs[0].what, "xmpp-login-failed");
    EXPECT_EQ(logs[0].who, "192.0.2.1:4711");
    EXPECT_EQ(logs[0].detail, name);
  }
}

// Bytes behind <auth/> wait for its outcome, and are read under the rules that then hold.
TEST(Sasl, WhatComesBehindWaits) {
  StreamWorld world;
  const LinkId link = world.secure_negotiating();
  world.feed(link, auth("PLAIN") + std::string(testing::kHeader));
  world.forget();
  world.feed(link, testing::kBind);
  EXPECT_EQ(world.said(link), "");
  world.input(succeeded(link));
  EXPECT_EQ(world.state(link), "awaiting_binding");
  EXPECT_EQ(only<BindAsked>(world.events).size(), 1u);
}

// Section 6.4.6: a `from` said under TLS must be who then authenticates.
TEST(Sasl, ComparesTheHeadersFromUnderTls) {
  const auto log_in = [](std::string_view from, bool secure) {
    StreamWorld world;
    world.world.settings.plain_without_tls = true;
    const LinkId link = secure ? world.secure_opening() : world.open();
    world.feed(link, "<stream:stream to='example.com' version='1.0' from='" + std::string(from) +
                         "' xmlns='jabber:client' "
                         "xmlns:stream='http://etherx.jabber.org/streams'>");
    world.feed(link, auth("PLAIN"));
    world.forget();
    world.input(succeeded(link));
    return std::make_pair(std::string(world.state(link)), world.said(link));
  };
  EXPECT_EQ(log_in("alice@example.com", true).first, "reopening");
  EXPECT_EQ(log_in("ALICE@example.com/x", true).first, "reopening");
  EXPECT_EQ(log_in("bob@example.com", false).first, "reopening") << "could be anybody's words";
  const auto [state, said] = log_in("bob@example.com", true);
  EXPECT_EQ(state, "closed");
  EXPECT_THAT(said, HasSubstr("<invalid-from "));
  EXPECT_THAT(said, Not(HasSubstr("<success")));
}

TEST(Sasl, TheNewHeaderMustBeOfWhoAuthenticated) {
  const auto reopen = [](std::string_view attributes) {
    StreamWorld world;
    const LinkId link = world.reopening();
    world.forget();
    world.feed(link, "<stream:stream version='1.0' " + std::string(attributes) +
                         " xmlns='jabber:client' "
                         "xmlns:stream='http://etherx.jabber.org/streams'>");
    return world.said(link);
  };
  EXPECT_THAT(reopen("to='example.com' from='alice@example.com'"), HasSubstr("<bind "));
  EXPECT_THAT(reopen("to='example.com' from='bob@example.com'"), HasSubstr("<invalid-from "));
  EXPECT_THAT(reopen("to='example.org'"), HasSubstr("<not-authorized "));
  EXPECT_THAT(reopen("to='example.net'"), HasSubstr("<host-unknown "));
}

TEST(Sasl, AnAnswerToAClosedStreamIsForgotten) {
  StreamWorld world;
  const LinkId link = world.asking_sasl();
  world.input(LinkClosed{link});
  world.forget();
  world.input(succeeded(link));
  EXPECT_TRUE(world.orders.empty());
}

}  // namespace xmpp_stream_sasl_test
}  // namespace muster
