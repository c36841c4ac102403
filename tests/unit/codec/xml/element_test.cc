#include "codec/xml/element.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/xml/document_parser.h"
#include "codec/xml/stanza_parser.h"
#include "support/xml_stream.h"

namespace muster::xml {
namespace xml_element_test {

class ElementTest : public testing::Test {
 protected:
  Element stanza(std::string_view bytes) {
    auto element = parser_.parse(bytes);
    EXPECT_TRUE(element.ok()) << bytes;
    return *element;
  }
  Element document(std::string_view bytes) {
    auto element = documents_.parse(bytes);
    EXPECT_TRUE(element.ok()) << bytes;
    return *element;
  }

  StanzaParser parser_;
  DocumentParser documents_;
};

TEST_F(ElementTest, has_a_name_and_a_namespace) {
  const Element a = stanza("<a xmlns:p='u'><p:b/><c xmlns=''/></a>");
  EXPECT_TRUE(a.is("a", "jabber:client"));
  EXPECT_FALSE(a.is("a", ""));
  EXPECT_FALSE(a.is("b", "jabber:client"));
  EXPECT_TRUE(a.child("b", "u").has_value());
  EXPECT_TRUE(a.child("c", "").has_value());
  EXPECT_FALSE(a.child("c", "jabber:client").has_value());
  EXPECT_FALSE(a.child("p:b", "u").has_value());
}

TEST_F(ElementTest, gives_its_attributes) {
  const Element a = stanza("<a b='1' xml:lang='en' c='&lt; x&#9;\ny' xmlns:p='u' p:b='2'/>");
  EXPECT_EQ(a.attribute("b"), "1");
  EXPECT_EQ(a.attribute("b", "u"), "2");
  EXPECT_EQ(a.attribute("lang", kNsXml), "en");
  EXPECT_EQ(a.attribute("c"), "< x\t y");
  EXPECT_EQ(a.attribute("lang"), std::nullopt);
  EXPECT_EQ(a.attribute("p"), std::nullopt) << "a declaration is no attribute";
  std::vector<std::string> names;
  for (const Attribute attribute : a.attributes())
    names.emplace_back(attribute.name);
  EXPECT_EQ(names, (std::vector<std::string>{"b", "lang", "c", "b"}));
  EXPECT_TRUE(stanza("<a xmlns='u'/>").attributes().empty());
}

TEST_F(ElementTest, gives_its_children_in_order) {
  const Element a = stanza("<a>x<b><d/></b>y<c/><b e='2'/></a>");
  std::vector<std::string> names;
  for (const Element child : a.children())
    names.emplace_back(child.name());
  EXPECT_EQ(names, (std::vector<std::string>{"b", "c", "b"}));
  EXPECT_EQ(a.child("b", kNsClient), *a.children().begin()) << "the first";
  EXPECT_EQ(a.child("d", kNsClient), std::nullopt) << "no grandchild";
  EXPECT_TRUE(stanza("<a>x</a>").children().empty());
}

TEST_F(ElementTest, joins_its_own_text) {
  const Element a = stanza("<a>1<b c='x'>no<d>nor</d>ne</b>2&amp;<b/><![CDATA[<3>]]>\r\n4</a>");
  EXPECT_EQ(a.text(), "12&<3>\n4");
  EXPECT_EQ(a.child_text("b", kNsClient), "none");
  EXPECT_EQ(a.child("b", kNsClient)->child_text("d", kNsClient), "nor");
  EXPECT_EQ(a.child_text("z", kNsClient), "");
  EXPECT_EQ(stanza("<a/>").text(), "");
}

TEST_F(ElementTest, gives_the_bytes_it_came_as) {
  const std::string bytes = "<a  b = '1' >x<c\n/><d>&#x41;</d ></a\t>";
  const Element a = stanza(bytes);
  EXPECT_EQ(a.outer(), bytes);
  EXPECT_EQ(a.inner(), "x<c\n/><d>&#x41;</d >");
  EXPECT_EQ(a.child("c", kNsClient)->outer(), "<c\n/>");
  EXPECT_EQ(a.child("c", kNsClient)->inner(), "");
  EXPECT_EQ(a.child("d", kNsClient)->outer(), "<d>&#x41;</d >");
  EXPECT_EQ(stanza("<a></a>").inner(), "");
  EXPECT_EQ(stanza("<a></a>").outer(), "<a></a>");
}

TEST_F(ElementTest, knows_whether_its_inside_stands_alone) {
  for (const std::string_view alone :
       {"<a/>", "<a p='1'>x</a>", "<a><b/></a>", "<a><b xmlns='u'><c/></b></a>",
        "<a xmlns='jabber:client'><b/></a>", "<a><p:b xmlns:p='u' p:c='1'/></a>",
        "<a xml:lang='en'><b xml:lang='de'/></a>", "<a xmlns='u'>x</a>",
        "<a xmlns='u'><b xmlns='jabber:client'><c/></b></a>", "<a xmlns:p='u' p:b='1'><c/></a>",
        "<a><b xmlns:p='u'><c><p:d/></c></b></a>"}) {
    EXPECT_TRUE(stanza(alone).self_contained()) << alone;
  }
  for (const std::string_view dependent :
       {"<a xmlns='u'><b/></a>", "<a xmlns:p='u'><p:b/></a>", "<a xmlns:p='u'><b p:c='1'/></a>",
        "<a xmlns:p='u'><b><c><p:d/></c></b></a>", "<a><stream:error/></a>",
        "<a xmlns='u'><b xmlns='v'/><p:c xmlns:p='w'><d/></p:c></a>",
        "<a xmlns='u'><b xmlns='jabber:client'/><c/></a>", "<a xmlns=''><b/></a>"}) {
    EXPECT_FALSE(stanza(dependent).self_contained()) << dependent;
  }
}

TEST_F(ElementTest, stands_alone_as_a_part_too) {
  const Element a =
      stanza("<a xmlns:p='u'><b><p:c/></b><d xmlns:p='v'><p:e/></d><q xmlns='w'><r/></q></a>");
  EXPECT_FALSE(a.child("b", kNsClient)->self_contained());
  EXPECT_FALSE(a.child("d", kNsClient)->self_contained());
  EXPECT_FALSE(a.child("q", "w")->self_contained());
  EXPECT_TRUE(a.child("b", kNsClient)->child("c", "u")->self_contained());
}

TEST_F(ElementTest, writes_its_inside_verbatim_where_it_stands_alone) {
  const Element a = stanza("<a>x &amp; <b  c = \"1\"/><d xmlns='u'><e/></d></a>");
  std::string out = "before ";
  EXPECT_TRUE(a.write_inner(out));
  EXPECT_EQ(out, "before " + std::string(a.inner()));
}

TEST_F(ElementTest, writes_the_declarations_its_inside_lacks) {
  const auto inner = [&](std::string_view bytes) {
    std::string out;
    EXPECT_TRUE(stanza(bytes).write_inner(out));
    return out;
  };
  EXPECT_EQ(inner("<a xmlns:p='u'>x<p:b><p:c/></p:b>y<d/>z</a>"),
            "x<p:b xmlns:p='u'><p:c/></p:b>y<d/>z");
  EXPECT_EQ(inner("<a xmlns='u'><b c='1'><d/></b><e xmlns='v'/></a>"),
            "<b xmlns='u' c='1'><d/></b><e xmlns='v'/>");
  EXPECT_EQ(inner("<a xmlns:p='&lt;&apos;'><b p:c='1'/></a>"), "<b xmlns:p='&lt;&apos;' p:c='1'/>");
  EXPECT_EQ(inner("<a xmlns:p='u' xmlns:q='v'><p:b xmlns:p='w'><q:c/></p:b></a>"),
            "<p:b xmlns:q='v' xmlns:p='w'><q:c/></p:b>");
  EXPECT_EQ(inner("<a xmlns=''><b/></a>"), "<b xmlns=''/>");
  std::string nearest;
  EXPECT_TRUE(stanza("<a xmlns:p='u' xmlns:q='v'><b xmlns:p='w'><p:c q:d=''/></b></a>")
                  .child("b", kNsClient)
                  ->write_inner(nearest));
  EXPECT_EQ(nearest, "<p:c xmlns:p='w' xmlns:q='v' q:d=''/>");
  EXPECT_EQ(inner("<a><stream:error/></a>"),
            "<stream:error xmlns:stream='http://etherx.jabber.org/streams'/>");
}

TEST_F(ElementTest, writes_its_inside_for_another_default_namespace) {
  std::string out;
  EXPECT_TRUE(stanza("<a><b/><c xmlns='u'/><p:d xmlns:p='v'/></a>").write_inner(out, "u"));
  EXPECT_EQ(out, "<b xmlns='jabber:client'/><c xmlns='u'/><p:d xmlns:p='v'/>");
  out.clear();
  EXPECT_TRUE(document("<a><b/></a>").write_inner(out, "u"));
  EXPECT_EQ(out, "<b xmlns=''/>");
}

TEST_F(ElementTest, writes_itself_with_what_it_lacks) {
  const Element root = document(
      "<a xmlns='u' xmlns:p='v' xmlns:q='w'><p:b><c><p:d xmlns:p='x' p:e=''/></c></p:b></a>");
  const Element d = *root.child("b", "v")->child("c", "u")->child("d", "x");
  std::string out;
  EXPECT_TRUE(d.write_outer(out, "z"));
  EXPECT_EQ(out, "<p:d xmlns:p='x' p:e=''/>");
  out.clear();
  EXPECT_TRUE(root.child("b", "v")->child("c", "u")->write_outer(out, "z"));
  EXPECT_EQ(out, "<c xmlns='u'><p:d xmlns:p='x' p:e=''/></c>");
  out.clear();
  EXPECT_TRUE(root.child("b", "v")->write_outer(out, "u"));
  EXPECT_EQ(out, "<p:b xmlns:p='v'><c><p:d xmlns:p='x' p:e=''/></c></p:b>");
}

// What is written means the same where it is put.
TEST_F(ElementTest, means_the_same_where_it_is_written) {
  StanzaParser other;
  for (const std::string_view bytes :
       {"<a xmlns:p='u' xmlns:q='v'><p:b q:c='1'><d><q:e>x</q:e></d></p:b><f/></a>",
        "<a xmlns='u' xmlns:p='v'><b p:c='&quot;'><d xmlns=''/></b>t</a>",
        "<a xmlns:p='u'><b xmlns:p='v'><p:c/></b><p:d/></a>"}) {
    const Element a = stanza(bytes);
    std::string copy = "<copy>";
    ASSERT_TRUE(a.write_inner(copy));
    copy += "</copy>";
    const auto copied = other.parse(copy);
    ASSERT_TRUE(copied.ok()) << copy;
    EXPECT_TRUE(copied->self_contained()) << copy;
    const std::string from = test::describe(a);
    const std::string to = test::describe(*copied);
    EXPECT_EQ(from.substr(from.find(' ')), to.substr(to.find(' '))) << copy;
  }
}

// Five thousand children that lack one long declaration each would take it five thousand times.
TEST_F(ElementTest, does_not_grow_without_bound_when_rewritten) {
  const auto rewritten = [&](std::size_t uri_bytes) {
    std::string bytes = "<a xmlns:p='" + std::string(uri_bytes, 'u') + "'>";
    for (int i = 0; i < 1024; ++i)
      bytes += "<p:b/>";
    bytes += "</a>";
    std::string out = "before";
    const bool done = stanza(bytes).write_inner(out);
    EXPECT_TRUE(done || out == "before");
    return out.size() - 6;
  };
  // <p:b xmlns:p=''/> takes 17 bytes.
  const std::size_t most = Element::kRewrittenBytesMax / 1024 - 17;
  EXPECT_EQ(rewritten(most - 1), Element::kRewrittenBytesMax - 1024);
  EXPECT_EQ(rewritten(most), Element::kRewrittenBytesMax);
  EXPECT_EQ(rewritten(most + 1), 0U);
}

TEST_F(ElementTest, knows_what_a_prefix_in_a_text_means) {
  const Element a = document("<a xmlns='u' xmlns:p='v'><b xmlns='' xmlns:q='w'/></a>");
  EXPECT_EQ(a.namespace_of(""), "u");
  EXPECT_EQ(a.namespace_of("p"), "v");
  EXPECT_EQ(a.namespace_of("q"), std::nullopt);
  EXPECT_EQ(a.namespace_of("xml"), kNsXml);
  const Element b = *a.child("b", "");
  EXPECT_EQ(b.namespace_of(""), "");
  EXPECT_EQ(b.namespace_of("p"), "v");
  EXPECT_EQ(b.namespace_of("q"), "w");
}

}  // namespace xml_element_test
}  // namespace muster::xml
