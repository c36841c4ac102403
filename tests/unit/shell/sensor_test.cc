#include "shell/sensor.h"

#include <gtest/gtest.h>
#include <time.h>

#include <thread>
#include <vector>

#include "shell/clock.h"

namespace muster {
namespace shell_sensor_test {

Instant at(std::int64_t milliseconds) {
  return Instant::at(Duration::milliseconds(milliseconds));
}

constexpr ProcessLimits kTwoProcessors{1'000'000, 2'000};

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
  Sensor sensor(kTwoProcessors, Sensor::Of::thread);
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
  Sensor sensor(kTwoProcessors, Sensor::Of::thread);
  sensor.begin(at(0));
  after(sensor, 1, [&](Instant now) { sensor.turned(now, now + Duration::milliseconds(500)); });
  const auto nothing = [](Instant) {};
  EXPECT_EQ(after(sensor, 1, nothing).loop_lag.used, 10u);
  EXPECT_EQ(after(sensor, Sensor::kPeriods - 2, nothing).loop_lag.used, 10u);
  EXPECT_EQ(after(sensor, 1, nothing).loop_lag.used, 0u);
}

TEST(Sensor, QueuesAreWhatTheyWereAtMost) {
  Sensor sensor(kTwoProcessors, Sensor::Of::thread);
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

// So much of this thread's processor time, however long that takes.
Instant busy_for(Duration time) {
  const auto used = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return Duration::seconds(now.tv_sec) + Duration::microseconds(now.tv_nsec / 1'000);
  };
  const Duration begin = used();
  while (used() < begin + time) {
  }
  return read_clocks().instant;
}

// By the real clocks; another thread's is not counted.
TEST(Sensor, ProcessorTimeIsThatOfItsThread) {
  Sensor sensor(kTwoProcessors, Sensor::Of::thread);
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

// Of the store's thread, and of all that there are, but of all processors.
TEST(Sensor, OneThatLooksAfterTheProcessCountsAllThreads) {
  const auto measured = [](Sensor::Of of) {
    Sensor sensor(kTwoProcessors, of);
    Instant now = read_clocks().instant;
    sensor.begin(now);
    for (std::size_t i = 0; i < Sensor::kPeriods; ++i) {
      std::thread([&] { now = busy_for(Duration::milliseconds(5)); }).join();
      sensor.take(now);
    }
    return sensor.take(now).cpu.used;
  };
  const std::uint32_t thread = measured(Sensor::Of::thread);
  const std::uint32_t process = measured(Sensor::Of::process);
  EXPECT_GT(process, thread);
}

// Where the process may have half a processor, a thread that takes a quarter is half busy.
TEST(Sensor, ProcessorTimeIsOfWhatTheProcessMayHave) {
  const auto measured = [](std::uint64_t processors) {
    Sensor sensor({0, processors}, Sensor::Of::thread);
    const Instant begin = read_clocks().instant;
    sensor.begin(begin);
    busy_for(Duration::milliseconds(20));
    return sensor.take(begin + Duration::seconds(10)).cpu.used;
  };
  EXPECT_EQ(measured(1'000), 1u) << "a tenth of two thousandths, rounded up";
  EXPECT_GE(measured(10), 2u) << "a tenth of a fifth";
}

TEST(Sensor, MemoryIsThatOfTheProcess) {
  const auto measured = [] {
    Sensor sensor({1'000'000, 1'000}, Sensor::Of::process);
    sensor.begin(at(0));
    return after(sensor, Sensor::kPeriods, [](Instant) {}).memory;
  };
  const cluster::Share before = measured();
  EXPECT_EQ(before.of, 100u);
  std::vector<char> more(std::size_t{128} * 1024 * 1024, 'x');
  EXPECT_GE(measured().used, before.used + 12) << more[before.used];
  Sensor other({1'000'000, 1'000}, Sensor::Of::thread);
  EXPECT_EQ(other.take(at(1'000)).memory, cluster::Share()) << "another one looks after that";
}

}  // namespace shell_sensor_test
}  // namespace muster
