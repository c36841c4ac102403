// MessageToSip, MessageToXmpp, PageMessageRefused: RFC 7572, tables 1 and 2 row by row, its
// sections 6 to 8, and errors by RFC 7247 table 3.

#include <gtest/gtest.h>

#include "codec/address/sip_address.h"
#include "machine/conversion/conversion_world.h"
#include "server/conversion/page_message.h"

namespace muster::testing {
namespace conversion_messages_test {

class MessageWorld : public ConversionWorld {
 public:
  using ConversionWorld::ConversionWorld;

  // `rest` is what the stanza has behind its addresses.
  Happened to_sip(const std::string& rest, bool taken = false) {
    MessageToSip message{romeo, juliet, "m1",
                         "<message from='" + romeo.text() + "' to='" + juliet.text() + "'" + rest,
                         taken};
    conversion.on(now, message, out);
    return take();
  }
  PageMessage page(const std::string& rest) {
    const auto pages = events<PageMessage>(to_sip(rest));
    EXPECT_EQ(pages.size(), 1U) << rest;
    return pages.empty() ? PageMessage() : pages.front();
  }

  Happened to_xmpp(PageMessageText text) {
    conversion.on(now, MessageToXmpp{romeo, juliet, std::move(text), 99}, out);
    return take();
  }
  StanzaForUser stanza(PageMessageText text) {
    const auto stanzas = events<StanzaForUser>(to_xmpp(std::move(text)));
    EXPECT_EQ(stanzas.size(), 1U);
    return stanzas.empty() ? StanzaForUser() : stanzas.front();
  }

  // The stanza taken apart; valid until the next one.
  xml::Element parsed(const StanzaForUser& stanza) {
    parsed_xml = stanza.xml;
    const auto element = parser.parse(parsed_xml);
    EXPECT_TRUE(element.ok()) << parsed_xml;
    return *element;
  }

