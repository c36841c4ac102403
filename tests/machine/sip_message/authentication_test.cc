// Who must prove to be whom (RFC 3261 section 22, RFC 8760), and what comes of it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/sip_message/sip_messages.h"
#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_authentication_test {

using Outcome = DigestAnswered::Outcome;

Address alice() {
  return Address::of_canonical("alice", "example.com");
}

class Authentication : public ::testing::Test {
 protected:
  Authentication() { world.settings.loopback_sip_trusted = false; }

  AskDigest only_question() {
    const auto asked = world.ordered<AskDigest>();
    EXPECT_EQ(asked.size(), 1u);
    return asked.empty() ? AskDigest{} : asked[0];
  }
  void reply(Ticket ticket, Outcome outcome, Address account = {},
             std::vector<std::string> challenges = {}) {
    world.give(DigestAnswered{ticket, outcome, std::move(account), std::move(challenges)});
  }

  SipWorld world;
};

TEST_F(Authentication, AllButOptionsIsAsked) {
  for (const std::string method : {"REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "NOTIFY", "INFO",
                                   "BYE", "REFER", "UPDATE", "PRACK"}) {
    SipText request{.method = method};
    request.via += method;
    request.call_id += method;
    world.datagram(request);
    EXPECT_EQ(world.ordered<AskDigest>().size(), 1u) << method;
    EXPECT_TRUE(world.said<SipRequestReceived>().empty());
  }
  world.datagram(SipText{.method = "OPTIONS"});
  const auto told = world.said<SipRequestReceived>();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].identity.empty());
  world.datagram(SipText{.method = "ACK"});
  world.datagram(SipText{.method = "CANCEL"});
  world.datagram(SipText{.method = "INVITE"});
  EXPECT_TRUE(world.ordered<AskDigest>().empty());
}

TEST_F(Authentication, TheQuestion) {
  world.datagram(SipText{.uri = "sip:bob@example.com;x=1",
                         .from = "\"A\" <sip:Alice@Example.com>;tag=1",
                         .rows = "Authorization: Digest one=\"1\", two=2\r\n"
                                 "Authorization: Basic three\r\n"});
  const AskDigest ask = only_question();
  EXPECT_EQ(ask.method, "SUBSCRIBE");
  EXPECT_EQ(ask.realm, "example.com");
  EXPECT_EQ(ask.request_uri, "sip:bob@example.com;x=1");
  EXPECT_EQ(ask.authorizations,
            (std::vector<std::string>{"Digest one=\"1\", two=2", "Basic three"}));
}

TEST_F(Authentication, LoopbackIsTrustedIfSaidSo) {
  world.settings.loopback_sip_trusted = true;
  world.datagram(SipText{});
  auto told = world.said<SipRequestReceived>();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].identity, alice());
  world.phone = *parse_endpoint("[::1]:40000");
  world.datagram(SipText{.call_id = "call-2"});
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
  world.phone = *parse_endpoint("198.51.100.1:40000");
  world.datagram(SipText{.call_id = "call-3"});
  EXPECT_TRUE(world.said<SipRequestReceived>().empty());
  only_question();
}

TEST_F(Authentication, Proved) {
  const SipText request{};
  world.datagram(request);
  reply(only_question().ticket, Outcome::proved, alice());
  const auto told = world.said<SipRequestReceived>();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].identity, alice());
  EXPECT_EQ(told[0].read->bytes, request.text());
  EXPECT_EQ(told[0].flow, world.udp_flow());
  world.answer(told[0].request);
  EXPECT_EQ(world.statuses(), std::vector{200});
}

TEST_F(Authentication, WhoIsProvedSpeaksForHerselfOnly) {
  world.datagram(SipText{});
  reply(only_question().ticket, Outcome::proved, Address::of_canonical("mallory", "example.com"));
  EXPECT_EQ(world.statuses(), std::vector{403});
  EXPECT_TRUE(world.said<SipRequestReceived>().empty());
  EXPECT_TRUE(world.sip().idle());
}

