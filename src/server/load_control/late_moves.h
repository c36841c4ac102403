// Moves that the main ordered and that wait for phones to register: who has a phone cannot go at
// once (residents.h). It is the server's, on shard 0 (cluster_server.h), and says who may go when
// her phone registers: as many as could not go when they were to, for as long as each phone takes
// to register. The pace, and the bound of those in flight, are those of the settings, which hold
// for the phones of each server beside what the main moves (rebalance.h).
#pragma once

#include <cstdint>

#include "base/time.h"
#include "server/load_control/pace.h"
#include "server/load_settings.h"

namespace muster::cluster {

class LateMoves {
 public:
  explicit LateMoves(const LoadSettings& settings)
      : in_flight_max_(settings.moves_in_flight_max),
        users_pace_(settings.moved_users_per_second),
        dialogs_pace_(settings.moved_dialogs_per_second) {}

  // So many could not go.
  void wait(Instant until, std::uint32_t users);
  // Whether one who has so many SIP dialogs may go now; take() if she does.
  bool allows(Instant now, std::uint32_t dialogs);
  void take(std::uint32_t dialogs);
  // She has gone, or it came to nothing.
  void ended(std::uint32_t users) { in_flight_ -= users; }

 private:
  std::uint32_t in_flight_max_;
  Pace users_pace_;
  Pace dialogs_pace_;
  Instant until_;
  std::uint32_t waiting_ = 0;
  std::uint32_t in_flight_ = 0;
};

}  // namespace muster::cluster
