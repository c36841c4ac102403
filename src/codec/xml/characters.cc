#include "codec/xml/characters.h"

#include <cstdint>

namespace muster::xml {
namespace {

std::size_t sequence_bytes(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// XML 1.0 section 2.2, production Char; surrogates do not come here.
constexpr bool is_xml_character(char32_t c) {
  return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c != 0xFFFE && c != 0xFFFF);
}

}  // namespace

std::optional<char32_t> next_character(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<std::uint8_t>(text[at]);
  const std::size_t bytes = sequence_bytes(lead);
  if (bytes == 0 || bytes > text.size() - at) return std::nullopt;
  char32_t c = bytes == 1 ? lead : lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<std::uint8_t>(text[at + i]);
    if ((next & 0xC0U) != 0x80U) return std::nullopt;
    c = (c << 6U) | (next & 0x3FU);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // by length; less is overlong
  const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
  if (c < kLeast[bytes] || surrogate || c > 0x10FFFF) return std::nullopt;
  at += bytes;
  return c;
}

void append_utf8(std::string& out, char32_t character) {
  const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
  const auto tail = [&](unsigned shift) { out += byte(0x80U | ((character >> shift) & 0x3FU)); };
  if (character < 0x80) {
    out += byte(character);
  } else if (character < 0x800) {
    out += byte(0xC0U | (character >> 6U));
    tail(0);
  } else if (character < 0x10000) {
    out += byte(0xE0U | (character >> 12U));
    tail(6);
    tail(0);
  } else {
    out += byte(0xF0U | (character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (!next_character(text, at)) return false;
  }
  return true;
}

bool is_xml_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::optional<char32_t> c = next_character(text, at);
    if (!c || !is_xml_character(*c)) return false;
  }
  return true;
}

bool looks_like_utf16(std::string_view document) {
  return document.starts_with("\xfe\xff") || document.starts_with("\xff\xfe") ||
         document.substr(0, 2).find('\0') != std::string_view::npos;
}

}  // namespace muster::xml
