#include "shell/process_limits.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

namespace muster {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kProcessor = 1'000;

std::uint64_t machine_kib() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         (static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1'024);
}

std::uint64_t processors_to_run_on() {
  cpu_set_t set;
  const bool are_told = ::sched_getaffinity(0, sizeof set, &set) == 0;
  const long count = are_told ? CPU_COUNT(&set) : ::sysconf(_SC_NPROCESSORS_ONLN);
  return static_cast<std::uint64_t>(std::max(count, 1L)) * kProcessor;
}

// The numbers that a file of a group begins with; where it says "max" or -1, or there is none, no
// limit.
std::uint64_t kib_in(const std::string& file) {
  std::ifstream in(file);
  std::uint64_t bytes = 0;
  return in >> bytes ? bytes / 1'024 : kNoLimit;
}

std::uint64_t part(std::int64_t quota, std::int64_t period) {
  if (quota <= 0 || period <= 0) return kNoLimit;
  return std::max<std::uint64_t>(
      static_cast<std::uint64_t>(quota) * kProcessor / static_cast<std::uint64_t>(period), 1);
}

std::int64_t number_in(const std::string& file) {
  std::ifstream in(file);
  std::int64_t number = 0;
  return in >> number ? number : 0;
}

std::uint64_t quota_in(const std::string& group) {
  std::ifstream in(group + "/cpu.max");
  std::int64_t quota = 0;
  std::int64_t period = 0;
  return in >> quota >> period ? part(quota, period) : kNoLimit;
}

std::uint64_t quota_in_version_1(const std::string& group) {
  return part(number_in(group + "/cpu.cfs_quota_us"), number_in(group + "/cpu.cfs_period_us"));
}

std::uint64_t memory_in(const std::string& group) {
  return kib_in(group + "/memory.max");
}

std::uint64_t memory_in_version_1(const std::string& group) {
  return kib_in(group + "/memory.limit_in_bytes");
}

// Of the group at that path under `root`, and of all that it is in.
std::uint64_t least(const std::string& root, std::string path,
                    std::uint64_t (*limit_in)(const std::string& group)) {
  std::uint64_t least = limit_in(root);
  while (path.size() > 1) {
    least = std::min(least, limit_in(root + path));
    path.erase(path.rfind('/'));
  }
  return least;
}

}  // namespace

// A line of /proc/self/cgroup is number:controllers:path; of version 2, 0::path.
ProcessLimits read_process_limits(const std::string& proc, const std::string& cgroups) {
  ProcessLimits limits{machine_kib(), processors_to_run_on()};
  const auto take = [](std::uint64_t& limit, std::uint64_t other) {
    limit = std::min(limit, other);
  };
  std::ifstream groups(proc + "/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    const auto has = [&](const char* name) { return controllers.find(name) != std::string::npos; };
    if (controllers == ",,") {
      take(limits.memory_kib, least(cgroups, path, memory_in));
      take(limits.processors, least(cgroups, path, quota_in));
    }
    if (has(",memory,")) {
      take(limits.memory_kib, least(cgroups + "/memory", path, memory_in_version_1));
    }
    if (has(",cpu,")) take(limits.processors, least(cgroups + "/cpu", path, quota_in_version_1));
  }
  return limits;
}

}  // namespace muster
