#include "codec/stun/binding.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/address/ip.h"

namespace muster::stun {
namespace stun_binding_test {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits.push_back(c);
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

// Of all vectors of RFC 5769.
const std::string kTransaction = bytes_of("b7e7a701bc34d686fa87dfae");

std::string request(std::string_view attributes = {}, std::string_view type = "\0\1"sv) {
  std::string bytes(type);
  bytes.push_back(static_cast<char>(attributes.size() >> 8));
  bytes.push_back(static_cast<char>(attributes.size() & 0xff));
  return bytes + bytes_of("2112a442") + kTransaction + std::string(attributes);
}
std::string answer_to(std::string_view datagram, std::string_view source = "192.0.2.1:32853") {
  const auto request = parse_binding_request(datagram);
  return request ? answer_binding(*request, *parse_endpoint(source)) : "(none)";
}

// RFC 5769 section 2.1.
const std::string kSampleRequest = bytes_of(
    "00010058 2112a442 b7e7a701 bc34d686 fa87dfae"
    "80220010 5354554e 20746573 7420636c 69656e74"  // SOFTWARE
    "00240004 6e0001ff"                             // PRIORITY
    "80290008 932ff9b1 51263b36"                    // ICE-CONTROLLED
    "00060009 6576746a 3a683676 59202020"           // USERNAME
    "00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2"
    "80280004 e57a3bcf");

TEST(StunBinding, TheMappedAddressIsThatOfTheVectors) {  // RFC 5769 sections 2.2 and 2.3
  EXPECT_EQ(answer_to(request()),
            bytes_of("0101000c 2112a442") + kTransaction + bytes_of("00200008 0001a147 e112a643"));
  EXPECT_EQ(answer_to(request(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
            bytes_of("01010018 2112a442") + kTransaction +
                bytes_of("00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"));
}

// ICE's PRIORITY is nothing to a SIP port, and must be understood; what RFC 8489 has is known.
TEST(StunBinding, WhatMustBeUnderstoodAndIsNotIsNamed) {
  EXPECT_EQ(answer_to(kSampleRequest), bytes_of("01110024 2112a442") + kTransaction +
                                           bytes_of("00090015 00000414") + "Unknown Attribute" +
                                           "\0\0\0"s + bytes_of("000a0002 00240000"));
  // Twice, and another.
  const auto asked = request(bytes_of("00240000 00240000 7fff0001 00000000"));
  EXPECT_EQ(parse_binding_request(asked)->unknown_attributes,
            (std::vector<std::uint16_t>{0x24, 0x7fff}));
  EXPECT_TRUE(answer_to(asked).ends_with(bytes_of("000a0004 00247fff")));
}

TEST(StunBinding, WhatNeedNotBeUnderstoodIsIgnored) {
  const std::string plain = answer_to(request());
  for (const std::string_view attributes : {
           "80000000",                             // the first that need not be
           "ffff0005 01020304 05000000",           // with its padding
           "80280004 00000000",                    // a FINGERPRINT that is wrong
           "00010000 00060000 00090000 000a0000",  // known, and of no meaning here
           "00140000 00150000 001d0000 001e0000 00200000",
           "00080000 00240000",  // behind the integrity (RFC 8489 section 14.5)
           "001c0000 00240000",
       })
    EXPECT_EQ(answer_to(request(bytes_of(attributes))), plain) << attributes;
}

TEST(StunBinding, SoManyUnknownAttributesAreNamed) {
  std::string attributes;
  for (std::size_t i = 0; i <= kUnknownAttributesMax; ++i)
    attributes += "\1"s + static_cast<char>(i) + "\0\0"s;
  const std::string_view fitting = std::string_view(attributes).substr(4);
  EXPECT_EQ(parse_binding_request(request(fitting))->unknown_attributes.size(),
            kUnknownAttributesMax);
  const auto beyond = parse_binding_request(request(attributes));
  ASSERT_EQ(beyond->unknown_attributes.size(), kUnknownAttributesMax);
  EXPECT_EQ(beyond->unknown_attributes.front(), 0x100);
}

TEST(StunBinding, OtherMessagesAndMalformedOnesAreNone) {
  EXPECT_TRUE(is_stun(request()));
  for (const std::string_view type : {"\0\x11"sv, "\1\1"sv, "\1\x11"sv, "\0\3"sv, "\x3f\1"sv}) {
    EXPECT_TRUE(is_stun(request({}, type)));
    EXPECT_EQ(parse_binding_request(request({}, type)), std::nullopt);
  }
  for (const std::string_view attributes :
       {"0006", "00060004", "00060005 00000000 00", "80220001", "80220001 00", "80220000 0024"})
    EXPECT_EQ(parse_binding_request(request(bytes_of(attributes))), std::nullopt) << attributes;
  EXPECT_EQ(parse_binding_request(request() + "\0\0\0\0"s), std::nullopt);  // not of its length
  for (std::size_t size = 0; size < kSampleRequest.size(); ++size)
    EXPECT_EQ(parse_binding_request(kSampleRequest.substr(0, size)), std::nullopt) << size;
}

TEST(StunBinding, IsToldFromSip) {
  EXPECT_FALSE(is_stun(""));
  EXPECT_FALSE(is_stun(request().substr(0, 19)));
  EXPECT_FALSE(is_stun(request({}, "\x40\1")));  // the first two bits
  EXPECT_FALSE(is_stun("OPTIONS sip:example.com SIP/2.0\r\n"));
  EXPECT_FALSE(is_stun("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"));
  std::string without_cookie = request();  // RFC 3489
  without_cookie[5] = '\0';
  EXPECT_FALSE(is_stun(without_cookie));
}

}  // namespace stun_binding_test
}  // namespace muster::stun
