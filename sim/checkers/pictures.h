// How users look, as checkers compare it.
#pragma once

#include <map>

#include "sim/checkers/checker.h"

namespace muster::sim {

// What each user shows of itself, all agents together; of a device that broke, nothing.
std::map<Address, Picture> shown(const View& view);

// A picture by the names that agents give: without what the service says of a registered phone by
// a name of its own, and without the number that it gives to a name which is taken.
Picture as_shown(const Picture& picture);

}  // namespace muster::sim
