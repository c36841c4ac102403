// Header rows found in bytes: the one place that knows where a row ends, shared by the parser, the
// framer, peek and multipart, so that they cannot disagree (RFC 3261 sections 7.3.1 and 25.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/sip/lexer.h"

namespace muster::sip {

// Nothing if the line at `from` does not end in CRLF, else the offset of that CRLF; `bare` is set
// if a CR or LF of its own comes first.
inline std::size_t find_line_end(std::string_view bytes, std::size_t from, bool& bare) {
  bare = false;
  std::size_t at = find_low_byte(bytes, from);
  for (; at < bytes.size(); at = find_low_byte(bytes, at + 1)) {
    if (bytes[at] == '\r') {
      // A CR as the last byte may yet be followed by its LF.
      if (at + 1 == bytes.size()) return std::string_view::npos;
      if (bytes[at + 1] == '\n') return at;
      bare = true;
      return std::string_view::npos;
    }
    if (bytes[at] == '\n') {
      bare = true;
      return std::string_view::npos;
    }
  }
  return std::string_view::npos;
}

struct RawRow {
  std::string_view name;
  std::string_view value;  // without white space and folds at its ends
  bool well_formed = false;
};

class RowScanner {
 public:
  enum class Found : std::uint8_t {
    row,
    empty_line,  // the section ends; offset() is behind it
    unfinished,  // the bytes end before the section does
    bare_line_break,
  };

  // `at` is the offset of the first row in `bytes`.
  RowScanner(std::string_view bytes, std::size_t at) : bytes_(bytes), at_(at) {}

  std::size_t offset() const { return at_; }

  Found next(RawRow& row) {
    if (bytes_.substr(at_, 2) == "\r\n") {
      at_ += 2;
      return Found::empty_line;
    }
    std::size_t end = at_;
    bool bare = false;
    while (true) {
      end = find_line_end(bytes_, end, bare);
      if (end == std::string_view::npos) {
        return bare ? Found::bare_line_break : Found::unfinished;
      }
      if (end + 2 == bytes_.size() || !is_wsp(bytes_[end + 2])) break;
      end += 2;  // a fold: the row goes on
    }
    split(bytes_.substr(at_, end - at_), row);
    at_ = end + 2;
    return Found::row;
  }

 private:
  // header-name HCOLON header-value
  static void split(std::string_view line, RawRow& row) {
    std::size_t name_end = 0;
    while (name_end < line.size() && is_in(line[name_end], kToken))
      ++name_end;
    std::size_t colon = name_end;
    while (colon < line.size() && is_wsp(line[colon]))
      ++colon;
    row.well_formed = name_end != 0 && colon < line.size() && line[colon] == ':';
    row.name = line.substr(0, name_end);
    row.value = row.well_formed ? trim_lws(line.substr(colon + 1)) : std::string_view();
  }

  std::string_view bytes_;
  std::size_t at_;
};

// The offset behind the CRLFs that a stream, and a generous peer, may put before a start line
// (section 7.5).
inline std::size_t skip_line_breaks(std::string_view bytes) {
  std::size_t at = 0;
  while (bytes.substr(at, 2) == "\r\n")
    at += 2;
  return at;
}

// "SIP/2.0 200 OK" and "sip/2.0 ...": a method is a token and has no slash.
inline bool begins_as_status_line(std::string_view line) {
  return equals_ignoring_case(line.substr(0, 4), "SIP/");
}

}  // namespace muster::sip
