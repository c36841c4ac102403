// What every store of the cluster is tested with, whichever it is.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/cluster_world.h"
#include "support/postgres_cluster.h"

namespace muster::cluster {

struct TestedKind {
  const char* name;
  std::function<std::unique_ptr<testing::TestedCluster>()> make;
};

inline constexpr Duration kTick = Duration::microseconds(1);
inline constexpr Duration kLease = Duration::seconds(10);

class ClusterSuite : public ::testing::TestWithParam<TestedKind> {
 protected:
  std::string asked(ClusterRequest request) {
    return testing::words(store_->ask(std::move(request)));
  }
  template <class Reply>
  Reply ask(ClusterRequest request) {
    const ClusterReply reply = store_->ask(std::move(request));
    EXPECT_TRUE(std::holds_alternative<Reply>(reply)) << testing::words(reply);
    if (!std::holds_alternative<Reply>(reply)) return {};
    return std::get<Reply>(reply);
  }

  Incarnation come(const std::string& svr_id, bool standby = false, Duration time = kLease) {
    return ask<LeaseTaken>(TakeLease{testing::a_server(svr_id), standby, time}).incarnation;
  }
  // One who looks on until the end of the test.
  Incarnation looker() { return come("looker", true, Duration::hours(1'000)); }
  std::string directory(Incarnation looker) {
    return testing::words(ask<LeaseRenewed>(RenewLease{looker, Duration::hours(1'000)}).directory);
  }
  std::string owners(Incarnation looker, std::vector<Address> users) {
    return asked(FindOwners{looker, std::move(users)});
  }
  std::string assign(Incarnation by, const Address& user, Incarnation from, Incarnation to) {
    return asked(AssignUsers{by, {{user, from, to}}});
  }
  // `main` has the flag, or takes it for this.
  void set_role(Incarnation main, Incarnation of, Role from, Role to) {
    const Epoch epoch = ask<MainTaken>(TakeMain{main}).epoch;
    EXPECT_EQ(asked(SetRole{main, epoch, of, from, to}), "role set");
  }
  void pass(Duration time) { store_->now = store_->now + time; }

  const Incarnation nobody;
  const Address alice = testing::address("alice");
  const Address bob = testing::address("bob");
  const Address carol = testing::address("carol");
  std::unique_ptr<testing::TestedCluster> store_ = GetParam().make();
};

template <class Place>
std::unique_ptr<testing::TestedCluster> at(std::size_t connections) {
  return std::make_unique<testing::TestedClusterPlace>(std::make_unique<Place>(), connections);
}

inline std::vector<TestedKind> all_clusters() {
  using testing::PostgresClusterPlace;
  using testing::SqliteClusterPlace;
  return {{"memory", [] { return std::make_unique<testing::TestedMemoryCluster>(); }},
          {"sqlite", [] { return at<SqliteClusterPlace>(1); }},
          {"sqlite_by_two", [] { return at<SqliteClusterPlace>(2); }},
          {"postgres", [] { return at<PostgresClusterPlace>(1); }},
          {"postgres_by_two", [] { return at<PostgresClusterPlace>(2); }}};
}
inline std::string name_of(const ::testing::TestParamInfo<TestedKind>& tested) {
  return tested.param.name;
}

}  // namespace muster::cluster
