// The name of a link among those of all shards, by which dialogs and bindings that are reached over
// it are found when it is lost (RFC 5626 section 7). Datagrams have none, for nobody loses them;
// but those through another server do, and are lost with it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "server/sip_events.h"
#include "server/vocabulary.h"

namespace muster {

struct LinkKey {
  std::uint64_t through = 0;
  ShardId shard;
  LinkId link;
  friend constexpr auto operator<=>(const LinkKey&, const LinkKey&) = default;
};

inline std::optional<LinkKey> link_of(const Flow& flow) {
  if (!is_stream(flow.transport) && flow.through == 0) return std::nullopt;
  return LinkKey{flow.through, flow.shard, flow.link};
}

inline FlowLost flow_lost(const LinkKey& key) {
  return {key.shard, key.link, key.through};
}

}  // namespace muster
