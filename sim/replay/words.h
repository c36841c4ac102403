// A replay in words: what went into a shard, and what it ordered, a line each.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "server/ports.h"
#include "server/record/recording.h"

namespace muster::sim {

// Of what a peer said; what is more is counted.
inline constexpr std::size_t kTextBytesMax = 300;

// Who is at the other end of the links, as far as the shards were told.
class LinkNames {
 public:
  void see(ShardId shard, const Input& input);
  // "link 3.1 (alice@example.com, 127.0.0.1:40001)": slot and generation, who, whence.
  std::string name(ShardId shard, LinkId link) const;

 private:
  struct Peer {
    std::string account;
    Endpoint remote;
  };
  std::map<std::pair<ShardId, LinkId>, Peer> peers_;
};

// The alternative's name: "BytesReceived".
std::string_view name_of_input(std::size_t kind);
std::string_view name_of_order(std::size_t kind);

std::string describe(const LinkNames& names, ShardId shard, const Input& input);
std::string describe(const LinkNames& names, ShardId shard, const Order& order);

}  // namespace muster::sim