  Address romeo = jid("romeo@example.net/dr4hcr0st3lup4c");
  Address juliet = jid("juliet@example.com");
  xml::StanzaParser parser;
  std::string parsed_xml;
};

PageMessageText plain_text(std::string body) {
  PageMessageText text;
  text.content_type = "text/plain";
  text.call_id = "9E97FB43-85F4-4A00-8751-1124FD4C7B2E";
  text.body = std::move(body);
  return text;
}

std::string text_in(const xml::Element& stanza, std::string_view name) {
  return std::string(stanza.child_text(name, xml::kNsClient));
}

// --- section 4, table 1: XMPP to SIP -------------------------------------------------------------

// Examples 1 and 2.
TEST(MessageToSip, is_example_2_of_rfc_7572) {
  MessageWorld world;
  world.romeo = jid("juliet@example.com/yn0cl4bnw0yr3vym");
  world.juliet = jid("romeo@example.net");
  const PageMessage page =
      world.page("><body>Art thou not Romeo, and a Montague?</body></message>");
  EXPECT_EQ(page.text.content_type, "text/plain");
  EXPECT_EQ(page.text.body, "Art thou not Romeo, and a Montague?");
  EXPECT_EQ(page.text.body.size(), 35U);
  std::string from;
  append_sip_uri(from, page.from);
  EXPECT_EQ(from, "sip:juliet@example.com;gr=yn0cl4bnw0yr3vym");
  std::string to;
  append_sip_uri(to, page.to);
  EXPECT_EQ(to, "sip:romeo@example.net");
  EXPECT_FALSE(page.from_sip());
}

TEST(MessageToSip, row_1_body) {
  MessageWorld world;
  EXPECT_EQ(world.page("><body>1 &lt; 2 &amp; 3</body></message>").text.body, "1 < 2 & 3");
  EXPECT_EQ(world.page("><body/></message>").text.body, "");
  EXPECT_EQ(world.page("><body xmlns='urn:x'>no</body><body>yes</body></message>").text.body,
            "yes");
}

TEST(MessageToSip, row_1_the_charset_is_said_where_there_is_more_than_ascii) {
  MessageWorld world;
  const PageMessage page = world.page("><body>Gr\u00fc\u00df Gott</body></message>");
  EXPECT_EQ(page.text.content_type, "text/plain;charset=UTF-8");
  EXPECT_EQ(page.text.body, "Gr\u00fc\u00df Gott");
}

// RFC 2046 section 4.1.1.
TEST(MessageToSip, row_1_line_breaks_are_crlf) {
  MessageWorld world;
  EXPECT_EQ(world.page("><body>a\nb\r\nc</body></message>").text.body, "a\r\nb\r\nc");
}

TEST(MessageToSip, row_2_subject) {
  MessageWorld world;
  EXPECT_EQ(
      world.page("><subject>I implore &amp; you!</subject><body>x</body></message>").text.subject,
      "I implore & you!");
  EXPECT_EQ(world.page("><body>x</body></message>").text.subject, "");
  EXPECT_EQ(
      world.page("><subject> a\nVia: b&#13;\n </subject><body>x</body></message>").text.subject,
      "a Via: b");
}

TEST(MessageToSip, row_3_thread_is_call_id) {
  MessageWorld world;
  const auto call_id = [&](const std::string& thread) {
    return world.page("><body>x</body><thread>" + thread + "</thread></message>").text.call_id;
  };
  EXPECT_EQ(call_id("e0ffe42b28561960c6b12b944a092794b9683a38"),
            "e0ffe42b28561960c6b12b944a092794b9683a38");
  EXPECT_EQ(call_id("\n D9AA95FD-2BD5@example.com "), "D9AA95FD-2BD5@example.com");
  // RFC 3261 section 25.1: word [ "@" word ]. Others are left to who writes the request.
  EXPECT_EQ(call_id("two words"), "");
  EXPECT_EQ(call_id("a@b@c"), "");
  EXPECT_EQ(call_id("x\r\nVia: y"), "");
  EXPECT_EQ(call_id("\u265a"), "");
  EXPECT_EQ(call_id(""), "");
  EXPECT_EQ(world.page("><body>x</body></message>").text.call_id, "");
}

// Row 4 and note 1: the bare JID with the resourcepart as the GRUU.
TEST(MessageToSip, row_4_from_keeps_its_resource) {
  MessageWorld world;
  EXPECT_EQ(world.page("><body>x</body></message>").from, world.romeo);
}

TEST(MessageToSip, row_5_id_goes_along) {
  MessageWorld world;
  EXPECT_EQ(world.page(" id='m1'><body>x</body></message>").xmpp_id, "m1");
}

TEST(MessageToSip, row_6_to_is_the_account) {
  MessageWorld world;
  EXPECT_EQ(world.page("><body>x</body></message>").to, jid("juliet@example.com"));
  // What XMPP contacts see as resources of a phone are no addresses in SIP.
  world.juliet = jid("juliet@example.com/t4109");
  EXPECT_EQ(world.page("><body>x</body></message>").to, jid("juliet@example.com"));
}

TEST(MessageToSip, row_7_type_has_no_mapping) {
  MessageWorld world;
  for (const std::string type : {"", " type='normal'", " type='chat'", " type='headline'"}) {
    EXPECT_EQ(world.page(type + "><body>x</body></message>").text.body, "x");
  }
}

// Row 8 and section 8.
TEST(MessageToSip, row_8_xml_lang_is_content_language) {
  MessageWorld world;
  EXPECT_EQ(world.page(" xml:lang='cs'><body>x</body></message>").text.language, "cs");
  EXPECT_EQ(world.page(" xml:lang='cs'><body xml:lang='de-CH'>x</body></message>").text.language,
            "de-CH");
  EXPECT_EQ(world.page("><body>x</body></message>").text.language, "");
  EXPECT_EQ(world.page(" xml:lang='a b'><body>x</body></message>").text.language, "");
}

// RFC 6121 section 5.2.3: alternate versions of one body.
TEST(MessageToSip, of_several_bodies_carries_the_one_in_the_language_of_the_stanza) {
  MessageWorld world;
  const PageMessageText own = world
                                  .page(
                                      " xml:lang='en'><subject xml:lang='cs'>\u00dap</subject>"
                                      "<subject>I implore</subject>"
                                      "<body xml:lang='cs'>Pro\u010de</body><body>Why</body>"
                                      "</message>")
                                  .text;
  EXPECT_EQ(own.body, "Why");
  EXPECT_EQ(own.language, "en");
  EXPECT_EQ(own.subject, "I implore");
  const PageMessageText first = world
                                    .page(
                                        " xml:lang='fr'><subject xml:lang='cs'>\u00dap</subject>"
                                        "<subject xml:lang='en'>I implore</subject>"
                                        "<body xml:lang='en'>Why</body>"
                                        "<body xml:lang='cs'>Pro\u010de</body></message>")
                                    .text;
  EXPECT_EQ(first.body, "Why");
  EXPECT_EQ(first.language, "en");
  EXPECT_EQ(first.subject, "I implore");
}

// XEP-0071: who sends XHTML sends the same text in <body/>.
TEST(MessageToSip, leaves_xhtml_behind) {
  MessageWorld world;
  EXPECT_EQ(
      world
          .page("><body>hi</body><html xmlns='http://jabber.org/protocol/xhtml-im'>"
                "<body xmlns='http://www.w3.org/1999/xhtml'><p>hi</p></body></html></message>")
          .text.body,
      "hi");
}

TEST(MessageToSip, says_whether_a_session_took_it) {
  MessageWorld world;
  const auto pages = events<PageMessage>(world.to_sip("><body>x</body></message>", true));
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_TRUE(pages[0].taken_by_session);
  EXPECT_FALSE(world.page("><body>x</body></message>").taken_by_session);
}

// RFC 3428 section 7 has it say when the message came.
TEST(MessageToSip, that_comes_late_says_since_when) {
  MessageWorld world;
  const UnixTime since = world.now.unix_time;
  world.pass(Duration::minutes(1));
  MessageToSip message{world.romeo, world.juliet, "m1",
                       "<message from='" + world.romeo.text() + "' to='" + world.juliet.text() +
                           "'><body>x</body></message>"};
  message.delayed_since = since;
  world.conversion.on(world.now, message, world.out);
  const auto pages = events<PageMessage>(world.take());
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].text.date, since);
  EXPECT_EQ(world.page("><body>x</body></message>").text.date, std::nullopt);
}

