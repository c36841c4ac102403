#include "codec/xmpp/redirection.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "codec/xml/document_parser.h"

namespace muster {
namespace xmpp_redirection_test {

std::optional<Redirection> read(std::string_view element) {
  xml::DocumentParser parser;
  const auto root = parser.parse(element);
  EXPECT_TRUE(root.ok()) << element;
  return root.ok() ? read_redirection(*root) : std::nullopt;
}

std::optional<Redirection> read_text(std::string_view text) {
  return read("<redirection xmlns='urn:muster:presence-cluster:1'>" + std::string(text) +
              "</redirection>");
}

TEST(RedirectionXml, is_read_as_it_is_written) {
  for (const Redirection& to :
       {Redirection{"s2.example.com", 5222, ""}, Redirection{"192.0.2.7", 1, ""},
        Redirection{"2001:db8::1", 65535, ""},
        Redirection{"", 0, "wss://s2.example.com/xmpp?a&b"}}) {
    EXPECT_EQ(read(redirection_xml(to)), to) << redirection_xml(to);
  }
  EXPECT_EQ(redirection_xml({"2001:db8::1", 5222, ""}),
            "<redirection xmlns='urn:muster:presence-cluster:1'>[2001:db8::1]:5222</redirection>");
}

// Paper, sections 3.1 and 3.2.
TEST(RedirectionXml, both_names_are_read) {
  EXPECT_EQ(read("<redirect xmlns='urn:muster:presence-cluster:1'> s2:5222 </redirect>"),
            (Redirection{"s2", 5222, ""}));
  EXPECT_FALSE(read("<see-other xmlns='urn:muster:presence-cluster:1'>s2:5222</see-other>"));
  EXPECT_FALSE(read("<redirection xmlns='jabber:client'>s2:5222</redirection>"));
}

TEST(RedirectionXml, what_names_no_place_is_none) {
  for (const std::string_view text :
       {"", "s2", "s2:", ":5222", "s2:0", "s2:65536", "s2:-1", "s 2:5222", "2001:db8::1:5222",
        "wss:", "ws://s2/", "sip:s2.example.com", "s2:5222:1"}) {
    EXPECT_FALSE(read_text(text)) << text;
  }
}

TEST(RedirectionXml, has_a_limit) {
  const std::string begin = "wss://s2/";
  const std::string fits = begin + std::string(kRedirectionBytesMax - begin.size(), 'x');
  EXPECT_TRUE(read_text(fits));
  EXPECT_FALSE(read_text(fits + "x"));
}

}  // namespace xmpp_redirection_test
}  // namespace muster
