// What a server measures of itself, data only; users, resources and relayed links are, the rest is
// not yet. server/load_control/level.h makes a load level of it.
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

struct Load {
  // Each has a session, a registration, a publication or a subscription here. All that they have
  // registered for: roster items whose subscription is `to` or `both`, and SIP subscriptions, each
  // URI of a list.
  std::uint64_t users = 0;
  std::uint64_t resources = 0;

  Share loop_lag;       // microseconds; of the shard that is latest
  Share cpu;            // milliseconds of processor time, in the latest period
  Share memory;         // KiB
  Share queues;         // entries; of the queue that is fullest
  Share relayed_links;  // links, of users whom another server has

  friend bool operator==(const Load&, const Load&) = default;
};

}  // namespace muster::cluster
