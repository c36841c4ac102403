// Load control (paper, section 3.1): this server among the others of its cluster. On each shard of
// one of many it has the shard's users (residents.h), what they and the users of other servers have
// to do with one another (interests.h), and the streams that one of two servers relays to the other
// (relay.h); on shard 0 also the server as a whole (cluster_server.h). Where there is no cluster it
// has nothing to do.
#pragma once

#include <memory>
#include <optional>

#include "base/check.h"
#include "base/time.h"
#include "server/load_control/cluster_server.h"
#include "server/load_control/interests.h"
#include "server/load_control/relay.h"
#include "server/load_control/residents.h"
#include "server/outbox.h"
#include "server/shard.h"

namespace muster {

class LoadControl {
  template <class Part, class Fact>
  static constexpr bool kTakes = requires(Part& part, Now now, const Fact& fact, Outbox& out) {
    part.on(now, fact, out);
  };
  // How many parts take it.
  template <class Fact>
  static constexpr int kParts = kTakes<ClusterServer, Fact> + kTakes<Residents, Fact> +
                                kTakes<Interests, Fact> + kTakes<Relay, Fact>;

 public:
  explicit LoadControl(Shard& shard);

  // Without a server nobody holds a lease, and nobody of a cluster connects.
  void on(Now now, const Started& started, Outbox& out);
  void on(Now now, const LinkOpened& opened, Outbox& out);
  void on(Now now, const LinkFailed& failed, Outbox& out);
  // Nothing: their links are open once the handshake is done.
  void on(Now, const TlsStarted&, Outbox&) {}
  void on(Now now, const UsersListWanted& wanted, Outbox& out);
  // Another shard passes it on to the server.
  void on(Now now, const ToServers& said, Outbox& out);
  // Where there is no cluster the operator is told so.
  void on(Now now, const AdminAsked& asked, Outbox& out);
  // Both are to know.
  void on(Now now, const ResidentChanged& changed, Outbox& out);

  // To the one part that takes it, which there is.
  template <class Fact>
  requires(kParts<Fact> > 0) void on(Now now, const Fact& fact, Outbox& out) {
    static_assert(kParts<Fact> == 1, "a fact of several parts");
    if constexpr (kTakes<ClusterServer, Fact>) {
      part(server_).on(now, fact, out);
    } else if constexpr (kTakes<Residents, Fact>) {
      part(residents_).on(now, fact, out);
    } else if constexpr (kTakes<Interests, Fact>) {
      part(interests_).on(now, fact, out);
    } else {
      part(relay_).on(now, fact, out);
      residents_->relaying(now, relay_->relaying());
    }
  }
  // What is ordered of links that other servers have is theirs.
  void take_orders(Outbox& out) {
    if (relay_) relay_->take_orders(out);
  }

  // Whether another server is to deal with it; then it is on its way there.
  template <class E>
  bool send_on(Now now, const E& event, Outbox& out) {
    return interests_ && interests_->send_on(now, event, out);
  }
  // The same, of what another shard asks.
  bool weigh(Now now, const SaidToWeigh& asked, Outbox& out) {
    return interests_->weigh(now, asked, out);
  }
  // Something for the modules of this shard that another server sent.
  std::optional<UserEvent> hear(Now now, const FromServer& from, Outbox& out) {
    return interests_->hear(now, from, out);
  }

  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;
  // At the end of a step, what the main decides; then what leaves.
  void steer(Now now, Outbox& out) {
    if (server_ != nullptr) server_->steer(now, out);
  }
  void flush(Now now, Outbox& out) {
    if (server_ != nullptr) server_->flush(now, out);
  }

  // What it knows of the load of all; null where there is no server.
  const cluster::Picture* picture() const {
    return server_ == nullptr ? nullptr : &server_->picture();
  }

  // Who matters to the cluster.
  std::size_t users() const { return interests_ ? interests_->users() : 0; }

  bool has(LinkId link) const { return server_ != nullptr && server_->has(link); }

  // All other modules of this shard are idle for good: once the other shards are too, the lease is
  // ended in order.
  void leave(Now now, Outbox& out) {
    if (server_ != nullptr) server_->leave(now, out);
  }
  // The lease is ended, or there was none.
  bool idle() const { return server_ == nullptr || server_->idle(); }

 private:
  template <class Holder>
  static auto part(Holder& holder) -> decltype(*holder) {
    MUSTER_CHECK(static_cast<bool>(holder));
    return *holder;
  }

  ShardId shard_;
  std::optional<Residents> residents_;
  std::optional<Interests> interests_;
  std::optional<Relay> relay_;
  std::unique_ptr<ClusterServer> server_;
};

}  // namespace muster
