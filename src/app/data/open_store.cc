#include "app/data/open_store.h"

#include <utility>

#include "shell/store/cluster_postgres.h"
#include "shell/store/cluster_sqlite.h"
#include "shell/store/postgres_store.h"
#include "shell/store/sqlite_store.h"

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
                                                              sql::Company company) {
  if (postgres.empty()) {
    return opened<StoreBackend>(SqliteStore::open({.path = data.database()}, company));
  }
  return opened<StoreBackend>(PostgresStore::open({.connection = postgres}, company));
}

Result<std::unique_ptr<cluster::ClusterBackend>, std::string> open_cluster_store(
    const DataDirectory& data, const ClusterStorePlace& place) {
  if (!place.postgres.empty()) {
    return opened<cluster::ClusterBackend>(cluster::PostgresClusterStore::open(
        {.connection = place.postgres, .time_step_max = place.renew_after}));
  }
  const std::string file = place.file.empty() ? data.cluster_database() : place.file;
  return opened<cluster::ClusterBackend>(
      cluster::SqliteClusterStore::open({.file = {.path = file}}));
}

Result<void, std::string> no_cluster_there(const std::string& postgres) {
  if (postgres.empty()) return {};
  const auto who = cluster::PostgresClusterStore::who_renews(postgres);
  if (!who) return Failure{who.error()};
  if (who->empty()) return {};
  return Failure{"servers of a cluster work on this database, " + *who + " among them"};
}

}  // namespace muster
