#include "codec/xml/document_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/xml_stream.h"

namespace muster::xml {
namespace xml_document_parser_test {

using namespace std::string_view_literals;

// What the document says, or the name of its error.
std::string read(DocumentParser& parser, std::string_view document) {
  const test::ExactBytes bytes(document);
  const auto root = parser.parse(bytes.view());
  return root.ok() ? test::describe(*root) : "error " + std::string(to_string(root.error()));
}

std::string read(std::string_view document, const Limits& limits = {}) {
  DocumentParser parser(limits);
  return read(parser, document);
}

TEST(DocumentParser, reads_a_document) {
  EXPECT_EQ(read("<?xml version='1.0' encoding='utf-8'?>\n<!-- a --><?x y?>\n"
                 "<p:a xmlns:p='u' b='1' p:c='2'>x<!-- no --><?pi?>y<d/></p:a><!-- z -->\n"),
            "{u}a [b=1] [{u}c=2] \"xy\" (d)");
}

TEST(DocumentParser, skips_a_byte_order_mark_of_utf8) {
  EXPECT_EQ(read("\xef\xbb\xbf<?xml version='1.0'?><a>x</a>"), "a \"x\"");
}

TEST(DocumentParser, refuses_dtd_and_entities) {
  EXPECT_EQ(read("<!DOCTYPE a><a/>"), "error restricted_xml");
  EXPECT_EQ(read("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "error restricted_xml");
  EXPECT_EQ(read("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), "error restricted_xml");
  EXPECT_EQ(read("<a>&b;</a>"), "error restricted_xml");
  EXPECT_EQ(read("<a b='&c;'/>"), "error restricted_xml");
  EXPECT_EQ(read("<a b='&lt;&gt;&amp;'>&apos;&quot;&#x41;&#66;</a>"), "a [b=<>&] \"'\"AB\"");
}

TEST(DocumentParser, refuses_what_is_not_well_formed) {
  for (const std::string_view document : {""sv,
                                          " "sv,
                                          "a"sv,
                                          "<a>"sv,
                                          "<a></b>"sv,
                                          "<a/><b/>"sv,
                                          "<a/>x"sv,
                                          "<a b='1' b='2'/>"sv,
                                          "<p:a/>"sv,
                                          "<a p:b=''/>"sv,
                                          "<a xmlns:p=''/>"sv,
                                          "<a xmlns:xmlns='u'/>"sv,
                                          "<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>"sv,
                                          "<a>&#0;</a>"sv,
                                          "<a>&#xD800;</a>"sv,
                                          "<a>\x01</a>"sv,
                                          "<a>]]></a>"sv,
                                          "<a b=<>"sv,
                                          " <?xml version='1.0'?><a/>"sv,
                                          "<a>\xef\xbf\xbf</a>"sv,
                                          "<a><![CDATA[</a>"sv}) {
    EXPECT_EQ(read(document), "error not_well_formed") << document;
  }
}

TEST(DocumentParser, refuses_what_is_not_utf8) {
  for (const std::string_view document :
       {"\xfe\xff\0<\0a\0/\0>"sv, "\xff\xfe<\0a\0/\0>\0"sv, "\0<\0a\0/\0>"sv, "<\0a\0/\0>\0"sv,
        "<a>\xe9</a>"sv, "<a>\xc0\xbc</a>"sv, "<a>\xed\xa0\x80</a>"sv, "<\xff/>"sv,
        "<?xml version='1.0' encoding='UTF-16'?><a/>"sv,
        "<?xml version='1.0' encoding='ISO-8859-1'?><a/>"sv}) {
    EXPECT_EQ(read(document), "error unsupported_encoding") << document;
  }
}

TEST(DocumentParser, refuses_other_versions_of_xml) {
  EXPECT_EQ(read("<?xml version='1.1'?><a/>"), "error bad_format");
}

TEST(DocumentParser, limits_bytes) {
  EXPECT_EQ(read("<a/>", {.bytes_max = 5}), "a");
  EXPECT_EQ(read("<a/>", {.bytes_max = 4}), "a");
  EXPECT_EQ(read("<a/>", {.bytes_max = 3}), "error too_big");
}

TEST(DocumentParser, limits_depth) {
  const std::string_view document = "<a><b><c/></b></a>";
  EXPECT_EQ(read(document, {.depth_max = 4}), "a (b (c))");
  EXPECT_EQ(read(document, {.depth_max = 3}), "a (b (c))");
  EXPECT_EQ(read(document, {.depth_max = 2}), "error too_deep");
}

TEST(DocumentParser, limits_elements) {
  const std::string_view document = "<a><b/><b/></a>";
  EXPECT_EQ(read(document, {.elements_max = 4}), "a (b, b)");
  EXPECT_EQ(read(document, {.elements_max = 3}), "a (b, b)");
  EXPECT_EQ(read(document, {.elements_max = 2}), "error too_many_elements");
}

TEST(DocumentParser, limits_attributes_and_declarations_of_an_element) {
  const std::string_view document = "<a xmlns='u' b='' c=''><d e='' f=''/></a>";
  const std::string read_well = "{u}a [b=] [c=] ({u}d [e=] [f=])";
  EXPECT_EQ(read(document, {.attributes_max = 4}), read_well);
  EXPECT_EQ(read(document, {.attributes_max = 3}), read_well);
  EXPECT_EQ(read(document, {.attributes_max = 2}), "error too_many_attributes");
}

TEST(DocumentParser, limits_declarations_in_scope) {
  const std::string_view document = "<a xmlns='u'><b xmlns:p='v'/><b xmlns:p='w'/></a>";
  EXPECT_EQ(read(document, {.declarations_max = 3}), "{u}a ({u}b, {u}b)");
  EXPECT_EQ(read(document, {.declarations_max = 2}), "{u}a ({u}b, {u}b)");
  EXPECT_EQ(read(document, {.declarations_max = 1}), "error too_many_declarations");
}

TEST(DocumentParser, is_ready_again_after_an_error) {
  DocumentParser parser;
  EXPECT_EQ(read(parser, "<a><b x='1'>text"), "error not_well_formed");
  EXPECT_EQ(read(parser, "<c/>"), "c");
  EXPECT_EQ(read(parser, "<!DOCTYPE c><c/>"), "error restricted_xml");
  EXPECT_EQ(read(parser, "<c/>"), "c");
}

}  // namespace xml_document_parser_test
}  // namespace muster::xml
