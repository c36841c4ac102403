#include "base/ascii.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace muster {
namespace base_ascii_test {

TEST(Ascii, ClassesHoldForEachByte) {
  const std::string digits = "0123456789";
  const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(is_digit(c), digits.find(c) != std::string::npos) << byte;
    EXPECT_EQ(is_alpha(c), letters.find(c) != std::string::npos) << byte;
  }
}

TEST(Ascii, LowersOnlyTheTwentySixLetters) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const char expected = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : c;
    EXPECT_EQ(ascii_lower(c), expected) << byte;
  }
}

TEST(Ascii, HexValueOfEachByte) {
  const std::string lower = "0123456789abcdef";
  const std::string upper = "0123456789ABCDEF";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    int expected = -1;
    if (const auto at = lower.find(c); at != std::string::npos) expected = static_cast<int>(at);
    if (const auto at = upper.find(c); at != std::string::npos) expected = static_cast<int>(at);
    EXPECT_EQ(hex_value(c), expected) << byte;
  }
}

TEST(Ascii, EqualsIgnoringCase) {
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_TRUE(equals_ignoring_case("Call-ID", "cALL-id"));
  EXPECT_FALSE(equals_ignoring_case("Via", "Vi"));
  EXPECT_FALSE(equals_ignoring_case("Vi", "Via"));
  EXPECT_FALSE(equals_ignoring_case("Via", "Vib"));
  EXPECT_FALSE(equals_ignoring_case("Via", std::string_view("Via").substr(0, 2)));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));                // 0x20 apart, and no letters
  EXPECT_FALSE(equals_ignoring_case("\xc3\x84", "\xc3\xa4"));  // not ASCII: A and a with diaeresis
}

TEST(Ascii, ParseNumberTakesTheWholeText) {
  EXPECT_EQ(parse_number<std::uint32_t>("0"), 0u);
  EXPECT_EQ(parse_number<std::uint32_t>("0042"), 42u);
  EXPECT_EQ(parse_number<std::uint8_t>("ff", 16), 255);
  EXPECT_EQ(parse_number<std::int32_t>("-7"), -7);
  for (const char* wrong : {"", " 1", "1 ", "+1", "-1", "1.", "0x1", "1a", "a"}) {
    EXPECT_EQ(parse_number<std::uint32_t>(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(parse_number<std::uint32_t>(std::string_view()), std::nullopt);
}

TEST(Ascii, ParseNumberStopsAtTheRangeOfItsType) {
  EXPECT_EQ(parse_number<std::uint8_t>("255"), 255);
  EXPECT_EQ(parse_number<std::uint8_t>("256"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615"),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_number<std::int8_t>("-128"), -128);
  EXPECT_EQ(parse_number<std::int8_t>("-129"), std::nullopt);
}

}  // namespace base_ascii_test
}  // namespace muster
