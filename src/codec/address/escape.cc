#include "codec/address/escape.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "base/ascii.h"

namespace muster {
namespace {

// The characters that XEP-0106 section 3.2 escapes, the backslash apart.
constexpr std::string_view kEscaped = " \"&'/:<>@";
constexpr std::string_view kBackslash = "5c";

constexpr char kLowerHex[] = "0123456789abcdef";
constexpr char kUpperHex[] = "0123456789ABCDEF";

void append_hex(std::string& out, char c, const char* digits) {
  const auto byte = static_cast<unsigned char>(c);
  out.push_back(digits[byte >> 4]);
  out.push_back(digits[byte & 15]);
}

// The character that the hexadecimal digits text[at] and text[at + 1] say.
std::optional<char> hex_pair(std::string_view text, std::size_t at) {
  if (at + 2 > text.size()) return std::nullopt;
  const int high = hex_value(text[at]);
  const int low = hex_value(text[at + 1]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

bool is_escaped(char c) {
  return kEscaped.find(c) != std::string_view::npos;
}

// The character of an escape of XEP-0106 that begins at text[at]. Case is significant.
std::optional<char> escape_at(std::string_view text, std::size_t at) {
  if (text[at] != '\\') return std::nullopt;
  const std::optional<char> c = hex_pair(text, at + 1);
  if (!c || !(is_escaped(*c) || *c == '\\')) return std::nullopt;
  for (const char digit : text.substr(at + 1, 2)) {
    if (digit != ascii_lower(digit)) return std::nullopt;
  }
  return c;
}

bool begins_or_ends_with_space(std::string_view text) {
  return text.starts_with(' ') || text.ends_with(' ');
}

// For SIP an escape is \hh of a character that localparts lack, after any number of "5c" that each
// say "not yet": \26 is &, \5c26 is \26, \5c5c26 is \5c26. An escaped space at an end, which must
// not be there, is none. Upper case counts as well, for it will be lowered.
struct Chain {
  bool direct = false;  // \hh itself
  char says = '\0';
};
std::optional<Chain> chain_at(std::string_view text, std::size_t at) {
  if (text[at] != '\\') return std::nullopt;
  std::size_t i = at + 1;
  std::optional<char> c = hex_pair(text, i);
  while (c == '\\') {
    i += kBackslash.size();
    c = hex_pair(text, i);
  }
  if (!c || !is_escaped(*c)) return std::nullopt;
  if (*c == ' ' && (at == 0 || i + 2 == text.size())) return std::nullopt;
  return Chain{i == at + 1, *c};
}

// The bytes that a URI component takes as they are; all others are written %HH.
using PlainBytes = std::array<bool, 256>;
constexpr PlainBytes plain_bytes(std::string_view marks) {
  PlainBytes plain{};
  for (int c = 0; c < 128; ++c) {
    plain[static_cast<unsigned char>(c)] =
        is_alpha(static_cast<char>(c)) || is_digit(static_cast<char>(c));
  }
  for (const char c : marks)
    plain[static_cast<unsigned char>(c)] = true;
  return plain;
}
// RFC 3261 section 25.1: mark and user-unreserved, mark and param-unreserved.
constexpr PlainBytes kPlainInSipUser = plain_bytes("-_.!~*'()&=+$,;?/");
constexpr PlainBytes kPlainInGruu = plain_bytes("-_.!~*'()[]/:&+$");
// RFC 7247 table 1 (atext) and the dot, without what RFC 3986 takes for something else.
constexpr PlainBytes kPlainInPresUser = plain_bytes("!$&'*+-./=_~");

void append_uri_byte(std::string& out, char c, const PlainBytes& plain) {
  if (plain[static_cast<unsigned char>(c)]) {
    out.push_back(c);
  } else {
    append_hex(out += '%', c, kUpperHex);
  }
}

void append_user(std::string& out, std::string_view local, const PlainBytes& plain) {
  for (std::size_t i = 0; i < local.size(); ++i) {
    const auto chain = chain_at(local, i);
    append_uri_byte(out, chain && chain->direct ? chain->says : local[i], plain);
    if (chain) i += kBackslash.size();
  }
}

// `text` without its %hh: itself, or kept in `scratch`.
std::string_view percent_decoded(std::string_view text, std::string& scratch) {
  if (text.find('%') == std::string_view::npos) return text;
  scratch.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = text[i] == '%' ? hex_pair(text, i + 1) : std::nullopt;
    scratch.push_back(c ? *c : text[i]);
    if (c) i += 2;
  }
  return scratch;
}

}  // namespace

Result<std::string, AddressError> escape_localpart(std::string_view name) {
  if (begins_or_ends_with_space(name)) return Failure{AddressError::space_at_edge};
  std::string local;
  local.reserve(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (is_escaped(name[i]) || escape_at(name, i)) {
      append_hex(local += '\\', name[i], kLowerHex);
    } else {
      local.push_back(name[i]);
    }
  }
  return local;
}

std::string unescape_localpart(std::string_view local) {
  std::string name;
  name.reserve(local.size());
  for (std::size_t i = 0; i < local.size(); ++i) {
    const auto c = escape_at(local, i);
    name.push_back(c ? *c : local[i]);
    if (c) i += 2;
  }
  return name;
}

Result<std::string_view, AddressError> localpart_of_sip_user(std::string_view user,
                                                             std::string& scratch) {
  std::string decoded_scratch;
  const std::string_view decoded = percent_decoded(user, decoded_scratch);
  if (begins_or_ends_with_space(decoded)) return Failure{AddressError::space_at_edge};
  const bool plain = std::none_of(decoded.begin(), decoded.end(),
                                  [](char c) { return c == '\\' || is_escaped(c); });
  if (plain && decoded == user) return user;
  scratch.clear();
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    if (is_escaped(decoded[i])) {
      append_hex(scratch += '\\', decoded[i], kLowerHex);
    } else {
      scratch.push_back(decoded[i]);
      if (chain_at(decoded, i)) scratch += kBackslash;
    }
  }
  return std::string_view(scratch);
}

void append_sip_user(std::string& out, std::string_view local) {
  append_user(out, local, kPlainInSipUser);
}

void append_pres_user(std::string& out, std::string_view local) {
  append_user(out, local, kPlainInPresUser);
}

std::string_view resourcepart_of_gruu(std::string_view gr, std::string& scratch) {
  return percent_decoded(gr, scratch);
}

void append_gruu(std::string& out, std::string_view resource) {
  for (const char c : resource)
    append_uri_byte(out, c, kPlainInGruu);
}

}  // namespace muster
