// Runs seeds in several processes, so that a seed that crashes takes no other with it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "app/sim/run_seed.h"

namespace muster {

// `more` gives the seeds, one by one, until it gives nothing; `done` is told of each.
void run_seeds(const SimCommand& command, const std::function<std::optional<std::uint64_t>()>& more,
               const std::function<void(const SeedResult&)>& done);

}  // namespace muster
