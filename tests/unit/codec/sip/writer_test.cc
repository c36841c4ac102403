#include "codec/sip/writer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/sip/check.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/via.h"

namespace muster::sip {
namespace sip_writer_test {

using std::string_view_literals::operator""sv;

// RFC 3581 section 6, the request with what a response copies.
constexpr std::string_view kSubscribe =
    "SUBSCRIBE sip:user@example.com SIP/2.0\r\n"
    "v: SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff, SIP/2.0/TCP b.com\r\n"
    "Record-Route: <sip:p1.example.com;lr>\r\n"
    "Record-Route: <sip:p2.example.com;lr>,\r\n <sip:p3.example.com;lr>\r\n"
    "Via: SIP/2.0/TCP c.com\r\n"
    "f: \"Al\r\n ice\" <sip:alice@a.com>;tag=1\r\n"
    "To: <sip:user@example.com>\r\n"
    "i: x@a.com\r\n"
    "CSeq: 7 SUBSCRIBE\r\n"
    "Timestamp: 54\r\n"
    "Content-Length: 0\r\n\r\n";

constexpr Endpoint kSource{IpAddress::v4(192, 0, 2, 1), 9988};

std::string respond(std::string_view request, const ResponseHead& head) {
  std::string out;
  begin_response(out, parse_message(request).value(), head).finish();
  return out;
}

// The top Via of a response to a request that had `via`.
std::string answered_via(std::string_view via, Endpoint source = kSource) {
  const std::string request = "OPTIONS sip:a@b SIP/2.0\r\nVia: " + std::string(via) + "\r\n\r\n";
  const std::string out = respond(request, {.source = source});
  const std::size_t from = out.find("Via: ") + 5;
  return out.substr(from, out.find("\r\n", from) - from);
}

// RFC 3261 section 8.2.6, RFC 3581 section 4, and 12.1.1 for Record-Route.
TEST(Responses, CopyWhatTheRfcSays) {
  EXPECT_EQ(
      respond(
          kSubscribe,
          {.status = Status::ok, .to_tag = "t2", .source = kSource, .copies_record_route = true}),
      "SIP/2.0 200 OK\r\n"
      "Via: SIP/2.0/UDP 10.1.1.1:4540;rport=9988;branch=z9hG4bKkjshdyff;received=192.0.2.1, "
      "SIP/2.0/TCP b.com\r\n"
      "Via: SIP/2.0/TCP c.com\r\n"
      "From: \"Al ice\" <sip:alice@a.com>;tag=1\r\n"
      "To: <sip:user@example.com>;tag=t2\r\n"
      "Call-ID: x@a.com\r\n"
      "CSeq: 7 SUBSCRIBE\r\n"
      "Record-Route: <sip:p1.example.com;lr>\r\n"
      "Record-Route: <sip:p2.example.com;lr>, <sip:p3.example.com;lr>\r\n"
      "Content-Length: 0\r\n\r\n");
}

TEST(Responses, OnlyA100HasTheTimestamp) {
  const std::string trying = respond(kSubscribe, {.status = Status::trying});
  EXPECT_NE(trying.find("Timestamp: 54\r\n"), std::string::npos);
  EXPECT_NE(trying.find("To: <sip:user@example.com>\r\n"), std::string::npos);
  EXPECT_EQ(trying.find("Record-Route"), std::string::npos);
  EXPECT_EQ(respond(kSubscribe, {}).find("Timestamp"), std::string::npos);
}

TEST(Responses, AreReadBack) {
  const std::string out = respond(kSubscribe, {.status = status_of(489), .to_tag = "t2"});
  const auto message = parse_message(out);
  ASSERT_TRUE(message.ok());
  Essentials essentials;
  EXPECT_FALSE(check_response(*message, essentials));
  EXPECT_EQ(message->status(), Status::bad_event);
  EXPECT_EQ(message->reason(), "Bad Event");
  EXPECT_EQ(essentials.to.tag(), "t2");
  EXPECT_EQ(essentials.from.display_name(), "Al ice");
}

TEST(Responses, KeepATagOfTo) {
  const auto to = [](std::string_view value) {
    const std::string request = "BYE sip:a@b SIP/2.0\r\nTo: " + std::string(value) + "\r\n\r\n";
    const std::string out = respond(request, {.to_tag = "new"});
    const std::size_t from = out.find("To: ") + 4;
    return out.substr(from, out.find("\r\n", from) - from);
  };
  EXPECT_EQ(to("<sip:a@b>;tag=old"), "<sip:a@b>;tag=old");
  EXPECT_EQ(to("sip:a@b;tag=old"), "sip:a@b;tag=old");
  EXPECT_EQ(to("<sip:a@b;tag=uri>"), "<sip:a@b;tag=uri>;tag=new");
  EXPECT_EQ(to("sip:a@b;x=y"), "sip:a@b;x=y;tag=new");
  EXPECT_EQ(to("\"unbalanced <sip:a@b>"), "\"unbalanced <sip:a@b>");
}

// RFC 3261 section 18.2.1 and RFC 3581 section 4.
TEST(Responses, ReceivedAndRport) {
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.1:9988;branch=1"),
            "SIP/2.0/UDP 192.0.2.1:9988;branch=1");
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.2;branch=1"),
            "SIP/2.0/UDP 192.0.2.2;branch=1;received=192.0.2.1");
  EXPECT_EQ(answered_via("SIP/2.0/UDP a.com"), "SIP/2.0/UDP a.com;received=192.0.2.1");
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.1;rport"),
            "SIP/2.0/UDP 192.0.2.1;rport=9988;received=192.0.2.1");
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.1;received=6.6.6.6;rport=1;x=\"y\""),
            "SIP/2.0/UDP 192.0.2.1;rport=9988;x=\"y\";received=192.0.2.1");
  EXPECT_EQ(answered_via("SIP / 2.0 / UDP a.com : 1 ;\r\n branch = 1"),
            "SIP / 2.0 / UDP a.com : 1;branch=1;received=192.0.2.1");
  EXPECT_EQ(answered_via("SIP/2.0/UDP a.com;;,;,,"), "SIP/2.0/UDP a.com;;,;,,");
  IpAddress six;
  six.bytes[0] = 0x20;
  six.bytes[1] = 0x01;
  six.bytes[15] = 1;
  EXPECT_EQ(answered_via("SIP/2.0/UDP [2001:db8::9];rport", {six, 5060}),
            "SIP/2.0/UDP [2001:db8::9];rport=5060;received=2001::1");
  EXPECT_EQ(answered_via("SIP/2.0/UDP [2001:0::1]", {six, 5060}), "SIP/2.0/UDP [2001:0::1]");
}

