#include "shell/store/cluster_tables.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "codec/address/ip.h"
#include "shell/store/sql_values.h"

namespace muster::cluster {
namespace {

using sql::Rows;

Incarnation incarnation_in(const Rows& rows, int column) {
  return Incarnation(static_cast<std::uint64_t>(rows.integer(column)));
}

std::int64_t number_of(Role role) {
  return static_cast<std::int64_t>(role);
}

Duration time_left_in(const Rows& rows, int boot, int lease_end, const StoreTime& now) {
  if (rows.text(boot) != now.boot) return {};
  return std::max(Duration::microseconds(rows.integer(lease_end)) - now.since_boot, Duration());
}

std::int64_t lease_end_of(Duration time, const StoreTime& now) {
  return (now.since_boot + time).in_microseconds();
}

// --- endpoints: a column for each kind -----------------------------------------------------------

constexpr std::array kKinds = {ServerEndpoint::Kind::sip, ServerEndpoint::Kind::xmpp,
                               ServerEndpoint::Kind::wss};

std::optional<std::string_view> contact_of(const Self& self, ServerEndpoint::Kind kind) {
  for (const ServerEndpoint& endpoint : self.endpoints) {
    if (endpoint.kind == kind) return endpoint.contact;
  }
  return std::nullopt;
}

}  // namespace

// --- the flag ------------------------------------------------------------------------------------

FlagTable::FlagTable(sql::Database& database)
    : database_(database),
      get_(database, "SELECT newest, epoch, main FROM cluster"),
      set_(database, "UPDATE cluster SET newest = ?, epoch = ?, main = ?") {}

Flag FlagTable::get() {
  Rows rows = get_.rows();
  if (database_.waits()) return {};
  if (!rows.next()) {
    database_.refuse("corrupt: no row of the cluster");
    return {};
  }
  return {incarnation_in(rows, 0), Epoch(static_cast<std::uint64_t>(rows.integer(1))),
          incarnation_in(rows, 2)};
}

void FlagTable::set(const Flag& flag) {
  set_.run(flag.newest.number(), flag.epoch.number(), flag.main.number());
}

// --- servers -------------------------------------------------------------------------------------

ServerTable::ServerTable(sql::Database& database)
    : database_(database),
      find_(database, "SELECT role, boot, lease_end FROM servers WHERE incarnation = ?"),
      alive_(database, "SELECT incarnation FROM servers WHERE svr_id = ? AND role <> ?"),
      count_alive_(database, "SELECT count(*) FROM servers WHERE role <> ?"),
      all_(database,
           "SELECT incarnation, role, boot, lease_end, svr_id, link, max_level, sip, xmpp, wss"
           " FROM servers ORDER BY incarnation"),
      add_(database,
           "INSERT INTO servers (incarnation, role, boot, lease_end, svr_id, link, max_level,"
           " sip, xmpp, wss) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      set_lease_(database, "UPDATE servers SET boot = ?2, lease_end = ?3 WHERE incarnation = ?1"),
      set_role_(database, "UPDATE servers SET role = ?2 WHERE incarnation = ?1"),
      remove_(database, "DELETE FROM servers WHERE incarnation = ?") {}

Role ServerTable::role_in(const Rows& rows, int column) {
  return sql::enum_in(database_, rows.integer(column), Role::releasing);
}

Self ServerTable::self_in(const Rows& rows, int column) {
  Self self;
  self.svr_id = rows.text(column);
  if (const auto link = parse_endpoint(rows.text(column + 1))) {
    self.link = *link;
  } else {
    database_.refuse("corrupt: an endpoint that is none");
  }
  if (!rows.is_null(column + 2)) {
    self.max_level = LoadLevel{static_cast<std::uint32_t>(rows.integer(column + 2))};
  }
  for (const ServerEndpoint::Kind kind : kKinds) {
    const int place = column + 3 + static_cast<int>(kind);
    if (rows.is_null(place)) continue;
    self.endpoints.push_back({self.svr_id, kind, true, std::string(rows.text(place))});
  }
  return self;
}

std::optional<ServerTable::Standing> ServerTable::find(Incarnation server, const StoreTime& now) {
  Rows rows = find_.rows(server.number());
  if (!rows.next()) return std::nullopt;
  return Standing{role_in(rows, 0), time_left_in(rows, 1, 2, now)};
}

Incarnation ServerTable::alive(std::string_view svr_id) {
  Rows rows = alive_.rows(svr_id, number_of(Role::gone));
  return rows.next() ? incarnation_in(rows, 0) : Incarnation();
}

std::uint32_t ServerTable::count_alive() {
  Rows rows = count_alive_.rows(number_of(Role::gone));
  return rows.next() ? static_cast<std::uint32_t>(rows.integer(0)) : 0;
}

std::vector<Member> ServerTable::all(const StoreTime& now) {
  std::vector<Member> members;
  Rows rows = all_.rows();
  while (rows.next()) {
    members.push_back({self_in(rows, 4), incarnation_in(rows, 0), role_in(rows, 1),
                       time_left_in(rows, 2, 3, now)});
  }
  return members;
}

void ServerTable::add(const Member& member, const StoreTime& now) {
  const Self& self = member.self;
  const std::string link = to_text(self.link);
  std::optional<std::uint32_t> max_level;
  if (self.max_level) max_level = self.max_level->value;
  add_.run(member.incarnation.number(), number_of(member.role), now.boot,
           lease_end_of(member.time_left, now), self.svr_id, link, max_level,
           contact_of(self, ServerEndpoint::Kind::sip),
           contact_of(self, ServerEndpoint::Kind::xmpp),
           contact_of(self, ServerEndpoint::Kind::wss));
}

void ServerTable::set_lease(Incarnation server, Duration time, const StoreTime& now) {
  set_lease_.run(server.number(), now.boot, lease_end_of(time, now));
}

void ServerTable::set_role(Incarnation server, Role role) {
  set_role_.run(server.number(), number_of(role));
}

void ServerTable::remove(Incarnation server) {
  remove_.run(server.number());
}

// --- assignments ---------------------------------------------------------------------------------

AssignmentTable::AssignmentTable(sql::Database& database)
    : database_(database),
      owner_of_(database,
                "SELECT owner FROM assignments JOIN servers ON incarnation = owner"
                " WHERE user_id = ?"),
      set_(database,
           "INSERT INTO assignments (user_id, owner) VALUES (?, ?)"
           " ON CONFLICT (user_id) DO UPDATE SET owner = excluded.owner"),
      remove_(database, "DELETE FROM assignments WHERE user_id = ?"),
      sweep_(database,
             "DELETE FROM assignments WHERE user_id IN"
             " (SELECT user_id FROM assignments"
             " WHERE owner NOT IN (SELECT incarnation FROM servers) LIMIT ?) RETURNING owner") {}

std::vector<Incarnation> AssignmentTable::owners_of(std::span<const Address> users) {
  const sql::Together together(database_);
  std::vector<Incarnation> owners;
  owners.reserve(users.size());
  for (const Address& user : users)
    owners.push_back(owner_of(user));
  return owners;
}

Incarnation AssignmentTable::owner_of(const Address& user) {
  Rows rows = owner_of_.rows(user.text());
  return rows.next() ? incarnation_in(rows, 0) : Incarnation();
}

void AssignmentTable::set(const Address& user, Incarnation owner) {
  set_.run(user.text(), owner.number());
}

void AssignmentTable::remove(const Address& user) {
  remove_.run(user.text());
}

std::uint32_t AssignmentTable::sweep(std::uint32_t rows_max) {
  std::uint32_t removed = 0;
  Rows rows = sweep_.rows(rows_max);
  while (rows.next())
    ++removed;
  return removed;
}

}  // namespace muster::cluster
