// What every module of a shard is given at construction: which shard it is, the settings, the
// generator of its random names, and a fault if one is planted. It outlives the modules.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/digest.h"
#include "base/prng.h"
#include "model/address.h"
#include "server/settings.h"
#include "server/vocabulary.h"

namespace muster {

// The same for whoever brings something to a user's shard from outside.
inline ShardId home_shard(std::string_view bare, std::uint8_t shards) {
  return ShardId(static_cast<std::uint8_t>(hash_bytes(bare) % shards));
}

// server/planted.h; zero is none.
enum class Planted : std::uint8_t;

struct Shard {
  ShardId self;
  std::uint8_t shards = 1;
  const Settings& settings;
  Prng prng;
  Planted planted{};  // a fault on purpose: only the simulator plants one

  // Where a user lives: her presence, her sessions, her watches, and who watches her.
  ShardId home_of(std::string_view bare) const { return home_shard(bare, shards); }
  ShardId home_of(const Address& address) const { return home_of(address.bare()); }
};

}  // namespace muster
