// 64-bit digests of bytes: for finding things, and for comparing two runs. Not for secrets.
#pragma once

#include <cstdint>
#include <string_view>

namespace muster {

// The same on every machine and in every run: it decides on which shard a user lives.
std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0);

// Folds what happened in a run, in order, into one number.
class Digest {
 public:
  void fold(std::uint64_t number);
  void fold(std::string_view bytes);
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0x6d7573746572;  // any start that is not 0
};

}  // namespace muster
