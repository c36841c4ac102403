#include "codec/xml/characters.h"

#include <gtest/gtest.h>

#include <string_view>

namespace muster::xml {
namespace xml_characters_test {

using namespace std::string_view_literals;

TEST(Characters, takes_the_bounds_of_each_length_of_utf8) {
  for (const std::string_view text :
       {""sv, "\0"sv, "\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv,
        "\xee\x80\x80"sv, "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv,
        "a\xc3\xa9z"sv}) {
    EXPECT_TRUE(is_utf8(text)) << testing::PrintToString(text);
  }
}

// Unicode table 3-7: beyond the bounds of each length.
TEST(Characters, refuses_what_is_not_utf8) {
  for (const std::string_view text :
       {"\x80"sv, "\xbf"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv,
        "\xed\xbf\xbf"sv, "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv,
        "\xff"sv, "\xfe"sv, "\xc3"sv, "\xe2\x82"sv, "\xf0\x9f\x98"sv, "\xc3("sv, "\xe2(\xac"sv,
        "\xe2\x82("sv, "\xf0\x9f\x98("sv}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
    EXPECT_FALSE(is_xml_text(text)) << testing::PrintToString(text);
  }
}

// XML 1.0 section 2.2, production Char.
TEST(Characters, knows_the_characters_of_xml) {
  for (const std::string_view text : {"\t\n\r"sv, " ~\x7f"sv, "\xed\x9f\xbf"sv, "\xee\x80\x80"sv,
                                      "\xef\xbf\xbd"sv, "\xf0\x90\x80\x80"sv}) {
    EXPECT_TRUE(is_xml_text(text)) << testing::PrintToString(text);
  }
  for (const std::string_view text : {"\0"sv, "\x01"sv, "\x08"sv, "\x0b"sv, "\x0c"sv, "\x0e"sv,
                                      "\x1f"sv, "\xef\xbf\xbe"sv, "\xef\xbf\xbf"sv}) {
    EXPECT_FALSE(is_xml_text(text)) << testing::PrintToString(text);
  }
}

TEST(Characters, recognises_utf16) {
  EXPECT_TRUE(looks_like_utf16("\xfe\xff\0<"sv));
  EXPECT_TRUE(looks_like_utf16("\xff\xfe<\0"sv));
  EXPECT_TRUE(looks_like_utf16("\0<"sv));
  EXPECT_TRUE(looks_like_utf16("<\0"sv));
  EXPECT_FALSE(looks_like_utf16("<a/>"sv));
  EXPECT_FALSE(looks_like_utf16("\xef\xbb\xbf<a/>"sv));
}

}  // namespace xml_characters_test
}  // namespace muster::xml
