#include "app/data/open_store.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "support/postgres_server.h"

namespace muster {
namespace data_open_store_test {

using cluster::LeaseRenewed;
using cluster::LeaseTaken;
using testing::PostgresServer;
using testing::RawPostgres;

// While the servers renew as seldom as they are told to, no renewal of the last one is cut short:
// else whom it waits for would be dead later than a lease after its last word.
TEST(OpenStore, ItsTimeGoesOnByAsMuchAsFromOneRenewalToTheNext) {
  const auto data = DataDirectory::make_temporary();
  ASSERT_TRUE(data.ok()) << data.error();
  const std::string connection = PostgresServer::instance().make_database();
  const Duration renew_after = Duration::milliseconds(1'234);
  auto store = open_cluster_store(*data, {connection, "", renew_after});
  ASSERT_TRUE(store.ok()) << store.error();
  const auto ask = [&](cluster::ClusterRequest request) {
    return (*store)->carry_out({std::move(request)}).front();
  };
  cluster::Self self;
  self.svr_id = "sip:a.example.com";
  const auto taken = ask(cluster::TakeLease{self, false, Duration::seconds(10)});
  ASSERT_TRUE(std::holds_alternative<LeaseTaken>(taken));
  RawPostgres raw(connection);
  const std::int64_t before = std::stoll(
      raw.run("UPDATE muster.cluster SET clock = clock - 3600000000 RETURNING store_time"));
  const auto renewed =
      ask(cluster::RenewLease{std::get<LeaseTaken>(taken).incarnation, Duration::seconds(10)});
  EXPECT_TRUE(std::holds_alternative<LeaseRenewed>(renewed));
  EXPECT_EQ(std::stoll(raw.run("SELECT store_time FROM muster.cluster")),
            before + renew_after.in_microseconds());
  store->reset();
  data->remove();
}

}  // namespace data_open_store_test
}  // namespace muster
