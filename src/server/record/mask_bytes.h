// What one byte is masked by.
#pragma once

#include "base/ascii.h"

namespace muster::record {

// Control characters stay, for they decide whether a text is one; a character of several bytes
// becomes another of as many.
constexpr char mask_byte(char byte, char filling) {
  const auto value = static_cast<unsigned char>(byte);
  if (value < 0x20 || value == 0x7f) return byte;
  if (value < 0x80) return filling;
  if (value < 0xc0) return '\x80';
  if (value < 0xc2 || value > 0xf4) return byte;  // of no character
  if (value < 0xe0) return '\xc3';
  return value < 0xf0 ? '\xe4' : '\xf1';
}

constexpr bool is_base64(char byte) {
  return is_alpha(byte) || is_digit(byte) || byte == '+' || byte == '/';
}

// A bit of nothing.
constexpr char mask_base64_byte(char byte) {
  if (is_base64(byte)) return 'A';
  return byte == '=' || byte == ' ' ? byte : mask_byte(byte, '.');
}

}  // namespace muster::record
