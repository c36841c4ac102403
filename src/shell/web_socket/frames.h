// The frames of a WebSocket as a server has it (RFC 6455 sections 5 to 7): bytes in, whole messages
// out, and the other way. Written over wslay; no socket.
//
// Pings are answered, fragments joined, a close frame is answered. What breaks a rule is answered
// by a close frame with the code that section 7.4.1 has for it, and nothing is read behind it: 1002
// for frames that are none, or not masked, 1003 for binary messages (RFC 7395 section 3.2), 1007
// for what is not UTF-8, 1009 for a message of more than `message_bytes_max`, or of more than
// kFragmentsMax fragments.
//
// Memory. wslay's state for a link is 9.4 KB, and some 96 bytes for each fragment besides what is
// in it. A link has one only between the first and the last byte of a message; all others share
// that of their shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct wslay_event_context;
struct wslay_frame_context;

namespace muster {

enum class CloseCode : std::uint16_t { normal = 1000 };

// wslay's state of reading; it may move to another thread between two steps.
class FrameReading {
 public:
  FrameReading();
  ~FrameReading();
  FrameReading(const FrameReading&) = delete;
  FrameReading& operator=(const FrameReading&) = delete;

 private:
  friend class FrameReader;
  friend struct FrameCallbacks;
  using Take = std::function<void(std::string_view)>;

  struct Freed {
    void operator()(wslay_event_context* context) const;
  };
  std::unique_ptr<wslay_event_context, Freed> context_;
  std::string_view in_;
  std::string* out_ = nullptr;
  const Take* take_ = nullptr;
  // Bytes that were read, and those of the frames that began; they are as many between two frames.
  std::uint64_t heard_ = 0;
  std::uint64_t framed_ = 0;
  bool in_message_ = false;  // fragments of it came, the last one did not
  std::size_t fragments_ = 0;
};

// What a shard's links share.
struct FrameScratch {
  std::unique_ptr<FrameReading> reading;
};

// Of one link.
class FrameReader {
 public:
  static constexpr std::size_t kFragmentsMax = 256;

  enum class Went : std::uint8_t {
    on,
    closed,  // by the peer's close frame, or ours: `out` has it, and nothing is read any more
  };
  // Gives each message that is whole to `take`, and appends to `out` what is to be sent.
  Went hear(FrameScratch& scratch, std::string_view bytes, std::size_t message_bytes_max,
            std::string& out, const std::function<void(std::string_view)>& take);

  // True while a part of a frame or message waits for the rest.
  bool unfinished() const { return own_ != nullptr; }

 private:
  std::unique_ptr<FrameReading> own_;
};

// Writes frames; stateless, as ours are never fragmented or masked.
class FrameWriter {
 public:
  FrameWriter();
  ~FrameWriter();
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  void message(std::string& out, std::string_view text);
  void close(std::string& out, CloseCode code);

 private:
  void frame(std::string& out, std::uint8_t opcode, std::string_view payload);

  struct Freed {
    void operator()(wslay_frame_context* context) const;
  };
  std::unique_ptr<wslay_frame_context, Freed> context_;
  std::string* out_ = nullptr;
};

}  // namespace muster
