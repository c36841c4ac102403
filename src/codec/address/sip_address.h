// SIP URIs to Addresses and back. sip:alice@example.com names the account of the JID
// alice@example.com: the user part is unescaped and brought into the localpart's canonical form, so
// Alice@, alice@ and %61lice@ are one user, although RFC 3261 section 19.1.4 would tell the first
// two apart.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/address/address_error.h"
#include "model/address.h"

namespace muster {

// `user`, `host` and the value of the "gr" parameter as the URI has them, %hh and all; `user` and
// `gr` are empty where the URI has none. RFC 7247 section 6.4. Errors: those of parse_jid.
Result<Address, AddressError> address_of_sip_uri(std::string_view user, std::string_view host,
                                                 std::string_view gr = {});

// Appends "sip:alice@example.com", and ";gr=phone" if there is a resource (RFC 7247 section 6.5;
// the example of its step 8 holds, not its text). Host names are in A-labels, as SIP needs them.
// address_of_sip_uri gives the same address back.
void append_sip_uri(std::string& out, const Address& address);

// Appends "pres:alice@example.com"; the URI names a presentity, never a resource (RFC 3859).
void append_pres_uri(std::string& out, const Address& address);

}  // namespace muster
