// TuplesToConvert: RFC 8048 section 6.3, table 2 row by row and note by note, and what RPID,
// persons and several tuples become.

#include <gtest/gtest.h>

#include <algorithm>

#include "machine/conversion/conversion_world.h"

namespace muster::testing {
namespace conversion_tuples_test {

using Resource = TuplesConverted::Resource;
using Status = Seen::Status;

std::vector<std::string> names_of(const std::vector<Resource>& resources) {
  std::vector<std::string> names;
  for (const Resource& resource : resources)
    names.push_back(resource.resource);
  return names;
}
using Names = std::vector<std::string>;

// --- the examples --------------------------------------------------------------------------------

// Section 5.2.1, examples 4 and 6; example 6 leaves out the <show/> that note 3 of table 2 asks
// for.
TEST(Tuples, are_example_6_of_rfc_8048_and_its_show) {
  ConversionWorld world;
  const auto resources = world.resources(
      ConversionWorld::published(test::read_golden("pidf/rfc8048_example_4_away.xml")));
  ASSERT_EQ(names_of(resources), Names{"dr4hcr0st3lup4c"});
  EXPECT_TRUE(resources[0].available);
  EXPECT_EQ(*resources[0].after, "'><show>away</show></presence>");
}

// Section 6.3, examples 20 and 21.
TEST(Tuples, are_example_21_of_rfc_8048) {
  ConversionWorld world;
  const auto resources = world.resources(
      ConversionWorld::published(test::read_golden("pidf/rfc8048_example_20_closed.xml")));
  ASSERT_EQ(names_of(resources), Names{"dr4hcr0st3lup4c"});
  EXPECT_FALSE(resources[0].available);
  EXPECT_EQ(*resources[0].after, "' type='unavailable'/>");
}

// --- table 2 -------------------------------------------------------------------------------------

// Rows 3 and 5, From and To, are presence_db's: tests/scenario/interworking has them in
// xmpp_user_watches_a_phone.scn.

// Row 1 and note 1.
TEST(Tuples, row_1_basic_status_is_type) {
  ConversionWorld world;
  const auto resources = world.resources(
      world.publication("<tuple id='a'><status><basic>open</basic></status></tuple>"
                        "<tuple id='b'><status><basic>closed</basic></status></tuple>"));
  ASSERT_EQ(names_of(resources), (Names{"a", "b"}));
  EXPECT_EQ(*resources[0].after, "'/>");
  EXPECT_EQ(*resources[1].after, "' type='unavailable'/>");
}

// Section 5.2.1: what is not known is "unknown or closed".
TEST(Tuples, row_1_without_a_basic_status_is_unavailable) {
  ConversionWorld world;
  EXPECT_EQ(world.seen_of("<tuple id='a'><status/></tuple>").type, "unavailable");
  EXPECT_EQ(world.seen_of("<tuple id='a'/>").type, "unavailable");
  EXPECT_EQ(world.seen_of("<tuple id='a'><status><basic>perhaps</basic></status></tuple>").type,
            "unavailable");
}

// Row 2, as publications have it: in the root of the document.
TEST(Tuples, row_2_language_of_the_document_is_xml_lang) {
  ConversionWorld world;
  const auto statuses = [&](std::string_view content) {
    PublicationSource source = world.publication(std::string(content));
    std::string text = *source.document;
    text.insert(text.find("<presence") + 9, " xml:lang='cs'");
    source.document = share(std::move(text));
    return seen(*world.resources(source).at(0).after).statuses;
  };
  constexpr std::string_view kOpen = "<tuple id='a'><status><basic>open</basic></status>";
  EXPECT_EQ(statuses(std::string(kOpen) + "<note>Pro\u010de</note></tuple>"),
            (std::vector<Status>{{"Pro\u010de", "cs"}}));
  EXPECT_EQ(statuses(std::string(kOpen) +
                     "</tuple><dm:person id='p'><rpid:activities><rpid:note>Pro\u010de</rpid:note>"
                     "<rpid:note xml:lang='en'>Why</rpid:note><rpid:away/></rpid:activities>"
                     "</dm:person>"),
            (std::vector<Status>{{"Pro\u010de", "cs"}, {"Why", "en"}}));
}

// Row 2, for texts that say their language (RFC 3863 section 4.1.6).
TEST(Tuples, row_2_language_is_xml_lang) {
  ConversionWorld world;
  const Seen stanza = world.seen_of(
      "<tuple id='a' xml:lang='fr'><status><basic>open</basic></status>"
      "<note xml:lang='en'>Don't Disturb Please!</note>"
      "<note>Ne d\u00e9rangez pas, s'il vous pla\u00eet</note></tuple>");
  EXPECT_EQ(stanza.statuses,
            (std::vector<Status>{{"Don't Disturb Please!", "en"},
                                 {"Ne d\u00e9rangez pas, s'il vous pla\u00eet", "fr"}}));
}

// Rows 3 and 5: From and To are put before what comes of a tuple; it must not have them itself.
TEST(Tuples, rows_3_and_5_from_and_to_are_not_in_it) {
  ConversionWorld world;
  const auto resources = world.resources(world.publication(
      "<tuple id='a'><status><basic>open</basic></status><contact>sip:x@y</contact></tuple>"));
  ASSERT_EQ(resources.size(), 1U);
  EXPECT_EQ(resources[0].after->find("from="), std::string::npos);
  EXPECT_EQ(resources[0].after->find("to="), std::string::npos);
}

// Row 4 and note 2.
TEST(Tuples, row_4_priority) {
  ConversionWorld world;
  const auto priority_of = [&](const std::string& attribute) {
    const auto resources = world.resources(
        world.publication("<tuple id='a'><status><basic>open</basic></status><contact" + attribute +
                          ">sip:x@y</contact></tuple>"));
    return resources.empty() ? -1 : resources[0].priority;
  };
  EXPECT_EQ(priority_of(" priority='0.007'"), 1);
  EXPECT_EQ(priority_of(" priority='0.015'"), 2);
  EXPECT_EQ(priority_of(" priority='0.992'"), 126);
  EXPECT_EQ(priority_of(" priority='1.0'"), 127);
  EXPECT_EQ(priority_of(" priority='0.8'"), 102);
  EXPECT_EQ(priority_of(" priority='0'"), 0);
  EXPECT_EQ(priority_of(" priority='1.5'"), 0);  // "as if the attribute was not present"
  EXPECT_EQ(priority_of(""), 0);
}

// Row 6.
TEST(Tuples, row_6_note_is_status) {
  ConversionWorld world;
  EXPECT_EQ(world
                .seen_of("<tuple id='a'><status><basic>open</basic></status>"
                         "<note>1 &lt; 2 &amp; ]]&gt;</note></tuple>")
                .statuses,
            (std::vector<Status>{{"1 < 2 & ]]>", ""}}));
  // Of who is not there any more, too.
  EXPECT_EQ(world
                .seen_of("<tuple id='a'><status><basic>closed</basic></status>"
                         "<note>Gone home</note></tuple>")
                .statuses,
            (std::vector<Status>{{"Gone home", ""}}));
}

// RFC 6121 section 4.7.2.2: each with a distinct language.
TEST(Tuples, row_6_of_one_language_there_is_one_status) {
  ConversionWorld world;
  EXPECT_EQ(world
                .seen_of("<tuple id='a'><status><basic>open</basic></status><note>one</note>"
                         "<note> </note><note>two</note><note xml:lang='de'>drei</note></tuple>")
                .statuses,
            (std::vector<Status>{{"one", ""}, {"drei", "de"}}));
}

// Row 7 and note 3.
TEST(Tuples, row_7_show) {
  ConversionWorld world;
  const auto show_of_tuple = [&](const std::string& show) {
    return world
        .seen_of("<tuple id='a'><status><basic>open</basic><j:show>" + show +
                 "</j:show></status></tuple>")
        .show;
  };
  for (const std::string show : {"away", "chat", "dnd", "xa"}) {
    EXPECT_EQ(show_of_tuple(show), show);
  }
  EXPECT_EQ(show_of_tuple("\n dnd "), "dnd");
  EXPECT_EQ(show_of_tuple("busy"), "");
  EXPECT_EQ(show_of_tuple(""), "");
}

TEST(Tuples, row_7_who_is_not_there_has_no_show_and_no_priority) {
  ConversionWorld world;
  const auto resources = world.resources(
      world.publication("<tuple id='a'><status><basic>closed</basic><j:show>away</j:show></status>"
                        "<contact priority='0.5'>sip:x@y</contact></tuple>"));
  ASSERT_EQ(resources.size(), 1U);
  EXPECT_EQ(*resources[0].after, "' type='unavailable'/>");
  EXPECT_EQ(resources[0].priority, 0);
}

// --- rich presence (RFC 4480) --------------------------------------------------------------------

constexpr std::string_view kOpen = "<tuple id='a'><status><basic>open</basic></status></tuple>";

std::string person(const std::string& content) {
  return "<dm:person id='p'>" + content + "</dm:person>";
}
std::string activities(const std::string& names) {
  return "<rpid:activities>" + names + "</rpid:activities>";
}

TEST(Tuples, show_what_the_person_does) {
  ConversionWorld world;
  const auto show_of_person = [&](const std::string& names) {
    return world.seen_of(std::string(kOpen) + person(activities(names))).show;
  };
  EXPECT_EQ(show_of_person("<rpid:away/>"), "away");
  EXPECT_EQ(show_of_person("<rpid:busy/>"), "dnd");
  EXPECT_EQ(show_of_person("<rpid:on-the-phone/>"), "dnd");
  EXPECT_EQ(show_of_person("<rpid:meal/>"), "away");
  EXPECT_EQ(show_of_person("<rpid:vacation/><rpid:breakfast/>"), "xa");
  EXPECT_EQ(show_of_person("<rpid:working/>"), "");
  EXPECT_EQ(show_of_person("<rpid:other>reading</rpid:other>"), "");
}

TEST(Tuples, show_first_what_they_say_themselves) {
  ConversionWorld world;
  const auto show = [&](const std::string& status, const std::string& extension) {
    return world
        .seen_of("<tuple id='a'><status><basic>open</basic>" + status + "</status>" + extension +
                 "</tuple>" + person(activities("<rpid:vacation/>")))
        .show;
  };
  EXPECT_EQ(show("<j:show>chat</j:show>", activities("<rpid:busy/>")), "chat");
  EXPECT_EQ(show("", activities("<rpid:busy/>")), "dnd");
  EXPECT_EQ(show(activities("<rpid:meal/>"), ""), "away");
  EXPECT_EQ(show("", activities("<rpid:working/>")), "xa");
}

TEST(Tuples, show_what_the_person_does_now) {
  ConversionWorld world;  // on 2023-11-14 at 22:13:20 UTC
  const auto show = [&](const std::string& from) {
    return world
        .seen_of(std::string(kOpen) + person("<rpid:activities from='" + from +
                                             "'><rpid:note>later</rpid:note>"
                                             "<rpid:meeting/></rpid:activities>"))
        .show;
  };
  EXPECT_EQ(show("2023-11-14T22:13:20Z"), "dnd");
  EXPECT_EQ(show("2023-11-14T22:13:21Z"), "");
  world.pass(Duration::seconds(1));
  EXPECT_EQ(show("2023-11-14T22:13:21Z"), "dnd");
}

TEST(Tuples, have_the_notes_that_are_nearest) {
  ConversionWorld world;
  const std::string document_note = "<note>document</note>";
  const std::string activity =
      "<rpid:activities><rpid:note xml:lang='en'>activity</rpid:note><rpid:away/>"
      "</rpid:activities>";
  const auto statuses = [&](const std::string& content) { return world.seen_of(content).statuses; };
  EXPECT_EQ(
      statuses("<tuple id='a'><status><basic>open</basic></status><note>tuple</note></tuple>" +
               document_note + person(activity + "<dm:note>person</dm:note>")),
      (std::vector<Status>{{"tuple", ""}}));
  EXPECT_EQ(statuses(std::string(kOpen) + document_note +
                     person(activity + "<dm:note xml:lang='de'>person</dm:note>")),
            (std::vector<Status>{{"person", "de"}}));
  EXPECT_EQ(statuses(std::string(kOpen) + document_note + person(activity)),
            (std::vector<Status>{{"activity", "en"}}));
  EXPECT_EQ(statuses(std::string(kOpen) + document_note), (std::vector<Status>{{"document", ""}}));
  EXPECT_EQ(
      statuses("<tuple id='a'><status><basic>open</basic></status><note/></tuple>" + document_note),
      (std::vector<Status>{{"document", ""}}));
}

TEST(Tuples, notes_of_activities_that_do_not_hold_are_not_said) {
  ConversionWorld world;
  EXPECT_TRUE(world
                  .seen_of(std::string(kOpen) +
                           person("<rpid:activities until='2023-11-14T22:13:20Z'>"
                                  "<rpid:note>then</rpid:note><rpid:away/></rpid:activities>"))
                  .statuses.empty());
}

TEST(Tuples, user_input_is_idle) {
  ConversionWorld world;
  const auto since = [&](const std::string& input) {
    return world.seen_of("<tuple id='a'><status><basic>open</basic></status>" + input + "</tuple>")
        .idle_since;
  };
  EXPECT_EQ(since("<rpid:user-input last-input='2004-10-21T13:20:00-05:00'>idle</rpid:user-input>"),
            "2004-10-21T13:20:00-05:00");
  EXPECT_EQ(since("<rpid:user-input last-input='2004-10-21T13:20:00-05:00'>active"
                  "</rpid:user-input>"),
            "");
  EXPECT_EQ(since("<rpid:user-input>idle</rpid:user-input>"), "");
  EXPECT_EQ(since("<rpid:user-input last-input='2004-10-21T13:20:00'>idle</rpid:user-input>"), "");
  EXPECT_EQ(world
                .seen_of(std::string(kOpen) +
                         person("<rpid:user-input last-input='2004-10-21T13:20:00.5Z'>idle"
                                "</rpid:user-input>"))
                .idle_since,
            "2004-10-21T13:20:00.5Z");
}

// --- several tuples ------------------------------------------------------------------------------

TEST(Tuples, are_one_resource_each) {
  ConversionWorld world;
  const auto resources = world.resources(world.publication(
      "<tuple id='ID-a_x0020_b'><status><basic>open</basic><j:show>dnd</j:show></status></tuple>"
      "<tuple id='t2'><status><basic>closed</basic></status><note>out</note></tuple>"
      "<tuple id='t3'><status><basic>open</basic></status></tuple>"));
  EXPECT_EQ(names_of(resources), (Names{"a b", "t2", "t3"}));
  EXPECT_EQ(seen(*resources[0].after).show, "dnd");
  EXPECT_EQ(seen(*resources[2].after).show, "");
}

TEST(Tuples, have_different_names) {
  ConversionWorld world;
  EXPECT_EQ(names_of(world.resources(world.publication(
                "<tuple id='ID-a'/><tuple id='a'/><tuple id='a-2'/><tuple id='a'/>"))),
            (Names{"a", "a-2", "a-2-2", "a-3"}));
  EXPECT_EQ(names_of(world.resources(world.publication(
                "<tuple/><tuple id=''/><tuple id='ID-_x0000_'/><tuple id='ID-'/>"))),
            (Names{"sip", "sip-2", "sip-3", "sip-4"}));
}

TEST(Tuples, of_which_there_are_none_are_nothing) {
  ConversionWorld world;
  EXPECT_TRUE(world.resources(world.publication("")).empty());
  EXPECT_TRUE(world.resources(world.publication(person("<dm:note>x</dm:note>") + "<note>y</note>"))
                  .empty());
}

TEST(Tuples, of_what_is_no_document_are_nothing) {
  ConversionWorld world;
  for (const std::string document :
       {"", "<presence/>", "<presence xmlns='urn:ietf:params:xml:ns:pidf'>", "\xff"}) {
    EXPECT_TRUE(world.resources(ConversionWorld::published(document)).empty()) << document;
  }
  EXPECT_EQ(world.resources(world.publication(kOpen)).size(), 1U);
}

// --- registrations -------------------------------------------------------------------------------

TEST(Tuples, of_a_registration_are_an_available_resource) {
  ConversionWorld world;
  const auto resources =
      world.resources(RegistrationSource{{"k3b2", "sip:juliet@192.0.2.1:5060", 500}});
  ASSERT_EQ(names_of(resources), Names{"k3b2"});
  EXPECT_TRUE(resources[0].available);
  EXPECT_EQ(resources[0].priority, 64);
  EXPECT_EQ(*resources[0].after, "'><priority>64</priority></presence>");
  EXPECT_EQ(*world.resources(RegistrationSource{{"k", "sip:x@y", 0}})[0].after, "'/>");
  EXPECT_EQ(names_of(world.resources(RegistrationSource{{"", "sip:x@y", 0}})), Names{"sip"});
  EXPECT_EQ(names_of(world.resources(RegistrationSource{{"\xc3", "sip:x@y", 0}})), Names{"sip"});
}

}  // namespace conversion_tuples_test
}  // namespace muster::testing
