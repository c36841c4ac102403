#include "codec/sip/peek.h"

#include <algorithm>
#include <cstddef>

#include "codec/sip/header_name.h"
#include "codec/sip/lexer.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/params.h"
#include "codec/sip/rows.h"
#include "codec/sip/via.h"

namespace muster::sip {
namespace {

// The value of the first row of that name.
std::optional<std::string_view> peek_row(std::string_view bytes, HeaderName wanted) {
  bool bare = false;
  const std::size_t line_end = find_line_end(bytes, skip_line_breaks(bytes), bare);
  if (line_end == std::string_view::npos) return std::nullopt;
  RowScanner scanner(bytes, line_end + 2);
  RawRow row;
  while (scanner.next(row) == RowScanner::Found::row) {
    if (row.well_formed && find_header_name(row.name) == wanted) return row.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> peek_uri(std::string_view bytes, HeaderName wanted) {
  const auto value = peek_row(bytes, wanted);
  if (!value) return std::nullopt;
  const auto name_addr = parse_name_addr(*value);
  if (!name_addr) return std::nullopt;
  return name_addr->uri.text;
}

// The branch as almost everybody writes it, empty if it is not. Where neither a quote nor a comma
// comes first, each ";" begins a parameter of the top Via, and what is before need not be read:
// every answer to a request of ours passes here.
std::string_view find_plain_branch(std::string_view row) {
  constexpr std::string_view kBegin = ";branch=";
  const std::size_t at = row.find(kBegin);
  if (at == std::string_view::npos) return {};
  const std::string_view before = row.substr(0, at);
  if (before.find('"') != std::string_view::npos || before.find(',') != std::string_view::npos) {
    return {};
  }
  // Of so many parameters two may be a branch, and the last one counts.
  if (std::count(row.begin(), row.end(), ';') > std::ptrdiff_t{kDistinctParamsMax}) return {};
  return Cursor(row.substr(at + kBegin.size())).take(kParamValue);
}

}  // namespace

bool is_response(std::string_view bytes) {
  return begins_as_status_line(bytes.substr(skip_line_breaks(bytes)));
}

std::optional<std::string_view> peek_from_uri(std::string_view bytes) {
  return peek_uri(bytes, HeaderName::from);
}

std::optional<std::string_view> peek_to_uri(std::string_view bytes) {
  return peek_uri(bytes, HeaderName::to);
}

std::optional<std::string_view> peek_top_via_branch(std::string_view bytes) {
  const auto row = peek_row(bytes, HeaderName::via);
  if (!row) return std::nullopt;
  const std::string_view plain = find_plain_branch(*row);
  if (!plain.empty()) return plain;
  const auto value = ListCursor(*row).next();
  if (!value) return std::nullopt;
  const auto via = parse_via(*value);
  if (!via || via->branch.empty()) return std::nullopt;
  return via->branch;
}

std::optional<std::string_view> peek_call_id(std::string_view bytes) {
  return peek_row(bytes, HeaderName::call_id);
}

}  // namespace muster::sip
