#include "codec/pidf/extension.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/pidf/read.h"
#include "codec/pidf/write.h"
#include "support/golden.h"
#include "support/presence_schema.h"

namespace muster::pidf {
namespace pidf_extension_test {

using Kind = Extension::Kind;

Document read(std::string_view body) {
  Reader reader;
  auto document = reader.read(body);
  EXPECT_TRUE(document.ok());
  return document.ok() ? *document : Document();
}

std::string with_person(const std::string& content) {
  return "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:a@b' "
         "xmlns:r='urn:ietf:params:xml:ns:pidf:rpid'>"
         "<person xmlns='urn:ietf:params:xml:ns:pidf:data-model' id='p'>" +
         content + "</person></presence>";
}

// Every element of every schema, each found by its kind, with what it says.
TEST(Extension, is_read_whatever_its_kind) {
  const Document document = read(test::read_golden("pidf/everything.xml"));
  ASSERT_EQ(document.tuples.size(), 2U);
  ASSERT_EQ(document.persons.size(), 1U);
  const std::vector<Extension>& tuple = document.tuples[0].extensions;
  const std::vector<Extension>& person = document.persons[0].extensions;
  const auto text = [](const std::vector<Extension>& extensions, Kind kind) {
    const Extension* const found = find(extensions, kind);
    return found == nullptr ? "none" : found->text;
  };
  const auto values = [](const std::vector<Extension>& extensions, Kind kind) {
    const Extension* const found = find(extensions, kind);
    return found == nullptr ? std::vector<Value>() : found->values;
  };
  using Values = std::vector<Value>;

  EXPECT_EQ(text(tuple, Kind::device_id), "urn:device:1") << "the first of two";
  EXPECT_EQ(text(tuple, Kind::class_label), "sip");
  EXPECT_EQ(values(tuple, Kind::privacy), (Values{{"audio", ""}, {"text", ""}}));
  EXPECT_EQ(find(tuple, Kind::privacy)->from, "2005-05-30T12:00:00+05:00");
  EXPECT_EQ(values(tuple, Kind::relationship), (Values{{"self", ""}}));
  EXPECT_EQ(find(tuple, Kind::relationship)->notes, (std::vector<Note>{{"a note", ""}}));
  EXPECT_EQ(values(tuple, Kind::service_class), (Values{{"electronic", ""}}));
  EXPECT_EQ(text(tuple, Kind::status_icon), "http://example.com/mail.png");
  EXPECT_EQ(text(tuple, Kind::user_input), "idle");
  EXPECT_EQ(find(tuple, Kind::user_input)->from, "2004-10-21T13:20:00-05:00");
  EXPECT_EQ(values(tuple, Kind::timed_status), (Values{{"basic", "closed"}}));
  EXPECT_EQ(find(tuple, Kind::timed_status)->notes, (std::vector<Note>{{"away then", ""}}));
  EXPECT_EQ(find(tuple, Kind::timed_status)->until, "2005-08-22T19:30:00.000-05:00");
  EXPECT_EQ(text(tuple, Kind::card), "http://example.com/card.vcd");
  EXPECT_EQ(text(tuple, Kind::display_name), "Someone");
  EXPECT_EQ(text(tuple, Kind::homepage), "http://example.com/");
  EXPECT_EQ(text(tuple, Kind::icon), "http://example.com/me.png");
  EXPECT_EQ(text(tuple, Kind::map), "http://example.com/map.xml");
  EXPECT_EQ(text(tuple, Kind::sound), "http://example.com/hello.wav");
  EXPECT_EQ(find(tuple, Kind::mood), nullptr);

  EXPECT_EQ(values(person, Kind::activities), (Values{{"away", ""}, {"other", "reading"}}));
  EXPECT_EQ(find(person, Kind::activities)->notes, (std::vector<Note>{{"Far away", "en"}}));
  EXPECT_EQ(values(person, Kind::mood), (Values{{"angry", ""}, {"other", "brooding"}}));
  EXPECT_EQ(values(person, Kind::place_is),
            (Values{{"audio", "noisy"}, {"video", "dark"}, {"text", "inappropriate"}}));
  EXPECT_EQ(values(person, Kind::place_type), (Values{{"residence", ""}}));
  EXPECT_EQ(values(person, Kind::sphere), (Values{{"work", ""}}));
  EXPECT_EQ(text(person, Kind::time_offset), "-240");
  EXPECT_EQ(text(person, Kind::user_input), "active");
}

TEST(Extension, is_unknown_in_another_namespace) {
  const Document document = read(with_person("<mood xmlns='u'><happy/></mood>"));
  ASSERT_EQ(document.persons[0].extensions.size(), 1U);
  const Extension& mood = document.persons[0].extensions[0];
  EXPECT_EQ(mood.kind, Kind::unknown);
  EXPECT_EQ(mood.xml, "<mood xmlns='u'><happy/></mood>");
  EXPECT_TRUE(mood.values.empty());
}

// RFC 4480 section 4 has free text where its schema wants an element.
TEST(Extension, keeps_text_where_an_element_should_be) {
  const Document document = read(with_person("<r:sphere> bowling league </r:sphere>"));
  const Extension* const sphere = find(document.persons[0].extensions, Kind::sphere);
  ASSERT_NE(sphere, nullptr);
  EXPECT_EQ(sphere->text, "bowling league");
  EXPECT_TRUE(sphere->values.empty());
}

TEST(Extension, takes_the_text_of_a_value_before_its_children) {
  const Document document =
      read(with_person("<r:mood><r:other> a <r:b/></r:other><r:c><r:d/><r:e/></r:c></r:mood>"));
  EXPECT_EQ(document.persons[0].extensions[0].values,
            (std::vector<Value>{{"other", "a"}, {"c", "d"}}));
}

TEST(Extension, ignores_times_that_are_none) {
  const Document document =
      read(with_person("<r:mood from='now' until='2005-05-30T17:00:00'><r:sad/></r:mood>"));
  EXPECT_EQ(document.persons[0].extensions[0].from, "");
  EXPECT_EQ(document.persons[0].extensions[0].until, "2005-05-30T17:00:00");
}

TEST(Extension, finds_values_by_name) {
  const Extension activities =
      enumeration(Kind::activities, {{"away", ""}, {"other", "a"}, {"other", "b"}});
  ASSERT_NE(find(activities, "other"), nullptr);
  EXPECT_EQ(find(activities, "other")->content, "a");
  EXPECT_EQ(find(activities, "busy"), nullptr);
}

TEST(Extension, is_made_anew) {
  EXPECT_EQ(enumeration(Kind::activities, {{"away", ""}, {"other", "<>"}}, {{"gone", "en"}}).xml,
            "<rpid:activities xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'>"
            "<rpid:note xml:lang='en'>gone</rpid:note>"
            "<rpid:away/><rpid:other>&lt;&gt;</rpid:other></rpid:activities>");
  EXPECT_EQ(enumeration(Kind::place_is, {{"audio", "noisy"}}).xml,
            "<rpid:place-is xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'>"
            "<rpid:audio><rpid:noisy/></rpid:audio></rpid:place-is>");
  EXPECT_EQ(plain(Kind::user_input, "idle", "2004-10-21T13:20:00Z").xml,
            "<rpid:user-input xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' "
            "last-input='2004-10-21T13:20:00Z'>idle</rpid:user-input>");
  EXPECT_EQ(plain(Kind::display_name, "A & B").xml,
            "<display-name xmlns='urn:ietf:params:xml:ns:pidf:cipid'>A &amp; B</display-name>");
}

TEST(Extension, is_valid_and_says_the_same_when_made_anew) {
  Document document;
  document.entity = "pres:a@example.com";
  document.persons.push_back({"p", {}, {}, ""});
  std::vector<Extension>& extensions = document.persons[0].extensions;
  extensions.push_back(enumeration(Kind::activities, {{"away", ""}}, {{"gone", "en"}, {"x", ""}}));
  extensions.push_back(enumeration(Kind::mood, {{"happy", ""}, {"other", "a&b"}}));
  extensions.push_back(enumeration(Kind::place_is, {{"audio", "noisy"}, {"text", "ok"}}));
  extensions.push_back(enumeration(Kind::sphere, {{"home", ""}}));
  extensions.push_back(plain(Kind::status_icon, "http://example.com/?a&b"));
  extensions.push_back(plain(Kind::user_input, "idle", "2004-10-21T13:20:00Z"));
  extensions.push_back(plain(Kind::display_name, "Alice"));
  document.tuples.push_back(
      {"t", Basic::open, "", {}, {plain(Kind::device_id, "urn:x:1")}, "", {}, {}, ""});
  std::string out;
  write(document, out);
  EXPECT_EQ(test::schema_errors(out), "") << out;
  EXPECT_EQ(read(out), document) << out;
}

TEST(ExtensionDeathTest, has_no_name_when_unknown) {
  EXPECT_DEATH(plain(Kind::unknown, "x"), "found");
}

}  // namespace pidf_extension_test
}  // namespace muster::pidf
