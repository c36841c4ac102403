// The cluster's store to the shell: its tasks are the requests of server/cluster_port.h, and
// nobody's but load control's.
#pragma once

#include "server/cluster_port.h"
#include "shell/store/backend.h"

namespace muster::cluster {

struct ClusterTasks {
  using Task = ClusterRequest;
  using Result = ClusterReply;
  static Result failed(const Task&, StoreFailed how) { return how; }
  // Owners are as many as the users who were asked about.
  static bool answers(const Task& task, const Result& result);
};
using ClusterBackend = Backend<ClusterTasks>;

}  // namespace muster::cluster
