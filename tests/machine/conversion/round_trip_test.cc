// XMPP -> PIDF -> XMPP keeps what RFC 8048 maps, exactly; PIDF -> XMPP -> PIDF as far as it does.

#include <gtest/gtest.h>

#include "codec/xml/writer.h"
#include "machine/conversion/conversion_world.h"

namespace muster::testing {
namespace conversion_round_trip_test {

// A session's presence, as who reads the document and publishes it again would be seen.
std::vector<TuplesConverted::Resource> there_and_back(ConversionWorld& world,
                                                      std::vector<PresenceSource> sources) {
  return world.resources(ConversionWorld::published(world.text_of(std::move(sources))));
}

TEST(RoundTrip, keeps_resource_show_status_and_language) {
  ConversionWorld world;
  const std::string resources[] = {"orchard", "1",     "a b",    "\u265a",    "_x0041_",
                                   "ID-x",    "a/b@c", "&<>'\"", "\U0001F600"};
  const std::string shows[] = {"", "away", "chat", "dnd", "xa"};
  const std::string texts[] = {"plain", "  two  spaces ", "1 < 2 & ]]> '\"", "\u00e9 \U0001F600",
                               "line\nbreak\ttab"};
  for (const std::string& resource : resources) {
    for (const std::string& show : shows) {
      for (const std::string& text : texts) {
        std::string rest = "' xml:lang='de'>";
        if (!show.empty()) xml::append_text_element(rest, "show", show);
        xml::append_text_element(rest, "status", text);
        rest.append("<status xml:lang='en'>second</status></presence>");
        const auto back = there_and_back(world, {world.session(resource, rest)});
        ASSERT_EQ(back.size(), 1U);
        EXPECT_EQ(back[0].resource, resource);
        EXPECT_TRUE(back[0].available);
        const Seen stanza = seen(*back[0].after);
        EXPECT_EQ(stanza.show, show);
        EXPECT_EQ(stanza.statuses, (std::vector<Seen::Status>{{text, "de"}, {"second", "en"}}));
      }
    }
  }
}

TEST(RoundTrip, keeps_each_priority_that_is_mapped) {
  ConversionWorld world;
  for (int priority = -128; priority <= 127; ++priority) {
    const auto back =
        there_and_back(world, {world.session("x", "'/>", static_cast<std::int8_t>(priority))});
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].priority, priority < 0 ? 0 : priority);
  }
}

TEST(RoundTrip, keeps_who_left_and_why) {
  ConversionWorld world;
  const auto back = there_and_back(
      world,
      {world.left("x",
                  "' type='unavailable' xml:lang='en'><status>Good night</status></presence>")});
  ASSERT_EQ(back.size(), 1U);
  EXPECT_FALSE(back[0].available);
  EXPECT_EQ(*back[0].after,
            "' type='unavailable'><status xml:lang='en'>Good night</status></presence>");
}

TEST(RoundTrip, keeps_several_sessions_apart) {
  ConversionWorld world;
  const auto back = there_and_back(
      world, {world.session("a", "'><show>away</show></presence>", 3), world.session("b", "'/>", 5),
              world.session("c", "'><show>dnd</show></presence>", 7), world.left("d")});
  ASSERT_EQ(back.size(), 4U);
  EXPECT_EQ(seen(*back[0].after).show, "away");
  EXPECT_EQ(seen(*back[1].after).show, "");
  EXPECT_EQ(seen(*back[2].after).show, "dnd");
  EXPECT_EQ(back[2].priority, 7);
  EXPECT_FALSE(back[3].available);
}

TEST(RoundTrip, keeps_idle) {
  ConversionWorld world;
  const auto back = there_and_back(
      world, {world.session("x",
                            "'><idle xmlns='urn:xmpp:idle:1' since='1969-07-21T02:56:15Z'/>"
                            "</presence>")});
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(seen(*back[0].after).idle_since, "1969-07-21T02:56:15Z");
}

// The other way: id, basic, show, notes; the contact becomes the one that reaches the resource, its
// priority the nearest that XMPP has.
TEST(RoundTrip, from_pidf_keeps_what_rfc_8048_maps) {
  ConversionWorld world;
  const auto converted = world.resources(world.publication(
      "<tuple id='ID-orchard'><status><basic>open</basic><j:show>xa</j:show></status>"
      "<contact priority='0.8'>sip:juliet@192.0.2.1</contact>"
      "<note xml:lang='fr'>Ne d\u00e9rangez pas</note></tuple>"));
  ASSERT_EQ(converted.size(), 1U);
  const XmppSource source{converted[0].resource, true, converted[0].priority, converted[0].after,
                          world.now.unix_time};
  const pidf::Tuple tuple = world.tuple(source);
  EXPECT_EQ(tuple.id, "ID-orchard");
  EXPECT_EQ(tuple.basic, pidf::Basic::open);
  EXPECT_EQ(tuple.show, "xa");
  EXPECT_EQ(tuple.notes, (std::vector<pidf::Note>{{"Ne d\u00e9rangez pas", "fr"}}));
  EXPECT_EQ(tuple.contact, "sip:juliet@example.com;gr=orchard");
  EXPECT_EQ(tuple.priority, 803);  // 102
}

}  // namespace conversion_round_trip_test
}  // namespace muster::testing
