// The randomness of a simulated run: one 64-bit seed, and of it as many independent streams as have
// a name. Who draws once more from one stream does not shift what another draws, so that a change
// of the load leaves the faults of a seed as they were.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/prng.h"
#include "base/time.h"

namespace muster::sim {

class RandomStreams {
 public:
  explicit RandomStreams(std::uint64_t seed) : seed_(seed) {}

  std::uint64_t seed() const { return seed_; }
  // The same name gives the same stream, from its beginning.
  Prng stream(std::string_view name) const { return Prng(seed_of(name)); }
  Prng::Seed seed_of(std::string_view name) const;

 private:
  std::uint64_t seed_;
};

// A decimal number below 2^64; or a git hash of 7 to 64 hexadecimal digits, of which the first 16
// count. What is both, as 1234567 is, is a number.
std::optional<std::uint64_t> parse_seed(std::string_view text);

// True in `per_mille` of 1000 draws; draws nothing where that is 0.
bool happens(Prng& prng, std::uint32_t per_mille);

// Uniform in [least, most], to the microsecond; draws nothing where there is no choice.
Duration draw_between(Prng& prng, Duration least, Duration most);

}  // namespace muster::sim
