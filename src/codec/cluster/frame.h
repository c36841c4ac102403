// How two servers of a cluster frame what they tell one another on the link between them. All
// numbers are in network order.
//
//   frame = bytes of the payload (4), lane (1), payload
//
// On the lane `control`, which the two servers have for themselves, the payload is one of
//
//   hello        = 1, kFrameFormat (2), from (8), to (8), link (8), received (8), svr-id (the rest)
//   ping         = 2
//   acknowledged = 3, number (8)
//
// on `directed` a number (8), then what is said; on the others it is what is said.
//
// A reader refuses a payload above the limits here; of an unfinished frame it keeps what came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "model/cluster/limits.h"

namespace muster::cluster {

enum class Lane : std::uint8_t {
  control,
  documents,  // SIP text
  directed,   // messages, iqs, subscription changes: acknowledged, each comes once
  presence,   // what users are present through, and who watches whom
  relay,      // streams, and SIP messages of phones, whose user another server serves
};

// Of this page; a server that speaks another closes the link.
inline constexpr std::uint16_t kFrameFormat = 6;
inline constexpr std::size_t kFrameHeaderBytes = 5;
inline constexpr std::size_t kDirectedHeaderBytes = 8;
// Of one payload: a cluster document, and the headers of the SIP message that it is the body of.
inline constexpr std::size_t kPayloadBytesMax = Limits{}.bytes_max + std::size_t{16} * 1024;
// Of one on the lane `control`.
inline constexpr std::size_t kControlBytesMax = 1'024;

struct Frame {
  Lane lane = Lane::control;
  std::string_view payload;
  friend bool operator==(const Frame&, const Frame&) = default;
};

enum class FrameError : std::uint8_t {
  no_lane,   // there is none of that number, or it is not open yet
  too_long,  // kPayloadBytesMax, kControlBytesMax
};

// Cuts what comes on a link into frames.
class FrameReader {
 public:
  // The next frame, taken off `bytes`, of which it may be only the end. Its payload is good until
  // the next call. Nothing: all of `bytes` is taken and more is needed, or what stands there is no
  // frame (error()), and nothing will ever be.
  std::optional<Frame> next(std::string_view& bytes);

  // Until this is called, a frame that is not on the lane `control` is an error.
  void open_lanes() { last_ = Lane::relay; }

  std::optional<FrameError> error() const { return error_; }
  std::size_t unfinished_bytes() const { return unfinished_.size(); }

 private:
  // What a frame with this header has in bytes, header included; or it is none.
  std::optional<std::size_t> size_of(std::string_view header);
  bool complete(std::string_view& bytes, std::size_t size);

  std::string unfinished_;
  bool handed_out_ = false;  // the frame in `unfinished_`
  Lane last_ = Lane::control;
  std::optional<FrameError> error_;
};

// `bytes` is at most kPayloadBytesMax, with the number in front of it if there is one.
void append_frame(std::string& out, Lane lane, std::string_view payload);
void append_directed(std::string& out, std::uint64_t number, std::string_view said);

// --- control -------------------------------------------------------------------------------------

// Who speaks, and to whom it means to: incarnations. What it had received of what the other told
// it in earlier links: the number of the latest payload on the lane `directed`. `link` numbers the
// links that the one who opens them opens to the other; the answer has the same.
struct Hello {
  std::uint16_t format = kFrameFormat;  // of another one nothing else is known
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t link = 0;
  std::uint64_t received = 0;
  std::string_view svr_id;
  friend bool operator==(const Hello&, const Hello&) = default;
};
struct Ping {
  friend bool operator==(const Ping&, const Ping&) = default;
};
// All on the lane `directed` up to this number came.
struct Acknowledged {
  std::uint64_t number = 0;
  friend bool operator==(const Acknowledged&, const Acknowledged&) = default;
};
using Control = std::variant<Hello, Ping, Acknowledged>;

// Views are of `payload`. Nothing: it is none.
std::optional<Control> read_control(std::string_view payload);
void append_control(std::string& out, const Control& control);

struct Directed {
  std::uint64_t number = 0;
  std::string_view said;
};
std::optional<Directed> read_directed(std::string_view payload);

}  // namespace muster::cluster