TEST(Responses, ToARequestThatLacksEverything) {
  EXPECT_EQ(respond("INVITE sip:a@b SIP/2.0\r\n\r\n",
                    {.status = Status::bad_request, .reason = "Missing Via", .to_tag = "t"}),
            "SIP/2.0 400 Missing Via\r\nContent-Length: 0\r\n\r\n");
}

TEST(Requests, OfADialog) {
  const std::vector<std::string_view> route = {"<sip:p1.example.com;lr>", "<sip:p2.example.com>"};
  std::string out;
  begin_request(out, {.method = Method::notify,
                      .target = "sip:alice@192.0.2.9:5070",
                      .transport = "UDP",
                      .sent_by = "[2001:db8::1]:5060",
                      .branch = "z9hG4bKabc",
                      .from = "<sip:bob@b.com>;tag=2",
                      .to = "<sip:alice@a.com>;tag=1",
                      .call_id = "x@a.com",
                      .cseq = 4294967295,
                      .route = route})
      .row(HeaderName::event, "presence")
      .row(HeaderName::subscription_state, "active;expires=599")
      .finish("application/pidf+xml", "<presence/>");
  EXPECT_EQ(out,
            "NOTIFY sip:alice@192.0.2.9:5070 SIP/2.0\r\n"
            "Via: SIP/2.0/UDP [2001:db8::1]:5060;rport;branch=z9hG4bKabc\r\n"
            "Max-Forwards: 70\r\n"
            "Route: <sip:p1.example.com;lr>\r\n"
            "Route: <sip:p2.example.com>\r\n"
            "From: <sip:bob@b.com>;tag=2\r\n"
            "To: <sip:alice@a.com>;tag=1\r\n"
            "Call-ID: x@a.com\r\n"
            "CSeq: 4294967295 NOTIFY\r\n"
            "Event: presence\r\n"
            "Subscription-State: active;expires=599\r\n"
            "Content-Type: application/pidf+xml\r\n"
            "Content-Length: 11\r\n\r\n<presence/>");
  EXPECT_FALSE(check_request(parse_message(out).value()));
}

// RFC 3261 section 12.2.1.1, its example: <sip:proxy1>, <sip:proxy2>, <sip:proxy3;lr>,
// <sip:proxy4>, remote target sip:user@remoteua.
TEST(Requests, ThroughAStrictRouter) {
  const std::vector<std::string_view> route = {"<sip:proxy1?x=y>", "<sip:proxy2>",
                                               "<sip:proxy3;lr>", "<sip:proxy4>"};
  std::string out;
  begin_request(out, {.method = Method::bye,
                      .target = "sip:user@remoteua",
                      .transport = "TCP",
                      .sent_by = "a.com",
                      .branch = "z9hG4bK1",
                      .asks_rport = false,
                      .from = "<sip:a@b>;tag=1",
                      .to = "<sip:c@d>;tag=2",
                      .call_id = "x",
                      .route = route})
      .finish();
  const Message message = parse_message(out).value();
  EXPECT_EQ(message.request_uri(), "sip:proxy1");
  std::string routes;
  for (const auto hop : message.values(HeaderName::route))
    routes.append(hop).append(" ");
  EXPECT_EQ(routes, "<sip:proxy2> <sip:proxy3;lr> <sip:proxy4> <sip:user@remoteua> ");
  EXPECT_EQ(message.header(HeaderName::via), "SIP/2.0/TCP a.com;branch=z9hG4bK1");
}

