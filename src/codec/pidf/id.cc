#include "codec/pidf/id.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/ascii.h"
#include "base/check.h"
#include "codec/xml/characters.h"

namespace muster::pidf {
namespace {

constexpr std::string_view kMark = "_x";  // of an escape, which an underscore ends

constexpr bool may_begin_id(char c) {
  return is_alpha(c) || c == '_';
}
constexpr bool may_be_in_id(char c) {
  return may_begin_id(c) || is_digit(c) || c == '-' || c == '.';
}

void append_escape(std::string& out, char32_t c) {
  const int digits = c > 0xFFFF ? 6 : 4;
  out += kMark;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += "0123456789ABCDEF"[(c >> static_cast<unsigned>(shift)) & 0xFU];
  }
  out += '_';
}

// The character whose escape `text` begins with, and how long that is.
struct Escape {
  char32_t character;
  std::size_t bytes;
};
std::optional<Escape> read_escape(std::string_view text) {
  if (!text.starts_with(kMark)) return std::nullopt;
  const std::size_t end = text.find('_', kMark.size());
  const bool fits = end == kMark.size() + 4 || end == kMark.size() + 6;
  if (!fits) return std::nullopt;
  const auto code = parse_number<std::uint32_t>(text.substr(kMark.size(), end - kMark.size()), 16);
  const bool surrogate = code && *code >= 0xD800 && *code <= 0xDFFF;
  if (!code || *code > 0x10FFFF || surrogate) return std::nullopt;
  return Escape{*code, end + 1};
}

}  // namespace

bool is_id(std::string_view text) {
  return !text.empty() && may_begin_id(text.front()) &&
         std::all_of(text.begin(), text.end(), may_be_in_id);
}

std::string to_id(std::string_view prefix, std::string_view text) {
  MUSTER_CHECK(is_id(prefix));
  std::string id(prefix);
  for (std::size_t at = 0; at < text.size();) {
    const bool mark = text.substr(at).starts_with(kMark);
    if (may_be_in_id(text[at]) && !mark) {
      id += text[at++];
      continue;
    }
    const std::optional<char32_t> c = xml::next_character(text, at);
    MUSTER_CHECK(c.has_value());
    append_escape(id, *c);
  }
  return id;
}

std::string from_id(std::string_view rest) {
  std::string text;
  for (std::size_t at = 0; at < rest.size();) {
    if (const auto escape = read_escape(rest.substr(at))) {
      xml::append_utf8(text, escape->character);
      at += escape->bytes;
    } else {
      text += rest[at++];
    }
  }
  return text;
}

}  // namespace muster::pidf
