// Makes the one presence document of a user, for her SIP watchers, out of all that she is present
// through: XMPP sessions (RFC 8048 section 6.2, table 1), publications and registrations (RFC 3903
// section 4, RFC 4479). The document is valid by the schemas of RFC 3863, 4479 and 4480, if the
// extensions in her publications are.
//
// A session is a tuple: "ID-" and its resource; open or closed; the <show/> in the <status>, where
// table 1 note 7 recommends it; a note for each <status/>, with its language; the SIP URI with "gr"
// that reaches it (RFC 7247 section 6.5) with its priority; when it changed. A publication is taken
// over whole; what two of them say word for word the same, or what would make the document invalid,
// is left out. A registration is an open tuple with its Contact. Where nothing is published, what
// <show/> says of the person is also said of her in RPID's words, for phones that know no <show/>.
// Of a user of whom there is nothing to say there is a closed tuple.
//
// What a session sent and the parser refuses, or a publication that is none, is passed over: the
// session still has its tuple.
//
// Limits: kPartIdBytesMax, kIdleSinceBytesMax; status_bytes_max and statuses_max (settings.h) of a
// session's <status/>. Tuples, persons and devices beyond those of kComposedMax are left out, the
// sessions' last. A document of more bytes than composed_bytes_max (settings.h), or with more notes
// or extensions than kComposedMax has, says less: first only what PIDF itself defines, then no
// notes, then its first tuples, as many as fit.
#pragma once

#include <cstddef>
#include <string>

#include "codec/pidf/limits.h"
#include "server/conversion/parsers.h"
#include "server/presence_events.h"
#include "server/settings.h"

namespace muster {

// Of a published part. A longer id is replaced.
inline constexpr std::size_t kPartIdBytesMax = 1024;
// Of a session's <idle/>: a time to the nanosecond, with its zone, has 35. A longer one is left
// out.
inline constexpr std::size_t kIdleSinceBytesMax = 40;
// Whoever reads as we do takes what we compose.
inline constexpr pidf::Limits kComposedMax{};

std::string compose(const DocumentWanted& wanted, const Limits& limits, Parsers& parsers);

}  // namespace muster
