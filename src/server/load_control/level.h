// The index: one number for how much a server has to do (paper, section 3.2: <current-loadlevel>),
// exact, at most 2^32 - 1.
//
// `paper`: (users + resources) / (1 + R), rounded up, where R is how many resources a user is
// expected to have. So a level is a number of such users, and 100 users with 20 resources each are
// level 100.
//
// `measured`: the worst of the server's ratios, times max-loadlevel, rounded up: it is at its limit
// when the first thing runs out. The paper's index against max-loadlevel is one of the ratios, so
// that `measured` is never below `paper`, and a user who comes still weighs one. Relayed links are
// another: what a server relays counts. A server that has no max-loadlevel is measured as if it had
// kScaleWithoutMax, by all ratios but the paper's; such levels can be compared, and limit nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "model/cluster/document.h"
#include "model/load.h"
#include "server/load_settings.h"

namespace muster::cluster {

// Large, so that one user more, whom placing counts as one, is little.
inline constexpr LoadLevel kScaleWithoutMax{100'000};

// By the index, the limit and the expected resources in `settings`.
LoadLevel level_of(const Load& load, const LoadSettings& settings);

}  // namespace muster::cluster
