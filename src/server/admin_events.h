// What an operator asks of a running server (muster user ...), and the events that come of it. The
// shell brings a request to the home shard of the account that it is about. See events.h, ports.h.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/address.h"
#include "model/subscription.h"
#include "server/store_port.h"
#include "server/vocabulary.h"

namespace muster {

// Who watches the account, or waits to: every contact with a relation that lets her see or ask.
struct ListWatchers {
  Address account;
};
inline bool is_watcher(const Relation& relation) {
  return is_seen_by(relation.subscription) || is_pending_in(relation.subscription) ||
         relation.approved;
}
// As if the account had answered `subscribed` or `unsubscribed` itself. Who is turned down ends at
// once, also if she watches by the account's policy alone; it is applied again when she asks again.
struct DecideWatcher {
  Address account;
  Address watcher;
  bool allow = false;
};
struct ChangePolicy {
  Address account;
  WatcherPolicy policy = WatcherPolicy::ask;
};
// Removes the account, ends all that it has. Also an event, xmpp_stream -> presence_db: XEP-0077
// section 3.2.
struct DropAccount {
  Address account;
};
// Ends its streams: its password was changed.
struct EndSessions {
  Address account;
};
using AdminRequest =
    std::variant<ListWatchers, DecideWatcher, ChangePolicy, DropAccount, EndSessions>;

struct AdminReply {
  enum class Outcome : std::uint8_t { done, no_such_account, no_such_watcher, store_failed };
  Outcome outcome = Outcome::done;
  std::vector<Contact> watchers;
};

// presence_db -> xmpp_stream, xmpp_presence and sip_presence: the account is gone, or is to log in
// anew.
struct AccountGone {
  Address account;
  bool removed = true;  // false: only its password was changed
};

// presence_db -> xmpp_stream: DropAccount came to nothing, the store failed.
struct AccountKept {
  Address account;
};

}  // namespace muster
