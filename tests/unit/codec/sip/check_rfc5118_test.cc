// Each message of RFC 5118 (SIP with IPv6) gets the verdict that its section asks for.
#include "codec/sip/check.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "codec/address/ip.h"
#include "codec/sip/message.h"
#include "support/golden.h"
#include "support/sip_stream.h"

namespace muster::sip {
namespace sip_check_rfc5118_test {

std::string bytes_of(std::string_view file) {
  return test::read_golden("rfc5118/" + std::string(file) + ".dat");
}

struct Row {
  std::string_view file;
  std::string_view section;
  std::string_view verdict;  // empty: it passes; else the reason of the 400
};

// 4.6: its Content-Length is 268, its body has 251 bytes; see Ipv6InSdp.
constexpr Row kRows[] = {
    {"ipv6-good", "4.1", ""},
    {"ipv6-bad", "4.2", "Malformed Request-URI"},
    {"port-ambiguous", "4.3", ""},
    {"port-unambiguous", "4.4", ""},
    {"via-received-param-with-delim", "4.5", ""},
    {"via-received-param-no-delim", "4.5", ""},
    {"ipv6-in-sdp", "4.6", "Body Shorter Than Content-Length"},
    {"mult-ip-in-header", "4.7", ""},
    {"mult-ip-in-sdp", "4.8", ""},
    {"ipv4-mapped-ipv6", "4.9", ""},
    {"ipv6-bug-abnf-3-colons", "4.10", ""},
    {"ipv6-correct-abnf-2-colons", "4.10", ""},
};

class Rfc5118 : public ::testing::TestWithParam<Row> {};

TEST_P(Rfc5118, GetsItsVerdict) {
  const std::string bytes = bytes_of(GetParam().file);
  const auto message = parse_message(bytes);
  ASSERT_TRUE(message.ok());
  const auto rejection = check_request(*message);
  EXPECT_EQ(rejection ? rejection->reason : "", GetParam().verdict);
  if (rejection) {
    EXPECT_EQ(rejection->status, Status::bad_request);
  }
}

TEST_P(Rfc5118, GrindsThroughTheFramer) {
  const std::string bytes = bytes_of(GetParam().file);
  const auto frames =
      test::grind(bytes, [](const test::Pieces& pieces) { return test::frames_of(pieces); });
  if (GetParam().file == "ipv6-in-sdp") return;  // still waits for its body
  ASSERT_FALSE(frames.empty());
  EXPECT_TRUE(frames[0].starts_with("message "));
}

std::string name_of(const ::testing::TestParamInfo<Row>& info) {
  std::string name(info.param.file);
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(Messages, Rfc5118, ::testing::ValuesIn(kRows), name_of);

Essentials essentials_of(const std::string& bytes) {
  Essentials essentials;
  EXPECT_FALSE(check_request(parse_message(bytes).value(), essentials));
  return essentials;
}

TEST(Rfc5118Values, PortsInsideAndOutsideTheBrackets) {
  const std::string inside = bytes_of("port-ambiguous");
  EXPECT_EQ(essentials_of(inside).target.port, std::nullopt);
  EXPECT_EQ(essentials_of(inside).target.host.ip(), parse_ip("2001:db8::10:5070"));
  const std::string outside = bytes_of("port-unambiguous");
  EXPECT_EQ(essentials_of(outside).target.port, 5070);
  EXPECT_EQ(essentials_of(outside).target.host.ip(), parse_ip("2001:db8::10"));
}

TEST(Rfc5118Values, ReceivedWithAndWithoutBrackets) {
  const std::string with = bytes_of("via-received-param-with-delim");
  EXPECT_EQ(essentials_of(with).top_via.received, "2001:db8::9:255");
  EXPECT_EQ(essentials_of(with).top_via.branch, "z9hG4bKas3-111");
  const std::string without = bytes_of("via-received-param-no-delim");
  EXPECT_EQ(essentials_of(without).top_via.received, "2001:db8::9:255");
  EXPECT_EQ(essentials_of(without).top_via.branch, "z9hG4bKas3");
}

TEST(Rfc5118Values, Ipv6InSdp) {
  std::string bytes = bytes_of("ipv6-in-sdp");
  bytes.replace(bytes.find("268"), 3, "251");
  EXPECT_EQ(parse_message(bytes)->body().size(), 251u);
  EXPECT_EQ(essentials_of(bytes).target.host.text, "2001:db8::10");
}

TEST(Rfc5118Values, MixOfAddressesInVias) {
  const std::string bytes = bytes_of("mult-ip-in-header");
  std::string seen;
  const auto message = parse_message(bytes);
  for (const auto value : message->values(HeaderName::via)) {
    const auto via = parse_via(value);
    seen.append(to_text(*via->sent_by.host.ip())).append(1, ' ');
    seen.append(via->received).append(1, '|');
  }
  EXPECT_EQ(seen, "2001:db8::9:1 |192.0.2.1 |2001:db8::9:255 192.0.2.200|");
}

TEST(Rfc5118Values, MappedAddressesAndTheThirdColon) {
  const std::string mapped = bytes_of("ipv4-mapped-ipv6");
  EXPECT_EQ(essentials_of(mapped).top_via.sent_by.host.ip(), parse_ip("192.0.2.10"));
  EXPECT_EQ(essentials_of(mapped).top_via.sent_by.port, 19823);
  const std::string three = bytes_of("ipv6-bug-abnf-3-colons");
  const std::string two = bytes_of("ipv6-correct-abnf-2-colons");
  EXPECT_EQ(essentials_of(three).target.host.ip(), parse_ip("2001:db8::192.0.2.1"));
  EXPECT_TRUE(same_uri(essentials_of(three).target, essentials_of(two).target));
}

}  // namespace sip_check_rfc5118_test
}  // namespace muster::sip
