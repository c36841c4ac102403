#include "app/cluster/cluster_commands.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "app/cluster/cluster_news.h"
#include "app/cluster/cluster_view.h"
#include "app/cluster/screen.h"
#include "app/cluster/servers_table.h"
#include "app/command_line/exit_codes.h"
#include "app/command_line/standard_streams.h"
#include "shell/clock.h"
#include "shell/control/servers_wire.h"

namespace muster {
namespace {

constexpr Duration kTopPause = Duration::seconds(1);
constexpr Duration kWatchPause = Duration::milliseconds(200);

// What all of them work with.
struct Work {
  ClusterView view;
  std::string domain;  // the service's first
};

int fail(const std::string& why) {
  fmt::print(stderr, "muster: {}\n", why);
  return kRefused;
}

// "07:15:02", in UTC, as the log has it.
std::string time_of_day() {
  const std::int64_t seconds = read_clocks().unix_time.since_epoch().in_seconds() % (24 * 3600);
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

int on(const Work& work, const ShowServers& show) {
  const auto servers = work.view.look();
  if (!servers) return fail(servers.error());
  if (show.json) return print("muster", json_of_servers(*servers).dump() + "\n");
  return print("muster", servers_table(*servers, work.domain));
}

int on(const Work& work, const ShowWhere& where) {
  const auto found = work.view.find(where.account);
  if (!found) return fail(found.error());
  const std::string& who = where.account.text();
  if (where.json) {
    nlohmann::json json = {{"account", who}, {"server", nullptr}};
    if (!found->empty()) json["server"] = json_of_servers(*found).front();
    return print("muster", json.dump() + "\n");
  }
  if (found->empty()) {
    return print("muster", who + " is nobody's: where she lands next, it is decided\n");
  }
  return print("muster", who + " is served by " + place_text(found->front(), work.domain) + "\n");
}

// The one that an operator names, of those that are not gone.
Result<ServerSeen, std::string> named(const Work& work, const std::string& name) {
  auto servers = work.view.look();
  if (!servers) return Failure{std::move(servers.error())};
  const auto found = std::find_if(servers->begin(), servers->end(), [&](const ServerSeen& one) {
    const bool here = one.member.role != cluster::Role::gone;
    return here && (one.member.self.svr_id == name || short_name(one, work.domain) == name);
  });
  if (found == servers->end()) {
    return Failure{"no server of the cluster is named \"" + name + "\""};
  }
  return std::move(*found);
}

int on(const Work& work, const ShowUsers& show) {
  const auto server = named(work, show.server);
  if (!server) return fail(server.error());
  int code = show.json ? kDone : print("muster", users_head());
  const auto told =
      work.view.users(server->member.self.svr_id, [&](const std::vector<UserSeen>& users) {
        std::string text;
        for (const UserSeen& user : users)
          text += show.json ? json_of_user(user).dump() + "\n" : user_line(user);
        if (code == kDone) code = print("muster", text);
        return code == kDone;
      });
  return told ? code : fail(told.error());
}

int on(const Work& work, const ShowTop& top) {
  auto servers = work.view.look();
  if (!servers) return fail(servers.error());
  Screen screen(true);
  for (std::uint32_t times = 1;; ++times) {
    std::string text = time_of_day() + "  ";
    text += servers ? servers_summary(*servers) + "\n\n" + servers_table(*servers, work.domain)
                    : servers.error() + "\n";
    if (times > 1) text.insert(0, "\n");
    if (!screen.show(text)) return kRefused;
    if (times == top.times || !screen.wait(kTopPause)) return kDone;
    servers = work.view.look();
  }
}

int on(const Work& work, const WatchCluster&) {
  auto servers = work.view.look();
  if (!servers) return fail(servers.error());
  Screen screen(false);
  ClusterNews news(work.domain);
  bool answered = true;
  do {
    std::vector<std::string> lines;
    if (servers) {
      lines = news.of(*servers);
    } else if (answered) {
      lines = {"nobody answers: " + servers.error()};
    }
    answered = servers.ok();
    for (const std::string& line : lines) {
      if (!screen.show(time_of_day() + " " + line + "\n")) return kRefused;
    }
    if (!screen.wait(kWatchPause)) return kDone;
    servers = work.view.look();
  } while (true);
}

std::string_view done_text(OrderServer::What what) {
  switch (what) {
    case OrderServer::What::drain: return " is drained: its users move, and it takes no more";
    case OrderServer::What::undrain: return " takes users again";
    case OrderServer::What::recruit: return " is asked in";
    case OrderServer::What::release: return " is drained, and a candidate once it has nobody";
  }
  return {};
}

// How an order that is waited for stands, by one look.
enum class Waited : std::uint8_t { not_begun, goes_on, done, taken_back, gone };

// It has nobody when it says so itself; who is released is seen to when the store has it as a
// candidate.
Waited how_it_stands(const std::vector<ServerSeen>& servers, cluster::Incarnation server,
                     OrderServer::What what, bool began) {
  using cluster::Role;
  const auto seen = std::ranges::find(servers, server,
                                      [](const ServerSeen& one) { return one.member.incarnation; });
  if (seen == servers.end() || seen->member.role == Role::gone) return Waited::gone;
  const Role role = seen->member.role;
  if (role == Role::standby) return Waited::done;
  if (role == Role::running) return began ? Waited::taken_back : Waited::not_begun;
  const bool is_empty = seen->own && seen->own->load.users == 0;
  return is_empty && what == OrderServer::What::drain ? Waited::done : Waited::goes_on;
}

// What nobody answers, or does not begin, is waited for so long.
constexpr Duration kPatience = Duration::seconds(5);

int wait_for(const Work& work, OrderServer::What what, cluster::Incarnation server,
             const std::string& name) {
  Screen screen(false);
  bool began = false;
  Instant good = read_clocks().instant;
  do {
    const auto servers = work.view.look();
    const Instant now = read_clocks().instant;
    const bool late = now >= good + kPatience;
    if (!servers && late) return fail(servers.error());
    if (!servers) continue;
    switch (how_it_stands(*servers, server, what, began)) {
      case Waited::not_begun:
        if (late) return fail(name + " does not drain; the main's log may say why");
        continue;
      case Waited::goes_on: began = true; break;
      case Waited::done: return print("muster", name + " has nobody any more\n");
      case Waited::taken_back: return fail(name + " takes users again");
      case Waited::gone: return fail(name + " is gone");
    }
    good = now;
  } while (screen.wait(kWatchPause));
  return kRefused;
}

int on(const Work& work, const GiveOrder& give) {
  const auto server = named(work, give.server);
  if (!server) return fail(server.error());
  const auto done = work.view.order({give.what, server->member.self.svr_id});
  if (!done) return fail(done.error());
  const std::string name = short_name(*server, work.domain);
  const int code = print("muster", name + std::string(done_text(give.what)) + "\n");
  if (!give.wait || code != kDone) return code;
  return wait_for(work, give.what, server->member.incarnation, name);
}

}  // namespace

int carry_out(const ClusterCommand& command) {
  const auto service = find_service(command.service);
  if (!service) return fail(service.error());
  const auto description = service->data.description();
  const std::vector<std::string> domains =
      description ? description->domains : std::vector<std::string>();
  const Work work{ClusterView(service->data), domains.empty() ? "" : domains.front()};
  return std::visit([&](const auto& known) { return on(work, known); }, command.what);
}

}  // namespace muster
