#include "shell/web_socket/request.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {
namespace web_socket_request_test {

using Rows = std::vector<std::pair<std::string, std::string>>;

// RFC 7395 section 3.1.
Rows good_rows() {
  return {{"Host", "example.com"},
          {"Upgrade", "websocket"},
          {"Connection", "Upgrade"},
          {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
          {"Sec-WebSocket-Protocol", "xmpp"},
          {"Sec-WebSocket-Version", "13"}};
}
std::string request(const Rows& rows, std::string_view first = "GET /xmpp-websocket HTTP/1.1") {
  std::string text(first);
  text += "\r\n";
  for (const auto& [name, value] : rows)
    text += name + ": " + value + "\r\n";
  return text + "\r\n";
}
// The rows above, but for one: of another value, or none ("-").
Rows with(std::string_view name, const std::string& value) {
  Rows rows = good_rows();
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    if (row->first != name) continue;
    row->second = value;
    if (value == "-") rows.erase(row);
    return rows;
  }
  rows.emplace_back(name, value);
  return rows;
}

HttpSettings settings() {
  HttpSettings settings;
  settings.origins = {"https://example.com"};
  return settings;
}
std::string answer_to(std::string_view head) {
  return answer_request(head, settings(), true).bytes;
}
// "426", of an answer.
std::string status_of(std::string_view answer) {
  return std::string(answer.substr(std::string_view("HTTP/1.1 ").size(), 3));
}
std::string status_to(std::string_view head) {
  const HttpAnswer answer = answer_request(head, settings(), true);
  EXPECT_EQ(answer.upgrades, status_of(answer.bytes) == "101");
  return status_of(answer.bytes);
}
bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST(Upgrade, is_answered_as_in_rfc_7395) {
  const HttpAnswer answer = answer_request(request(good_rows()), settings(), true);
  EXPECT_TRUE(answer.upgrades);
  EXPECT_EQ(answer.bytes,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            "Sec-WebSocket-Protocol: xmpp\r\n\r\n");
}

TEST(Upgrade, is_read_as_http_says) {
  EXPECT_EQ(status_to(request(with("Connection", "keep-alive, UPGRADE"))), "101");
  EXPECT_EQ(status_to(request(with("Upgrade", "WebSocket"))), "101");
  EXPECT_EQ(status_to(request(with("Sec-WebSocket-Protocol", "chat, xmpp"))), "101");
  EXPECT_EQ(status_to(request(with("Host", "[2001:db8::1]:5443"))), "101");
  EXPECT_EQ(status_to(request(good_rows(), "GET /xmpp-websocket?x=1 HTTP/1.1")), "101");
  EXPECT_EQ(status_to(request(with("Sec-WebSocket-Extensions", "permessage-deflate"))), "101");
}

TEST(Upgrade, is_refused_by_the_status_that_says_why) {
  EXPECT_EQ(status_to(request(good_rows(), "GET / HTTP/1.1")), "404");
  EXPECT_EQ(status_to(request(good_rows(), "POST /xmpp-websocket HTTP/1.1")), "405");
  EXPECT_EQ(status_to(request(good_rows(), "HEAD /xmpp-websocket HTTP/1.1")), "405");
  EXPECT_EQ(status_to(request(good_rows(), "GET /xmpp-websocket HTTP/1.0")), "505");
  EXPECT_EQ(status_to(request(good_rows(), "GET /xmpp-websocket HTTP/2.0")), "505");
  for (const char* row : {"Host", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol"})
    EXPECT_EQ(status_to(request(with(row, "-"))), "400") << row;
  EXPECT_EQ(status_to(request(with("Host", "exa mple.com"))), "400");
  EXPECT_EQ(status_to(request(with("Host", "example.com:99999"))), "400");
  EXPECT_EQ(status_to(request(with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ"))), "400");
  EXPECT_EQ(status_to(request(with("Sec-WebSocket-Key", "AAAA"))), "400") << "not 16 bytes";
  EXPECT_EQ(status_to(request(with("Host", "fe80::1:80"))), "400");
  for (const char* other : {"xmpp2", "XMPP", "chat"})
    EXPECT_EQ(status_to(request(with("Sec-WebSocket-Protocol", other))), "400") << other;
  for (const char* row : {"Upgrade", "Connection", "Sec-WebSocket-Version"})
    EXPECT_EQ(status_to(request(with(row, "-"))), "426") << row;
  EXPECT_EQ(status_to(request(with("Sec-WebSocket-Version", "8"))), "426");
  for (const char* bytes : {"1", "1048577", "18446744073709551615"})
    EXPECT_EQ(status_to(request(with("Content-Length", bytes))), "413") << bytes;
  EXPECT_EQ(status_to(request(with("Transfer-Encoding", "chunked"))), "413");
  for (const char* head :
       {"GET\r\n\r\n", "\r\n\r\n", "GET /xmpp-websocket HTTP/1.1\r\nHost\r\n\r\n",
        "GET /xmpp-websocket HTTP/1.1\r\nHo st: a\r\n\r\n",
        "GET  /xmpp-websocket HTTP/1.1\r\nHost: a\r\n\r\n",
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>\r\n\r\n"}) {
    EXPECT_EQ(status_to(head), "400") << head;
  }
}

TEST(Upgrade, that_says_a_thing_twice_is_refused) {
  for (const char* row : {"Host", "Sec-WebSocket-Key"}) {
    Rows rows = good_rows();
    rows.emplace_back(row,
                      row == std::string_view("Host") ? "example.org" : "AAAAAAAAAAAAAAAAAAAAAA==");
    EXPECT_EQ(status_to(request(rows)), "400") << row;
  }
}

TEST(Upgrade, is_told_what_would_do) {
  EXPECT_TRUE(has(answer_to(request(with("Sec-WebSocket-Version", "8"))),
                  "\r\nSec-WebSocket-Version: 13\r\n"));
  EXPECT_TRUE(has(answer_to(request(with("Upgrade", "-"))), "\r\nUpgrade: websocket\r\n"));
  EXPECT_TRUE(
      has(answer_to(request(good_rows(), "PUT /xmpp-websocket HTTP/1.1")), "\r\nAllow: GET\r\n"));
  EXPECT_TRUE(has(answer_to("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                  "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
}

TEST(Upgrade, has_limits) {
  const std::string begin = "/xmpp-websocket?";
  const auto target = [&](std::size_t bytes) {
    return "GET " + begin + std::string(bytes - begin.size(), 'x') + " HTTP/1.1";
  };
  EXPECT_EQ(status_to(request(good_rows(), target(kTargetBytesMax))), "101");
  EXPECT_EQ(status_to(request(good_rows(), target(kTargetBytesMax + 1))), "414");
  const std::size_t rest = kHeadBytesMax - request(with("X-Long", "")).size();
  EXPECT_EQ(status_to(request(with("X-Long", std::string(rest, 'x')))), "101");
  EXPECT_EQ(status_to(request(with("X-Long", std::string(rest + 1, 'x')))), "431");
  EXPECT_EQ(status_of(refuse_long_head().bytes), "431");
}

TEST(Origin, of_a_page_is_one_that_is_allowed) {
  const auto status = [](const std::string& origin, const HttpSettings& by) {
    return status_of(answer_request(request(with("Origin", origin)), by, true).bytes);
  };
  EXPECT_EQ(status("https://example.com", settings()), "101");
  EXPECT_EQ(status("https://EXAMPLE.com", settings()), "101");
  for (const char* origin :
       {"http://example.com", "https://example.com.evil.example", "null",
        "https://example.com:8443", "https://example.com/", "", "http://localhost"}) {
    EXPECT_EQ(status(origin, settings()), "403") << origin;
  }
  HttpSettings any;
  any.origins = {"*"};
  EXPECT_EQ(status("null", any), "101");
  HttpSettings loopback;
  loopback.loopback_origins = true;
  for (const char* origin : {"http://localhost:8080", "http://127.0.0.1", "https://[::1]:1"})
    EXPECT_EQ(status(origin, loopback), "101") << origin;
  for (const char* origin : {"http://localhost.evil.example", "http://127.0.0.1.evil.example",
                             "https://example.com", "null", "http://[::1].evil.example"}) {
    EXPECT_EQ(status(origin, loopback), "403") << origin;
  }
  Rows twice = with("Origin", "https://example.com");
  twice.emplace_back("Origin", "https://evil.example");
  EXPECT_EQ(status_to(request(twice)), "403");
}

// XEP-0156 section 3, RFC 6415.
TEST(HostMeta, says_where_the_web_socket_is) {
  const std::string rows = "\r\nHost: example.com:5443\r\n\r\n";
  const std::string xml = answer_to("GET /.well-known/host-meta HTTP/1.1" + rows);
  EXPECT_EQ(status_of(xml), "200");
  EXPECT_TRUE(has(xml, "\r\nAccess-Control-Allow-Origin: *\r\n"));
  EXPECT_TRUE(has(xml, "\r\nContent-Type: application/xrd+xml\r\n"));
  EXPECT_TRUE(has(xml,
                  "<Link rel='urn:xmpp:alt-connections:websocket'"
                  " href='wss://example.com:5443/xmpp-websocket'/>"));
  const std::string json = answer_to("GET /.well-known/host-meta.json HTTP/1.1" + rows);
  EXPECT_TRUE(has(json, "\r\nContent-Type: application/json\r\n"));
  EXPECT_TRUE(has(json, R"({"links":[{"rel":"urn:xmpp:alt-connections:websocket",)"
                        R"("href":"wss://example.com:5443/xmpp-websocket"}]})"));
  EXPECT_TRUE(has(answer_request("GET /.well-known/host-meta HTTP/1.1" + rows, {}, false).bytes,
                  "href='ws://example.com:5443"));
  EXPECT_EQ(status_to("GET /.well-known/host-meta HTTP/1.1\r\nHost: a'>b\r\n\r\n"), "400");
  EXPECT_EQ(status_to("POST /.well-known/host-meta HTTP/1.1" + rows), "405");
}

TEST(Head, ends_with_its_empty_line_wherever_bytes_are_cut) {
  const std::string_view head = "GET / HTTP/1.1\r\nA: b\r\n\r\nrest";
  for (std::size_t before = 0; before < head.size() - 4; ++before)
    EXPECT_EQ(end_of_head(head, before), head.size() - 4) << before;
  EXPECT_EQ(end_of_head(head.substr(0, head.size() - 5), 0), std::nullopt);
}

}  // namespace web_socket_request_test
}  // namespace muster