TEST(Rows, OfEachKind) {
  std::string out;
  const std::string_view tags[] = {"path", "gruu"};
  HeaderWriter(out)
      .row(HeaderName::expires, std::uint64_t{600})
      .row("X-Own", "v")
      .name_addr(HeaderName::contact, "", "sip:a@b;ob", ";expires=60")
      .name_addr(HeaderName::from, "A \"b\" \\ c\r\nVia: x", "sip:a@b")
      .list(HeaderName::supported, tags)
      .list(HeaderName::allow, {})
      .warning(399, "muster", "a \"b\"\r\nc")
      .finish();
  EXPECT_EQ(out,
            "Expires: 600\r\n"
            "X-Own: v\r\n"
            "Contact: <sip:a@b;ob>;expires=60\r\n"
            "From: \"A \\\"b\\\" \\\\ c  Via: x\" <sip:a@b>\r\n"
            "Supported: path, gruu\r\n"
            "Allow: \r\n"
            "Warning: 399 muster \"a \\\"b\\\"  c\"\r\n"
            "Content-Length: 0\r\n\r\n");
}

// What a peer brought must neither break out of its row nor stop the process.
TEST(Rows, OfAPeersText) {
  std::string out;
  HeaderWriter(out)
      .copied_row(HeaderName::event, "presence\r\n ;id=1\r\nVia: x")
      .name_addr(HeaderName::contact, "", "sip:a@b", ";x=\"\r\n \\\0\""sv);
  EXPECT_EQ(out, "Event: presence ;id=1 Via: x\r\nContact: <sip:a@b>;x=\" \\\0\"\r\n"sv);
  out.clear();
  const std::string_view route[] = {"<sip:p;lr>\r\n ;x"};
  begin_request(out, {.target = "sip:a@b",
                      .transport = "UDP",
                      .sent_by = "a",
                      .branch = "z9hG4bK1",
                      .from = "\"\\\0\"\r\n <sip:a@b>"sv,
                      .to = "<sip:c@d>\r\n ;tag=1\r\nVia: x",
                      .call_id = "x\ny",
                      .route = route})
      .finish();
  const Message message = parse_message(out).value();
  EXPECT_EQ(message.count(HeaderName::via), 1u);
  EXPECT_EQ(message.header(HeaderName::to), "<sip:c@d> ;tag=1 Via: x");
  EXPECT_EQ(message.header(HeaderName::route), "<sip:p;lr> ;x");
  EXPECT_EQ(message.header(HeaderName::call_id), "x y");
}

TEST(RowsDeathTest, NoValueBreaksOutOfItsRow) {
  std::string out;
  HeaderWriter writer(out);
  EXPECT_DEATH(writer.row(HeaderName::subject, "a\r\nVia: x"), "check failed");
  EXPECT_DEATH(writer.row(HeaderName::subject, "a\nb"), "check failed");
  EXPECT_DEATH(writer.row(HeaderName::subject, "a\rb"), "check failed");
  EXPECT_DEATH(writer.row(HeaderName::subject, "a\0b"sv), "check failed");
  EXPECT_DEATH(writer.row("Sub ject", "a"), "check failed");
  EXPECT_DEATH(writer.row("", "a"), "check failed");
  EXPECT_DEATH(writer.name_addr(HeaderName::to, "", "sip:a@b>\r\nVia: x"), "check failed");
  EXPECT_DEATH(writer.name_addr(HeaderName::to, "", "sip:a@b>, <sip:c@d"), "check failed");
  EXPECT_DEATH(writer.name_addr(HeaderName::to, "", "sip:a@b", "tag=1"), "check failed");
  EXPECT_DEATH(writer.finish("a\r\nb", ""), "check failed");
  const Message request = parse_message(kSubscribe).value();
  EXPECT_DEATH(begin_response(out, request, {.reason = "a\r\nb"}), "check failed");
  EXPECT_DEATH(begin_response(out, request, {.to_tag = "a;b"}), "check failed");
  EXPECT_DEATH(begin_response(out, request, {.status = status_of(99)}), "check failed");
  EXPECT_DEATH(begin_request(out, {.target = "sip:a b"}), "check failed");
  EXPECT_DEATH(begin_request(out, {.target = "sip:a@b", .branch = "a b"}), "check failed");
}

}  // namespace sip_writer_test
}  // namespace muster::sip
