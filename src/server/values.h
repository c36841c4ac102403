// Values of the server's vocabulary written and read, member by member: for recordings
// (record/parts.h has their types) and for what servers tell one another (load_control/
// told_between.h). What is read is of the types' ranges, and addresses are canonical; it may still
// be nothing that was ever said.
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "codec/address/jid.h"
#include "model/address.h"
#include "server/value_bytes.h"
#include "server/vocabulary.h"

namespace muster::value {

// --- what a type consists of ---------------------------------------------------------------------

// How many members a struct has: one more or less does not compile. 0: not a struct that is written
// member by member.
template <class T>
inline constexpr std::size_t kParts = 0;

// The last of an enumeration.
template <class Enum>
inline constexpr Enum kLast{};

// The members, to be read or to be set.
template <class T>
requires(kParts<std::remove_const_t<T>> > 0) auto parts_of(T& value) {
  constexpr std::size_t kCount = kParts<std::remove_const_t<T>>;
  if constexpr (kCount == 1) {
    auto& [a] = value;
    return std::tie(a);
  } else if constexpr (kCount == 2) {
    auto& [a, b] = value;
    return std::tie(a, b);
  } else if constexpr (kCount == 3) {
    auto& [a, b, c] = value;
    return std::tie(a, b, c);
  } else if constexpr (kCount == 4) {
    auto& [a, b, c, d] = value;
    return std::tie(a, b, c, d);
  } else if constexpr (kCount == 5) {
    auto& [a, b, c, d, e] = value;
    return std::tie(a, b, c, d, e);
  } else if constexpr (kCount == 6) {
    auto& [a, b, c, d, e, f] = value;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (kCount == 7) {
    auto& [a, b, c, d, e, f, g] = value;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (kCount == 8) {
    auto& [a, b, c, d, e, f, g, h] = value;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (kCount == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = value;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (kCount == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (kCount == 13) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else {
    static_assert(kCount == 15);
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  }
}

// --- what kind of thing a type is ----------------------------------------------------------------

template <class T>
inline constexpr bool kIsId = false;
template <class Tag, class Rep>
inline constexpr bool kIsId<Id<Tag, Rep>> = true;
template <class T>
inline constexpr bool kIsSlotId = false;
template <class Tag>
inline constexpr bool kIsSlotId<SlotId<Tag>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVariant = false;
template <class... Ts>
inline constexpr bool kIsVariant<std::variant<Ts...>> = true;

// --- writing -------------------------------------------------------------------------------------

template <class T>
void write(ByteWriter& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    out.byte(value ? 1 : 0);
  } else if constexpr (std::is_enum_v<T>) {
    out.byte(static_cast<std::uint8_t>(value));
  } else if constexpr (std::is_signed_v<T>) {
    out.signed_number(value);
  } else if constexpr (std::is_integral_v<T>) {
    out.number(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.text(value);
  } else if constexpr (std::is_same_v<T, SharedText>) {
    out.text(value == nullptr ? std::string_view() : std::string_view(*value));
  } else if constexpr (std::is_same_v<T, Address>) {
    out.text(value.text());
  } else if constexpr (std::is_same_v<T, Duration>) {
    out.signed_number(value.in_microseconds());
  } else if constexpr (std::is_same_v<T, Instant>) {
    write(out, value.since_zero());
  } else if constexpr (std::is_same_v<T, UnixTime>) {
    write(out, value.since_epoch());
  } else if constexpr (std::is_same_v<T, std::array<std::uint8_t, 16>>) {
    out.fixed(value);
  } else if constexpr (kIsId<T>) {
    out.number(value.number());
  } else if constexpr (kIsSlotId<T>) {
    out.number(value.slot);
    out.number(value.generation);
  } else if constexpr (kIsVector<T>) {
    out.number(value.size());
    for (const auto& one : value)
      write(out, one);
  } else if constexpr (kIsOptional<T>) {
    write(out, value.has_value());
    if (value) write(out, *value);
  } else if constexpr (kIsVariant<T>) {
    out.byte(static_cast<std::uint8_t>(value.index()));
    std::visit([&](const auto& held) { write(out, held); }, value);
  } else if constexpr (!std::is_empty_v<T>) {
    std::apply([&](const auto&... parts) { (write(out, parts), ...); }, parts_of(value));
  }
}

// --- reading -------------------------------------------------------------------------------------

template <class T>
T read(ByteReader& in);

template <class Variant, std::size_t kAt = 0>
Variant read_alternative(ByteReader& in, std::size_t index) {
  if constexpr (kAt + 1 == std::variant_size_v<Variant>) {
    if (index != kAt) in.fail();
  } else if (index != kAt) {
    return read_alternative<Variant, kAt + 1>(in, index);
  }
  return Variant(std::in_place_index<kAt>, read<std::variant_alternative_t<kAt, Variant>>(in));
}

template <class Number>
Number read_number(ByteReader& in) {
  const std::uint64_t value = in.number();
  if (value > static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) in.fail();
  return in.failed() ? Number{} : static_cast<Number>(value);
}

template <class Number>
Number read_signed(ByteReader& in) {
  const std::int64_t value = in.signed_number();
  if (!std::in_range<Number>(value)) in.fail();
  return in.failed() ? Number{} : static_cast<Number>(value);
}

inline Address read_address(ByteReader& in) {
  const std::string_view text = in.text();
  if (text.empty()) return {};
  auto address = parse_jid(text);
  if (address && address->text() == text) return std::move(address).value();
  in.fail();
  return {};
}

template <class T>
T read(ByteReader& in) {
  if constexpr (std::is_same_v<T, bool>) {
    const std::uint8_t value = in.byte();
    if (value > 1) in.fail();
    return value == 1;
  } else if constexpr (std::is_enum_v<T>) {
    const std::uint8_t value = in.byte();
    if (value > static_cast<std::uint8_t>(kLast<T>)) in.fail();
    return in.failed() ? T{} : static_cast<T>(value);
  } else if constexpr (std::is_signed_v<T>) {
    return read_signed<T>(in);
  } else if constexpr (std::is_integral_v<T>) {
    return read_number<T>(in);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::string(in.text());
  } else if constexpr (std::is_same_v<T, SharedText>) {
    return share(std::string(in.text()));
  } else if constexpr (std::is_same_v<T, Address>) {
    return read_address(in);
  } else if constexpr (std::is_same_v<T, Duration>) {
    return Duration::microseconds(in.signed_number());
  } else if constexpr (std::is_same_v<T, Instant>) {
    return Instant::at(read<Duration>(in));
  } else if constexpr (std::is_same_v<T, UnixTime>) {
    return UnixTime::at(read<Duration>(in));
  } else if constexpr (std::is_same_v<T, std::array<std::uint8_t, 16>>) {
    return in.fixed<T>();
  } else if constexpr (kIsId<T>) {
    return T(read_number<typename T::Number>(in));
  } else if constexpr (kIsSlotId<T>) {
    const auto slot = read_number<std::uint32_t>(in);
    return T{slot, read_number<std::uint32_t>(in)};
  } else if constexpr (kIsVector<T>) {
    T values;
    for (std::size_t left = in.count(); left > 0 && !in.failed(); --left)
      values.push_back(read<typename T::value_type>(in));
    return values;
  } else if constexpr (kIsOptional<T>) {
    if (!read<bool>(in)) return std::nullopt;
    return read<typename T::value_type>(in);
  } else if constexpr (kIsVariant<T>) {
    return read_alternative<T>(in, in.byte());
  } else {
    T value{};
    if constexpr (!std::is_empty_v<T>) {
      std::apply(
          [&](auto&... parts) {
            ((parts = read<std::remove_reference_t<decltype(parts)>>(in)), ...);
          },
          parts_of(value));
    }
    return value;
  }
}

}  // namespace muster::value
