#include "codec/address/precis.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster {
namespace address_precis_test {

using Enforce = Result<std::string_view, AddressError> (*)(std::string_view, std::string&);

// What `text` becomes; the same again when it is enforced once more.
void expect_canonical(Enforce enforce, std::string_view text, std::string_view expected) {
  std::string scratch;
  const auto canonical = enforce(text, scratch);
  ASSERT_TRUE(canonical) << text << ": " << describe(canonical.error());
  EXPECT_EQ(*canonical, expected) << text;
  std::string again_scratch;
  const auto again = enforce(*canonical, again_scratch);
  ASSERT_TRUE(again) << text;
  EXPECT_EQ(again->data(), canonical->data()) << text << ": canonical text is handed back as it is";
  EXPECT_EQ(*again, expected);
}

void expect_error(Enforce enforce, std::string_view text, AddressError expected) {
  std::string scratch;
  const auto canonical = enforce(text, scratch);
  ASSERT_FALSE(canonical) << text;
  EXPECT_EQ(canonical.error(), expected) << text << ": " << describe(canonical.error());
}

// RFC 8265 section 3.6, table 1.
TEST(Username, LegalUserparts) {
  expect_canonical(enforce_username, "juliet@example.com", "juliet@example.com");  // 1
  expect_canonical(enforce_username, "fussball", "fussball");                      // 2
  expect_canonical(enforce_username, "fu\u00dfball", "fu\u00dfball");              // 3
  expect_canonical(enforce_username, "\u03c0", "\u03c0");                          // 4
  expect_canonical(enforce_username, "\u03a3", "\u03c3");  // 5 is the same as
  expect_canonical(enforce_username, "\u03c3", "\u03c3");  // 6, but not as
  expect_canonical(enforce_username, "\u03c2", "\u03c2");  // 7
}

// RFC 8265 section 3.6, table 2.
TEST(Username, StringsThatViolateTheUserpartRules) {
  expect_error(enforce_username, "foo bar", AddressError::disallowed);      // 8
  expect_error(enforce_username, "", AddressError::empty);                  // 9
  expect_error(enforce_username, "henry\u2163", AddressError::disallowed);  // 10
  expect_error(enforce_username, "\u221e", AddressError::disallowed);       // 11
}

TEST(Username, AsciiIsLoweredAndItsControlsRefused) {
  expect_canonical(enforce_username, "Alice.B+c!~", "alice.b+c!~");
  expect_canonical(enforce_username, "[\\]^_`{|}", "[\\]^_`{|}");
  for (int c = 0; c < 128; ++c) {
    const std::string text = {'a', static_cast<char>(c), 'b'};
    std::string scratch;
    EXPECT_EQ(enforce_username(text, scratch).ok(), c >= 0x21 && c <= 0x7e) << c;
    // The same beside a letter that is not ASCII.
    EXPECT_EQ(enforce_username(text + "\u00e9", scratch).ok(), c >= 0x21 && c <= 0x7e) << c;
  }
}

TEST(Username, IsMappedInWidthThenCaseThenForm) {
  expect_canonical(enforce_username, "\uff21\uff22", "ab");      // fullwidth
  expect_canonical(enforce_username, "e\u0301", "\u00e9");       // decomposed
  expect_canonical(enforce_username, "E\u0301", "\u00e9");       // and uppercase
  expect_canonical(enforce_username, "\uff25\u0301", "\u00e9");  // and fullwidth
  expect_canonical(enforce_username, "\u00c9", "\u00e9");
  expect_canonical(enforce_username, "\u1e9e", "\u00df");              // capital sharp s
  expect_canonical(enforce_username, "\uff76\uff9e", "\u30ac");        // halfwidth ka, voiced
  expect_error(enforce_username, "\u212a", AddressError::disallowed);  // KELVIN SIGN has a compat
}

TEST(Username, RulesOfContextLookAtTheMappedText) {
  expect_canonical(enforce_username, "COL\u00b7LEGI", "col\u00b7legi");
  expect_error(enforce_username, "a\u00b7b", AddressError::out_of_context);
  expect_error(enforce_username, "a\u200db", AddressError::out_of_context);
}

TEST(Username, FollowsTheBidiRule) {
  expect_canonical(enforce_username, "\u05d0\u05d1", "\u05d0\u05d1");
  expect_error(enforce_username, "a\u05d0", AddressError::mixed_direction);
  expect_error(enforce_username, "\u05d0-", AddressError::mixed_direction);
}

TEST(Username, IsUtf8) {
  expect_error(enforce_username, "alice\xff", AddressError::not_utf8);
  expect_error(enforce_username, "\xc0\xaf", AddressError::not_utf8);
}

// RFC 8265 section 4.3, table 3.
TEST(OpaqueString, LegalPasswords) {
  expect_canonical(enforce_opaque_string, "correct horse battery staple",
                   "correct horse battery staple");  // 12
  expect_canonical(enforce_opaque_string, "Correct Horse Battery Staple",
                   "Correct Horse Battery Staple");                                     // 13
  expect_canonical(enforce_opaque_string, "\u03c0\u00df\u00e5", "\u03c0\u00df\u00e5");  // 14
  expect_canonical(enforce_opaque_string, "Jack of \u2666s", "Jack of \u2666s");        // 15
  expect_canonical(enforce_opaque_string, "foo\u1680bar",
                   "foo bar");  // 16
}

// RFC 8265 section 4.3, table 4.
TEST(OpaqueString, StringsThatViolateThePasswordRules) {
  expect_error(enforce_opaque_string, "", AddressError::empty);                       // 17
  expect_error(enforce_opaque_string, "my cat is a \tby", AddressError::disallowed);  // 18
}

TEST(OpaqueString, KeepsCaseAndWidthAndMapsSpacesAndForm) {
  expect_canonical(enforce_opaque_string, "\uff21\u2163", "\uff21\u2163");
  expect_canonical(enforce_opaque_string, "e\u0301E", "\u00e9E");
  expect_canonical(enforce_opaque_string, "a\u00a0b\u3000c\u2003d", "a b c d");
  expect_canonical(enforce_opaque_string, "a\u05d0", "a\u05d0");  // no directionality rule
  expect_canonical(enforce_opaque_string, "\U0001f40e", "\U0001f40e");
}

TEST(OpaqueString, RefusesControlsContextsAndBadUtf8) {
  for (int c = 0; c < 128; ++c) {
    const std::string text = {'a', static_cast<char>(c), 'b'};
    std::string scratch;
    EXPECT_EQ(enforce_opaque_string(text, scratch).ok(), c >= 0x20 && c <= 0x7e) << c;
    EXPECT_EQ(enforce_opaque_string(text + "\u2666", scratch).ok(), c >= 0x20 && c <= 0x7e) << c;
  }
  expect_error(enforce_opaque_string, "a\u00b7", AddressError::out_of_context);
  // GREEK ANO TELEIA becomes a middle dot under NFC, and then needs its l on both sides.
  expect_error(enforce_opaque_string, "a\u0387", AddressError::out_of_context);
  expect_canonical(enforce_opaque_string, "l\u0387l", "l\u00b7l");
  expect_error(enforce_opaque_string, "a\u200b", AddressError::disallowed);
  expect_error(enforce_opaque_string, "a\ue000", AddressError::disallowed);  // private use
  expect_error(enforce_opaque_string, "\xed\xa0\x80", AddressError::not_utf8);
}

}  // namespace address_precis_test
}  // namespace muster
