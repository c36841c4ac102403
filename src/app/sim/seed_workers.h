// Runs seeds in several processes, so that a seed that crashes takes no other with it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "app/sim/run_seed.h"

namespace muster {

struct SeedJob {
  std::uint64_t seed = 0;
  Planted planted = Planted::none;
};

// `more` gives the seeds, one by one, until it gives nothing; `done` is told of each. Of a crash
// that is not told, what was written to stderr is the finding.
void run_seeds(const SimCommand& command, Telling telling,
               const std::function<std::optional<SeedJob>()>& more,
               const std::function<void(const SeedResult&)>& done);

}  // namespace muster
