#include "app/data/cluster_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "shell/tls/cluster_tls.h"

namespace muster {
namespace data_cluster_key_test {

class ClusterKeyTest : public testing::Test {
 protected:
  void TearDown() override { data_.remove(); }
  std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  DataDirectory data_ = *DataDirectory::make_temporary();
};

TEST_F(ClusterKeyTest, IsMadeOnceAndItsOwnersAlone) {
  const auto first = cluster_key(data_);
  ASSERT_TRUE(first.ok()) << first.error();
  struct stat file {};
  ASSERT_EQ(::stat(first->c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600u);
  const std::string key = content(*first);
  ASSERT_TRUE(cluster_key(data_).ok());
  EXPECT_EQ(content(*first), key);
  EXPECT_TRUE(ClusterTls::load(SharedKeyFile{*first}).ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(data_.path()), {}), 1);
}

TEST_F(ClusterKeyTest, IsAnotherInEachFolder) {
  const auto other = DataDirectory::make(data_.path() + "/other");
  ASSERT_TRUE(other.ok());
  EXPECT_NE(content(*cluster_key(data_)), content(*cluster_key(*other)));
}

TEST_F(ClusterKeyTest, WhereItCannotBeIsSaid) {
  std::filesystem::remove_all(data_.path());
  const auto made = cluster_key(data_);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().find("cannot write " + data_.path() + "/cluster.key: No such file"),
            std::string::npos)
      << made.error();
}

}  // namespace data_cluster_key_test
}  // namespace muster
