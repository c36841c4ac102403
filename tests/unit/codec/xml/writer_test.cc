#include "codec/xml/writer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "codec/xml/document_parser.h"

namespace muster::xml {
namespace xml_writer_test {

std::string escaped(std::string_view text) {
  std::string out = "|";
  append_escaped(out, text);
  return out;
}

std::string attribute_escaped(std::string_view text) {
  std::string out = "|";
  append_attribute_escaped(out, text);
  return out;
}

TEST(Writer, escapes_text) {
  EXPECT_EQ(escaped(""), "|");
  EXPECT_EQ(escaped("plain \xc3\xa9\t\n'\""), "|plain \xc3\xa9\t\n'\"");
  EXPECT_EQ(escaped("<a>&amp;]]>\r"), "|&lt;a&gt;&amp;amp;]]&gt;&#13;");
}

TEST(Writer, escapes_attribute_values) {
  EXPECT_EQ(attribute_escaped("plain"), "|plain");
  EXPECT_EQ(attribute_escaped("<&>'\"\t\n\r"), "|&lt;&amp;&gt;&apos;&quot;&#9;&#10;&#13;");
}

TEST(Writer, writes_what_a_parser_reads_back) {
  std::string every_character = "\t\n\r";
  for (char c = ' '; c < '\x7f'; ++c)
    every_character += c;
  every_character += "\x7f\xc2\x80\xe2\x82\xac\xf0\x9f\x98\x80";
  std::string out;
  Writer(out).open("a").attribute("b", every_character).text(every_character).close();
  DocumentParser parser;
  const auto element = parser.parse(out);
  ASSERT_TRUE(element.ok()) << out;
  EXPECT_EQ(element->attribute("b"), every_character);
  EXPECT_EQ(element->text(), every_character);
}

TEST(Writer, writes_documents) {
  std::string out;
  Writer writer(out);
  writer.open("p").attribute("a", "1").attribute("b", "<");
  writer.open("empty").close();
  writer.open("note").text("x").text("&").close();
  writer.open("raw").verbatim("<z/>").close();
  writer.close();
  EXPECT_EQ(out, "<p a='1' b='&lt;'><empty/><note>x&amp;</note><raw><z/></raw></p>");
}

TEST(Writer, appends_the_small_pieces) {
  std::string out;
  append_text_element(out, "show", "a<b");
  append_attribute(out, "to", "o'neil");
  append_declaration(out, "", "jabber:client");
  append_declaration(out, "p", "a&b");
  EXPECT_EQ(out, "<show>a&lt;b</show> to='o&apos;neil' xmlns='jabber:client' xmlns:p='a&amp;b'");
}

TEST(WriterDeathTest, stops_when_misused) {
  std::string out;
  EXPECT_DEATH(Writer(out).close(), "check failed|open_");
  EXPECT_DEATH(Writer(out).open("a").text("").attribute("b", "c"), "in_start_tag_");
}

}  // namespace xml_writer_test
}  // namespace muster::xml