// --- section 6: the size -------------------------------------------------------------------------

std::string of_bytes(std::size_t bytes) {
  return "><body>" + std::string(bytes, 'x') + "</body></message>";
}

// What is left of 1300 bytes for the body between these two, with an empty Call-ID.
const std::size_t kBodyBytesMax =
    kMessageBytesMax - kMessageFrameBytes -
    std::string_view("sip:romeo@example.net;gr=dr4hcr0st3lup4c").size() -
    std::string_view("sip:juliet@example.com").size() - std::string_view("text/plain").size();

TEST(MessageToSip, section_6_is_taken_up_to_1300_bytes) {
  MessageWorld world;
  EXPECT_EQ(world.page(of_bytes(kBodyBytesMax - 1)).text.body.size(), kBodyBytesMax - 1);
  EXPECT_EQ(world.page(of_bytes(kBodyBytesMax)).text.body.size(), kBodyBytesMax);
}

TEST(MessageToSip, section_6_beyond_1300_bytes_is_a_policy_violation) {
  MessageWorld world;
  for (const std::size_t bytes : {kBodyBytesMax + 1, std::size_t{100'000}}) {
    const auto happened = world.to_sip(of_bytes(bytes));
    EXPECT_TRUE(events<PageMessage>(happened).empty());
    const auto errors = events<StanzaForUser>(happened);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].kind, StanzaKind::message);
    EXPECT_EQ(errors[0].type, "error");
    EXPECT_EQ(errors[0].id, "m1");
    EXPECT_EQ(errors[0].from, world.juliet);
    EXPECT_EQ(errors[0].to, world.romeo);
    const xml::Element stanza = world.parsed(errors[0]);
    EXPECT_EQ(stanza.attribute("type"), "error");
    EXPECT_EQ(stanza.attribute("to"), world.romeo.text());
    EXPECT_EQ(stanza.attribute("from"), "juliet@example.com");
    const auto error = stanza.child("error", xml::kNsClient);
    ASSERT_TRUE(error);
    EXPECT_TRUE(error->child("policy-violation", "urn:ietf:params:xml:ns:xmpp-stanzas"));
  }
}

