// What is refused before anybody is asked, and how (RFC 3261 sections 8.2 and 21).
#include "server/sip_message/admission.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_admission_test {

struct Row {
  SipText request;
  int status;  // 0: it goes on
  std::string reason = {};
};

void run(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SipWorld world;
    world.datagram(row.request);
    const auto sent = world.sent();
    const std::string text = row.request.text();
    if (row.status == 0) {
      EXPECT_TRUE(sent.empty()) << text;
      EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u) << text;
      continue;
    }
    EXPECT_TRUE(world.said<SipRequestReceived>().empty()) << text;
    ASSERT_EQ(sent.size(), 1u) << text;
    EXPECT_EQ(sent[0].status(), row.status) << text;
    if (!row.reason.empty()) {
      EXPECT_EQ(sip::parse_message(sent[0].text)->reason(), row.reason) << text;
    }
    EXPECT_EQ(world.sip().counters().refused, 1u);
    // Statelessly (8.2.7): it comes again, and gets the same, with the same To tag (but an INVITE).
    world.datagram(row.request);
    EXPECT_EQ(world.only_sent().text, sent[0].text);
    EXPECT_TRUE(world.sip().idle());
    if (row.request.method != "INVITE") {
      EXPECT_EQ(world.sip().next_deadline(), std::nullopt) << text;
    }
  }
}

TEST(Admission, Methods) {  // 8.2.1, 21.4.6, 21.5.2
  run({{{.method = "SUBSCRIBE"}, 0},
       {{.method = "REGISTER"}, 0},
       {{.method = "PUBLISH"}, 0},
       {{.method = "MESSAGE"}, 0},
       {{.method = "OPTIONS"}, 0},
       {{.method = "NOTIFY"}, 0},
       {{.method = "INFO"}, 0},
       {{.method = "BYE"}, 0},
       {{.method = "INVITE"}, 405, "Method Not Allowed"},
       {{.method = "SPLENDID"}, 501, "Not Implemented"},
       {{.method = "subscribe"}, 501}});
  SipWorld world;
  world.datagram(SipText{.method = "SPLENDID"});
  EXPECT_EQ(world.only_sent().header("Allow"),
            "ACK, CANCEL, MESSAGE, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE");
}

TEST(Admission, WhatCheckRequestRefuses) {
  run({{{.via = "SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK"}, 400, "Empty Branch"},
       {{.to = "sip:bob@example.com>"}, 400, "Malformed To"},
       {{.rows = "Event presence\r\n"}, 400, "Malformed Header Field"},
       {{.uri = "gopher:example.com"}, 416, "Unsupported URI Scheme"},
       {{.cseq = "4294967296"}, 400, "Malformed CSeq"}});
}

// 8.2.2.1; design: the answers of RemoteDomain.
TEST(Admission, RequestUri) {
  run({{{.uri = "sip:bob@example.com"}, 0},
       {{.uri = "sips:bob@EXAMPLE.org"}, 0},
       {{.uri = "sip:bob@example.com.:5060;transport=udp"}, 0},
       {{.uri = "pres:bob@example.com"}, 0},
       {{.uri = "im:bob@example.com"}, 0},
       {{.uri = "sip:example.com"}, 0},
       {{.uri = "sip:192.0.2.1:5060"}, 0},  // our own address
       {{.uri = "sip:bob@192.0.2.1"}, 0},
       {{.uri = "sip:bob@192.0.2.2"}, 404, "Not Found"},
       {{.uri = "sip:bob@[2001:db8::1]"}, 404},
       {{.uri = "sip:bob@example.net"}, 404, "Not Found"},
       {{.uri = "sip:bob@xn--zzzz.com"}, 404},
       {{.method = "OPTIONS", .uri = "sip:example.net"}, 404},
       {{.uri = "tel:+123"}, 416, "Unsupported URI Scheme"}});
}

