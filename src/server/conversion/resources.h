// Presence that came by SIP as XMPP contacts see it: each tuple of a publication, or each
// registered phone, is a resource (RFC 8048 section 6.3, table 2). From and To are presence_db's to
// put before it; Content-Language is the document's (sip_presence/publications.h).
//
// The resource is named by the tuple's id (names.h); the second one of a name becomes "name-2".
// <show/> is the tuple's, else what RPID's activities say, of the tuple or the person (show.h).
// <status/> is the notes of the tuple, else of the person, else of her activities, else of the
// document: one for each language, the first. A tuple without <basic> is not known to be open, and
// is therefore closed. RPID's idle <user-input> is the <idle/> of XEP-0319.
//
// Limits (settings.h): tuples_shown_max, statuses_max, status_bytes_max.
#pragma once

#include <vector>

#include "base/time.h"
#include "codec/pidf/document.h"
#include "server/presence_events.h"
#include "server/settings.h"

namespace muster {

std::vector<TuplesConverted::Resource> resources_of(const pidf::Document& document, UnixTime now,
                                                    const Limits& limits);
// A registered phone is there, and nothing else is known.
TuplesConverted::Resource resource_of(const Registration& registration);

}  // namespace muster
