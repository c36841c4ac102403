#include "codec/sip/uri.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::sip {
namespace sip_uri_test {

using std::string_literals::operator""s;

bool same(std::string_view a, std::string_view b) {
  const auto x = parse_uri(a);
  const auto y = parse_uri(b);
  EXPECT_TRUE(x && y) << a << " " << b;
  const bool result = same_uri(*x, *y);
  EXPECT_EQ(same_uri(*y, *x), result) << a << " " << b;
  return result;
}

TEST(Uris, AllComponents) {
  const auto uri =
      parse_uri("sip:alice:secretword@atlanta.com:5070;transport=tcp;lr?subject=x%20y&to=z");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme, Scheme::sip);
  EXPECT_EQ(uri->user, "alice");
  EXPECT_TRUE(uri->has_password);
  EXPECT_EQ(uri->password, "secretword");
  EXPECT_EQ(uri->host.text, "atlanta.com");
  EXPECT_EQ(uri->port, 5070);
  EXPECT_EQ(uri->param_value("Transport"), "tcp");
  EXPECT_TRUE(uri->has_param("lr"));
  EXPECT_FALSE(uri->has_param("maddr"));
  std::string headers;
  for (const auto& header : uri->headers()) {
    headers.append(header.name).append("=").append(header.value).append("|");
  }
  EXPECT_EQ(headers, "subject=x%20y|to=z|");
}

// RFC 3261 section 19.1.3.
TEST(Uris, ExamplesOfTheRfc) {
  const auto user_of = [](std::string_view text) { return parse_uri(text).value().user; };
  EXPECT_EQ(user_of("sip:alice@atlanta.com"), "alice");
  EXPECT_EQ(user_of("sips:alice@atlanta.com?subject=project%20x&priority=urgent"), "alice");
  EXPECT_EQ(user_of("sip:+1-212-555-1212:1234@gateway.com;user=phone"), "+1-212-555-1212");
  EXPECT_EQ(user_of("sips:1212@gateway.com"), "1212");
  EXPECT_EQ(user_of("sip:alice@192.0.2.4"), "alice");
  EXPECT_EQ(user_of("sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com"), "");
  EXPECT_EQ(user_of("sip:alice;day=tuesday@atlanta.com"), "alice;day=tuesday");
  EXPECT_EQ(parse_uri("sips:1212@gateway.com")->scheme, Scheme::sips);
}

