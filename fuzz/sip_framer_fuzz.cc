// Any bytes as a stream, cut where the first bytes of the input say: the frames are those of the
// whole stream, and each message that the framer cuts out is one to the parser, to its last byte.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "codec/sip/framer.h"
#include "codec/sip/message.h"

namespace muster::sip {
namespace {

// Small, so that the fuzzer reaches them.
constexpr FramerLimits kLimits{.header_section_bytes_max = 512, .body_bytes_max = 256};

struct Seen {
  Frame::Kind kind;
  std::size_t size;
  friend bool operator==(const Seen&, const Seen&) = default;
};

void check_parser(std::string_view bytes) {
  const auto message = parse_message(bytes);
  if (!message) {
    MUSTER_CHECK(message.error() == ParseError::not_sip);
    return;
  }
  MUSTER_CHECK(message->bytes().size() == bytes.size());
  MUSTER_CHECK(message->defect() != Defect::content_length &&
               message->defect() != Defect::body_too_short &&
               message->defect() != Defect::no_empty_line);
}

// `step` bytes come at a time.
std::vector<Seen> frames_of(std::string_view stream, std::size_t step) {
  std::vector<Seen> seen;
  Framer framer(kLimits);
  std::size_t begin = 0;
  for (std::size_t end = 0; end < stream.size();) {
    end = std::min(stream.size(), end + step);
    while (true) {
      // A copy of its own size, so that a read past its end is seen.
      const std::string shown(stream.substr(begin, end - begin));
      const Frame frame = framer.next(shown);
      if (frame.kind == Frame::Kind::need_more) break;
      seen.push_back({frame.kind, frame.size});
      if (frame.is_error()) return seen;
      MUSTER_CHECK(frame.size > 0 && frame.size <= shown.size());
      if (frame.kind == Frame::Kind::message) check_parser(shown.substr(0, frame.size));
      begin += frame.size;
    }
  }
  return seen;
}

}  // namespace
}  // namespace muster::sip

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = muster::sip::frames_of(stream, size);
  MUSTER_CHECK(muster::sip::frames_of(stream, data[0] + 1u) == whole);
  MUSTER_CHECK(muster::sip::frames_of(stream, 1) == whole);
  return 0;
}
