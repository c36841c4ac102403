#include "codec/pidf/read.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/golden.h"

namespace muster::pidf {
namespace pidf_read_test {

std::string presence(std::string_view content) {
  return "<presence xmlns='urn:ietf:params:xml:ns:pidf' "
         "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' entity='pres:a@example.com'>" +
         std::string(content) + "</presence>";
}

Document read(std::string_view body) {
  Reader reader;
  auto document = reader.read(body);
  EXPECT_TRUE(document.ok()) << body;
  return document.ok() ? *document : Document();
}

std::string error_of(std::string_view body, const Limits& limits = {}) {
  Reader reader(limits);
  const auto document = reader.read(body);
  return document.ok() ? "none" : std::string(to_string(document.error()));
}

Document read_golden(std::string_view file) {
  return read(test::read_golden("pidf/" + std::string(file)));
}

// RFC 3863 section 4.3.1.
TEST(Read, takes_tuples_notes_and_status_extensions) {
  const Document document = read_golden("rfc3863_4_3_1_status_extensions.xml");
  EXPECT_EQ(document.entity, "pres:someone@example.com");
  ASSERT_EQ(document.tuples.size(), 2U);
  const Tuple& first = document.tuples[0];
  EXPECT_EQ(first.id, "bs35r9");
  EXPECT_EQ(first.basic, Basic::open);
  EXPECT_EQ(first.contact, "im:someone@mobilecarrier.net");
  EXPECT_EQ(first.priority, 800);
  EXPECT_EQ(first.notes, (std::vector<Note>{{"Don't Disturb Please!", "en"},
                                            {"Ne derangez pas, s'il vous plait", "fr"}}));
  EXPECT_EQ(first.timestamp, "2001-10-27T16:49:29Z");
  ASSERT_EQ(first.status_extensions.size(), 2U);
  EXPECT_EQ(first.status_extensions[0].xml,
            "<im:im xmlns:im='urn:ietf:params:xml:ns:pidf:im'>busy</im:im>");
  EXPECT_EQ(first.status_extensions[1].xml,
            "<myex:location xmlns:myex='http://id.example.com/presence/'>home</myex:location>");
  EXPECT_TRUE(first.extensions.empty());
  EXPECT_EQ(document.tuples[1].id, "eg92n8");
  EXPECT_EQ(document.tuples[1].priority, 1000);
  EXPECT_EQ(document.notes, (std::vector<Note>{{"I'll be in Tokyo next week", ""}}));
}

// RFC 3863 sections 4.3.2 and 4.3.3: PIDF by prefix, extensions everywhere.
TEST(Read, takes_extensions_of_tuple_and_presence) {
  const Document document = read_golden("rfc3863_4_3_2_other_extensions.xml");
  ASSERT_EQ(document.tuples.size(), 2U);
  ASSERT_EQ(document.tuples[0].extensions.size(), 1U);
  EXPECT_EQ(document.tuples[0].extensions[0].xml,
            "<myex:mytupletag xmlns:myex='http://id.example.com/presence/'>Extended value in tuple"
            "</myex:mytupletag>");
  EXPECT_EQ(document.tuples[1].contact, "im:someone@mobilecarrier.net") << "without the spaces";
  ASSERT_EQ(document.extensions.size(), 1U);

  const Document must_understand = read_golden("rfc3863_4_3_3_must_understand.xml");
  const std::string& xml = must_understand.tuples[0].extensions[0].xml;
  EXPECT_NE(xml.find("xmlns:impp='urn:ietf:params:xml:ns:pidf'"), std::string::npos) << xml;
  EXPECT_NE(xml.find("impp:mustUnderstand=\"1\""), std::string::npos) << xml;
}

// RFC 8048 sections 5.2.1 and 6.2, examples 4 and 19; 6.3, example 20.
TEST(Read, takes_the_show_of_xmpp_in_the_status) {
  const Document four = read_golden("rfc8048_example_4_away.xml");
  EXPECT_EQ(four.entity, "pres:romeo@example.net");
  ASSERT_EQ(four.tuples.size(), 1U);
  EXPECT_EQ(four.tuples[0].id, "ID-dr4hcr0st3lup4c");
  EXPECT_EQ(four.tuples[0].basic, Basic::open);
  EXPECT_EQ(four.tuples[0].show, "away");
  EXPECT_TRUE(four.tuples[0].status_extensions.empty());

  const Document nineteen = read_golden("rfc8048_example_19_away.xml");
  EXPECT_EQ(nineteen.tuples[0].id, "ID-yn0cl4bnw0yr3vym");
  EXPECT_EQ(nineteen.tuples[0].show, "away");

  const Document twenty = read_golden("rfc8048_example_20_closed.xml");
  EXPECT_EQ(twenty.tuples[0].basic, Basic::closed);
  EXPECT_EQ(twenty.tuples[0].show, "");
}

// RFC 4480 section 4.
TEST(Read, takes_persons_and_devices) {
  const Document document = read_golden("rfc4480_4_rpid.xml");
  ASSERT_EQ(document.tuples.size(), 3U);
  ASSERT_EQ(document.devices.size(), 1U);
  EXPECT_EQ(document.devices[0].id, "pc147");
  EXPECT_EQ(document.devices[0].device_id, "urn:device:0003ba4811e3");
  EXPECT_EQ(document.devices[0].extensions.size(), 1U) << "the deviceID is not among them";
  EXPECT_EQ(document.devices[0].notes, (std::vector<Note>{{"PC", ""}}));
  ASSERT_EQ(document.persons.size(), 1U);
  EXPECT_EQ(document.persons[0].id, "p1");
  EXPECT_EQ(document.persons[0].extensions.size(), 9U);
  EXPECT_EQ(document.persons[0].notes, (std::vector<Note>{{"Scoring 120", ""}}));
  EXPECT_EQ(document.persons[0].timestamp, "2005-05-30T16:09:44+05:00");
}

// RFC 4479 section 5; its own example in section 7.1 has no entity.
TEST(Read, takes_what_it_can_of_invalid_documents) {
  EXPECT_EQ(read_golden("rfc4479_7_1_basic_im.xml").entity, "");
  const Document document =
      read(presence("<dm:person><dm:timestamp>yesterday</dm:timestamp></dm:person>"
                    "<note xml:lang='no language'>first</note>"
                    "<tuple><timestamp>now</timestamp><contact priority='7'>a</contact></tuple>"
                    "<tuple id='2'><status><basic>busy</basic></status></tuple>"
                    "<tuple id='t'><status><basic>\n open </basic><basic>closed</basic></status>"
                    "<status><basic>closed</basic></status></tuple>"));
  ASSERT_EQ(document.tuples.size(), 3U);
  EXPECT_EQ(document.tuples[0].id, "");
  EXPECT_EQ(document.tuples[0].basic, std::nullopt);
  EXPECT_EQ(document.tuples[0].timestamp, "");
  EXPECT_EQ(document.tuples[0].contact, "a");
  EXPECT_EQ(document.tuples[0].priority, std::nullopt);
  EXPECT_EQ(document.tuples[1].id, "2");
  EXPECT_EQ(document.tuples[1].basic, std::nullopt);
  EXPECT_EQ(document.tuples[2].basic, Basic::open);
  EXPECT_EQ(document.persons.size(), 1U);
  EXPECT_EQ(document.persons[0].timestamp, "");
  EXPECT_EQ(document.notes, (std::vector<Note>{{"first", ""}}));
}

// Where an extension will be written, the default namespace is PIDF's.
TEST(Read, keeps_the_namespaces_of_extensions) {
  const Document document = read(
      "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:x='u'>"
      "<dm:person xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'><note>a</note></dm:person>"
      "<person xmlns='urn:ietf:params:xml:ns:pidf:data-model'><x:b><c/></x:b></person>"
      "</presence>");
  ASSERT_EQ(document.persons.size(), 2U);
  EXPECT_EQ(document.persons[0].extensions[0].xml, "<note>a</note>");
  EXPECT_EQ(document.persons[1].extensions[0].xml,
            "<x:b xmlns='urn:ietf:params:xml:ns:pidf:data-model' xmlns:x='u'><c/></x:b>");
}

// RFC 3863 section 4.2.3, and the schemas' ##other, which has no place for these.
TEST(Read, leaves_out_what_has_no_place_in_a_document) {
  const Document document = read(presence(
      "<thing/><x xmlns=''/><tuple id='t'><status><thing/></status><thing/><x xmlns=''/></tuple>"
      "<dm:person id='p'><dm:thing/><x xmlns=''/></dm:person>"));
  EXPECT_TRUE(document.extensions.empty());
  EXPECT_TRUE(document.tuples[0].status_extensions.empty());
  EXPECT_TRUE(document.tuples[0].extensions.empty());
  EXPECT_TRUE(document.persons[0].extensions.empty());
}

// RFC 3863 section 4.1.6.
TEST(Read, gives_notes_the_language_around_them) {
  const Document document = read(
      "<presence xmlns='urn:ietf:params:xml:ns:pidf' "
      "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
      "xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' xml:lang='en'>"
      "<tuple id='t' xml:lang='de'><note>a</note><note xml:lang='fr'>b</note>"
      "<note xml:lang=''>c</note></tuple><note>d</note>"
      "<dm:person id='p' xml:lang='it'><dm:note>e</dm:note>"
      "<r:mood><r:note>f</r:note></r:mood>"
      "<r:mood xml:lang='es'><r:note>g</r:note></r:mood></dm:person></presence>");
  EXPECT_EQ(document.tuples[0].notes, (std::vector<Note>{{"a", "de"}, {"b", "fr"}, {"c", ""}}));
  EXPECT_EQ(document.notes, (std::vector<Note>{{"d", "en"}}));
  EXPECT_EQ(document.persons[0].notes, (std::vector<Note>{{"e", "it"}}));
  EXPECT_EQ(document.persons[0].extensions[0].notes, (std::vector<Note>{{"f", "it"}}));
  EXPECT_EQ(document.persons[0].extensions[1].notes, (std::vector<Note>{{"g", "es"}}));
}

// Wherever they are put; RFC 4480's schema has no xml:lang on <relationship>, but on each note.
TEST(Read, states_the_language_of_notes_in_extensions) {
  const auto extension = [](const std::string& xml) {
    const Document document = read(
        "<presence xmlns='urn:ietf:params:xml:ns:pidf' xml:lang='en' "
        "xmlns:r='urn:ietf:params:xml:ns:pidf:rpid'><tuple id='t' xml:lang='de'>" +
        xml + "</tuple></presence>");
    return document.tuples.at(0).extensions.at(0);
  };
  const std::string declared = " xmlns:r='urn:ietf:params:xml:ns:pidf:rpid'";
  const Extension kept = extension(
      "<r:relationship><r:note>a</r:note><r:other/><r:note xml:lang='fr'>b</r:note><r:note\n>c"
      "</r:note><r:note/><r:note xml:lang='?'>d</r:note></r:relationship>");
  EXPECT_EQ(kept.xml, "<r:relationship" + declared +
                          "><r:note xml:lang='de'>a</r:note><r:other/><r:note xml:lang='fr'>b"
                          "</r:note><r:note xml:lang='de'\n>c</r:note><r:note xml:lang='de'/>"
                          "<r:note xml:lang='?'>d</r:note></r:relationship>");
  EXPECT_EQ(kept.notes,
            (std::vector<Note>{{"a", "de"}, {"b", "fr"}, {"c", "de"}, {"", "de"}, {"d", ""}}));
  // What says something of its language, or has no notes, stays as it is.
  for (const std::string own : {"xml:lang='es'", "xml:lang=''", "xml:lang='?'"}) {
    EXPECT_EQ(extension("<r:mood " + own + "><r:note>a</r:note></r:mood>").xml,
              "<r:mood" + declared + " " + own + "><r:note>a</r:note></r:mood>");
  }
  EXPECT_EQ(extension("<r:mood><r:happy/></r:mood>").xml,
            "<r:mood" + declared + "><r:happy/></r:mood>");
}

// Extensions grow by it, and are counted as they are then.
TEST(Read, limits_the_languages_that_it_states) {
  const std::string document =
      "<presence xmlns='urn:ietf:params:xml:ns:pidf' xml:lang='en'>"
      "<m xmlns='urn:ietf:params:xml:ns:pidf:rpid'/>"
      "<mood xmlns='urn:ietf:params:xml:ns:pidf:rpid'><note/><note/></mood></presence>";
  const std::size_t bytes = std::string_view(
                                "<m xmlns='urn:ietf:params:xml:ns:pidf:rpid'/>"
                                "<mood xmlns='urn:ietf:params:xml:ns:pidf:rpid'>"
                                "<note xml:lang='en'/><note xml:lang='en'/></mood>")
                                .size();
  EXPECT_EQ(error_of(document, {.extension_bytes_max = bytes}), "none");
  EXPECT_EQ(error_of(document, {.extension_bytes_max = bytes - 1}), "too_many_extensions");
  EXPECT_EQ(error_of(document, {.extension_bytes_max = 90}), "too_many_extensions");
}

TEST(Read, puts_the_language_around_a_document_into_it) {
  Reader reader;
  EXPECT_EQ(reader.with_language("<presence/>", "cs"), "<presence xml:lang='cs'/>");
  EXPECT_EQ(reader.with_language("<?xml version='1.0'?><!-- <a> --> <p:presence\n xmlns:p='u'><a/>"
                                 "</p:presence>",
                                 "cs"),
            "<?xml version='1.0'?><!-- <a> --> <p:presence xml:lang='cs'\n xmlns:p='u'><a/>"
            "</p:presence>");
  for (const std::string_view own : {"<presence xml:lang='en'/>", "<presence xml:lang=''/>",
                                     "<presence xml:lang='?'/>", "<presence", ""})
    EXPECT_EQ(reader.with_language(own, "cs"), own);
}

TEST(Read, is_ready_again_after_an_error) {
  Reader reader;
  EXPECT_FALSE(reader.read("<presence").ok());
  EXPECT_TRUE(reader.read(presence("")).ok());
}

TEST(Read, refuses_what_is_no_presence_document) {
  EXPECT_EQ(error_of(""), "bad_xml");
  EXPECT_EQ(error_of("<presence"), "bad_xml");
  EXPECT_EQ(error_of(presence("<tuple>")), "bad_xml");
  EXPECT_EQ(error_of("<!DOCTYPE presence>" + presence("")), "bad_xml");
  EXPECT_EQ(error_of(presence("&x;")), "bad_xml");
  EXPECT_EQ(error_of(presence("\xff")), "bad_xml");
  EXPECT_EQ(error_of("<?xml version='1.0' encoding='latin1'?>" + presence("")), "bad_xml");
  EXPECT_EQ(error_of("<?xml version='1.1'?>" + presence("")), "bad_xml");
  EXPECT_EQ(error_of(test::read_golden("pidf/rfc4482_4_cipid_only.xml")), "bad_xml");
  EXPECT_EQ(error_of("<presence/>"), "not_presence");
  EXPECT_EQ(error_of("<presence xmlns='jabber:client'/>"), "not_presence");
  EXPECT_EQ(error_of("<tuple xmlns='urn:ietf:params:xml:ns:pidf'/>"), "not_presence");
  EXPECT_EQ(error_of("<presence xmlns='urn:ietf:params:xml:ns:pidf'/>"), "none");
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i)
    out += text;
  return out;
}

TEST(Read, limits_bytes_and_what_xml_limits) {
  const std::string body = presence("");
  EXPECT_EQ(error_of(body, {.bytes_max = body.size()}), "none");
  EXPECT_EQ(error_of(body, {.bytes_max = body.size() - 1}), "too_big");
  EXPECT_EQ(error_of(presence(repeated("<a>", 63) + repeated("</a>", 63))), "none");
  EXPECT_EQ(error_of(presence(repeated("<a>", 64) + repeated("</a>", 64))), "too_big");
}

TEST(Read, limits_parts_of_all_kinds_together) {
  const std::string body = presence("<tuple id='a'/><dm:person id='b'/><dm:device id='c'/>");
  EXPECT_EQ(error_of(body, {.parts_max = 4}), "none");
  EXPECT_EQ(error_of(body, {.parts_max = 3}), "none");
  EXPECT_EQ(error_of(body, {.parts_max = 2}), "too_many_parts");
  EXPECT_EQ(error_of(presence(repeated("<tuple id='a'/>", 2)), {.parts_max = 1}), "too_many_parts");
  EXPECT_EQ(error_of(presence(repeated("<dm:person/>", 2)), {.parts_max = 1}), "too_many_parts");
}

TEST(Read, limits_notes_wherever_they_are) {
  const std::string body = presence(
      "<tuple id='a'><note/></tuple><note/><dm:person id='b'><dm:note/></dm:person>"
      "<dm:device id='c'><dm:note/></dm:device>");
  EXPECT_EQ(error_of(body, {.notes_max = 5}), "none");
  EXPECT_EQ(error_of(body, {.notes_max = 4}), "none");
  EXPECT_EQ(error_of(body, {.notes_max = 3}), "too_many_notes");
}

TEST(Read, limits_extensions_wherever_they_are) {
  const std::string body = presence(
      "<tuple id='a'><status><x xmlns='u'/></status><x xmlns='u'/></tuple><x xmlns='u'/>"
      "<dm:person id='b'><x xmlns='u'/></dm:person><dm:device id='c'><x xmlns='u'/></dm:device>");
  EXPECT_EQ(error_of(body, {.extensions_max = 6}), "none");
  EXPECT_EQ(error_of(body, {.extensions_max = 5}), "none");
  EXPECT_EQ(error_of(body, {.extensions_max = 4}), "too_many_extensions");
}

// A long declaration that many extensions need is in the document once, and in each of them.
TEST(Read, limits_the_bytes_of_extensions) {
  const std::string body = "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:p='" +
                           std::string(1000, 'u') + "'>" + repeated("<p:x/>", 10) + "</presence>";
  // <p:x xmlns:p=''/> takes 17 bytes.
  EXPECT_EQ(error_of(body, {.extension_bytes_max = 10 * 1017 + 1}), "none");
  EXPECT_EQ(error_of(body, {.extension_bytes_max = 10 * 1017}), "none");
  EXPECT_EQ(error_of(body, {.extension_bytes_max = 10 * 1017 - 1}), "too_many_extensions");

  const std::string inside = "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:p='" +
                             std::string(60000, 'u') + "'><x xmlns='v'>" + repeated("<p:x/>", 10) +
                             "</x></presence>";
  EXPECT_EQ(error_of(inside), "none") << "declared once, on the extension itself";
}

}  // namespace pidf_read_test
}  // namespace muster::pidf
