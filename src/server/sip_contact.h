// Where who is sent to another server reaches it by SIP.
#pragma once

#include <string>
#include <string_view>

#include "codec/sip/uri.h"
#include "model/endpoint.h"

namespace muster {

// `server` is a SIP URI without a user (ServerContacts). Who came over TLS, or asked for a SIPS
// URI, is not sent on in clear (RFC 3261 sections 8.1.3.4 and 26.2.2): where the server says no
// port for TLS, it has the default one.
std::string sip_contact_for(std::string_view server, Transport came_by, sip::Scheme asked_for);

}  // namespace muster
