// What kind of run a seed is: how many users, of which load, and which faults there are at all and
// how often. Drawn first, and printed before the run: a fault that is always there hides what only
// happens without it, so each seed has some of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/cluster/document.h"
#include "server/load_settings.h"
#include "sim/random_streams.h"
#include "sim/world/faults.h"

namespace muster::sim {

enum class LoadKind : std::uint8_t { steady, burst, presence_storm, mass_reconnect };

// What happens to a server as a process; each at a mean interval, zero for never.
struct ServerTrouble {
  Duration crash_every;
  Duration down_most;  // until it is started again
  Duration stall_every;
  Duration stall_most;
  Duration pause_every;  // of all its shards
  Duration pause_most;
  Duration clock_step_every;
  Duration clock_step_most;  // to either side
  std::int32_t drift_us_per_second = 0;
};

inline constexpr std::uint32_t kServersMax = 12;

struct Swarm {
  std::uint32_t users = 0;
  std::uint8_t servers = 1;                     // more are a cluster
  std::uint8_t standbys = 0;                    // of these, which wait to be taken in
  std::optional<cluster::LoadLevel> max_level;  // of each server of a cluster
  std::uint32_t resources_per_user = 20;        // of these: what a user weighs (level.h)
  cluster::PlacingPolicy policy = cluster::PlacingPolicy::lowest;
  std::uint8_t shards = 2;  // of each
  LoadKind load = LoadKind::steady;
  Duration busy_time;                      // of faults and load
  Duration wish_every;                     // of all users together
  std::uint32_t phones_per_mille = 0;      // of users, who have one
  std::uint32_t messengers_per_mille = 0;  // the others have a phone
  std::uint32_t watched_by_each = 0;
  std::uint32_t tcp_per_mille = 0;  // of phones
  bool tls = false;
  Duration notify_interval_min;
  Faults faults;
  ServerTrouble trouble;
  PartitionFaults partitions;
  OutageFaults outages;
  Duration late_start_most;  // of servers but the first
};

Swarm draw_swarm(const RandomStreams& streams);
// Of a cluster; with servers drawn they are in the swarm too.
PartitionFaults draw_partitions(const RandomStreams& streams);
void draw_outages(const RandomStreams& streams, Swarm& swarm);
void draw_growth(const RandomStreams& streams, Swarm& swarm);

// A table, a line each; of faults, those that there are.
std::string to_text(const Swarm& swarm);

}  // namespace muster::sim
