// Whether a type is one of several, or one of those that a std::variant can hold.
#pragma once

#include <type_traits>
#include <variant>

namespace muster {

template <class T, class... Types>
inline constexpr bool kIsOneOf = (std::is_same_v<T, Types> || ...);

template <class T, class Variant>
inline constexpr bool kIsHeldBy = false;
template <class T, class... Types>
inline constexpr bool kIsHeldBy<T, std::variant<Types...>> = kIsOneOf<T, Types...>;

}  // namespace muster
