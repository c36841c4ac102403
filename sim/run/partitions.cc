#include "sim/run/partitions.h"

namespace muster::sim {

Partitions::Partitions(World& world, const PartitionFaults& faults)
    : world_(world), faults_(faults), random_(world.streams().stream("partitions")) {}

void Partitions::cut_later() {
  if (faults_.every == Duration() || world_.server_count() < 2) return;
  world_.timeline().after(draw_between(random_, {}, faults_.every * 2), [this] {
    if (healed_) return;
    cut();
    cut_later();
  });
}

void Partitions::cut() {
  const std::size_t one = random_.below(world_.server_count());
  const std::size_t other =
      (one + 1 + random_.below(world_.server_count() - 1)) % world_.server_count();
  ++cuts_;
  world_.part(one, other);
  if (!happens(random_, faults_.one_way_per_mille)) world_.part(other, one);
  world_.timeline().after(draw_between(random_, {}, faults_.parted_max), [this, one, other] {
    world_.mend(one, other);
    world_.mend(other, one);
  });
}

void Partitions::heal() {
  healed_ = true;
  for (std::size_t from = 0; from < world_.server_count(); ++from) {
    for (std::size_t to = 0; to < world_.server_count(); ++to)
      world_.mend(from, to);
  }
}

}  // namespace muster::sim
