#include "app/cluster/cluster_view.h"

#include <algorithm>
#include <utility>

#include "app/data/server_place.h"
#include "app/user/ask_service.h"
#include "app/user/control_door.h"
#include "shell/control/unix_socket.h"

namespace muster {

template <class Enough>
ClusterView::Servers ClusterView::ask_each(const ControlRequest& request, Enough enough) const {
  Servers first = Failure{"no server of a cluster runs in " + data_.path()};
  for (const std::string& socket : control_sockets(data_)) {
    auto connected = connect_unix(socket);
    if (!connected) continue;
    ControlDoor door(std::move(*connected), ControlDoor::kProbeTimeMax);
    auto answer = ask<ServersListed>(door, request);
    if (!answer && !first) first = Failure{answer.error()};
    if (answer && enough(answer->servers)) return std::move(answer->servers);
  }
  return first;
}

ClusterView::Servers ClusterView::look() const {
  std::vector<ServerSeen> all;
  auto seen = ask_each(ListServers{}, [&](const std::vector<ServerSeen>& servers) {
    if (all.empty()) all = servers;
    for (const ServerSeen& one : servers) {
      const auto known = std::find_if(all.begin(), all.end(), [&](const ServerSeen& other) {
        return one.own && other.member.incarnation == one.member.incarnation;
      });
      if (known != all.end()) known->own = one.own;
    }
    return std::all_of(all.begin(), all.end(), [](const ServerSeen& one) {
      return one.own.has_value() || one.member.role == cluster::Role::gone;
    });
  });
  if (all.empty()) return seen;
  // Nobody knows a server's load better than itself.
  for (ServerSeen& one : all) {
    if (one.own) one.load = one.own->load;
  }
  return all;
}

ClusterView::Servers ClusterView::find(const Address& user) const {
  return ask_each(FindUser{user}, [](const std::vector<ServerSeen>&) { return true; });
}

// By the first server that is of its cluster.
Result<void, std::string> ClusterView::users(
    const std::string& svr_id,
    const std::function<bool(const std::vector<UserSeen>&)>& show) const {
  std::string why = "no server of a cluster runs in " + data_.path();
  for (const std::string& socket : control_sockets(data_)) {
    auto connected = connect_unix(socket);
    if (!connected) continue;
    ControlDoor door(std::move(*connected));
    ListUsers request{svr_id, {}};
    while (true) {
      const auto page = ask<UserPage>(door, request);
      if (!page) {
        why = page.error();
        break;
      }
      if (!show(page->users) || page->users.size() < kUsersListedMax) return {};
      request.after = page->users.back().account;
    }
    if (request.after != Address()) break;
  }
  return Failure{std::move(why)};
}

// Who is not main says who is; and the main may be another one before it is asked.
Result<void, std::string> ClusterView::order(const OrderServer& order) const {
  std::string why = "no server of a cluster runs in " + data_.path();
  for (const std::string& socket : control_sockets(data_)) {
    auto connected = connect_unix(socket);
    if (!connected) continue;
    ControlDoor door(std::move(*connected), ControlDoor::kProbeTimeMax);
    auto answer = door.ask(order);
    if (!answer) {
      why = answer.error();
      continue;
    }
    if (std::holds_alternative<ControlDone>(*answer)) return {};
    if (const auto* refused = std::get_if<ControlRefused>(&*answer)) {
      why = text_of(refused->why, order);
      if (refused->why != ControlRefused::Why::no_lease) break;
    } else if (const auto* not_main = std::get_if<NotMain>(&*answer)) {
      why = not_main->main.empty()
                ? "nobody is main at this moment"
                : "the main, " + not_main->main + ", cannot be reached from here";
    }
  }
  return Failure{std::move(why)};
}

std::string short_name(const ServerSeen& server, const std::string& domain) {
  std::string_view name = server.member.self.svr_id;
  if (name.starts_with("sip:")) name.remove_prefix(4);
  const std::string below = "." + domain;
  if (name.size() > below.size() && name.ends_with(below)) name.remove_suffix(below.size());
  return name.empty() ? "incarnation " + std::to_string(server.member.incarnation.number())
                      : std::string(name);
}

}  // namespace muster
