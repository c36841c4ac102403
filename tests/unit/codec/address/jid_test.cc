#include "codec/address/jid.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster {
namespace address_jid_test {

Address parsed(std::string_view text) {
  const auto address = parse_jid(text);
  EXPECT_TRUE(address) << text << ": " << describe(address.error());
  return address ? *address : Address();
}

void expect_parts(std::string_view text, std::string_view local, std::string_view domain,
                  std::string_view resource) {
  const Address address = parsed(text);
  EXPECT_EQ(address.local(), local) << text;
  EXPECT_EQ(address.domain(), domain) << text;
  EXPECT_EQ(address.resource(), resource) << text;
  EXPECT_EQ(parsed(address.text()), address) << text;
}

void expect_error(std::string_view text, AddressError expected) {
  const auto address = parse_jid(text);
  ASSERT_FALSE(address) << text << " became " << address->text();
  EXPECT_EQ(address.error(), expected) << text << ": " << describe(address.error());
}

// RFC 7622 section 3.5, table 1.
TEST(Jid, LegalJids) {
  expect_parts("juliet@example.com", "juliet", "example.com", "");                    // 1
  expect_parts("juliet@example.com/foo", "juliet", "example.com", "foo");             // 2
  expect_parts("juliet@example.com/foo bar", "juliet", "example.com", "foo bar");     // 3
  expect_parts("juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar");     // 4
  expect_parts("foo\\20bar@example.com", "foo\\20bar", "example.com", "");            // 5
  expect_parts("fussball@example.com", "fussball", "example.com", "");                // 6
  expect_parts("fu\u00dfball@example.com", "fu\u00dfball", "example.com", "");        // 7
  expect_parts("\u03c0@example.com", "\u03c0", "example.com", "");                    // 8
  expect_parts("\u03a3@example.com/foo", "\u03c3", "example.com", "foo");             // 9
  expect_parts("\u03c3@example.com/foo", "\u03c3", "example.com", "foo");             // 10
  expect_parts("\u03c2@example.com/foo", "\u03c2", "example.com", "foo");             // 11
  expect_parts("king@example.com/\u265a", "king", "example.com", "\u265a");           // 12
  expect_parts("example.com", "", "example.com", "");                                 // 13
  expect_parts("example.com/foobar", "", "example.com", "foobar");                    // 14
  expect_parts("a.example.com/b@example.net", "", "a.example.com", "b@example.net");  // 15
}

TEST(Jid, WhichOfTheLegalOnesAreTheSame) {
  EXPECT_NE(parsed("fussball@example.com"), parsed("fu\u00dfball@example.com"));
  EXPECT_EQ(parsed("\u03a3@example.com/foo"), parsed("\u03c3@example.com/foo"));
  EXPECT_NE(parsed("\u03a3@example.com/foo"), parsed("\u03c2@example.com/foo"));
  EXPECT_NE(parsed("\u03c3@example.com/foo"), parsed("\u03c2@example.com/foo"));
}

// RFC 7622 section 3.5, table 2.
TEST(Jid, StringsThatViolateTheJidRules) {
  expect_error("\"juliet\"@example.com", AddressError::disallowed);      // 16
  expect_error("foo bar@example.com", AddressError::disallowed);         // 17
  expect_error("juliet@example.com/ foo", AddressError::space_at_edge);  // 18
  expect_error("@example.com/", AddressError::empty);                    // 19
  expect_error("henry\u2163@example.com", AddressError::disallowed);     // 20
  expect_error("\u265a@example.com", AddressError::disallowed);          // 21
  expect_error("juliet@", AddressError::empty);                          // 22
  expect_error("/foobar", AddressError::empty);                          // 23
}

// RFC 7622 section 3.2: first the first '/', then the first '@' before it.
TEST(Jid, IsSplitInTheOrderOfTheRfc) {
  expect_parts("a@b/c/d", "a", "b", "c/d");
  expect_parts("a@b//", "a", "b", "/");
  expect_parts("b/@", "", "b", "@");
  expect_parts("b/a@b", "", "b", "a@b");
  expect_error("a@b@c", AddressError::malformed_domainpart);
}

TEST(Jid, EmptyPartsAreErrors) {
  for (const char* wrong : {"", "@", "/", "@/", "@b", "a@", "a@/c", "b/", "a@b/", "a@./c"}) {
    expect_error(wrong, AddressError::empty);
  }
}

// Separators are matched before any mapping (section 3.1): what becomes one later is an error.
TEST(Jid, NoMappingMakesASeparator) {
  expect_error("a\uff20b@example.com",
               AddressError::disallowed);  // fullwidth @
  expect_error("a\uff0fb@example.com",
               AddressError::disallowed);  // fullwidth /
  expect_error("a@example.com\uff0fb",
               AddressError::malformed_domainpart);               // fullwidth /
  expect_error("a\u2100@example.com", AddressError::disallowed);  // "a/c"
}

TEST(Jid, IsMadeCanonicalPartByPart) {
  expect_parts("Alice@Example.COM./Phone", "alice", "example.com", "Phone");
  expect_parts("\uff21lice@xn--bcher-kva.example/e\u0301", "alice", "b\u00fccher.example",
               "\u00e9");
  expect_parts("a@[2001:DB8:0:0:0:0:0:1]/x", "a", "[2001:db8::1]", "x");
  expect_parts("a@192.0.2.1", "a", "192.0.2.1", "");
}

// Section 3.3.1, and each other ASCII character of a localpart as RFC 8264 has it.
TEST(Jid, LocalpartsExcludeEightCharactersMore) {
  for (int c = 0; c < 128; ++c) {
    const std::string text = {'a', static_cast<char>(c), 'b'};
    const bool excluded = std::string_view("\"&'/:<>@").find(text[1]) != std::string_view::npos;
    std::string scratch;
    EXPECT_EQ(canonical_localpart(text, scratch).ok(), c > 0x20 && c < 0x7f && !excluded) << c;
    EXPECT_EQ(canonical_localpart(text + "\u00e9", scratch).ok(), c > 0x20 && c < 0x7f && !excluded)
        << c;
  }
}

TEST(Jid, ResourcepartsTakeAnyPrintableButNoSpaceInFront) {
  std::string scratch;
  for (int c = 0; c < 128; ++c) {
    const std::string text = {'a', static_cast<char>(c), 'b'};
    EXPECT_EQ(canonical_resourcepart(text, scratch).ok(), c >= 0x20 && c < 0x7f) << c;
  }
  EXPECT_EQ(canonical_resourcepart(" a", scratch).error(), AddressError::space_at_edge);
  EXPECT_EQ(canonical_resourcepart("\u00a0a", scratch).error(), AddressError::space_at_edge);
  EXPECT_EQ(*canonical_resourcepart("a ", scratch), "a ");
  EXPECT_EQ(*canonical_resourcepart("a\u3000", scratch), "a ");
}

TEST(Jid, PartsByThemselves) {
  std::string scratch;
  EXPECT_EQ(*canonical_localpart("Alice", scratch), "alice");
  EXPECT_EQ(canonical_localpart("alice@example.com", scratch).error(), AddressError::disallowed);
  EXPECT_EQ(canonical_localpart("", scratch).error(), AddressError::empty);
  EXPECT_EQ(*canonical_domainpart("Example.com.", scratch), "example.com");
  EXPECT_EQ(canonical_domainpart("", scratch).error(), AddressError::empty);
  EXPECT_EQ(canonical_resourcepart("", scratch).error(), AddressError::empty);
  EXPECT_EQ(canonical_resourcepart("\xff", scratch).error(), AddressError::not_utf8);
}

// Section 3.1: 1 to 1023 bytes, after all mapping.
TEST(Jid, LocalAndResourcepartsHaveAtMost1023Bytes) {
  const std::string longest(Address::kPartBytesMax, 'a');
  EXPECT_EQ(longest.size(), 1023u);
  expect_parts(longest + "@b/" + longest, longest, "b", longest);
  expect_error(longest + "a@b", AddressError::too_long);
  expect_error("a@b/" + longest + "a", AddressError::too_long);
  // In bytes, not in characters.
  const std::string umlauts = [] {
    std::string text = "x";
    while (text.size() < Address::kPartBytesMax)
      text += "\u00fc";
    return text;
  }();
  ASSERT_EQ(umlauts.size(), Address::kPartBytesMax);
  expect_parts(umlauts + "@b/" + umlauts, umlauts, "b", umlauts);
  expect_error("x" + umlauts + "@b", AddressError::too_long);
  expect_error("b/x" + umlauts, AddressError::too_long);
}

TEST(Jid, DomainpartsHaveAtMost1023Bytes) {
  const std::string zone(Address::kPartBytesMax - std::string_view("[fe80::1%25]").size(), 'z');
  const std::string longest = "[fe80::1%25" + zone + "]";
  ASSERT_EQ(longest.size(), Address::kPartBytesMax);
  expect_parts("a@" + longest, "a", longest, "");
  expect_error("a@[fe80::1%25z" + zone + "]", AddressError::too_long);
}

// What is longer before it is mapped may be short enough afterwards, within reason.
TEST(Jid, InputBeyondKPartInputBytesMaxIsNotLookedAt) {
  const auto repeated = [](std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i)
      text += piece;
    return text;
  };
  const std::string wide = repeated("\uff41", Address::kPartBytesMax);  // three bytes, one after
  expect_parts(wide + "@b", std::string(Address::kPartBytesMax, 'a'), "b", "");
  expect_error(wide + "\uff41@b", AddressError::too_long);

