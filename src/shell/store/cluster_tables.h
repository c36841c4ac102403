// The rows of the cluster store's tables (cluster_schema.cc) as values: one function for each thing
// that is read or written, no rule of the store. What a file cannot mean is the database's trouble,
// never a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/address.h"
#include "server/cluster_port.h"
#include "shell/store/sqlite.h"

namespace muster::cluster {

// The store's time: how long the system runs that calls itself `boot`.
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
  explicit FlagTable(sqlite::Database& database);

  Flag get();
  void set(const Flag& flag);

 private:
  sqlite::Database& database_;
  sqlite::Statement get_;
  sqlite::Statement set_;
};

class ServerTable {
 public:
  explicit ServerTable(sqlite::Database& database);

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
  Role role_in(const sqlite::Rows& rows, int column);
  Self self_in(const sqlite::Rows& rows, int column);

  sqlite::Database& database_;
  sqlite::Statement find_;
  sqlite::Statement alive_;
  sqlite::Statement count_alive_;
  sqlite::Statement all_;
  sqlite::Statement add_;
  sqlite::Statement set_lease_;
  sqlite::Statement set_role_;
  sqlite::Statement remove_;
};

class AssignmentTable {
 public:
  explicit AssignmentTable(sqlite::Database& database);

  // 0 where the owner's row is forgotten too.
  Incarnation owner_of(const Address& user);
  void set(const Address& user, Incarnation owner);
  void remove(const Address& user);
  // Of owners that are forgotten; how many were removed.
  std::uint32_t sweep(std::uint32_t rows_max);

 private:
  sqlite::Statement owner_of_;
  sqlite::Statement set_;
  sqlite::Statement remove_;
  sqlite::Statement sweep_;
};

}  // namespace muster::cluster
