// What a module needs to live in a test: settings, a shard, a clock that the test moves, and an
// outbox that the test reads.
#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "server/outbox.h"
#include "server/shard.h"

namespace muster::testing {

class ModuleWorld {
 public:
  explicit ModuleWorld(std::uint8_t shards = 1, std::uint8_t self = 0)
      : shard{ShardId(self), shards, settings, Prng(Prng::seed_of(7))}, out(ShardId(self)) {
    settings.domains = {"example.com", "example.org"};
  }

  void pass(Duration duration) {
    now.instant = now.instant + duration;
    now.unix_time = now.unix_time + duration;
  }

  // All that came of what was done since this was last called.
  struct Happened {
    std::vector<Order> orders;
    std::vector<Event> events;
  };
  Happened take() {
    Happened happened;
    happened.orders = std::exchange(out.orders(), {});
    while (out.has_event())
      happened.events.push_back(out.take_event());
    return happened;
  }

  Settings settings;
  Shard shard;
  Outbox out;
  Now now{Instant::at(Duration::seconds(1'000)), UnixTime::at(Duration::seconds(1'700'000'000))};
};

// The second shard of two, of a server of a cluster.
class ShardOfCluster : public ModuleWorld {
 public:
  explicit ShardOfCluster(const cluster::LoadSettings& load = {}) : ModuleWorld(2, 1) {
    settings.cluster.emplace().load = load;
  }
};

// Those of one type, in order.
template <class T, class Variant>
std::vector<T> only(const std::vector<Variant>& all) {
  std::vector<T> found;
  for (const Variant& one : all) {
    if (const T* value = std::get_if<T>(&one)) found.push_back(*value);
  }
  return found;
}
template <class T>
std::vector<T> orders(const ModuleWorld::Happened& happened) {
  return only<T>(happened.orders);
}
template <class T>
std::vector<T> events(const ModuleWorld::Happened& happened) {
  return only<T>(happened.events);
}

}  // namespace muster::testing
