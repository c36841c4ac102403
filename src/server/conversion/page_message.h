// Messages in page mode, from XMPP to SIP and back: RFC 7572.
//
// From XMPP (section 4, table 1): the <body/> in the language of the stanza, else the first; its
// language; the <subject/> in that language, else likewise; the <thread/>, if a Call-ID may look
// like it; when it came, if that was before. XHTML-IM is not carried: whoever sends it sends the
// same in <body/> (XEP-0071). A message that would make a MESSAGE of more than 1300 bytes is
// policy-violation (section 6); how long the header section will be is estimated, for each hop
// writes its own.
//
// From SIP (section 5, table 2): a stanza without a type, which is a normal message. Bodies are
// text/plain, in UTF-8 or US-ASCII; of other types, text/html too, is said 415 (section 7 asks for
// XHTML-IM of it, which nobody should send any more). What XML cannot carry becomes U+FFFD.
//
// Limits: kMessageBytesMax, kSubjectBytesMax (cut), Limits::stanza_bytes_max (413).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/sip/status.h"
#include "codec/xmpp/errors.h"
#include "server/conversion/parsers.h"
#include "server/message_events.h"
#include "server/settings.h"

namespace muster {

// Of a whole MESSAGE (RFC 3428 section 8).
inline constexpr std::size_t kMessageBytesMax = 1300;
// What of it is neither in the message nor an address: the start line with a contact of 70 bytes, a
// Via with an IPv6 address, tag, CSeq, Max-Forwards, Date, Content-Length, and all names of rows.
inline constexpr std::size_t kMessageFrameBytes = 360;

inline constexpr std::size_t kSubjectBytesMax = 255;

// What a MESSAGE carries of an XMPP message. Errors: policy_violation, and what the parser refuses
// is bad_request.
Result<PageMessageText, StanzaError> page_message_of(const MessageToSip& message, Parsers& parsers);

// The stanza for the XMPP user; else what the SIP sender is answered. `id` is the stanza's.
Result<std::string, sip::Status> stanza_of(const MessageToXmpp& message, std::string_view id,
                                           const Limits& limits);

}  // namespace muster
