#include "shell/web_socket/frames.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace muster {

// --- reading -------------------------------------------------------------------------------------

struct FrameCallbacks {
  static FrameReading& of(void* self) { return *static_cast<FrameReading*>(self); }

  static ssize_t recv(wslay_event_context* context, std::uint8_t* buffer, std::size_t bytes, int,
                      void* self) {
    FrameReading& reading = of(self);
    const std::size_t taken = std::min(bytes, reading.in_.size());
    if (taken == 0) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    std::memcpy(buffer, reading.in_.data(), taken);
    reading.in_.remove_prefix(taken);
    reading.heard_ += taken;
    return static_cast<ssize_t>(taken);
  }

  static ssize_t send(wslay_event_context*, const std::uint8_t* data, std::size_t bytes, int,
                      void* self) {
    of(self).out_->append(reinterpret_cast<const char*>(data), bytes);
    return static_cast<ssize_t>(bytes);
  }

  static void frame_starts(wslay_event_context* context,
                           const wslay_event_on_frame_recv_start_arg* frame, void* self) {
    FrameReading& reading = of(self);
    constexpr std::size_t kMaskBytes = 4;
    const std::size_t length_bytes = frame->payload_length < 126       ? 0
                                     : frame->payload_length <= 0xffff ? 2
                                                                       : 8;
    reading.framed_ += 2 + length_bytes + kMaskBytes + frame->payload_length;
    if (wslay_is_ctrl_frame(frame->opcode)) return;
    reading.fragments_ = reading.in_message_ ? reading.fragments_ + 1 : 1;
    reading.in_message_ = frame->fin == 0;
    if (frame->opcode == WSLAY_BINARY_FRAME) {
      refuse(context, WSLAY_CODE_UNSUPPORTED_DATA);
    } else if (reading.fragments_ > FrameReader::kFragmentsMax) {
      refuse(context, WSLAY_CODE_MESSAGE_TOO_BIG);
    }
  }

  // Nothing is read behind it.
  static void refuse(wslay_event_context* context, std::uint16_t code) {
    wslay_event_queue_close(context, code, nullptr, 0);
    wslay_event_shutdown_read(context);
  }

  static void message_came(wslay_event_context* context, const wslay_event_on_msg_recv_arg* message,
                           void* self) {
    if (message->opcode != WSLAY_TEXT_FRAME || wslay_event_get_read_enabled(context) == 0) return;
    (*of(self).take_)({reinterpret_cast<const char*>(message->msg), message->msg_length});
  }
};

void FrameReading::Freed::operator()(wslay_event_context* context) const {
  wslay_event_context_free(context);
}

FrameReading::FrameReading() {
  wslay_event_callbacks callbacks{};
  callbacks.recv_callback = FrameCallbacks::recv;
  callbacks.send_callback = FrameCallbacks::send;
  callbacks.on_frame_recv_start_callback = FrameCallbacks::frame_starts;
  callbacks.on_msg_recv_callback = FrameCallbacks::message_came;
  wslay_event_context* context = nullptr;
  MUSTER_CHECK(wslay_event_context_server_init(&context, &callbacks, this) == 0);
  context_.reset(context);
}

FrameReading::~FrameReading() = default;

namespace {

// In place of the close frame without a code that wslay says then.
void say_protocol_error(std::string& out) {
  constexpr std::string_view kNoCode("\x88\x00", 2);
  if (out.ends_with(kNoCode)) out.resize(out.size() - kNoCode.size());
  out.append("\x88\x02\x03\xea");  // 1002
}

}  // namespace

FrameReader::Went FrameReader::hear(FrameScratch& scratch, std::string_view bytes,
                                    std::size_t message_bytes_max, std::string& out,
                                    const std::function<void(std::string_view)>& take) {
  std::unique_ptr<FrameReading> reading = std::move(own_);
  if (reading == nullptr) reading = std::move(scratch.reading);
  if (reading == nullptr) reading = std::make_unique<FrameReading>();
  reading->in_ = bytes;
  reading->out_ = &out;
  reading->take_ = &take;
  wslay_event_context* context = reading->context_.get();
  wslay_event_config_set_max_recv_msg_length(context, message_bytes_max);
  // What is no frame is a failure of a callback to wslay, which ours never are.
  const int read = wslay_event_recv(context);
  MUSTER_CHECK(read == 0 || read == WSLAY_ERR_CALLBACK_FAILURE);
  MUSTER_CHECK(wslay_event_send(context) == 0);
  if (read != 0) say_protocol_error(out);
  if (read != 0 || wslay_event_get_read_enabled(context) == 0) return Went::closed;
  const bool whole = reading->heard_ == reading->framed_ && !reading->in_message_;
  (whole ? scratch.reading : own_) = std::move(reading);
  return Went::on;
}

// --- writing -------------------------------------------------------------------------------------

namespace {

ssize_t append(const std::uint8_t* data, std::size_t bytes, int, void* out) {
  (*static_cast<std::string**>(out))->append(reinterpret_cast<const char*>(data), bytes);
  return static_cast<ssize_t>(bytes);
}

}  // namespace

void FrameWriter::Freed::operator()(wslay_frame_context* context) const {
  wslay_frame_context_free(context);
}

FrameWriter::FrameWriter() {
  wslay_frame_callbacks callbacks{};
  callbacks.send_callback = append;
  wslay_frame_context* context = nullptr;
  MUSTER_CHECK(wslay_frame_context_init(&context, &callbacks, &out_) == 0);
  context_.reset(context);
}

FrameWriter::~FrameWriter() = default;

void FrameWriter::message(std::string& out, std::string_view text) {
  frame(out, WSLAY_TEXT_FRAME, text);
}

void FrameWriter::close(std::string& out, CloseCode code) {
  const auto number = static_cast<std::uint16_t>(code);
  const std::array<char, 2> payload = {static_cast<char>(number >> 8),
                                       static_cast<char>(number & 0xff)};
  frame(out, WSLAY_CONNECTION_CLOSE, {payload.data(), payload.size()});
}

void FrameWriter::frame(std::string& out, std::uint8_t opcode, std::string_view payload) {
  out_ = &out;
  wslay_frame_iocb frame{};
  frame.fin = 1;
  frame.opcode = opcode;
  frame.payload_length = payload.size();
  frame.data = reinterpret_cast<const std::uint8_t*>(payload.data());
  frame.data_length = payload.size();
  const ssize_t said = wslay_frame_send(context_.get(), &frame);
  MUSTER_CHECK(said >= 0 && static_cast<std::size_t>(said) == payload.size());
}

}  // namespace muster
