// What two servers say of a phone that one of them proxies to the other, as bytes on the lane
// `relay` (codec/cluster/frame.h): SIP messages as they are, and by which flow of the proxy they
// came or are to leave. The proxy has the phone's link or address, and has proved who sends; the
// owner serves the user. Each is
//
//   kind (1), shard (8), the rest
//
//   to the owner:   request = 48, response = 49, flow lost = 50
//   from the owner: message = 51
//
// `shard` is hash_bytes() of the sender's bare address for a request, from which the owner knows
// its own shard; else it is the shard's number, at who is told. Nothing of it comes twice, and what
// is lost is lost as a datagram is: SIP's own timers deal with it. What it consists of is part of
// the format of frames (kFrameFormat).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "model/address.h"
#include "server/vocabulary.h"

namespace muster {

// Of what is read each `bytes` is a view. No flow has `through`: it is the proxy's own.
struct ProxiedRequest {
  Flow flow;
  Address sender;
  std::string_view bytes;
  friend bool operator==(const ProxiedRequest&, const ProxiedRequest&) = default;
};
// To a request that the owner sent through the proxy, as it asked it.
struct ProxiedResponse {
  ShardId shard;
  std::string_view bytes;
  friend bool operator==(const ProxiedResponse&, const ProxiedResponse&) = default;
};
struct ProxiedFlowLost {
  ShardId shard;  // the link's, at the proxy
  LinkId link;
  friend bool operator==(const ProxiedFlowLost&, const ProxiedFlowLost&) = default;
};
// A request or an answer of the owner. `anew` is where an answer goes if its link is gone.
struct ProxiedMessage {
  Flow flow;
  std::optional<Endpoint> anew;
  std::string_view bytes;
  friend bool operator==(const ProxiedMessage&, const ProxiedMessage&) = default;
};
using ProxySaid = std::variant<ProxiedRequest, ProxiedResponse, ProxiedFlowLost, ProxiedMessage>;

std::string write_proxy(const ProxySaid& said);
// Nothing: it is none, or of somebody who can be no user.
std::optional<ProxySaid> read_proxy(std::string_view bytes);

// Whose it is of `shards`; nothing if it is none of the above.
std::optional<ShardId> proxy_shard_of(std::string_view bytes, std::uint8_t shards);

}  // namespace muster
