// A SIP request as the parts of SIP presence processing see it, and the answers that several of
// them give. A Request is views; it lives for one step.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "codec/sip/message.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/status.h"
#include "codec/sip/uri.h"
#include "model/address.h"
#include "server/outbox.h"
#include "server/settings.h"
#include "server/vocabulary.h"

namespace muster {

struct Request {
  SipRequestId id;
  const Flow& flow;
  const Address& identity;
  const sip::Message& message;
  const sip::Uri& target;  // the Request-URI
  const sip::NameAddr& from;
  const sip::NameAddr& to;
  const Address& addressee;  // whom `target` names; empty for a request in a dialog

  bool is_in_dialog() const { return !to.tag().empty(); }
};

// What is understood here, as rows (see also server/sip_capabilities.h).
inline constexpr std::string_view kAllowEventsRow = "Allow-Events: presence\r\n";
inline constexpr std::string_view kAcceptPidfRow = "Accept: application/pidf+xml\r\n";
inline constexpr std::string_view kAcceptTextRow = "Accept: text/plain\r\n";
inline constexpr std::string_view kAcceptNothingRow = "Accept: \r\n";
inline constexpr std::string_view kAcceptNoEncodingRow = "Accept-Encoding: identity\r\n";

inline constexpr std::string_view kPidfType = "application/pidf+xml";

// When to come back after a 500 or 503 that is about us and not about the request.
inline constexpr Duration kRetryAfter = Duration::seconds(10);

// The address that a URI names, if it is of a domain we serve; our own IP address and this server's
// own name stand for the first domain. sip, sips and, since they name the same accounts, pres and
// im (RFC 3859, RFC 3860).
std::optional<Address> address_of(const sip::Uri& uri, const Flow& flow, const Settings& settings);

void answer(SipRequestId request, sip::Status status, Outbox& out, std::string rows = {},
            std::string_view reason = {});
// The same with Retry-After.
void answer_later(SipRequestId request, sip::Status status, Outbox& out);
// 423, with what is long enough (RFC 3261 section 20.23).
void answer_too_brief(SipRequestId request, Duration least, Outbox& out);

// The extensions that we have, as a row.
std::string supported_row();
// Whether there is a body that its sender wants understood (RFC 3261 section 8.2.3).
bool has_required_body(const sip::Message& message);
// Whether the body is encoded, as by gzip, which nothing here undoes.
bool has_encoded_body(const sip::Message& message);

// "Contact: <sip:192.0.2.1:5060>": where requests in a dialog reach us. `secure` makes it sips.
std::string contact_row(const Flow& flow, bool secure, const Settings& settings);

void append_number(std::string& out, std::uint64_t number);

}  // namespace muster
