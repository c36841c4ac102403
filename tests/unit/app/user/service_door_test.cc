#include "app/user/service_door.h"

#include <gtest/gtest.h>

#include "shell/shard_thread.h"

namespace muster {
namespace user_service_door_test {

class OpenDoorTest : public testing::Test {
 protected:
  void TearDown() override { data_.remove(); }

  DataDirectory data_ = *DataDirectory::make_temporary();
  ServiceDescription service_{"1", {"localhost"}, WatcherPolicy::ask, true, 10};
};

TEST_F(OpenDoorTest, WhereNobodyServesItIsTheStores) {
  const auto door = open_door(data_, ConfiguredService{service_, {}});
  ASSERT_TRUE(door.ok()) << door.error();
  const auto reply = (*door)->ask(ListAccounts{"localhost", {}, 10});
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(std::get<AccountsListed>(*reply).accounts.empty());
  EXPECT_FALSE(data_.try_lock("another")->has_value());
}

TEST_F(OpenDoorTest, WhereTheStoreIsHeldAndNobodyServesItIsShut) {
  const auto held = data_.try_lock("somebody");
  const auto door = open_door(data_, ConfiguredService{service_, {}}, Duration());
  ASSERT_FALSE(door.ok());
  EXPECT_NE(door.error().find("is in use by somebody (process "), std::string::npos);
  EXPECT_NE(door.error().find("which does not answer"), std::string::npos);
}

// A server that ends takes no requests any more; whoever comes then is to find the store.
TEST(DoorTime, OutlastsAServerThatEnds) {
  EXPECT_GT(kDoorTimeMax, ShardThread::kStopTimeMax);
}

}  // namespace user_service_door_test
}  // namespace muster
