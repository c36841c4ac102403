// Any bytes as what a peer says to a WebSocket's listener: its answer begins with HTTP, and the
// stream is the same however the bytes are cut. (Not each pong: none is said any more once the link
// is to be closed; nor when it is: half a frame may show already that it is wrong.) The first byte
// says how they are cut, and whether a good request is in front.
#include "shell/web_socket/web_socket.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"

namespace muster {
namespace {

constexpr std::string_view kRequest =
    "GET /xmpp-websocket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: xmpp\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";

struct Heard {
  std::string http;  // the beginning of the answer
  std::string stream;
  friend bool operator==(const Heard&, const Heard&) = default;
};

Heard hear(std::string_view bytes, std::size_t piece) {
  static WebSocketScratch scratch;
  const WebSocketSettings settings{.http = {}, .message_bytes_max = 4'096};
  WebSocket socket;
  Heard heard;
  bool ended = false;
  while (!bytes.empty() && !ended) {
    const auto went = socket.hear(scratch, bytes.substr(0, piece), settings, true);
    if (heard.http.empty()) heard.http = scratch.out.substr(0, scratch.out.find("\r\n\r\n"));
    heard.stream += scratch.stream;
    ended = went == WebSocket::Went::ended;
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return heard;
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  std::string bytes((data[0] & 0x80) != 0 ? muster::kRequest : std::string_view());
  bytes.append(data + 1, data + size);
  const muster::Heard whole = muster::hear(bytes, bytes.size());
  MUSTER_CHECK(whole.http.empty() || whole.http.starts_with("HTTP/1.1 "));
  MUSTER_CHECK(muster::hear(bytes, (data[0] & 0x7f) + std::size_t{1}) == whole);
  return 0;
}
