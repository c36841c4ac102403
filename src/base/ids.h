// Numbers that name things. Each kind is a type of its own, so that a link is never taken for a
// shard (style rule 5).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace muster {

template <class Tag, class Rep = std::uint32_t>
class Id {
 public:
  using Number = Rep;

  constexpr Id() = default;
  constexpr explicit Id(Rep number) : number_(number) {}
  constexpr Rep number() const { return number_; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;

 private:
  Rep number_ = 0;
};

// An entry of a SlotTable (base/slot_table.h): its slot, and how often the slot was given out, so
// that the id of an entry that is gone finds nothing. Generations begin at 1: a default-made id
// names nothing.
template <class Tag>
struct SlotId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  constexpr bool valid() const { return generation != 0; }
  constexpr std::uint64_t number() const {
    return (static_cast<std::uint64_t>(generation) << 32) | slot;
  }
  static constexpr SlotId from_number(std::uint64_t number) {
    return {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32)};
  }
  friend constexpr auto operator<=>(const SlotId&, const SlotId&) = default;
};

}  // namespace muster

template <class Tag, class Rep>
struct std::hash<muster::Id<Tag, Rep>> {
  std::size_t operator()(muster::Id<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.number());
  }
};

template <class Tag>
struct std::hash<muster::SlotId<Tag>> {
  std::size_t operator()(muster::SlotId<Tag> id) const noexcept {
    return std::hash<std::uint64_t>{}(id.number());
  }
};
