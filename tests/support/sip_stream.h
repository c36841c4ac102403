// What the framer makes of a stream that comes in pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/sip/framer.h"
#include "support/grind.h"

namespace muster::test {

// What the framer says, in words: messages with their text, line breaks, pings, the error.
inline std::vector<std::string> frames_of(const Pieces& pieces, sip::FramerLimits limits = {}) {
  using Kind = sip::Frame::Kind;
  std::vector<std::string> said;
  sip::Framer framer(limits);
  std::string buffer;
  for (const std::string_view piece : pieces) {
    buffer.append(piece);
    while (true) {
      const sip::Frame frame = framer.next(buffer);
      if (frame.kind == Kind::need_more) break;
      switch (frame.kind) {
        case Kind::need_more: break;
        case Kind::message: said.push_back("message " + buffer.substr(0, frame.size)); break;
        case Kind::line_break: said.emplace_back("line break"); break;
        case Kind::ping: said.emplace_back("ping"); break;
        case Kind::malformed: said.emplace_back("malformed"); break;
        case Kind::header_section_too_large: said.emplace_back("header section too large"); break;
        case Kind::content_length_missing: said.emplace_back("no Content-Length"); break;
        case Kind::content_length_malformed: said.emplace_back("bad Content-Length"); break;
        case Kind::body_too_large: said.emplace_back("body too large"); break;
      }
      if (frame.is_error()) return said;
      buffer.erase(0, frame.size);
    }
  }
  return said;
}

}  // namespace muster::test
