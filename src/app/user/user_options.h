// The command line of muster: what an operator wants done, checked as far as it can be without the
// service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "app/cluster/cluster_options.h"
#include "app/replay/replay_command.h"
#include "app/sim/sim_options.h"
#include "app/user/service_choice.h"
#include "model/address.h"
#include "model/pair.h"

namespace muster {

enum class PasswordFrom : std::uint8_t { terminal, standard_input, generated };
struct NewPassword {
  PasswordFrom from = PasswordFrom::terminal;
  bool for_sip = true;  // keep what SIP digest needs
};

struct UserAdd {
  Address account;
  NewPassword password;
  std::optional<WatcherPolicy> policy;  // the service's, if none is given
};
struct UserPasswd {
  Address account;
  NewPassword password;
};
struct UserRemove {
  Address account;
  bool confirmed = false;
};
struct UserList {
  std::optional<std::string> domain;  // all of the service's, if none is given
  bool json = false;
};
struct UserWatchers {
  Address account;
  bool json = false;
};
struct UserDecide {
  Address account;
  Address watcher;
  bool allow = false;
};
struct UserPolicy {
  Address account;
  WatcherPolicy policy = WatcherPolicy::ask;
};

struct UserCommand {
  ServiceChoice service;
  std::variant<UserAdd, UserPasswd, UserRemove, UserList, UserWatchers, UserDecide, UserPolicy>
      what;
};
// The script to print.
struct PrintCompletion {
  std::string script;
};
using MusterCommand = std::variant<UserCommand, ClusterCommand, SimCommand, ProveCommand,
                                   ListPlants, ReplayCommand, PrintCompletion>;

// Or the exit code, after help was shown or something wrong was said.
std::variant<MusterCommand, int> parse_muster(int argc, char** argv);

}  // namespace muster
