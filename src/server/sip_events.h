// Events about SIP messages and transactions. See events.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sip/methods.h"
#include "codec/sip/read_request.h"
#include "codec/sip/status.h"
#include "model/address.h"
#include "server/vocabulary.h"

namespace muster {

// sip_message -> sip_message on the shard that processes it: a request goes to the home shard of
// its From address, a response to the shard that the branch of its top Via names.
struct SipMessageArrived {
  Flow flow;
  std::string bytes;
};

// sip_message -> sip_message on the shard of the link. If the link is gone: an answer takes a new
// one (RFC 3261 section 18.2.2), who sent a request hears FlowLost, at whichever server.
struct SendOnLink {
  struct Anew {
    Transport transport = Transport::tcp;
    Endpoint remote;
  };
  LinkId link;
  std::string bytes;
  ShardId from;
  std::optional<Anew> anew;   // of an answer
  std::uint64_t through = 0;  // the server that sends it through this one; 0: `from` of this one
};

// sip_message -> sip_message on the shard of the link: what comes on it goes to that server, which
// is to hear when it is lost.
struct LinkProxied {
  LinkId link;
  std::uint64_t server = 0;  // its incarnation
};

// sip_message on the shard of a link -> sip_message and sip_presence of all shards: the link is
// gone, and with it each binding and dialog that is reached by it (RFC 5626 section 5.3).
struct FlowLost {
  ShardId shard;
  LinkId link;
  std::uint64_t through = 0;  // as Flow has it
};

// sip_message -> sip_presence: a new request, which sip_presence is to answer. What was read of it
// passed sip::check_request, and is there until it is answered. `identity` is who sent it, proved;
// empty where nobody has to be (OPTIONS).
struct SipRequestReceived {
  SipRequestId request;
  const sip::ReadRequest* read;
  Flow flow;
  Address identity;
};

// sip_presence -> sip_message: the answer.
struct SipResponseReady {
  SipRequestId request;
  sip::Status status = sip::Status::ok;
  std::string reason;         // empty: the usual phrase
  std::string to_tag;         // where the answer makes or is in a dialog; else one is made
  bool forms_dialog = false;  // Record-Route is copied (RFC 3261 section 12.1.1)
  std::string rows;           // further header rows, each complete with its CRLF
  std::string content_type;
  std::string body;
};

// sip_presence -> sip_message: requests of ours, of one method, with one body.
struct SipRequestsReady {
  struct One {
    std::uint64_t asker = 0;  // handed back in SipRequestEnded
    Flow flow;
    TextPart target;  // the Request-URI
    TextPart rows;    // all rows but Via and Content-Type, -Length, each complete with its CRLF
  };
  sip::Method method = sip::Method::notify;
  std::string content_type;
  SharedText body;  // null for none
  std::vector<One> requests;
};

// sip_message -> sip_presence: a request of ours got its final answer, or none.
struct SipRequestEnded {
  std::uint64_t asker = 0;
  sip::Method method = sip::Method::notify;
  std::uint16_t status = 0;  // 0: no answer in time, or the flow is gone
  std::uint32_t retry_after_seconds = 0;
};

}  // namespace muster
