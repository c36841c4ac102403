// Cuts the servers of a cluster from each other, and mends that, as PartitionFaults has it, drawn
// from a stream of the world's seed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/prng.h"
#include "sim/world/faults.h"
#include "sim/world/world.h"

namespace muster::sim {

class Partitions {
 public:
  // It lives as long as the world's time goes on.
  Partitions(World& world, const PartitionFaults& faults);

  void begin() { cut_later(); }
  // All is mended, and nothing is cut any more.
  void heal();
  std::uint64_t cuts() const { return cuts_; }

 private:
  void cut_later();
  void cut();

  World& world_;
  PartitionFaults faults_;
  Prng random_;
  std::uint64_t cuts_ = 0;
  bool healed_ = false;
};

}  // namespace muster::sim
