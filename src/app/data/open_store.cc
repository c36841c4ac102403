#include "app/data/open_store.h"

#include <utility>

#include "shell/store/cluster_sqlite.h"
#include "shell/store/postgres_store.h"

namespace muster {
namespace {

template <class Backend, class Store>
Result<std::unique_ptr<Backend>, std::string> opened(
    Result<std::unique_ptr<Store>, std::string> store) {
  if (!store) return Failure{std::move(store.error())};
  return std::unique_ptr<Backend>(std::move(*store));
}

}  // namespace

Result<std::unique_ptr<StoreBackend>, std::string> open_store(const DataDirectory& data,
                                                              const std::string& postgres,
                                                              SqliteStore::Company company) {
  if (postgres.empty()) {
    return opened<StoreBackend>(SqliteStore::open({.path = data.database()}, company));
  }
  return opened<StoreBackend>(PostgresStore::open({.connection = postgres}));
}

Result<std::unique_ptr<cluster::ClusterBackend>, std::string> open_cluster_store(
    const DataDirectory& data, const std::string& path) {
  const std::string file = path.empty() ? data.cluster_database() : path;
  return opened<cluster::ClusterBackend>(
      cluster::SqliteClusterStore::open({.file = {.path = file}}));
}

}  // namespace muster
