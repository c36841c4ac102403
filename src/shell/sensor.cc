#include "shell/sensor.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <numeric>

namespace muster {
namespace {

std::uint64_t thread_microseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec) / 1'000;
}

std::uint64_t page_kib() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1'024;
}

std::uint64_t resident_kib() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * page_kib();
}

// The number in a file of a cgroup, in KiB; where there is none ("max"), or no file, no limit.
std::uint64_t limit_in(const std::string& file) {
  std::ifstream in(file);
  std::uint64_t bytes = 0;
  if (in >> bytes) return bytes / 1'024;
  return std::numeric_limits<std::uint64_t>::max();
}

// Of the group at that path under `root`, and of all that it is in.
std::uint64_t least_limit(const std::string& root, std::string path, const std::string& name) {
  std::uint64_t least = limit_in(root + "/" + name);
  while (path.size() > 1) {
    least = std::min(least, limit_in(root + path + "/" + name));
    path.erase(path.rfind('/'));
  }
  return least;
}

}  // namespace

void Sensor::begin(Instant now) {
  began_ = now;
  cpu_microseconds_ = thread_microseconds();
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
  const std::uint64_t cpu_before = cpu_microseconds_;
  begin(now);
  cpu_.add(cpu_microseconds_ - cpu_before, passed);
  loop_lag_.add(turns_squared_ / (2 * passed),
                static_cast<std::uint64_t>(kLagMax.in_microseconds()));
  queues_.add(queue_.used, queue_.of);
  if (memory_kib_ > 0) memory_.add(resident_kib(), memory_kib_);
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

// A line of /proc/self/cgroup is number:controllers:path; of version 2, 0::path.
std::uint64_t read_memory_limit(const std::string& proc, const std::string& cgroups) {
  std::uint64_t least = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * page_kib();
  std::ifstream groups(proc + "/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,") {
      least = std::min(least, least_limit(cgroups, path, "memory.max"));
    } else if (controllers.find(",memory,") != std::string::npos) {
      least = std::min(least, least_limit(cgroups + "/memory", path, "memory.limit_in_bytes"));
    }
  }
  return least;
}

}  // namespace muster
