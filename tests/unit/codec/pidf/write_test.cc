#include "codec/pidf/write.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "codec/pidf/read.h"
#include "support/golden.h"
#include "support/presence_schema.h"

namespace muster::pidf {
namespace pidf_write_test {

std::string written(const Document& document) {
  std::string out;
  write(document, out);
  return out;
}

Document read(std::string_view body) {
  Reader reader;
  auto document = reader.read(body);
  EXPECT_TRUE(document.ok()) << body;
  return document.ok() ? *document : Document();
}

Document document_of(std::string entity) {
  Document document;
  document.entity = std::move(entity);
  return document;
}

Tuple tuple_of(std::string id) {
  Tuple tuple;
  tuple.id = std::move(id);
  return tuple;
}

// RFC 8048 section 6.2, example 19, but for its spaces.
TEST(Write, writes_the_example_of_rfc_8048) {
  Document document = document_of("pres:juliet@example.com");
  Tuple tuple = tuple_of("ID-yn0cl4bnw0yr3vym");
  tuple.basic = Basic::open;
  tuple.show = "away";
  document.tuples.push_back(tuple);
  EXPECT_EQ(written(document),
            "<?xml version='1.0' encoding='UTF-8'?>\n"
            "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:juliet@example.com'>"
            "<tuple id='ID-yn0cl4bnw0yr3vym'><status><basic>open</basic>"
            "<show xmlns='jabber:client'>away</show></status></tuple></presence>");
  EXPECT_EQ(document, read(test::read_golden("pidf/rfc8048_example_19_away.xml")));
}

TEST(Write, puts_all_in_the_order_of_the_schema) {
  Document document = document_of("pres:a&b@example.com");
  Tuple tuple = tuple_of("t");
  tuple.basic = Basic::closed;
  tuple.status_extensions.push_back(enumeration(Extension::Kind::mood, {{"sad", ""}}));
  tuple.extensions.push_back(plain(Extension::Kind::class_label, "c"));
  tuple.contact = "sip:a@example.com?x&y";
  tuple.priority = 500;
  tuple.notes = {{"<n>", "en"}, {"m", ""}};
  tuple.timestamp = "2001-10-27T16:49:29Z";
  document.tuples.push_back(tuple);
  document.notes = {{"note", ""}};
  document.persons.push_back({"p", {}, {{"who", "de"}}, "2001-10-27T16:49:29Z"});
  document.devices.push_back({"d", {}, "urn:x:1", {{"PC", ""}}, "2001-10-27T16:49:29Z"});
  document.extensions.push_back({});
  document.extensions[0].xml = "<x xmlns='u'/>";
  const std::string out = written(document);
  EXPECT_EQ(out.substr(out.find('\n') + 1),
            "<presence xmlns='urn:ietf:params:xml:ns:pidf' "
            "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' entity='pres:a&amp;b@example.com'>"
            "<tuple id='t'><status><basic>closed</basic>"
            "<rpid:mood xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'>"
            "<rpid:sad/></rpid:mood></status>"
            "<rpid:class xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'>c</rpid:class>"
            "<contact priority='0.5'>sip:a@example.com?x&amp;y</contact>"
            "<note xml:lang='en'>&lt;n&gt;</note><note>m</note>"
            "<timestamp>2001-10-27T16:49:29Z</timestamp></tuple>"
            "<note>note</note>"
            "<dm:person id='p'><dm:note xml:lang='de'>who</dm:note>"
            "<dm:timestamp>2001-10-27T16:49:29Z</dm:timestamp></dm:person>"
            "<dm:device id='d'><dm:deviceID>urn:x:1</dm:deviceID><dm:note>PC</dm:note>"
            "<dm:timestamp>2001-10-27T16:49:29Z</dm:timestamp></dm:device>"
            "<x xmlns='u'/></presence>");
  EXPECT_EQ(test::schema_errors(out), "") << out;
  EXPECT_EQ(read(out), document);
}

TEST(Write, writes_valid_documents_of_next_to_nothing) {
  Document document = document_of("pres:a@example.com");
  EXPECT_EQ(test::schema_errors(written(document)), "");
  document.devices.emplace_back();
  EXPECT_EQ(test::schema_errors(written(document)), "") << written(document);
  document.devices.clear();
  document.persons.emplace_back();
  document.tuples.push_back(tuple_of(""));
  EXPECT_EQ(test::schema_errors(written(document)), "") << written(document);
}

// xs:ID: a name, and unique in the document, whatever it names.
TEST(Write, replaces_ids_that_cannot_stand) {
  Document document = document_of("pres:a@example.com");
  for (const std::string_view id : {"a", "a", "1", "", "", "b c", "a-2", "a"}) {
    document.tuples.push_back(tuple_of(std::string(id)));
  }
  document.persons.push_back({"a", {}, {}, ""});
  document.devices.push_back({"ID-1", {}, "", {}, ""});
  const std::string out = written(document);
  EXPECT_EQ(test::schema_errors(out), "") << out;
  const Document again = read(out);
  std::string ids;
  for (const Tuple& tuple : again.tuples)
    ids += tuple.id + " ";
  EXPECT_EQ(ids, "a a-2 ID-1 ID- ID--2 ID-b_x0020_c a-2-2 a-3 ");
  EXPECT_EQ(again.persons[0].id, "a-4");
  EXPECT_EQ(again.devices[0].id, "ID-1-2");
}

TEST(Write, leaves_a_priority_without_a_contact_out) {
  Document document = document_of("pres:a@example.com");
  document.tuples.push_back(tuple_of("t"));
  document.tuples[0].priority = 500;
  EXPECT_EQ(written(document).find("priority"), std::string::npos);
}

class WriteGolden : public testing::TestWithParam<std::string> {};

// What was read and written says the same when read again, and is valid if it was so at first.
TEST_P(WriteGolden, says_the_same_when_read_again) {
  const std::string body = test::read_golden(GetParam());
  const Document document = read(body);
  const std::string out = written(document);
  EXPECT_EQ(read(out), document) << out;
  EXPECT_EQ(written(read(out)), out);
  const bool known_to_be_invalid = GetParam().find("rfc4480_4") != std::string::npos;
  EXPECT_EQ(test::schema_errors(out).empty(), !known_to_be_invalid) << out;
}

std::vector<std::string> readable_files() {
  std::vector<std::string> files = test::golden_files("pidf", ".xml");
  std::erase(files, "pidf/rfc4482_4_cipid_only.xml");  // read_test.cc has it
  return files;
}

std::string test_name(const testing::TestParamInfo<std::string>& file) {
  std::string name = file.param.substr(file.param.find('/') + 1);
  name.resize(name.find('.'));
  return name;
}

INSTANTIATE_TEST_SUITE_P(Pidf, WriteGolden, testing::ValuesIn(readable_files()), test_name);

// Nothing of it is lost: each element and each text of the document is in what is written.
TEST(Write, loses_nothing_of_everything) {
  const std::string out = written(read(test::read_golden("pidf/everything.xml")));
  for (const std::string_view piece : {"closed",
                                       "dnd",
                                       "x:a=\"&lt;1&gt;\"",
                                       "2 &amp; 3",
                                       "urn:device:1",
                                       "urn:device:2",
                                       ">sip<",
                                       "r:audio",
                                       "a note",
                                       "r:electronic",
                                       "mail.png",
                                       "idle-threshold=\"600\"",
                                       "last-input=\"2004-10-21T13:20:00-05:00\"",
                                       "2005-08-22T19:30:00.000-05:00",
                                       "away then",
                                       "card.vcd",
                                       ">Someone<",
                                       "http://example.com/<",
                                       "me.png",
                                       "map.xml",
                                       "hello.wav",
                                       "0.725",
                                       "sip:someone@example.com",
                                       "in &lt;tuple&gt;",
                                       "without language",
                                       "2005-10-27T16:49:29Z",
                                       "r:happy",
                                       "de-CH",
                                       "Gr\xc3\xbc"
                                       "ezi",
                                       "Far away",
                                       "reading",
                                       "id=\"a1\"",
                                       "calendar",
                                       "brooding",
                                       "r:noisy",
                                       "r:dark",
                                       "r:inappropriate",
                                       "lt:residence",
                                       "r:unknown",
                                       "r:work",
                                       "play.gif",
                                       "America/New_York",
                                       "-240",
                                       "active",
                                       "Someone Else",
                                       "Scoring 120",
                                       "2005-05-30T16:09:44+05:00",
                                       ">PC<",
                                       "2005-05-30T16:09:44Z",
                                       "<plain xmlns=\"\">text</plain>"}) {
    EXPECT_NE(out.find(piece), std::string::npos) << piece << " in\n" << out;
  }
}

}  // namespace pidf_write_test
}  // namespace muster::pidf