TEST(MessageToSip, section_6_all_that_the_request_carries_counts) {
  MessageWorld world;
  const auto is_taken = [&](const std::string& before_body, std::size_t bytes) {
    return !events<PageMessage>(world.to_sip(before_body + "<body>" + std::string(bytes, 'x') +
                                             "</body></message>"))
                .empty();
  };
  EXPECT_TRUE(is_taken("><subject>12345</subject>", kBodyBytesMax - 5));
  EXPECT_FALSE(is_taken("><subject>12345</subject>", kBodyBytesMax - 4));
  EXPECT_TRUE(is_taken("><thread>12345</thread>", kBodyBytesMax - 5));
  EXPECT_FALSE(is_taken("><thread>12345</thread>", kBodyBytesMax - 4));
  EXPECT_TRUE(is_taken(" xml:lang='de'>", kBodyBytesMax - 2));
  EXPECT_FALSE(is_taken(" xml:lang='de'>", kBodyBytesMax - 1));
}

// A session has it: the sender has nothing to complain of.
TEST(MessageToSip, that_a_session_took_is_not_refused) {
  MessageWorld world;
  const auto happened = world.to_sip(of_bytes(5'000), true);
  EXPECT_TRUE(happened.events.empty());
  EXPECT_TRUE(world.to_sip("><body>not well-formed</message>", true).events.empty());
}

// The session may yet not handle it: then nobody has it, and no phone ever will.
TEST(MessageToSip, that_phones_cannot_have_is_not_kept_for_them) {
  MessageWorld world;
  MessageToSip message{world.romeo, world.juliet, "m1", "<message" + of_bytes(5'000), true};
  message.transit = 7;
  world.conversion.on(world.now, message, world.out);
  const auto happened = world.take();
  EXPECT_EQ(happened.events.size(), 1U);
  const auto done = events<PhonesDone>(happened);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].transit, 7U);
  EXPECT_TRUE(done[0].tried);
  EXPECT_FALSE(done[0].taken);
  message.xml = "<message><body>x</body></message>";
  world.conversion.on(world.now, message, world.out);
  const auto pages = events<PageMessage>(world.take());
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].transit, 7U);
}

TEST(MessageToSip, that_the_parser_refuses_is_a_bad_request) {
  MessageWorld world;
  for (const std::string rest : {"", "><body>x</message>", "/><message/>"}) {
    const auto errors = events<StanzaForUser>(world.to_sip(rest));
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_NE(errors[0].xml.find("<bad-request "), std::string::npos);
  }
  EXPECT_EQ(world.page("><body>x</body></message>").text.body, "x");
}

TEST(MessageToSip, a_subject_is_cut) {
  MessageWorld world;
  const auto subject = [&](std::size_t bytes) {
    return world.page("><subject>" + std::string(bytes, 's') + "</subject><body/></message>")
        .text.subject;
  };
  EXPECT_EQ(subject(kSubjectBytesMax - 1).size(), kSubjectBytesMax - 1);
  EXPECT_EQ(subject(kSubjectBytesMax), std::string(kSubjectBytesMax, 's'));
  EXPECT_EQ(subject(kSubjectBytesMax + 1), std::string(kSubjectBytesMax - 3, 's') + "\u2026");
}

