#include "codec/xml/framer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/grind.h"
#include "support/xml_stream.h"

namespace muster::xml {
namespace xml_framer_test {

constexpr std::string_view kHeader =
    "<?xml version='1.0'?><stream:stream to='example.com' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";

std::string show(const Frame& frame, std::string_view bytes) {
  switch (frame.kind) {
    case Frame::Kind::incomplete: return "incomplete";
    case Frame::Kind::whitespace: return "whitespace";
    case Frame::Kind::stream_header: return "header " + std::string(bytes);
    case Frame::Kind::stanza: return "stanza " + std::string(bytes);
    case Frame::Kind::stream_end: return "end " + std::string(bytes);
    case Frame::Kind::error: return "error " + std::string(to_string(frame.error));
  }
  return "no kind";
}

// All frames of `pieces`, whitespace left out; at last what is still wanting.
std::string frames(const test::Pieces& pieces, const Limits& limits) {
  Framer framer;
  std::string unread;
  std::string out;
  for (const std::string_view piece : pieces) {
    unread += piece;
    for (;;) {
      const test::ExactBytes bytes(unread);
      const Frame frame = framer.next(bytes.view(), limits);
      if (frame.kind == Frame::Kind::incomplete) break;
      const std::string line = show(frame, bytes.view().substr(0, frame.bytes));
      if (frame.kind != Frame::Kind::whitespace) out += line + "\n";
      if (frame.kind == Frame::Kind::error) return out;
      unread.erase(0, frame.bytes);
    }
  }
  return out + (unread.empty() ? "" : "left " + unread + "\n");
}

std::string ground(std::string_view stream, const Limits& limits = {}) {
  return test::grind(stream, [&](const test::Pieces& pieces) { return frames(pieces, limits); });
}

// The frames of what follows a header.
std::string ground_content(std::string_view content, const Limits& limits = {}) {
  const std::string header(kHeader);
  const std::string all = ground(header + std::string(content), limits);
  const std::string first = "header " + header + "\n";
  EXPECT_EQ(all.substr(0, first.size()), first);
  return all.substr(first.size());
}

Framer in_stream() {
  Framer framer;
  EXPECT_EQ(framer.next(kHeader, {}).kind, Frame::Kind::stream_header);
  return framer;
}

TEST(Framer, finds_header_stanzas_and_end) {
  EXPECT_EQ(
      ground_content("<presence/>\n <message to='a'><body>hi</body></message></stream:stream>"),
      "stanza <presence/>\n"
      "stanza <message to='a'><body>hi</body></message>\n"
      "end </stream:stream>\n");
}

TEST(Framer, takes_a_header_with_and_without_declaration) {
  EXPECT_EQ(ground("<?xml version='1.0'?>\r\n <stream:stream a='>'>"),
            "header <?xml version='1.0'?>\r\n <stream:stream a='>'>\n");
  EXPECT_EQ(ground(" \n<stream:stream>"), "header <stream:stream>\n");
  EXPECT_EQ(ground("<?xml a='?>'?><s>"), "error not_well_formed\n")
      << "a declaration ends at its first ?> (XML 1.0 section 2.6), quoted or not";
}

TEST(Framer, minds_quotes_of_both_kinds) {
  EXPECT_EQ(ground_content("<a b='/>' c=\"'>\"><d e='\"></a>'/></a>"),
            "stanza <a b='/>' c=\"'>\"><d e='\"></a>'/></a>\n");
}

TEST(Framer, minds_cdata) {
  EXPECT_EQ(ground_content("<a><![CDATA[</a><x>]]]></a><b/>"),
            "stanza <a><![CDATA[</a><x>]]]></a>\nstanza <b/>\n");
  EXPECT_EQ(ground_content("<a><![CDATA[]]></a>"), "stanza <a><![CDATA[]]></a>\n");
  EXPECT_EQ(ground_content("<a><![CDATA[]>]></a>"), "left <a><![CDATA[]>]></a>\n");
}

TEST(Framer, counts_depth) {
  EXPECT_EQ(ground_content("<a><a><a/></a><a></a></a><b></b>"),
            "stanza <a><a><a/></a><a></a></a>\nstanza <b></b>\n");
  EXPECT_EQ(ground_content("<a><b>"), "left <a><b>\n");
}

// RFC 6120 section 4.9.3.13, at once: the stanza might never end.
TEST(Framer, refuses_an_end_tag_that_does_not_match) {
  EXPECT_EQ(ground_content("<presence><show>away</presence>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("<a><a></b>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("<a><b/></b>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("<a></ab>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("<ab></a>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("<a></>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("<a></ a>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("<a><b c=''></b c=''>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("<a></a/>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("<a></stream:stream>"), "error not_well_formed\n");
}

TEST(Framer, pairs_tags_with_attributes_and_whitespace) {
  EXPECT_EQ(ground_content("<a b='</c>'><p:c\td='>'\n></p:c \r\n\t></a\n>"),
            "stanza <a b='</c>'><p:c\td='>'\n></p:c \r\n\t></a\n>\n");
}

TEST(Framer, pairs_tags_to_the_last_depth) {
  std::string stanza;
  for (std::uint32_t i = 0; i < kDepthMax; ++i)
    stanza += "<e" + std::to_string(i) + ">";
  EXPECT_EQ(ground_content(stanza + "</e0>"), "error not_well_formed\n");
  for (std::uint32_t i = kDepthMax; i-- > 0;)
    stanza += "</e" + std::to_string(i) + ">";
  EXPECT_EQ(ground_content(stanza), "stanza " + stanza + "\n");
}

// RFC 6120 section 11.1: the error comes with the first bytes that can be nothing else.
TEST(Framer, refuses_restricted_xml_at_once) {
  EXPECT_EQ(ground_content("<a><!-"), "error restricted_xml\n");
  EXPECT_EQ(ground_content("<!D"), "error restricted_xml\n");
  EXPECT_EQ(ground_content("<a><?"), "error restricted_xml\n");
  EXPECT_EQ(ground_content("<?xml version='1.0'?>"), "error restricted_xml\n");
  EXPECT_EQ(ground("<?xml-stylesheet"), "error restricted_xml\n");
  EXPECT_EQ(ground("<?xm "), "error restricted_xml\n");
  EXPECT_EQ(ground("<?xml version='1.0'?><?"), "error restricted_xml\n");
  EXPECT_EQ(ground("<?xml version='1.0'?><!DOCTYPE"), "error restricted_xml\n");
  EXPECT_EQ(ground("<!--"), "error restricted_xml\n");
}

TEST(Framer, refuses_what_is_not_markup_outside_stanzas) {
  EXPECT_EQ(ground_content("<a/>x"), "stanza <a/>\nerror bad_format\n");
  EXPECT_EQ(ground_content("<![CDATA[x]]>"), "error bad_format\n");
  EXPECT_EQ(ground("GET / HTTP/1.1"), "error not_well_formed\n");
  EXPECT_EQ(ground("<?xml version='1.0'?>x"), "error not_well_formed\n");
  EXPECT_EQ(ground("<![CDATA["), "error not_well_formed\n");
  EXPECT_EQ(ground("</stream:stream>"), "error not_well_formed\n");
  EXPECT_EQ(ground("<>"), "error not_well_formed\n");
}

// RFC 6120 section 11.6: U+FEFF is a character, also at the start, where none may be.
TEST(Framer, refuses_byte_order_marks) {
  EXPECT_EQ(ground("\xef\xbb\xbf<stream:stream>"), "error not_well_formed\n");
  EXPECT_EQ(ground("\xfe\xff"), "error unsupported_encoding\n");
  EXPECT_EQ(ground("\xff\xfe<"), "error unsupported_encoding\n");
}

TEST(Framer, ends_the_stream_by_its_own_tag_only) {
  EXPECT_EQ(ground_content("</stream:stream \r\n>"), "end </stream:stream \r\n>\n");
  EXPECT_EQ(ground_content("</stream:streams>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("</stream:stream x>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("</stream>"), "error not_well_formed\n");
  EXPECT_EQ(ground_content("</>"), "error not_well_formed\n");
}

TEST(Framer, skips_whitespace_between_stanzas) {
  Framer framer = in_stream();
  const Frame frame = framer.next(" \t\r\n<a/>", {});
  EXPECT_EQ(frame.kind, Frame::Kind::whitespace);
  EXPECT_EQ(frame.bytes, 4U);
  EXPECT_TRUE(framer.between_stanzas());
}

TEST(Framer, limits_the_bytes_of_a_stanza) {
  const std::string stanza = "<a>" + std::string(93, 'x') + "</a>";
  ASSERT_EQ(stanza.size(), 100U);
  for (const std::size_t limit : {100U, 101U}) {
    Framer at = in_stream();
    EXPECT_EQ(at.next(stanza + "<b/>", {.bytes_max = limit}).kind, Frame::Kind::stanza);
  }
  Framer below = in_stream();
  EXPECT_EQ(below.next(std::string_view(stanza).substr(0, 99), {.bytes_max = 99}).kind,
            Frame::Kind::incomplete);
  const Frame over = below.next(stanza, {.bytes_max = 99});
  EXPECT_EQ(over.kind, Frame::Kind::error);
  EXPECT_EQ(over.error, Error::too_big);
}

TEST(Framer, limits_the_bytes_of_a_header_but_not_of_whitespace) {
  Limits limits;
  limits.bytes_max = kHeader.size();
  EXPECT_EQ(ground(kHeader, limits), "header " + std::string(kHeader) + "\n");
  limits.bytes_max = kHeader.size() - 1;
  EXPECT_EQ(ground(kHeader, limits), "error too_big\n");
  EXPECT_EQ(ground_content(std::string(1000, ' ') + "<a/>", {.bytes_max = 300}), "stanza <a/>\n");
}

TEST(Framer, limits_the_depth) {
  Limits limits;
  limits.depth_max = 3;
  EXPECT_EQ(ground_content("<a><b><c></c><c/></b></a>", limits),
            "stanza <a><b><c></c><c/></b></a>\n");
  EXPECT_EQ(ground_content("<a><b><c><d>", limits), "error too_deep\n");
  EXPECT_EQ(ground_content("<a><b><c><d/>", limits), "error too_deep\n");
}

TEST(Framer, repeats_its_error_until_reset) {
  Framer framer;
  EXPECT_EQ(framer.next("<!", {}).kind, Frame::Kind::incomplete);
  EXPECT_EQ(framer.next("<!-", {}).error, Error::restricted_xml);
  const Frame again = framer.next(kHeader, {});
  EXPECT_EQ(again.kind, Frame::Kind::error);
  EXPECT_EQ(again.error, Error::restricted_xml);
  framer.reset();
  EXPECT_EQ(framer.next(kHeader, {}).kind, Frame::Kind::stream_header);
}

TEST(Framer, expects_a_header_after_reset) {
  Framer framer = in_stream();
  framer.reset();
  EXPECT_FALSE(framer.between_stanzas());
  EXPECT_EQ(framer.next(kHeader, {}).kind, Frame::Kind::stream_header);
}

// Each byte of text may be looked at once: what was scanned may change without the framer noticing.
TEST(Framer, does_not_look_again_at_what_it_scanned) {
  Framer framer = in_stream();
  const std::string tags = "<message><body>";
  ASSERT_EQ(framer.next(tags + std::string(1000, 'x'), {}).kind, Frame::Kind::incomplete);
  const std::string unread = tags + std::string(1000, '<') + "</body></message>";
  const Frame frame = framer.next(unread, {});
  EXPECT_EQ(frame.kind, Frame::Kind::stanza);
  EXPECT_EQ(frame.bytes, unread.size());
}

}  // namespace xml_framer_test
}  // namespace muster::xml
