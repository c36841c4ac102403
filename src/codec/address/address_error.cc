#include "codec/address/address_error.h"

#include "base/check.h"

namespace muster {

std::string_view describe(AddressError error) {
  switch (error) {
    case AddressError::not_utf8: return "not UTF-8";
    case AddressError::empty: return "a part is empty";
    case AddressError::too_long: return "a part or label is too long";
    case AddressError::disallowed: return "a character that is not allowed in this part";
    case AddressError::out_of_context: return "a character that is not allowed in this place";
    case AddressError::mixed_direction: return "left-to-right and right-to-left text are mixed";
    case AddressError::unstable: return "the text has no canonical form";
    case AddressError::space_at_edge: return "a space begins or ends the part";
    case AddressError::malformed_domainpart: return "not a domain name or IP address";
  }
  MUSTER_UNREACHABLE("every error is described");
}

}  // namespace muster
