// What one shard's thread of one of many servers measures of itself, once in kPeriod: its load is
// made of it where that is how it is reckoned (LoadIndex::measured), and operators are shown it.
//
//   loop lag   what comes while a turn of the loop is under way waits for its end: how long, on
//              average over the period, for what comes at any moment. A turn of t takes part in
//              that with t / 2 for what comes within it, so it is the sum of t * t, over twice the
//              period. Of kLagMax.
//   cpu        the thread's processor time, of the time that passed, or of what of it a cgroup
//              leaves to the process. Of shard 0 besides: the process's, with the threads of the
//              store and of passwords, of all processors that it may use; whichever is more.
//   memory     what the process has in memory (proc(5), statm), of what it may have
//              (process_limits.h). Of shard 0.
//   queues     the fullest that its mailbox, and its questions to the store, were in the period
//
// Each is in per cent, rounded up, and the mean of the latest kPeriods: of what was for a moment
// nobody is to be moved, and no server to be taken in. What is past its limit is at it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "model/load.h"
#include "shell/process_limits.h"

namespace muster {

class Sensor {
 public:
  static constexpr Duration kPeriod = Duration::seconds(1);
  static constexpr Duration kLagMax = Duration::milliseconds(100);
  static constexpr std::size_t kPeriods = 10;

  // Whether this one looks after the process, besides its thread.
  enum class Of : std::uint8_t { thread, process };
  Sensor(const ProcessLimits& limits, Of of) : limits_(limits), of_(of) {}

  // On its thread: from now on it measures.
  void begin(Instant now);
  void turned(Instant begin, Instant end);
  void queued(std::size_t entries, std::size_t most);
  Instant due() const { return began_ + kPeriod; }
  // The period is over, and the next one begins.
  cluster::Measures take(Instant now);

 private:
  // Of the latest periods; none before the first.
  class Mean {
   public:
    void add(std::uint64_t used, std::uint64_t of);
    cluster::Share per_cent() const;

   private:
    std::array<std::uint32_t, kPeriods> per_mille_{};
    std::size_t next_ = 0;
    bool is_measured_ = false;
  };

  // Processor time, when the period began.
  struct Cpu {
    std::uint64_t thread_us = 0;
    std::uint64_t process_us = 0;
  };
  static Cpu read_cpu();
  void add_cpu(const Cpu& before, std::uint64_t passed_us);

  ProcessLimits limits_;
  Of of_;
  Instant began_;
  Cpu cpu_began_;
  std::uint64_t turns_squared_ = 0;  // microseconds squared
  cluster::Share queue_;             // the fullest, of this period
  Mean loop_lag_;
  Mean cpu_;
  Mean memory_;
  Mean queues_;
};

}  // namespace muster
