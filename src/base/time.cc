#include "base/time.h"

#include <chrono>
#include <cstdio>

#include "base/check.h"

namespace muster {
namespace {

constexpr UnixTime kYear10000 = UnixTime::at(Duration::seconds(253'402'300'800));

}  // namespace

std::string rfc3339(UnixTime time) {
  namespace ch = std::chrono;
  MUSTER_CHECK(time >= UnixTime() && time < kYear10000);
  const auto seconds = ch::sys_seconds(ch::seconds(time.since_epoch().in_seconds()));
  const auto day = ch::floor<ch::days>(seconds);
  const ch::year_month_day date(day);
  const ch::hh_mm_ss clock(seconds - day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace muster
