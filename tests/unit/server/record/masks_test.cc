#include "server/record/masks.h"

#include <gtest/gtest.h>

#include "codec/xml/framer.h"
#include "support/grind.h"

namespace muster::record {
namespace record_masks_test {

// What is left of `text`.
template <class Mask>
std::string masked(std::string_view text, const Mask& fresh) {
  return test::grind(text, [&](const test::Pieces& pieces) {
    Mask mask(fresh);
    std::string left;
    for (const std::string_view piece : pieces) {
      std::string bytes(piece);
      mask.apply(bytes);
      left += bytes;
    }
    return left;
  });
}

// --- XMPP ----------------------------------------------------------------------------------------

constexpr std::string_view kHeader =
    "<?xml version='1.0'?><stream:stream to='example.com' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";

// The frames of a stream, by their sizes.
std::vector<std::size_t> frames_of(std::string_view bytes) {
  std::vector<std::size_t> sizes;
  xml::Framer framer;
  while (!bytes.empty()) {
    const xml::Frame frame = framer.next(bytes, xml::Limits());
    if (frame.bytes == 0) break;
    sizes.push_back(frame.bytes);
    bytes.remove_prefix(frame.bytes);
  }
  return sizes;
}

// What is left of what comes behind the header.
std::string in_stream(std::string_view text) {
  const std::string said = std::string(kHeader).append(text);
  const std::string left = masked(said, XmppMask());
  EXPECT_EQ(left.substr(0, kHeader.size()), kHeader);
  EXPECT_EQ(frames_of(left), frames_of(said));
  return left.substr(kHeader.size());
}

TEST(XmppMask, WhatProvesWhoAPeerIsStaysBase64) {
  EXPECT_EQ(in_stream("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                      "AGFsaWNlAHMzY3I+dC8=</auth>"),
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
            "AAAAAAAAAAAAAAAAAAA=</auth>");
  EXPECT_EQ(
      in_stream("<s:response xmlns:s='urn:ietf:params:xml:ns:xmpp-sasl' >Yz1iaXdz</s:response"
                "><abort/>"),
      "<s:response xmlns:s='urn:ietf:params:xml:ns:xmpp-sasl' >AAAAAAAA</s:response><abort/>");
  EXPECT_EQ(in_stream("<auth a='>'>=</auth><response>\n</response>"),
            "<auth a='>'>=</auth><response>\n</response>");
}

TEST(XmppMask, WhatIsNoBase64StaysNone) {
  EXPECT_EQ(in_stream("<auth>s3cr-t</auth>"), "<auth>AAAA.A</auth>");
}

TEST(XmppMask, AlsoBeforeAnyHeader) {
  EXPECT_EQ(masked("<auth>c2VjcmV0</auth>", XmppMask()), "<auth>AAAAAAAA</auth>");
}

TEST(XmppMask, PasswordsOfRegistration) {
  EXPECT_EQ(in_stream("<iq type='set' to='example.com'><query xmlns='jabber:iq:register'>"
                      "<username>alice</username><password>a &amp; b</password></query></iq>"),
            "<iq type='set' to='example.com'><query xmlns='jabber:iq:register'>"
            "<username>alice</username><password>xxxxxxxxx</password></query></iq>");
  EXPECT_EQ(in_stream("<iq><r:query><r:password n='1'><![CDATA[<s]>]]>t<x>u</x></r:password>"
                      "</r:query><name>v</name></iq>"),
            "<iq><r:query><r:password n='1'><![CDATA[xx]>]]>x<x>x</x></r:password>"
            "</r:query><name>v</name></iq>");
  EXPECT_EQ(in_stream("<iq to='alice@example.com'><query><x><field var='password'><value>s</value>"
                      "</field></x></query></iq>"),
            "<iq to='alice@example.com'><query><x><field var='password'><value>x</value>"
            "</field></x></query></iq>");
}

TEST(XmppMask, CharactersKeepTheirSizes) {
  const std::string two = in_stream(
      "<iq><q><password>\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\x01"
      "</password></q></iq>");
  EXPECT_EQ(two, "<iq><q><password>\xc3\x80\xe4\x80\x80\xf1\x80\x80\x80\x01</password></q></iq>");
}

TEST(XmppMask, WhatGoesToOthersIsTheirs) {
  for (const std::string_view text :
       {"<message to='bob@example.com'><x><password>room</password></x><auth>a</auth></message>",
        "<iq type='set' to='bob@example.com/desk'><query><password>p</password></query></iq>",
        "<iq><query xmlns='jabber:iq:roster'><item jid='b@c'><group>G</group></item></query></iq>",
        "<presence><password>p</password><status>auth</status></presence>"}) {
    EXPECT_EQ(in_stream(text), text);
  }
}

TEST(XmppMask, AStreamBeginsAnewWithinTheOldOne) {
  const std::string header(kHeader);
  const std::string message = "<message><body><auth>a</auth></body></message>";
  EXPECT_EQ(
      in_stream("<auth>YQ==</auth>" + header + message + header + "<response>YWI=</response>" +
                message),
      "<auth>AA==</auth>" + header + message + header + "<response>AAA=</response>" + message);
}

TEST(XmppMask, BehindWhatEndsAStreamAllIsMasked) {
  EXPECT_EQ(masked("<a><!-- x --><auth>a</auth>", XmppMask()), "<a><!-xxxxxxxxxxxxxxxxxxxxx");
}

// --- SIP -----------------------------------------------------------------------------------------

std::string request(std::string_view rows, std::string_view body = {}) {
  return "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKa\r\n" +
         std::string(rows) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string on_stream(const std::string& text) {
  return masked(text, SipMask(false));
}

TEST(SipMask, OnlyTheResponseOfADigestIsASecret) {
  const std::string before =
      "Authorization: Digest username=\"alice\", realm=\"example.com\", nonce=\"abc\","
      " uri=\"sip:example.com\", response=\"";
  const std::string after = "\", cnonce=\"0a4f113b\", qop=auth, nc=00000001, algorithm=SHA-256\r\n";
  EXPECT_EQ(on_stream(request(before + "6629fae49393a053" + after)),
            request(before + "0000000000000000" + after));
}

TEST(SipMask, HoweverItIsWritten) {
  EXPECT_EQ(on_stream(request("AUTHORIZATION :\r\n digest\r\n\tresponse = 6629ag , nc=1\r\n"
                              "Proxy-Authorization: Digest response=\"6\\\"9\",uri=\"a,b\"\r\n")),
            request("AUTHORIZATION :\r\n digest\r\n\tresponse = 000000 , nc=1\r\n"
                    "Proxy-Authorization: Digest response=\"0\\\"0\",uri=\"a,b\"\r\n"));
}

TEST(SipMask, OfOtherSchemesAllIsMasked) {
  EXPECT_EQ(
      on_stream(request("Authorization: Basic QWxhZGRpbg==\r\n"
                        "Authorization: Digestive zz\r\nAuthorization:s3cret\r\nX: s3cret\r\n")),
      request("Authorization: 00000 000000000000\r\n"
              "Authorization: Digest000 00\r\nAuthorization:000000\r\nX: s3cret\r\n"));
}

TEST(SipMask, BodiesAreNotRead) {
  const std::string body = "\r\nAuthorization: Digest response=\"12\"\r\n\r\n";
  const std::string credentials = "Authorization: Digest response=\"12\"\r\n";
  EXPECT_EQ(
      on_stream(request({}, body) + "\r\n\r\n" + request(credentials, body) + request(credentials)),
      request({}, body) + "\r\n\r\n" + request("Authorization: Digest response=\"00\"\r\n", body) +
          request("Authorization: Digest response=\"00\"\r\n"));
  // Of a datagram all behind the header section is its body, whatever its length says.
  EXPECT_EQ(masked(request(credentials) + body, SipMask(true)),
            request("Authorization: Digest response=\"00\"\r\n") + body);
}

// --- links ---------------------------------------------------------------------------------------

TEST(LinkMasks, EachLinkHasItsOwnState) {
  LinkMasks masks;
  masks.begin(LinkId{0, 1}, LinkUse::xmpp);
  masks.begin(LinkId{3, 1}, LinkUse::sip);
  std::string xmpp = "<auth>";
  std::string sip = "X y\r\nAuthorization: Basic ";
  masks.apply(LinkId{0, 1}, xmpp);
  masks.apply(LinkId{3, 1}, sip);
  xmpp = "ab";
  sip = "ab";
  masks.apply(LinkId{0, 1}, xmpp);
  masks.apply(LinkId{3, 1}, sip);
  EXPECT_EQ(xmpp, "AA");
  EXPECT_EQ(sip, "00");
}

// What the driver tells of it is a stream.
TEST(LinkMasks, AWebSocketIsMaskedAsAStream) {
  LinkMasks masks;
  masks.begin(LinkId{0, 1}, LinkUse::web_socket);
  std::string said = "<stream:stream to='a'><auth>QUJD</auth><presence/>";
  masks.apply(LinkId{0, 1}, said);
  EXPECT_EQ(said, "<stream:stream to='a'><auth>AAAA</auth><presence/>");
}

// Its frames say how long they are in bytes that are no text.
TEST(LinkMasks, WhatServersTellOneAnotherIsKept) {
  LinkMasks masks;
  masks.begin(LinkId{0, 1}, LinkUse::server);
  using std::literals::string_literals::operator""s;
  const std::string said =
      "\0\0\0\x20\x01"
      "Authorization: Basic YWxpY2U6c2VjcmV0"s;
  std::string kept = said;
  masks.apply(LinkId{0, 1}, kept);
  EXPECT_EQ(kept, said);
}

TEST(LinkMasks, OfALinkThatIsNotOpenAllIsMasked) {
  LinkMasks masks;
  masks.begin(LinkId{0, 1}, LinkUse::xmpp);
  masks.end(LinkId{0, 1});
  for (const LinkId link : {LinkId{0, 1}, LinkId{0, 2}, LinkId{9, 1}}) {
    std::string text = "<a>";
    masks.apply(link, text);
    EXPECT_EQ(text, "xxx");
  }
}

}  // namespace record_masks_test
}  // namespace muster::record
