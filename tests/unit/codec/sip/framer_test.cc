#include "codec/sip/framer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/sip/message.h"
#include "support/sip_stream.h"

namespace muster::sip {
namespace sip_framer_test {

using Said = std::vector<std::string>;

Said ground(std::string_view stream, FramerLimits limits = {}) {
  return test::grind(
      stream, [limits](const test::Pieces& pieces) { return test::frames_of(pieces, limits); });
}

std::string message(std::string_view rows, std::string_view body = {}) {
  return "NOTIFY sip:a@b SIP/2.0\r\n" + std::string(rows) + "\r\n" + std::string(body);
}

TEST(Framing, MessagesFollowEachOther) {
  const std::string first = message("Content-Length: 3\r\n", "abc");
  const std::string second = message("To: x\r\nl : 0\r\n");
  const std::string third = message("CONTENT-length:\r\n 4\r\n", "\r\n\r\n");
  EXPECT_EQ(ground(first + second + third + "NOTIFY "),
            (Said{"message " + first, "message " + second, "message " + third}));
}

// RFC 5626 section 4.4.1; RFC 3261 section 7.5.
TEST(Framing, LineBreaksBetweenMessages) {
  const std::string one = message("l: 0\r\n");
  EXPECT_EQ(ground("\r\n"), (Said{"line break"}));
  EXPECT_EQ(ground("\r\n\r\n"), (Said{"line break", "ping"}));
  EXPECT_EQ(ground("\r\n\r\n\r\n\r\n\r\n"),
            (Said{"line break", "ping", "line break", "ping", "line break"}));
  EXPECT_EQ(ground("\r\n" + one + "\r\n\r\n" + one),
            (Said{"line break", "message " + one, "line break", "ping", "message " + one}));
  EXPECT_EQ(ground("\n"), (Said{"malformed"}));
  EXPECT_EQ(ground("\rX"), (Said{"malformed"}));
  EXPECT_EQ(ground("\r"), Said{});
}

TEST(Framing, NoContentLengthNoNextMessage) {
  EXPECT_EQ(ground(message("To: x\r\n")), (Said{"no Content-Length"}));
  EXPECT_EQ(ground(message("X-Content-Length: 3\r\nSubject: l: 3\r\n l: 3\r\n")),
            (Said{"no Content-Length"}));
  for (const auto rows : {"l: -999\r\n", "l: five\r\n", "l:\r\n", "l: 3\r\nl: 3\r\n", "l: 1 2\r\n",
                          "l: 18446744073709551616\r\n", "Content-Length: 3\r\nl: 5\r\n"}) {
    EXPECT_EQ(ground(message(rows)), (Said{"bad Content-Length"})) << rows;
  }
}

TEST(Framing, BareLineBreaksInTheHeaderSection) {
  EXPECT_EQ(ground(message("Subject: a\nl: 5\r\nl: 0\r\n")), (Said{"malformed"}));
  EXPECT_EQ(ground(message("Subject: a\rl: 5\r\nl: 0\r\n")), (Said{"malformed"}));
}

TEST(Framing, RowsThatAreNoneAreForTheParser) {
  const std::string odd = message("nonsense\r\nl: 0\r\n");
  EXPECT_EQ(ground(odd), (Said{"message " + odd}));
}

TEST(Framing, TheHeaderSectionHasALimit) {
  const std::string one = message("l: 0\r\n");
  EXPECT_EQ(ground(one, {.header_section_bytes_max = one.size() + 1}), (Said{"message " + one}));
  EXPECT_EQ(ground(one, {.header_section_bytes_max = one.size()}), (Said{"message " + one}));
  EXPECT_EQ(ground(one, {.header_section_bytes_max = one.size() - 1}),
            (Said{"header section too large"}));
  EXPECT_EQ(FramerLimits{}.header_section_bytes_max, kHeaderSectionBytesMax);
}

TEST(Framing, TheBodyHasALimit) {
  const std::string one = message("l: 3\r\n", "abc");
  EXPECT_EQ(ground(one, {.body_bytes_max = 4}), (Said{"message " + one}));
  EXPECT_EQ(ground(one, {.body_bytes_max = 3}), (Said{"message " + one}));
  EXPECT_EQ(ground(one, {.body_bytes_max = 2}), (Said{"body too large"}));
  EXPECT_EQ(FramerLimits{}.body_bytes_max, kBodyBytesMax);
}

TEST(Framing, ErrorsAreFinalAndSayWhereTheHeaderSectionEnds) {
  const std::string head = message("l: 3\r\n");
  Framer framer({.body_bytes_max = 2});
  const Frame frame = framer.next(head + "abc");
  EXPECT_EQ(frame.kind, Frame::Kind::body_too_large);
  EXPECT_EQ(frame.size, head.size());
  EXPECT_TRUE(frame.is_error());
  const Frame again = framer.next(message("l: 0\r\n"));
  EXPECT_EQ(again.kind, Frame::Kind::body_too_large);
  // What is left can still be answered.
  EXPECT_EQ(parse_message(head).value().defect(), Defect::body_too_short);
}

TEST(Framing, SaysHowMuchIsExpected) {
  const std::string one = message("l: 1000\r\n");
  Framer framer;
  EXPECT_EQ(framer.next(one.substr(0, one.size() - 1)).kind, Frame::Kind::need_more);
  EXPECT_EQ(framer.expected_bytes(), 0u);
  EXPECT_EQ(framer.next(one).kind, Frame::Kind::need_more);
  EXPECT_EQ(framer.expected_bytes(), one.size() + 1000);
}

// The framer and the parser agree on where a message ends.
TEST(Framing, AgreesWithTheParser) {
  const std::string one = message("To: x\r\nl: 3\r\n", "abc");
  const std::string stream = one + "more";
  Framer framer;
  EXPECT_EQ(framer.next(stream).size, parse_message(stream).value().bytes().size());
}

}  // namespace sip_framer_test
}  // namespace muster::sip
