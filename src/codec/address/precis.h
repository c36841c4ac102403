// The two PRECIS profiles that addresses, user names and passwords go by: UsernameCaseMapped and
// OpaqueString of RFC 8265, on the IdentifierClass and FreeformClass of RFC 8264.
//
// Each gives the canonical form of a text, which is the same for all texts that mean the same: to
// compare, enforce both and compare bytes. The answer is `text` itself if that is canonical, else
// it lies in `scratch`; canonical ASCII costs one pass and no memory. Length is the caller's to
// limit.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/address/address_error.h"

namespace muster {

// RFC 8265 section 3.3: a user name without spaces. Errors: not_utf8, disallowed, out_of_context,
// mixed_direction, unstable, empty.
Result<std::string_view, AddressError> enforce_username(std::string_view text,
                                                        std::string& scratch);

// RFC 8265 section 4.2: a password or resource. Errors: not_utf8, disallowed, out_of_context,
// unstable, empty.
Result<std::string_view, AddressError> enforce_opaque_string(std::string_view text,
                                                             std::string& scratch);

}  // namespace muster
