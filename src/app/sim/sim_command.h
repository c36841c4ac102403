// What `muster sim` does: one seed in this process, several in as many processes as there are jobs.
#pragma once

#include "app/sim/sim_options.h"

namespace muster {

// The exit code: of the first seed that failed.
int carry_out(const SimCommand& command);
int carry_out(const ListPlants& command);

}  // namespace muster
