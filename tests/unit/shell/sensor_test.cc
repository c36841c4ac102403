#include "shell/sensor.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "shell/clock.h"
#include "support/store_world.h"

namespace muster {
namespace {

constexpr auto kLag = static_cast<std::uint32_t>(Sensor::kLagMax.in_microseconds());

Instant at(std::int64_t milliseconds) {
  return Instant::at(Duration::milliseconds(milliseconds));
}

// Of what comes at any moment of a second in which one turn took 100 ms, a tenth waits 50 ms.
TEST(Sensor, LagIsWhatComesWaitsOnAverage) {
  Sensor sensor(0);
  sensor.begin(at(0));
  sensor.turned(at(300), at(400));
  EXPECT_EQ(sensor.due(), at(1'000));
  EXPECT_EQ(sensor.take(at(1'000)).loop_lag, (cluster::Share{5'000, kLag}));
  EXPECT_EQ(sensor.due(), at(2'000));
  EXPECT_EQ(sensor.take(at(2'000)).loop_lag.used, 0u) << "of the latest period";
  // One turn after the other.
  for (std::int64_t i = 0; i < 5; ++i)
    sensor.turned(at(2'000 + i * 200), at(2'200 + i * 200));
  EXPECT_EQ(sensor.take(at(3'000)).loop_lag.used, kLag) << "at its limit";
}

TEST(Sensor, QueuesAreWhatTheyWereAtMost) {
  Sensor sensor(0);
  sensor.begin(at(0));
  EXPECT_EQ(sensor.take(at(1'000)).queues, cluster::Share());
  sensor.queued(1, 10);
  sensor.queued(300, 1'000);
  sensor.queued(2, 10);
  EXPECT_EQ(sensor.take(at(2'000)).queues, (cluster::Share{300, 1'000}));
  EXPECT_EQ(sensor.take(at(3'000)).queues, cluster::Share());
}

Instant busy_for(Duration time) {
  const Instant end = read_clocks().instant + time;
  Instant now = read_clocks().instant;
  while (now < end)
    now = read_clocks().instant;
  return now;
}

// By the real clocks; another thread's is not counted.
TEST(Sensor, ProcessorTimeIsThatOfItsThread) {
  Sensor sensor(0);
  const Instant begin = read_clocks().instant;
  sensor.begin(begin);
  Instant end = busy_for(Duration::milliseconds(20));
  const cluster::Share cpu = sensor.take(end).cpu;
  EXPECT_EQ(cpu.of, static_cast<std::uint32_t>((end - begin).in_microseconds()));
  EXPECT_GT(cpu.used, 0u);
  EXPECT_LE(cpu.used, cpu.of + 1'000) << "two clocks";
  std::thread([&] { end = busy_for(Duration::milliseconds(50)); }).join();
  const cluster::Share waited = sensor.take(end).cpu;
  EXPECT_LT(waited.used, waited.of / 2);
}

TEST(Sensor, MemoryIsThatOfTheProcess) {
  Sensor sensor(1'000'000);
  sensor.begin(at(0));
  const cluster::Share before = sensor.take(at(1'000)).memory;
  EXPECT_EQ(before.of, 1'000'000u);
  std::vector<char> more(std::size_t{64} * 1024 * 1024, 'x');
  const cluster::Share after = sensor.take(at(2'000)).memory;
  EXPECT_GE(after.used, before.used + 60'000) << more[before.used];
  EXPECT_EQ(Sensor(0).take(at(1'000)).memory, cluster::Share()) << "another one looks after that";
}

class MemoryLimit : public ::testing::Test {
 protected:
  MemoryLimit() { write("self/cgroup", ""); }
  void write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = folder_.file(file);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::uint64_t limit() { return read_memory_limit(folder_.file(""), folder_.file("groups")); }

  testing::TemporaryFolder folder_;
};

TEST_F(MemoryLimit, IsTheMachinesWhereNobodySaysLess) {
  const std::uint64_t machine = limit();
  EXPECT_GT(machine, 100'000u);
  write("self/cgroup", "0::/a/b\n4:memory:/c\n");
  EXPECT_EQ(limit(), machine) << "no files";
  write("groups/a/b/memory.max", "max\n");
  write("groups/memory/c/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(limit(), machine);
}

TEST_F(MemoryLimit, IsWhatTheGroupOrOneAboveSays) {
  write("self/cgroup", "0::/a/b\n");
  write("groups/a/b/memory.max", "52428800\n");
  EXPECT_EQ(limit(), 51'200u);
  write("groups/a/memory.max", "10485760\n");
  EXPECT_EQ(limit(), 10'240u) << "of the group that it is in";
  write("self/cgroup", "7:cpu,cpuacct:/x\n4:memory:/c\n");
  write("groups/memory/c/memory.limit_in_bytes", "20971520\n");
  EXPECT_EQ(limit(), 20'480u) << "version 1";
  write("self/cgroup", "0::/\n");
  write("groups/memory.max", "31457280\n");
  EXPECT_EQ(limit(), 30'720u) << "in a container, the group is the root";
}

}  // namespace
}  // namespace muster