// RFC 8760 section 2.3: the topmost is liked best.
TEST_F(Authentication, ChallengedInTheOrderGiven) {
  world.datagram(SipText{});
  reply(only_question().ticket, Outcome::challenged, {},
        {"Digest realm=\"example.com\", algorithm=SHA-256", "Digest realm=\"example.com\""});
  const auto sent = world.only_sent();
  EXPECT_EQ(sent.status(), 401);
  const auto message = sip::parse_message(sent.text);
  std::vector<std::string> rows;
  for (const auto row : message->rows(sip::HeaderName::www_authenticate))
    rows.emplace_back(row);
  EXPECT_EQ(rows, (std::vector<std::string>{"Digest realm=\"example.com\", algorithm=SHA-256",
                                            "Digest realm=\"example.com\""}));
  EXPECT_NE(sent.header("To").find(";tag="), std::string::npos);
  // Without a trace (8.2.7): a repetition is asked for anew, and gets the same To tag.
  EXPECT_TRUE(world.sip().idle());
  world.datagram(SipText{});
  reply(only_question().ticket, Outcome::challenged, {}, {"Digest realm=\"example.com\""});
  EXPECT_EQ(world.only_sent().header("To"), sent.header("To"));
  // So does the request with credentials, which is another one (22.2).
  world.datagram(SipText{.via = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKtwo", .cseq = "2"});
  reply(only_question().ticket, Outcome::proved, alice());
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
}

TEST_F(Authentication, MalformedAndFailed) {
  world.datagram(SipText{});
  reply(only_question().ticket, Outcome::malformed);
  EXPECT_EQ(world.statuses(), std::vector{400});
  world.datagram(SipText{});
  reply(only_question().ticket, Outcome::store_failed);
  EXPECT_EQ(world.statuses(), std::vector{500});
}

// One question for a request, however often it comes.
TEST_F(Authentication, RepetitionsWait) {
  world.datagram(SipText{});
  const AskDigest ask = only_question();
  world.datagram(SipText{});
  world.wait(kSipT1);
  world.datagram(SipText{});
  EXPECT_TRUE(world.ordered<AskDigest>().empty());
  EXPECT_TRUE(world.sent().empty());
  reply(ask.ticket, Outcome::proved, alice());
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
}

TEST_F(Authentication, AnAnswerToWhatIsGoneIsNone) {
  world.datagram(SipText{});
  const AskDigest ask = only_question();
  world.wait(kSipTransactionTime + kSipTryingTime);
  world.sent();
  for (const Outcome outcome :
       {Outcome::proved, Outcome::challenged, Outcome::malformed, Outcome::store_failed}) {
    reply(ask.ticket, outcome, alice(), {"Digest x"});
    reply(Ticket(0), outcome, alice(), {"Digest x"});
    reply(Ticket(~std::uint64_t{0}), outcome, alice(), {"Digest x"});
  }
  EXPECT_TRUE(world.sent().empty());
  EXPECT_TRUE(world.said<SipRequestReceived>().empty());
}

TEST_F(Authentication, TheSecondAnswerIsNone) {
  world.datagram(SipText{});
  const AskDigest ask = only_question();
  reply(ask.ticket, Outcome::proved, alice());
  reply(ask.ticket, Outcome::proved, alice());
  reply(ask.ticket, Outcome::challenged, {}, {"Digest x"});
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
  EXPECT_TRUE(world.sent().empty());
}

// Over a stream, while its link goes: the answer finds nobody, and nothing breaks.
TEST_F(Authentication, TheLinkGoesMeanwhile) {
  const LinkId link = world.open_link(0);
  world.bytes(link, SipText{}.text());
  const AskDigest ask = only_question();
  world.give(LinkClosed{link});
  reply(ask.ticket, Outcome::challenged, {}, {"Digest x"});
  EXPECT_TRUE(world.sent().empty());
  EXPECT_EQ(world.ordered<OpenLink>().size(), 1u);  // 18.2.2
  EXPECT_TRUE(world.sip().idle());
}

}  // namespace sip_message_authentication_test
}  // namespace muster::testing
