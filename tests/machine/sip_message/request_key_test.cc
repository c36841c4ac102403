// Which requests are repetitions, and which came on two paths (RFC 3261 sections 17.2.3
// and 8.2.2.2).
#include "server/sip_message/request_key.h"

#include <gtest/gtest.h>

#include <string>

#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_request_key_test {

// Whether the second is taken for the first come again.
bool is_repetition(const SipText& first, const SipText& second) {
  SipWorld world;
  world.datagram(first);
  world.answer(world.only_request());
  world.sent();
  world.datagram(second);
  const auto statuses = world.statuses();
  return world.said<SipRequestReceived>().empty() && statuses == std::vector<int>{200};
}

TEST(RequestMatching, MatchesByBranchSentByAndMethod) {
  const std::string tag = "<sip:bob@example.com>;tag=b";  // in a dialog nothing merges
  const SipText first{.to = tag};
  EXPECT_TRUE(is_repetition(first, first));
  const auto via = [&](std::string value) { return SipText{.via = std::move(value), .to = tag}; };
  EXPECT_TRUE(is_repetition(first, via("SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKone")));
  EXPECT_FALSE(is_repetition(first, via("SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKtwo")));
  EXPECT_FALSE(is_repetition(first, via("SIP/2.0/UDP 192.0.2.10:5061;branch=z9hG4bKone")));
  EXPECT_FALSE(is_repetition(first, via("SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bKone")));
  EXPECT_FALSE(is_repetition(first, SipText{.method = "PUBLISH", .to = tag}));
  const auto host = [&](std::string_view name) {
    return via("SIP/2.0/UDP " + std::string(name) + ";branch=z9hG4bKone");
  };
  EXPECT_TRUE(is_repetition(host("Phone.example.com"), host("phone.EXAMPLE.com")));  // 7.3.1
  // One who gives each request the same branch is served all the same (request_key.h).
  EXPECT_FALSE(is_repetition(first, SipText{.to = tag, .cseq = "2"}));
  EXPECT_FALSE(is_repetition(first, SipText{.to = tag, .call_id = "call-2"}));
}

TEST(RequestMatching, MatchesWithoutTheCookieByRfc2543) {
  const std::string via = "SIP/2.0/UDP 192.0.2.10:5060;branch=1";
  const std::string to = "<sip:bob@example.com>;tag=b";
  const SipText first{.via = via, .to = to};
  EXPECT_TRUE(is_repetition(first, first));
  EXPECT_FALSE(is_repetition(first, SipText{.uri = "sip:carol@example.com", .via = via, .to = to}));
  EXPECT_FALSE(is_repetition(first, SipText{.via = via, .to = "<sip:bob@example.com>;tag=c"}));
  EXPECT_FALSE(is_repetition(
      first, SipText{.via = via, .from = "<sip:alice@example.com>;tag=a2", .to = to}));
  EXPECT_FALSE(is_repetition(first, SipText{.via = via, .to = to, .call_id = "call-2"}));
  EXPECT_FALSE(is_repetition(first, SipText{.via = via, .to = to, .cseq = "2"}));
  EXPECT_FALSE(is_repetition(first, SipText{.method = "PUBLISH", .via = via, .to = to}));
  EXPECT_FALSE(is_repetition(first, SipText{.via = "SIP/2.0/UDP 192.0.2.10:5060", .to = to}));
  EXPECT_TRUE(is_repetition(SipText{.via = "SIP/2.0/UDP 192.0.2.10", .to = to},
                            SipText{.via = "SIP/2.0/UDP 192.0.2.10", .to = to}));
}

TEST(RequestMatching, RefusesMergedRequests) {  // 8.2.2.2
  const std::string other = "SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bKother";
  const auto merges = [&](const SipText& second) {
    SipWorld world;
    world.datagram(SipText{});
    world.answer(world.only_request());
    world.sent();
    world.datagram(second);
    return world.statuses() == std::vector<int>{482};
  };
  EXPECT_TRUE(merges(SipText{.via = other}));
  EXPECT_FALSE(merges(SipText{.via = other, .to = "<sip:bob@example.com>;tag=b"}));
  EXPECT_FALSE(merges(SipText{.via = other, .from = "<sip:alice@example.com>;tag=a2"}));
  EXPECT_FALSE(merges(SipText{.via = other, .call_id = "call-2"}));
  EXPECT_FALSE(merges(SipText{.via = other, .cseq = "2"}));
  EXPECT_FALSE(merges(SipText{.method = "PUBLISH", .via = other}));

  SipWorld world;  // only while the first is known
  world.datagram(SipText{});
  world.answer(world.only_request());
  world.wait(kSipTransactionTime);
  world.sent();
  world.datagram(SipText{.via = other});
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
}

}  // namespace sip_message_request_key_test
}  // namespace muster::testing
