// What an operator decides about load: how it is measured, who takes the next user, when servers
// come and go, and how fast users are moved. The same for all servers of a cluster, but for
// `max_level`. broken_rule_of() says what may not be set.
//
// They are read by placing.h with picture.h, growth.h and rebalance.h (load_control), which decide,
// and by main_server.h, which asks the latter two.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "model/cluster/document.h"

namespace muster::cluster {

// load.index: what a load level is made of (level.h).
enum class LoadIndex : std::uint8_t { paper, measured };

// load.policy: who takes the next user (placing.h). The paper has both: section 3.1 the first, its
// introduction and conclusion the second.
enum class PlacingPolicy : std::uint8_t { lowest, limit };

inline constexpr std::uint32_t kMovedPerSecondMax = 100'000;
inline constexpr Duration kLoadTimeMax = Duration::hours(24);  // of each time below

struct LoadSettings {
  LoadIndex index = LoadIndex::paper;
  PlacingPolicy policy = PlacingPolicy::lowest;
  std::optional<LoadLevel> max_level;     // <max-loadlevel>; none: no limit
  std::uint32_t resources_per_user = 20;  // that a user is expected to have

  // After that time the level of a server, and any change of it, has reached every other one.
  Duration report_time_max = Duration::seconds(3);

  // --- growth. Marks are per cent of a server's max_level.
  std::uint32_t high_mark = 100;             // when all servers are past it, one is recruited
  std::uint32_t low_mark = 30;               // a server at or below it may be let go,
  Duration low_time = Duration::minutes(5);  // when it was for so long
  Duration recruit_time_max = Duration::seconds(30);  // from its being asked until it has joined
  Duration recruit_back_off = Duration::seconds(60);  // before one that failed is asked again
  bool launches = false;  // where there is no candidate to be asked, the driver can start one

  // --- moves
  std::uint32_t spread = 10;  // per cent of the mean level, that levels may be apart
  std::uint32_t moved_users_per_second = 500;
  std::uint32_t moved_dialogs_per_second = 2'000;  // SIP dialogs of those users
  std::uint32_t moves_in_flight_max = 200;         // users
};

// What is wrong with them; empty if nothing is. A low mark above half of the high one is wrong:
// two servers at the one would be one server at the other, and a single user who comes and goes
// would have a server recruited and let go in turn.
constexpr std::string_view broken_rule_of(const LoadSettings& settings) {
  if (settings.high_mark < 1 || settings.high_mark > 100) return "high_mark is 1 to 100 per cent";
  if (settings.low_mark > settings.high_mark / 2) return "low_mark is at most half of high_mark";
  if (settings.spread > 100) return "spread is 0 to 100 per cent";
  for (const std::uint32_t pace :
       {settings.moved_users_per_second, settings.moved_dialogs_per_second}) {
    if (pace < 1 || pace > kMovedPerSecondMax) return "a pace is 1 to 100000 per second";
  }
  if (settings.moves_in_flight_max < 1) return "moves_in_flight_max is at least 1";
  for (const Duration time : {settings.report_time_max, settings.low_time,
                              settings.recruit_time_max, settings.recruit_back_off}) {
    if (time < Duration::milliseconds(1) || time > kLoadTimeMax) return "a time is 1 ms to 24 h";
  }
  return {};
}

}  // namespace muster::cluster
