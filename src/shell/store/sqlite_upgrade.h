// How a store's file comes to have its tables: a new one is given them, an older one is brought up
// step by step, a newer one or another program's is refused as it is. PRAGMA user_version is the
// version of the schema; application_id says whose the file is.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "shell/store/sqlite.h"

namespace muster::sqlite {

struct Schema {
  std::int64_t application_id = 0;
  // steps[n] leads from version n to n + 1. A step that was ever released is not changed.
  std::span<const char* const> steps;

  std::int64_t version() const { return static_cast<std::int64_t>(steps.size()); }
  // What the operator is told of a file of another version.
  std::string other_version(std::int64_t version) const;
};

// Sets the connection up (WAL, each commit flushed, foreign keys) and the file. `busy_time_max`:
// how long to wait for others who do the same. What stands in the way is the database's trouble.
void bring_up(Database& database, const Schema& schema, Duration busy_time_max);

}  // namespace muster::sqlite
