// The real clocks, read once in a loop turn.
#pragma once

#include "base/time.h"

namespace muster {

Now read_clocks();

}  // namespace muster
