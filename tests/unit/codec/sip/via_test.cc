#include "codec/sip/via.h"

#include <gtest/gtest.h>

namespace muster::sip {
namespace sip_via_test {

// RFC 3261 section 20.42.
TEST(Vias, ExamplesOfTheRfc) {
  const auto first = parse_via("SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->sent_by.protocol, "SIP");
  EXPECT_EQ(first->sent_by.version, "2.0");
  EXPECT_EQ(first->sent_by.transport, "UDP");
  EXPECT_EQ(first->sent_by.host.text, "erlang.bell-telephone.com");
  EXPECT_EQ(first->sent_by.port, 5060);
  EXPECT_EQ(first->branch, "z9hG4bK87asdks7");
  EXPECT_TRUE(first->has_unique_branch());
  const auto second =
      parse_via("SIP/2.0/UDP 192.0.2.1:5060 ;received=192.0.2.207\r\n     ;branch=z9hG4bK77asjd");
  EXPECT_EQ(second->received, "192.0.2.207");
  EXPECT_EQ(second->branch, "z9hG4bK77asjd");
  const auto third = parse_via(
      "SIP / 2.0 / UDP first.example.com: 4000;ttl=16\r\n  ;maddr=224.2.0.1 "
      ";branch=z9hG4bKa7c6a8dlze.1");
  EXPECT_EQ(third->sent_by.port, 4000);
  EXPECT_EQ(third->ttl, 16);
  EXPECT_EQ(third->maddr, "224.2.0.1");
}

// RFC 3581 section 6.
TEST(Vias, Rport) {
  const auto asked = parse_via("SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff");
  EXPECT_TRUE(asked->has_rport);
  EXPECT_EQ(asked->rport, std::nullopt);
  const auto answered =
      parse_via("SIP/2.0/UDP 10.1.1.1:4540;received=192.0.2.1;rport=9988;branch=z9hG4bKkjshdyff");
  EXPECT_EQ(answered->rport, 9988);
  EXPECT_FALSE(parse_via("SIP/2.0/UDP 10.1.1.1")->has_rport);
}

TEST(Vias, NumbersOutOfRangeAreAsIfAbsent) {
  EXPECT_EQ(parse_via("SIP/2.0/UDP a;ttl=256")->ttl, std::nullopt);
  EXPECT_EQ(parse_via("SIP/2.0/UDP a;ttl=255")->ttl, 255);
  EXPECT_EQ(parse_via("SIP/2.0/UDP a;rport=65536")->rport, std::nullopt);
}

TEST(Vias, OtherProtocolsAndParameters) {
  const auto via = parse_via("SIP/7.0/WSS [2001:db8::9:1];x=\"a;b\";y;received=[2001:db8::9:255]");
  EXPECT_EQ(via->sent_by.version, "7.0");
  EXPECT_EQ(via->sent_by.transport, "WSS");
  EXPECT_EQ(via->sent_by.host.kind, HostKind::ipv6);
  EXPECT_EQ(via->sent_by.port, std::nullopt);
  EXPECT_EQ(via->received, "2001:db8::9:255");
  EXPECT_EQ(via->params.value("x"), "\"a;b\"");
  EXPECT_EQ(via->branch, "");
  EXPECT_FALSE(via->has_unique_branch());
}

TEST(Vias, UniqueBranches) {
  EXPECT_FALSE(parse_via("SIP/2.0/UDP a;branch=1")->has_unique_branch());
  EXPECT_FALSE(parse_via("SIP/2.0/UDP a;branch=z9hG4bK")->has_unique_branch());
  EXPECT_TRUE(parse_via("SIP/2.0/UDP a;branch=z9hG4bK1")->has_unique_branch());
}

TEST(Vias, Malformed) {
  for (const auto text :
       {"", "SIP", "SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/UDPa", "SIP/2.0/UDP[::1]",
        "SIP/2.0/UDP ;branch=x", "SIP/2.0 UDP a", "SIP/2.0/UDP a:", "SIP/2.0/UDP a:x",
        "SIP/2.0/UDP a:65536", "SIP/2.0/UDP a;", "SIP/2.0/UDP a;;", "SIP/2.0/UDP a b",
        "SIP/2.0/UDP a;branch=", "SIP/2.0/UDP a;branch=1;branch=2", "SIP/2.0/UDP 1.2.3",
        "SIP/2.0/UDP a,b", "SIP/2.0/UDP 2001:db8::1"}) {
    EXPECT_FALSE(parse_via(text)) << text;
  }
}

// RFC 4475 section 3.1.2.1: what follows may be nonsense.
TEST(Vias, SentByAlone) {
  std::size_t end = 0;
  const auto sent_by = parse_sent_by("SIP/2.0/UDP 192.0.2.15:5070;;,;,,", &end);
  ASSERT_TRUE(sent_by);
  EXPECT_EQ(sent_by->host.text, "192.0.2.15");
  EXPECT_EQ(sent_by->port, 5070);
  EXPECT_EQ(end, 27u);
  EXPECT_FALSE(parse_sent_by("nonsense"));
}

}  // namespace sip_via_test
}  // namespace muster::sip
