// What `muster servers`, `where`, `top`, `watch` and the orders to servers do.
#pragma once

#include "app/cluster/cluster_options.h"

namespace muster {

// The exit code; why it is not 0 was said on stderr.
int carry_out(const ClusterCommand& command);

}  // namespace muster
