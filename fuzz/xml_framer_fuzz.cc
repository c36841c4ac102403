// The framer finds the same frames however the stream is cut, and takes no byte twice. The first
// two bytes of the input say how it is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "codec/xml/framer.h"

namespace {

using muster::xml::Error;
using muster::xml::Frame;
using muster::xml::Framer;
using muster::xml::Limits;

struct Found {
  Frame::Kind kind;
  std::size_t end;
  Error error;
  friend bool operator==(const Found&, const Found&) = default;
};

constexpr Limits kLimits{.bytes_max = 512, .depth_max = 8};

// The frames, but for whitespace; ends are in the stream.
std::vector<Found> frames(std::string_view stream, std::size_t first_piece, std::size_t piece) {
  std::vector<Found> found;
  Framer framer;
  std::size_t taken = 0;
  std::size_t given = 0;
  while (given < stream.size()) {
    given = std::min(stream.size(), given + (given == 0 ? first_piece : piece));
    for (;;) {
      const std::string unread(stream.substr(taken, given - taken));
      const Frame frame = framer.next(unread, kLimits);
      MUSTER_CHECK(frame.bytes <= unread.size());
      MUSTER_CHECK((frame.bytes == 0) ==
                   (frame.kind == Frame::Kind::incomplete || frame.kind == Frame::Kind::error));
      if (frame.kind == Frame::Kind::incomplete) break;
      taken += frame.bytes;
      if (frame.kind == Frame::Kind::whitespace) continue;
      MUSTER_CHECK(frame.bytes <= kLimits.bytes_max);
      found.push_back({frame.kind, taken, frame.error});
      if (frame.kind == Frame::Kind::error) return found;
    }
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string stream(data + 2, data + size);
  const auto whole = frames(stream, stream.size(), stream.size());
  MUSTER_CHECK(frames(stream, data[0] + std::size_t{1}, data[1] + std::size_t{1}) == whole);
  MUSTER_CHECK(frames(stream, data[0] + std::size_t{1}, stream.size()) == whole);
  return 0;
}
