// What an operator wants to know of a cluster: muster servers, where, users, top and watch; and
// what she orders: muster drain, undrain, recruit and release.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "app/user/service_choice.h"
#include "model/address.h"
#include "server/admin_events.h"

namespace muster {

struct ShowServers {
  bool json = false;
};
struct ShowWhere {
  Address account;
  bool json = false;
};
struct ShowUsers {
  std::string server;  // as GiveOrder names it
  bool json = false;
};
// Again and again, each second.
struct ShowTop {
  std::optional<std::uint32_t> times;  // none: until it is ended
};
struct WatchCluster {};
struct GiveOrder {
  OrderServer::What what = OrderServer::What::drain;
  std::string server;  // as `muster servers` names it, or its SIP URI
  bool wait = false;   // until it has nobody
};

struct ClusterCommand {
  ServiceChoice service;
  std::variant<ShowServers, ShowWhere, ShowUsers, ShowTop, WatchCluster, GiveOrder> what;
};

// As they stand on the command line, of whichever command it is.
struct ClusterWords {
  ServiceChoice service;
  std::string address;
  std::string server;
  std::string times;
  bool json = false;
  bool wait = false;
};
struct ClusterCommands {
  CLI::App* servers = nullptr;
  CLI::App* where = nullptr;
  CLI::App* users = nullptr;
  CLI::App* top = nullptr;
  CLI::App* watch = nullptr;
  std::array<CLI::App*, 4> orders{};  // by OrderServer::What
};

ClusterCommands add_cluster_commands(CLI::App& app, ClusterWords& words);
// Nothing if none of them was given.
std::optional<ClusterCommand> cluster_command_of(const ClusterCommands& commands,
                                                 const ClusterWords& words);

}  // namespace muster
