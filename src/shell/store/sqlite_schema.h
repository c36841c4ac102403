// The tables of the users' store.
#pragma once

#include <cstdint>

#include "shell/store/sqlite_upgrade.h"

namespace muster::sqlite {

inline constexpr std::int64_t kSchemaVersion = 3;

Schema store_schema();

}  // namespace muster::sqlite
