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

Instant at(std::int64_t milliseconds) {
  return Instant::at(Duration::milliseconds(milliseconds));
}

// One second after the other, with the same in each; what is measured then.
template <class Second>
cluster::Measures after(Sensor& sensor, std::size_t seconds, Second second) {
  cluster::Measures last;
  Instant now = sensor.due() - Sensor::kPeriod;
  for (std::size_t i = 0; i < seconds; ++i) {
    second(now);
    now = sensor.due();
    last = sensor.take(now);
  }
  return last;
}

// Of what comes at any moment of a second in which one turn took 200 ms, a fifth waits 100 ms: 20
// of the 100 of kLagMax.
TEST(Sensor, LagIsWhatComesWaitsOnAverage) {
  ASSERT_EQ(Sensor::kLagMax, Duration::milliseconds(100));
  Sensor sensor(0);
  sensor.begin(at(0));
  EXPECT_EQ(sensor.due(), at(1'000));
  const auto one_turn = [&](Instant now) { sensor.turned(now, now + Duration::milliseconds(200)); };
  EXPECT_EQ(after(sensor, Sensor::kPeriods, one_turn).loop_lag, (cluster::Share{20, 100}));
  EXPECT_EQ(after(sensor, Sensor::kPeriods, [](Instant) {}).loop_lag, (cluster::Share{0, 100}));
  const auto all_the_time = [&](Instant now) {
    for (int i = 0; i < 2; ++i)
      sensor.turned(now, now + Duration::milliseconds(500));
  };
  EXPECT_EQ(after(sensor, Sensor::kPeriods, all_the_time).loop_lag.used, 100u) << "at its limit";
}

// A stall of half a second is 125 ms of lag, past the limit; but it was one.
TEST(Sensor, OneBadSecondIsATenth) {
  Sensor sensor(0);
  sensor.begin(at(0));
  after(sensor, 1, [&](Instant now) { sensor.turned(now, now + Duration::milliseconds(500)); });
  const auto nothing = [](Instant) {};
  EXPECT_EQ(after(sensor, 1, nothing).loop_lag.used, 10u);
  EXPECT_EQ(after(sensor, Sensor::kPeriods - 2, nothing).loop_lag.used, 10u);
  EXPECT_EQ(after(sensor, 1, nothing).loop_lag.used, 0u);
}

TEST(Sensor, QueuesAreWhatTheyWereAtMost) {
  Sensor sensor(0);
  sensor.begin(at(0));
  EXPECT_EQ(after(sensor, 1, [](Instant) {}).queues, cluster::Share()) << "not measured";
  const auto some = [&](Instant) {
    sensor.queued(1, 10);
    sensor.queued(300, 1'000);
    sensor.queued(2, 10);
  };
  EXPECT_EQ(after(sensor, Sensor::kPeriods, some).queues, (cluster::Share{30, 100}));
  EXPECT_EQ(after(sensor, Sensor::kPeriods, [](Instant) {}).queues, (cluster::Share{0, 100}));
}

Instant busy_for(Duration time) {
  const Instant end = read_clocks().instant + time;
  Instant now = read_clocks().instant;
  while (now < end)
    now = read_clocks().instant;
  return now;
}

// By the real clocks; another thread's is not counted.
// By the real clocks; another thread's is not counted.
TEST(Sensor, ProcessorTimeIsThatOfItsThread) {
  Sensor sensor(0);
  Instant now = read_clocks().instant;
  sensor.begin(now);
  for (std::size_t i = 0; i < Sensor::kPeriods; ++i) {
    now = busy_for(Duration::milliseconds(5));
    sensor.take(now);
  }
  const std::uint32_t busy = sensor.take(now).cpu.used;
  EXPECT_GT(busy, 0u);
  for (std::size_t i = 0; i < Sensor::kPeriods; ++i) {
    std::thread([&] { now = busy_for(Duration::milliseconds(5)); }).join();
    sensor.take(now);
  }
  EXPECT_LT(sensor.take(now).cpu.used, busy);
}

TEST(Sensor, MemoryIsThatOfTheProcess) {
  constexpr std::uint64_t kKib = 1'000'000;
  const auto measured = [] {
    Sensor sensor(kKib);
    sensor.begin(at(0));
    return after(sensor, Sensor::kPeriods, [](Instant) {}).memory;
  };
  const cluster::Share before = measured();
  EXPECT_EQ(before.of, 100u);
  std::vector<char> more(std::size_t{128} * 1024 * 1024, 'x');
  EXPECT_GE(measured().used, before.used + 12) << more[before.used];
  Sensor other(0);
  EXPECT_EQ(other.take(at(1'000)).memory, cluster::Share()) << "another one looks after that";
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
