#include "codec/cluster/frame.h"

#include <algorithm>

#include "base/check.h"
#include "base/overloaded.h"
#include "codec/network_order.h"

namespace muster::cluster {
namespace {

// So much memory may stay with a reader whose frame is handed out.
constexpr std::size_t kKeptBytes = std::size_t{16} * 1024;

enum class FrameKind : std::uint8_t { hello = 1, ping = 2, acknowledged = 3 };

void append_header(std::string& out, Lane lane, std::size_t bytes) {
  MUSTER_CHECK(bytes <= (lane == Lane::control ? kControlBytesMax : kPayloadBytesMax));
  append_number(out, static_cast<std::uint32_t>(bytes));
  out.push_back(static_cast<char>(lane));
}

std::optional<Control> read_hello(std::string_view bytes) {
  constexpr std::size_t kNumbers = 4 * sizeof(std::uint64_t);
  Hello hello;
  if (bytes.size() < sizeof hello.format) return std::nullopt;
  hello.format = take_number<std::uint16_t>(bytes);
  if (hello.format != kFrameFormat) return hello;
  if (bytes.size() <= kNumbers) return std::nullopt;
  hello.from = take_number<std::uint64_t>(bytes);
  hello.to = take_number<std::uint64_t>(bytes);
  hello.link = take_number<std::uint64_t>(bytes);
  hello.received = take_number<std::uint64_t>(bytes);
  hello.svr_id = bytes;
  return hello;
}

}  // namespace

// --- reading -------------------------------------------------------------------------------------

std::optional<std::size_t> FrameReader::size_of(std::string_view header) {
  const auto bytes = take_number<std::uint32_t>(header);
  const auto lane = static_cast<std::uint8_t>(header.front());
  if (lane > static_cast<std::uint8_t>(last_)) {
    error_ = FrameError::no_lane;
  } else if (bytes > (lane == 0 ? kControlBytesMax : kPayloadBytesMax)) {
    error_ = FrameError::too_long;
  } else {
    return kFrameHeaderBytes + bytes;
  }
  return std::nullopt;
}

// Until `unfinished_` has `size` bytes.
bool FrameReader::complete(std::string_view& bytes, std::size_t size) {
  if (unfinished_.size() < size) {
    const std::size_t taken = std::min(size - unfinished_.size(), bytes.size());
    unfinished_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
  }
  return unfinished_.size() >= size;
}

std::optional<Frame> FrameReader::next(std::string_view& bytes) {
  if (handed_out_) {
    handed_out_ = false;
    unfinished_.clear();
    if (unfinished_.capacity() > kKeptBytes) unfinished_.shrink_to_fit();
  }
  if (error_) return std::nullopt;
  const auto frame_of = [](std::string_view whole) {
    return Frame{static_cast<Lane>(whole[kFrameHeaderBytes - 1]), whole.substr(kFrameHeaderBytes)};
  };
  if (unfinished_.empty() && bytes.size() >= kFrameHeaderBytes) {
    const auto size = size_of(bytes);
    if (!size) return std::nullopt;
    if (bytes.size() >= *size) {
      const std::string_view whole = bytes.substr(0, *size);
      bytes.remove_prefix(*size);
      return frame_of(whole);
    }
  }
  if (!complete(bytes, kFrameHeaderBytes)) return std::nullopt;
  const auto size = size_of(unfinished_);
  if (!size || !complete(bytes, *size)) return std::nullopt;
  handed_out_ = true;
  return frame_of(unfinished_);
}

std::optional<Control> read_control(std::string_view payload) {
  if (payload.empty()) return std::nullopt;
  const auto kind = static_cast<FrameKind>(payload.front());
  payload.remove_prefix(1);
  if (kind == FrameKind::hello) return read_hello(payload);
  if (kind == FrameKind::ping && payload.empty()) return Ping{};
  if (kind == FrameKind::acknowledged && payload.size() == sizeof Acknowledged::number) {
    return Acknowledged{take_number<std::uint64_t>(payload)};
  }
  return std::nullopt;
}

std::optional<Directed> read_directed(std::string_view payload) {
  if (payload.size() < kDirectedHeaderBytes) return std::nullopt;
  const auto number = take_number<std::uint64_t>(payload);
  return Directed{number, payload};
}

// --- writing -------------------------------------------------------------------------------------

void append_frame(std::string& out, Lane lane, std::string_view payload) {
  append_header(out, lane, payload.size());
  out.append(payload);
}

void append_directed(std::string& out, std::uint64_t number, std::string_view said) {
  append_header(out, Lane::directed, kDirectedHeaderBytes + said.size());
  append_number(out, number);
  out.append(said);
}

void append_control(std::string& out, const Control& control) {
  std::string payload;
  std::visit(Overloaded{
                 [&](const Hello& hello) {
                   payload.push_back(static_cast<char>(FrameKind::hello));
                   append_number(payload, hello.format);
                   for (const auto number : {hello.from, hello.to, hello.link, hello.received})
                     append_number(payload, number);
                   payload.append(hello.svr_id);
                 },
                 [&](const Ping&) { payload.push_back(static_cast<char>(FrameKind::ping)); },
                 [&](const Acknowledged& acknowledged) {
                   payload.push_back(static_cast<char>(FrameKind::acknowledged));
                   append_number(payload, acknowledged.number);
                 },
             },
             control);
  append_frame(out, Lane::control, payload);
}

}  // namespace muster::cluster
