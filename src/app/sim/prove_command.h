// `muster sim --prove`: shows that the checkers would notice. Each planted fault is run with seeds,
// one after the other, until one catches it; then as many seeds as the last of them took are run
// with no fault, and must all be right. What is printed depends on the first seed alone.
#pragma once

#include "app/sim/sim_options.h"

namespace muster {

// The exit code: 0 if all were caught, and there was no alarm without.
int carry_out(const ProveCommand& command);

}  // namespace muster
