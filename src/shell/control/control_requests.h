// What `muster` asks of a service, and what it is told. A running server is asked through its
// control socket (control_socket.h); where none runs, the same values are carried out on the store
// (app/user/store_door.h), so that both ways mean the same.
//
// Passwords do not pass here: who sets one derives what is kept of it, as the store keeps it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/address.h"
#include "model/pair.h"
#include "server/admin_events.h"
#include "server/settings.h"
#include "shell/store/store_backend.h"

namespace muster {

// --- what is asked -------------------------------------------------------------------------------

// Answer: ServiceDescription.
struct DescribeService {};

// CreateAccount (never with `claim`), SetCredentials, DecideWatcher, ChangePolicy and DropAccount
// are answered ControlDone, ListAccounts AccountsListed, ListWatchers WatchersListed, ListServers
// and FindUser ServersListed, ListUsers UserPage, OrderServer ControlDone or NotMain; each of them
// may be ControlRefused. New credentials end the sessions that the old ones opened.
using ControlRequest =
    std::variant<DescribeService, CreateAccount, SetCredentials, ListAccounts, ListWatchers,
                 DecideWatcher, ChangePolicy, DropAccount, ListServers, FindUser, ListUsers,
                 OrderServer>;

// --- what is told --------------------------------------------------------------------------------

// What must be known of a service to ask for the right thing. A server also leaves it in its data
// directory, for when it does not run.
struct ServiceDescription {
  std::string version;
  std::vector<std::string> domains;
  WatcherPolicy default_policy = WatcherPolicy::ask;
  bool sip_digest_md5 = true;
  std::uint32_t roster_items_max = 0;

  static ServiceDescription of(const Settings& settings, std::string version);
  friend bool operator==(const ServiceDescription&, const ServiceDescription&) = default;
};
struct ControlDone {};
struct WatchersListed {
  std::vector<Contact> watchers;
};
struct ServersListed {
  std::vector<ServerSeen> servers;
};
struct UserPage {
  std::vector<UserSeen> users;
};
// The main is to be told, and cannot be reached: this one, or nobody.
struct NotMain {
  std::string main;
};
struct ControlRefused {
  enum class Why : std::uint8_t {
    malformed,
    foreign_domain,  // not a domain of this service
    conflict,        // the account exists
    no_such_account,
    no_such_watcher,
    store_failed,
    too_busy,
    no_cluster,  // the server is alone, or does not run
    no_lease,    // it is not, or not yet, of its cluster
    no_such_server,
    wrong_role,
    is_main,
    no_answer,  // of the main, or of whose users were asked for
  };
  Why why = Why::malformed;
};
using ControlReply = std::variant<ServiceDescription, ControlDone, AccountsListed, WatchersListed,
                                  ServersListed, UserPage, NotMain, ControlRefused>;

// Who must live at this service for the request to make sense; null: nobody in particular.
const Address* account_of(const ControlRequest& request);
// The rule that both ways begin with: an account's domain is one of the service's.
std::optional<ControlRefused> why_refused(const ControlRequest& request,
                                          const std::vector<std::string>& domains);

std::string_view name_of(WatcherPolicy policy);
std::optional<WatcherPolicy> watcher_policy(std::string_view name);

}  // namespace muster
