// Domains: host names, internationalized names, IPv4 addresses, IPv6 literals (RFC 7622 section
// 3.2). The canonical form has U-labels, in lower case and Normalization Form C, and no dot at its
// end; it is IDNA2008's (RFC 5891) as UTS #46 finds it, nontransitionally, and then held to the
// code points of RFC 5892. SIP, whose host names are ASCII, is given A-labels.
//
// Limits: a label has at most 63 bytes and a name 253, as A-labels (RFC 1034 section 3.1, which RFC
// 7622 leaves in force); beyond them it is too_long. Canonical ASCII costs one pass and no memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/address/address_error.h"

namespace muster {

inline constexpr std::size_t kLabelBytesMax = 63;
inline constexpr std::size_t kDomainNameBytesMax = 253;

// The canonical form of `text`: `text` itself or a piece of it, or kept in `scratch`. Errors:
// empty, too_long, malformed_domainpart.
Result<std::string_view, AddressError> canonical_domain(std::string_view text,
                                                        std::string& scratch);

// Appends a canonical domain with A-labels for U-labels.
void append_ascii_domain(std::string& out, std::string_view canonical);

}  // namespace muster
