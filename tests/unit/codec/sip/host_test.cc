#include "codec/sip/host.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::sip {
namespace sip_host_test {

HostKind kind_of(std::string_view text) {
  return parse_host(text).value().kind;
}

TEST(Hosts, NamesByTheGrammar) {
  for (const auto text : {"a", "example.com", "example.com.", "x1-y.b2", "1a.2b.c", "A.B"}) {
    ASSERT_TRUE(parse_host(text)) << text;
    EXPECT_EQ(kind_of(text), HostKind::name) << text;
    EXPECT_EQ(parse_host(text)->ip(), std::nullopt);
  }
  for (const auto text :
       {"", ".", "a..b", ".a", "-a", "-a.b", "a.-b.c", "a-", "a-.b", "a.-b", "a.1", "1", "1.2.3",
        "a b", "a_b", "a..", "ex%61mple.com", "a/b", "caf\xc3\xa9.fr"}) {
    EXPECT_FALSE(parse_host(text)) << text;
  }
}

TEST(Hosts, NamesHaveALimit) {
  std::string name;
  while (name.size() < kHostBytesMax - 1)
    name += "a.";
  name += "a";
  ASSERT_EQ(name.size(), kHostBytesMax);
  EXPECT_TRUE(parse_host(name));
  EXPECT_FALSE(parse_host("a" + name));
}

TEST(Hosts, Ipv4) {
  EXPECT_EQ(kind_of("192.0.2.4"), HostKind::ipv4);
  EXPECT_EQ(parse_ipv4("192.0.2.4"), IpAddress::v4(192, 0, 2, 4));
  EXPECT_EQ(parse_ipv4("255.255.255.255"), IpAddress::v4(255, 255, 255, 255));
  for (const auto text : {"256.0.0.1", "1.2.3", "1.2.3.4.5", "1..2.3", "1.2.3.", "0001.2.3.4",
                          "1.2.3.-4", "", "1.2.3.4 "}) {
    EXPECT_FALSE(parse_ipv4(text)) << text;
  }
}

TEST(Hosts, Ipv6) {
  IpAddress loopback;
  loopback.bytes[15] = 1;
  EXPECT_EQ(parse_ipv6("::1"), loopback);
  EXPECT_EQ(parse_ipv6("0:0:0:0:0:0:0:1"), loopback);
  EXPECT_EQ(parse_ipv6("::"), IpAddress{});
  IpAddress documentation{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10}};
  EXPECT_EQ(parse_ipv6("2001:DB8::10"), documentation);
  EXPECT_EQ(parse_ipv6("2001:db8:0::0:10"), documentation);
  EXPECT_EQ(parse_ipv6("::ffff:192.0.2.10"), IpAddress::v4(192, 0, 2, 10));
  EXPECT_EQ(parse_ipv6("1:2:3:4:5:6:7::"), parse_ipv6("1:2:3:4:5:6:7:0"));
  EXPECT_EQ(parse_ipv6("::2:3:4:5:6:7:8"), parse_ipv6("0:2:3:4:5:6:7:8"));
  EXPECT_EQ(parse_ipv6("1:2:3:4:5:6:1.2.3.4"), parse_ipv6("1:2:3:4:5:6:102:304"));
  for (const auto text :
       {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
        "12345::", "g::", ":1::", "1:", "1::2:", "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4",
        "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0", "1:::2", "1:2:3:4:5:6:7::8"}) {
    EXPECT_FALSE(parse_ipv6(text)) << text;
  }
}

// RFC 5118 section 4.10.
TEST(Hosts, TheThirdColonIsOverlooked) {
  EXPECT_EQ(parse_ipv6("2001:db8:::192.0.2.1"), parse_ipv6("2001:db8::192.0.2.1"));
  EXPECT_EQ(parse_ipv6(":::192.0.2.1"), parse_ipv6("::192.0.2.1"));
  EXPECT_FALSE(parse_ipv6("2001:db8::::192.0.2.1"));
}

TEST(Hosts, BracketsMarkIpv6InText) {
  Cursor cursor("[2001:db8::1]:5060");
  EXPECT_EQ(take_host(cursor).text, "2001:db8::1");
  EXPECT_EQ(cursor.rest(), ":5060");
  Cursor open("[2001:db8::1");
  EXPECT_TRUE(take_host(open).empty());
  Cursor name("[example.com]");
  EXPECT_TRUE(take_host(name).empty());
  EXPECT_EQ(name.offset(), 0u);
  EXPECT_EQ(kind_of("2001:db8::1"), HostKind::ipv6);
  EXPECT_EQ(kind_of("[2001:db8::1]"), HostKind::ipv6);
}

TEST(Hosts, AreEqualByWhatTheySay) {
  const auto same = [](std::string_view a, std::string_view b) {
    return same_host(*parse_host(a), *parse_host(b));
  };
  EXPECT_TRUE(same("Example.COM", "example.com"));
  EXPECT_FALSE(same("example.com", "example.org"));
  EXPECT_TRUE(same("2001:db8::1", "2001:0DB8:0:0:0:0:0:1"));
  EXPECT_FALSE(same("2001:db8::1", "2001:db8::2"));
  EXPECT_TRUE(same("192.0.2.1", "192.0.2.001"));
  EXPECT_FALSE(same("192.0.2.1", "a192.0.2.a1"));
}

TEST(Hosts, Ports) {
  EXPECT_EQ(parse_port("5060"), 5060);
  EXPECT_EQ(parse_port("65535"), 65535);
  EXPECT_EQ(parse_port("05060"), 5060);
  EXPECT_EQ(parse_port("65536"), std::nullopt);
  EXPECT_EQ(parse_port(""), std::nullopt);
  EXPECT_EQ(parse_port("-1"), std::nullopt);
  EXPECT_EQ(parse_port("5060x"), std::nullopt);
}

TEST(Hosts, WithTheirPorts) {
  const auto read = [](std::string_view text) {
    const auto at = parse_host_port(text);
    if (!at) return std::string("none");
    return std::string(at->host.text) + " " + (at->port ? std::to_string(*at->port) : "-");
  };
  EXPECT_EQ(read("example.com"), "example.com -");
  EXPECT_EQ(read("example.com:5443"), "example.com 5443");
  EXPECT_EQ(read("192.0.2.1:0"), "192.0.2.1 0");
  EXPECT_EQ(read("[2001:db8::1]"), "2001:db8::1 -");
  EXPECT_EQ(read("[2001:db8::1]:80"), "2001:db8::1 80");
  for (const char* bad : {"", ":80", "example.com:", "example.com:65536", "a b", "2001:db8::1",
                          "2001:db8::1:80", "[2001:db8::1", "[2001:db8::1]x", "a:1:2"}) {
    EXPECT_EQ(read(bad), "none") << bad;
  }
}

}  // namespace sip_host_test
}  // namespace muster::sip