// 8.1.1.6, 16.3: who is the endpoint does not mind; who would have to forward it says 483.
TEST(Admission, MaxForwards) {
  const auto spent = [](std::string uri) {
    SipText request{.method = "OPTIONS", .uri = std::move(uri)};
    std::string text = request.text();
    return text.replace(text.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
  };
  SipWorld world;
  world.datagram(spent("sip:bob@example.com"));
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
  SipWorld other;
  other.datagram(spent("sip:bob@example.net"));
  EXPECT_EQ(other.statuses(), std::vector{483});
}

TEST(Admission, Require) {  // 8.2.2.3
  run({{{.rows = "Require: outbound\r\nRequire: Path\r\n"}, 0},
       {{.rows = "Proxy-Require: magic\r\n"}, 0},  // we are no proxy
       {{.rows = "Supported: magic\r\n"}, 0},
       {{.rows = "Require: ,\r\n"}, 400, "Malformed Require"},
       {{.rows = "Require: magic\r\n"}, 420, "Bad Extension"}});
  SipWorld world;
  world.datagram(SipText{.rows = "Require: magic, outbound\r\nRequire: more-magic\r\n"});
  EXPECT_EQ(world.only_sent().header("Unsupported"), "magic, more-magic");
}

// Nobody here can prove who somebody of another domain is.
TEST(Admission, From) {
  run({{{.from = "<sip:alice@example.org>;tag=1"}, 0},
       {{.from = "<sips:alice@EXAMPLE.com>;tag=1"}, 0},
       {{.from = "<sip:example.com>;tag=1"}, 0},
       {{.from = "<sip:alice@example.net>;tag=1"}, 403, "Sender Of Another Domain"},
       {{.from = "<sip:alice@192.0.2.10>;tag=1"}, 403},
       {{.from = "<tel:+123>;tag=1"}, 400, "From Is No SIP URI"},
       {{.from = "<sip:a%00b@example.com>;tag=1"}, 403, "No Such Sender"},
       {{.method = "OPTIONS", .from = "<sip:alice@example.net>;tag=1"}, 0},
       {{.method = "OPTIONS", .from = "<tel:+123>;tag=1"}, 0}});
}

TEST(Admission, Sizes) {  // 21.4.11, 21.5.7
  const std::size_t kHeader = 1'000;
  const std::size_t kBody = 500;
  const auto status_of = [&](std::size_t header, std::size_t body, const std::string& method) {
    SipWorld world;
    world.settings.limits.sip_header_bytes_max = static_cast<std::uint32_t>(kHeader);
    world.settings.limits.sip_body_bytes_max = static_cast<std::uint32_t>(kBody);
    SipText request{.method = method};
    request.body = std::string(body, 'b');
    request.rows = "X: \r\n";
    const std::size_t bare = request.text().size() - body;
    request.rows = "X: " + std::string(header - bare, 'x') + "\r\n";
    world.datagram(request);
    const auto sent = world.sent();
    return sent.empty() ? 0 : sent[0].status();
  };
  for (const std::string method : {"PUBLISH", "OPTIONS"}) {
    EXPECT_EQ(status_of(kHeader - 1, kBody - 1, method), 0);
    EXPECT_EQ(status_of(kHeader, kBody, method), 0);
    EXPECT_EQ(status_of(kHeader + 1, 10, method), 513);
    EXPECT_EQ(status_of(kHeader, kBody + 1, method), 413);
  }
  EXPECT_EQ(status_of(kHeader, kBody + 1, "INVITE"), 413);
}

TEST(Admission, WhileItStops) {
  SipWorld world;
  world.datagram(SipText{});
  const SipRequestId before = world.only_request();
  world.give(StopAsked{});
  EXPECT_FALSE(world.sip().idle());
  SipText another{.via = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKtwo", .cseq = "2"};
  world.datagram(another);
  const auto refused = world.only_sent();
  EXPECT_EQ(refused.status(), 503);
  EXPECT_EQ(refused.header("Retry-After"), "5");
  EXPECT_EQ(world.sip().counters().overloaded, 0u);
  // What is in flight ends in order, also what sip_presence still says.
  world.answer(before);
  EXPECT_EQ(world.statuses(), std::vector{200});
  EXPECT_TRUE(world.sip().idle());
  world.give(world.notify(world.udp_flow()));
  EXPECT_FALSE(world.sip().idle());
  world.datagram(SipWorld::answer_to(world.only_sent(), 200));
  EXPECT_TRUE(world.sip().idle());
  world.datagram(SipText{});  // repetitions are answered
  EXPECT_EQ(world.statuses(), std::vector{200});
}

}  // namespace sip_message_admission_test
}  // namespace muster::testing
