#include "server/conversion/show.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "codec/pidf/values.h"

namespace muster {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"chat", "", "dnd", "away", "xa"};

struct Row {
  std::string_view activity;
  Show show;
};
// The definitions of RFC 4480 section 3.2 against those of RFC 6121 section 4.7.2.1: "xa -- away
// for an extended period", "away -- temporarily away", "dnd -- busy".
constexpr Row kActivities[] = {
    {"away", Show::away},         // "physically away from all interactive devices"
    {"busy", Show::dnd},          // "busy, without further details"
    {"appointment", Show::dnd},   // busy, by the calendar
    {"meeting", Show::dnd},       // "a sub-class of an appointment"
    {"performance", Show::dnd},   // another one; "interruptions particularly noticeable"
    {"presentation", Show::dnd},  // giving one
    {"on-the-phone", Show::dnd},  // busy talking
    {"steering", Show::dnd},      // "controlling a vehicle"
    {"worship", Show::dnd},       // not to be disturbed
    {"breakfast", Show::away},    // at the table, soon back; so are the next three
    {"lunch", Show::away},
    {"dinner", Show::away},
    {"meal", Show::away},
    {"in-transit", Show::away},  // "riding in a vehicle"
    {"travel", Show::away},      // "on a trip, but not necessarily in-transit"
    {"shopping", Show::away},    // "visiting stores"
    {"spectator", Show::away},   // "observing an event"
    {"holiday", Show::xa},       // gone for days
    {"vacation", Show::xa},
    {"sleeping", Show::xa},           // gone for hours
    {"permanent-absence", Show::xa},  // "will not return for the foreseeable future"
    // looking-for-work, playing, tv, working, other, unknown: she may well be there and answer.
};

// Days from 1970-01-01 to a day of the Gregorian calendar; years begin in March here, so that the
// leap day is a year's last.
std::int64_t days_to(std::int64_t year, std::int64_t month, std::int64_t day) {
  if (month <= 2) --year;
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year % 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t leap_days = year_of_era / 4 - year_of_era / 100;
  return era * 146'097 + year_of_era * 365 + leap_days + day_of_year - 719'468;
}

// In whole seconds; without a zone it is taken as UTC. Nothing if it is no date and time.
std::optional<UnixTime> read_date_time(std::string_view text) {
  if (!pidf::is_date_time(text)) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits) {
    return *parse_number<std::int64_t>(text.substr(at, digits));
  };
  constexpr std::size_t kTimeEnd = 19;  // yyyy-mm-ddThh:mm:ss
  std::int64_t seconds = days_to(number(0, 4), number(5, 2), number(8, 2)) * 86'400 +
                         number(11, 2) * 3'600 + number(14, 2) * 60 + number(17, 2);
  const std::size_t sign = text.find_first_of("+-", kTimeEnd);
  if (sign != std::string_view::npos) {
    const std::int64_t ahead = number(sign + 1, 2) * 3'600 + number(sign + 4, 2) * 60;
    seconds += text[sign] == '+' ? -ahead : ahead;
  }
  return UnixTime::at(Duration::seconds(seconds));
}

}  // namespace

std::string_view name_of(Show show) {
  return kNames[static_cast<std::size_t>(show)];
}

Show read_show(std::string_view text) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), text);
  return found == kNames.end() ? Show::free : static_cast<Show>(found - kNames.begin());
}

std::string_view activity_of(Show show) {
  switch (show) {
    case Show::dnd: return "busy";
    case Show::away:
    case Show::xa: return "away";
    default: return {};
  }
}

Show show_of_activity(std::string_view activity) {
  for (const Row& row : kActivities) {
    if (row.activity == activity) return row.show;
  }
  return Show::free;
}

bool holds_at(const pidf::Extension& extension, UnixTime now) {
  const auto from = read_date_time(extension.from);
  const auto until = read_date_time(extension.until);
  return (!from || *from <= now) && (!until || now < *until);
}

Show show_of(const std::vector<pidf::Extension>& extensions, UnixTime now) {
  Show least = Show::free;
  for (const pidf::Extension& extension : extensions) {
    const bool counts = extension.kind == pidf::Extension::Kind::activities;
    if (!counts || !holds_at(extension, now)) continue;
    for (const pidf::Value& value : extension.values) {
      least = std::max(least, show_of_activity(value.name));
    }
  }
  return least;
}

}  // namespace muster
