// The names that both directions of conversion use.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/address.h"

namespace muster {

// Before an XMPP resource, to make a tuple's id (RFC 8048 table 1 note 2).
inline constexpr std::string_view kIdPrefix = "ID-";

// XEP-0319: last user interaction in presence.
inline constexpr std::string_view kNsIdle = "urn:xmpp:idle:1";

// Of a name that SIP gave. Room for the "-2" of a second one, and for the "-" and the number that
// presence_db appends where another resource has the name.
inline constexpr std::size_t kGivenNameBytesMax = Address::kPartBytesMax - 23;

// The resourcepart (RFC 7622 section 3.4) that `text` is; "sip" if it is none or longer than that.
std::string resource_name(std::string_view text);
// The same for the id of a tuple: without its "ID-", if it has that.
std::string resource_name_of_id(std::string_view id);

}  // namespace muster
