#include "codec/address/code_points.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster {
namespace address_code_points_test {

struct Case {
  char32_t c;
  const char* why;
};

void expect_property(PrecisProperty expected, const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    EXPECT_EQ(precis_property(one.c), expected)
        << std::hex << static_cast<unsigned>(one.c) << " " << one.why;
  }
}

// RFC 8264 section 8, a code point or more for each line of its algorithm.
TEST(PrecisProperty, Valid) {
  expect_property(PrecisProperty::valid, {
                                             {0x00df, "Exceptions: sharp s"},
                                             {0x03c2, "Exceptions: final sigma"},
                                             {0x06fd, "Exceptions: would be So"},
                                             {0x06fe, "Exceptions: would be So"},
                                             {0x0f0b, "Exceptions: would be Po"},
                                             {0x3007, "Exceptions: would be Nl"},
                                             {'!', "ASCII7, first"},
                                             {'~', "ASCII7, last"},
                                             {'@', "ASCII7: symbols too"},
                                             {'A', "ASCII7"},
                                             {0x00e9, "LetterDigits: Ll"},
                                             {0x00c9, "LetterDigits: Lu"},
                                             {0x05d0, "LetterDigits: Lo"},
                                             {0x0967, "LetterDigits: Nd"},
                                             {0x02b9, "LetterDigits: Lm"},
                                             {0x0301, "LetterDigits: Mn"},
                                             {0x0903, "LetterDigits: Mc"},
                                             {0xac00, "LetterDigits: a Hangul syllable"},
                                         });
}

TEST(PrecisProperty, Contextual) {
  std::vector<Case> cases = {{0x00b7, "Exceptions"}, {0x0375, "Exceptions"},
                             {0x05f3, "Exceptions"}, {0x05f4, "Exceptions"},
                             {0x30fb, "Exceptions"}, {0x200c, "JoinControl"},
                             {0x200d, "JoinControl"}};
  for (char32_t digit = 0; digit < 10; ++digit) {
    cases.push_back({0x0660 + digit, "Arabic-Indic digit"});
    cases.push_back({0x06f0 + digit, "extended Arabic-Indic digit"});
  }
  expect_property(PrecisProperty::contextual, cases);
}

TEST(PrecisProperty, FreeOnly) {
  expect_property(PrecisProperty::free_only, {
                                                 {0x2163, "HasCompat: roman numeral four"},
                                                 {0x00b9, "HasCompat: superscript one"},
                                                 {0x017f, "HasCompat: long s"},
                                                 {0xff21, "HasCompat: fullwidth A"},
                                                 {0x212b, "HasCompat: a canonical singleton"},
                                                 {0x01c5, "HasCompat: titlecase digraph"},
                                                 {0x1f88, "OtherLetterDigits: Lt"},
                                                 {0x16ee, "OtherLetterDigits: Nl"},
                                                 {0x09f4, "OtherLetterDigits: No"},
                                                 {0x0488, "OtherLetterDigits: Me"},
                                                 {' ', "Spaces"},
                                                 {0x1680, "Spaces: ogham space mark"},
                                                 {0x221e, "Symbols: Sm"},
                                                 {0x20ac, "Symbols: Sc"},
                                                 {0x02c2, "Symbols: Sk"},
                                                 {0x265a, "Symbols: So"},
                                                 {0x203f, "Punctuation: Pc"},
                                                 {0x058a, "Punctuation: Pd"},
                                                 {0x2045, "Punctuation: Ps"},
                                                 {0x2046, "Punctuation: Pe"},
                                                 {0x201c, "Punctuation: Pi"},
                                                 {0x201d, "Punctuation: Pf"},
                                                 {0x00a7, "Punctuation: Po"},
                                             });
}

TEST(PrecisProperty, Disallowed) {
  expect_property(PrecisProperty::disallowed, {
                                                  {0x0640, "Exceptions: tatweel"},
                                                  {0x07fa, "Exceptions"},
                                                  {0x302e, "Exceptions"},
                                                  {0x302f, "Exceptions"},
                                                  {0x3031, "Exceptions"},
                                                  {0x3035, "Exceptions"},
                                                  {0x303b, "Exceptions"},
                                                  {0x0378, "Unassigned"},
                                                  {0xe0080, "Unassigned and ignorable"},
                                                  {0x1100, "OldHangulJamo: L"},
                                                  {0x1161, "OldHangulJamo: V"},
                                                  {0x11a8, "OldHangulJamo: T"},
                                                  {0x00ad, "ignorable: soft hyphen"},
                                                  {0x200b, "ignorable: zero width space"},
                                                  {0x202e, "ignorable: right-to-left override"},
                                                  {0xfe0f, "ignorable: variation selector"},
                                                  {0xffff, "Noncharacter"},
                                                  {0xfdd0, "Noncharacter"},
                                                  {0x0000, "Controls"},
                                                  {0x0009, "Controls: TAB"},
                                                  {0x007f, "Controls: DEL"},
                                                  {0x0085, "Controls: NEL"},
                                                  {0xe000, "private use: no rule"},
                                                  {0x0600, "Cf that is not ignorable: no rule"},
                                                  {0x2028, "line separator: no rule"},
                                              });
}