TEST(Uris, OtherSchemes) {
  const auto pres = parse_uri("pres:alice@example.com");
  EXPECT_EQ(pres->scheme, Scheme::pres);
  EXPECT_EQ(pres->user, "alice");
  EXPECT_EQ(pres->host.text, "example.com");
  EXPECT_EQ(parse_uri("IM:alice@example.com")->scheme, Scheme::im);
  const auto tel = parse_uri("tel:+1-201-555-0123;phone-context=example.com");
  EXPECT_EQ(tel->scheme, Scheme::tel);
  EXPECT_EQ(tel->opaque, "+1-201-555-0123;phone-context=example.com");
  const auto beep = parse_uri("soap.beep://192.0.2.103:3002");
  EXPECT_EQ(beep->scheme, Scheme::other);
  EXPECT_EQ(beep->scheme_text, "soap.beep");
  EXPECT_EQ(beep->opaque, "//192.0.2.103:3002");
  EXPECT_TRUE(parse_uri("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
  EXPECT_TRUE(parse_uri("http://[2001:db8::1]/x?y=%20"));
}

TEST(Uris, Malformed) {
  for (const auto text : {"",
                          "sip",
                          "sip:",
                          ":a@b",
                          "1ip:a@b",
                          "sip:@b",
                          "sip:a@",
                          "sip:a@b@c",
                          "sip:a@b:",
                          "sip:a@b:x",
                          "sip:a@b:65536",
                          "sip:a@b;",
                          "sip:a@b;;c",
                          "sip:a@b;c=",
                          "sip:a@b;=c",
                          "sip:a@b?",
                          "sip:a@b?c",
                          "sip:a@b?=c",
                          "sip:a@b?c=d&",
                          "sip:a b@c",
                          " sip:a@b",
                          "sip:a@b ",
                          "sip:a%4@b",
                          "sip:a%zz@b",
                          "sip:a%@b",
                          "sip:a@b;c=%4",
                          "sip:a@b%41",
                          "sip:a<b@c",
                          "sip:a@b;c=d e",
                          "sip:2001:db8::10",
                          "sip:a@[::1",
                          "sip:a@b;lr;LR",
                          "sip:a@b;x=1;%78=2",
                          "sip:a\"b@c",
                          "sip:a@b\r\n",
                          "sip:caf\xc3\xa9@b",
                          "http://a b",
                          "tel:",
                          "x:<y>",
                          "x:%4",
                          "sip:a:b:c@d",
                          "sip::b@c"}) {
    EXPECT_FALSE(parse_uri(text)) << text;
  }
}

TEST(Uris, CharactersByComponent) {
  EXPECT_TRUE(parse_uri("sip:-_.!~*'()&=+$,;?/@b"));         // unreserved, user-unreserved
  EXPECT_TRUE(parse_uri("sip:a:-_.!~*'()&=+$,@b"));          // password
  EXPECT_FALSE(parse_uri("sip:a:;@b"));                      //
  EXPECT_TRUE(parse_uri("sip:b;-_.!~*'()[]/:&+$=[]/:&+$"));  // paramchar
  EXPECT_FALSE(parse_uri("sip:b;a=,"));                      //
  EXPECT_TRUE(parse_uri("sip:b?-_.!~*'()[]/?:+$=[]/?:+$"));  // hnv-unreserved
  EXPECT_FALSE(parse_uri("sip:b?a=@"));                      //
  EXPECT_TRUE(parse_uri("sip:b?a="));                        // hvalue may be empty
}

TEST(Uris, ParametersHaveALimit) {
  std::string params = "sip:b";
  for (std::size_t i = 0; i < kUriParamsMax; ++i)
    params += ";p" + std::to_string(i);
  EXPECT_TRUE(parse_uri(params));
  EXPECT_FALSE(parse_uri(params + ";x"));
  std::string headers = "sip:b?h=1";
  for (std::size_t i = 1; i < kUriParamsMax; ++i)
    headers += "&h=1";
  EXPECT_TRUE(parse_uri(headers));
  EXPECT_FALSE(parse_uri(headers + "&h=1"));
}

// RFC 5627 and RFC 5626; escaped names are the names (RFC 4475 section 3.1.1.3).
TEST(Uris, ParametersByName) {
  const auto uri = parse_uri("sip:a@b;gr=urn:uuid:f81d4fae;ob;%6C%72;maddr=192.0.2.1;ttl=15");
  EXPECT_EQ(uri->param_value("gr"), "urn:uuid:f81d4fae");
  EXPECT_TRUE(uri->has_param("ob"));
  EXPECT_TRUE(uri->has_param("lr"));
  EXPECT_EQ(uri->param_value("maddr"), "192.0.2.1");
  EXPECT_EQ(uri->param_value("ttl"), "15");
  EXPECT_FALSE(parse_uri("sip:a@b;gr")->param("gr")->has_value);
}

// RFC 3261 section 19.1.4, "The URIs within each of the following sets are equivalent".
TEST(UriEquality, EquivalentExamplesOfTheRfc) {
  EXPECT_TRUE(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
  EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
  EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"));
  EXPECT_TRUE(same("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"));
  EXPECT_TRUE(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                   "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
  EXPECT_TRUE(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                   "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
}

// The same section, "The URIs within each of the following sets are not equivalent".
TEST(UriEquality, DifferentExamplesOfTheRfc) {
  EXPECT_FALSE(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
  EXPECT_FALSE(same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
  EXPECT_FALSE(same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
  EXPECT_FALSE(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
}

TEST(UriEquality, RulesWithoutAnExample) {
  EXPECT_FALSE(same("sip:a@b", "sips:a@b"));
  EXPECT_TRUE(same("SIP:a@b", "sip:a@b"));
  EXPECT_FALSE(same("sip:a@b", "sip:b"));
  EXPECT_FALSE(same("sip:a@b", "sip:a:@b"));
  EXPECT_FALSE(same("sip:a:x@b", "sip:a:X@b"));
  for (const auto param : {"user=phone", "ttl=1", "method=INVITE", "maddr=192.0.2.1"}) {
    EXPECT_FALSE(same("sip:a@b", "sip:a@b;"s + param)) << param;
  }
  EXPECT_TRUE(same("sip:a@b;user=phone", "sip:a@b;USER=Phone"));
  EXPECT_FALSE(same("sip:a@b;lr", "sip:a@b;lr=on"));
  // A reserved character is not its escape; any other is, in either case of the digits.
  EXPECT_FALSE(same("sip:a;b@c", "sip:a%3Bb@c"));
  EXPECT_TRUE(same("sip:a%3bb@c", "sip:a%3Bb@c"));
  EXPECT_TRUE(same("sip:%7Ea@c", "sip:~a@c"));
  EXPECT_FALSE(same("sip:a@b?x=1", "sip:a@b?x=1&x=1"));
  EXPECT_FALSE(same("sip:a@b?x=1&x=2", "sip:a@b?x=1&x=1"));
  EXPECT_TRUE(same("sip:a@b?x=1&x=2", "sip:a@b?x=2&x=1"));
  EXPECT_TRUE(same("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]"));
  EXPECT_TRUE(same("pres:a@B", "PRES:a@b"));
  EXPECT_TRUE(same("urn:x", "URN:x"));
  EXPECT_FALSE(same("urn:x", "urn:X"));
  EXPECT_FALSE(same("urn:x", "tel:x"));
}

TEST(UriEscapes, AreUndoneOnce) {
  EXPECT_EQ(unescape_uri("a%20b%25%34%31"), "a b%41");
  EXPECT_EQ(unescape_uri("%00"), "\0"s);
  EXPECT_EQ(unescape_uri("%e2%82%AC"), "\xe2\x82\xac");
  EXPECT_EQ(unescape_uri("100%"), "100%");
  EXPECT_EQ(unescape_uri("%4"), "%4");
  EXPECT_EQ(unescape_uri("%zz"), "%zz");
}

// RFC 3261 section 19.1.2.
TEST(UriEscapes, AreMadeByComponent) {
  EXPECT_EQ(escape_uri("j@s0n", UriPart::user), "j%40s0n");
  EXPECT_EQ(escape_uri("a;b?c/d", UriPart::user), "a;b?c/d");
  EXPECT_EQ(escape_uri("a;b", UriPart::password), "a%3Bb");
  EXPECT_EQ(escape_uri("a;b=c", UriPart::parameter), "a%3Bb%3Dc");
  EXPECT_EQ(escape_uri("a&b c", UriPart::header), "a%26b%20c");
  EXPECT_EQ(escape_uri("50%", UriPart::user), "50%25");
  std::string all;
  for (int c = 0; c < 256; ++c)
    all.push_back(static_cast<char>(c));
  for (const UriPart part :
       {UriPart::user, UriPart::password, UriPart::parameter, UriPart::header}) {
    EXPECT_EQ(unescape_uri(escape_uri(all, part)), all);
  }
  EXPECT_TRUE(parse_uri("sip:" + escape_uri(all, UriPart::user) +
                        "@b;p=" + escape_uri(all, UriPart::parameter) +
                        "?h=" + escape_uri(all, UriPart::header)));
}

TEST(UriWriting, FromPlainParts) {
  EXPECT_EQ(make_sip_uri("alice", "example.com"), "sip:alice@example.com");
  EXPECT_EQ(make_sip_uri("", "example.com", 5061, Scheme::sips), "sips:example.com:5061");
  EXPECT_EQ(make_sip_uri("a b>", "192.0.2.1"), "sip:a%20b%3E@192.0.2.1");
  EXPECT_EQ(make_sip_uri("a", "2001:db8::1", 5060), "sip:a@[2001:db8::1]:5060");
  EXPECT_EQ(make_sip_uri("a", "[2001:db8::1]"), "sip:a@[2001:db8::1]");
}

TEST(UriWritingDeathTest, RefusesAHostThatIsNone) {
  EXPECT_DEATH(make_sip_uri("a", "b>\r\nVia: x"), "check failed");
}

}  // namespace sip_uri_test
}  // namespace muster::sip
