#include "server/load_control/late_moves.h"

#include <algorithm>
#include <limits>

namespace muster::cluster {

void LateMoves::wait(Instant until, std::uint32_t users) {
  until_ = std::max(until_, until);
  waiting_ += std::min(users, std::numeric_limits<std::uint32_t>::max() - waiting_);
}

bool LateMoves::allows(Instant now, std::uint32_t dialogs) {
  if (now >= until_) waiting_ = 0;
  return waiting_ > 0 && in_flight_ < in_flight_max_ && users_pace_.allows(now, 1) &&
         dialogs_pace_.allows(now, dialogs);
}

void LateMoves::take(std::uint32_t dialogs) {
  --waiting_;
  ++in_flight_;
  users_pace_.take(1);
  dialogs_pace_.take(dialogs);
}

}  // namespace muster::cluster
