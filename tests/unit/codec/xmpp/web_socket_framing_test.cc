#include "codec/xmpp/web_socket_framing.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "codec/xml/error.h"
#include "support/grind.h"

namespace muster {
namespace xmpp_web_socket_framing_test {

using Messages = std::vector<std::string>;

constexpr std::string_view kOpen =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.com' version='1.0'/>";
constexpr std::string_view kHeaderOfIt =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams' to='example.com' version='1.0'>";
constexpr std::string_view kClose = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";

std::string stream_of(const Messages& messages) {
  xml::StanzaParser parser;
  std::string stream;
  for (const std::string& message : messages)
    append_stream_bytes(stream, message, parser);
  return stream;
}

// What who serves the stream makes of it, as XmppStreams does: "header message presence end", or
// the condition of its error at the end.
std::string understood(std::string_view stream) {
  xml::Framer framer;
  xml::StanzaParser parser;
  std::string words;
  while (!stream.empty()) {
    const xml::Frame frame = framer.next(stream, {});
    const std::string_view bytes = stream.substr(0, frame.bytes);
    switch (frame.kind) {
      case xml::Frame::Kind::incomplete: return words + "unfinished";
      case xml::Frame::Kind::error:
        return words + std::string(xml::stream_error_condition(frame.error));
      case xml::Frame::Kind::stream_end: return words + "end";
      case xml::Frame::Kind::whitespace: words += "space "; break;
      case xml::Frame::Kind::stream_header: {
        const auto header = parser.parse_stream_header(bytes);
        if (!header) return words + std::string(xml::stream_error_condition(header.error()));
        words += "header ";
        break;
      }
      case xml::Frame::Kind::stanza: {
        const auto stanza = parser.parse(bytes);
        if (!stanza) return words + std::string(xml::stream_error_condition(stanza.error()));
        words += std::string(stanza->name()) + " ";
        break;
      }
    }
    stream.remove_prefix(frame.bytes);
  }
  return words;
}
std::string understood(const Messages& messages) {
  return understood(stream_of(messages));
}

// --- coming in -----------------------------------------------------------------------------------

TEST(StreamBytes, of_open_are_a_header_with_its_attributes) {
  EXPECT_EQ(stream_of({std::string(kOpen)}), kHeaderOfIt);
  EXPECT_EQ(stream_of({"<f:open xmlns:f='urn:ietf:params:xml:ns:xmpp-framing' from='a@b&apos;'"
                       " xml:lang=\"de\" id='1' to='b' version='1.0' more='none'></f:open>"}),
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
            " xmlns:stream='http://etherx.jabber.org/streams' from='a@b&apos;' to='b' id='1'"
            " version='1.0' xml:lang='de'>");
}

TEST(StreamBytes, of_close_are_the_end_of_the_stream) {
  EXPECT_EQ(stream_of({std::string(kClose)}), "</stream:stream>");
  EXPECT_EQ(stream_of({"<close xmlns='urn:ietf:params:xml:ns:xmpp-framing' see-other-uri='wss://x'>"
                       "</close>"}),
            "</stream:stream>");
}

TEST(StreamBytes, of_another_element_are_its_own) {
  for (const std::string_view element :
       {"<presence xmlns='jabber:client'/>",
        "<message xmlns=\"jabber:client\"><body>a</body></message>",
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AA==</auth>",
        "<open xmlns='urn:other'/>", "<close xmlns='jabber:client'/>", "<opened/>"}) {
    EXPECT_EQ(stream_of({std::string(element)}), element);
  }
}

TEST(StreamBytes, lack_what_stands_around_an_element) {
  EXPECT_EQ(stream_of({"<?xml version='1.0' encoding='UTF-8'?>\n<presence/> \r\n"}), "<presence/>");
  EXPECT_EQ(stream_of({"<?xml version='1.0'?>" + std::string(kOpen)}), kHeaderOfIt);
}

TEST(StreamBytes, make_the_same_stream_as_over_tcp) {
  const Messages messages = {std::string(kOpen), "<presence xmlns='jabber:client'/>",
                             "<message xmlns='jabber:client'><body>&lt;/x></body></message>",
                             std::string(kClose)};
  EXPECT_EQ(understood(messages), "header presence message end");
}

// Section 3.7: what follows SASL is another stream, for whom the framer begins anew.
TEST(StreamBytes, of_a_second_open_end_a_stream_that_is_open) {
  EXPECT_EQ(understood(Messages{std::string(kOpen), std::string(kOpen), "<presence/>"}),
            "header restricted-xml");
}

// --- a message is one element --------------------------------------------------------------------

struct Smuggled {
  std::string message;
  std::string_view before_open;  // what the stream ends with
  std::string_view behind_open;
};
void PrintTo(const Smuggled& smuggled, std::ostream* out) {
  *out << smuggled.message;
}

class SmuggledMessage : public ::testing::TestWithParam<Smuggled> {};

TEST_P(SmuggledMessage, ends_the_stream_and_nothing_of_it_is_served) {
  const Smuggled& smuggled = GetParam();
  EXPECT_EQ(understood(Messages{smuggled.message, "<presence/>"}), smuggled.before_open)
      << smuggled.message;
  EXPECT_EQ(understood(Messages{std::string(kOpen), smuggled.message, "<presence/>"}),
            "header " + std::string(smuggled.behind_open))
      << smuggled.message;
}

INSTANTIATE_TEST_SUITE_P(
    Messages, SmuggledMessage,
    ::testing::Values(
        // no element
        Smuggled{"", "not-well-formed", "bad-format"},
        Smuggled{" ", "not-well-formed", "bad-format"},
        Smuggled{"hello", "not-well-formed", "bad-format"},
        Smuggled{" <presence/>", "not-well-formed", "bad-format"},
        Smuggled{"<", "not-well-formed", "bad-format"},
        Smuggled{"<?xml version='1.0'?>", "not-well-formed", "bad-format"},
        Smuggled{"<?xml version='1.0'", "not-well-formed", "bad-format"},
        Smuggled{"<!-- -->", "restricted-xml", "restricted-xml"},
        Smuggled{"<?go?>", "restricted-xml", "restricted-xml"},
        Smuggled{"<!DOCTYPE a>", "restricted-xml", "restricted-xml"},
        Smuggled{"</stream:stream>", "not-well-formed", "bad-format"},
        Smuggled{"</presence>", "not-well-formed", "bad-format"},
        // more than one
        Smuggled{"<presence/><presence/>", "not-well-formed", "bad-format"},
        Smuggled{"<presence/></stream:stream>", "not-well-formed", "bad-format"},
        Smuggled{"<presence/>x", "not-well-formed", "bad-format"},
        Smuggled{std::string(kOpen) + "<presence/>", "not-well-formed", "bad-format"},
        Smuggled{std::string(kClose) + std::string(kClose), "not-well-formed", "bad-format"},
        // a part of one: its rest would come with the next message
        Smuggled{"<presence", "not-well-formed", "bad-format"},
        Smuggled{"<presence>", "not-well-formed", "bad-format"},
        Smuggled{"<message><body>", "not-well-formed", "bad-format"},
        Smuggled{"<message a='", "not-well-formed", "bad-format"},
        Smuggled{"<message><![CDATA[", "not-well-formed", "bad-format"},
        Smuggled{"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'>", "not-well-formed",
                 "bad-format"},
        // a stream that no <open/> opened
        Smuggled{std::string(kHeaderOfIt), "not-well-formed", "bad-format"},
        Smuggled{"<stream:stream xmlns='jabber:client'"
                 " xmlns:stream='http://etherx.jabber.org/streams' to='example.com'/>",
                 "invalid-namespace", "x presence "},
        Smuggled{"<stream:stream xmlns='jabber:client' version='1.0'"
                 " xmlns:stream='http://etherx.jabber.org/streams'><presence/></stream:stream>",
                 "invalid-namespace", "x presence "},
        // what the framer takes for one element, and the parser does not
        Smuggled{"<a b='<'/>", "not-well-formed", "not-well-formed"},
        Smuggled{"<presence></presence >&x;", "not-well-formed", "bad-format"},
        Smuggled{"<presence>&x;</presence>", "invalid-namespace", "restricted-xml"},
        Smuggled{"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'>&x;</open>",
                 "invalid-namespace", "restricted-xml"}));

// Before <open/> nothing else is taken (section 3.4), and no other namespace (section 3.3.2).
TEST(StreamBytes, of_a_stanza_open_no_stream) {
  for (const char* element :
       {"<presence xmlns='jabber:client'/>", "<message xmlns='jabber:client'><body/></message>",
        "<open xmlns='urn:other' to='example.com' version='1.0'/>",
        "<stream xmlns='http://etherx.jabber.org/streams'/>"}) {
    const std::string words = understood(Messages{element});
    EXPECT_TRUE(words == "invalid-namespace" || words == "bad-namespace-prefix") << words;
  }
}

// --- going out -----------------------------------------------------------------------------------

constexpr std::string_view kOurHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams' from='example.com' to='a@example.com'"
    " id='x1' version='1.0' xml:lang='en'>";
constexpr std::string_view kOurOpen =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='example.com' to='a@example.com'"
    " id='x1' version='1.0' xml:lang='en'/>";

Messages said(WebSocketFraming& framing, std::string_view bytes, bool secure = true) {
  xml::StanzaParser parser;
  WebSocketMessages messages;
  EXPECT_TRUE(framing.say(bytes, secure, parser, messages)) << bytes;
  Messages each;
  std::size_t begin = 0;
  for (const std::size_t end : messages.ends) {
    each.push_back(messages.text.substr(begin, end - begin));
    begin = end;
  }
  EXPECT_EQ(begin, messages.text.size());
  return each;
}
Messages said(std::string_view bytes, bool secure = true) {
  WebSocketFraming framing;
  return said(framing, bytes, secure);
}
// Of what is said on a stream that is open.
Messages said_later(std::string_view bytes, bool secure = true) {
  WebSocketFraming framing;
  said(framing, kOurHeader);
  return said(framing, bytes, secure);
}

TEST(WebSocketFraming, says_a_header_as_open_and_the_features_by_themselves) {
  EXPECT_EQ(said(std::string(kOurHeader) +
                 "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
                 "</stream:features>"),
            (Messages{std::string(kOurOpen),
                      "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>"
                      "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>"}));
}

TEST(WebSocketFraming, declares_the_namespace_of_a_stanza_that_does_not) {
  EXPECT_EQ(said_later("<presence/><iq id=\" xmlns='x'\" type='result'/><message\n>a</message>"
                       "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"),
            (Messages{"<presence xmlns='jabber:client'/>",
                      "<iq xmlns='jabber:client' id=\" xmlns='x'\" type='result'/>",
                      "<message xmlns='jabber:client'\n>a</message>",
                      "<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/>"
                      "</iq>"}));
  EXPECT_EQ(said_later("<r xmlns='urn:xmpp:sm:3'/><a h='1' xmlns = 'urn:xmpp:sm:3'/>"),
            (Messages{"<r xmlns='urn:xmpp:sm:3'/>", "<a h='1' xmlns = 'urn:xmpp:sm:3'/>"}));
}

TEST(WebSocketFraming, says_an_error_and_then_the_end) {
  EXPECT_EQ(said_later("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                       "</stream:error></stream:stream>"),
            (Messages{"<stream:error xmlns:stream='http://etherx.jabber.org/streams'><conflict"
                      " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
                      std::string(kClose)}));
}

// Section 3.6.1.
TEST(WebSocketFraming, says_another_host_by_its_uri) {
  const std::string_view error =
      "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
      "wss://s2.example.com:5443/xmpp-websocket?a&amp;b</see-other-host></stream:error>"
      "</stream:stream>";
  const auto told = [](const char* uri) {
    return Messages{"<close xmlns='urn:ietf:params:xml:ns:xmpp-framing' see-other-uri='" +
                    std::string(uri) + "'/>"};
  };
  EXPECT_EQ(said_later(error), told("wss://s2.example.com:5443/xmpp-websocket?a&amp;b"));
  EXPECT_EQ(said_later(error, false), told("ws://s2.example.com:5443/xmpp-websocket?a&amp;b"))
      << "without TLS it may stay without";
}

TEST(WebSocketFraming, says_a_host_that_is_no_uri_as_it_is) {
  EXPECT_EQ(said_later("<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
                       "s2:5222</see-other-host></stream:error>"),
            (Messages{"<stream:error xmlns:stream='http://etherx.jabber.org/streams'>"
                      "<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>s2:5222"
                      "</see-other-host></stream:error>"}));
}

// Section 3.7.
TEST(WebSocketFraming, knows_that_a_stream_begins_anew_behind_success) {
  WebSocketFraming framing;
  said(framing, kOurHeader);
  EXPECT_FALSE(framing.authenticated());
  said(framing, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  EXPECT_TRUE(framing.authenticated());
  EXPECT_EQ(said(framing, kOurHeader), Messages{std::string(kOurOpen)});
}

TEST(WebSocketFraming, says_nothing_behind_the_end) {
  EXPECT_EQ(said_later("</stream:stream>"), Messages{std::string(kClose)});
  WebSocketFraming framing;
  said(framing, std::string(kOurHeader) + "</stream:stream>");
  EXPECT_EQ(said(framing, "<presence/>"), Messages{});
}

TEST(WebSocketFraming, takes_a_stream_in_any_pieces) {
  const std::string stream =
      std::string(kOurHeader) +
      "<stream:features/><success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>" +
      std::string(kOurHeader) +
      "<presence from='a'/><message><body>]]&gt;</body></message>"
      "</stream:stream>";
  const Messages whole = test::grind(stream, [](const test::Pieces& pieces) {
    WebSocketFraming framing;
    Messages all;
    for (const std::string_view piece : pieces) {
      for (const std::string& message : said(framing, piece))
        all.push_back(message);
    }
    return all;
  });
  EXPECT_EQ(whole.size(), 7u);
}

TEST(WebSocketFraming, notices_what_is_no_stream) {
  WebSocketFraming framing;
  xml::StanzaParser parser;
  WebSocketMessages messages;
  EXPECT_FALSE(framing.say("hello", true, parser, messages));
  WebSocketFraming other;
  EXPECT_FALSE(other.say("<presence>", true, parser, messages)) << "no header";
}

// What was said as messages, heard as messages, is the stream again.
TEST(WebSocketFraming, is_the_other_half_of_stream_bytes) {
  const Messages messages = said(std::string(kOurHeader) + "<presence from='a'/></stream:stream>");
  EXPECT_EQ(understood(messages), "header presence end");
}

}  // namespace xmpp_web_socket_framing_test
}  // namespace muster
