// What an operator wants to know of a cluster: muster servers, where, top and watch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "app/user/service_choice.h"
#include "model/address.h"

namespace muster {

struct ShowServers {
  bool json = false;
};
struct ShowWhere {
  Address account;
  bool json = false;
};
// Again and again, each second.
struct ShowTop {
  std::optional<std::uint32_t> times;  // none: until it is ended
};
struct WatchCluster {};

struct ClusterCommand {
  ServiceChoice service;
  std::variant<ShowServers, ShowWhere, ShowTop, WatchCluster> what;
};

// As they stand on the command line, of whichever command it is.
struct ClusterWords {
  ServiceChoice service;
  std::string address;
  std::string times;
  bool json = false;
};
struct ClusterCommands {
  CLI::App* servers = nullptr;
  CLI::App* where = nullptr;
  CLI::App* top = nullptr;
  CLI::App* watch = nullptr;
};

ClusterCommands add_cluster_commands(CLI::App& app, ClusterWords& words);
// Nothing if none of them was given.
std::optional<ClusterCommand> cluster_command_of(const ClusterCommands& commands,
                                                 const ClusterWords& words);

}  // namespace muster
