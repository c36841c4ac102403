#include "server/load_control/level.h"

#include <algorithm>
#include <limits>

namespace muster::cluster {
namespace {

constexpr std::uint64_t kHighest = std::numeric_limits<std::uint32_t>::max();

std::uint64_t quotient_rounded_up(std::uint64_t dividend, std::uint64_t divisor) {
  return dividend / divisor + (dividend % divisor == 0 ? 0 : 1);
}

// A sum too large for 64 bits is past the highest level, whatever it is divided by: 2^32 at most.
std::uint64_t paper_level(const Load& load, std::uint32_t resources_per_user) {
  const std::uint64_t sum = load.users + load.resources;
  if (sum < load.users) return kHighest;
  return quotient_rounded_up(sum, std::uint64_t{1} + resources_per_user);
}

std::uint64_t scaled(const Share& share, LoadLevel full) {
  if (share.of == 0) return 0;
  return quotient_rounded_up(std::uint64_t{share.used} * full.value, share.of);
}

std::uint64_t measured_level(const Load& load, LoadLevel full) {
  const Measures& measures = load.measures;
  return std::max({scaled(measures.loop_lag, full), scaled(measures.cpu, full),
                   scaled(measures.memory, full), scaled(measures.queues, full),
                   scaled(load.relayed_links, full)});
}

}  // namespace

LoadLevel level_of(const Load& load, const LoadSettings& settings) {
  std::uint64_t level = 0;
  if (settings.index == LoadIndex::paper || settings.max_level) {
    level = paper_level(load, settings.resources_per_user);
  }
  if (settings.index == LoadIndex::measured) {
    level = std::max(level, measured_level(load, settings.max_level.value_or(kScaleWithoutMax)));
  }
  return {static_cast<std::uint32_t>(std::min(level, kHighest))};
}

}  // namespace muster::cluster
