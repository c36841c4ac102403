// Sources drawn from a seed, sane and not: each document parses, has unique ids and, as the schemas
// see it, is valid; each resource has a name of its own and a stanza that parses.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "codec/xml/writer.h"
#include "machine/conversion/conversion_world.h"

namespace muster::testing {
namespace conversion_random_test {

class Drawing {
 public:
  explicit Drawing(std::uint64_t seed) : prng_(Prng::seed_of(seed)) {}

  bool chance(std::uint64_t of) { return prng_.below(of) == 0; }
  std::size_t up_to(std::uint64_t most) { return prng_.below(most + 1); }
  template <std::size_t N>
  std::string_view one_of(const std::string_view (&choices)[N]) {
    return choices[prng_.below(N)];
  }

  // Text with what is hard on XML, on ids, on resourceparts.
  std::string text(std::size_t pieces) {
    static constexpr std::string_view kPieces[] = {
        "a",  "b",      "Z",       "0",       " ",          "  ",     "&",      "<",  ">",
        "'",  "\"",     "]]>",     "_x0041_", "_x",         "-",      ".",      ":",  "/",
        "@",  "\u00e9", "e\u0301", "\u265a",  "\U0001F600", "\u05d0", "\u200d", "\n", "\t",
        "\r", "ID-",    "\u00ad",  "%20",     "\\20",       "\u0130"};
    std::string drawn;
    for (std::size_t i = up_to(pieces); i > 0; --i)
      drawn.append(one_of(kPieces));
    return drawn;
  }
  std::string language() {
    static constexpr std::string_view kLanguages[] = {"en", "de-CH", "", "x y", "1", "cs"};
    return std::string(one_of(kLanguages));
  }

  // A canonical resourcepart.
  std::string resource() {
    std::string scratch;
    const std::string drawn = text(12);
    const auto canonical = canonical_resourcepart(drawn, scratch);
    return canonical ? std::string(*canonical) : prng_.token(5);
  }

  std::string stanza_rest(bool available) {
    std::string rest = "'";
    if (!available) rest.append(" type='unavailable'");
    if (chance(2)) xml::append_attribute(rest, "xml:lang", language());
    rest.append(1, '>');
    if (chance(2)) {
      static constexpr std::string_view kShows[] = {"away", "dnd",  "xa",  "chat",
                                                    "",     "gone", " xa "};
      xml::append_text_element(rest, "show", one_of(kShows));
    }
    for (std::size_t i = up_to(3); i > 0; --i) {
      rest.append("<status");
      if (chance(2)) xml::append_attribute(rest, "xml:lang", language());
      rest.append(1, '>');
      xml::append_escaped(rest, text(30));
      rest.append("</status>");
    }
    if (chance(4)) rest.append("<x xmlns='urn:x' xmlns:y='urn:y'><y:z y:a='&lt;'/></x>");
    if (chance(4)) rest.append("<idle xmlns='urn:xmpp:idle:1' since='2026-01-02T03:04:05Z'/>");
    rest.append("</presence>");
    return chance(10) ? rest.substr(0, up_to(rest.size())) : rest;  // sometimes broken
  }

  std::string note(std::string_view name) {
    std::string drawn = "<" + std::string(name);
    if (chance(2)) xml::append_attribute(drawn, "xml:lang", language());
    drawn.append(1, '>');
    xml::append_escaped(drawn, text(20));
    return drawn.append("</").append(name).append(1, '>');
  }
  std::string activities() {
    static constexpr std::string_view kNames[] = {"away", "busy", "meal", "vacation", "tv"};
    std::string drawn = "<rpid:activities>";
    if (chance(2)) drawn.append("<rpid:note>n</rpid:note>");
    drawn.append("<rpid:").append(one_of(kNames)).append("/></rpid:activities>");
    return drawn;
  }
  std::string contact() {
    static constexpr std::string_view kContacts[] = {
        "sip:a@example.com",
        "sips:a@example.com:5061;transport=tls",
        "tel:+1-201-555-0123",
        "mailto:a@example.com",
        "im:a@example.com",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "xmpp:a@example.com/b",
        "not a uri",
        "",
        "http://example.com/%zz",
        "sip:%41@b;gr=a%20b?x=y"};
    std::string drawn = "<contact";
    static constexpr std::string_view kPriorities[] = {"0", "0.5", "1", "2", "0.1234", "x"};
    if (chance(2)) xml::append_attribute(drawn, "priority", one_of(kPriorities));
    drawn.append(1, '>');
    xml::append_escaped(drawn, one_of(kContacts));
    return drawn.append("</contact>");
  }
  std::string publication() {
    std::string drawn;
    for (std::size_t i = up_to(3); i > 0; --i) {
      drawn.append("<tuple");
      if (!chance(5)) xml::append_attribute(drawn, "id", text(6));
      static constexpr std::string_view kStatuses[] = {
          "<status><basic>open</basic></status>", "<status><basic>closed</basic></status>",
          "<status/>", "", "<status><basic>open</basic><j:show>dnd</j:show></status>"};
      drawn.append(1, '>').append(one_of(kStatuses));
      if (chance(3)) drawn.append("<rpid:class>c</rpid:class>");
      if (chance(3)) drawn.append(activities());
      if (chance(2)) drawn.append(contact());
      for (std::size_t n = up_to(2); n > 0; --n)
        drawn.append(note("note"));
      if (chance(2)) drawn.append("<timestamp>2026-01-02T03:04:05Z</timestamp>");
      drawn.append("</tuple>");
    }
    if (chance(3)) drawn.append(note("note"));
    for (std::size_t i = up_to(2); i > 0; --i) {
      drawn.append("<dm:person");
      xml::append_attribute(drawn, "id", text(3));
      drawn.append(1, '>').append(activities());
      if (chance(2)) drawn.append(note("dm:note"));
      drawn.append("</dm:person>");
    }
    if (chance(3)) {
      drawn.append("<dm:device id='d'><dm:deviceID>urn:device:1</dm:deviceID></dm:device>");
    }
    if (chance(4)) drawn.append("<x:y xmlns:x='urn:x'><plain xmlns=''/></x:y>");
    return drawn;
  }

