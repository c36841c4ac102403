// The thread of the cluster's store: as that of users, on a file or a connection of its own, so
// that one of them that is busy does not look like a dead server in the other.
#pragma once

#include "shell/store/cluster_backend.h"
#include "shell/store/store_thread.h"

namespace muster {

using ClusterStoreThread = TaskThread<cluster::ClusterTasks>;

}  // namespace muster
