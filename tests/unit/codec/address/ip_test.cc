#include "codec/address/ip.h"

#include <gtest/gtest.h>

namespace muster {
namespace address_ip_test {

IpAddress v6(std::uint8_t first, std::uint8_t last) {
  IpAddress ip;
  ip.bytes.front() = first;
  ip.bytes.back() = last;
  return ip;
}

TEST(Ip, IsReadAndWritten) {
  EXPECT_EQ(parse_ip("192.0.2.255"), IpAddress::v4(192, 0, 2, 255));
  EXPECT_EQ(parse_ip("0.0.0.0"), IpAddress::v4(0, 0, 0, 0));
  EXPECT_EQ(parse_ip("::"), IpAddress());
  EXPECT_EQ(parse_ip("fe00::1"), v6(0xfe, 1));
  EXPECT_EQ(to_text(IpAddress::v4(192, 0, 2, 1)), "192.0.2.1");
  EXPECT_EQ(to_text(v6(0xfe, 1)), "fe00::1");
  EXPECT_EQ(to_text(IpAddress()), "::");
}

// An IPv4 address and its IPv4-mapped IPv6 address are one value (model/endpoint.h).
TEST(Ip, MappedAddressesAreIpv4) {
  EXPECT_EQ(parse_ip("::ffff:192.0.2.1"), IpAddress::v4(192, 0, 2, 1));
  EXPECT_EQ(parse_ip("::FFFF:c000:0201"), IpAddress::v4(192, 0, 2, 1));
  EXPECT_NE(parse_ip("::192.0.2.1"), IpAddress::v4(192, 0, 2, 1));
}

TEST(Ip, RefusesEverythingElse) {
  for (const char* wrong : {"",          "1",        "1.2.3",         "1.2.3.4.5",
                            "1.2.3.256", "01.2.3.4", "1.2.3.4 ",      " 1.2.3.4",
                            "1..2.3",    "1.2.3.",   "0x1.2.3.4",     "+1.2.3.4",
                            ":",         ":::",      "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                            "1::2::3",   "12345::",  "00001::",       "g::",
                            "[::1]",     "::1%eth0", "example.com"}) {
    EXPECT_EQ(parse_ip(wrong), std::nullopt) << wrong;
  }
}

TEST(Endpoint, IsAnAddressAndAPort) {
  const Endpoint ipv4{IpAddress::v4(192, 0, 2, 1), 5060};
  const Endpoint ipv6{v6(0xfe, 1), 65'535};
  EXPECT_EQ(to_text(ipv4), "192.0.2.1:5060");
  EXPECT_EQ(to_text(ipv6), "[fe00::1]:65535");
  EXPECT_EQ(parse_endpoint("192.0.2.1:5060"), ipv4);
  EXPECT_EQ(parse_endpoint("[fe00::1]:65535"), ipv6);
  EXPECT_EQ(parse_endpoint("[::ffff:192.0.2.1]:5060"), ipv4);
  for (const char* wrong : {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "[192.0.2.1]:1",
                            "fe00::1:5060:", "[fe00::1]", "[fe00::1", "fe00::1]:1", "fe00::1:5060",
                            ":5060", "[]:5060", "[:5060"}) {
    EXPECT_EQ(parse_endpoint(wrong), std::nullopt) << wrong;
  }
}

}  // namespace address_ip_test
}  // namespace muster
