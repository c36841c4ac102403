// The tables of the cluster's store.
#pragma once

#include <cstdint>

#include "shell/store/sqlite_upgrade.h"

namespace muster::cluster {

inline constexpr std::int64_t kSchemaVersion = 1;

sqlite::Schema cluster_schema();

}  // namespace muster::cluster
