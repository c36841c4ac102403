#include "server/conversion/text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace muster {
namespace conversion_text_test {

using std::string_view_literals::operator""sv;

TEST(Text, is_cut_only_if_it_is_too_long) {
  EXPECT_EQ(cut("abcdef", 7), "abcdef");
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cut("abcdef", 5), "ab\u2026");
  EXPECT_EQ(cut("", 0), "");
}

TEST(Text, is_cut_between_characters) {
  EXPECT_EQ(cut("a\u00e9\u00e9\u00e9", 6), "a\u00e9\u2026");  // the third byte would do
  EXPECT_EQ(cut("\U0001F600\U0001F600", 7), "\U0001F600\u2026");
  EXPECT_EQ(cut("\U0001F600\U0001F600", 6), "\u2026");
}

TEST(Text, is_cut_without_a_mark_where_none_fits) {
  EXPECT_EQ(cut("abcdef", 3), "\u2026");
  EXPECT_EQ(cut("abcdef", 2), "ab");
  EXPECT_EQ(cut("\u00e9\u00e9", 1), "");
}

TEST(Text, for_xml_has_no_character_that_xml_has_not) {
  EXPECT_EQ(xml_text_of("plain \u00e9 \t\r\n"), "plain \u00e9 \t\r\n");
  EXPECT_EQ(xml_text_of("a\0b\x1b"sv), "a\ufffdb\ufffd");
  EXPECT_EQ(xml_text_of("\xef\xbf\xbf"), "\ufffd");              // U+FFFF
  EXPECT_EQ(xml_text_of("caf\xe9 \xc3"), "caf\ufffd \ufffd");    // Latin-1, half a character
  EXPECT_EQ(xml_text_of("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");  // a surrogate
}

TEST(Text, for_a_row_is_one_line) {
  EXPECT_EQ(one_line(" a\r\nb\tc\x7f "), "a  b c");
  EXPECT_EQ(one_line("a\0b"sv), "a b");
  EXPECT_EQ(one_line("\n"), "");
}

TEST(Text, has_the_line_breaks_of_its_protocol) {
  EXPECT_EQ(with_crlf("\na\nb\r\nc\rd\n"), "\r\na\r\nb\r\nc\rd\r\n");
  EXPECT_EQ(with_lf("\r\na\r\nb\nc\rd\r\r\n"), "\na\nb\nc\rd\r\n");
}

}  // namespace conversion_text_test
}  // namespace muster
