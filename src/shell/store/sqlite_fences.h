// Which lives of servers may change nothing any more (server/cluster_port.h), and in whose name
// this process changes what it does.
#pragma once

#include <optional>

#include "server/cluster_port.h"
#include "shell/store/sqlite.h"
#include "shell/store/store_backend.h"

namespace muster::sqlite {

class Fences {
 public:
  // `one_of_many`: nothing is changed before it is known in whose name.
  Fences(Database& database, bool one_of_many);

  void act_as(cluster::Incarnation life) { life_ = life; }
  ServerReply answer_to(const ActAs& act);
  // Within a transaction that writes: the database is in trouble where it may not.
  void check();
  ServerReply fence(cluster::Incarnation life);

 private:
  bool is_fenced(cluster::Incarnation life);

  Database& database_;
  bool one_of_many_;
  cluster::Incarnation life_;
  Statement find_;
  Statement add_;
};

}  // namespace muster::sqlite
