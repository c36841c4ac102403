#include "app/data/data_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <thread>
#include <vector>

namespace muster {
namespace data_data_directory_test {

class DataDirectoryTest : public testing::Test {
 protected:
  void TearDown() override { data_.remove(); }

  DataDirectory data_ = *DataDirectory::make_temporary();
};

TEST_F(DataDirectoryTest, IsTheOwnersAlone) {
  EXPECT_TRUE(DataDirectory::find(data_.path()).ok());
  for (const mode_t mode : {0755u, 0720u, 0701u, 0704u}) {
    ASSERT_EQ(::chmod(data_.path().c_str(), mode), 0);
    const auto found = DataDirectory::find(data_.path());
    ASSERT_FALSE(found.ok()) << mode;
    EXPECT_NE(found.error().find("chmod 0700"), std::string::npos);
  }
}

TEST_F(DataDirectoryTest, IsMadeWithWhatLeadsToIt) {
  for (const char* name : {"/a/b", "/c/d/", "/e/./f", "/g//"}) {
    const auto made = DataDirectory::make(data_.path() + name);
    ASSERT_TRUE(made.ok()) << made.error();
    struct stat folder {};
    ASSERT_EQ(::stat(made->path().c_str(), &folder), 0);
    EXPECT_EQ(folder.st_mode & 07777, 0700u) << name;
    EXPECT_EQ(DataDirectory::find(data_.path() + name)->path(), made->path());
  }
}

TEST_F(DataDirectoryTest, OneAtATimeWorksOnIt) {
  auto first = data_.try_lock("first");
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_FALSE(data_.try_lock("second")->has_value());
  const auto refused = data_.lock("second", Duration());
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().find("is in use by first (process "), std::string::npos);
  first->reset();
  EXPECT_TRUE(data_.lock("second", Duration()).ok());
}

TEST_F(DataDirectoryTest, ForWhoeverLetsGoInTimeItWaits) {
  auto first = data_.try_lock("first");
  std::thread other([&] { first->reset(); });
  EXPECT_TRUE(data_.lock("second", kLockTimeMax).ok());
  other.join();
}

// --- what the last server said -------------------------------------------------------------------

ServiceDescription service(const std::string& domain) {
  ServiceDescription said;
  said.version = "1";
  said.domains = {domain};
  return said;
}

TEST_F(DataDirectoryTest, KeepsWhatTheLastServerSaid) {
  EXPECT_EQ(*data_.postgres(), "");
  ASSERT_TRUE(data_.describe(service("example.com"), "host=db").ok());
  EXPECT_EQ(*data_.postgres(), "host=db");
  ASSERT_TRUE(data_.describe(service("example.net"), "").ok());
  EXPECT_EQ(*data_.postgres(), "");
  EXPECT_EQ(data_.description()->domains, std::vector<std::string>{"example.net"});
}

// A folder stands for whatever keeps a file from being written.
TEST_F(DataDirectoryTest, KeepsBothOrNeither) {
  for (const char* name : {"/service.json.new", "/postgres.new"}) {
    ASSERT_TRUE(data_.describe(service("example.com"), "host=db").ok());
    ASSERT_EQ(::mkdir((data_.path() + name).c_str(), 0700), 0);
    EXPECT_FALSE(data_.describe(service("example.net"), "host=other").ok());
    EXPECT_EQ(*data_.postgres(), "host=db") << name;
    EXPECT_EQ(data_.description()->domains, std::vector<std::string>{"example.com"}) << name;
    ASSERT_EQ(::rmdir((data_.path() + name).c_str()), 0);
  }
}

// It would be taken for a service that has its data in muster.db.
TEST_F(DataDirectoryTest, WhatCannotBeReadIsNotEmpty) {
  const std::string path = data_.path() + "/postgres";
  ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  const auto read = data_.postgres();
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error(), path + ": Is a directory");
}

}  // namespace data_data_directory_test
}  // namespace muster
