// Media types: Content-Type, Accept, Content-Disposition (RFC 3261 sections 20.1, 20.11, 20.15),
// views.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "codec/sip/message.h"
#include "codec/sip/params.h"

namespace muster::sip {

struct MediaType {
  std::string_view type;     // "application"
  std::string_view subtype;  // "pidf+xml"
  Params params;

  // Types and subtypes are case-insensitive.
  bool is(std::string_view wanted_type, std::string_view wanted_subtype) const {
    return equals_ignoring_case(type, wanted_type) && equals_ignoring_case(subtype, wanted_subtype);
  }
};

// Also reads an accept-range: type or subtype may be "*".
std::optional<MediaType> parse_media_type(std::string_view value);

// "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3("0") ] in thousandths.
std::optional<std::uint16_t> parse_qvalue(std::string_view text);

// How well the sender likes type/subtype by its Accept, in thousandths; 0 if not at all. The most
// specific range decides, the best of equally specific ones; parameters besides q are overlooked
// (ours have none that would tell two documents apart); malformed ranges match nothing. Nothing if
// there is no Accept: then the default is the event package's or the method's (RFC 6665
// section 3.1.3, RFC 3261 section 20.1).
std::optional<std::uint16_t> accept_quality(const Message& message, std::string_view type,
                                            std::string_view subtype);

// disp-type of Content-Disposition, and whether its handling is "optional" (the default is
// required).
struct Disposition {
  std::string_view type;
  bool handling_optional = false;
};
std::optional<Disposition> parse_disposition(std::string_view value);

}  // namespace muster::sip
