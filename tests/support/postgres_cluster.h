// The cluster's store in PostgreSQL for tests: in a database of its own, at a time that the test
// sets.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "shell/store/cluster_postgres.h"
#include "support/cluster_world.h"
#include "support/postgres_server.h"

namespace muster::testing {

// As much time as a test lets pass at once.
inline constexpr Duration kAnyTime = Duration::hours(24 * 366 * 100);

inline std::unique_ptr<cluster::PostgresClusterStore> open_postgres_cluster(
    cluster::PostgresClusterStore::Options options) {
  return opened(cluster::PostgresClusterStore::open(std::move(options)));
}

class PostgresClusterPlace final : public ClusterPlace {
 public:
  std::unique_ptr<cluster::ClusterBackend> open(std::function<Duration()> clock) override {
    return open_postgres_cluster(
        {.connection = connection_, .time_step_max = kAnyTime, .clock = std::move(clock)});
  }
  // Its time never begins anew.
  Duration restart_machine(Duration now) override { return now + Duration::hours(24 * 366 * 2); }

 private:
  std::string connection_ = PostgresServer::instance().make_database();
};

}  // namespace muster::testing
