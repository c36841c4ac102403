// Which changes of a user's records are known here, by their versions: all up to whole(), and some
// ahead of it, for those that two shards tell of may arrive the wrong way round. A roster that is
// said to be of version whole() (RFC 6121 section 2.6) is never short of a change that a client
// would then not be given again.
//
// Limit: a change that is more than kAheadMax ahead of one that has not come has that one taken for
// known.
#pragma once

#include <bit>
#include <cstdint>

namespace muster {

class KnownVersions {
 public:
  static constexpr std::uint64_t kAheadMax = 64;

  KnownVersions() = default;
  explicit KnownVersions(std::uint64_t whole) : whole_(whole) {}

  std::uint64_t whole() const { return whole_; }

  // All up to this one are known.
  void note_all(std::uint64_t version) {
    if (version <= whole_) return;
    advance(version - whole_);
    advance(static_cast<std::uint64_t>(std::countr_one(ahead_)));
  }

  // False if it was known.
  bool note(std::uint64_t version) {
    if (version <= whole_) return false;
    if (version - whole_ > kAheadMax) advance(version - whole_ - kAheadMax);
    const std::uint64_t bit = std::uint64_t{1} << (version - whole_ - 1);
    if ((ahead_ & bit) != 0) return false;
    ahead_ |= bit;
    advance(static_cast<std::uint64_t>(std::countr_one(ahead_)));
    return true;
  }

 private:
  void advance(std::uint64_t by) {
    whole_ += by;
    ahead_ = by < kAheadMax ? ahead_ >> by : 0;
  }

  std::uint64_t whole_ = 0;
  std::uint64_t ahead_ = 0;  // bit n: whole_ + 1 + n
};

}  // namespace muster
