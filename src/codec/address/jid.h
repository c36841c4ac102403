// Jabber IDs to Addresses: "alice@example.com/phone" (RFC 7622). A text is split, at the first '/'
// and then at the first '@' before it, ahead of any mapping; then each part is brought into its
// canonical form. The way back is Address::text().
//
// Limits: a part has at most Address::kPartBytesMax (1023) bytes in canonical form, and is not even
// looked at beyond kPartInputBytesMax; either is too_long. Canonical ASCII is copied once, into the
// Address.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/address/address_error.h"
#include "codec/address/domain.h"
#include "model/address.h"

namespace muster {

// No mapping shortens a text to less than a quarter: a fullwidth U with diaeresis and macron, seven
// bytes, becomes one letter of two.
inline constexpr std::size_t kPartInputBytesMax = 4 * Address::kPartBytesMax;

Result<Address, AddressError> parse_jid(std::string_view text);

// One part by itself, as a username, a resource to bind or a configured domain is (see also
// codec/address/domain.h). The answer is `text` itself if that is canonical, else it is kept in
// `scratch`.

// RFC 7622 section 3.3: UsernameCaseMapped, without "&'/:<>@.
Result<std::string_view, AddressError> canonical_localpart(std::string_view text,
                                                           std::string& scratch);
// RFC 7622 section 3.2.
Result<std::string_view, AddressError> canonical_domainpart(std::string_view text,
                                                            std::string& scratch);
// RFC 7622 section 3.4: OpaqueString. A space in front is space_at_edge: no rule of the profile
// says so, but example 18 of section 3.5 does.
Result<std::string_view, AddressError> canonical_resourcepart(std::string_view text,
                                                              std::string& scratch);

}  // namespace muster
