#include "codec/sip/framer.h"

#include <algorithm>

#include "base/ascii.h"
#include "codec/sip/header_name.h"
#include "codec/sip/rows.h"

namespace muster::sip {

using Kind = Frame::Kind;

namespace {

// Content-Length or l: spares most rows the search for their name.
constexpr bool may_be_content_length(char first) {
  return ascii_lower(first) == 'c' || ascii_lower(first) == 'l';
}

}  // namespace

Frame Framer::fail(Kind kind, std::size_t size) {
  failed_ = {kind, size};
  return failed_;
}

Frame Framer::next(std::string_view unconsumed) {
  if (failed_.is_error()) return failed_;
  if (message_bytes_ == 0) {
    if (unconsumed.empty()) return {};
    const char first = unconsumed.front();
    if (first == '\r' || first == '\n') return take_line_break(unconsumed);
    const Frame frame = find_end(unconsumed);
    if (message_bytes_ == 0) return frame;
  }
  if (unconsumed.size() < message_bytes_) return {};
  const Frame message{Kind::message, message_bytes_};
  scanned_ = 0;
  message_bytes_ = 0;
  after_line_break_ = false;
  return message;
}

Frame Framer::take_line_break(std::string_view unconsumed) {
  if (unconsumed.size() == 1 && unconsumed.front() == '\r') return {};
  if (!unconsumed.starts_with("\r\n")) return fail(Kind::malformed);
  after_line_break_ = !after_line_break_;
  return {after_line_break_ ? Kind::line_break : Kind::ping, 2};
}

// Looks for the empty line in what was not looked at before, then measures.
Frame Framer::find_end(std::string_view unconsumed) {
  static constexpr std::string_view kEmptyLine = "\r\n\r\n";
  const std::string_view window = unconsumed.substr(0, limits_.header_section_bytes_max);
  // The empty line may have begun in the last three bytes of what was seen.
  std::size_t at = scanned_ - std::min(scanned_, kEmptyLine.size() - 1);
  while ((at = find_low_byte(window, at)) < window.size()) {
    if (window.substr(at, kEmptyLine.size()) == kEmptyLine) {
      return measure(window.substr(0, at + kEmptyLine.size()));
    }
    at += window.substr(at, 2) == "\r\n" ? 2u : 1u;
  }
  scanned_ = window.size();
  return window.size() == limits_.header_section_bytes_max ? fail(Kind::header_section_too_large)
                                                           : Frame{};
}

Frame Framer::measure(std::string_view header_section) {
  bool bare = false;
  const std::size_t line_end = find_line_end(header_section, 0, bare);
  if (line_end == std::string_view::npos) return fail(Kind::malformed);
  RowScanner scanner(header_section, line_end + 2);
  RawRow row;
  std::string_view length_text;
  std::size_t lengths = 0;
  RowScanner::Found found{};
  while ((found = scanner.next(row)) == RowScanner::Found::row) {
    if (!row.well_formed || !may_be_content_length(row.name.front())) continue;
    if (find_header_name(row.name) != HeaderName::content_length) continue;
    length_text = row.value;
    ++lengths;
  }
  if (found != RowScanner::Found::empty_line) return fail(Kind::malformed);
  if (lengths == 0) return fail(Kind::content_length_missing, header_section.size());
  const auto length = parse_number<std::uint64_t>(length_text);
  if (lengths > 1 || !length) return fail(Kind::content_length_malformed, header_section.size());
  if (*length > limits_.body_bytes_max) return fail(Kind::body_too_large, header_section.size());
  message_bytes_ = header_section.size() + *length;
  return {};
}

}  // namespace muster::sip
