// The priority of an XMPP resource as that of a PIDF contact, and back (RFC 8048 table 1 note 6,
// table 2 note 2): 0 is 0, 127 is 1, and no two of those between are the same, so that one that
// goes there and back is what it was. The values are those of the RFC's example: 1 is 0.007, 2 is
// 0.015, 126 is 0.992.
#pragma once

#include <cstdint>
#include <optional>

namespace muster {

// In thousandths. Nothing for a negative one, which must not be mapped.
constexpr std::optional<std::uint16_t> pidf_priority(std::int8_t xmpp) {
  if (xmpp < 0) return std::nullopt;
  return static_cast<std::uint16_t>(xmpp * 1000 / 127);
}

// The nearest; `thousandths` is at most 1000.
constexpr std::int8_t xmpp_priority(std::uint16_t thousandths) {
  return static_cast<std::int8_t>((thousandths * 127 + 500) / 1000);
}

}  // namespace muster
