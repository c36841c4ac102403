#include "shell/web_socket/request.h"

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <string>

#include "base/ascii.h"
#include "codec/sip/host.h"
#include "codec/xmpp/web_socket_framing.h"
#include "shell/crypto.h"

namespace muster {
namespace {

namespace http = boost::beast::http;
using Fields = http::fields;

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kHostMeta = "/.well-known/host-meta";
constexpr std::string_view kHostMetaJson = "/.well-known/host-meta.json";
constexpr std::string_view kRelation = "urn:xmpp:alt-connections:websocket";
constexpr std::string_view kVersion = "13";  // RFC 6455 section 4.1
constexpr std::size_t kKeyBytes = 16;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

HttpAnswer answer(http::status status, std::string_view rows = {}, std::string_view body = {}) {
  std::string bytes = "HTTP/1.1 " + std::to_string(static_cast<unsigned>(status)) + " ";
  bytes.append(view(http::obsolete_reason(status))).append("\r\nConnection: close\r\n");
  bytes.append(rows).append("Content-Length: ").append(std::to_string(body.size()));
  bytes.append(kHeadEnd).append(body);
  return {std::move(bytes), false};
}

// --- who asks ------------------------------------------------------------------------------------

// Of which there is to be one (RFC 9112 section 3.2).
std::optional<std::string_view> host_of(const Fields& fields) {
  if (fields.count(http::field::host) != 1) return std::nullopt;
  const std::string_view text = view(fields[http::field::host]);
  if (!sip::parse_host_port(text)) return std::nullopt;
  return text;
}

bool is_loopback(std::string_view origin) {
  const auto at = parse_origin(origin);
  return at && (equals_ignoring_case(at->host.text, "localhost") || at->host.text == "127.0.0.1" ||
                at->host.text == "::1");
}

bool may_come_from(const Fields& fields, const HttpSettings& settings) {
  const std::size_t origins = fields.count(http::field::origin);
  if (origins == 0) return true;
  const std::string_view origin = view(fields[http::field::origin]);
  return origins == 1 &&
         ((settings.loopback_origins && is_loopback(origin)) ||
          std::any_of(settings.origins.begin(), settings.origins.end(), [&](const auto& allowed) {
            return allowed == "*" || equals_ignoring_case(allowed, origin);
          }));
}

// --- what is asked for ---------------------------------------------------------------------------

// RFC 6415 sections 2 and 3. The names in it are those by which we were found.
HttpAnswer host_meta(std::string_view host, bool json, bool secure) {
  std::string uri = secure ? "wss://" : "ws://";
  uri.append(host).append(kWebSocketPath);
  // Pages of any site may look us up (XEP-0156 section 3).
  std::string rows = "Access-Control-Allow-Origin: *\r\nContent-Type: application/";
  std::string body;
  if (json) {
    rows.append("json\r\n");
    body.append(R"({"links":[{"rel":")").append(kRelation).append(R"(","href":")");
    body.append(uri).append(R"("}]})");
  } else {
    rows.append("xrd+xml\r\n");
    body.append("<?xml version='1.0' encoding='UTF-8'?><XRD xmlns='http://docs.oasis-open.org/ns");
    body.append("/xri/xrd-1.0'><Link rel='").append(kRelation).append("' href='");
    body.append(uri).append("'/></XRD>");
  }
  return answer(http::status::ok, rows, body);
}

bool has_token(const Fields& fields, http::field name, std::string_view token) {
  const auto range = fields.equal_range(name);
  return std::any_of(range.first, range.second, [&](const auto& row) {
    return http::token_list(row.value()).exists({token.data(), token.size()});
  });
}

// Exactly: the name is not HTTP's (RFC 6455 section 4.1).
bool offers_xmpp(const Fields& fields) {
  const auto range = fields.equal_range(http::field::sec_websocket_protocol);
  return std::any_of(range.first, range.second, [](const auto& row) {
    const http::token_list names(row.value());
    return std::any_of(names.begin(), names.end(),
                       [](const auto& name) { return view(name) == kWebSocketSubprotocol; });
  });
}

