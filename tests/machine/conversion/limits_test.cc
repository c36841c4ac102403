// Each limit at, below and above it.

#include <gtest/gtest.h>

#include <algorithm>

#include "machine/conversion/conversion_world.h"
#include "server/conversion/compose.h"

namespace muster::testing {
namespace conversion_limits_test {

std::string with_status(std::size_t bytes) {
  return "'><status>" + std::string(bytes, 's') + "</status></presence>";
}

// --- status_bytes_max ----------------------------------------------------------------------------

TEST(Limits, a_status_for_sip_is_cut) {
  ConversionWorld world;
  world.settings.limits.status_bytes_max = 10;
  const auto note = [&](std::size_t bytes) {
    return world.tuple(world.session("x", with_status(bytes))).notes.at(0).text;
  };
  EXPECT_EQ(note(9), "sssssssss");
  EXPECT_EQ(note(10), "ssssssssss");
  EXPECT_EQ(note(11), "sssssss\u2026");
}

TEST(Limits, a_note_for_xmpp_is_cut) {
  ConversionWorld world;
  world.settings.limits.status_bytes_max = 10;
  const auto status = [&](std::size_t bytes) {
    return world.seen_of("<tuple id='a'><note>" + std::string(bytes, 's') + "</note></tuple>")
        .statuses.at(0)
        .text;
  };
  EXPECT_EQ(status(9), "sssssssss");
  EXPECT_EQ(status(10), "ssssssssss");
  EXPECT_EQ(status(11), "sssssss\u2026");
}

// --- statuses_max --------------------------------------------------------------------------------

TEST(Limits, so_many_statuses_of_a_presence_are_notes) {
  ConversionWorld world;
  world.settings.limits.statuses_max = 3;
  const auto notes = [&](int count) {
    std::string rest = "'>";
    for (int i = 0; i < count; ++i)
      rest.append("<status xml:lang='a").append(std::to_string(i)).append("'>x</status>");
    return world.tuple(world.session("x", rest + "</presence>")).notes.size();
  };
  EXPECT_EQ(notes(2), 2U);
  EXPECT_EQ(notes(3), 3U);
  EXPECT_EQ(notes(4), 3U);
}

TEST(Limits, so_many_notes_are_statuses) {
  ConversionWorld world;
  world.settings.limits.statuses_max = 3;
  const auto statuses = [&](int count) {
    std::string tuple = "<tuple id='a'>";
    for (int i = 0; i < count; ++i)
      tuple.append("<note xml:lang='a-").append(std::to_string(i)).append("'>x</note>");
    return world.seen_of(tuple + "</tuple>").statuses.size();
  };
  EXPECT_EQ(statuses(2), 2U);
  EXPECT_EQ(statuses(3), 3U);
  EXPECT_EQ(statuses(4), 3U);
}

// --- tuples_shown_max ----------------------------------------------------------------------------

TEST(Limits, so_many_tuples_of_a_publication_are_shown) {
  ConversionWorld world;
  world.settings.limits.tuples_shown_max = 3;
  const auto shown = [&](int count) {
    std::string tuples;
    for (int i = 0; i < count; ++i)
      tuples.append("<tuple id='t").append(std::to_string(i)).append("'/>");
    return world.resources(world.publication(tuples)).size();
  };
  EXPECT_EQ(shown(2), 2U);
  EXPECT_EQ(shown(3), 3U);
  EXPECT_EQ(shown(4), 3U);
}

// --- composed_bytes_max --------------------------------------------------------------------------

// With extensions, persons, devices and notes; each step has something to leave out.
std::vector<PresenceSource> rich(const ConversionWorld& world) {
  return {
      world.session("phone", with_status(300)), world.session("laptop", with_status(300)),
      ConversionWorld::publication(
          "<tuple id='t'><status><basic>open</basic><x:s xmlns:x='urn:x'>" + std::string(300, 'e') +
          "</x:s></status><x:t xmlns:x='urn:x'/></tuple>"
          "<note>n</note><dm:person id='p'><dm:note>" +
          std::string(300, 'p') +
          "</dm:note></dm:person>"
          "<dm:device id='d'><dm:deviceID>urn:device:1</dm:deviceID></dm:device>"
          "<x:p xmlns:x='urn:x'/>")};
}

TEST(Limits, a_document_that_fits_says_all) {
  ConversionWorld world;
  const std::string whole = world.text_of(rich(world));
  world.settings.limits.composed_bytes_max = static_cast<std::uint32_t>(whole.size() + 1);
  EXPECT_EQ(world.text_of(rich(world)), whole);
  world.settings.limits.composed_bytes_max = static_cast<std::uint32_t>(whole.size());
  EXPECT_EQ(world.text_of(rich(world)), whole);
}

TEST(Limits, a_document_that_does_not_fit_says_what_pidf_defines) {
  ConversionWorld world;
  const std::size_t whole = world.text_of(rich(world)).size();
  world.settings.limits.composed_bytes_max = static_cast<std::uint32_t>(whole - 1);
  const pidf::Document document = world.document(rich(world));
  ASSERT_EQ(document.tuples.size(), 3U);
  EXPECT_EQ(document.tuples[0].notes[0].text.size(), 300U);
  EXPECT_TRUE(document.tuples[2].status_extensions.empty());
  EXPECT_TRUE(document.tuples[2].extensions.empty());
  EXPECT_TRUE(document.persons.empty());
  EXPECT_TRUE(document.devices.empty());
  EXPECT_TRUE(document.extensions.empty());
  EXPECT_EQ(document.notes.size(), 1U);
}

TEST(Limits, then_a_document_has_no_notes) {
  ConversionWorld world;
  world.settings.limits.composed_bytes_max = 1'000;
  const pidf::Document document = world.document(rich(world));
  ASSERT_EQ(document.tuples.size(), 3U);
  for (const pidf::Tuple& tuple : document.tuples) {
    EXPECT_TRUE(tuple.notes.empty());
    EXPECT_EQ(tuple.basic, pidf::Basic::open);
  }
  EXPECT_TRUE(document.notes.empty());
  EXPECT_FALSE(document.tuples[0].contact.empty());
}

TEST(Limits, then_a_document_has_its_first_tuples) {
  ConversionWorld world;
  std::vector<PresenceSource> sources;
  for (int i = 0; i < 20; ++i)
    sources.emplace_back(world.session("x" + std::to_string(i), "'/>"));
  world.settings.limits.composed_bytes_max = 2'000;
  const std::string text = world.text_of(sources);
  EXPECT_LE(text.size(), 2'000U);
  const pidf::Document document = ConversionWorld::read(text);
  EXPECT_GE(document.tuples.size(), 9U);
  EXPECT_LT(document.tuples.size(), 14U);
  EXPECT_EQ(document.tuples[0].id, "ID-x0");
  world.settings.limits.composed_bytes_max = 300;
  EXPECT_EQ(world.document(sources).tuples.size(), 1U);
  // Even where nothing fits, it is a document.
  world.settings.limits.composed_bytes_max = 10;
  EXPECT_TRUE(world.document(sources).tuples.empty());
}

// The most that twenty sessions and ten publications can make of it, by default.
TEST(Limits, the_longest_document_is_one_that_sip_takes) {
  ConversionWorld world;
  std::vector<PresenceSource> sources;
  for (int i = 0; i < 20; ++i) {
    std::string name = std::to_string(i);
    while (name.size() < Address::kPartBytesMax)
      name.append("&");
    sources.emplace_back(world.session(name, with_status(200'000)));
  }
  for (int i = 0; i < 10; ++i) {
    sources.emplace_back(ConversionWorld::publication("<tuple id='t" + std::to_string(i) +
                                                      "'><note>" + std::string(30'000, '"') +
                                                      "</note></tuple>"));
  }
  const std::string text = world.text_of(sources);
  EXPECT_LE(text.size(), world.settings.limits.composed_bytes_max);
  const pidf::Document document = ConversionWorld::read(text);
  EXPECT_GE(document.tuples.size(), 5U);
  EXPECT_EQ(test::schema_errors(text), "");
}

// --- kPartIdBytesMax -----------------------------------------------------------------------------

TEST(Limits, a_published_id_that_is_too_long_is_replaced) {
  ConversionWorld world;
  const auto id = [&](std::size_t bytes) {
    return world.tuple(world.publication("<tuple id='" + std::string(bytes, 'i') + "'/>"))
        .id.size();
  };
  EXPECT_EQ(id(kPartIdBytesMax - 1), kPartIdBytesMax - 1);
  EXPECT_EQ(id(kPartIdBytesMax), kPartIdBytesMax);
  EXPECT_LT(id(kPartIdBytesMax + 1), 20U);
}

// --- kComposedMax --------------------------------------------------------------------------------

TEST(Limits, a_document_has_so_many_tuples_persons_and_devices) {
  ConversionWorld world;
  const auto composed_of = [&](std::size_t count) {
    std::vector<PresenceSource> sources = {world.session("x", "'/>")};
    for (std::size_t i = 1; i + 2 < count; ++i) {
      sources.emplace_back(ConversionWorld::publication("<tuple id='t'><note>" + std::to_string(i) +
                                                        "</note></tuple>"));
    }
    sources.emplace_back(ConversionWorld::publication("<dm:person id='t'/>"));
    sources.emplace_back(ConversionWorld::publication(
        "<dm:device id='t'><dm:deviceID>urn:device:1</dm:deviceID></dm:device>"));
    return world.document(sources);
  };
  const std::size_t most = kComposedMax.parts_max;
  EXPECT_EQ(composed_of(most - 1).tuples.size(), most - 3);
  EXPECT_EQ(composed_of(most).tuples.size(), most - 2);
  EXPECT_EQ(composed_of(most).devices.size(), 1U);
  const pidf::Document more = composed_of(most + 1);
  EXPECT_EQ(more.tuples.size(), most - 1);
  EXPECT_EQ(more.persons.size(), 1U);
  EXPECT_TRUE(more.devices.empty());
  EXPECT_EQ(more.tuples[0].id, "ID-x");
}

TEST(Limits, a_document_has_so_many_sessions_and_phones) {
  ConversionWorld world;
  const auto tuples = [&](std::size_t count, bool phones) {
    std::vector<PresenceSource> sources;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = std::to_string(i);
      if (phones) {
        sources.emplace_back(RegistrationSource{{name, "sip:x@192.0.2.1", 0}});
      } else {
        sources.emplace_back(world.session(name, "'><show>away</show></presence>"));
      }
    }
    return world.document(sources).tuples.size();
  };
  const std::size_t most = kComposedMax.parts_max;
  for (const bool phones : {false, true}) {
    EXPECT_EQ(tuples(most - 1, phones), most - 1);
    EXPECT_EQ(tuples(most, phones), most);
    EXPECT_EQ(tuples(most + 1, phones), most);
  }
}

// With more it says less, like one that is too long.
TEST(Limits, a_document_has_so_many_notes) {
  ConversionWorld world;
  const auto composed_of = [&](std::size_t count) {
    std::string content[2];
    for (std::size_t i = 0; i < count; ++i)
      content[i % 2].append("<note>").append(std::to_string(i)).append("</note>");
    return world.document({ConversionWorld::publication("<tuple id='a'>" + content[0] + "</tuple>"),
                           ConversionWorld::publication(content[1])});
  };
  const std::size_t most = kComposedMax.notes_max;
  EXPECT_EQ(composed_of(most - 1).tuples.at(0).notes.size(), most / 2);
  EXPECT_EQ(composed_of(most).notes.size(), most / 2);
  EXPECT_TRUE(composed_of(most + 1).notes.empty());
  EXPECT_EQ(composed_of(most + 1).tuples.size(), 1U);
}

TEST(Limits, a_document_has_so_many_extensions) {
  ConversionWorld world;
  const auto composed_of = [&](std::size_t count) {
    std::string content[2];
    for (std::size_t i = 0; i < count; ++i)
      content[i % 2].append("<x:y xmlns:x='urn:x'>").append(std::to_string(i)).append("</x:y>");
    return world.document({ConversionWorld::publication("<tuple id='a'>" + content[0] + "</tuple>"),
                           ConversionWorld::publication(content[1])});
  };
  const std::size_t most = kComposedMax.extensions_max;
  EXPECT_EQ(composed_of(most - 1).tuples.at(0).extensions.size(), most / 2);
  EXPECT_EQ(composed_of(most).extensions.size(), most / 2);
  EXPECT_TRUE(composed_of(most + 1).extensions.empty());
  EXPECT_EQ(composed_of(most + 1).tuples.size(), 1U);
}

// --- kIdleSinceBytesMax --------------------------------------------------------------------------

TEST(Limits, a_session_is_idle_since_one_time_that_is_not_too_long) {
  ConversionWorld world;
  const auto extensions = [&](std::size_t bytes) {
    std::string since = "1969-07-21T02:56:15.";
    since.resize(bytes - 1, '1');
    const std::string idle = "<idle xmlns='urn:xmpp:idle:1' since='" + since + "Z'/>";
    return world.tuple(world.session("x", "'>" + idle + idle + "</presence>")).extensions.size();
  };
  EXPECT_EQ(extensions(kIdleSinceBytesMax - 1), 1U);
  EXPECT_EQ(extensions(kIdleSinceBytesMax), 1U);
  EXPECT_EQ(extensions(kIdleSinceBytesMax + 1), 0U);
}

// A stanza that grew beyond what the parser takes, though it was taken when it came.
TEST(Limits, a_stanza_that_is_too_long_is_passed_over) {
  ConversionWorld world;
  const auto notes = [&](std::size_t bytes) {
    return world.tuple(world.session("x", with_status(bytes))).notes.size();
  };
  const std::size_t around = ("<presence to='" + with_status(0)).size();
  const std::size_t most =
      world.settings.limits.stanza_bytes_max + xml::Element::kRewrittenBytesMax - around;
  EXPECT_EQ(notes(most), 1U);
  EXPECT_EQ(notes(most + 1), 0U);
}

}  // namespace conversion_limits_test
}  // namespace muster::testing