TEST(MessageToSip, an_error_goes_to_the_home_shard_of_its_recipient) {
  MessageWorld world(4, 0);
  world.romeo = jid("r0@example.net/x");
  for (int i = 0; world.shard.home_of(world.romeo) == ShardId(0); ++i) {
    world.romeo = jid("r" + std::to_string(i) + "@example.net/x");
  }
  const auto sent = orders<ToShard>(world.to_sip(of_bytes(5'000)));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].to, world.shard.home_of(world.romeo));
}

// --- section 5, table 2: SIP to XMPP -------------------------------------------------------------

// Examples 4 and 5.
TEST(MessageToXmpp, is_example_5_of_rfc_7572) {
  MessageWorld world;
  const StanzaForUser stanza =
      world.stanza(plain_text("Neither, fair saint, if either thee dislike."));
  EXPECT_EQ(stanza.kind, StanzaKind::message);
  EXPECT_EQ(stanza.from, world.romeo);
  EXPECT_EQ(stanza.to, world.juliet);
  EXPECT_EQ(stanza.asked_by_sip, 99U);
  const xml::Element message = world.parsed(stanza);
  EXPECT_TRUE(message.is("message", xml::kNsClient));
  EXPECT_EQ(message.attribute("from"), "romeo@example.net/dr4hcr0st3lup4c");
  EXPECT_EQ(message.attribute("to"), "juliet@example.com");
  EXPECT_EQ(text_in(message, "body"), "Neither, fair saint, if either thee dislike.");
}

// Examples 6 and 7.
TEST(MessageToXmpp, is_example_7_of_rfc_7572) {
  MessageWorld world;
  PageMessageText text = plain_text(
      "Nic z ob\u00e9ho, m\u00e1 d\u011bvo spanil\u00e1,\r\n"
      "nenavid\u00ed\u0161-li jedno nebo druh\u00e9.");
  text.language = "cs";
  const StanzaForUser stanza = world.stanza(text);
  const xml::Element message = world.parsed(stanza);
  EXPECT_EQ(message.attribute("lang", xml::kNsXml), "cs");
  EXPECT_EQ(text_in(message, "body"),
            "Nic z ob\u00e9ho, m\u00e1 d\u011bvo spanil\u00e1,\n"
            "nenavid\u00ed\u0161-li jedno nebo druh\u00e9.");
}

TEST(MessageToXmpp, row_1_call_id_is_thread) {
  MessageWorld world;
  PageMessageText text = plain_text("x");
  text.call_id = "asd88<asd>77a@1.2.3.4";
  EXPECT_EQ(text_in(world.parsed(world.stanza(text)), "thread"), "asd88<asd>77a@1.2.3.4");
  text.call_id = "";
  EXPECT_FALSE(world.parsed(world.stanza(text)).child("thread", xml::kNsClient));
}

TEST(MessageToXmpp, row_2_content_language_is_xml_lang) {
  MessageWorld world;
  const auto language = [&](std::string value) {
    PageMessageText text = plain_text("x");
    text.language = std::move(value);
    return std::string(
        world.parsed(world.stanza(text)).attribute("lang", xml::kNsXml).value_or("none"));
  };
  EXPECT_EQ(language("de-CH"), "de-CH");
  EXPECT_EQ(language(" en , de"), "en");
  EXPECT_EQ(language(""), "none");
  EXPECT_EQ(language("'><evil/>"), "none");
}

// Row 3: CSeq does not come this far. Row 4 and note 1:
TEST(MessageToXmpp, row_4_from_has_the_gruu_as_its_resource) {
  MessageWorld world;
  world.romeo = jid("romeo@example.net/it's <me>");
  EXPECT_EQ(world.parsed(world.stanza(plain_text("x"))).attribute("from"),
            "romeo@example.net/it's <me>");
  world.romeo = jid("romeo@example.net");
  EXPECT_EQ(world.parsed(world.stanza(plain_text("x"))).attribute("from"), "romeo@example.net");
}

TEST(MessageToXmpp, row_5_subject) {
  MessageWorld world;
  PageMessageText text = plain_text("x");
  text.subject = "a & b";
  EXPECT_EQ(text_in(world.parsed(world.stanza(text)), "subject"), "a & b");
  text.subject = "";
  EXPECT_FALSE(world.parsed(world.stanza(text)).child("subject", xml::kNsClient));
}

TEST(MessageToXmpp, row_6_to_may_be_a_resource) {
  MessageWorld world;
  world.juliet = jid("juliet@example.com/balcony");
  const StanzaForUser stanza = world.stanza(plain_text("x"));
  EXPECT_EQ(stanza.to, world.juliet);
  EXPECT_EQ(world.parsed(stanza).attribute("to"), "juliet@example.com/balcony");
}

TEST(MessageToXmpp, row_7_body) {
  MessageWorld world;
  EXPECT_EQ(text_in(world.parsed(world.stanza(plain_text("1 < 2 & ]]> '\""))), "body"),
            "1 < 2 & ]]> '\"");
  EXPECT_TRUE(world.parsed(world.stanza(plain_text(""))).child("body", xml::kNsClient));
}

TEST(MessageToXmpp, row_7_what_xml_cannot_carry_is_replaced) {
  MessageWorld world;
  EXPECT_EQ(
      text_in(world.parsed(world.stanza(plain_text(std::string("a\0\x1b\xff", 4) + "b"))), "body"),
      "a\ufffd\ufffd\ufffdb");
  PageMessageText text = plain_text("x");
  text.subject = text.call_id = "\x01";
  EXPECT_EQ(text_in(world.parsed(world.stanza(text)), "subject"), "\ufffd");
  EXPECT_EQ(text_in(world.parsed(world.stanza(text)), "thread"), "\ufffd");
}

TEST(MessageToXmpp, row_8_the_transaction_is_the_id) {
  MessageWorld world;
  const StanzaForUser stanza = world.stanza(plain_text("x"));
  EXPECT_EQ(stanza.id, "sip-99");
  EXPECT_EQ(world.parsed(stanza).attribute("id"), "sip-99");
}

// Below table 2: "MUST specify no XMPP 'type' attribute".
TEST(MessageToXmpp, has_no_type) {
  MessageWorld world;
  const StanzaForUser stanza = world.stanza(plain_text("x"));
  EXPECT_EQ(stanza.type, "");
  EXPECT_FALSE(world.parsed(stanza).attribute("type"));
}

// Or it would come back to the phones, which have it.
TEST(MessageToXmpp, is_not_for_phones_again) {
  MessageWorld world;
  EXPECT_FALSE(world.stanza(plain_text("x")).has_body);
}

// Section 7.
TEST(MessageToXmpp, is_plain_text_of_a_charset_that_is_known) {
  MessageWorld world;
  for (const std::string type :
       {"text/plain", "TEXT/Plain", "text/plain;charset=utf-8", "text/plain; charset=\"UTF-8\"",
        "text/plain;charset=us-ascii", "text/plain;format=flowed", ""}) {
    PageMessageText text = plain_text("x");
    text.content_type = type;
    EXPECT_EQ(text_in(world.parsed(world.stanza(text)), "body"), "x") << type;
  }
}

TEST(MessageToXmpp, of_another_type_is_415) {
  MessageWorld world;
  for (const std::string type :
       {"text/html", "message/cpim", "application/im-iscomposing+xml", "text/plain;charset=koi8-r",
        "text", "multipart/mixed;boundary=x"}) {
    PageMessageText text = plain_text("x");
    text.content_type = type;
    const auto happened = world.to_xmpp(text);
    EXPECT_TRUE(events<StanzaForUser>(happened).empty()) << type;
    const auto delivered = events<MessageDelivered>(happened);
    ASSERT_EQ(delivered.size(), 1U) << type;
    EXPECT_EQ(delivered[0].waiting, 99U);
    EXPECT_FALSE(delivered[0].taken);
    EXPECT_EQ(delivered[0].why_not, 415);
  }
}

TEST(MessageToXmpp, that_makes_too_long_a_stanza_is_413) {
  MessageWorld world;
  const std::size_t rest = world.stanza(plain_text("")).xml.size();
  const std::size_t most = world.settings.limits.stanza_bytes_max - rest;
  EXPECT_EQ(world.stanza(plain_text(std::string(most - 1, 'x'))).xml.size(), rest + most - 1);
  EXPECT_EQ(world.stanza(plain_text(std::string(most, 'x'))).xml.size(), rest + most);
  const auto delivered =
      events<MessageDelivered>(world.to_xmpp(plain_text(std::string(most + 1, 'x'))));
  ASSERT_EQ(delivered.size(), 1U);
  EXPECT_EQ(delivered[0].why_not, 413);
  // Each is five bytes in XML.
  EXPECT_EQ(events<MessageDelivered>(world.to_xmpp(plain_text(std::string(60'000, '&')))).size(),
            1U);
}

// --- errors: RFC 7247 section 7.2 ----------------------------------------------------------------

std::string condition_of(MessageWorld& world, std::uint16_t status) {
  world.conversion.on(world.now, PageMessageRefused{world.romeo, world.juliet, "m1", status},
                      world.out);
  const auto errors = events<StanzaForUser>(world.take());
  EXPECT_EQ(errors.size(), 1U);
  if (errors.size() != 1) return {};
  EXPECT_EQ(errors[0].type, "error");
  EXPECT_EQ(errors[0].asked_by_sip, 0U);
  const xml::Element stanza = world.parsed(errors[0]);
  EXPECT_EQ(stanza.attribute("id"), "m1");
  EXPECT_EQ(stanza.attribute("from"), world.juliet.text());
  EXPECT_EQ(stanza.attribute("to"), world.romeo.text());
  const auto error = stanza.child("error", xml::kNsClient);
  return error ? std::string((*error->children().begin()).name()) : "none";
}

TEST(PageMessageRefused, is_the_condition_of_table_3) {
  MessageWorld world;
  EXPECT_EQ(condition_of(world, 403), "forbidden");
  EXPECT_EQ(condition_of(world, 404), "item-not-found");
  EXPECT_EQ(condition_of(world, 413), "policy-violation");
  EXPECT_EQ(condition_of(world, 415), "not-acceptable");
  EXPECT_EQ(condition_of(world, 486), "recipient-unavailable");
  EXPECT_EQ(condition_of(world, 500), "internal-server-error");
  EXPECT_EQ(condition_of(world, 603), "recipient-unavailable");
}

// Table 3 note 1: the new address is not known here.
TEST(PageMessageRefused, by_a_301_is_a_redirect) {
  MessageWorld world;
  EXPECT_EQ(condition_of(world, 301), "redirect");
}

// RFC 6121 section 8.5.2.2.1, and 8.5.1 for a user that does not exist.
TEST(PageMessageRefused, because_nobody_is_there_is_what_rfc_6121_wants) {
  MessageWorld world;
  EXPECT_EQ(condition_of(world, 480), "service-unavailable");
}

TEST(PageMessageRefused, whatever_the_status_is) {
  MessageWorld world;
  for (const int number : {0, 99, 200, 299, 700, 65'535}) {
    const auto status = static_cast<std::uint16_t>(number);
    EXPECT_EQ(condition_of(world, status), "undefined-condition") << status;
  }
}

// Section 7: the Reason-Phrase is the <text/>.
TEST(PageMessageRefused, says_the_reason_phrase) {
  MessageWorld world;
  world.conversion.on(world.now, PageMessageRefused{world.romeo, world.juliet, "", 486}, world.out);
  const auto errors = events<StanzaForUser>(world.take());
  ASSERT_EQ(errors.size(), 1U);
  const xml::Element stanza = world.parsed(errors[0]);
  EXPECT_FALSE(stanza.attribute("id"));
  EXPECT_EQ(stanza.child("error", xml::kNsClient)
                ->child_text("text", "urn:ietf:params:xml:ns:xmpp-stanzas"),
            "Busy Here");
}

}  // namespace conversion_messages_test
}  // namespace muster::testing
