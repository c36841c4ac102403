#include "codec/sip/media.h"

#include <algorithm>

namespace muster::sip {
namespace {

// How exactly `range` names type/subtype: 0 not at all, 1 by */*, 2 by type/*, 3 by both.
int specificity(const MediaType& range, std::string_view type, std::string_view subtype) {
  if (range.is(type, subtype)) return 3;
  if (range.subtype != "*") return 0;
  if (equals_ignoring_case(range.type, type)) return 2;
  return range.type == "*" ? 1 : 0;
}

}  // namespace

std::optional<MediaType> parse_media_type(std::string_view value) {
  Cursor cursor(value);
  MediaType media;
  media.type = cursor.take_token();
  if (media.type.empty() || !cursor.eat_separator('/')) return std::nullopt;
  media.subtype = cursor.take_token();
  const auto params = Params::take(cursor);
  if (media.subtype.empty() || !params || !cursor.at_end()) return std::nullopt;
  media.params = *params;
  return media;
}

std::optional<std::uint16_t> parse_qvalue(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  std::uint16_t thousandths = text[0] == '1' ? 1000 : 0;
  if (text.size() == 1) return thousandths;
  if (text[1] != '.') return std::nullopt;
  std::uint16_t weight = 100;
  for (const char c : text.substr(2)) {
    if (!is_digit(c)) return std::nullopt;
    thousandths = static_cast<std::uint16_t>(thousandths + (c - '0') * weight);
    weight /= 10;
  }
  if (thousandths > 1000) return std::nullopt;
  return thousandths;
}

std::optional<std::uint16_t> accept_quality(const Message& message, std::string_view type,
                                            std::string_view subtype) {
  if (!message.has(HeaderName::accept)) return std::nullopt;
  int best = 0;
  std::uint16_t quality = 0;
  for (const std::string_view element : message.values(HeaderName::accept)) {
    const auto range = parse_media_type(element);
    if (!range) continue;
    const int match = specificity(*range, type, subtype);
    if (match == 0 || match < best) continue;
    const auto q = range->params.find("q");
    const std::uint16_t wanted = q ? parse_qvalue(q->value).value_or(0) : std::uint16_t{1000};
    quality = match > best ? wanted : std::max(quality, wanted);
    best = match;
  }
  return quality;
}

std::optional<Disposition> parse_disposition(std::string_view value) {
  Cursor cursor(value);
  Disposition disposition;
  disposition.type = cursor.take_token();
  const auto params = Params::take(cursor);
  if (disposition.type.empty() || !params || !cursor.at_end()) return std::nullopt;
  disposition.handling_optional = equals_ignoring_case(params->value("handling"), "optional");
  return disposition;
}

}  // namespace muster::sip
