// Which life a server leads, by the cluster's store.
#pragma once

#include <optional>

#include "server/cluster_port.h"
#include "sim/world/world.h"

namespace muster::sim {

// That is not gone; nothing: it has none.
inline std::optional<cluster::Incarnation> life_of(const World& world, const Server& server) {
  const auto& cluster = server.settings().cluster;
  if (!cluster) return std::nullopt;
  for (const cluster::Member& member :
       world.cluster_store().memory().directory(Duration()).members) {
    const bool is_it = member.self.svr_id == cluster->self.svr_id;
    if (is_it && member.role != cluster::Role::gone) return member.incarnation;
  }
  return std::nullopt;
}

}  // namespace muster::sim
