// What this process may have of its machine: the least of what the machine has and of what the
// cgroups of the process, and those they are in, allow (cgroups(7), both versions).
#pragma once

#include <cstdint>
#include <string>

namespace muster {

struct ProcessLimits {
  std::uint64_t memory_kib = 0;
  std::uint64_t processors = 0;  // in thousandths of one
};

// `proc` and `cgroups` are where these file systems are mounted.
ProcessLimits read_process_limits(const std::string& proc = "/proc",
                                  const std::string& cgroups = "/sys/fs/cgroup");

}  // namespace muster
