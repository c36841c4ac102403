// The tables of the store's file, and how a file comes to have them: a new one is given them, an
// older one is brought up step by step, a newer one or another program's is refused as it is.
// PRAGMA user_version is the version of the schema; application_id says that the file is ours.
#pragma once

#include <cstdint>
#include <string>

#include "shell/store/sqlite.h"

namespace muster::sqlite {

inline constexpr std::int64_t kSchemaVersion = 1;
inline constexpr std::int64_t kApplicationId = 0x6d757374;  // "must"

// Sets the connection up (WAL, synchronous=FULL, foreign keys) and the file. `busy_time_max`: how
// long to wait for others who do the same. What stands in the way is the database's trouble.
void bring_up(Database& database, Duration busy_time_max);

// What the operator is told of a file of another version.
std::string other_version(std::int64_t version);

}  // namespace muster::sqlite
