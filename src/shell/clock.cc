#include "shell/clock.h"

#include <time.h>

#include <fstream>

#include "base/check.h"

namespace muster {
namespace {

Duration read(clockid_t clock) {
  timespec ts{};
  MUSTER_CHECK(clock_gettime(clock, &ts) == 0);
  return Duration::microseconds(std::int64_t{ts.tv_sec} * 1'000'000 + ts.tv_nsec / 1'000);
}

}  // namespace

Now read_clocks() {
  return {Instant::at(read(CLOCK_MONOTONIC)), UnixTime::at(read(CLOCK_REALTIME))};
}

Duration read_boot_clock() {
  return read(CLOCK_BOOTTIME);
}

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace muster
