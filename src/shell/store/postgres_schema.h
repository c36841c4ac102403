// The tables of the store in a PostgreSQL database: the schema `muster`, beside whatever else is
// there, and how a database comes to have it. Several servers may start at once; the first one
// makes it, or brings it up step by step, and the others wait and find it done.
#pragma once

#include <cstdint>
#include <string>

#include "shell/store/postgres.h"

namespace muster::postgres {

inline constexpr std::int64_t kSchemaVersion = 3;

// What stands in the way is the database's trouble.
void bring_up(Database& database);

// What the operator is told of a database of another version.
std::string other_version(std::int64_t version);

}  // namespace muster::postgres
