// Load control (paper, section 3.1): this server among the others of its cluster. Seated on shard
// 0; on the other shards, and where there is no cluster, it has nothing to do.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "server/load_control/membership.h"
#include "server/outbox.h"
#include "server/shard.h"

namespace muster {

class LoadControl {
 public:
  explicit LoadControl(Shard& shard);

  void on(Now now, const Started& started, Outbox& out);
  void on(Now now, const ClusterAnswered& answered, Outbox& out);
  void on(Now now, const ServerFenced& fenced, Outbox& out);
  void on(Now now, const ShardStopped& stopped, Outbox& out);
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;

  // All other modules of this shard are idle for good: once the other shards are too, the lease is
  // ended in order.
  void leave(Now now, Outbox& out);
  // The lease is ended, or there was none.
  bool idle() const;

 private:
  std::optional<Membership> membership_;
  std::uint8_t shards_serving_;  // the others
  bool leaving_ = false;
};

}  // namespace muster
