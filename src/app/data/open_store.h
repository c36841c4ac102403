// The store of a service: PostgreSQL where its configuration names one, or else the file in its
// data directory. And that of a cluster, which is a file.
#pragma once

#include <memory>
#include <string>

#include "app/data/data_directory.h"
#include "base/result.h"
#include "shell/store/cluster_backend.h"
#include "shell/store/sqlite_store.h"
#include "shell/store/store_backend.h"

namespace muster {

// `postgres` is a connection string, or empty; a server of a cluster is one of many who change the
// store. The error, here and below, is one line for the operator.
Result<std::unique_ptr<StoreBackend>, std::string> open_store(
    const DataDirectory& data, const std::string& postgres,
    SqliteStore::Company company = SqliteStore::Company::alone);

// `path` empty: cluster.db in the data directory.
Result<std::unique_ptr<cluster::ClusterBackend>, std::string> open_cluster_store(
    const DataDirectory& data, const std::string& path);

}  // namespace muster
