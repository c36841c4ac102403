// What somebody who typed a word may have meant: the known word that is the fewest slips away (a
// letter too many, too few, wrong, or two of them swapped), if those are few for its length.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace muster {

// Words beyond this are nobody's slip and are not compared.
inline constexpr std::size_t kComparedBytesMax = 64;

std::optional<std::string_view> near_miss(std::string_view typed,
                                          std::span<const std::string_view> known);

// R"(; did you mean "limits"?)", or nothing.
std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known);

}  // namespace muster
