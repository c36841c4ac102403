// How many requests, and how much of them, a shard keeps.
#include "server/sip_message/server_transactions.h"

#include <gtest/gtest.h>

#include <string>

#include "support/heap.h"
#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_server_limits_test {

SipText numbered(int number) {
  return {.via = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK" + std::to_string(number),
          .call_id = "call-" + std::to_string(number)};
}

TEST(ServerTransactionLimits, LimitOfRequests) {
  SipWorld world;
  world.settings.limits.sip_requests_per_shard_max = 3;
  for (int i = 0; i < 3; ++i)
    world.datagram(numbered(i));
  EXPECT_TRUE(world.sent().empty());
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 3u);
  world.datagram(numbered(3));
  const auto refused = world.only_sent();
  EXPECT_EQ(refused.status(), 503);
  EXPECT_EQ(refused.header("Retry-After"), "5");
  EXPECT_EQ(world.sip().counters().overloaded, 1u);
  EXPECT_EQ(world.ordered<Log>().size(), 1u);
  // Statelessly: it comes again and is refused alike, and logged no more.
  world.datagram(numbered(3));
  EXPECT_EQ(world.only_sent().text, refused.text);
  EXPECT_TRUE(world.ordered<Log>().empty());
  world.wait(SipMessages::kOverloadLogPause);
  for (int i = 0; i < 4; ++i)
    world.datagram(numbered(i));
  EXPECT_EQ(world.ordered<Log>().size(), 1u);
}

TEST(ServerTransactionLimits, AtTheLimitOldAnswersMakeRoom) {
  SipWorld world;
  world.settings.limits.sip_requests_per_shard_max = 2;
  for (int i = 0; i < 2; ++i) {
    world.datagram(numbered(i));
    world.answer(world.only_request());
    world.wait(Duration::seconds(1));
  }
  EXPECT_EQ(world.statuses(), (std::vector{200, 200}));
  world.wait(Duration::milliseconds(1'999));  // the first answer is 3.999 s old
  world.datagram(numbered(2));
  EXPECT_EQ(world.statuses(), std::vector{503});
  world.wait(Duration::milliseconds(1));
  world.datagram(numbered(2));
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
  EXPECT_EQ(world.sip().counters().forgotten, 1u);
  world.datagram(numbered(1));  // the younger one is still known
  EXPECT_EQ(world.statuses(), std::vector{200});
  world.datagram(numbered(0));
  EXPECT_EQ(world.statuses(), std::vector{503});
}

TEST(ServerTransactionLimits, LimitOfRequestBytes) {
  SipWorld world;
  const auto one =
      static_cast<std::uint32_t>(ServerTransaction::Request(numbered(0).text(), Flow()).bytes());
  world.settings.limits.sip_request_bytes_per_shard_max = 2 * one;
  world.datagram(numbered(0));
  const SipRequestId first = world.only_request();
  world.datagram(numbered(1));
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
  world.datagram(numbered(2));
  EXPECT_EQ(world.statuses(), std::vector{503});
  world.answer(first);  // its bytes are given back
  EXPECT_EQ(world.statuses(), std::vector{200});
  world.datagram(numbered(2));
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
}

// What is kept of an answered request for 32 s, all tables and allocations counted.
TEST(ServerTransactionLimits, AnAnswerCostsLittleMemory) {
  static_assert(sizeof(ServerTransaction) <= 72);
  SipWorld world;
  const auto serve = [&](int from, int count) {
    for (int i = from; i < from + count; ++i) {
      world.datagram(numbered(i));
      SipResponseReady ready;
      ready.request = world.only_request();
      ready.to_tag = "m00000000010000000abcdefghijklmnop12";
      ready.forms_dialog = true;
      ready.rows = "Contact: <sip:192.0.2.1:5060>\r\nExpires: 600\r\n";
      world.give(ready);
      world.sent();
    }
  };
  serve(0, 1'000);
  const std::size_t before = test::heap_bytes();
  serve(1'000, 20'000);
  const double each = static_cast<double>(test::heap_bytes() - before) / 20'000;
  RecordProperty("bytes_per_answer", std::to_string(each));
  EXPECT_LT(each, 400);
  world.wait(kSipTransactionTime);
  EXPECT_EQ(world.sip().next_deadline(), std::nullopt);
}

}  // namespace sip_message_server_limits_test
}  // namespace muster::testing
