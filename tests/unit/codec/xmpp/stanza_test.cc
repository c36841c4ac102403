#include "codec/xmpp/stanza.h"

#include <gtest/gtest.h>

#include "codec/xml/stanza_parser.h"

namespace muster {
namespace xmpp_stanza_test {

class Stanza : public ::testing::Test {
 protected:
  std::optional<std::string> rest(std::string_view stanza, std::string_view language = {},
                                  std::string_view inherited = {}) {
    kept = stanza;
    const auto element = parser.parse(kept, {}, inherited);
    if (!element) return "not parsed";
    std::string out = "!";
    if (!append_stanza_rest(out, *element, language)) {
      EXPECT_EQ(out, "!");
      return std::nullopt;
    }
    return out;
  }

  xml::StanzaParser parser;
  std::string kept;
};

TEST_F(Stanza, IsPassedOnWithoutItsAddresses) {
  EXPECT_EQ(rest("<presence/>"), "!/>");
  EXPECT_EQ(rest("<presence from='a@b' to='c@d'/>"), "!/>");
  EXPECT_EQ(rest("<presence></presence>"), "!/>");
  EXPECT_EQ(rest("<message to='c@d' type='chat' id=\"a'b\" x='1'><body>&lt;</body></message>"),
            "! type='chat' id='a&apos;b' x='1'><body>&lt;</body></message>");
  EXPECT_EQ(rest("<iq id='1' type='get'>\n <a xmlns='urn:a'><b/></a>\n</iq>"),
            "! id='1' type='get'>\n <a xmlns='urn:a'><b/></a>\n</iq>");
}

// RFC 6120 section 8.1.5: never modified, only added.
TEST_F(Stanza, GetsTheLanguageOfItsStream) {
  EXPECT_EQ(rest("<presence id='1'/>", "en"), "! id='1' xml:lang='en'/>");
  EXPECT_EQ(rest("<presence xml:lang='cs'/>", "en"), "! xml:lang='cs'/>");
  EXPECT_EQ(rest("<presence xml:lang=''/>", "en"), "! xml:lang=''/>");
  EXPECT_EQ(rest("<presence lang='x'/>", "en"), "! lang='x' xml:lang='en'/>");
  EXPECT_EQ(rest("<presence xml:lang='cs'/>"), "! xml:lang='cs'/>");
}

// RFC 6120 section 8.4: extension attributes, and content with prefixes from further out.
TEST_F(Stanza, StandsAlone) {
  EXPECT_EQ(rest("<message p:a='1' q:b='2' from='x' p:from='3' xmlns:p='urn:p' xmlns:q='urn:q'>"
                 "<p:c/></message>"),
            "! xmlns:a0='urn:p' a0:a='1' xmlns:a1='urn:q' a1:b='2' xmlns:a2='urn:p' a2:from='3'>"
            "<p:c xmlns:p='urn:p'/></message>");
  EXPECT_EQ(rest("<presence><p:c/></presence>", {}, " xmlns:p='urn:p'"),
            "!><p:c xmlns:p='urn:p'/></presence>");
}

TEST_F(Stanza, EndsAtTheLimitOfRewriting) {
  const std::string declaration = " xmlns:p='" + std::string(1000, 'x') + "'";
  const auto with = [](std::size_t elements) {
    std::string stanza = "<message to='a@b'>";
    for (std::size_t i = 0; i < elements; ++i)
      stanza += "<p:c/>";
    return stanza + "</message>";
  };
  const std::size_t each = std::string_view("<p:c/>").size() + declaration.size();
  const std::size_t most = xml::Element::kRewrittenBytesMax / each;
  EXPECT_EQ(rest(with(most), {}, declaration)->size(),
            std::string_view("!></message>").size() + most * each);
  EXPECT_EQ(rest(with(most + 1), {}, declaration), std::nullopt);
  kept = with(most + 1);
  const auto element = parser.parse(kept, {}, declaration);
  EXPECT_EQ(readdressed(*element, "a", "b", {}), std::nullopt);
}

TEST_F(Stanza, IsReaddressed) {
  kept = "<message from='x' id='1' to='y'><body/></message>";
  const auto element = parser.parse(kept);
  EXPECT_EQ(readdressed(*element, "a@b/'c'", "d@e/<f>", "en"),
            "<message from='a@b/&apos;c&apos;' to='d@e/&lt;f&gt;' id='1' xml:lang='en'>"
            "<body/></message>");
}

TEST(StanzaReply, Result) {
  EXPECT_EQ(iq_result_xml({"a@b", "c@d/e'f", "1<2"}, "<x/>"),
            "<iq type='result' from='a@b' to='c@d/e&apos;f' id='1&lt;2'><x/></iq>");
  EXPECT_EQ(iq_result_xml({{}, {}, "1"}), "<iq type='result' id='1'/>");
  EXPECT_EQ(iq_result_xml({{}, {}, ""}), "<iq type='result' id=''/>");
  EXPECT_EQ(iq_result_xml({{}, {}, {}}), "<iq type='result'/>");
}

// RFC 6120 section 8.3.2.
TEST(StanzaReply, Error) {
  EXPECT_EQ(error_stanza_xml("message", {"a@b", "c@d", "1"}, StanzaError::gone),
            "<message type='error' from='a@b' to='c@d' id='1'><error type='cancel'>"
            "<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  EXPECT_EQ(error_stanza_xml("presence", {{}, "c@d", {}}, StanzaError::bad_request, "a < b"),
            "<presence type='error' to='c@d'><error type='modify'>"
            "<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
            "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>a &lt; b</text>"
            "</error></presence>");
}

}  // namespace xmpp_stanza_test
}  // namespace muster
