#include "app/config/quantity.h"

#include <array>
#include <span>

#include "base/ascii.h"

namespace muster {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t worth;
};
// Smallest first. Durations count milliseconds.
constexpr std::array<Unit, 4> kDurations = {
    {{"ms", 1}, {"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}}};
constexpr std::array<Unit, 4> kSizes = {
    {{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number<std::uint64_t>(text.substr(0, digits));
  std::string_view name = text.substr(digits);
  if (name.starts_with(' ')) name.remove_prefix(1);
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (!number || *number > kQuantityMax / unit.worth) return std::nullopt;
    return *number * unit.worth;
  }
  return std::nullopt;
}

std::string text_of(std::uint64_t quantity, std::span<const Unit> units) {
  const Unit* largest = &units.front();
  for (const Unit& unit : units) {
    if (quantity != 0 && quantity % unit.worth == 0) largest = &unit;
  }
  return std::to_string(quantity / largest->worth) + " " + std::string(largest->name);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto milliseconds = parse(text, kDurations);
  if (!milliseconds) return std::nullopt;
  return Duration::milliseconds(static_cast<std::int64_t>(*milliseconds));
}

std::string duration_text(Duration duration) {
  if (duration == Duration()) return "0 s";
  return text_of(static_cast<std::uint64_t>(duration.in_milliseconds()), kDurations);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse(text, kSizes);
}

std::string size_text(std::uint64_t bytes) {
  return text_of(bytes, kSizes);
}

}  // namespace muster
