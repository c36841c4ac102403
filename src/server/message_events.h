// Events about instant messages on their way from one protocol to the other (RFC 7572). A message
// to an account goes to all of its devices: by xmpp_presence to XMPP sessions (RFC 6121 section
// 8.5), by sip_presence to SIP registrations. All happens on the recipient's home shard, but for
// the answer to a SIP sender, whose request waits on the sender's. See events.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/address.h"
#include "server/vocabulary.h"

namespace muster {

// A message as SIP carries it (RFC 3428).
struct PageMessageText {
  std::string content_type;  // text/plain;charset=UTF-8, ...
  std::string language;      // Content-Language; may be empty
  std::string subject;
  std::string call_id;  // carries the <thread/>
  std::string body;
  // RFC 3428 section 7; where a Date came, `expires` counts from it.
  std::optional<UnixTime> date{};
  std::optional<std::uint32_t> expires{};  // seconds
};

// xmpp_presence -> conversion: an XMPP message for the SIP devices of `to`. If no XMPP session took
// it and no SIP device does, the sender is told so. A session that took it may yet not handle it:
// if `transit` is not 0, what becomes of it at the devices comes back in PhonesDone.
struct MessageToSip {
  Address from;
  Address to;
  std::string id;
  std::string xml;  // the whole stanza
  bool taken_by_session = false;
  std::optional<UnixTime> delayed_since{};  // when it first came, if that is not now
  std::uint64_t transit = 0;
};

// conversion -> sip_presence, both on the home shard of `to`; or sip_presence on the sender's home
// shard -> sip_presence on the recipient's.
struct PageMessage {
  Address from;
  Address to;
  PageMessageText text;
  // Of a SIP sender: where the MESSAGE waits for its answer.
  ShardId request_shard;
  SipRequestId request;
  std::uint64_t server = 0;  // its incarnation, if that is another one
  // Of an XMPP sender: its id, and whom it named, who may have a resource.
  std::string xmpp_id;
  Address xmpp_to;
  bool taken_by_session = false;
  std::uint64_t transit = 0;  // as in MessageToSip

  bool from_sip() const { return request.valid(); }
};

// sip_presence -> conversion, on the home shard of `to`: the same for the XMPP sessions. `waiting`
// comes back in MessageDelivered.
struct MessageToXmpp {
  Address from;
  Address to;
  PageMessageText text;
  std::uint64_t waiting = 0;
};

// xmpp_presence -> sip_presence: whether a session took a stanza that came from SIP. Or, at once,
// conversion -> sip_presence: no stanza can be made of it.
struct MessageDelivered {
  std::uint64_t waiting = 0;
  bool taken = false;
  std::uint16_t why_not = 0;  // a status; 0: there is no more to say than that nobody took it
};

// sip_presence on the recipient's home shard -> sip_presence on the sender's: the final status of a
// message that came by SIP.
struct PageMessageAnswered {
  SipRequestId request;
  std::uint16_t status = 200;
  ShardId shard{};           // where it waits,
  std::uint64_t server = 0;  // and at which server, if that is another one
};

// sip_presence -> conversion: nobody took a message that came by XMPP; its sender is to be told
// (RFC 7247 table 3).
struct PageMessageRefused {
  Address from;
  Address to;  // as the sender named her
  std::string xmpp_id;
  std::uint16_t status = 480;
};

// sip_presence, or conversion where it makes no MESSAGE of it -> xmpp_presence, on the home shard
// of the recipient: a phone has taken a message that sessions have too, or none will. Once for each
// `transit`.
struct PhonesDone {
  std::uint64_t transit = 0;
  bool tried = false;  // false: there are no phones
  bool taken = false;
};

}  // namespace muster
