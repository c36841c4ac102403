// What went wrong in one protocol, said in the other: RFC 7247 section 7, tables 2 and 3. Where a
// table leaves a choice, the one that is taken is named here.
#pragma once

#include <cstdint>

#include "codec/sip/status.h"
#include "codec/xmpp/errors.h"

namespace muster {

// What an error is about (table 2, notes 1 and 2): a bare JID, for which SIP has the 6xx series, or
// a full one.
enum class Blamed : std::uint8_t { account, device };

// Table 2. `new_address`: <gone/> says one, so that it is 301 and not 410 (note 3).
//   remote-server-not-found  404: a name that could be resolved later is not known here (note 4)
//   service-unavailable      403, and never 503 (note 5)
//   unexpected-request       491, of which table 3 makes the same again
sip::Status sip_status_of(StanzaError error, Blamed blamed, bool new_address = false);

// Table 3, and for a code that it does not have what section 7.2 says of its series; a code that is
// no failure is undefined-condition. Of several choices the table's, not those of its notes.
// `new_address`: whether one can be told; a 301 without is no <gone/>, which would be 410 (note 1).
StanzaError stanza_error_of(sip::Status status, bool new_address = false);

}  // namespace muster
