// Whether a message may go on to the transactions: the checks that RFC 3261 sections 8.1.1, 8.2,
// 16.3 and 20 ask of any message, whatever its method. What depends on who we are (Require, the
// domain, the method, Max-Forwards of 0) is for upper floors.
//
// What was parsed on the way comes back as Essentials, so that nobody parses it again.
#pragma once

#include <optional>
#include <string_view>

#include "codec/sip/message.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/values.h"
#include "codec/sip/via.h"

namespace muster::sip {

// What every message has (RFC 3261 section 8.1.1); views into the message.
struct Essentials {
  Via top_via;
  Uri target;  // the Request-URI; not set for a response
  NameAddr from;
  NameAddr to;
  std::string_view call_id;
  CSeq cseq;
};

// Why a request is not to be processed.
struct Rejection {
  Status status = Status::bad_request;
  std::string_view reason;  // the phrase to answer with, or to count a drop under; static text
  bool answerable = true;   // false: drop it (an ACK, or a request without a Via to answer to)
};

// Nothing if the request may be processed: it has a Via, From, To, Call-ID and CSeq that parse, the
// last four once; CSeq names its method; its version, Request-URI and framing are right; and those
// of Contact, Route, Record-Route, Max-Forwards, Event, Content-Type, Subscription-State, Expires
// and SIP-If-Match that it has are single where they must be and can be read. Other rows,
// well-formed or not, are no concern (16.3); a number out of range counts as absent.
//
// Accepted though bare: no branch, no From tag, no Max-Forwards, no Content-Length (RFC 4475
// section 3.4.1).
std::optional<Rejection> check_request(const Message& request, Essentials& essentials);
std::optional<Rejection> check_request(const Message& request);

// Nothing if the response may be processed, else why it is dropped (static text). How many Via it
// may have is for who knows whether it proxies (RFC 3261 section 8.1.3.3).
std::optional<std::string_view> check_response(const Message& response, Essentials& essentials);
std::optional<std::string_view> check_response(const Message& response);

}  // namespace muster::sip
