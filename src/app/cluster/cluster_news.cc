#include "app/cluster/cluster_news.h"

#include <algorithm>
#include <utility>

#include "app/cluster/cluster_view.h"
#include "app/cluster/servers_table.h"

namespace muster {
namespace {

using cluster::Role;

bool is_silent(const ServerSeen& server) {
  return server.member.time_left <= Duration();
}

bool is_full(const ServerSeen& server) {
  const auto& limit = server.member.self.max_level;
  return limit && server.load && server.load->level >= *limit;
}

bool has_drained(const ServerSeen& server) {
  return server.member.role == Role::draining && server.own && server.own->load.users == 0;
}

// "level 7 of 10, 9 users".
std::string load_text(const ServerSeen& server) {
  if (!server.load) return {};
  std::string text = "level " + std::to_string(server.load->level.value);
  if (const auto& limit = server.member.self.max_level)
    text += " of " + std::to_string(limit->value);
  const std::uint32_t users = server.load->users;
  return text + ", " + std::to_string(users) + (users == 1 ? " user" : " users");
}

std::string role_change(Role from, Role to) {
  switch (to) {
    case Role::standby: return "was let go, and is a candidate";
    case Role::running: return from == Role::standby ? "was taken in" : "takes users again";
    case Role::draining: return "drains: it takes no more users";
    case Role::releasing: return "drains, and is a candidate once it has nobody";
    case Role::gone: break;
  }
  return {};
}

}  // namespace

std::vector<std::string> ClusterNews::of(const std::vector<ServerSeen>& servers) {
  Lines lines;
  tell_who_is_gone(servers, lines);
  for (const ServerSeen& server : servers)
    tell_of(server, lines);
  tell_main(servers, lines);
  is_first_ = false;
  return lines;
}

void ClusterNews::tell_who_is_gone(const std::vector<ServerSeen>& servers, Lines& lines) {
  std::erase_if(known_, [&](const auto& known) {
    const bool lives = std::any_of(servers.begin(), servers.end(), [&](const ServerSeen& server) {
      return server.member.incarnation == known.first && server.member.role != Role::gone;
    });
    if (lives) return false;
    gone_.insert(known.first);
    lines.push_back(short_name(known.second.server, domain_) + " is gone");
    return true;
  });
}

void ClusterNews::tell_of(const ServerSeen& server, Lines& lines) {
  const cluster::Member& member = server.member;
  if (member.role == Role::gone || gone_.contains(member.incarnation)) return;
  const auto known = known_.find(member.incarnation);
  if (known != known_.end()) return tell_changes(known->second, server, lines);
  const std::string name = short_name(server, domain_);
  const bool candidate = member.role == Role::standby;
  std::string line =
      name + (is_first_ ? " is there" : " came") + (candidate ? ", a candidate" : "");
  if (is_first_ && !candidate && server.load) line += ", " + load_text(server);
  lines.push_back(std::move(line));
  Known fresh{server};
  // What it is beside that is told like a change.
  fresh.server.member.role = candidate ? Role::standby : Role::running;
  tell_changes(known_.emplace(member.incarnation, std::move(fresh)).first->second, server, lines);
}

void ClusterNews::tell_changes(Known& known, const ServerSeen& server, Lines& lines) {
  const std::string name = short_name(server, domain_);
  const Role before = known.server.member.role;
  if (server.member.role != before) {
    lines.push_back(name + " " + role_change(before, server.member.role));
  }
  if (is_silent(server) != known.silent) {
    known.silent = !known.silent;
    lines.push_back(name + (known.silent ? " is silent: its lease ran out" : " is heard again"));
  }
  if (is_full(server) != known.full) {
    known.full = !known.full;
    lines.push_back(name + (known.full ? " is full: " : " has room again: ") + load_text(server));
  }
  if (has_drained(server) != known.empty) {
    known.empty = !known.empty;
    if (known.empty) lines.push_back(name + " has nobody any more: it may be ended");
  }
  known.server = server;
}

void ClusterNews::tell_main(const std::vector<ServerSeen>& servers, Lines& lines) {
  const auto main = std::find_if(servers.begin(), servers.end(),
                                 [](const ServerSeen& server) { return server.main; });
  if (main == servers.end() || gone_.contains(main->member.incarnation)) return;
  if (std::exchange(main_, main->member.incarnation) == main->member.incarnation) return;
  lines.push_back(short_name(*main, domain_) + (is_first_ ? " is main" : " is main now"));
}

}  // namespace muster
