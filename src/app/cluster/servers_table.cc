#include "app/cluster/servers_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "app/cluster/cluster_view.h"
#include "shell/control/servers_wire.h"
#include "shell/sensor.h"

namespace muster {
namespace {

constexpr std::size_t kColumns = 13;
constexpr std::size_t kWords = 2;  // the first columns are words, the others numbers
using Row = std::array<std::string, kColumns>;

constexpr std::string_view kNobodyTold = "-";

template <class Value>
std::string or_nothing(const Value* value) {
  return value == nullptr ? std::string(kNobodyTold) : std::to_string(*value);
}

// What is measured of a server is a share of what runs out; the processor's is shown as it is, lag
// as the time that it is.
std::string lag_text(const ServerSeen& server) {
  if (!server.own || server.own->measures.loop_lag.of == 0) return std::string(kNobodyTold);
  const cluster::Share& lag = server.own->measures.loop_lag;
  const char* least = lag.used >= lag.of ? ">=" : "";  // more is not measured
  return fmt::format("{}{} ms", least, Sensor::kLagMax.in_milliseconds() * lag.used / lag.of);
}

std::string cpu_text(const ServerSeen& server) {
  if (!server.own || server.own->measures.cpu.of == 0) return std::string(kNobodyTold);
  const cluster::Share& cpu = server.own->measures.cpu;
  return fmt::format("{} %", std::uint64_t{100} * cpu.used / cpu.of);
}

// Tenths of seconds.
std::string lease_text(Duration left) {
  if (left <= Duration()) return "over";
  const std::int64_t tenths = left.in_milliseconds() / 100;
  return fmt::format("{}.{} s", tenths / 10, tenths % 10);
}

std::string link_text(const ServerSeen& server) {
  if (server.itself) return "asked";
  return server.linked ? "up" : "down";
}

Row row_of(const ServerSeen& server, const std::string& domain) {
  const cluster::Member& member = server.member;
  const auto& limit = member.self.max_level;
  return {short_name(server, domain),
          role_text(server),
          or_nothing(server.load ? &server.load->level.value : nullptr),
          or_nothing(limit ? &limit->value : nullptr),
          or_nothing(server.load ? &server.load->users : nullptr),
          or_nothing(server.own ? &server.own->xmpp : nullptr),
          or_nothing(server.own ? &server.own->sip : nullptr),
          or_nothing(server.own ? &server.own->resources : nullptr),
          lag_text(server),
          cpu_text(server),
          std::to_string(member.incarnation.number()),
          lease_text(member.time_left),
          link_text(server)};
}

std::string counted(std::size_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

}  // namespace

std::string role_text(const ServerSeen& server) {
  const std::string role(name_of(server.member.role));
  if (!server.main) return role;
  return server.member.role == cluster::Role::running ? "main" : "main, " + role;
}

std::string servers_table(const std::vector<ServerSeen>& servers, const std::string& domain) {
  std::vector<Row> rows = {{"SERVER", "ROLE", "LEVEL", "LIMIT", "USERS", "XMPP", "SIP", "RESOURCES",
                            "LAG", "CPU", "LIFE", "LEASE", "LINK"}};
  for (const ServerSeen& server : servers)
    rows.push_back(row_of(server, domain));
  std::ranges::sort(rows.begin() + 1, rows.end(), {}, [](const Row& row) { return row.front(); });
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i)
      widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (i > 0) line += "  ";
      line += i < kWords ? fmt::format("{:<{}}", row[i], widths[i])
                         : fmt::format("{:>{}}", row[i], widths[i]);
    }
    text += line + "\n";
  }
  return text;
}

std::string servers_summary(const std::vector<ServerSeen>& servers) {
  std::size_t candidates = 0;
  std::size_t users = 0;
  for (const ServerSeen& server : servers) {
    if (server.member.role == cluster::Role::standby) ++candidates;
    if (server.load) users += server.load->users;
  }
  std::string text = counted(servers.size() - candidates, "server", "servers");
  if (candidates > 0) text += ", " + counted(candidates, "candidate", "candidates");
  return text + ", " + counted(users, "user", "users");
}

std::string users_head() {
  return fmt::format("{:<4}  {:>9}  {}\n", "BY", "RESOURCES", "USER");
}

std::string user_line(const UserSeen& user) {
  return fmt::format("{:<4}  {:>9}  {}\n", name_of(user.by), user.resources, user.account.text());
}

std::string place_text(const ServerSeen& server, const std::string& domain) {
  using Kind = cluster::ServerEndpoint::Kind;
  std::string contacts;
  for (const cluster::ServerEndpoint& endpoint : server.member.self.endpoints) {
    const std::string& contact = endpoint.contact;
    if (!contacts.empty()) contacts += ", ";
    if (endpoint.kind == Kind::wss) {
      contacts += contact;
      continue;
    }
    contacts += endpoint.kind == Kind::sip ? "SIP " : "XMPP ";
    contacts += contact.substr(contact.find(':') + 1);
  }
  return short_name(server, domain) + (contacts.empty() ? "" : " (" + contacts + ")");
}

}  // namespace muster
