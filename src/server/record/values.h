// Values of the ports folded into a digest, member by member (parts.h).
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "server/record/parts.h"
#include "server/values.h"

namespace muster::record {

using value::ByteReader;
using value::ByteWriter;
using value::kIsId;
using value::kIsOptional;
using value::kIsSlotId;
using value::kIsVariant;
using value::kIsVector;
using value::kParts;
using value::parts_of;
using value::read;
using value::write;

template <class T>
void fold(Digest& digest, const T& value) {
  if constexpr (std::is_enum_v<T>) {
    digest.fold(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_integral_v<T>) {
    digest.fold(std::uint64_t{value});
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    digest.fold(std::string_view(value));
  } else if constexpr (std::is_same_v<T, SharedText>) {
    digest.fold(value == nullptr ? std::string_view() : std::string_view(*value));
  } else if constexpr (std::is_same_v<T, Address>) {
    digest.fold(std::string_view(value.text()));
  } else if constexpr (std::is_same_v<T, Duration>) {
    digest.fold(static_cast<std::uint64_t>(value.in_microseconds()));
  } else if constexpr (std::is_same_v<T, UnixTime>) {
    fold(digest, value.since_epoch());
  } else if constexpr (std::is_same_v<T, std::array<std::uint8_t, 16>>) {
    digest.fold(std::string_view(reinterpret_cast<const char*>(value.data()), value.size()));
  } else if constexpr (kIsId<T> || kIsSlotId<T>) {
    digest.fold(std::uint64_t{value.number()});
  } else if constexpr (kIsVector<T>) {
    digest.fold(std::uint64_t{value.size()});
    for (const auto& one : value)
      fold(digest, one);
  } else if constexpr (kIsOptional<T>) {
    digest.fold(std::uint64_t{value.has_value()});
    if (value) fold(digest, *value);
  } else if constexpr (kIsVariant<T>) {
    digest.fold(std::uint64_t{value.index()});
    std::visit([&](const auto& held) { fold(digest, held); }, value);
  } else if constexpr (!std::is_empty_v<T>) {
    std::apply([&](const auto&... parts) { (fold(digest, parts), ...); }, parts_of(value));
  }
}

}  // namespace muster::record
