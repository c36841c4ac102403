// The rows of the cluster store's tables (cluster_schema.cc, postgres_schema.cc) as values: one
// function for each thing that is read or written, no rule of the store. What a database cannot
// mean is its trouble, never a value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/address.h"
#include "server/cluster_port.h"
#include "shell/store/sql.h"

namespace muster::cluster {

// The store's time: how long the system runs that calls itself `boot`; where `boot` is empty, how
// long the store itself is there, whatever it runs on.
struct StoreTime {
  std::string_view boot;
  Duration since_boot;
};

// The one row of table `cluster`.
struct Flag {
  Incarnation newest;
  Epoch epoch;
  Incarnation main;
};

class FlagTable {
 public:
  explicit FlagTable(sql::Database& database);

  Flag get();
  void set(const Flag& flag);

 private:
  sql::Database& database_;
  sql::Statement get_;
  sql::Statement set_;
};

class ServerTable {
 public:
  explicit ServerTable(sql::Database& database);

  struct Standing {
    Role role = Role::gone;
    Duration time_left;
  };
  std::optional<Standing> find(Incarnation server, const StoreTime& now);
  // Which one of this id is not gone; 0 if none is.
  Incarnation alive(std::string_view svr_id);
  // How many are not gone.
  std::uint32_t count_alive();
  std::vector<Member> all(const StoreTime& now);

  void add(const Member& member, const StoreTime& now);
  void set_lease(Incarnation server, Duration time, const StoreTime& now);
  void set_role(Incarnation server, Role role);
  void remove(Incarnation server);

 private:
  Role role_in(const sql::Rows& rows, int column);
  Self self_in(const sql::Rows& rows, int column);

  sql::Database& database_;
  sql::Statement find_;
  sql::Statement alive_;
  sql::Statement count_alive_;
  sql::Statement all_;
  sql::Statement add_;
  sql::Statement set_lease_;
  sql::Statement set_role_;
  sql::Statement remove_;
};

class AssignmentTable {
 public:
  explicit AssignmentTable(sql::Database& database);

  // Of each, in their order; 0 where the owner's row is forgotten too.
  std::vector<Incarnation> owners_of(std::span<const Address> users);
  void set(const Address& user, Incarnation owner);
  void remove(const Address& user);
  // Of owners that are forgotten; how many were removed.
  std::uint32_t sweep(std::uint32_t rows_max);

 private:
  Incarnation owner_of(const Address& user);

  sql::Database& database_;
  sql::Statement owner_of_;
  sql::Statement set_;
  sql::Statement remove_;
  sql::Statement sweep_;
};

}  // namespace muster::cluster
