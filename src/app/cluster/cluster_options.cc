#include "app/cluster/cluster_options.h"

#include "app/command_line/addresses.h"
#include "app/command_line/command_line.h"
#include "base/ascii.h"

namespace muster {
namespace {

CLI::App* add(CLI::App& app, const std::string& name, const std::string& about,
              ClusterWords& words) {
  CLI::App* command = add_command(app, name, about);
  add_service_options(*command, words.service);
  return command;
}

void add_server(CLI::App& command, ClusterWords& words) {
  command.add_option("SERVER", words.server, "The server, as `muster servers` names it")
      ->required()
      ->type_name("");
}

CLI::Validator count() {
  const auto check = [](const std::string& found) -> std::string {
    const auto number = parse_number<std::uint32_t>(found);
    return number && *number > 0 ? "" : "\"" + found + "\" is no number from 1";
  };
  return CLI::Validator(check, "");
}

struct OrderText {
  const char* name;
  const char* about;
  const char* footer;
  bool may_wait = false;
};
// By OrderServer::What.
constexpr std::array<OrderText, 4> kOrders = {{
    {"drain", "Have all users of a server move to the others",
     "It takes no more; when it has nobody it may be ended.\n"
     "Who does not follow to another server is served through it until it ends.",
     true},
    {"undrain", "Have a server that drains take users again", ""},
    {"recruit", "Take a candidate in", ""},
    {"release", "Drain a server, and make it a candidate when it has nobody", "", true},
}};

}  // namespace

ClusterCommands add_cluster_commands(CLI::App& app, ClusterWords& words) {
  ClusterCommands all;
  all.servers = add(app, "servers", "List the servers of a cluster", words);
  all.servers->add_flag("--json", words.json, "As JSON");
  all.where = add(app, "where", "Say which server of a cluster has a user", words);
  all.where->add_option("ADDRESS", words.address, "The user, as alice@example.com")
      ->required()
      ->check(bare_address())
      ->type_name("");
  all.where->add_flag("--json", words.json, "As JSON");
  all.users = add(app, "users", "List the users of a server of a cluster", words);
  add_server(*all.users, words);
  all.users->add_flag("--json", words.json, "As JSON, a user a line");
  all.top = add(app, "top", "Show the servers of a cluster, and anew each second", words);
  all.top->add_option("--times", words.times, "End after so many times")
      ->check(count())
      ->type_name("N");
  all.top->footer("On a terminal it stays in place, and q ends it. Else each time is printed.");
  all.watch = add(app, "watch", "Say what happens in a cluster, a line each, as it does", words);
  for (std::size_t i = 0; i < kOrders.size(); ++i) {
    CLI::App* order = add(app, kOrders[i].name, kOrders[i].about, words);
    add_server(*order, words);
    order->footer(kOrders[i].footer);
    if (kOrders[i].may_wait) order->add_flag("--wait", words.wait, "End when it has nobody");
    all.orders[i] = order;
  }
  return all;
}

std::optional<ClusterCommand> cluster_command_of(const ClusterCommands& commands,
                                                 const ClusterWords& words) {
  if (commands.servers->parsed()) return ClusterCommand{words.service, ShowServers{words.json}};
  if (commands.where->parsed()) {
    return ClusterCommand{words.service, ShowWhere{address_of(words.address), words.json}};
  }
  if (commands.users->parsed()) {
    return ClusterCommand{words.service, ShowUsers{words.server, words.json}};
  }
  if (commands.top->parsed()) {
    return ClusterCommand{words.service, ShowTop{parse_number<std::uint32_t>(words.times)}};
  }
  if (commands.watch->parsed()) return ClusterCommand{words.service, WatchCluster{}};
  for (std::size_t i = 0; i < commands.orders.size(); ++i) {
    if (!commands.orders[i]->parsed()) continue;
    const auto what = static_cast<OrderServer::What>(i);
    return ClusterCommand{words.service, GiveOrder{what, words.server, words.wait}};
  }
  return std::nullopt;
}

}  // namespace muster