  PresenceSource source(const ConversionWorld& world) {
    switch (up_to(4)) {
      case 0: {
        auto published = world.publication(publication());
        if (!chance(10)) return published;
        return ConversionWorld::published(
            published.document->substr(0, up_to(published.document->size())));
      }
      case 1:
        return RegistrationSource{{chance(4) ? text(5) : prng_.token(8),
                                   chance(4) ? text(9) : "sip:a@192.0.2.1:5060",
                                   static_cast<std::uint16_t>(up_to(1000))}};
      case 2: return world.left(resource(), stanza_rest(false));
      default:
        return world.session(resource(), stanza_rest(true),
                             static_cast<std::int8_t>(static_cast<int>(up_to(255)) - 128));
    }
  }

 private:
  Prng prng_;
};

std::vector<std::string> ids_of(const pidf::Document& document) {
  std::vector<std::string> ids;
  for (const auto& tuple : document.tuples)
    ids.push_back(tuple.id);
  for (const auto& person : document.persons)
    ids.push_back(person.id);
  for (const auto& device : document.devices)
    ids.push_back(device.id);
  return ids;
}

void compose_and_look(std::uint64_t seed, bool by_schema) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  ConversionWorld world;
  Drawing drawing(seed);
  std::vector<PresenceSource> sources;
  for (std::size_t i = drawing.up_to(6); i > 0; --i)
    sources.push_back(drawing.source(world));
  const auto sessions = std::count_if(sources.begin(), sources.end(), [](const auto& source) {
    return std::holds_alternative<XmppSource>(source) ||
           std::holds_alternative<RegistrationSource>(source);
  });
  const std::string text = world.text_of(std::move(sources));
  const pidf::Document document = ConversionWorld::read(text);
  const auto ids = ids_of(document);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size()) << text;
  EXPECT_GE(document.tuples.size(), static_cast<std::size_t>(sessions));
  EXPECT_FALSE(ids.empty() && document.notes.empty() && document.extensions.empty());
  if (!by_schema) return;
  EXPECT_EQ(test::schema_errors(text), "") << text;
}

TEST(RandomSources, make_documents_that_are_valid_by_the_schemas) {
  for (std::uint64_t seed = 0; seed < 150; ++seed)
    compose_and_look(seed, true);
}

TEST(RandomSources, make_documents_that_parse) {
  for (std::uint64_t seed = 1'000; seed < 4'000; ++seed)
    compose_and_look(seed, false);
}

TEST(RandomPublications, are_resources_with_names_of_their_own) {
  ConversionWorld world;
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Drawing drawing(seed);
    const auto resources = world.resources(world.publication(drawing.publication()));
    std::set<std::string> names;
    for (const auto& resource : resources) {
      EXPECT_TRUE(names.insert(resource.resource).second);
      const Seen stanza = seen(*resource.after);
      std::set<std::string> languages;
      for (const auto& status : stanza.statuses)
        EXPECT_TRUE(languages.insert(status.language).second);
    }
  }
}

// Any bytes at all.
TEST(RandomMessages, from_sip_are_stanzas_that_parse) {
  ConversionWorld world;
  Prng prng(Prng::seed_of(1));
  const auto bytes = [&] {
    std::string drawn;
    for (std::uint64_t i = prng.below(40); i > 0; --i)
      drawn.push_back(static_cast<char>(prng.below(256)));
    return drawn;
  };
  xml::StanzaParser parser;
  for (int i = 0; i < 5'000; ++i) {
    MessageToXmpp message{jid("romeo@example.net/<&'>"), world.account, {}, 1};
    message.text.content_type = prng.below(8) == 0 ? bytes() : "text/plain";
    message.text.language = bytes();
    message.text.subject = bytes();
    message.text.call_id = bytes();
    message.text.body = bytes();
    world.conversion.on(world.now, message, world.out);
    const auto happened = world.take();
    ASSERT_EQ(happened.events.size(), 1U);
    for (const StanzaForUser& stanza : events<StanzaForUser>(happened)) {
      EXPECT_TRUE(parser.parse(stanza.xml).ok()) << stanza.xml;
    }
  }
}

TEST(RandomMessages, to_sip_have_rows_of_one_line) {
  ConversionWorld world;
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    Drawing drawing(seed);
    std::string xml = "<message from='romeo@example.net/x' to='juliet@example.com'";
    xml::append_attribute(xml, "xml:lang", drawing.language());
    xml.append(1, '>');
    for (const std::string_view name : {"subject", "thread", "body"})
      xml::append_text_element(xml, name, drawing.text(12));
    xml.append("</message>");
    world.conversion.on(world.now,
                        MessageToSip{jid("romeo@example.net/x"), world.account, "m", xml, false},
                        world.out);
    const auto pages = events<PageMessage>(world.take());
    ASSERT_EQ(pages.size(), 1U) << xml;
    const PageMessageText& text = pages[0].text;
    for (const std::string& row : {text.subject, text.call_id, text.language, text.content_type}) {
      EXPECT_EQ(row.find_first_of("\r\n"), std::string::npos) << xml;
    }
  }
}

}  // namespace conversion_random_test
}  // namespace muster::testing