// RFC 5892 section 3.
TEST(ULabels, HoldLowercaseLettersAndDigits) {
  for (const char32_t c : {U'a', U'z', U'0', U'9', U'-', U'\u00df', U'\u03c2', U'\u3007', U'\u00b7',
                           U'\u200c', U'\u0660', U'\u00fc', U'\u05d0', U'\u0301', U'\uac00'}) {
    EXPECT_TRUE(is_in_u_labels(c)) << std::hex << static_cast<unsigned>(c);
  }
  for (const Case& one : std::vector<Case>{{'A', "Unstable"},
                                           {0x00dc, "Unstable"},
                                           {0x2163, "Unstable"},
                                           {0xff41, "Unstable"},
                                           {'_', "not LDH"},
                                           {'.', "not LDH"},
                                           {' ', "not LDH"},
                                           {0x2665, "a symbol"},
                                           {0x3002, "punctuation"},
                                           {0x0640, "Exceptions"},
                                           {0x0378, "Unassigned"},
                                           {0x00ad, "IgnorableProperties"},
                                           {0x2028, "IgnorableProperties: white space"},
                                           {0x20d0, "IgnorableBlocks: marks for symbols"},
                                           {0x1d165, "IgnorableBlocks: musical symbols"},
                                           {0x1d242, "IgnorableBlocks: Greek musical notation"},
                                           {0x1100, "OldHangulJamo"},
                                           {0x0488, "Me"}}) {
    EXPECT_FALSE(is_in_u_labels(one.c))
        << std::hex << static_cast<unsigned>(one.c) << " " << one.why;
  }
}

// Each contextual code point of `text` by its rule.
bool allows_all(std::u32string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool contextual = precis_property(text[i]) == PrecisProperty::contextual;
    if (contextual && !context_allows(text, i)) return false;
  }
  return true;
}

// RFC 5892 appendix A, by its sections.
TEST(Context, A1ZeroWidthNonJoiner) {
  EXPECT_TRUE(allows_all(U"\u0915\u094d\u200c\u0937"));        // after a virama
  EXPECT_TRUE(allows_all(U"\u0628\u200c\u0628"));              // between dual-joining letters
  EXPECT_TRUE(allows_all(U"\u0628\u064b\u200c\u064b\u0627"));  // transparent marks do not count
  EXPECT_TRUE(allows_all(U"\ua872\u200c\u0628"));              // left-joining before
  EXPECT_FALSE(allows_all(U"\u0627\u200c\u0628"));             // right-joining before
  EXPECT_FALSE(allows_all(U"\u0628\u200ca"));
  EXPECT_FALSE(allows_all(U"\u0628\u200c\ua872"));  // left-joining after
  EXPECT_FALSE(allows_all(U"a\u200cb"));
  EXPECT_FALSE(allows_all(U"\u200c\u0628"));
  EXPECT_FALSE(allows_all(U"\u0628\u200c"));
  EXPECT_FALSE(allows_all(U"\u200c"));
  EXPECT_FALSE(allows_all(U"\u064b\u200c\u0628"));  // nothing but marks before
  EXPECT_FALSE(allows_all(U"\u0628\u200c\u064b"));  // nothing but marks after
}

TEST(Context, A2ZeroWidthJoiner) {
  EXPECT_TRUE(allows_all(U"\u0915\u094d\u200d\u0937"));
  EXPECT_FALSE(allows_all(U"\u0628\u200d\u0628"));  // joining letters are not enough here
  EXPECT_FALSE(allows_all(U"\u200d\u0915"));
  EXPECT_FALSE(allows_all(U"a\u200d"));
}

TEST(Context, A3MiddleDot) {
  EXPECT_TRUE(allows_all(U"col\u00b7legi"));
  EXPECT_FALSE(allows_all(U"co\u00b7legi"));
  EXPECT_FALSE(allows_all(U"col\u00b7egi"));
  EXPECT_FALSE(allows_all(U"\u00b7l"));
  EXPECT_FALSE(allows_all(U"l\u00b7"));
}

