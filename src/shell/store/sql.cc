#include "shell/store/sql.h"

#include "base/check.h"

namespace muster::sql {

Trouble Database::take_trouble() {
  MUSTER_CHECK(trouble_.has_value());
  return *std::exchange(trouble_, std::nullopt);
}

void Database::refuse(std::string why) {
  fail({StoreFailed::Why::broken, std::move(why)});
}

void Database::fail(Trouble trouble) {
  if (ok()) trouble_ = std::move(trouble);
}

}  // namespace muster::sql
