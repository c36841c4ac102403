// What two servers say of a stream that one of them relays to the other, as bytes on the lane
// `relay` (frame.h). The relaying server has the client's link, and has ended TLS and SASL; the
// owner serves the user, and has framing and all that follows. Each is
//
//   kind (1), number (8), home (8), the rest
//
//   to the owner:   open = 32, bytes = 33, ended = 34
//   from the owner: bytes = 35, taken = 36, ended = 37
//
// The relaying server numbers its streams, each once in its life, with its shard in the highest
// byte; `home` is hash_bytes() of the user's bare address, from which the owner knows its own
// shard. `open` says who she is, the domain that her stream names, where she comes from, and, as
// bits of one byte, whether the link is secure (1) and a WebSocket (2); `taken` how many bytes more
// the owner can take, for as many of those before are dealt with. What it consists of is part of
// the format of frames (kFrameFormat).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "model/address.h"
#include "model/endpoint.h"
#include "server/vocabulary.h"

namespace muster {

struct RelayOpen {
  Address account;
  std::string domain;
  Endpoint remote;
  bool secure = false;
  bool web_socket = false;
  friend bool operator==(const RelayOpen&, const RelayOpen&) = default;
};
struct RelayBytes {
  std::uint64_t before = 0;  // so many were said before these, the same way: else there is a gap
  std::string_view bytes;    // of what is read it is a view
  friend bool operator==(const RelayBytes&, const RelayBytes&) = default;
};
struct RelayTaken {
  std::uint64_t bytes = 0;
  friend bool operator==(const RelayTaken&, const RelayTaken&) = default;
};
struct RelayEnded {
  friend bool operator==(const RelayEnded&, const RelayEnded&) = default;
};

struct RelaySaid {
  std::uint64_t number = 0;
  std::uint64_t home = 0;
  bool to_owner = false;
  std::variant<RelayOpen, RelayBytes, RelayTaken, RelayEnded> what;
  friend bool operator==(const RelaySaid&, const RelaySaid&) = default;
};

// Where in a number the shard stands.
inline constexpr unsigned kRelayShardShift = 56;

// Of one: kRelayBytesMax, more are to be said in several.
inline constexpr std::size_t kRelayBytesMax = std::size_t{64} * 1024;

// `open` is said to the owner, `taken` by it.
std::string write_relay(const RelaySaid& said);
// Nothing: it is none, or of somebody who can be no user.
std::optional<RelaySaid> read_relay(std::string_view bytes);

// Whose it is of `shards`; nothing if it is none of the above.
std::optional<ShardId> relay_shard_of(std::string_view bytes, std::uint8_t shards);

}  // namespace muster
