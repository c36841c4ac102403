#include "codec/xml/stanza_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "support/grind.h"
#include "support/heap.h"
#include "support/xml_stream.h"

namespace muster::xml {
namespace xml_stanza_parser_test {

using namespace std::string_view_literals;

std::string read(StanzaParser& parser, std::string_view frame, const Limits& limits = {},
                 std::string_view inherited = {}) {
  const test::ExactBytes bytes(frame);
  const auto element = parser.parse(bytes.view(), limits, inherited);
  return element.ok() ? test::describe(*element)
                      : "error " + std::string(to_string(element.error()));
}

std::string read(std::string_view frame, const Limits& limits = {}) {
  StanzaParser parser;
  return read(parser, frame, limits);
}

std::string read_header(StanzaParser& parser, std::string_view header) {
  const test::ExactBytes bytes(header);
  const auto read = parser.parse_stream_header(bytes.view());
  return read.ok() ? test::describe(read->element) + read->inherited_declarations
                   : "error " + std::string(to_string(read.error()));
}

std::string read_header(std::string_view header) {
  StanzaParser parser;
  return read_header(parser, header);
}

constexpr std::string_view kNamespaces =
    " xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";

std::string header(std::string_view attributes) {
  return "<stream:stream" + std::string(attributes) + std::string(kNamespaces) + ">";
}

TEST(StanzaParser, reads_a_stanza_in_the_content_namespace) {
  EXPECT_EQ(read("<presence xml:lang='en'><show>away</show><x xmlns='u'>&lt;&#65;</x></presence>"),
            "{jabber:client}presence [{http://www.w3.org/XML/1998/namespace}lang=en] "
            "({jabber:client}show \"away\", {u}x \"<A\")");
  StanzaParser server(kNsServer);
  EXPECT_EQ(read(server, "<presence/>"), "{jabber:server}presence");
}

TEST(StanzaParser, knows_the_stream_prefix) {
  EXPECT_EQ(read("<stream:error/>"), "{http://etherx.jabber.org/streams}error");
}

TEST(StanzaParser, keeps_nothing_from_one_stanza_to_the_next) {
  StanzaParser parser;
  EXPECT_EQ(read(parser, "<a xmlns='u' xmlns:p='v'><p:b c='1'>text</p:b></a>"),
            "{u}a ({v}b [c=1] \"text\")");
  EXPECT_EQ(read(parser, "<a/>"), "{jabber:client}a");
  EXPECT_EQ(read(parser, "<p:a/>"), "error not_well_formed");
  EXPECT_EQ(read(parser, "<a><b/></a>"), "{jabber:client}a ({jabber:client}b)");
}

TEST(StanzaParser, is_ready_again_after_an_error) {
  StanzaParser parser;
  for (const std::string_view bad :
       {"<a><b>"sv, "<a></b>"sv, "<a>&x;</a>"sv, "</stream:stream>"sv, "<a/><b/>"sv, ""sv,
        "<a><!-- x --></a>"sv, "<a"sv, "<a><![CDATA["sv, "<a b='"sv}) {
    EXPECT_EQ(read(parser, bad).substr(0, 6), "error ") << bad;
    EXPECT_EQ(read(parser, "<a b='1'>c</a>"), "{jabber:client}a [b=1] \"c\"") << bad;
  }
}

TEST(StanzaParser, takes_exactly_one_element) {
  for (const std::string_view frame :
       {""sv, " "sv, "x"sv, " <a/>"sv, "<a/> "sv, "<a/><b/>"sv, "<a>"sv, "<a/>x"sv, "x<a/>"sv,
        "</stream:stream>"sv, "<a/></stream:stream>"sv, "</stream:stream><a/>"sv,
        "<a></a></stream:stream><stream:stream><b></b>"sv, "<a/><b"sv}) {
    EXPECT_EQ(read(frame), "error not_well_formed") << frame;
  }
}

TEST(StanzaParser, refuses_restricted_xml) {
  for (const std::string_view frame :
       {"<a><!-- --></a>"sv, "<a><?b c?></a>"sv, "<a>&b;</a>"sv, "<a b='&c;'/>"sv,
        "<a><?xml version='1.0'?></a>"sv, "<?b?>"sv, "<!-- -->"sv}) {
    EXPECT_EQ(read(frame), "error restricted_xml") << frame;
  }
}

TEST(StanzaParser, refuses_what_is_not_utf8) {
  for (const std::string_view frame :
       {"<a>\xc0\xbc/a></a>"sv, "<a>\xed\xa0\x80</a>"sv, "<a b='\xe9'/>"sv, "<a>\xff</a>"sv,
        "<a>\xf4\x90\x80\x80</a>"sv, "<a>\xc3</a>"sv}) {
    EXPECT_EQ(read(frame), "error unsupported_encoding") << frame;
  }
  EXPECT_EQ(read("<a>\0</a>"sv), "error not_well_formed");
}

// RFC 6120 section 4.8.5.
TEST(StanzaParser, refuses_a_prefix_on_content) {
  EXPECT_EQ(read("<foo:message xmlns:foo='jabber:client'><foo:body>foo</foo:body></foo:message>"),
            "error bad_namespace_prefix");
  EXPECT_EQ(read("<message xmlns:f='jabber:client'><f:body/></message>"),
            "error bad_namespace_prefix");
  EXPECT_EQ(read("<message xmlns='jabber:client'/>"), "{jabber:client}message");
}

TEST(StanzaParser, limits_bytes) {
  EXPECT_EQ(read("<a/>", {.bytes_max = 4}), "{jabber:client}a");
  EXPECT_EQ(read("<a/>", {.bytes_max = 3}), "error too_big");
}

TEST(StanzaParser, limits_depth_from_the_stanza_on) {
  EXPECT_EQ(read("<a><b/></a>", {.depth_max = 2}), "{jabber:client}a ({jabber:client}b)");
  EXPECT_EQ(read("<a><b/></a>", {.depth_max = 1}), "error too_deep");
}

TEST(StanzaParser, limits_elements_from_the_stanza_on) {
  EXPECT_EQ(read("<a><b/></a>", {.elements_max = 2}), "{jabber:client}a ({jabber:client}b)");
  EXPECT_EQ(read("<a><b/></a>", {.elements_max = 1}), "error too_many_elements");
}

TEST(StanzaParser, limits_attributes_and_declarations) {
  EXPECT_EQ(read("<a b='' c=''/>", {.attributes_max = 2}), "{jabber:client}a [b=] [c=]");
  EXPECT_EQ(read("<a b='' c=''/>", {.attributes_max = 1}), "error too_many_attributes");
  EXPECT_EQ(read("<a xmlns:b='c'/>", {.declarations_max = 1}), "{jabber:client}a");
  EXPECT_EQ(read("<a xmlns:b='c'/>", {.declarations_max = 0}), "error too_many_declarations");
}

TEST(StanzaParser, is_reset_now_and_then_without_being_noticed) {
  StanzaParser parser;
  const std::string stanza = "<a>" + std::string(StanzaParser::kBytesPerReset / 3, 'x') + "</a>";
  const Limits limits{.bytes_max = stanza.size()};
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(read(parser, stanza, limits).size(), stanza.size() + 12);
    EXPECT_EQ(read(parser, "<b/>"), "{jabber:client}b");
  }
}

// libexpat keeps every name it meets until it is reset.
TEST(StanzaParser, does_not_grow_with_the_names_it_meets) {
  StanzaParser parser;
  const auto read_new_names = [&](int round) {
    for (int i = 0; i < 5000; ++i) {
      const std::string name = "n" + std::to_string(round) + "_" + std::to_string(i);
      std::string frame = "<" + name + " a" + name + "='" + std::string(200, 'x') + "'/>";
      ASSERT_TRUE(parser.parse(frame).ok());
    }
  };
  read_new_names(0);
  const std::size_t before = test::heap_bytes();
  for (int round = 1; round < 8; ++round)
    read_new_names(round);
  EXPECT_LT(test::heap_bytes(), before + std::size_t{1024} * 1024);
}

TEST(StanzaParser, may_be_moved) {
  StanzaParser first;
  EXPECT_EQ(read(first, "<a/>"), "{jabber:client}a");
  StanzaParser second = std::move(first);
  EXPECT_EQ(read(second, "<a/>"), "{jabber:client}a");
}

TEST(StreamHeader, is_read_with_its_attributes) {
  EXPECT_EQ(read_header("<?xml version=\"1.0\" encoding='utf-8' standalone='no'?>\n" +
                        header(" to='example.com' version='1.0' xml:lang='en'")),
            "{http://etherx.jabber.org/streams}stream [to=example.com] [version=1.0] "
            "[{http://www.w3.org/XML/1998/namespace}lang=en]");
}

// RFC 6120 section 4.8.
TEST(StreamHeader, needs_its_namespaces) {
  EXPECT_EQ(read_header("<stream:stream xmlns='jabber:client' xmlns:stream='http://wrong/'>"),
            "error invalid_namespace");
  EXPECT_EQ(read_header("<stream xmlns='jabber:client'>"), "error invalid_namespace");
  EXPECT_EQ(read_header("<stream:stream xmlns='jabber:server' "
                        "xmlns:stream='http://etherx.jabber.org/streams'>"),
            "error invalid_namespace");
  EXPECT_EQ(read_header("<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>"),
            "error invalid_namespace");
  EXPECT_EQ(read_header("<foobar:stream xmlns='jabber:client' "
                        "xmlns:foobar='http://etherx.jabber.org/streams'>"),
            "error bad_namespace_prefix");
  EXPECT_EQ(read_header("<stream xmlns='http://etherx.jabber.org/streams'>"),
            "error bad_namespace_prefix");
  EXPECT_EQ(read_header("<stream:stream>"), "error not_well_formed");
}

TEST(StreamHeader, is_the_start_of_a_stream) {
  EXPECT_EQ(read_header("<stream:features" + std::string(kNamespaces) + ">"), "error bad_format");
  EXPECT_EQ(read_header("<stream:stream" + std::string(kNamespaces) + "/>"), "error bad_format");
  EXPECT_EQ(read_header(header("") + "<a>"), "error not_well_formed");
  EXPECT_EQ(read_header(header("") + " "), "error not_well_formed");
  EXPECT_EQ(read_header(" " + header("")), "error not_well_formed");
  EXPECT_EQ(read_header("<?xml version='1.0'?>"), "error not_well_formed");
  EXPECT_EQ(read_header(""), "error not_well_formed");
}

// RFC 6120 sections 11.1, 11.6 and 11.8.
TEST(StreamHeader, is_xml_1_0_in_utf8_without_the_rest_of_xml) {
  const std::string plain = header("");
  EXPECT_EQ(read_header("<?xml version='1.1'?>" + plain), "error bad_format");
  EXPECT_EQ(read_header("<?xml version='1.0' encoding='UTF-16'?>" + plain),
            "error unsupported_encoding");
  EXPECT_EQ(read_header("<?xml encoding='UTF-8'?>" + plain), "error not_well_formed");
  EXPECT_EQ(read_header("<?xml version='1.0'?><?a b?>" + plain), "error restricted_xml");
  EXPECT_EQ(read_header("<!-- a -->" + plain), "error restricted_xml");
  EXPECT_EQ(read_header("<!DOCTYPE a>" + plain), "error restricted_xml");
  EXPECT_EQ(read_header("\xef\xbb\xbf" + plain), "error not_well_formed");
  EXPECT_EQ(read_header("\xff\xfe<\0s\0"sv), "error unsupported_encoding");
  EXPECT_EQ(read_header("<\0s\0"sv), "error unsupported_encoding");
  EXPECT_EQ(read_header(header(" a='\xe9'")), "error unsupported_encoding");
}

// RFC 6120 section 4.8.5: such declarations are in scope in this stream's stanzas, and only there.
TEST(StreamHeader, hands_its_prefixes_to_its_own_stanzas) {
  StanzaParser parser;
  const std::string with_prefixes =
      header(" xmlns:p='u&amp;&apos;' xmlns:xml='" + std::string(kNsXml) + "' xmlns:q='v'");
  const auto read_well = parser.parse_stream_header(with_prefixes);
  ASSERT_TRUE(read_well.ok());
  const std::string inherited = read_well->inherited_declarations;
  EXPECT_EQ(inherited, " xmlns:p='u&amp;&apos;' xmlns:q='v'");
  EXPECT_EQ(read(parser, "<p:a><q:b/></p:a>", {}, inherited), "{u&'}a ({v}b)");
  EXPECT_EQ(read(parser, "<p:a/>", {}, inherited), "{u&'}a");
  EXPECT_EQ(read(parser, "<p:a/>"), "error not_well_formed") << "of another stream";
  EXPECT_EQ(read(parser, "<p:a/>", {}, inherited), "{u&'}a");
}

TEST(StreamHeader, limits_the_declarations_it_hands_on) {
  // " xmlns:p=''" takes 11 bytes.
  const auto with_uri_bytes = [](std::size_t bytes) {
    return read_header(header(" xmlns:p='" + std::string(bytes, 'u') + "'"));
  };
  const std::size_t most = StanzaParser::kInheritedBytesMax - 11;
  EXPECT_EQ(with_uri_bytes(most - 1).substr(0, 5), "{http");
  EXPECT_EQ(with_uri_bytes(most).substr(0, 5), "{http");
  EXPECT_EQ(with_uri_bytes(most + 1), "error too_many_declarations");
}

TEST(StanzaParser, reads_whole_streams_however_they_are_cut) {
  StanzaParser parser;
  const std::string stream =
      "<?xml version='1.0'?>" + header(" to='example.com' version='1.0'") +
      "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>\n"
      "<presence><show>dnd</show><status xml:lang='de'>Gr\xc3\xbc\xc3\x9f"
      "e &amp; K\xc3\xbcsse</status></presence> "
      "<message to='b'><body><![CDATA[</body>]]>&gt;</body></message></stream:stream>";
  const std::string transcript = test::grind(stream, [&](const test::Pieces& pieces) {
    test::XmlStreamReader reader(parser);
    for (const std::string_view piece : pieces)
      reader.read(piece);
    return reader.transcript();
  });
  EXPECT_EQ(transcript,
            "header {http://etherx.jabber.org/streams}stream [to=example.com] [version=1.0]\n"
            "stanza {jabber:client}iq [type=set] [id=1] ({urn:ietf:params:xml:ns:xmpp-bind}bind)\n"
            "stanza {jabber:client}presence ({jabber:client}show \"dnd\", {jabber:client}status "
            "[{http://www.w3.org/XML/1998/namespace}lang=de] \"Gr\xc3\xbc\xc3\x9f"
            "e & K\xc3\xbcsse\")\n"
            "stanza {jabber:client}message [to=b] ({jabber:client}body \"</body>>\")\n"
            "end\n");
}

}  // namespace xml_stanza_parser_test
}  // namespace muster::xml
