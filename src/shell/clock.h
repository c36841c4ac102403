// The real clocks, read once in a loop turn.
#pragma once

#include <string>

#include "base/time.h"

namespace muster {

Now read_clocks();

// How long the machine has been on, its sleep counted: the same in all its processes
// (clock_gettime(2), CLOCK_BOOTTIME).
Duration read_boot_clock();
// Which start of which machine that is, by a name of the kernel's (random(4), boot_id); empty if it
// tells none.
std::string read_boot_id();

}  // namespace muster
