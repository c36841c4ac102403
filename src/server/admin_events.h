// What an operator asks of a running server (muster user ..., muster servers), and the events that
// come of it. The shell brings a request to the home shard of the account that it is about, and
// what is about the cluster to shard 0: home_account_of(). See events.h, ports.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "model/address.h"
#include "model/cluster/document.h"
#include "model/load.h"
#include "model/subscription.h"
#include "server/cluster_port.h"
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
// The servers of the cluster, as the one that is asked knows them.
struct ListServers {};
// Which of them has this user.
struct FindUser {
  Address account;
};
// A page of the users of a server, by address, from behind `after`; empty: the first, for which it
// is asked anew.
struct ListUsers {
  std::string svr_id;
  Address after;
};
inline constexpr std::size_t kUsersListedMax = 1'000;
// To the main, about a server of the cluster, itself included.
struct OrderServer {
  enum class What : std::uint8_t {
    drain,    // one that runs: its users move away, and it takes no more
    undrain,  // one that drains: it takes users again
    recruit,  // a candidate: it is taken in
    release,  // one that runs or drains: it is drained, and a candidate once it has nobody
  } what = What::drain;
  std::string svr_id;
};
using AdminRequest = std::variant<ListWatchers, DecideWatcher, ChangePolicy, DropAccount,
                                  EndSessions, ListServers, FindUser, ListUsers, OrderServer>;

// Null: it is about the cluster.
inline const Address* home_account_of(const AdminRequest& request) {
  return std::visit(Overloaded{
                        [](const ListServers&) -> const Address* { return nullptr; },
                        [](const FindUser&) -> const Address* { return nullptr; },
                        [](const ListUsers&) -> const Address* { return nullptr; },
                        [](const OrderServer&) -> const Address* { return nullptr; },
                        [](const auto& known) -> const Address* { return &known.account; },
                    },
                    request);
}

// One server of a cluster as another one, or itself, knows it.
struct ServerSeen {
  // As the store last told it; `time_left` of the lease is what was left then.
  cluster::Member member;
  bool main = false;
  bool itself = false;  // the one that was asked
  bool linked = false;  // to the one that was asked
  struct Load {
    cluster::LoadLevel level;
    std::uint32_t users = 0;
    friend bool operator==(const Load&, const Load&) = default;
  };
  // By what it reported, as users are placed; nothing: it has not reported yet.
  std::optional<Load> load;
  // What only a server itself knows, and told the one that was asked: its load as it is, how many
  // users are present through which protocol, some through both, and what it measures of itself.
  struct Own {
    Load load;
    std::uint64_t xmpp = 0;
    std::uint64_t sip = 0;
    std::uint64_t resources = 0;
    std::uint64_t relayed = 0;   // links of users whom another server has
    cluster::Measures measures;  // by the fullest shard; none in a server without a sensor
    friend bool operator==(const Own&, const Own&) = default;
  };
  std::optional<Own> own;
  friend bool operator==(const ServerSeen&, const ServerSeen&) = default;
};

// One user of a server.
struct UserSeen {
  Address account;
  cluster::PresType by = cluster::PresType::xmpp;
  std::uint32_t resources = 0;
  friend bool operator==(const UserSeen&, const UserSeen&) = default;
};

struct AdminReply {
  enum class Outcome : std::uint8_t {
    done,
    no_such_account,
    no_such_watcher,
    store_failed,
    no_cluster,  // this server is alone
    no_lease,    // it is not, or not yet, of its cluster
    not_main,    // which of them is, `servers` says, if any
    no_such_server,
    wrong_role,  // of the server, for this order
    is_main,     // which cannot be let go
    no_answer,   // of the main, in `servers`, which may have done it; or of the server whose users
                 // were to be listed
  };
  Outcome outcome = Outcome::done;
  std::vector<Contact> watchers;
  // To ListServers, by incarnation; to FindUser the one that has her, or none. OrderServer is done
  // once it is understood: what becomes of it ListServers shows.
  std::vector<ServerSeen> servers = {};
  // To ListUsers; less than kUsersListedMax: the last of them.
  std::vector<UserSeen> users = {};
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
