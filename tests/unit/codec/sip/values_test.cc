#include "codec/sip/values.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::sip {
namespace sip_values_test {

Message with_rows(const std::string& bytes) {
  return parse_message(bytes).value();
}

std::string request(std::string_view rows) {
  return "OPTIONS sip:a@b SIP/2.0\r\n" + std::string(rows) + "\r\n";
}

TEST(Values, Numbers) {
  EXPECT_EQ(*parse_u32("0"), 0u);
  EXPECT_EQ(*parse_u32("0068"), 68u);
  EXPECT_EQ(*parse_u32("4294967295"), 4294967295u);
  EXPECT_EQ(parse_u32("4294967296").error(), NumberFault::overlarge);
  EXPECT_EQ(parse_u32("1" + std::string(100, '0')).error(), NumberFault::overlarge);
  for (const auto text : {"", "-1", "+1", "1 ", " 1", "1.0", "0x1", "five"}) {
    EXPECT_EQ(parse_u32(text).error(), NumberFault::malformed) << text;
  }
}

TEST(Values, SecondsAndHopsOfAMessage) {
  const std::string bytes = request("Expires: 600\r\nMin-Expires: x\r\nMax-Forwards: 0070\r\n");
  EXPECT_EQ(seconds_of(with_rows(bytes), HeaderName::expires), 600u);
  EXPECT_EQ(seconds_of(with_rows(bytes), HeaderName::min_expires), std::nullopt);
  EXPECT_EQ(seconds_of(with_rows(bytes), HeaderName::flow_timer), std::nullopt);
  EXPECT_EQ(max_forwards_of(with_rows(bytes)), 70);
  const std::string large = request("Max-Forwards: 256\r\n");
  EXPECT_EQ(max_forwards_of(with_rows(large)), std::nullopt);
}

// RFC 3261 section 20.16.
TEST(Values, CSeqs) {
  EXPECT_EQ(parse_cseq("4711 INVITE")->number, 4711u);
  EXPECT_EQ(parse_cseq("4711 INVITE")->method, Method::invite);
  EXPECT_EQ(parse_cseq("0009\r\n  INVITE")->number, 9u);
  EXPECT_EQ(parse_cseq("4294967295 X")->number, 4294967295u);
  EXPECT_EQ(parse_cseq("1 invite")->method, Method::other);
  EXPECT_EQ(parse_cseq("1 invite")->method_text, "invite");
  for (const auto text : {"", "1", "1 ", "INVITE", "1INVITE", "-1 INVITE", "4294967296 INVITE",
                          "1 INVITE x", "1 IN/VITE", "1, INVITE", " 1 INVITE"}) {
    EXPECT_FALSE(parse_cseq(text)) << text;
  }
}

TEST(Values, CallIds) {
  for (const auto text : {"a", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6@foo.bar.com",
                          "<>:\\\"/[]?{}()@x", "-.!%*_+`'~"}) {
    EXPECT_TRUE(is_call_id(text)) << text;
  }
  for (const auto text : {"", "@", "a@", "@a", "a@b@c", "a b", "a,b", "a;b", "a\r\n b", "\xc3"}) {
    EXPECT_FALSE(is_call_id(text)) << text;
  }
}

// RFC 6665 section 8.2.1.
TEST(Values, EventsMatchByPackageAndId) {
  const auto matches = [](std::string_view a, std::string_view b) {
    return parse_event(a)->matches(*parse_event(b));
  };
  EXPECT_TRUE(matches("foo; id=1234", "foo; param=abcd; id=1234"));
  EXPECT_FALSE(matches("foo; id=1234", "foo"));
  EXPECT_FALSE(matches("foo; id=1234", "Foo; id=1234"));
  EXPECT_FALSE(matches("foo; id=a", "foo; id=A"));
  EXPECT_EQ(parse_event("presence.winfo")->package, "presence.winfo");
  EXPECT_EQ(parse_event("presence")->id, "");
  for (const auto text :
       {"", "a b", "a,b", "a;", ";id=1", "a;id=1;id=2", "a;id", "a;id=\"x\"", "a;id=[x]"}) {
    EXPECT_FALSE(parse_event(text)) << text;
  }
}

TEST(Values, SubscriptionStates) {
  using State = SubscriptionState::State;
  const auto active = parse_subscription_state("active;expires=599");
  EXPECT_EQ(active->state, State::active);
  EXPECT_EQ(active->expires, 599u);
  EXPECT_EQ(active->retry_after, std::nullopt);
  const auto ended = parse_subscription_state("Terminated; reason=probation ;retry-after=30");
  EXPECT_EQ(ended->state, State::terminated);
  EXPECT_EQ(ended->reason, "probation");
  EXPECT_EQ(ended->retry_after, 30u);
  EXPECT_EQ(parse_subscription_state("pending")->state, State::pending);
  EXPECT_EQ(parse_subscription_state("waiting")->state, State::other);
  EXPECT_EQ(parse_subscription_state("waiting")->state_text, "waiting");
  EXPECT_EQ(parse_subscription_state("active;expires=x")->expires, std::nullopt);
  for (const auto text : {"", ";expires=1", "active expires=1", "active;"}) {
    EXPECT_FALSE(parse_subscription_state(text)) << text;
  }
}

TEST(Values, EntityTags) {
  EXPECT_EQ(parse_entity_tag("dx200xyz"), "dx200xyz");
  for (const auto text : {"", "\"a\"", "a b", "a,b"})
    EXPECT_FALSE(parse_entity_tag(text)) << text;
}

// RFC 3261 section 20.33.
TEST(Values, RetryAfters) {
  EXPECT_EQ(parse_retry_after("18000;duration=3600")->seconds, 18000u);
  EXPECT_EQ(parse_retry_after("18000;duration=3600")->duration, 3600u);
  EXPECT_EQ(parse_retry_after("120 (I'm in a meeting)")->comment, "I'm in a meeting");
  EXPECT_EQ(parse_retry_after("120 (a (b) \\) c) ;x")->comment, "a (b) \\) c");
  EXPECT_EQ(parse_retry_after("949302838503028349304023988")->seconds, 4294967295u);
  for (const auto text : {"", "x", "-1", "120 (a", "120 a", "120;", "120 )", "120 (a) b"}) {
    EXPECT_FALSE(parse_retry_after(text)) << text;
  }
}

TEST(Values, Timestamps) {
  EXPECT_EQ(parse_timestamp("54")->time, Duration::seconds(54));
  EXPECT_EQ(parse_timestamp("54")->delay, std::nullopt);
  EXPECT_EQ(parse_timestamp("54.")->time, Duration::seconds(54));
  EXPECT_EQ(parse_timestamp("54.25 .5")->time, Duration::milliseconds(54'250));
  EXPECT_EQ(parse_timestamp("54.25 .5")->delay, Duration::milliseconds(500));
  EXPECT_EQ(parse_timestamp("1.123456789")->time, Duration::microseconds(1'123'456));
  for (const auto text : {"", ".5", "x", "1 ", "1 x", "1.2.3", "1 2 3", "99999999999999999999"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

// RFC 3261 section 20.43.
TEST(Values, Warnings) {
  const auto warning = parse_warning("307 isi.edu \"Session parameter 'foo' not understood\"");
  EXPECT_EQ(warning->code, 307);
  EXPECT_EQ(warning->agent, "isi.edu");
  EXPECT_EQ(warning->text, "\"Session parameter 'foo' not understood\"");
  EXPECT_EQ(parse_warning("399 [2001:db8::1]:5060 \"x\"")->agent, "[2001:db8::1]:5060");
  for (const auto text : {"", "1812 overture \"In Progress\"", "39 a \"b\"", "399 a", "399 \"b\"",
                          "399 a b", "399 a \"b", "399 a \"b\" c"}) {
    EXPECT_FALSE(parse_warning(text)) << text;
  }
}

// RFC 3261 section 20.17.
TEST(Values, Dates) {
  const UnixTime example = UnixTime::at(Duration::seconds(1'289'690'940));
  EXPECT_EQ(parse_date("Sat, 13 Nov 2010 23:29:00 GMT"), example);
  EXPECT_EQ(format_date(example), "Sat, 13 Nov 2010 23:29:00 GMT");
  EXPECT_EQ(format_date(UnixTime()), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(parse_date("Thu, 29 Feb 2024 00:00:00 GMT"),
            UnixTime::at(Duration::seconds(1'709'164'800)));
  for (const auto text : {"", "Fri, 01 Jan 2010 16:00:00 EST", "Sat, 13 nov 2010 23:29:00 GMT",
                          "Sat, 13 Nov 2010 24:00:00 GMT", "Sat, 13 Nov 2010 23:60:00 GMT",
                          "Sat, 13 Nov 2010 23:29:60 GMT", "Sat, 31 Feb 2010 23:29:00 GMT",
                          "Sat, 29 Feb 2023 00:00:00 GMT", "Sat, 13 Nov 1969 23:29:00 GMT",
                          "Sat 13 Nov 2010 23:29:00 GMT ", "Xat, 13 Nov 2010 23:29:00 GMT",
                          "Sat, -3 Nov 2010 23:29:00 GMT", "Sat, 13 Nov 2010 23:29:00 gmt"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(Values, ListsOfTokens) {
  const std::string bytes = request("Supported: path, GRUU\r\nk: outbound\r\nAllow: INVITE\r\n");
  const Message message = with_rows(bytes);
  EXPECT_TRUE(lists(message, HeaderName::supported, "gruu"));
  EXPECT_TRUE(lists(message, HeaderName::supported, "outbound"));
  EXPECT_FALSE(lists(message, HeaderName::supported, "timer"));
  EXPECT_TRUE(lists(message, HeaderName::allow, "INVITE", true));
  EXPECT_FALSE(lists(message, HeaderName::allow, "invite", true));
  EXPECT_FALSE(lists(message, HeaderName::require, "path"));
}

}  // namespace sip_values_test
}  // namespace muster::sip
