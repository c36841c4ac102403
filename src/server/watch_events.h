// Events about SIP watchers: subscriptions of RFC 6665 to the presence of RFC 3856, between the
// watcher's side (sip_presence, on the watcher's home shard, which has the dialog) and the
// presentity's (presence_db, on hers, which decides and has the document). See events.h.
#pragma once

#include <cstdint>
#include <vector>

#include "model/address.h"
#include "server/vocabulary.h"

namespace muster {

// sip_presence -> presence_db: may this watcher watch?
struct WatchAsked {
  WatchId watch;
  Address watcher;
  Address presentity;
  bool fetch = false;  // once only (RFC 6665 section 4.4.3: Expires 0)
};

enum class WatchState : std::uint8_t {
  active,
  pending,
  rejected,      // terminated;reason=rejected, or 403 to a first SUBSCRIBE
  no_such_user,  // terminated;reason=noresource, or 404
  too_many,      // 503 to a first SUBSCRIBE
  store_failed,  // 500 to a first SUBSCRIBE
};

// presence_db -> sip_presence: the answer to WatchAsked and to WatchRefreshed; and, later, any
// change of state. `document` is null where the watcher may not see it. All states but active and
// pending end the watch: presence_db has forgotten it, and no WatchEnded follows; so does any
// answer to a fetch.
struct WatchDecided {
  WatchId watch;
  WatchState state = WatchState::pending;
  SharedText document;
};

// sip_presence -> presence_db: the subscription was refreshed; say again what it sees.
struct WatchRefreshed {
  WatchId watch;
  Address presentity;
};

// sip_presence -> presence_db: the watcher ended it, or it ran out, or she cannot be reached.
struct WatchEnded {
  WatchId watch;
  Address presentity;
};

// presence_db -> sip_presence on the shard of the watches: the presentity's presence changed.
struct WatchesNotified {
  SharedText document;
  std::vector<WatchId> watches;
};

// sip_presence -> load_control on shard 0: a SIP client watches the cluster document here, or does
// so no more. It may; the answer to all but the last is WatchDecided, as of another watch, and
// later WatchesNotified.
struct ClusterWatched {
  enum class What : std::uint8_t { begun, fetched, refreshed, ended };
  WatchId watch;
  What what = What::begun;
  bool own = false;  // of this server alone, not of the service; of begun and fetched
};

}  // namespace muster
