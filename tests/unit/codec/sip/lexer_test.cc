#include "codec/sip/lexer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace muster::sip {
namespace sip_lexer_test {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

std::vector<std::string_view> elements_of(std::string_view row) {
  std::vector<std::string_view> elements;
  ListCursor list(row);
  while (const auto element = list.next())
    elements.push_back(*element);
  return elements;
}
using Elements = std::vector<std::string_view>;

std::string unfolded(std::string_view text) {
  std::string out = "before ";
  append_unfolded(out, text);
  return out.substr(7);
}

std::string as_unquoted(std::string_view text) {
  std::string out;
  append_unquoted(out, text);
  return out;
}

std::string as_quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

// RFC 3261 section 25.1, the production `token`.
TEST(Lexer, TokensAreExactlyTheRfcsCharacters) {
  const std::string_view marks = "-.!%*_+`'~";
  for (int c = 0; c < 256; ++c) {
    const char character = static_cast<char>(c);
    const bool expected = (c < 128 && (is_alpha(character) || is_digit(character))) ||
                          (c != 0 && marks.find(character) != std::string_view::npos);
    EXPECT_EQ(is_in(character, kToken), expected) << c;
  }
  EXPECT_FALSE(is_token(""));
}

TEST(Lexer, LowBytesAreFoundWhereverTheyStand) {
  for (const char fill : {'a', '\x0e', '\x7f', '\x80', '\xff'}) {
    for (std::size_t at = 0; at < 20; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(20, fill);
        text[at] = static_cast<char>(c);
        EXPECT_EQ(find_low_byte(text, 0), c < 0x0e ? at : 20u) << c << " at " << at;
        EXPECT_EQ(has_line_break(text), c == '\r' || c == '\n') << c << " at " << at;
        EXPECT_EQ(breaks_a_row(text), c == '\r' || c == '\n' || c == 0) << c << " at " << at;
      }
    }
  }
  EXPECT_EQ(find_low_byte("\na\r", 1), 2u);
  EXPECT_TRUE(has_line_break("\t\t\t\t\t\t\t\t\t\t\n"));
}

TEST(Lexer, WhiteSpaceIsSkippedWithItsFolds) {
  Cursor cursor(" \t\r\n x");
  EXPECT_TRUE(cursor.skip_lws());
  EXPECT_EQ(cursor.rest(), "x");
  EXPECT_FALSE(cursor.skip_lws());
  Cursor no_fold("\r\nx");
  EXPECT_FALSE(no_fold.skip_lws());
  Cursor bare("\nx");
  EXPECT_FALSE(bare.skip_lws());
}

TEST(Lexer, SeparatorsTakeTheirWhiteSpaceOrNothing) {
  Cursor cursor("  ;\r\n  a");
  EXPECT_TRUE(cursor.eat_separator(';'));
  EXPECT_EQ(cursor.rest(), "a");
  Cursor other("  ,a");
  EXPECT_FALSE(other.eat_separator(';'));
  EXPECT_EQ(other.rest(), "  ,a");
}

TEST(Lexer, QuotedStringsEndAtTheirQuote) {
  const auto taken = [](std::string_view text) { return Cursor(text).take_quoted(); };
  EXPECT_EQ(taken("\"a\" b"), "\"a\"");
  EXPECT_EQ(taken("\"\""), "\"\"");
  EXPECT_EQ(taken(R"("a\"b\\" c)"), R"("a\"b\\")");
  EXPECT_EQ(taken("\"a\r\n b\"x"), "\"a\r\n b\"");
  EXPECT_EQ(taken("\"\xd0\xb0\""), "\"\xd0\xb0\"");
  EXPECT_EQ(taken("\"\\\0\""sv), "\"\\\0\""sv);  // a quoted NUL
  EXPECT_EQ(taken("\"a"), "");
  EXPECT_EQ(taken("\"a\\"), "");
  EXPECT_EQ(taken("\"a\\\r\""), "");  // CR cannot be escaped
  EXPECT_EQ(taken("\"a\r\nb\""), "");
  EXPECT_EQ(taken("\"a\0b\""sv), "");  // a NUL of its own is no qdtext
  EXPECT_EQ(taken("a"), "");
}

TEST(Lexer, TrimsFoldsToo) {
  EXPECT_EQ(trim_lws(" \t\r\n a b\r\n "), "a b");
  EXPECT_EQ(trim_lws("\r\n "), "");
}

TEST(Lexer, UnfoldingLeavesOneSpaceAndNoLineBreak) {
  EXPECT_EQ(unfolded("a b"), "a b");
  EXPECT_EQ(unfolded("a \r\n\t b\r\n c"), "a b c");
  EXPECT_EQ(unfolded("a\nVia: x"), "a Via: x");
  EXPECT_EQ(unfolded("  \r\n x"), " x");
}

TEST(Lexer, QuotingAndBack) {
  EXPECT_EQ(as_unquoted(R"("J Rosenberg \\\"")"), R"(J Rosenberg \")");
  EXPECT_EQ(as_unquoted("\"a\r\n b\""), "a b");
  EXPECT_EQ(as_unquoted("\""), "");
  EXPECT_EQ(as_quoted(R"(a "b" \c)"), R"("a \"b\" \\c")");
  EXPECT_EQ(as_quoted("a\r\nVia: x"), "\"a  Via: x\"");
  for (const std::string& text : {"plain"s, "\"\\"s, "a\0b\x07\x7f"s, "\xd0\xb0\t"s, ""s}) {
    const std::string wire = as_quoted(text);
    EXPECT_EQ(Cursor(wire).take_quoted(), wire);
    EXPECT_EQ(as_unquoted(wire), text);
  }
}

// RFC 3261 section 7.3.1.
TEST(Lexer, ListsSplitAtTheirCommasOnly) {
  EXPECT_EQ(elements_of("a, b ,c"), (Elements{"a", "b", "c"}));
  EXPECT_EQ(elements_of("one"), (Elements{"one"}));
  EXPECT_EQ(elements_of(""), Elements{});
  EXPECT_EQ(elements_of("a,,b,"), (Elements{"a", "", "b", ""}));
  EXPECT_EQ(elements_of(R"("Bell, A" <sip:a@b>, <sip:c,d@e>;x="f,g",h)"),
            (Elements{R"("Bell, A" <sip:a@b>)", R"(<sip:c,d@e>;x="f,g")", "h"}));
  EXPECT_EQ(elements_of(R"(<sip:a"@b>, c)"), (Elements{R"(<sip:a"@b>)", "c"}));
  EXPECT_EQ(elements_of("\"a, b"), (Elements{"\"a, b"}));
  EXPECT_EQ(elements_of("<a, b"), (Elements{"<a, b"}));
}

}  // namespace sip_lexer_test
}  // namespace muster::sip