  std::string scratch;
  const std::string spaces = repeated("a", kPartInputBytesMax);
  EXPECT_EQ(canonical_resourcepart(spaces, scratch).error(), AddressError::too_long);
  // A byte that is no UTF-8 shows whether the text was looked at.
  std::string at = repeated("a", kPartInputBytesMax - 1) + "\xff";
  EXPECT_EQ(canonical_resourcepart(at, scratch).error(), AddressError::not_utf8);
  EXPECT_EQ(canonical_localpart(at, scratch).error(), AddressError::not_utf8);
  EXPECT_EQ(canonical_domainpart(at, scratch).error(), AddressError::malformed_domainpart);
  at.insert(0, "a");
  EXPECT_EQ(canonical_resourcepart(at, scratch).error(), AddressError::too_long);
  EXPECT_EQ(canonical_localpart(at, scratch).error(), AddressError::too_long);
  EXPECT_EQ(canonical_domainpart(at, scratch).error(), AddressError::too_long);
}

// The densest mapping there is: a fullwidth letter and two marks that become two bytes.
TEST(Jid, NoLegalPartIsLongerThanKPartInputBytesMaxBeforeItIsMapped) {
  std::string scratch;
  const std::string_view before = "\uff35\u0308\u0304";
  const auto after = canonical_localpart(before, scratch);
  ASSERT_TRUE(after);
  EXPECT_EQ(*after, "\u01d6");
  EXPECT_LT(before.size() * Address::kPartBytesMax / after->size(), kPartInputBytesMax);
}

}  // namespace address_jid_test
}  // namespace muster
