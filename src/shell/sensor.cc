#include "shell/sensor.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <numeric>

namespace muster {
namespace {

std::uint64_t microseconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec) / 1'000;
}

std::uint64_t resident_kib() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * (static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1'024);
}

}  // namespace

void Sensor::begin(Instant now) {
  began_ = now;
  cpu_began_ = read_cpu();
}

Sensor::Cpu Sensor::read_cpu() {
  return {microseconds_of(CLOCK_THREAD_CPUTIME_ID), microseconds_of(CLOCK_PROCESS_CPUTIME_ID)};
}

void Sensor::add_cpu(const Cpu& before, std::uint64_t passed_us) {
  constexpr std::uint64_t kProcessor = 1'000;
  const auto may_use = [&](std::uint64_t processors) {
    return std::max<std::uint64_t>(passed_us * processors / kProcessor, 1);
  };
  const std::uint64_t thread = cpu_began_.thread_us - before.thread_us;
  const std::uint64_t thread_of = may_use(std::min(limits_.processors, kProcessor));
  const std::uint64_t process = cpu_began_.process_us - before.process_us;
  const std::uint64_t process_of = may_use(limits_.processors);
  const bool is_fuller = process * thread_of > thread * process_of;
  if (of_ == Of::process && is_fuller) return cpu_.add(process, process_of);
  cpu_.add(thread, thread_of);
}

void Sensor::turned(Instant begin, Instant end) {
  const auto took =
      static_cast<std::uint64_t>(std::max<std::int64_t>((end - begin).in_microseconds(), 0));
  turns_squared_ += took * took;
}

void Sensor::queued(std::size_t entries, std::size_t most) {
  queue_ =
      fuller_of(queue_, {static_cast<std::uint32_t>(entries), static_cast<std::uint32_t>(most)});
}

cluster::Measures Sensor::take(Instant now) {
  const auto passed =
      static_cast<std::uint64_t>(std::max<std::int64_t>((now - began_).in_microseconds(), 1));
  const Cpu before = cpu_began_;
  begin(now);
  add_cpu(before, passed);
  loop_lag_.add(turns_squared_ / (2 * passed),
                static_cast<std::uint64_t>(kLagMax.in_microseconds()));
  queues_.add(queue_.used, queue_.of);
  if (of_ == Of::process) memory_.add(resident_kib(), limits_.memory_kib);
  turns_squared_ = 0;
  queue_ = {};
  return {loop_lag_.per_cent(), cpu_.per_cent(), memory_.per_cent(), queues_.per_cent()};
}

void Sensor::Mean::add(std::uint64_t used, std::uint64_t of) {
  constexpr std::uint64_t kFull = 1'000;
  const std::uint64_t part = of == 0 ? 0 : (used * kFull + of - 1) / of;
  per_mille_[next_] = static_cast<std::uint32_t>(std::min(part, kFull));
  next_ = (next_ + 1) % kPeriods;
  is_measured_ = is_measured_ || of > 0;
}

cluster::Share Sensor::Mean::per_cent() const {
  if (!is_measured_) return {};
  constexpr auto kPerCent = static_cast<std::uint32_t>(10 * kPeriods);
  const std::uint32_t sum = std::accumulate(per_mille_.begin(), per_mille_.end(), 0u);
  return {(sum + kPerCent - 1) / kPerCent, 100};
}

}  // namespace muster
