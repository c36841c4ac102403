// The HTTP request that opens a WebSocket for XMPP (RFC 6455 section 4, RFC 7395 section 3.1), and
// its answer. Read by Beast's parser; no socket.
//
// There are three resources: kWebSocketPath, and for who looks for it /.well-known/host-meta and
// host-meta.json (RFC 7395 section 4, XEP-0156). What is not answered by 101 is the last that is
// said.
//
//   400  no HTTP, no Host, no key, no subprotocol `xmpp`     414  a target beyond kTargetBytesMax
//   403  an Origin that is not allowed                       426  no upgrade, or another version
//   404  another path                                        431  a head beyond kHeadBytesMax
//   405  another method                                      505  HTTP/1.0
//   413  a body: no resource takes one
//
// Origin. A browser says which site a page is of that opens a WebSocket. XMPP proves who somebody
// is by SASL on each stream, never by a cookie that the browser adds, so that a strange page could
// do nothing that a strange program could not; but it could try passwords from inside a network. So
// by default a browser's page must be of https://DOMAIN of a domain that is served; others are
// named (`origins`). Who sends no Origin is no browser, and says what it likes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sip/host.h"

namespace muster {

inline constexpr std::size_t kHeadBytesMax = std::size_t{8} * 1024;
inline constexpr std::size_t kTargetBytesMax = 1024;

struct HttpSettings {
  // Origins (RFC 6454 section 6.2) whose pages may connect; "*": all.
  std::vector<std::string> origins;
  bool loopback_origins = false;  // of pages that this machine serves
};

// Where a page is from, as a browser says it: http or https, without a port that is the scheme's
// own. Nothing: no browser says so.
std::optional<sip::HostPort> parse_origin(std::string_view text);

// How many bytes the head has that `bytes` begin with, its empty line among them; nothing: it is
// not there yet. `looked_at`: so many were there before.
std::optional<std::size_t> end_of_head(std::string_view bytes, std::size_t looked_at);

struct HttpAnswer {
  std::string bytes;
  bool upgrades = false;  // what follows are frames
};
// To a whole head. `secure`: it came over TLS.
HttpAnswer answer_request(std::string_view head, const HttpSettings& settings, bool secure);
// To who sends more than kHeadBytesMax without an end.
HttpAnswer refuse_long_head();

}  // namespace muster
