// Frames of a WebSocket as a client writes them, and reads ours (RFC 6455 section 5): by hand, so
// that they can be wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::testing {

inline constexpr std::uint8_t kContinuation = 0;
inline constexpr std::uint8_t kText = 1;
inline constexpr std::uint8_t kBinary = 2;
inline constexpr std::uint8_t kCloseFrame = 8;
inline constexpr std::uint8_t kPing = 9;
inline constexpr std::uint8_t kPong = 10;

struct FrameRules {
  bool fin = true;
  bool masked = true;
  std::uint8_t reserved = 0;
};

inline std::string length_of(std::size_t bytes, bool masked) {
  const auto mask_bit = static_cast<char>(masked ? 0x80 : 0);
  std::string text;
  if (bytes < 126) {
    text += static_cast<char>(mask_bit | static_cast<char>(bytes));
    return text;
  }
  const int width = bytes <= 0xffff ? 2 : 8;
  text += static_cast<char>(mask_bit | static_cast<char>(width == 2 ? 126 : 127));
  for (int i = width - 1; i >= 0; --i)
    text += static_cast<char>((bytes >> (8 * i)) & 0xff);
  return text;
}

inline std::string peer_frame(std::uint8_t opcode, std::string_view payload,
                              FrameRules rules = {}) {
  std::string frame;
  frame += static_cast<char>((rules.fin ? 0x80 : 0) | rules.reserved << 4 | opcode);
  frame += length_of(payload.size(), rules.masked);
  if (!rules.masked) return frame.append(payload);
  constexpr std::string_view kMask = "\x11\xa2\x33\xf4";
  frame += kMask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return frame;
}

inline std::string peer_message(std::string_view text) {
  return peer_frame(kText, text);
}

// "text:hello", "close:1000", "pong:x", in order; "?" where what is left is no whole frame.
inline std::vector<std::string> server_frames(std::string_view bytes) {
  std::vector<std::string> frames;
  while (!bytes.empty()) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    const std::size_t unmasked = bytes.size() < 2 ? 127 : at(1);
    const std::size_t width = unmasked == 126 ? 2 : unmasked == 127 ? 8 : 0;
    if (bytes.size() < 2 + width) {
      frames.emplace_back("?");
      return frames;
    }
    std::size_t size = unmasked;
    if (width > 0) size = 0;
    for (std::size_t i = 0; i < width; ++i)
      size = size << 8 | at(2 + i);
    if (bytes.size() < 2 + width + size) {
      frames.emplace_back("?");
      return frames;
    }
    const std::string payload(bytes.substr(2 + width, size));
    switch (at(0)) {
      case 0x80 | kText: frames.push_back("text:" + payload); break;
      case 0x80 | kPong: frames.push_back("pong:" + payload); break;
      case 0x80 | kCloseFrame:
        frames.push_back("close:" + (size < 2 ? "" : std::to_string(at(2) << 8 | at(3))));
        break;
      default: frames.emplace_back("??"); break;
    }
    bytes.remove_prefix(2 + width + size);
  }
  return frames;
}

}  // namespace muster::testing
