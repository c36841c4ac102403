// DocumentWanted: RFC 8048 section 6.2, table 1 row by row and note by note, and what becomes of
// several sources (RFC 4479).

#include <gtest/gtest.h>

#include "machine/conversion/conversion_world.h"

namespace muster::testing {
namespace conversion_document_test {

using pidf::Basic;
using pidf::Extension;
using pidf::Note;

// --- section 6.2 ---------------------------------------------------------------------------------

// Examples 18 and 19; the example's 19 has a <show/> that its 18 lacks.
TEST(Document, is_example_19_of_rfc_8048_and_more) {
  ConversionWorld world;
  const pidf::Document document =
      world.document({world.session("yn0cl4bnw0yr3vym", "'><show>away</show></presence>")});
  EXPECT_EQ(document.entity, "pres:juliet@example.com");
  ASSERT_EQ(document.tuples.size(), 1U);
  EXPECT_EQ(document.tuples[0].id, "ID-yn0cl4bnw0yr3vym");
  EXPECT_EQ(document.tuples[0].basic, Basic::open);
  EXPECT_EQ(document.tuples[0].show, "away");
}

TEST(Document, is_written_as_the_example_is) {
  ConversionWorld world;
  const std::string text =
      world.text_of({world.session("yn0cl4bnw0yr3vym", "'><show>away</show></presence>")});
  EXPECT_EQ(text.find("<?xml version='1.0' encoding='UTF-8'?>\n"
                      "<presence xmlns='urn:ietf:params:xml:ns:pidf'"),
            0U);
  EXPECT_NE(text.find("<tuple id='ID-yn0cl4bnw0yr3vym'><status><basic>open</basic>"
                      "<show xmlns='jabber:client'>away</show></status>"),
            std::string::npos)
      << text;
}

// Table 1 row 1 and note 1: available and unavailable presence is notified; both have a tuple.
TEST(Document, row_1_presence) {
  ConversionWorld world;
  const pidf::Document document =
      world.document({world.session("phone", "'/>"), world.left("laptop")});
  EXPECT_EQ(document.tuples.size(), 2U);
}

// Row 2 and note 2.
TEST(Document, row_2_resource_identifier_is_tuple_id) {
  ConversionWorld world;
  EXPECT_EQ(world.tuple(world.session("orchard", "'/>")).id, "ID-orchard");
  EXPECT_EQ(world.tuple(world.session("1", "'/>")).id, "ID-1");
  EXPECT_EQ(world.tuple(world.session("\u265a & <b>'c'", "'/>")).id,
            "ID-_x265A__x0020__x0026__x0020__x003C_b_x003E__x0027_c_x0027_");
}

// Row 3; the entity is a pres: URI as in the examples (RFC 7247 section 6.5).
TEST(Document, row_3_from_is_the_entity) {
  ConversionWorld world;
  world.account = jid("d\\27artagnan@example.com");
  EXPECT_EQ(world.document({world.session("x", "'/>")}).entity, "pres:d'artagnan@example.com");
  world.account = jid("tsch\u00fcss@xmpp.example");
  EXPECT_EQ(world.document({world.session("x", "'/>")}).entity, "pres:tsch%C3%BCss@xmpp.example");
}

// Rows 4 and 5 and note 3: neither the id nor to whom it went is in the document, which is one for
// all watchers.
TEST(Document, rows_4_and_5_id_and_to_have_no_mapping) {
  ConversionWorld world;
  const std::string text =
      world.text_of({world.session("x", "romeo@example.net' id='jx62vs97'/>")});
  EXPECT_EQ(text.find("jx62vs97"), std::string::npos);
  EXPECT_EQ(text.find("romeo"), std::string::npos);
}

// Row 6 and notes 4 and 5.
TEST(Document, row_6_type_is_basic_status) {
  ConversionWorld world;
  EXPECT_EQ(world.tuple(world.session("x", "'/>")).basic, Basic::open);
  const pidf::Tuple closed =
      world.tuple(world.left("x", "' type='unavailable'><status>Good night</status></presence>"));
  EXPECT_EQ(closed.basic, Basic::closed);
  EXPECT_EQ(closed.notes, (std::vector<Note>{{"Good night", ""}}));
}

// Row 7: each note says its own language, for a document has texts of several sessions.
TEST(Document, row_7_xml_lang_is_that_of_the_notes) {
  ConversionWorld world;
  EXPECT_EQ(
      world.tuple(world.session("x", "' xml:lang='de'><status>Mahlzeit</status></presence>")).notes,
      (std::vector<Note>{{"Mahlzeit", "de"}}));
  EXPECT_EQ(
      world
          .tuple(world.session("x",
                               "' xml:lang='en'><status>Wooing Juliet</status>"
                               "<status xml:lang='cs'>Dvo\u0159\u00edm se Julii</status>"
                               "<status xml:lang=''>!</status></presence>"))
          .notes,
      (std::vector<Note>{{"Wooing Juliet", "en"}, {"Dvo\u0159\u00edm se Julii", "cs"}, {"!", ""}}));
}

TEST(Document, a_language_that_is_none_is_left_out) {
  ConversionWorld world;
  EXPECT_EQ(world.tuple(world.session("x", "' xml:lang='not a tag'><status>hm</status></presence>"))
                .notes,
            (std::vector<Note>{{"hm", ""}}));
}

// Row 8 and note 6.
TEST(Document, row_8_priority_is_that_of_the_contact) {
  ConversionWorld world;
  EXPECT_EQ(world.tuple(world.session("x", "'/>", 0)).priority, 0);
  EXPECT_EQ(world.tuple(world.session("x", "'><priority>1</priority></presence>", 1)).priority, 7);
  EXPECT_EQ(world.tuple(world.session("x", "'/>", 126)).priority, 992);
  EXPECT_EQ(world.tuple(world.session("x", "'/>", 127)).priority, 1000);
}

TEST(Document, row_8_a_negative_priority_is_not_mapped) {
  ConversionWorld world;
  for (const std::int8_t priority : {std::int8_t{-1}, std::int8_t{-128}}) {
    const pidf::Tuple tuple =
        world.tuple(world.session("x", "'><priority>-1</priority></presence>", priority));
    EXPECT_EQ(tuple.priority, std::nullopt);
    EXPECT_EQ(tuple.basic, Basic::open);
    EXPECT_FALSE(tuple.contact.empty());
  }
}

// RFC 7247 section 6.5 step 8: the SIP URI that reaches the resource.
TEST(Document, the_contact_is_the_sip_uri_of_the_resource) {
  ConversionWorld world;
  EXPECT_EQ(world.tuple(world.session("qux", "'/>")).contact, "sip:juliet@example.com;gr=qux");
  EXPECT_EQ(world.tuple(world.session("a b;c\u00e9", "'/>")).contact,
            "sip:juliet@example.com;gr=a%20b%3Bc%C3%A9");
  EXPECT_EQ(world.tuple(world.session("[0]", "'/>")).contact, "sip:juliet@example.com;gr=%5B0%5D");
  EXPECT_EQ(world.tuple(world.left("qux")).contact, "");
}

// Row 9 and note 7: in the status, qualified by jabber:client.
TEST(Document, row_9_show_stays_as_it_is) {
  ConversionWorld world;
  for (const std::string show : {"away", "chat", "dnd", "xa"}) {
    EXPECT_EQ(world.tuple(world.session("x", "'><show>" + show + "</show></presence>")).show, show);
  }
  EXPECT_EQ(world.tuple(world.session("x", "'/>")).show, "");
  EXPECT_EQ(world.tuple(world.session("x", "'><show> dnd\n</show></presence>")).show, "dnd");
  // RFC 6121 section 4.7.2.1: no other.
  EXPECT_EQ(world.tuple(world.session("x", "'><show>lurking</show></presence>")).show, "");
  EXPECT_EQ(world.tuple(world.session("x", "'><show xmlns='urn:x'>dnd</show></presence>")).show,
            "");
}

// Row 10.
TEST(Document, row_10_status_is_note) {
  ConversionWorld world;
  EXPECT_EQ(
      world.tuple(world.session("x", "'><status>1 &lt; 2 &amp; ]]&gt; \u265a</status></presence>"))
          .notes,
      (std::vector<Note>{{"1 < 2 & ]]> \u265a", ""}}));
  EXPECT_TRUE(world.tuple(world.session("x", "'><status/></presence>")).notes.empty());
}

// "Mappings for elements not mentioned are undefined": those of PEP do not come in presence, and
// others mean nothing to SIP.
TEST(Document, other_payload_is_not_mapped) {
  ConversionWorld world;
  const pidf::Tuple tuple = world.tuple(
      world.session("x",
                    "'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/>"
                    "<mood xmlns='http://jabber.org/protocol/mood'><happy/></mood></presence>"));
  EXPECT_TRUE(tuple.extensions.empty());
  EXPECT_TRUE(tuple.status_extensions.empty());
}

// XEP-0319 and RPID's <user-input> (RFC 4480 section 3.14) say the same.
TEST(Document, idle_is_user_input) {
  ConversionWorld world;
  const pidf::Tuple tuple = world.tuple(world.session(
      "x",
      "'><show>away</show><idle xmlns='urn:xmpp:idle:1' since='1969-07-21T02:56:15Z'/>"
      "</presence>"));
  const Extension* input = pidf::find(tuple.extensions, Extension::Kind::user_input);
  ASSERT_NE(input, nullptr);
  EXPECT_EQ(input->text, "idle");
  EXPECT_EQ(input->from, "1969-07-21T02:56:15Z");
  EXPECT_TRUE(world
                  .tuple(world.session("x",
                                       "'><idle xmlns='urn:xmpp:idle:1' since='now'/>"
                                       "</presence>"))
                  .extensions.empty());
  EXPECT_TRUE(world
                  .tuple(world.left("x",
                                    "' type='unavailable'><idle xmlns='urn:xmpp:idle:1'"
                                    " since='1969-07-21T02:56:15Z'/></presence>"))
                  .extensions.empty());
}

// RFC 3863 section 4.1.7.
TEST(Document, a_tuple_says_when_it_changed) {
  ConversionWorld world;
  EXPECT_EQ(world.tuple(world.session("x", "'/>")).timestamp, "2023-11-14T22:13:20Z");
  world.pass(Duration::microseconds(7'999));
  EXPECT_EQ(world.tuple(world.session("x", "'/>")).timestamp, "2023-11-14T22:13:20.007Z");
  world.pass(Duration::milliseconds(993));
  EXPECT_EQ(world.tuple(world.left("x")).timestamp, "2023-11-14T22:13:21Z");
}

// --- what <show/> says of the person (RFC 4480) --------------------------------------------------

std::string activity_in(const pidf::Document& document) {
  if (document.persons.size() != 1) return document.persons.empty() ? "" : "several persons";
  const Extension* activities =
      pidf::find(document.persons[0].extensions, Extension::Kind::activities);
  if (activities == nullptr || activities->values.size() != 1) return "no activity";
  return activities->values[0].name;
}

TEST(Document, says_of_the_person_what_show_means_in_rpid) {
  ConversionWorld world;
  const auto activity_of_show = [&](const std::string& show) {
    return activity_in(
        world.document({world.session("x", "'><show>" + show + "</show></presence>")}));
  };
  EXPECT_EQ(activity_of_show("away"), "away");
  EXPECT_EQ(activity_of_show("xa"), "away");
  EXPECT_EQ(activity_of_show("dnd"), "busy");
  EXPECT_EQ(activity_of_show("chat"), "");
  EXPECT_EQ(activity_in(world.document({world.session("x", "'/>")})), "");
}

// RFC 8048 section 6.2, last paragraph: the most available of several.
TEST(Document, says_of_the_person_what_her_most_available_session_says) {
  ConversionWorld world;
  const auto away = world.session("a", "'><show>away</show></presence>");
  world.pass(Duration::seconds(5));
  const auto dnd = world.session("d", "'><show>dnd</show></presence>");
  const auto xa = world.session("e", "'><show>xa</show></presence>");
  const pidf::Document busy = world.document({away, dnd, xa});
  EXPECT_EQ(activity_in(busy), "busy");
  EXPECT_EQ(busy.persons[0].timestamp, "2023-11-14T22:13:25Z");
  EXPECT_EQ(busy.tuples[0].show, "away");
  EXPECT_EQ(busy.tuples[1].show, "dnd");
  EXPECT_EQ(busy.tuples[2].show, "xa");
  EXPECT_EQ(activity_in(world.document({xa, away})), "away");
  EXPECT_EQ(activity_in(world.document({away, world.session("f", "'/>")})), "");
  EXPECT_EQ(activity_in(world.document({away, world.left("g")})), "away");
  // A session that left says nothing any more, whatever it said.
  EXPECT_EQ(activity_in(world.document(
                {world.left("g", "' type='unavailable'><show>away</show></presence>")})),
            "");
}

TEST(Document, says_nothing_of_a_person_who_publishes) {
  ConversionWorld world;
  const auto away = world.session("a", "'><show>away</show></presence>");
  const auto desk =
      world.publication("<tuple id='t1'><status><basic>open</basic></status></tuple>");
  const pidf::Document document = world.document({away, desk});
  EXPECT_EQ(activity_in(document), "");
  EXPECT_EQ(document.tuples[0].show, "away");
  // A registered phone says nothing of her.
  EXPECT_EQ(
      activity_in(world.document({away, RegistrationSource{{"desk", "sip:juliet@192.0.2.1", 0}}})),
      "away");
}

// --- several sources (RFC 4479 sections 3 and 5) -------------------------------------------------

TEST(Document, has_a_tuple_for_each_resource) {
  ConversionWorld world;
  const pidf::Document document =
      world.document({world.session("balcony", "'><status>a</status></presence>", 5),
                      world.session("chamber", "'><show>dnd</show></presence>", -1),
                      world.left("orchard", "' type='unavailable'><status>c</status></presence>")});
  ASSERT_EQ(document.tuples.size(), 3U);
  EXPECT_EQ(document.tuples[0].id, "ID-balcony");
  EXPECT_EQ(document.tuples[1].id, "ID-chamber");
  EXPECT_EQ(document.tuples[2].id, "ID-orchard");
  EXPECT_EQ(document.tuples[1].show, "dnd");
  EXPECT_EQ(document.tuples[2].basic, Basic::closed);
}

TEST(Document, is_closed_where_there_is_nothing) {
  ConversionWorld world;
  const pidf::Document document = world.document({});
  ASSERT_EQ(document.tuples.size(), 1U);
  EXPECT_EQ(document.tuples[0].basic, Basic::closed);
  EXPECT_EQ(document.entity, "pres:juliet@example.com");
}

TEST(Document, takes_over_all_of_a_publication) {
  ConversionWorld world;
  const std::string golden = test::read_golden("pidf/everything.xml");
  pidf::Document expected = ConversionWorld::read(golden);
  expected.entity = "pres:juliet@example.com";
  EXPECT_EQ(world.document({world.published(golden)}), expected);
}

TEST(Document, has_the_parts_of_all_sources_under_ids_of_their_own) {
  ConversionWorld world;
  const auto phone = [&](std::string_view note) {
    return world.publication(
        "<tuple id='ID-phone'><status><basic>open</basic></status><note>" + std::string(note) +
        "</note></tuple><dm:person id='p1'><rpid:activities><rpid:" + std::string(note) +
        "/></rpid:activities></dm:person>");
  };
  const pidf::Document document = world.document(
      {world.session("phone", "'/>"), phone("meal"), phone("meeting"),
       RegistrationSource{{"phone", "sip:juliet@192.0.2.1:5060;transport=tcp", 500}}});
  ASSERT_EQ(document.tuples.size(), 4U);
  EXPECT_EQ(document.tuples[0].id, "ID-phone");
  EXPECT_EQ(document.tuples[1].notes[0].text, "meal");
  EXPECT_EQ(document.tuples[2].notes[0].text, "meeting");
  EXPECT_EQ(document.tuples[3].contact, "sip:juliet@192.0.2.1:5060;transport=tcp");
  EXPECT_EQ(document.persons.size(), 2U);  // occurrences of one, RFC 4479 section 3.5
}

// As a phone that publishes anew before its old publication has ended.
TEST(Document, says_once_what_two_publications_say_word_for_word) {
  ConversionWorld world;
  const auto again = world.publication(
      "<tuple id='t1'><status><basic>open</basic></status></tuple><note>n</note>"
      "<dm:person id='p1'><rpid:sphere><rpid:work/></rpid:sphere></dm:person>"
      "<dm:device id='d1'><dm:deviceID>urn:device:1</dm:deviceID></dm:device>"
      "<x:y xmlns:x='urn:x'/>");
  const pidf::Document document = world.document({again, again});
  EXPECT_EQ(document.tuples.size(), 1U);
  EXPECT_EQ(document.notes.size(), 1U);
  EXPECT_EQ(document.persons.size(), 1U);
  EXPECT_EQ(document.devices.size(), 1U);
  EXPECT_EQ(document.extensions.size(), 1U);
}

TEST(Document, of_a_publication_without_tuples_has_its_person) {
  ConversionWorld world;
  const pidf::Document document =
      world.document({world.publication("<dm:person id='p1'><dm:note>here</dm:note></dm:person>")});
  EXPECT_TRUE(document.tuples.empty());
  EXPECT_EQ(document.persons.size(), 1U);
}

TEST(Document, of_a_registration_is_open_with_its_contact_and_q) {
  ConversionWorld world;
  const pidf::Tuple tuple =
      world.tuple(RegistrationSource{{"k3b2", "sip:juliet@192.0.2.1:5060;ob", 700}});
  EXPECT_EQ(tuple.id, "ID-k3b2");
  EXPECT_EQ(tuple.basic, Basic::open);
  EXPECT_EQ(tuple.contact, "sip:juliet@192.0.2.1:5060;ob");
  EXPECT_EQ(tuple.priority, 700);
  // RFC 2732, which xs:anyURI includes, has brackets; xmllint knows them only behind "//".
  const std::string text =
      world.text_of({RegistrationSource{{"k3b2", "sip:juliet@[2001:db8::1]:5060;ob", 700}}});
  EXPECT_EQ(ConversionWorld::read(text).tuples.at(0).contact, "sip:juliet@[2001:db8::1]:5060;ob");
}

// --- what is wrong -------------------------------------------------------------------------------

TEST(Document, passes_over_a_stanza_that_the_parser_refuses) {
  ConversionWorld world;
  for (const std::string rest :
       {"", "'", "'><show>away</presence>", "'/><presence/>", "' to='x'/>", "'>\x01</presence>"}) {
    const pidf::Tuple tuple = world.tuple(world.session("x", rest, 5));
    EXPECT_EQ(tuple.id, "ID-x");
    EXPECT_EQ(tuple.basic, Basic::open);
    EXPECT_EQ(tuple.priority, 39);
  }
  XmppSource without = world.session("x", "");
  without.after = nullptr;
  EXPECT_EQ(world.tuple(without).id, "ID-x");
  // The parser is none the worse for it.
  EXPECT_EQ(world.tuple(world.session("x", "'><show>dnd</show></presence>")).show, "dnd");
}

TEST(Document, passes_over_a_publication_that_is_none) {
  ConversionWorld world;
  for (const std::string document :
       {"", "<presence/>", "<presence", "\xff\xfe", "<!DOCTYPE a []>"}) {
    const pidf::Document composed =
        world.document({world.published(document), world.session("x", "'/>")});
    ASSERT_EQ(composed.tuples.size(), 1U);
    EXPECT_EQ(composed.tuples[0].id, "ID-x");
  }
  EXPECT_EQ(world.tuple(world.published("<presence")).basic, Basic::closed);
}

TEST(Document, leaves_out_what_would_make_it_invalid) {
  ConversionWorld world;
  const pidf::Document document = world.document({world.publication(
      "<tuple id='1 2'><status><basic>maybe</basic></status><contact>no uri at all</contact>"
      "<timestamp>today</timestamp></tuple><tuple/>"
      "<dm:device id='d'><dm:deviceID>:</dm:deviceID></dm:device>"
      "<dm:person><dm:timestamp>now</dm:timestamp></dm:person>")});
  ASSERT_EQ(document.tuples.size(), 2U);
  EXPECT_EQ(document.tuples[0].contact, "");
  EXPECT_TRUE(document.devices.empty());
  EXPECT_EQ(document.persons.size(), 1U);
  EXPECT_EQ(world.tuple(RegistrationSource{{"\xff\xfe", "no uri", 1000}}).id, "ID-sip");
}

}  // namespace conversion_document_test
}  // namespace muster::testing
