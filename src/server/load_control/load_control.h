// Load control (paper, section 3.1): this server among the others of its cluster. Seated on shard
// 0; on the other shards, and where there is no cluster, it has nothing to do.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "server/load_control/membership.h"
#include "server/load_control/server_links.h"
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
  // Of links to other servers.
  void on(Now now, const LinkOpened& opened, Outbox& out);
  void on(Now now, const LinkFailed& failed, Outbox& out);
  void on(Now now, const BytesReceived& received, Outbox& out);
  void on(Now now, const LinkClosed& closed, Outbox& out);
  // Nothing: their links are open once the handshake is done.
  void on(Now, const TlsStarted&, Outbox&) {}
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;
  // At the end of a step.
  void flush(Now now, Outbox& out);

  bool has(LinkId link) const { return links_ && links_->has(link); }

  // All other modules of this shard are idle for good: once the other shards are too, the lease is
  // ended in order.
  void leave(Now now, Outbox& out);
  // The lease is ended, or there was none.
  bool idle() const;

 private:
  void hear(Now now, Outbox& out);
  void happened(Now now, const ServerLinks::Happened& what, Outbox& out);

  std::optional<Membership> membership_;
  std::optional<ServerLinks> links_;
  std::uint8_t shards_serving_;  // the others
  bool leaving_ = false;
};

}  // namespace muster
