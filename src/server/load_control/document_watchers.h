// SIP clients that watch the cluster document here: this server's own, or the service's as this
// server knows it. Who they are, and their dialogs, sip_presence has; this says what they see. Not
// the users: only how many each server has.
//
// What has changed is told to all together, every `interval` at most (RFC 3856 section 6.10 has the
// same for presence); who comes, or refreshes, is told at once.
//
// Limit: kWatchersMax (503).
#pragma once

#include <cstddef>
#include <optional>
#include <set>

#include "base/time.h"
#include "model/cluster/document.h"
#include "server/outbox.h"
#include "server/shard.h"

namespace muster {

class DocumentWatchers {
 public:
  static constexpr std::size_t kWatchersMax = 100;

  explicit DocumentWatchers(const Shard& shard) : shard_(shard) {}

  // What there is to see; null while this server is no member.
  struct Seen {
    const cluster::Document* own = nullptr;
    const cluster::Document* service = nullptr;
  };
  void on(Now now, const ClusterWatched& watched, const Seen& seen, Outbox& out);
  void wake(Now now, const Seen& seen, Outbox& out);
  std::optional<Instant> next_deadline() const;

 private:
  struct Kind {
    std::set<WatchId> watches;
    SharedText told;  // to all of them, or to who came first
  };

  void tell_changes(Kind& kind, const cluster::Document* document, Outbox& out) const;
  Duration interval() const;

  const Shard& shard_;
  Kind own_;
  Kind service_;
  Instant next_;
};

}  // namespace muster
