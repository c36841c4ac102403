// Where a message on a stream ends (RFC 3261 sections 7.5 and 18.3), and the CRLFs between messages
// (RFC 5626 sections 3.5.1 and 4.4.1).
//
// A Framer holds a few bytes of state and no text: the caller keeps what it has not consumed yet
// and shows it again, longer. Each byte is looked at a bounded number of times, however the stream
// is split.
//
// Errors are final: nobody knows where the next message would begin, so the link is to be closed
// (RFC 4475 sections 3.1.2.3 and 3.3.9). If `size` is not 0, that much is a header section, of
// which a 400 or 513 can still be made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/sip/limits.h"

namespace muster::sip {

struct FramerLimits {
  std::size_t header_section_bytes_max = kHeaderSectionBytesMax;
  std::size_t body_bytes_max = kBodyBytesMax;
};

struct Frame {
  enum class Kind : std::uint8_t {
    need_more,   // show the same bytes again when there are more
    message,     // the first `size` bytes are one message
    line_break,  // a CRLF of 2 bytes: a pong, or the first half of a ping; nothing to do
    ping,        // the second CRLF of a ping: to be answered with one CRLF
    malformed,   // a CR or LF of its own between messages
    header_section_too_large,
    content_length_missing,
    content_length_malformed,  // no number, or several rows
    body_too_large,
  };
  Kind kind = Kind::need_more;
  std::size_t size = 0;  // bytes to consume; after an error, the header section if it is complete

  bool is_error() const { return kind >= Kind::malformed; }
};

class Framer {
 public:
  Framer() = default;
  explicit Framer(FramerLimits limits) : limits_(limits) {}

  // `unconsumed` begins behind what the last message, line_break or ping consumed. After need_more
  // it is what it was, with more behind it.
  Frame next(std::string_view unconsumed);

  // How many bytes the message that has begun will have, once its header section is complete: for
  // sizing a buffer. 0 if that is not known.
  std::size_t expected_bytes() const { return message_bytes_; }

 private:
  Frame take_line_break(std::string_view unconsumed);
  Frame find_end(std::string_view unconsumed);
  Frame measure(std::string_view header_section);
  Frame fail(Frame::Kind kind, std::size_t size = 0);

  FramerLimits limits_;
  std::size_t scanned_ = 0;        // no end of the header section before this
  std::size_t message_bytes_ = 0;  // 0: the header section is not complete
  bool after_line_break_ = false;  // the next CRLF makes it a ping
  Frame failed_;                   // the error, once there was one
};

}  // namespace muster::sip