// What is to be asked for; who says Upgrade says so in Connection (RFC 9110 section 7.8).
constexpr std::string_view kUpgradeRows =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";

// RFC 6455 section 4.2.2.
HttpAnswer upgrade(const Fields& fields, const HttpSettings& settings) {
  const bool upgrades = has_token(fields, http::field::connection, "upgrade") &&
                        has_token(fields, http::field::upgrade, "websocket");
  const bool is_known_version = fields.count(http::field::sec_websocket_version) == 1 &&
                                view(fields[http::field::sec_websocket_version]) == kVersion;
  if (!upgrades || !is_known_version) return answer(http::status::upgrade_required, kUpgradeRows);
  const std::string_view key = view(fields[http::field::sec_websocket_key]);
  const auto nonce = from_base64(key);
  if (fields.count(http::field::sec_websocket_key) != 1 || !nonce || nonce->size() != kKeyBytes) {
    return answer(http::status::bad_request);
  }
  if (!offers_xmpp(fields)) return answer(http::status::bad_request);
  if (!may_come_from(fields, settings)) return answer(http::status::forbidden);
  const auto accept = hash_of<20>({key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"});
  std::string bytes = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n";
  bytes.append("Connection: Upgrade\r\nSec-WebSocket-Accept: ").append(base64_of(bytes_of(accept)));
  bytes.append("\r\nSec-WebSocket-Protocol: ").append(kWebSocketSubprotocol).append(kHeadEnd);
  return {std::move(bytes), true};
}

HttpAnswer answer_target(const http::request<http::empty_body>& request,
                         const HttpSettings& settings, bool secure) {
  const std::string_view target = view(request.target());
  const std::string_view path = target.substr(0, target.find('?'));
  const bool meta = path == kHostMeta || path == kHostMetaJson;
  if (!meta && path != kWebSocketPath) return answer(http::status::not_found);
  if (request.method() != http::verb::get) {
    return answer(http::status::method_not_allowed, "Allow: GET\r\n");
  }
  const auto host = host_of(request);
  if (!host) return answer(http::status::bad_request);
  return meta ? host_meta(*host, path == kHostMetaJson, secure) : upgrade(request, settings);
}

}  // namespace

std::optional<sip::HostPort> parse_origin(std::string_view text) {
  constexpr std::string_view kSchemes[] = {"https://", "http://"};
  for (const std::string_view scheme : kSchemes) {
    if (!text.starts_with(scheme)) continue;
    const auto at = sip::parse_host_port(text.substr(scheme.size()));
    if (!at || at->port == (scheme == kSchemes[0] ? 443 : 80)) return std::nullopt;
    return at;
  }
  return std::nullopt;
}

std::optional<std::size_t> end_of_head(std::string_view bytes, std::size_t looked_at) {
  const std::size_t from = looked_at < kHeadEnd.size() ? 0 : looked_at - (kHeadEnd.size() - 1);
  const std::size_t end = bytes.find(kHeadEnd, from);
  if (end == std::string_view::npos) return std::nullopt;
  return end + kHeadEnd.size();
}

HttpAnswer answer_request(std::string_view head, const HttpSettings& settings, bool secure) {
  if (head.size() > kHeadBytesMax) return refuse_long_head();
  http::request_parser<http::empty_body> parser;
  parser.body_limit(boost::none);  // however long: it is not read
  boost::beast::error_code error;
  parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error == http::error::bad_version) {
    return answer(http::status::http_version_not_supported);
  }
  // What has a body is told so below; the parser itself wants none.
  const bool read =
      !error || error == http::error::unexpected_body || error == http::error::need_more;
  if (!read || !parser.is_header_done()) return answer(http::status::bad_request);
  const auto& request = parser.get();
  if (request.version() != 11) return answer(http::status::http_version_not_supported);
  if (request.target().size() > kTargetBytesMax) return answer(http::status::uri_too_long);
  const bool body = parser.chunked() || parser.content_length().value_or(0) > 0;
  if (body) return answer(http::status::payload_too_large);
  return answer_target(request, settings, secure);
}

HttpAnswer refuse_long_head() {
  return answer(http::status::request_header_fields_too_large);
}

}  // namespace muster
