#include "app/config/load_settings.h"

#include <array>
#include <boost/pfr/tuple_size.hpp>

#include "app/config/limit_settings.h"
#include "app/config/quantity.h"
#include "base/overloaded.h"

namespace muster {
namespace {

using Load = cluster::LoadSettings;

constexpr LoadSetting percent(std::string_view key, std::uint32_t Load::*field,
                              std::uint64_t least) {
  return {key, field, least, 100};
}
constexpr LoadSetting pace(std::string_view key, std::uint32_t Load::*field) {
  return {key, field, 1, cluster::kMovedPerSecondMax};
}
constexpr LoadSetting count(std::string_view key, std::uint32_t Load::*field, std::uint64_t least) {
  return {key, field, least, kCountMax};
}
constexpr LoadSetting time(std::string_view key, Duration Load::*field) {
  return {key, field, 1, static_cast<std::uint64_t>(cluster::kLoadTimeMax.in_milliseconds())};
}

constexpr std::array kLoadTable = {
    count("resources_per_user", &Load::resources_per_user, 0),
    time("report_time_max", &Load::report_time_max),
    percent("high_mark", &Load::high_mark, 1),
    percent("low_mark", &Load::low_mark, 0),
    time("low_time", &Load::low_time),
    time("recruit_time_max", &Load::recruit_time_max),
    time("recruit_back_off", &Load::recruit_back_off),
    percent("spread", &Load::spread, 0),
    pace("moved_users_per_second", &Load::moved_users_per_second),
    pace("moved_dialogs_per_second", &Load::moved_dialogs_per_second),
    count("moves_in_flight_max", &Load::moves_in_flight_max, 1),
};
constexpr std::size_t kOthers = 4;  // index, policy, max_level, launches
static_assert(kLoadTable.size() + kOthers == boost::pfr::tuple_size_v<Load>,
              "a setting of server/load_settings.h has no key here (and in config/musterd.toml)");

}  // namespace

std::uint64_t LoadSetting::get(const Load& load) const {
  return std::visit(Overloaded{
                        [&](std::uint32_t Load::*count) { return std::uint64_t{load.*count}; },
                        [&](Duration Load::*time) {
                          return static_cast<std::uint64_t>((load.*time).in_milliseconds());
                        },
                    },
                    field);
}

void LoadSetting::set(Load& load, std::uint64_t value) const {
  std::visit(
      Overloaded{
          [&](std::uint32_t Load::*count) { load.*count = static_cast<std::uint32_t>(value); },
          [&](Duration Load::*time) {
            load.*time = Duration::milliseconds(static_cast<std::int64_t>(value));
          },
      },
      field);
}

std::string LoadSetting::text(std::uint64_t value) const {
  if (!is_duration()) return std::to_string(value);
  return duration_text(Duration::milliseconds(static_cast<std::int64_t>(value)));
}

std::span<const LoadSetting> load_settings() {
  return kLoadTable;
}

}  // namespace muster
