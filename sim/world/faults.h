// What the world may do to a service, as numbers. All are off in a new one: no delay, no loss. The
// swarm draws them from the seed (sim/run/swarm.h), the healing of a run sets them back, and a
// scenario sets those it is about.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace muster::sim {

// How long something takes: mostly between `least` and `most`; in `spike_per_mille` of 1000 cases
// up to `spike` more.
struct Delay {
  Duration least;
  Duration most;
  std::uint32_t spike_per_mille = 0;
  Duration spike;
};

struct NetworkFaults {
  Delay link;      // one way; a link keeps its order
  Delay datagram;  // one way; two datagrams may overtake each other
  std::uint32_t datagram_lost_per_mille = 0;
  std::uint32_t datagram_doubled_per_mille = 0;
  // A text that is said on a link arrives in pieces of any size, and what arrived is read later,
  // together with what came meanwhile.
  std::uint32_t split_per_mille = 0;
  Duration read_delay_max;
  // Of texts said on a link: the link is cut, both sides hear of it; or it falls silent, and
  // nothing comes through any more until somebody gives up.
  std::uint32_t cut_per_mille = 0;
  std::uint32_t silent_per_mille = 0;
  // Of connections: whose peer is slow to read, and how long it does not read at a time.
  std::uint32_t slow_reader_per_mille = 0;
  Duration slow_reading;
  std::uint32_t refused_per_mille = 0;  // of attempts to connect
};

struct StoreFaults {
  Delay commit;  // until it is done
  Delay answer;  // until who asked is told
  std::uint32_t busy_per_mille = 0;
  std::uint32_t full_per_mille = 0;
  std::uint32_t broken_per_mille = 0;
};

struct ServerFaults {
  Delay mailbox;  // between two shards; from one to one in order
  Delay verifier;
  Duration deadline_late_max;  // a timer rings, and the shard hears it later
};

// Of a cluster: two of its servers are parted from each other, and mended again.
struct PartitionFaults {
  Duration every;                       // a mean; zero for never
  Duration parted_max;                  // for how long
  std::uint32_t one_way_per_mille = 0;  // of them: nothing gets from one to the other, but back
};

// Of a cluster: one of its servers does not reach the stores, and reaches them again.
struct OutageFaults {
  Duration every;  // a mean; zero for never
  Duration most;   // for how long
};

struct Faults {
  NetworkFaults network;
  StoreFaults store;
  ServerFaults server;
};

}  // namespace muster::sim
