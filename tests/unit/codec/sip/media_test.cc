#include "codec/sip/media.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::sip {
namespace sip_media_test {

std::optional<std::uint16_t> quality(std::string_view rows) {
  const std::string bytes = "SUBSCRIBE sip:a@b SIP/2.0\r\n" + std::string(rows) + "\r\n";
  return accept_quality(parse_message(bytes).value(), "application", "pidf+xml");
}

TEST(MediaTypes, Parts) {
  const auto type = parse_media_type("Text / HTML ; charset=ISO-8859-4;x=\"a b\"");
  ASSERT_TRUE(type);
  EXPECT_TRUE(type->is("text", "html"));
  EXPECT_FALSE(type->is("text", "plain"));
  EXPECT_FALSE(type->is("application", "html"));
  EXPECT_EQ(type->params.value("charset"), "ISO-8859-4");
  EXPECT_EQ(parse_media_type("*/*")->type, "*");
  for (const auto text : {"", "text", "text/", "/html", "text/html/x", "text html", "text/html;",
                          "text/html;a=b;A=c"}) {
    EXPECT_FALSE(parse_media_type(text)) << text;
  }
}

// RFC 3261 section 25.1, qvalue.
TEST(MediaTypes, QValues) {
  EXPECT_EQ(parse_qvalue("0"), 0);
  EXPECT_EQ(parse_qvalue("0."), 0);
  EXPECT_EQ(parse_qvalue("0.3"), 300);
  EXPECT_EQ(parse_qvalue("0.33"), 330);
  EXPECT_EQ(parse_qvalue("0.999"), 999);
  EXPECT_EQ(parse_qvalue("1"), 1000);
  EXPECT_EQ(parse_qvalue("1.000"), 1000);
  for (const auto text : {"", "2", ".5", "0.3333", "1.001", "1.1", "-0", "0,5", "0.x", "01"}) {
    EXPECT_EQ(parse_qvalue(text), std::nullopt) << text;
  }
}

TEST(Accepts, TheMostSpecificRangeDecides) {
  EXPECT_EQ(quality(""), std::nullopt);
  EXPECT_EQ(quality("Accept:\r\n"), 0);  // RFC 3261 section 20.1: nothing is acceptable
  EXPECT_EQ(quality("Accept: application/pidf+xml\r\n"), 1000);
  EXPECT_EQ(quality("Accept: Application/PIDF+XML;q=0.5\r\n"), 500);
  EXPECT_EQ(quality("Accept: application/*;q=0.2\r\n"), 200);
  EXPECT_EQ(quality("Accept: */*\r\n"), 1000);
  EXPECT_EQ(quality("Accept: text/*, */*;q=0.1\r\n"), 100);
  EXPECT_EQ(quality("Accept: */*, application/pidf+xml;q=0\r\n"), 0);
  EXPECT_EQ(quality("Accept: application/pidf+xml;q=0.3\r\nAccept: application/*\r\n"), 300);
  EXPECT_EQ(quality("Accept: application/*;q=0.4, */*;q=0.9\r\n"), 400);
  EXPECT_EQ(quality("Accept: application/sdp, text/html\r\n"), 0);
  EXPECT_EQ(quality("Accept: application/pidf+xml;x=1;q=0.3, application/pidf+xml;q=0.6\r\n"), 600);
  EXPECT_EQ(quality("Accept: nonsense, application/pidf+xml\r\n"), 1000);
  EXPECT_EQ(quality("Accept: application/pidf+xml;q=x\r\n"), 0);
}

TEST(Dispositions, HandlingIsRequiredByDefault) {
  EXPECT_EQ(parse_disposition("session")->type, "session");
  EXPECT_FALSE(parse_disposition("session")->handling_optional);
  EXPECT_TRUE(parse_disposition("Session;HANDLING=OPTIONAL")->handling_optional);
  EXPECT_FALSE(parse_disposition("render;handling=required")->handling_optional);
  EXPECT_FALSE(parse_disposition(";handling=optional"));
}

}  // namespace sip_media_test
}  // namespace muster::sip
