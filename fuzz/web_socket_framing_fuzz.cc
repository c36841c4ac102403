// Messages of a WebSocket become a stream in which each is one frame, whatever it says: where the
// framer of who serves the stream finds an end inside a message, or none at its end, it has failed.
// And a stream becomes the same messages however it is cut. Messages are the lines of the input;
// its first byte says how a stream is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "codec/xmpp/web_socket_framing.h"

namespace muster {
namespace {

constexpr xml::Limits kLimits{.bytes_max = std::size_t{1024} * 1024};

// A server's framer over what one message became: false once it has failed, which ends the stream.
bool take(xml::Framer& framer, std::string_view bytes) {
  const xml::Frame frame = framer.next(bytes, kLimits);
  if (frame.kind == xml::Frame::Kind::error) return false;
  MUSTER_CHECK(frame.kind != xml::Frame::Kind::incomplete);
  MUSTER_CHECK(frame.kind != xml::Frame::Kind::whitespace);
  if (frame.kind == xml::Frame::Kind::stream_end) return false;
  // Before a header an element is taken for one as far as its start tag goes; it is none, and the
  // stream ends by the parser's word.
  if (frame.kind == xml::Frame::Kind::stream_header && !bytes.starts_with("<?xml")) {
    xml::StanzaParser parser;
    MUSTER_CHECK(!parser.parse_stream_header(bytes.substr(0, frame.bytes), kLimits));
    return false;
  }
  MUSTER_CHECK(frame.bytes == bytes.size());
  return true;
}

void come_in(std::string_view input, bool open) {
  xml::Framer framer;
  xml::StanzaParser parser;
  if (open) framer.next("<s>", kLimits);
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    std::string stream;
    append_stream_bytes(stream, input.substr(0, end), parser);
    if (!take(framer, stream)) return;
    input.remove_prefix(std::min(end + 1, input.size()));
  }
}

std::vector<std::string> said(std::string_view stream, std::size_t piece) {
  WebSocketFraming framing;
  xml::StanzaParser parser;
  std::vector<std::string> each;
  while (!stream.empty()) {
    WebSocketMessages messages;
    const bool is_stream = framing.say(stream.substr(0, piece), true, parser, messages);
    std::size_t begin = 0;
    for (const std::size_t end : messages.ends) {
      each.push_back(messages.text.substr(begin, end - begin));
      begin = end;
    }
    if (!is_stream) break;
    stream.remove_prefix(std::min(piece, stream.size()));
  }
  return each;
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string input(data + 1, data + size);
  muster::come_in(input, false);
  muster::come_in(input, true);
  MUSTER_CHECK(muster::said(input, data[0] + std::size_t{1}) == muster::said(input, input.size()));
  return 0;
}
