// What a server measures of itself, data only. server/load_control/level.h makes a load level of
// it.
#pragma once

#include <cstdint>

namespace muster::cluster {

// How much is used of something that runs out, and of how much, in one unit. `of` 0: nobody
// measures it, or it has no end.
struct Share {
  std::uint32_t used = 0;
  std::uint32_t of = 0;
  friend bool operator==(const Share&, const Share&) = default;
};

// The one of which more is used, in proportion.
constexpr Share fuller_of(const Share& a, const Share& b) {
  if (a.of == 0 || b.of == 0) return a.of == 0 ? b : a;
  return std::uint64_t{a.used} * b.of < std::uint64_t{b.used} * a.of ? b : a;
}

// What a thread measures of itself (shell/sensor.h); of a server, each that of the shard where it
// is fullest.
struct Measures {
  Share loop_lag;  // how long what comes waits for the turn under way
  Share cpu;       // the thread's processor time
  Share memory;    // the process's
  Share queues;    // the queue that is fullest

  friend bool operator==(const Measures&, const Measures&) = default;
};
constexpr Measures fullest_of(const Measures& a, const Measures& b) {
  return {fuller_of(a.loop_lag, b.loop_lag), fuller_of(a.cpu, b.cpu), fuller_of(a.memory, b.memory),
          fuller_of(a.queues, b.queues)};
}

struct Load {
  // Each has a session, a registration, a publication or a subscription here. All that they have
  // registered for: roster items whose subscription is `to` or `both`, and SIP subscriptions, each
  // URI of a list.
  std::uint64_t users = 0;
  std::uint64_t resources = 0;

  Share relayed_links;  // of users whom another server has
  Measures measures;

  friend bool operator==(const Load&, const Load&) = default;
};

}  // namespace muster::cluster
