#include "codec/sip/name_addr.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::sip {
namespace sip_name_addr_test {

// RFC 3261 sections 20.10, 20.20, 20.39.
TEST(NameAddrs, ExamplesOfTheRfc) {
  const auto watson = parse_name_addr(
      "\"Mr. Watson\" <sip:watson@worcester.bell-telephone.com>\r\n   ;q=0.7; expires=3600");
  ASSERT_TRUE(watson);
  EXPECT_EQ(watson->display_name(), "Mr. Watson");
  EXPECT_EQ(watson->uri.text, "sip:watson@worcester.bell-telephone.com");
  EXPECT_EQ(watson->q(), 700);
  EXPECT_EQ(watson->expires(), 3600u);
  const auto mail = parse_name_addr("\"Mr. Watson\" <mailto:watson@bell-telephone.com> ;q=0.1");
  EXPECT_EQ(mail->uri.scheme_text, "mailto");
  EXPECT_EQ(mail->q(), 100);
  const auto op = parse_name_addr("The Operator <sip:operator@cs.columbia.edu>;tag=287447");
  EXPECT_EQ(op->display, "The Operator");
  EXPECT_EQ(op->tag(), "287447");
  const auto anonymous = parse_name_addr("Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8");
  EXPECT_EQ(anonymous->display_name(), "Anonymous");
  const auto bare = parse_name_addr("sip:+12125551212@server.phone2net.com;tag=887s");
  EXPECT_EQ(bare->uri.user, "+12125551212");
  EXPECT_EQ(bare->tag(), "887s");
  EXPECT_FALSE(bare->bracketed);
}

TEST(NameAddrs, WithoutBracketsParametersAreTheHeaders) {
  const auto bare = parse_name_addr("sip:a@b;transport=tcp");
  EXPECT_FALSE(bare->uri.has_param("transport"));
  EXPECT_TRUE(bare->params.has("transport"));
  const auto bracketed = parse_name_addr("<sip:a@b;transport=tcp>");
  EXPECT_TRUE(bracketed->uri.has_param("transport"));
  EXPECT_FALSE(bracketed->params.has("transport"));
  EXPECT_EQ(bracketed->tag(), "");
}

TEST(NameAddrs, DisplayNames) {
  const auto display = [](std::string_view text) { return parse_name_addr(text)->display_name(); };
  EXPECT_EQ(display("<sip:a@b>"), "");
  EXPECT_EQ(display("a<sip:a@b>"), "a");
  EXPECT_EQ(display("a\r\n b <sip:a@b>"), "a b");
  EXPECT_EQ(display("\"\"<sip:a@b>"), "");
  EXPECT_EQ(display("\"<sip:x@y>\" <sip:a@b>"), "<sip:x@y>");
  EXPECT_EQ(display("\"J\\\\\\\"\" <sip:a@b>"), "J\\\"");
  EXPECT_EQ(display("sip <sip:a@b>"), "sip");
}

TEST(NameAddrs, WhiteSpaceAroundTheAddress) {
  const auto spaced = parse_name_addr("sip:a@b ;\r\n  tag    = 1918181833n");
  ASSERT_TRUE(spaced);
  EXPECT_EQ(spaced->uri.text, "sip:a@b");
  EXPECT_EQ(spaced->tag(), "1918181833n");
}

TEST(NameAddrs, Malformed) {
  for (const auto text : {"",
                          "*",
                          "<>",
                          "< sip:a@b>",
                          "<sip:a@b >",
                          "<sip:a@b",
                          "sip:a@b>",
                          "\"a <sip:a@b>",
                          "\"a\" sip:a@b",
                          "\"a\"",
                          "a, b <sip:a@b>",
                          "a@b",
                          "alice",
                          "<sip:a@b> x",
                          "<sip:a@b>;",
                          "<sip:a@b>;tag=",
                          "<sip:a@b>;tag=1;tag=2",
                          "sip:a@b?x=y",
                          "sip:a,b@c",
                          "<<sip:a@b>>",
                          "(a) <sip:a@b>",
                          "<sip:a@b><sip:c@d>",
                          "<sip:a@b>;tag=a b"}) {
    EXPECT_FALSE(parse_name_addr(text)) << text;
  }
}

// RFC 5626 section 10, RFC 5627 section 9.
TEST(NameAddrs, ContactParametersOfOutboundAndGruu) {
  const auto contact = parse_name_addr(
      "<sip:callee@192.0.2.1;ob>;pub-gruu=\"sip:callee@example.com;gr=urn:uuid:f81d\""
      ";temp-gruu=\"sip:tgruu.7hat@example.com;gr\""
      ";+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\";reg-id=1;expires=3600");
  ASSERT_TRUE(contact);
  EXPECT_EQ(contact->instance(), "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
  EXPECT_EQ(contact->pub_gruu(), "sip:callee@example.com;gr=urn:uuid:f81d");
  EXPECT_EQ(contact->temp_gruu(), "sip:tgruu.7hat@example.com;gr");
  EXPECT_EQ(contact->reg_id(), 1u);
  const auto none = parse_name_addr("<sip:a@b>;+sip.instance=urn;pub-gruu=x");
  EXPECT_EQ(none->instance(), "");
  EXPECT_EQ(none->pub_gruu(), "");
}

TEST(NameAddrs, NumbersOfContact) {
  std::string kept;
  const auto expires = [&](std::string_view text) {
    kept = "<sip:a@b>;expires=" + std::string(text);
    return parse_name_addr(kept)->expires();
  };
  EXPECT_EQ(expires("0"), 0u);
  EXPECT_EQ(expires("4294967295"), 4294967295u);
  EXPECT_EQ(expires("4294967296"), std::nullopt);
  EXPECT_EQ(expires("280297596632815"), std::nullopt);
  EXPECT_EQ(expires("-1"), std::nullopt);
  const auto reg_id = [&](std::string_view text) {
    kept = "<sip:a@b>;reg-id=" + std::string(text);
    return parse_name_addr(kept)->reg_id();
  };
  EXPECT_EQ(reg_id("0"), std::nullopt);
  EXPECT_EQ(reg_id("1"), 1u);
  EXPECT_EQ(reg_id("2147483647"), 2147483647u);
  EXPECT_EQ(reg_id("2147483648"), std::nullopt);
}

}  // namespace sip_name_addr_test
}  // namespace muster::sip
