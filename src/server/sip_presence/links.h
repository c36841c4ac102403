// The name of a link among those of all shards, by which dialogs and bindings that are reached over
// it are found when it is lost (RFC 5626 section 7). Datagrams have none: nobody loses them.
#pragma once

#include <compare>
#include <optional>

#include "server/vocabulary.h"

namespace muster {

struct LinkKey {
  ShardId shard;
  LinkId link;
  friend constexpr auto operator<=>(const LinkKey&, const LinkKey&) = default;
};

inline std::optional<LinkKey> link_of(const Flow& flow) {
  if (!is_stream(flow.transport)) return std::nullopt;
  return LinkKey{flow.shard, flow.link};
}

}  // namespace muster
