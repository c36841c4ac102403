// The store of a service, and that of its cluster: PostgreSQL where its configuration names one, or
// else files in its data directory.
#pragma once

#include <memory>
#include <string>

#include "app/data/data_directory.h"
#include "base/result.h"
#include "base/time.h"
#include "shell/store/cluster_backend.h"
#include "shell/store/sql_fences.h"
#include "shell/store/store_backend.h"

namespace muster {

// `postgres` is a connection string, or empty; a server of a cluster is one of many who change the
// store. The error, here and below, is one line for the operator.
Result<std::unique_ptr<StoreBackend>, std::string> open_store(
    const DataDirectory& data, const std::string& postgres,
    sql::Company company = sql::Company::alone);

// Where what the servers of a cluster agree on is: in `postgres` if it is not empty, else in
// `file`, or, if that is empty too, in cluster.db in the data directory.
struct ClusterStorePlace {
  std::string postgres;
  std::string file;
  Duration renew_after;  // of ClusterSettings
};
Result<std::unique_ptr<cluster::ClusterBackend>, std::string> open_cluster_store(
    const DataDirectory& data, const ClusterStorePlace& place);

// Nothing if no server of a cluster works on the users in `postgres`, which may be empty: whoever
// is none of them keeps away then, for its changes are not told to them.
Result<void, std::string> no_cluster_there(const std::string& postgres);

}  // namespace muster
