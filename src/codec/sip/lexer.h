// The lexical floor of the SIP grammar (RFC 3261 section 25.1): classes of characters, linear white
// space with its folds, tokens and quoted strings. Views in, views out; total on any bytes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace muster::sip {

// The productions of section 25.1 that are sets of characters, as bits; %HH counts for itself in
// none of them.
inline constexpr unsigned kToken = 1 << 0;
inline constexpr unsigned kWord = 1 << 1;           // Call-ID
inline constexpr unsigned kParamValue = 1 << 2;     // gen-value but quoted-string: token or host
inline constexpr unsigned kUserChar = 1 << 3;       // user: unreserved and user-unreserved
inline constexpr unsigned kPasswordChar = 1 << 4;   // password
inline constexpr unsigned kUriParamChar = 1 << 5;   // paramchar
inline constexpr unsigned kUriHeaderChar = 1 << 6;  // hnv-unreserved and unreserved
inline constexpr unsigned kUricChar = 1 << 7;       // reserved and unreserved
inline constexpr unsigned kSchemeChar = 1 << 8;
inline constexpr unsigned kHostChar = 1 << 9;  // hostname and IPv4address

namespace lexer_detail {
constexpr std::array<std::uint16_t, 256> make_classes() {
  std::array<std::uint16_t, 256> classes{};
  const auto add = [&classes](std::string_view characters, unsigned bits) {
    for (const char c : characters) {
      std::uint16_t& entry = classes[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint16_t>(entry | bits);
    }
  };
  const unsigned uri = kUserChar | kPasswordChar | kUriParamChar | kUriHeaderChar | kUricChar;
  for (int c = 0; c < 128; ++c) {
    const char character = static_cast<char>(c);
    if (!is_alpha(character) && !is_digit(character)) continue;
    add(std::string_view(&character, 1),
        kToken | kWord | kParamValue | kSchemeChar | kHostChar | uri);
  }
  add("-.!%*_+`'~", kToken | kWord | kParamValue);
  add("()<>:\\\"/[]?{}", kWord);
  add("[]:", kParamValue);
  add("-_.!~*'()", uri);  // mark
  add("&=+$,;?/", kUserChar);
  add("&=+$,", kPasswordChar);
  add("[]/:&+$", kUriParamChar);
  add("[]/?:+$", kUriHeaderChar);
  add(";/?:@&=+$,", kUricChar);
  add("+-.", kSchemeChar);
  add("-.", kHostChar);
  return classes;
}
inline constexpr std::array<std::uint16_t, 256> kClasses = make_classes();
}  // namespace lexer_detail

constexpr bool is_in(char c, unsigned classes) {
  return (lexer_detail::kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}
constexpr bool is_wsp(char c) {
  return c == ' ' || c == '\t';
}

// The offset of the first byte below 0x0e (CR, LF, NUL and other control characters) at or after
// `from`, or the size: eight bytes at a step, since most values hold none.
inline std::size_t find_low_byte(std::string_view text, std::size_t from) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  std::size_t at = from;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    // The high bit of each byte below 0x0e; the lowest such bit is never a false one.
    const std::uint64_t low = (word - kOnes * 0x0e) & ~word & (kOnes * 0x80);
    if (low == 0) continue;
    if constexpr (std::endian::native == std::endian::little) {
      return at + static_cast<std::size_t>(std::countr_zero(low)) / 8;
    }
    break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x0e)
    ++at;
  return at;
}

// Whether `text` holds a CR or LF; whether it holds a CR, LF or NUL.
bool has_line_break(std::string_view text);
bool breaks_a_row(std::string_view text);

// Whether `text` is one or more characters of `classes`.
bool is_all(std::string_view text, unsigned classes);
inline bool is_token(std::string_view text) {
  return is_all(text, kToken);
}

// Without white space and folds at its ends.
inline std::string_view trim_lws(std::string_view text) {
  const auto is_lws_byte = [](char c) { return is_wsp(c) || c == '\r' || c == '\n'; };
  std::size_t from = 0;
  std::size_t end = text.size();
  while (from < end && is_lws_byte(text[from]))
    ++from;
  while (end > from && is_lws_byte(text[end - 1]))
    --end;
  return text.substr(from, end - from);
}

// Appends `text` with each fold replaced by one SP (RFC 3261 section 7.3.1): no CR or LF remains,
// not even if `text` holds bare ones.
void append_unfolded(std::string& out, std::string_view text);

// Appends what a quoted-string says: without its quotes, backslashes and folds. `quoted` begins and
// ends with a quote (Cursor::take_quoted).
void append_unquoted(std::string& out, std::string_view quoted);

// Appends `text` as a quoted-string; CR and LF, which cannot be escaped, become SP.
void append_quoted(std::string& out, std::string_view text);

// Reads a header value from left to right. Each take_ gives an empty view, and does not move, if
// what it looks for is not there.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  std::size_t offset() const { return at_; }
  std::string_view rest() const { return text_.substr(at_); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool eat(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void advance(std::size_t bytes) { at_ += bytes; }

  // LWS = [*WSP CRLF] 1*WSP, any number of times; true if there was some.
  bool skip_lws() {
    // Most separators have no white space around them.
    if (at_ == text_.size() || static_cast<unsigned char>(text_[at_]) > ' ') return false;
    const std::size_t from = at_;
    while (at_ < text_.size()) {
      if (is_wsp(text_[at_])) {
        ++at_;
      } else if (text_[at_] == '\r' && is_fold(at_)) {
        at_ += 3;
      } else {
        break;
      }
    }
    return at_ != from;
  }

  // SWS "c" SWS.
  bool eat_separator(char c) {
    if (at_ == text_.size()) return false;
    const std::size_t from = at_;
    if (text_[at_] != c) {
      skip_lws();
      if (at_ == text_.size() || text_[at_] != c) {
        at_ = from;
        return false;
      }
    }
    ++at_;
    skip_lws();
    return true;
  }

  std::string_view take(unsigned classes) {
    const std::size_t from = at_;
    while (at_ < text_.size() && is_in(text_[at_], classes))
      ++at_;
    return text_.substr(from, at_ - from);
  }
  std::string_view take_token() { return take(kToken); }

  // A quoted-string with its quotes.
  std::string_view take_quoted();

 private:
  bool is_fold(std::size_t at) const {
    return at + 2 < text_.size() && text_[at + 1] == '\n' && is_wsp(text_[at + 2]);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Steps over the comma-separated elements of one header row, minding quoted strings and angle
// brackets. An empty row has no elements; between two commas there is an empty one, which no
// element's grammar allows.
class ListCursor {
 public:
  ListCursor() = default;
  explicit ListCursor(std::string_view row) : rest_(row), done_(row.empty()) {}
  // The next element without white space around it.
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
  bool done_ = true;
};

}  // namespace muster::sip