TEST(Context, A4Keraia) {
  EXPECT_TRUE(allows_all(U"\u0375\u03b1"));
  EXPECT_FALSE(allows_all(U"\u0375a"));
  EXPECT_FALSE(allows_all(U"\u03b1\u0375"));
}

TEST(Context, A5A6GereshAndGershayim) {
  for (const char32_t mark : {U'\u05f3', U'\u05f4'}) {
    EXPECT_TRUE(allows_all(std::u32string(U"\u05d0") + mark));
    EXPECT_FALSE(allows_all(std::u32string(U"a") + mark));
    EXPECT_FALSE(allows_all(mark + std::u32string(U"\u05d0")));
  }
}

TEST(Context, A7KatakanaMiddleDot) {
  EXPECT_TRUE(allows_all(U"a\u30fb\u30a2"));  // katakana, anywhere
  EXPECT_TRUE(allows_all(U"\u3042\u30fba"));  // hiragana
  EXPECT_TRUE(allows_all(U"a\u30fb\u6f22"));  // han
  EXPECT_FALSE(allows_all(U"a\u30fbb"));
  EXPECT_FALSE(allows_all(U"\u30fb"));
}

TEST(Context, A8A9ArabicIndicDigits) {
  EXPECT_TRUE(allows_all(U"\u0628\u0660\u0669"));
  EXPECT_TRUE(allows_all(U"\u0628\u06f0\u06f9"));
  EXPECT_FALSE(context_allows(U"\u0628\u0660\u06f0", 1));
  EXPECT_FALSE(context_allows(U"\u0628\u0660\u06f0", 2));
}

TEST(Context, WhatHasNoRuleIsNotAllowed) {
  EXPECT_FALSE(context_allows(U"a", 0));
}

// RFC 5893 section 2.
TEST(BidiRule, LeavesOtherTextAlone) {
  EXPECT_TRUE(satisfies_bidi_rule(U""));
  EXPECT_TRUE(satisfies_bidi_rule(U"-1!alice+"));
  EXPECT_TRUE(satisfies_bidi_rule(U"\u0301\u03c0"));
}

TEST(BidiRule, Condition1FirstIsALetter) {
  EXPECT_TRUE(satisfies_bidi_rule(U"\u05d0\u05d1"));   // R
  EXPECT_TRUE(satisfies_bidi_rule(U"\u0628\u062a"));   // AL
  EXPECT_FALSE(satisfies_bidi_rule(U"1\u05d0"));       // EN
  EXPECT_FALSE(satisfies_bidi_rule(U"\u0660\u0628"));  // AN
  EXPECT_FALSE(satisfies_bidi_rule(U"-\u05d0"));
  EXPECT_FALSE(satisfies_bidi_rule(U"\u0660"));
}

TEST(BidiRule, Condition2NoLeftToRightLetters) {
  EXPECT_TRUE(satisfies_bidi_rule(U"\u05d0-+,.!1\u05d1"));
  EXPECT_FALSE(satisfies_bidi_rule(U"\u05d0a\u05d1"));
}

TEST(BidiRule, Condition3EndsWithALetterOrNumber) {
  EXPECT_TRUE(satisfies_bidi_rule(U"\u05d0\u05b0"));  // a nonspacing mark may follow
  EXPECT_TRUE(satisfies_bidi_rule(U"\u05d01"));       // EN
  EXPECT_TRUE(satisfies_bidi_rule(U"\u0628\u0660"));  // AN
  EXPECT_FALSE(satisfies_bidi_rule(U"\u05d0-"));
  EXPECT_FALSE(satisfies_bidi_rule(U"\u05d0-\u05b0"));
}

TEST(BidiRule, Condition4OneKindOfNumbers) {
  EXPECT_FALSE(satisfies_bidi_rule(U"\u06281\u0660"));
  EXPECT_TRUE(satisfies_bidi_rule(U"\u06281\u06f0"));  // extended digits are European ones
}

TEST(BidiRule, Conditions5And6NoRightToLeftInLeftToRightText) {
  EXPECT_FALSE(satisfies_bidi_rule(U"a\u05d0"));
  EXPECT_FALSE(satisfies_bidi_rule(U"a\u0660"));
  EXPECT_FALSE(satisfies_bidi_rule(U"a\u05d0b"));
}

}  // namespace address_code_points_test
}  // namespace muster
