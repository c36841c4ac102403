// Numbers in network order, as STUN and the frames between servers hold them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

template <class Number>
void append_number(std::string& out, Number number) {
  for (std::size_t byte = sizeof number; byte > 0; --byte)
    out.push_back(static_cast<char>(number >> (8 * (byte - 1))));
}

// `bytes` has as many.
template <class Number>
Number take_number(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number = number << 8 | static_cast<std::uint8_t>(bytes[i]);
  bytes.remove_prefix(sizeof(Number));
  return static_cast<Number>(number);
}

}  // namespace muster
