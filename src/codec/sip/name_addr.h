// ( name-addr / addr-spec ) *( SEMI generic-param ): the value of From, To, Contact, Route,
// Record-Route, Path, Service-Route, Reply-To, P-Asserted-Identity (RFC 3261 sections 20.10 and
// 25.1), views.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/sip/params.h"
#include "codec/sip/uri.h"

namespace muster::sip {

struct NameAddr {
  std::string_view display;  // as it came: tokens, or a quoted-string with its quotes
  Uri uri;
  bool bracketed = false;  // <uri>; else it has neither parameters nor headers of its own
  Params params;

  // The display name unquoted and unescaped.
  std::string display_name() const;

  // Of From and To; empty if there is none. `tag` is a token (section 19.3).
  std::string_view tag() const { return params.value("tag"); }

  // Of Contact. Nothing if absent or malformed, which section 10.2.1.1 treats alike; at 2**32-1 at
  // most, a larger one is malformed (RFC 4475 section 3.1.2.4).
  std::optional<std::uint32_t> expires() const;
  // In thousandths, 0 to 1000; nothing if absent or malformed.
  std::optional<std::uint16_t> q() const;
  // RFC 5626 section 10: 1 to 2**31-1.
  std::optional<std::uint32_t> reg_id() const;
  // RFC 5626: the URN of +sip.instance, without quotes and angle brackets; empty if there is none.
  std::string_view instance() const;
  // RFC 5627: the URIs without their quotes; empty if there is none.
  std::string_view pub_gruu() const;
  std::string_view temp_gruu() const;
};

// `value` is one element (Message::header for From and To, Message::values for the lists).
std::optional<NameAddr> parse_name_addr(std::string_view value);
// The same into `name_addr`, which is new: false if malformed.
bool parse_name_addr(std::string_view value, NameAddr& name_addr);

// Whether a From or To has a tag, without reading its URI; true if nothing may be added to it,
// since it is malformed.
bool has_tag(std::string_view value);

// A Contact that is "*" (section 10.2.2) is no name-addr.
inline bool is_star(std::string_view contact) {
  return contact == "*";
}

}  // namespace muster::sip
