// XMPP over WebSocket (RFC 7395 section 3) in terms of an XML stream (RFC 6120 section 4): what
// comes in as messages is read as the bytes of a stream, and a stream's bytes go out as messages.
// So who serves streams needs to know nothing of WebSocket.
//
//   <open/>            <stream:stream>            each with the attributes of the other
//   <close/>           </stream:stream>
//   <close see-other-uri='wss:...'/>              see-other-host with such a URI, going out
//   any other element  the same                   going out with the namespaces that the header
//                                                 declares (section 3.3.3)
//
// A message is one element, and stays so: what is not ends the stream (section 3.3.3). Whether it
// is one says the framer, which who serves the stream asks again, from the same state, of the same
// bytes; that the element is well-formed says the parser there. An element that is itself a stream
// header would open a stream that no <open/> did, and is refused.
//
// Coming in, namespaces that a stanza does not declare are taken from the header all the same, as
// no client means anything else by it.
//
// Knows one link's way out; the way in has no state. Limits: none of its own. What comes in has the
// WebSocket's limit, what goes out that of the service.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "codec/xml/framer.h"
#include "codec/xml/stanza_parser.h"

namespace muster {

inline constexpr std::string_view kNsFraming = "urn:ietf:params:xml:ns:xmpp-framing";
// The subprotocol (section 5.1), and where servers have it (section 3.1).
inline constexpr std::string_view kWebSocketSubprotocol = "xmpp";
inline constexpr std::string_view kWebSocketPath = "/xmpp-websocket";

// Appends to `stream` what `message` says there. What is no element ends the stream: in its place
// stands what is not well-formed anywhere, or in no namespace that is known.
void append_stream_bytes(std::string& stream, std::string_view message, xml::StanzaParser& parser);

// Messages, one behind the other.
struct WebSocketMessages {
  std::string text;
  std::vector<std::size_t> ends;  // in `text`
};

class WebSocketFraming {
 public:
  // Adds to `messages` those that are complete with `bytes`, which may be split anywhere. `secure`:
  // the link has TLS; else a client is told to go where it can stay without. False: the stream is
  // none, and nothing can be said on it any more.
  [[nodiscard]] bool say(std::string_view bytes, bool secure, xml::StanzaParser& parser,
                         WebSocketMessages& messages);

  // True once SASL has succeeded.
  bool authenticated() const { return authenticated_; }

 private:
  bool say_frame(const xml::Frame& frame, std::string_view bytes, bool secure,
                 xml::StanzaParser& parser, std::string& text);
  void close(std::string_view attributes, std::string& text);

  xml::Framer framer_;
  std::string unfinished_;  // of an element
  bool authenticated_ = false;
  bool closed_ = false;  // <close/> was said
};

}  // namespace muster
