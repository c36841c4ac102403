// How many bytes may still go: counted from the first that goes, for half a second, so that no more
// go at once than a second may have, or one message: the first goes however large it is.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace muster {

class ByteBudget {
 public:
  static constexpr Duration kCountedFor = Duration::milliseconds(500);

  explicit ByteBudget(std::size_t per_second) : most_(per_second / 2) {}

  // False: too many have gone, and these do not.
  bool take(Instant now, std::size_t bytes) {
    if (since_ + kCountedFor <= now) {
      since_ = now;
      taken_ = 0;
    }
    if (taken_ > 0 && taken_ + bytes > most_) return false;
    taken_ += bytes;
    return true;
  }

 private:
  std::size_t most_;
  std::size_t taken_ = 0;
  Instant since_;
};

}  // namespace muster
