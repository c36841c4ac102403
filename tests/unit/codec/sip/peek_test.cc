#include "codec/sip/peek.h"

#include <gtest/gtest.h>

#include <string>

#include "codec/sip/message.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/params.h"
#include "codec/sip/via.h"
#include "support/golden.h"

namespace muster::sip {
namespace sip_peek_test {

constexpr std::string_view kNotify =
    "\r\n\r\nNOTIFY sip:a@192.0.2.1 SIP/2.0\r\n"
    "Subject: From: <sip:x@y>\r\n"
    " f: <sip:z@y>\r\n"
    "v: SIP/2.0/UDP a.com;rport;branch=z9hG4bK1, SIP/2.0/UDP b.com;branch=z9hG4bK2\r\n"
    "t: <sip:alice@a.com>;tag=2\r\n"
    "f: \"B <o> b\" <sip:bob@b.com;x=y>;tag=1\r\n"
    "i: abc@d\r\n"
    "Via: SIP/2.0/UDP c.com;branch=z9hG4bK3\r\n\r\n";

TEST(Peeking, FindsWhatIsFirst) {
  EXPECT_EQ(peek_from_uri(kNotify), "sip:bob@b.com;x=y");
  EXPECT_EQ(peek_to_uri(kNotify), "sip:alice@a.com");
  EXPECT_EQ(peek_top_via_branch(kNotify), "z9hG4bK1");
  EXPECT_EQ(peek_call_id(kNotify), "abc@d");
  EXPECT_FALSE(is_response(kNotify));
  EXPECT_TRUE(is_response("SIP/2.0 200 OK\r\n"));
  EXPECT_TRUE(is_response("\r\nsip/2.0 200 OK\r\n"));
  EXPECT_FALSE(is_response("SIP"));
}

TEST(Peeking, FindsNothingWhereNothingIs) {
  for (const auto bytes : {"", "\r\n", "x", "INVITE sip:a@b SIP/2.0\r\n", "a\r\nb\r\n\r\n",
                           "a\r\nFrom: nonsense\r\nVia: nonsense\r\n\r\n",
                           "a\r\n\r\nFrom: <sip:a@b>\r\nVia: SIP/2.0/UDP a;branch=1\r\n\r\n",
                           "a\r\nVia: SIP/2.0/UDP a\r\n\r\n"}) {
    EXPECT_EQ(peek_from_uri(bytes), std::nullopt) << bytes;
    EXPECT_EQ(peek_to_uri(bytes), std::nullopt) << bytes;
    EXPECT_EQ(peek_top_via_branch(bytes), std::nullopt) << bytes;
    EXPECT_EQ(peek_call_id(bytes), std::nullopt) << bytes;
  }
}

TEST(Peeking, FindsTheBranchHoweverItIsWritten) {
  constexpr std::string_view kOther = "SIP/2.0/UDP b;branch=z9hG4bKother";
  for (const std::string_view value :
       {"a;branch=z9hG4bK1", "a;branch=z9hG4bK1;rport=5;received=192.0.2.1",
        "a;rport ; BRANCH = z9hG4bK1", "a;x=\";branch=z9hG4bK2\";branch=z9hG4bK1",
        "[2001:db8::1]:5060;branch=z9hG4bK1 ;rport"}) {
    for (const bool alone : {true, false}) {
      std::string row = "SIP/2.0/UDP " + std::string(value);
      if (!alone) row.append(", ").append(kOther);
      const std::string bytes = "SIP/2.0 200 OK\r\nVia: " + row + "\r\n\r\n";
      const auto message = parse_message(bytes);
      const auto via = parse_via(*message->first_value(HeaderName::via));
      EXPECT_EQ(via->branch, "z9hG4bK1") << row;
      EXPECT_EQ(peek_top_via_branch(bytes), "z9hG4bK1") << row;
    }
  }
  const std::string no_branch = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a, " + std::string(kOther);
  EXPECT_EQ(peek_top_via_branch(no_branch + "\r\n\r\n"), std::nullopt);
}

// Behind kDistinctParamsMax others a parameter may come twice.
TEST(Peeking, FindsTheBranchThatTheParserFinds) {
  std::string row = "SIP/2.0/UDP a";
  for (std::size_t i = 0; i < kDistinctParamsMax; ++i)
    row.append(";p").append(std::to_string(i));
  row.append(";branch=z9hG4bKone;branch=z9hG4bKtwo");
  const auto via = parse_via(row);
  ASSERT_TRUE(via);
  EXPECT_EQ(peek_top_via_branch("SIP/2.0 200 OK\r\nVia: " + row + "\r\n\r\n"), via->branch);
}

TEST(Peeking, AgreesWithTheParserOnTheTortureMessages) {
  std::size_t compared = 0;
  for (const auto folder : {"rfc4475", "rfc5118"}) {
    for (const std::string& file : test::golden_files(folder, ".dat")) {
      const std::string bytes = test::read_golden(file);
      const auto message = parse_message(bytes);
      if (!message) continue;
      EXPECT_EQ(is_response(bytes), message->is_response());
      EXPECT_EQ(peek_call_id(bytes), message->header(HeaderName::call_id));
      const auto from = message->header(HeaderName::from);
      const auto parsed = from ? parse_name_addr(*from) : std::nullopt;
      EXPECT_EQ(peek_from_uri(bytes).value_or("none"), parsed ? parsed->uri.text : "none");
      const auto via = parse_via(message->first_value(HeaderName::via).value_or(""));
      EXPECT_EQ(peek_top_via_branch(bytes).value_or(""), via ? via->branch : "");
      ++compared;
    }
  }
  EXPECT_EQ(compared, 49u + 12u - 1u);  // all but bigcode
}

}  // namespace sip_peek_test
}  // namespace muster::sip
