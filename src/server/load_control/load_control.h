// Load control (paper, section 3.1): this server among the others of its cluster. On each shard of
// one of many it has the shard's users (residents.h), on shard 0 also the server as a whole
// (cluster_server.h). Where there is no cluster it has nothing to do.
#pragma once

#include <memory>
#include <optional>

#include "base/check.h"
#include "base/time.h"
#include "server/load_control/cluster_server.h"
#include "server/load_control/residents.h"
#include "server/outbox.h"
#include "server/shard.h"

namespace muster {

class LoadControl {
 public:
  explicit LoadControl(Shard& shard);

  // Without a server nobody holds a lease, and nobody of a cluster connects.
  void on(Now now, const Started& started, Outbox& out);
  void on(Now now, const LinkOpened& opened, Outbox& out);
  void on(Now now, const LinkFailed& failed, Outbox& out);
  // Nothing: their links are open once the handshake is done.
  void on(Now, const TlsStarted&, Outbox&) {}
  void on(Now now, const UsersListWanted& wanted, Outbox& out);

  // To the server, which there is.
  template <class Fact>
  requires requires(ClusterServer& server, Now now, const Fact& fact, Outbox& out) {
    server.on(now, fact, out);
  }
  void on(Now now, const Fact& fact, Outbox& out) {
    MUSTER_CHECK(server_ != nullptr);
    server_->on(now, fact, out);
  }
  // To the shard's users.
  template <class Fact>
  requires requires(Residents& residents, Now now, const Fact& fact, Outbox& out) {
    residents.on(now, fact, out);
  }
  void on(Now now, const Fact& fact, Outbox& out) {
    MUSTER_CHECK(residents_.has_value());
    residents_->on(now, fact, out);
  }

  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;
  // At the end of a step.
  void flush(Now now, Outbox& out) {
    if (server_ != nullptr) server_->flush(now, out);
  }

  bool has(LinkId link) const { return server_ != nullptr && server_->has(link); }

  // All other modules of this shard are idle for good: once the other shards are too, the lease is
  // ended in order.
  void leave(Now now, Outbox& out) {
    if (server_ != nullptr) server_->leave(now, out);
  }
  // The lease is ended, or there was none.
  bool idle() const { return server_ == nullptr || server_->idle(); }

 private:
  ShardId shard_;
  std::optional<Residents> residents_;
  std::unique_ptr<ClusterServer> server_;
};

}  // namespace muster
