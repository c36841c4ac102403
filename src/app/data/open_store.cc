#include "app/data/open_store.h"

#include <utility>

#include "shell/store/postgres_store.h"
#include "shell/store/sqlite_store.h"

namespace muster {
namespace {

using Opened = Result<std::unique_ptr<StoreBackend>, std::string>;

template <class Store>
Opened open(typename Store::Options options) {
  auto store = Store::open(std::move(options));
  if (!store) return Failure{std::move(store.error())};
  return std::unique_ptr<StoreBackend>(std::move(*store));
}

}  // namespace

Opened open_store(const DataDirectory& data, const std::string& postgres) {
  if (postgres.empty()) return open<SqliteStore>({.path = data.database()});
  return open<PostgresStore>({.connection = postgres});
}

}  // namespace muster
