// Which lives of servers may change nothing any more (server/cluster_port.h), and in whose name
// this process changes what it does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/cluster_port.h"
#include "shell/store/sql.h"
#include "shell/store/store_backend.h"

namespace muster::sql {

// A server of a cluster changes nothing before it is told in whose name (ActAs).
enum class Company : std::uint8_t { alone, one_of_many };

class Fences {
 public:
  Fences(Database& database, Company company);

  // Those of a group count for all of it.
  void act_as(const std::vector<StoreTask>& group);
  cluster::Incarnation life() const { return life_; }
  // Nothing is changed in anybody's name.
  bool is_open() const { return company_ == Company::alone; }

  // Within a transaction that writes: the database is in trouble where it may not. (One that does
  // not write because it is fenced has the same trouble each time: whoever is fenced stays it.)
  void check();
  ServerReply carry_out(const ServerRequest& request);

 private:
  bool is_fenced(cluster::Incarnation life);
  ServerReply on(const ActAs& act);
  ServerReply on(const FenceLife& fence);

  Database& database_;
  Company company_;
  cluster::Incarnation life_;
  Statement find_;
  Statement add_;
};

}  // namespace muster::sql
