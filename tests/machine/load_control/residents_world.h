// Residents of a shard, for their tests.
#pragma once

#include "server/load_control/residents.h"

#include <gtest/gtest.h>

#include <variant>
#include <vector>

#include "support/module_world.h"

namespace muster::testing {

class ResidentsWorld : public ::testing::Test {
 protected:
  explicit ResidentsWorld(const cluster::LoadSettings& load = {}) : world(load) {}

  template <class Fact>
  ModuleWorld::Happened give(const Fact& fact) {
    residents.on(world.now, fact, world.out);
    return world.take();
  }
  // All that is due meanwhile happens.
  ModuleWorld::Happened pass(Duration time) {
    const Instant end = world.now.instant + time;
    while (residents.next_deadline() && *residents.next_deadline() <= end) {
      world.pass(*residents.next_deadline() - world.now.instant);
      residents.wake(world.now, world.out);
    }
    world.pass(end - world.now.instant);
    return world.take();
  }
  // To shard 0.
  template <class E>
  static std::vector<E> told(const ModuleWorld::Happened& happened) {
    std::vector<E> all;
    for (const ToShard& mail : orders<ToShard>(happened)) {
      EXPECT_EQ(mail.to, ShardId());
      if (const E* one = std::get_if<E>(&mail.event)) all.push_back(*one);
    }
    return all;
  }

  ShardOfCluster world;
  Residents residents{world.shard};
};

}  // namespace muster::testing
