#include "codec/address/domain.h"

#include <gtest/gtest.h>

#include <string>

namespace muster {
namespace address_domain_test {

void expect_canonical(std::string_view text, std::string_view expected) {
  std::string scratch;
  const auto canonical = canonical_domain(text, scratch);
  ASSERT_TRUE(canonical) << text << ": " << describe(canonical.error());
  EXPECT_EQ(*canonical, expected) << text;
  std::string again_scratch;
  const auto again = canonical_domain(*canonical, again_scratch);
  ASSERT_TRUE(again) << text;
  EXPECT_EQ(again->data(), canonical->data()) << text << ": canonical text is handed back as it is";
}

void expect_error(std::string_view text, AddressError expected) {
  std::string scratch;
  const auto canonical = canonical_domain(text, scratch);
  ASSERT_FALSE(canonical) << text << " became " << *canonical;
  EXPECT_EQ(canonical.error(), expected) << text << ": " << describe(canonical.error());
}

std::string ascii(std::string_view canonical) {
  std::string out;
  append_ascii_domain(out, canonical);
  return out;
}

TEST(Domain, HostNames) {
  expect_canonical("example.com", "example.com");
  expect_canonical("localhost", "localhost");
  expect_canonical("Example.COM", "example.com");
  expect_canonical("a-b.3com.x1", "a-b.3com.x1");
  expect_canonical("127.0.0.1", "127.0.0.1");
  expect_canonical("[2001:DB8::1]", "[2001:db8::1]");
}

// RFC 7622 section 3.2: the final dot goes before anything else.
TEST(Domain, LosesItsFinalDot) {
  expect_canonical("example.com.", "example.com");
  expect_canonical("b\u00fccher.example.", "b\u00fccher.example");
  expect_error("example.com..", AddressError::malformed_domainpart);
  expect_error("b\u00fccher.example..", AddressError::malformed_domainpart);
  expect_error("example.com\u3002", AddressError::malformed_domainpart);  // no dot of RFC 1034
  expect_error(".", AddressError::empty);
  expect_error("", AddressError::empty);
}

TEST(Domain, RefusesWhatIsNoHostName) {
  for (const char* wrong : {"-a.example", "a-.example", "a..example", ".example", "a_b.example",
                            "a b.example", "a@b.example", "a/b", "example.com:5222", "a\tb", "a%41",
                            "[::1", "exa\x7fmple", "-", "a.-"}) {
    expect_error(wrong, AddressError::malformed_domainpart);
  }
  expect_error(std::string_view("a\0b", 3), AddressError::malformed_domainpart);
}

// RFC 5890 section 2.3.2.1: A-labels and U-labels; RFC 7622 section 3.2.1 keeps the latter.
TEST(Domain, InternationalizedNamesHaveULabels) {
  expect_canonical("b\u00fccher.example", "b\u00fccher.example");
  expect_canonical("xn--bcher-kva.example", "b\u00fccher.example");
  expect_canonical("XN--Bcher-KVA.Example", "b\u00fccher.example");
  expect_canonical("B\u00dcCHER.example", "b\u00fccher.example");
  expect_canonical("bu\u0308cher.example", "b\u00fccher.example");
  expect_canonical("\uff45xample.com", "example.com");  // fullwidth e
  expect_canonical("example\u3002com",
                   "example.com");  // ideographic full stop
  // Nontransitional, as IDNA2008 has it: sharp s and final sigma are letters of their own.
  expect_canonical("fa\u00df.example", "fa\u00df.example");
  expect_canonical("xn--fa-hia.example", "fa\u00df.example");
  expect_canonical("\u03b2\u03cc\u03bb\u03bf\u03c2.example",
                   "\u03b2\u03cc\u03bb\u03bf\u03c2.example");
  expect_canonical("\u05d0\u05d1.\u05d2", "\u05d0\u05d1.\u05d2");
}

TEST(Domain, RefusesWhatIdna2008Refuses) {
  for (const char* wrong : {
           "\u2665.example",      // a symbol, which UTS #46 alone would admit
           "xn--g6h.example",     // the same as an A-label
           "xn--a.example",       // no Punycode that means anything
           "xn--example-.com",    //
           "ab--c.example",       // a reserved LDH label that is no A-label
           "a\u00b7b.example",    // out of context
           "a\u200db.example",    // a joiner that joins nothing
           "a\u05d0.example",     // against the Bidi Rule
           "\u0301a.example",     // begins with a combining mark
           "-\u00fc.example",     //
           "\u00fc..example",     //
           "\u00fc_.example",     //
           "a\u2100b",            // would become "aa/cb"
           "\u00fc\xff.example",  // not UTF-8
           "\u00ad",              // ignored, and nothing is left
       }) {
    expect_error(wrong, AddressError::malformed_domainpart);
  }
}

TEST(Domain, LabelsHaveAtMost63Bytes) {
  const std::string longest(kLabelBytesMax, 'a');
  expect_canonical(longest, longest);
  expect_canonical(longest + ".example", longest + ".example");
  expect_canonical("x." + longest, "x." + longest);
  expect_error(longest + "a", AddressError::too_long);
  expect_error(longest + "a.example", AddressError::too_long);
  expect_error("x." + longest + "a", AddressError::too_long);
  // As an A-label: "xn--" + 56 letters + "-" and two digits of Punycode.
  std::string umlaut = "\u00fc" + std::string(55, 'a');
  ASSERT_EQ(ascii(umlaut).size(), kLabelBytesMax);
  expect_canonical(umlaut, umlaut);
  expect_error(umlaut + "a", AddressError::too_long);
}

TEST(Domain, NamesHaveAtMost253Bytes) {
  const std::string labels =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".";
  const std::string longest = labels + std::string(kDomainNameBytesMax - labels.size(), 'd');
  ASSERT_EQ(longest.size(), 253u);
  expect_canonical(longest, longest);
  expect_canonical(longest + ".", longest);  // the dot does not count
  expect_error(longest + "d", AddressError::too_long);
  std::string umlaut = "\u00fc" + longest.substr(8);  // xn--... makes up for what is cut
  while (ascii(umlaut).size() < kDomainNameBytesMax)
    umlaut += 'd';
  expect_canonical(umlaut, umlaut);
  expect_error(umlaut + "d", AddressError::too_long);
}

TEST(Domain, IsWrittenInALabelsForSip) {
  EXPECT_EQ(ascii("example.com"), "example.com");
  EXPECT_EQ(ascii("[2001:db8::1]"), "[2001:db8::1]");
  EXPECT_EQ(ascii("b\u00fccher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(ascii("fa\u00df.example"), "xn--fa-hia.example");
  std::string appended = "sip:";
  append_ascii_domain(appended, "b\u00fccher.example");
  EXPECT_EQ(appended, "sip:xn--bcher-kva.example");
}

}  // namespace address_domain_test
}  // namespace muster
