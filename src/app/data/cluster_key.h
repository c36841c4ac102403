// The key by which the servers of one data directory know one another on their links, where nobody
// gave them one (`musterd dev`): random, of its owner alone.
#pragma once

#include <string>

#include "app/data/data_directory.h"

namespace muster {

// The path of it; it is made if there is none, by whoever comes first. The error is one line for
// the operator.
Result<std::string, std::string> cluster_key(const DataDirectory& data);

}  // namespace muster
