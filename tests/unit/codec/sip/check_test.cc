// The verdicts of RFC 4475 are in check_rfc4475_test.cc; here is what that set leaves out.
#include "codec/sip/check.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace muster::sip {
namespace sip_check_test {

// A request that passes, of which a test replaces or adds a row.
std::string request(std::string_view replaced = {}, std::string_view by = {}) {
  std::string bytes =
      "SUBSCRIBE sip:bob@b.com SIP/2.0\r\n"
      "Via: SIP/2.0/UDP a.com;branch=z9hG4bK1\r\n"
      "Max-Forwards: 70\r\n"
      "From: <sip:alice@a.com>;tag=1\r\n"
      "To: <sip:bob@b.com>\r\n"
      "Call-ID: x@a.com\r\n"
      "CSeq: 1 SUBSCRIBE\r\n"
      "Contact: <sip:alice@192.0.2.1>\r\n"
      "Content-Length: 0\r\n\r\n";
  const std::size_t at = bytes.find(replaced);
  EXPECT_NE(at, std::string::npos) << replaced;
  return bytes.replace(at, replaced.size(), by);
}

std::string with_row(std::string_view row) {
  return request("Content-Length", std::string(row) + "\r\nContent-Length");
}

// "" if it passes, "400 Reason", or "drop: Reason".
std::string verdict(const std::string& bytes) {
  const auto rejection = check_request(parse_message(bytes).value());
  if (!rejection) return "";
  if (!rejection->answerable) return "drop: " + std::string(rejection->reason);
  return std::to_string(number_of(rejection->status)) + " " + std::string(rejection->reason);
}

std::string response_verdict(std::string bytes) {
  bytes.replace(0, bytes.find("\r\n"), "SIP/2.0 200 OK");
  return std::string(check_response(parse_message(bytes).value()).value_or(""));
}

TEST(CheckedRequests, EssentialsComeBack) {
  const std::string bytes = request();
  Essentials essentials;
  ASSERT_FALSE(check_request(parse_message(bytes).value(), essentials));
  EXPECT_EQ(essentials.top_via.branch, "z9hG4bK1");
  EXPECT_EQ(essentials.target.user, "bob");
  EXPECT_EQ(essentials.from.tag(), "1");
  EXPECT_EQ(essentials.to.uri.user, "bob");
  EXPECT_EQ(essentials.call_id, "x@a.com");
  EXPECT_EQ(essentials.cseq.method, Method::subscribe);
}

TEST(CheckedRequests, EssentialsOfAnEarlierMessageAreForgotten) {
  const std::string first = request("sip:bob@b.com SIP", "sip:bob:x@b.com:5070;lr SIP");
  const std::string second = request(";branch=z9hG4bK1");
  Essentials essentials;
  ASSERT_FALSE(check_request(parse_message(first).value(), essentials));
  ASSERT_FALSE(check_request(parse_message(second).value(), essentials));
  EXPECT_EQ(essentials.target.port, std::nullopt);
  EXPECT_FALSE(essentials.target.has_password);
  EXPECT_FALSE(essentials.target.has_param("lr"));
  EXPECT_EQ(essentials.top_via.branch, "");
}

TEST(CheckedRequests, EachMandatoryHeaderIsThereOnce) {
  for (const auto& [row, name] : {std::pair{"From: <sip:alice@a.com>;tag=1\r\n", "From"},
                                  {"To: <sip:bob@b.com>\r\n", "To"},
                                  {"Call-ID: x@a.com\r\n", "Call-ID"},
                                  {"CSeq: 1 SUBSCRIBE\r\n", "CSeq"}}) {
    EXPECT_EQ(verdict(request(row)), "400 Missing " + std::string(name));
    EXPECT_EQ(verdict(request(row, std::string(row) + row)), "400 Several " + std::string(name));
  }
  EXPECT_EQ(verdict(request("Via: SIP/2.0/UDP a.com;branch=z9hG4bK1\r\n")), "drop: Missing Via");
  EXPECT_EQ(verdict(with_row("Via: SIP/2.0/UDP c.com")), "");
}

TEST(CheckedRequests, MalformedOnes) {
  EXPECT_EQ(verdict(request("x@a.com", "x y")), "400 Malformed Call-ID");
  EXPECT_EQ(verdict(request("1 SUBSCRIBE", "SUBSCRIBE")), "400 Malformed CSeq");
  EXPECT_EQ(verdict(request("1 SUBSCRIBE", "1 NOTIFY")), "400 CSeq Method Does Not Match");
  EXPECT_EQ(verdict(request("1 SUBSCRIBE", "1 subscribe")), "400 CSeq Method Does Not Match");
  std::string unknown = request("1 SUBSCRIBE", "1 FOO");
  EXPECT_EQ(verdict(unknown.replace(0, 9, "FOO")), "");
  EXPECT_EQ(verdict(unknown.replace(0, 3, "BAR")), "501 Not Implemented");
  EXPECT_EQ(verdict(request("<sip:alice@a.com>", "alice")), "400 Malformed From");
  EXPECT_EQ(verdict(request(";tag=1", ";tag=1;tag=2")), "400 Malformed From");
  EXPECT_EQ(verdict(request(";tag=1", ";tag=\"1\"")), "400 Malformed From");
  EXPECT_EQ(verdict(request(";tag=1", ";tag")), "400 Malformed From");
  EXPECT_EQ(verdict(request("<sip:bob@b.com>", "<sip:bob@b.com>;tag=[1]")), "400 Malformed To");
  EXPECT_EQ(verdict(request("sip:bob@b.com SIP", "sip:bob@ SIP")), "400 Malformed Request-URI");
  EXPECT_EQ(verdict(request("sip:bob@b.com SIP", "sip:bob@b.com?a=b SIP")),
            "400 Headers in Request-URI");
  EXPECT_EQ(verdict(request("SIP/2.0\r\nVia", "SIP/3.0\r\nVia")), "505 Version Not Supported");
  EXPECT_EQ(verdict(request("SIP/2.0\r\nVia", "sip/2.0\r\nVia")), "");
  EXPECT_EQ(verdict(request("SIP/2.0\r\nVia", "SIP/2\r\nVia")), "400 Malformed Request-Line");
  EXPECT_EQ(verdict(with_row("nonsense")), "400 Malformed Header Field");
}

TEST(CheckedRequests, SchemesOfTheRequestUri) {
  for (const auto uri : {"sips:bob@b.com", "pres:bob@b.com", "im:bob@b.com", "tel:+1"}) {
    EXPECT_EQ(verdict(request("sip:bob@b.com SIP", std::string(uri) + " SIP")), "") << uri;
  }
  EXPECT_EQ(verdict(request("sip:bob@b.com SIP", "mailto:bob@b.com SIP")),
            "416 Unsupported URI Scheme");
}

TEST(CheckedRequests, OptionalHeaders) {
  EXPECT_EQ(verdict(request("Max-Forwards: 70\r\n")), "");
  EXPECT_EQ(verdict(request("Max-Forwards: 70", "Max-Forwards: 300")), "");
  EXPECT_EQ(verdict(request("Max-Forwards: 70", "Max-Forwards: x")), "400 Malformed Max-Forwards");
  EXPECT_EQ(verdict(with_row("Max-Forwards: 5")), "400 Several Max-Forwards");
  EXPECT_EQ(verdict(with_row("Expires: nonsense")), "");
  EXPECT_EQ(verdict(with_row("Expires: 1\r\nExpires: 1")), "400 Several Expires");
  EXPECT_EQ(verdict(with_row("Event: presence")), "");
  EXPECT_EQ(verdict(with_row("Event: presence, dialog")), "400 Malformed Event");
  EXPECT_EQ(verdict(with_row("o: a\r\nEvent: a")), "400 Several Event");
  EXPECT_EQ(verdict(with_row("Content-Type: x")), "400 Malformed Content-Type");
  EXPECT_EQ(verdict(with_row("Subscription-State: ;x")), "400 Malformed Subscription-State");
  EXPECT_EQ(verdict(with_row("SIP-If-Match: a b")), "400 Malformed SIP-If-Match");
  EXPECT_EQ(verdict(with_row("Date: nonsense\r\nSubject:\r\nAccept: ;;")), "");
}

TEST(CheckedRequests, Addresses) {
  const auto with_contact = [](std::string_view contact) {
    return verdict(request("<sip:alice@192.0.2.1>", contact));
  };
  EXPECT_EQ(with_contact("*"), "");
  EXPECT_EQ(with_contact("<sip:a@b>, sip:c@d;q=0.1"), "");
  EXPECT_EQ(with_contact("*, <sip:a@b>"), "400 Malformed Contact");
  EXPECT_EQ(with_contact("*\r\nContact: *"), "400 Malformed Contact");
  EXPECT_EQ(with_contact("<sip:a@b>,"), "400 Malformed Contact");
  EXPECT_EQ(with_contact(""), "400 Malformed Contact");
  EXPECT_EQ(verdict(with_row("Route: <sip:a@b;lr>,<sip:c@d>")), "");
  EXPECT_EQ(verdict(with_row("Route: sip:a@b")), "400 Malformed Route");
  EXPECT_EQ(verdict(with_row("Record-Route: <sip:a@b;lr>, x")), "400 Malformed Record-Route");
}

TEST(CheckedRequests, Vias) {
  const auto with_via = [](std::string_view via) {
    return verdict(request("SIP/2.0/UDP a.com;branch=z9hG4bK1", via));
  };
  EXPECT_EQ(with_via("SIP/2.0/UDP a.com, SIP/2.0/TCP b.com:1"), "");
  EXPECT_EQ(with_via("SIP/2.0/UDP a.com, nonsense"), "400 Malformed Via");
  EXPECT_EQ(with_via("SIP/2.0/UDP a.com;;"), "400 Malformed Via");
  EXPECT_EQ(with_via("SIP/2.0/UDP a.com;branch=z9hG4bK"), "400 Empty Branch");
  EXPECT_EQ(with_via("nonsense"), "drop: Malformed Via");
  EXPECT_EQ(with_via(""), "drop: Malformed Via");
  EXPECT_EQ(with_via("SIP/2.0/UDP a.com\r\nVia:"), "400 Malformed Via");
}

// RFC 3261 section 17: nothing answers an ACK.
TEST(CheckedRequests, AnAckIsDropped) {
  std::string ack = request("1 SUBSCRIBE", "1 INVITE");
  ack.replace(0, 9, "ACK");
  EXPECT_EQ(verdict(ack), "drop: CSeq Method Does Not Match");
}

TEST(CheckedRequests, FramingFaults) {
  EXPECT_EQ(verdict(request("Content-Length: 0", "Content-Length: 1")),
            "400 Body Shorter Than Content-Length");
  EXPECT_EQ(verdict(request("Content-Length: 0", "Content-Length: -1")),
            "400 Malformed Content-Length");
  EXPECT_EQ(verdict(request("Content-Length: 0\r\n\r\n", "")), "400 Incomplete Header Section");
  std::string many;
  for (std::size_t i = 0; i < kHeadersMax; ++i)
    many += "X: y\r\n";
  EXPECT_EQ(verdict(request("Content-Length", many + "Content-Length")),
            "513 Too Many Header Fields");
}

TEST(CheckedResponses, AreDroppedForTheSameFaults) {
  EXPECT_EQ(response_verdict(request()), "");
  EXPECT_EQ(response_verdict(request("1 SUBSCRIBE", "1 FOO")), "");
  EXPECT_EQ(response_verdict(request("1 SUBSCRIBE", "4294967296 FOO")), "Malformed CSeq");
  EXPECT_EQ(response_verdict(request("From: <sip:alice@a.com>;tag=1\r\n")), "Missing From");
  EXPECT_EQ(response_verdict(request("Content-Length: 0", "Content-Length: 1")),
            "Body Shorter Than Content-Length");
  EXPECT_EQ(response_verdict(request("<sip:alice@192.0.2.1>", "nonsense")), "");
  EXPECT_EQ(check_response(parse_message("SIP/7.0 200 OK\r\n\r\n").value()),
            "Version Not Supported");
  EXPECT_EQ(check_response(parse_message("SIP/2.0 200 OK\r\n\r\n").value()), "Missing Via");
}

TEST(CheckDeathTest, RequestsAndResponsesAreNotMixedUp) {
  const Message message = parse_message("SIP/2.0 200 OK\r\n\r\n").value();
  EXPECT_DEATH((void)check_request(message), "check failed");
}

}  // namespace sip_check_test
}  // namespace muster::sip
