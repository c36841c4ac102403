// Quantities with their units, as an operator writes them and reads them back: "60 s", "256 KiB".
// The space may be left out. A number without a unit is no duration; of bytes it is one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace muster {

// Of bytes, or of milliseconds; nothing that is configured comes near it.
inline constexpr std::uint64_t kQuantityMax = std::uint64_t{1} << 50;

// "ms", "s", "min", "h". Nothing if it is not a whole number with one of them, or more than
// kQuantityMax.
std::optional<Duration> parse_duration(std::string_view text);
// With the largest unit that leaves a whole number.
std::string duration_text(Duration duration);

// "B", "KiB", "MiB", "GiB".
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string size_text(std::uint64_t bytes);

}  // namespace muster
