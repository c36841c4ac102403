#include "shell/process_limits.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/store_world.h"

namespace muster {
namespace shell_process_limits_test {

class ProcessLimitsTest : public ::testing::Test {
 protected:
  ProcessLimitsTest() { write("self/cgroup", ""); }
  void write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = folder_.file(file);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  ProcessLimits limits() { return read_process_limits(folder_.file(""), folder_.file("groups")); }
  std::uint64_t memory() { return limits().memory_kib; }
  std::uint64_t processors() { return limits().processors; }

  testing::TemporaryFolder folder_;
};

TEST_F(ProcessLimitsTest, MemoryIsTheMachinesWhereNobodySaysLess) {
  const std::uint64_t machine = memory();
  EXPECT_GT(machine, 100'000u);
  write("self/cgroup", "0::/a/b\n4:memory:/c\n");
  EXPECT_EQ(memory(), machine) << "no files";
  write("groups/a/b/memory.max", "max\n");
  write("groups/memory/c/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(memory(), machine);
}

TEST_F(ProcessLimitsTest, MemoryIsWhatTheGroupOrOneAboveSays) {
  write("self/cgroup", "0::/a/b\n");
  write("groups/a/b/memory.max", "52428800\n");
  EXPECT_EQ(memory(), 51'200u);
  write("groups/a/memory.max", "10485760\n");
  EXPECT_EQ(memory(), 10'240u) << "of the group that it is in";
  write("self/cgroup", "7:cpu,cpuacct:/x\n4:memory:/c\n");
  write("groups/memory/c/memory.limit_in_bytes", "20971520\n");
  EXPECT_EQ(memory(), 20'480u) << "version 1";
  write("self/cgroup", "0::/\n");
  write("groups/memory.max", "31457280\n");
  EXPECT_EQ(memory(), 30'720u) << "in a container, the group is the root";
}

TEST_F(ProcessLimitsTest, ProcessorsAreThoseThatItMayRunOnWhereNobodySaysLess) {
  const std::uint64_t machine = processors();
  EXPECT_GE(machine, 1'000u);
  EXPECT_EQ(machine % 1'000, 0u);
  write("self/cgroup", "0::/a\n7:cpu,cpuacct:/c\n");
  write("groups/a/cpu.max", "max 100000\n");
  write("groups/cpu/c/cpu.cfs_quota_us", "-1\n");
  write("groups/cpu/c/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(processors(), machine);
}

TEST_F(ProcessLimitsTest, ProcessorsAreWhatTheGroupOrOneAboveSays) {
  write("self/cgroup", "0::/a/b\n");
  write("groups/a/b/cpu.max", "75000 100000\n");
  EXPECT_EQ(processors(), 750u);
  write("groups/a/cpu.max", "50000 200000\n");
  EXPECT_EQ(processors(), 250u) << "of the group that it is in";
  write("self/cgroup", "4:memory:/m\n7:cpu,cpuacct:/c\n");
  write("groups/cpu/c/cpu.cfs_quota_us", "10000\n");
  write("groups/cpu/c/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(processors(), 100u) << "version 1";
}

}  // namespace shell_process_limits_test
}  // namespace muster
