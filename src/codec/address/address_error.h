// Why a text is no address. An XMPP peer is told <jid-malformed/> for each of them (RFC 6120
// section 8.3.3.8), a SIP peer 400 or 404; which it was is for logs and for who types addresses.
#pragma once

#include <cstdint>
#include <string_view>

namespace muster {

enum class AddressError : std::uint8_t {
  not_utf8,
  empty,            // a part with nothing in it, or no domain
  too_long,         // a part of more than 1023 bytes, a label of more than 63, ...
  disallowed,       // a character that the part does not take
  out_of_context,   // a character that is taken only beside certain others (RFC 5892 appendix A)
  mixed_direction,  // against the Bidi Rule (RFC 5893 section 2)
  unstable,         // changes each time the rules are applied (RFC 8264 section 7)
  space_at_edge,    // where a part must not begin or end with one
  malformed_domainpart  // no host name, internationalized name, IPv4 address or IPv6 literal
};

// "a part is empty"; for people.
std::string_view describe(AddressError error);

}  // namespace muster
