// The names that events and ports share: what a link, a flow, a session, a watch is called.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.h"
#include "model/endpoint.h"

namespace muster {

// A core of this server, with its thread. Shard 0 also seats what a server has one of.
using ShardId = Id<struct ShardTag, std::uint8_t>;

// A transport connection. It belongs to the shard that has its socket; another shard that means it
// must name that shard too (Flow).
using LinkId = SlotId<struct LinkTag>;

// Ties an answer from outside to the question: drawn by who asks, handed back as it was.
using Ticket = Id<struct TicketTag, std::uint64_t>;

// A bound XMPP resource, on the home shard of its user. It may outlive its link.
using SessionId = SlotId<struct SessionTag>;

// A SIP request that awaits our answer (a server transaction), on the shard that processes it.
using SipRequestId = SlotId<struct SipRequestTag>;

// A SIP request of ours that awaits its answer (a client transaction).
using SipCallId = SlotId<struct SipCallTag>;

// A SIP subscription that a watcher holds with us, on the home shard of the watcher.
struct WatchId {
  ShardId shard;
  SlotId<struct WatchTag> slot;
  friend constexpr auto operator<=>(const WatchId&, const WatchId&) = default;
};

// How to reach a peer. For UDP the two endpoints say it all, and any shard may send; for streams
// it is a link, and the link's shard sends.
struct Flow {
  Transport transport = Transport::udp;
  ShardId shard;
  LinkId link;
  Endpoint local;
  Endpoint remote;
  friend constexpr auto operator<=>(const Flow&, const Flow&) = default;
};

// Text that many hold and nobody changes.
using SharedText = std::shared_ptr<const std::string>;
inline SharedText share(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace muster
