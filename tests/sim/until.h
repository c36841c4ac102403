// How long until something is so in the simulated world.
#pragma once

#include <optional>

#include "sim/world/world.h"

namespace muster::sim {

// Nothing if it is not within `most`.
template <class Condition>
std::optional<Duration> until(World& world, Condition&& is_so, Duration most) {
  const Instant begin = world.timeline().now();
  while (!is_so()) {
    if (world.timeline().now() - begin >= most) return std::nullopt;
    world.run_for(Duration::milliseconds(10));
  }
  return world.timeline().now() - begin;
}

}  // namespace muster::sim
