#include "codec/cluster/selector.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "codec/xml/document_parser.h"

namespace muster::cluster {
namespace cluster_selector_test {

constexpr std::string_view kOurs =
    "<p:add xmlns='urn:ietf:params:xml:ns:pidf' xmlns:c='urn:muster:presence-cluster:1' "
    "xmlns:p='urn:ietf:params:xml:ns:pidf-diff'/>";

std::optional<Selector> read(std::string_view text, std::string_view operation = kOurs) {
  xml::DocumentParser parser;
  const auto element = parser.parse(operation);
  EXPECT_TRUE(element.ok());
  return read_selector(text, *element);
}

// What append_selector writes, as a parser gives it back.
std::string written(Target target, std::string_view key = {}, std::string_view inner_key = {}) {
  std::string operation = "<a";
  append_selector(operation, target, key, inner_key);
  operation += "/>";
  xml::DocumentParser parser;
  const auto element = parser.parse(operation);
  EXPECT_TRUE(element.ok()) << operation;
  return element.ok() ? std::string(*element->attribute("sel")) : operation;
}

TEST(Selector, each_target_is_read_as_it_is_written) {
  for (int i = 0; i <= static_cast<int>(Target::resource_number); ++i) {
    const auto target = static_cast<Target>(i);
    const auto selector = read(written(target, "sip:[::1];a='b'&lt;", "u@example.com"));
    ASSERT_TRUE(selector) << i;
    EXPECT_EQ(selector->target, target);
    if (!selector->keys[0].empty()) {
      EXPECT_EQ(selector->keys[0], "sip:[::1];a='b'&lt;");
    }
    if (!selector->keys[1].empty()) {
      EXPECT_EQ(selector->keys[1], "u@example.com");
    }
  }
}

TEST(Selector, is_written_as_the_rfc_writes_them) {
  EXPECT_EQ(written(Target::document), "/*");
  EXPECT_EQ(written(Target::level, "sip:s1"),
            "/*/c:svr-loadlevel-list/c:svr-load[@svr-id='sip:s1']/c:current-loadlevel/text()");
  EXPECT_EQ(written(Target::candidate, "sip:a'b"),
            "/*/c:candidate-svr-list/c:svr-uri[.=\"sip:a'b\"]");
}

// RFC 5261 section 4.2.1, 4.2.2.
TEST(Selector, names_are_what_their_namespaces_make_of_them) {
  const std::string_view other =
      "<p:add xmlns='urn:muster:presence-cluster:1' xmlns:i='urn:ietf:params:xml:ns:pidf' "
      "xmlns:p='urn:ietf:params:xml:ns:pidf-diff'/>";
  EXPECT_EQ(read("i:presence/epoch/text()", other)->target, Target::epoch);
  EXPECT_EQ(read("*/i:tuple[@id=\"x\"]", other)->keys[0], "x");
  EXPECT_FALSE(read("presence/epoch/text()", other));
  EXPECT_FALSE(read("/*/c:epoch/text()", other));
  EXPECT_FALSE(read("/*/epoch/text()"));
  EXPECT_FALSE(read("/*/:epoch/text()"));
  EXPECT_FALSE(read("/*/c:epoch/text()", "<p:add xmlns:p='urn:x' xmlns:c='urn:x'/>"));
}

TEST(Selector, nothing_else_is_one) {
  for (const std::string_view text : {"",
                                      "/",
                                      "//",
                                      "/*/",
                                      "*/*",
                                      "/c:presence",
                                      "/*/note",
                                      "/*/c:epoch",
                                      "/*/c:epoch/text()[1]",
                                      "/*/c:epoch/text()/",
                                      "/*/tuple",
                                      "/*/tuple[1]",
                                      "/*/tuple[@id='x'",
                                      "/*/tuple[@id='x]",
                                      "/*/tuple[@id=x]",
                                      "/*/tuple[@id]",
                                      "/*/tuple[@id=]",
                                      "/*/tuple[@name='x']",
                                      "/*/tuple[@id='x'][@id='y'][@id='z']",
                                      "/*/tuple[@id='x']/@id",
                                      "id('x')",
                                      "/*/tuple[id()]",
                                      "/*/c:svr-loadlevel-list/c:svr-load[c:current-loadlevel='1']",
                                      "* /tuple[@id='x']"}) {
    EXPECT_FALSE(read(text)) << text;
  }
}

TEST(Selector, has_a_limit) {
  const std::string begin = "/*/tuple[@id='";
  const std::string fits = begin + std::string(kSelectorBytesMax - begin.size() - 2, 'x') + "']";
  EXPECT_TRUE(read(fits));
  EXPECT_FALSE(read("/" + fits.substr(1, begin.size() - 1) + "x" + fits.substr(begin.size())));
}

}  // namespace cluster_selector_test
}  // namespace muster::cluster
