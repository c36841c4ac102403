// Which requests are refused before anybody is asked: by what they are, by where they are bound,
// by whom they say they are from. RFC 3261 section 8.2, in its order but for authentication, which
// costs most and comes last; what is said before it tells nobody anything about a user. An INVITE
// is refused, and a method that nobody knows; of the others, sip_presence says what they are worth.
//
// This service is the endpoint of all that it takes, whichever of its servers that is: Max-Forwards
// of 0 is no concern of an endpoint (RFC 4475 section 3.3.11). What is bound for another domain
// would have to be forwarded: 483 if it may not be, else 404, the answer of RemoteDomain until
// there is federation (docs: the design). What comes from a user of another domain is refused by
// 403: nobody here can prove who that is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/sip/check.h"
#include "codec/sip/message.h"
#include "model/address.h"
#include "server/settings.h"
#include "server/vocabulary.h"

namespace muster {

struct SipRefusal {
  sip::Status status = sip::Status::bad_request;
  std::string_view reason = {};  // static text; empty: the usual phrase
  std::string rows = {};         // further header rows, each with its CRLF
};

// By what check_request says: adds the rows that the status asks for.
SipRefusal refusal_of(const sip::Rejection& rejection);

// Nothing if a request that passed check_request, neither ACK nor CANCEL, may go on.
std::optional<SipRefusal> refuse_request(const sip::Message& request,
                                         const sip::Essentials& essentials, const Flow& flow,
                                         const Settings& settings);

// Nothing if who is in From may be asked for a proof; `sender` is the address that it is, if any.
std::optional<SipRefusal> refuse_sender(const sip::Uri& from, const std::optional<Address>& sender,
                                        const Settings& settings);

// Whether who sends such a request must prove to be the user in its From. OPTIONS says nothing of
// anybody.
constexpr bool needs_proof(sip::Method method) {
  return method != sip::Method::options;
}

// Whether such a request, outside a dialog, makes who sends it a user of some server.
constexpr bool is_placed_by_sender(sip::Method method) {
  return method == sip::Method::register_ || method == sip::Method::subscribe ||
         method == sip::Method::publish;
}

// The address of the URI in From, if it is a sip or sips URI of one.
std::optional<Address> address_of_sender(const sip::Uri& from);

}  // namespace muster
