// XMPP over WebSocket on one link, between the link's bytes (in clear) and those of the stream that
// it is for who serves it: the request that opens it, frames, and the framing of RFC 7395.
//
// Memory of an idle one: 112 bytes. Limits: kHeadBytesMax, kTargetBytesMax (request.h); the
// service's stanza_bytes_max for a message, xml::kUnauthenticatedStanzaBytesMax before SASL has
// succeeded (1009).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/xml/stanza_parser.h"
#include "codec/xmpp/web_socket_framing.h"
#include "shell/web_socket/frames.h"
#include "shell/web_socket/request.h"

namespace muster {

struct WebSocketSettings {
  HttpSettings http;
  std::size_t message_bytes_max = std::size_t{256} * 1024;
};

// What the WebSockets of one shard share. What stands in it is good until the next step of any.
struct WebSocketScratch {
  xml::StanzaParser parser;
  FrameScratch frames;
  FrameWriter writer;
  WebSocketMessages messages;
  std::string out;     // for the peer, of hear()
  std::string stream;  // the stream's bytes that came, of hear()
};

class WebSocket {
 public:
  enum class Went : std::uint8_t {
    on,
    opened,  // by this step
    ended,   // the link is to be closed once what is to be said has left
  };
  // Takes all of `bytes`. Fills scratch.out and scratch.stream; what came in the step that opened
  // it is in there, too.
  Went hear(WebSocketScratch& scratch, std::string_view bytes, const WebSocketSettings& settings,
            bool secure);

  // Appends to `out` what says `stream` to the peer. False: that cannot be said.
  [[nodiscard]] bool say(WebSocketScratch& scratch, std::string_view stream, bool secure,
                         std::string& out);
  // The close frame, unless there was one.
  void close(WebSocketScratch& scratch, std::string& out);

 private:
  Went hear_request(WebSocketScratch& scratch, std::string_view bytes,
                    const WebSocketSettings& settings, bool secure);
  Went hear_frames(WebSocketScratch& scratch, std::string_view bytes,
                   const WebSocketSettings& settings);

  enum class State : std::uint8_t { opening, open, closed };
  std::string head_;  // of the request
  FrameReader reader_;
  WebSocketFraming framing_;
  State state_ = State::opening;
};
static_assert(sizeof(WebSocket) <= 112);

}  // namespace muster
