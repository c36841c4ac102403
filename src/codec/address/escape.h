// The escapes by which an address of one protocol is spelt in the other.
//
// XEP-0106 lets a localpart stand for a name with spaces and "&'/:<>@ in it: "d\27artagnan" is
// d'artagnan. RFC 7247 sections 6.4 and 6.5 make SIP user parts of localparts and back, from %hh to
// \hh. Nothing here is canonical yet; what comes out of a SIP URI still goes through
// codec/address/jid.h.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/address/address_error.h"

namespace muster {

// XEP-0106 section 4.2: the localpart for a name that a person or another system uses. Error:
// space_at_edge, since "\20" must be neither first nor last.
Result<std::string, AddressError> escape_localpart(std::string_view name);

// XEP-0106 section 3.3: the name to show for a localpart. Two localparts can show the same name
// (a\5cb and a\b), so names are never compared.
std::string unescape_localpart(std::string_view local);

// The localpart for the user part of a SIP URI, still with its %hh (RFC 7247 section 6.4, steps 3
// to 5): `user` itself, or kept in `scratch`. A % that no two hexadecimal digits follow stands for
// itself, as in the examples of XEP-0106. Error: space_at_edge.
//
// Unlike names, user parts and localparts map one to one, for a SIP watcher must never be told of
// alice what is true of another account. So a backslash is escaped only where it would be taken for
// an escape: \27 becomes \5c27, but \5c, of which XEP-0106 would make \5c5c, stays as it is unless
// an escape follows it.
Result<std::string_view, AddressError> localpart_of_sip_user(std::string_view user,
                                                             std::string& scratch);

// Appends the user part of a sip: URI (section 6.5, steps 3 and 5) for a canonical localpart. It is
// the inverse of localpart_of_sip_user.
void append_sip_user(std::string& out, std::string_view local);

// The same for a pres: URI, which is a mailbox (RFC 3859). Step 5 would encode "." too, which no
// URI needs and no mailbox forbids, and would not encode what RFC 3986 keeps out of all URIs, such
// as "#" and "?"; here it is the other way round.
void append_pres_user(std::string& out, std::string_view local);

// The resourcepart for the value of a "gr" URI parameter, and back (RFC 7247 section 6.3, RFC
// 5627): only %hh counts.
std::string_view resourcepart_of_gruu(std::string_view gr, std::string& scratch);
void append_gruu(std::string& out, std::string_view resource);

}  // namespace muster
