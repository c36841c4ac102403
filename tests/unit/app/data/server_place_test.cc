#include "app/data/server_place.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <optional>
#include <string>

namespace muster {
namespace data_server_place_test {

class ServerPlaceTest : public ::testing::Test {
 protected:
  void TearDown() override { data_.remove(); }
  ServerPlace place(const std::string& id) {
    auto made = ServerPlace::make(data_, id);
    EXPECT_TRUE(made.ok()) << made.error();
    return std::move(*made);
  }

  DataDirectory data_ = *DataDirectory::make_temporary();
};

TEST(ServerId, IsALabelOfAHostName) {
  for (const char* id : {"s1", "a", "7", "north-2"})
    EXPECT_TRUE(is_server_id(id)) << id;
  for (const char* id : {"", "-a", "a-", "A", "a_b", "a.b", "a/b", "..", "\xc3\xa9"})
    EXPECT_FALSE(is_server_id(id)) << id;
  EXPECT_TRUE(is_server_id(std::string(kServerIdBytesMax, 'a')));
  EXPECT_FALSE(is_server_id(std::string(kServerIdBytesMax + 1, 'a')));
}

TEST_F(ServerPlaceTest, OfOneThatIsAloneIsTheDataDirectory) {
  const ServerPlace alone = place("");
  EXPECT_TRUE(alone.is_alone());
  EXPECT_EQ(alone.control(), data_.control());
  const auto locks = alone.lock(Duration());
  ASSERT_TRUE(locks.ok());
  EXPECT_FALSE(data_.try_lock("other")->has_value());
}

TEST_F(ServerPlaceTest, IsEachServersAlone) {
  const ServerPlace one = place("s1");
  struct stat folder {};
  ASSERT_EQ(::stat((data_.path() + "/servers/s1").c_str(), &folder), 0);
  EXPECT_EQ(folder.st_mode & 07777, 0700u);
  EXPECT_EQ(one.control(), data_.path() + "/servers/s1/control");
  const auto first = one.lock(Duration());
  ASSERT_TRUE(first.ok());
  const auto other = place("s2").lock(Duration());
  EXPECT_TRUE(other.ok());
  const auto again = place("s1").lock(Duration());
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().find("server s1 of " + data_.path() + " is in use by musterd (process "),
            std::string::npos)
      << again.error();
}

TEST_F(ServerPlaceTest, WhoIsAloneIsNotAmongThem) {
  {
    const auto one = place("s1").lock(Duration());
    ASSERT_TRUE(one.ok());
    const auto alone = place("").lock(Duration());
    ASSERT_FALSE(alone.ok());
    EXPECT_EQ(alone.error(), data_.path() + " is in use by servers of a cluster");
  }
  const auto alone = place("").lock(Duration());
  ASSERT_TRUE(alone.ok());
  const auto one = place("s1").lock(Duration());
  ASSERT_FALSE(one.ok());
  EXPECT_NE(one.error().find("is in use by musterd (process "), std::string::npos) << one.error();
}

TEST_F(ServerPlaceTest, OneMakesWhatAllOfThemHave) {
  const auto held = place("s1").lock_what_is_shared(Duration());
  ASSERT_TRUE(held.ok());
  EXPECT_FALSE(place("s2").lock_what_is_shared(Duration()).ok());
  EXPECT_TRUE(place("").lock_what_is_shared(Duration()).ok());
}

TEST_F(ServerPlaceTest, IsFoundByItsControlSocket) {
  place("s2");
  place("lock");
  const std::vector<std::string> sockets = {data_.control(), data_.path() + "/servers/lock/control",
                                            data_.path() + "/servers/s2/control"};
  EXPECT_EQ(control_sockets(data_), sockets);
}

}  // namespace data_server_place_test
}  // namespace muster
