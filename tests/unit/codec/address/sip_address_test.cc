#include "codec/address/sip_address.h"

#include <gtest/gtest.h>

#include <string>

#include "codec/address/jid.h"

namespace muster {
namespace address_sip_address_test {

std::string sip_uri(const Address& address) {
  std::string out;
  append_sip_uri(out, address);
  return out;
}
std::string pres_uri(const Address& address) {
  std::string out;
  append_pres_uri(out, address);
  return out;
}

// The JID of a SIP URI's parts.
std::string jid_of(std::string_view user, std::string_view host, std::string_view gr = {}) {
  const auto address = address_of_sip_uri(user, host, gr);
  EXPECT_TRUE(address) << user << "@" << host << ": " << describe(address.error());
  return address ? address->text() : std::string();
}

AddressError error_of(std::string_view user, std::string_view host, std::string_view gr = {}) {
  const auto address = address_of_sip_uri(user, host, gr);
  EXPECT_FALSE(address) << user << "@" << host;
  return address ? AddressError::unstable : address.error();
}

// RFC 7247 section 6.4.
TEST(SipAddress, ExamplesFromSipToXmpp) {
  EXPECT_EQ(jid_of("f%C3%BC", "sip.example"), "f\u00fc@sip.example");
  EXPECT_EQ(jid_of("o'malley", "sip.example"), "o\\27malley@sip.example");
  EXPECT_EQ(jid_of("foo", "sip.example", "bar"), "foo@sip.example/bar");
}

// RFC 7247 section 6.5.
TEST(SipAddress, ExamplesFromXmppToSip) {
  EXPECT_EQ(sip_uri(*parse_jid("m\\26m@xmpp.example")), "sip:m&m@xmpp.example");
  EXPECT_EQ(sip_uri(*parse_jid("tsch\u00fcss@xmpp.example")), "sip:tsch%C3%BCss@xmpp.example");
  EXPECT_EQ(sip_uri(*parse_jid("baz@xmpp.example/qux")), "sip:baz@xmpp.example;gr=qux");
}

TEST(SipAddress, OneAccountHasOneAddress) {
  const Address alice = *parse_jid("alice@example.com");
  for (const char* user : {"alice", "Alice", "ALICE", "%61lice", "%41%4C%49%43%45"}) {
    for (const char* host : {"example.com", "Example.COM", "example.com."}) {
      EXPECT_EQ(*address_of_sip_uri(user, host), alice) << user << "@" << host;
    }
  }
  EXPECT_EQ(sip_uri(alice), "sip:alice@example.com");
  EXPECT_EQ(pres_uri(alice), "pres:alice@example.com");
}

TEST(SipAddress, UserAndGruuMayBeAbsent) {
  EXPECT_EQ(jid_of("", "example.com"), "example.com");
  EXPECT_EQ(jid_of("", "example.com", "x"), "example.com/x");
  EXPECT_EQ(sip_uri(*parse_jid("example.com")), "sip:example.com");
  EXPECT_EQ(sip_uri(*parse_jid("example.com/x")), "sip:example.com;gr=x");
  EXPECT_EQ(pres_uri(*parse_jid("example.com")), "pres:example.com");
}

TEST(SipAddress, PresUrisNameNoResource) {
  EXPECT_EQ(pres_uri(*parse_jid("baz@xmpp.example/qux")), "pres:baz@xmpp.example");
}

TEST(SipAddress, HostsAreWrittenAsSipNeedsThem) {
  EXPECT_EQ(jid_of("a", "xn--bcher-kva.example"), "a@b\u00fccher.example");
  const Address books = *parse_jid("a@b\u00fccher.example");
  EXPECT_EQ(sip_uri(books), "sip:a@xn--bcher-kva.example");
  EXPECT_EQ(pres_uri(books), "pres:a@xn--bcher-kva.example");
  EXPECT_EQ(jid_of("a", "[2001:DB8::0:1]"), "a@[2001:db8::1]");
  EXPECT_EQ(sip_uri(*parse_jid("a@[2001:db8::1]")), "sip:a@[2001:db8::1]");
  EXPECT_EQ(jid_of("a", "192.0.2.4"), "a@192.0.2.4");
}

TEST(SipAddress, UserPartsOfTelephones) {
  EXPECT_EQ(jid_of("+1-212-555-1212", "example.com"), "+1-212-555-1212@example.com");
  EXPECT_EQ(jid_of("+12125551212;phone-context=x", "example.com"),
            "+12125551212;phone-context=x@example.com");
}

TEST(SipAddress, WhatNoJidTakesIsAnError) {
  EXPECT_EQ(error_of("null-%00-null", "example.com"), AddressError::disallowed);  // RFC 4475
  EXPECT_EQ(error_of("%FF", "example.com"), AddressError::not_utf8);
  EXPECT_EQ(error_of("%20a", "example.com"), AddressError::space_at_edge);
  EXPECT_EQ(error_of("%E2%99%9A", "example.com"), AddressError::disallowed);
  EXPECT_EQ(error_of("a", ""), AddressError::empty);
  EXPECT_EQ(error_of("a", "ex ample"), AddressError::malformed_domainpart);
  EXPECT_EQ(error_of("a", "example.com", "%07"), AddressError::disallowed);
  EXPECT_EQ(error_of("a", "example.com", "%20x"), AddressError::space_at_edge);
}

TEST(SipAddress, PartsHaveTheLimitsOfAJid) {
  const std::string longest(Address::kPartBytesMax, 'a');
  std::string encoded;
  for (std::size_t i = 0; i < Address::kPartBytesMax; ++i)
    encoded += "%61";
  EXPECT_EQ(jid_of(longest, "b", longest), longest + "@b/" + longest);
  EXPECT_EQ(jid_of(encoded, "b", encoded), longest + "@b/" + longest);
  EXPECT_EQ(error_of(longest + "a", "b"), AddressError::too_long);
  EXPECT_EQ(error_of(encoded + "%61", "b"), AddressError::too_long);
  EXPECT_EQ(error_of("a", "b", longest + "a"), AddressError::too_long);
  const std::string endless(100'000, '%');
  EXPECT_EQ(error_of(endless, "b"), AddressError::too_long);
  EXPECT_EQ(error_of("a", "b", endless), AddressError::too_long);
}

TEST(SipAddress, ComesBackFromItsUri) {
  for (const char* jid :
       {"alice@example.com/phone", "m\\26m@xmpp.example", "space\\20cadet@example.com",
        "\\20@example.com", "a\\5cb@example.com", "a\\5c26b@example.com", "#%[\\]^`{|}@example.com",
        "fu\u00dfball@b\u00fccher.example/\u265a ;=%", "a@[fe80::1%25eth0]", "example.com/x"}) {
    const Address address = *parse_jid(jid);
    const std::string uri = sip_uri(address).substr(4);
    const std::size_t at = uri.find('@');
    const std::size_t gr = uri.find(";gr=");
    const std::string user = at == std::string::npos ? "" : uri.substr(0, at);
    const std::size_t host = at == std::string::npos ? 0 : at + 1;
    EXPECT_EQ(*address_of_sip_uri(user, uri.substr(host, gr - host),
                                  gr == std::string::npos ? "" : uri.substr(gr + 4)),
              address)
        << uri;
  }
}

}  // namespace address_sip_address_test
}  // namespace muster
