#include "codec/address/unicode_text.h"

#include <gtest/gtest.h>

#include <string>

namespace muster {
namespace address_unicode_text_test {

TEST(Utf8, GoesThereAndBack) {
  const std::u32string text =
      U"a\u00df\u03c0\u265a\U0001f40e\u0000\U0010ffff"
      U"\ud7ff\ue000";
  EXPECT_EQ(decode_utf8(encode_utf8(text)), text);
  EXPECT_EQ(encode_utf8(U"\u00df\u20ac\U0001f40e"), "\xc3\x9f\xe2\x82\xac\xf0\x9f\x90\x8e");
  EXPECT_EQ(decode_utf8(""), std::u32string());
}

TEST(Utf8, RefusesWhatRfc3629Refuses) {
  for (const std::string_view wrong : {
           "\x80",              // a continuation by itself
           "a\xc3",             // cut short
           "\xe2\x82",          // cut short
           "\xc3\xc3",          // a start in place of a continuation
           "\xc0\xaf",          // '/' in two bytes
           "\xe0\x80\xaf",      // '/' in three
           "\xf0\x82\x82\xac",  // the Euro sign in four
           "\xed\xa0\x80",      // a surrogate
           "\xf4\x90\x80\x80",  // beyond U+10FFFF
           "\xff",
       }) {
    EXPECT_EQ(decode_utf8(wrong), std::nullopt) << wrong.size();
  }
}

TEST(Nfc, ComposesAndReorders) {
  EXPECT_EQ(to_nfc(U"e\u0301"), U"\u00e9");
  EXPECT_EQ(to_nfc(U"a\u0302\u0323"), U"\u1ead");  // the marks change places first
  EXPECT_EQ(to_nfc(U"\u212b"), U"\u00c5");         // ANGSTROM SIGN
  EXPECT_EQ(to_nfc(U"\u2163"), U"\u2163");         // compatibility is not canonical equivalence
  EXPECT_EQ(to_nfc(U"plain \u00e9"), U"plain \u00e9");
}

TEST(Lower, MapsEachCodePointByItself) {
  EXPECT_EQ(to_lower(U"ABC xyz 123"), U"abc xyz 123");
  EXPECT_EQ(to_lower(U"\u00c4\u0416\U00010400"), U"\u00e4\u0436\U00010428");
  EXPECT_EQ(to_lower(U"\u0391\u03a3"), U"\u03b1\u03c3");  // no final sigma at the end of a word
  EXPECT_EQ(to_lower(U"\u0130"), U"i\u0307");             // the full mapping, not the simple one
  EXPECT_EQ(to_lower(U"\u00df\u03c2"), U"\u00df\u03c2");
}

TEST(Width, MapsFullwidthAndHalfwidthOnly) {
  EXPECT_EQ(to_usual_width(U"\uff21\uff10\uff20"), U"A0@");
  EXPECT_EQ(to_usual_width(U"\uff76\uff9e"), U"\u30ab\u3099");  // halfwidth katakana
  EXPECT_EQ(to_usual_width(U"\uffe3"), U"\u00af");              // one step of decomposition
  EXPECT_EQ(to_usual_width(U"\u2163\u00b9a"), U"\u2163\u00b9a");
}

}  // namespace address_unicode_text_test
}  // namespace muster
