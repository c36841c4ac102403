#include "shell/web_socket/web_socket.h"

#include <algorithm>
#include <utility>

namespace muster {

WebSocket::Went WebSocket::hear(WebSocketScratch& scratch, std::string_view bytes,
                                const WebSocketSettings& settings, bool secure) {
  scratch.out.clear();
  scratch.stream.clear();
  if (state_ == State::opening) return hear_request(scratch, bytes, settings, secure);
  return hear_frames(scratch, bytes, settings);
}

WebSocket::Went WebSocket::hear_request(WebSocketScratch& scratch, std::string_view bytes,
                                        const WebSocketSettings& settings, bool secure) {
  const std::size_t before = head_.size();
  head_.append(bytes.substr(0, kHeadBytesMax + 1 - before));
  const auto end = end_of_head(head_, before);
  if (!end && head_.size() <= kHeadBytesMax) return Went::on;
  HttpAnswer answer =
      end ? answer_request(std::string_view(head_).substr(0, *end), settings.http, secure)
          : refuse_long_head();
  scratch.out = std::move(answer.bytes);
  std::string().swap(head_);
  state_ = answer.upgrades ? State::open : State::closed;
  if (!answer.upgrades) return Went::ended;
  // Frames should wait for the answer (RFC 6455 section 4.1), and need not.
  const Went went = hear_frames(scratch, bytes.substr(*end - before), settings);
  return went == Went::on ? Went::opened : went;
}

WebSocket::Went WebSocket::hear_frames(WebSocketScratch& scratch, std::string_view bytes,
                                       const WebSocketSettings& settings) {
  if (state_ == State::closed) return Went::ended;
  const std::size_t bytes_max =
      framing_.authenticated()
          ? settings.message_bytes_max
          : std::min(settings.message_bytes_max, xml::kUnauthenticatedStanzaBytesMax);
  const auto went =
      reader_.hear(scratch.frames, bytes, bytes_max, scratch.out, [&](std::string_view message) {
        append_stream_bytes(scratch.stream, message, scratch.parser);
      });
  if (went == FrameReader::Went::on) return Went::on;
  state_ = State::closed;
  return Went::ended;
}

bool WebSocket::say(WebSocketScratch& scratch, std::string_view stream, bool secure,
                    std::string& out) {
  if (state_ != State::open) return true;
  WebSocketMessages& messages = scratch.messages;
  messages.text.clear();
  messages.ends.clear();
  const bool said = framing_.say(stream, secure, scratch.parser, messages);
  std::size_t begin = 0;
  for (const std::size_t end : messages.ends) {
    scratch.writer.message(out, std::string_view(messages.text).substr(begin, end - begin));
    begin = end;
  }
  return said;
}

void WebSocket::close(WebSocketScratch& scratch, std::string& out) {
  if (std::exchange(state_, State::closed) == State::open) {
    scratch.writer.close(out, CloseCode::normal);
  }
}

}  // namespace muster
