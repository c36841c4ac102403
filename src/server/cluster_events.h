// Events about this server as one of a cluster. See events.h.
#pragma once

namespace muster {

// load_control -> presence_db of all shards: this server has its lease, and may change what is
// stored.
struct LeaseIsHeld {};

// presence_server of each other shard -> load_control, on shard 0: it serves nobody any more, and
// the store owes it no answer.
struct ShardStopped {};

}  // namespace muster
