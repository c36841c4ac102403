// What one shard's thread measures of itself, for load control: where the load of one of many
// servers is made of it (LoadIndex::measured), once in kPeriod.
//
//   loop lag   what comes while a turn of the loop is under way waits for its end: how long, on
//              average over the period, for what comes at any moment. A turn of t takes part in
//              that with t / 2 for what comes within it, so it is the sum of t * t, over twice the
//              period. Of kLagMax.
//   cpu        the thread's processor time, of the time that passed
//   memory     what the process has in memory (proc(5), statm), of what it may have: the machine's
//              memory, or less where a cgroup says so. Of shard 0.
//   queues     the fullest that its mailbox, and its questions to the store, were in the period
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"
#include "model/load.h"

namespace muster {

class Sensor {
 public:
  static constexpr Duration kPeriod = Duration::seconds(1);
  static constexpr Duration kLagMax = Duration::milliseconds(100);

  // `memory_kib`: what the process may have; 0: another one looks after that.
  explicit Sensor(std::uint64_t memory_kib) : memory_kib_(memory_kib) {}

  // On its thread: from now on it measures.
  void begin(Instant now);
  void turned(Instant begin, Instant end);
  void queued(std::size_t entries, std::size_t most);
  Instant due() const { return began_ + kPeriod; }
  // Of the period that is over, with which the next one begins.
  cluster::Measures take(Instant now);

 private:
  std::uint64_t memory_kib_;
  Instant began_;
  std::uint64_t cpu_microseconds_ = 0;  // of the thread, when the period began
  std::uint64_t turns_squared_ = 0;     // microseconds squared
  cluster::Share queues_;
};

// In KiB: the least of the machine's memory and of what the cgroups of this process, and those they
// are in, allow (cgroups(7), both versions). The two are where those file systems are mounted.
std::uint64_t read_memory_limit(const std::string& proc = "/proc",
                                const std::string& cgroups = "/sys/fs/cgroup");

}  // namespace muster
