#include "codec/sip/multipart.h"

#include <algorithm>

#include "codec/sip/rows.h"

namespace muster::sip {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

// boundary := 0*69<bchars> bcharsnospace
bool is_boundary(std::string_view text) {
  static constexpr std::string_view kMarks = "'()+_,-./:=? ";
  return !text.empty() && text.size() <= kBoundaryBytesMax && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_alpha(c) || is_digit(c) || kMarks.find(c) != std::string_view::npos;
         });
}

std::string param_text(const MediaType& type, std::string_view name) {
  const auto param = type.params.find(name);
  if (!param) return {};
  std::string buffer;
  return std::string(param->text(buffer));
}

}  // namespace

std::optional<std::string_view> Part::header(HeaderName name) const {
  RowScanner scanner(header_section, 0);
  RawRow row;
  while (scanner.next(row) == RowScanner::Found::row) {
    if (row.well_formed && find_header_name(row.name) == name) return row.value;
  }
  return std::nullopt;
}

std::optional<MediaType> Part::content_type() const {
  const auto value = header(HeaderName::content_type);
  return value ? parse_media_type(*value) : MediaType{"text", "plain", {}};
}

std::optional<Multipart> Multipart::open(const MediaType& type, std::string_view body) {
  if (!equals_ignoring_case(type.type, "multipart")) return std::nullopt;
  const std::string boundary = param_text(type, "boundary");
  if (!is_boundary(boundary)) return std::nullopt;
  return Multipart("--" + boundary, body);
}

// delimiter := CRLF dash-boundary, then "--" if it closes, then *LWSP-char CRLF. The first may
// stand at the beginning of the body, and the last at its end.
std::optional<Multipart::Delimiter> Multipart::find_delimiter(std::size_t from) const {
  std::size_t at = from;
  while ((at = body_.find(boundary_, at)) != std::string_view::npos) {
    const bool begins_line =
        at == 0 || at == from || (at >= 2 && body_.substr(at - 2, 2) == kLineEnd);
    std::size_t end = at + boundary_.size();
    const bool closing = body_.substr(end, 2) == "--";
    if (closing) end += 2;
    while (end < body_.size() && is_wsp(body_[end]))
      ++end;
    const bool ends_line = body_.substr(end, 2) == kLineEnd;
    if (begins_line && (ends_line || (closing && end == body_.size()))) {
      const std::size_t part_end = at >= from + 2 ? at - 2 : from;
      return Delimiter{part_end, ends_line ? end + 2 : end, closing};
    }
    ++at;
  }
  return std::nullopt;
}

std::optional<Part> Multipart::next() {
  if (done_) return std::nullopt;
  if (!started_) {
    started_ = true;
    const auto first = find_delimiter(0);
    if (!first || first->closing) {
      done_ = true;
      complete_ = first.has_value();
      return std::nullopt;
    }
    at_ = first->next_line;
  }
  if (parts_ == kPartsMax) {
    done_ = true;
    return std::nullopt;
  }
  const auto delimiter = find_delimiter(at_);
  const std::size_t end = delimiter ? delimiter->part_end : body_.size();
  const std::string_view whole = body_.substr(at_, end - at_);
  Part part;
  if (whole.starts_with(kLineEnd)) {
    part.body = whole.substr(2);
  } else if (const auto gap = whole.find("\r\n\r\n"); gap != std::string_view::npos) {
    part.header_section = whole.substr(0, gap + 2);
    part.body = whole.substr(gap + 4);
  } else {
    // Rows only: the CRLF of the last belongs to the delimiter.
    part.header_section = body_.substr(at_, end + 2 - at_);
  }
  done_ = !delimiter || delimiter->closing;
  complete_ = delimiter && delimiter->closing;
  if (delimiter) at_ = delimiter->next_line;
  ++parts_;
  return part;
}

std::string related_start(const MediaType& type) {
  return param_text(type, "start");
}

}  // namespace muster::sip
