// IPv6 addresses in brackets, as JIDs and SIP URIs write them: "[2001:db8::1]". RFC 3986 section
// 3.2.2, with the zone of RFC 6874 ("[fe80::1%25eth0]", kept as it is written); the canonical form
// is that of RFC 5952. IPvFuture is no address of XMPP (RFC 7622 section 3.2 names IPv4 and IPv6).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/address/address_error.h"

namespace muster {

// The canonical form of `text`, which begins with '[': `text` itself, or kept in `scratch`. Error:
// malformed_domainpart.
Result<std::string_view, AddressError> canonical_ip_literal(std::string_view text,
                                                            std::string& scratch);

}  // namespace muster
