// This server's users, told to servers that ask for all of them (docs/wire.md, "All users of a
// server"): a full document, then the users in chunks of at most cluster::kChunkBytesMax, one
// unanswered at a time, the last of which ends the subscription.
//
// Limits: one subscription for each peer, the latest. The list is held once, for as long as
// somebody is being told of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/cluster/document.h"
#include "server/load_control/link_outcome.h"
#include "server/load_control/link_sip.h"
#include "server/load_control/link_subscription.h"

namespace muster {

class UsersNotifier {
 public:
  void add(cluster::Incarnation peer, LinkSubscription subscription);
  LinkSubscription* find(cluster::Incarnation peer);
  // Its SUBSCRIBE was taken: the list begins anew.
  void refreshed(cluster::Incarnation peer) { subscribers_.at(peer).begun = false; }
  void answered(cluster::Incarnation peer, sip::Status status);
  void drop(cluster::Incarnation peer) { subscribers_.erase(peer); }
  void end_all(SubscriptionEnd why);
  bool empty() const { return subscribers_.empty(); }

  // Whether somebody waits for the list; and the list for all of them, sorted.
  bool wants_users() const;
  void give(std::string server_id, std::vector<cluster::User> users);

  // Sends what is due. `document` is this server's own.
  std::uint64_t settle(Instant now, const cluster::Document& document, LinkSips& links,
                       LinkOutcomes& out);
  std::optional<Instant> next_deadline() const;

 private:
  struct Subscriber {
    LinkSubscription subscription;
    std::shared_ptr<const cluster::UsersList> list;  // null: it is not there yet
    bool begun = false;                              // the full document is sent
    std::size_t at = 0;                              // in the list
    std::uint32_t version = 0;
  };

  // The next document: the full one, or a chunk.
  static std::string next_body(Subscriber& subscriber, const cluster::Document& document);

  std::map<cluster::Incarnation, Subscriber> subscribers_;
};

}  // namespace muster
