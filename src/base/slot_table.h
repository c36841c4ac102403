// Objects found by number, without hashing: each lives in a slot, and its id says which, and which
// generation of that slot (base/ids.h). An id whose object is gone finds nothing, until its slot
// has been given out 2^32 times more. Objects do not move while they live: they are kept in blocks,
// which are kept for the next ones, so a table stays as large as it once was. It has no bound of
// its own: who fills it has one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ids.h"

namespace muster {

template <class T, class Tag = T>
class SlotTable {
 public:
  using Id = SlotId<Tag>;

  template <class... Arguments>
  std::pair<Id, T*> emplace(Arguments&&... arguments) {
    const std::uint32_t slot = take_free_slot();
    Slot& place = at(slot);
    place.object.emplace(std::forward<Arguments>(arguments)...);
    ++size_;
    return {Id{slot, place.generation}, &*place.object};
  }

  T* find(Id id) {
    if (!id.valid() || id.slot >= slots_) return nullptr;
    Slot& place = at(id.slot);
    return place.generation == id.generation && place.object ? &*place.object : nullptr;
  }
  const T* find(Id id) const { return const_cast<SlotTable*>(this)->find(id); }

  // False if there was nothing by that id.
  bool erase(Id id) {
    if (find(id) == nullptr) return false;
    Slot& place = at(id.slot);
    place.object.reset();
    ++place.generation;
    if (place.generation == 0) place.generation = 1;
    place.next_free = first_free_;
    first_free_ = id.slot;
    --size_;
    return true;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Visits all, in the order of slots. The visitor may erase the object it is shown; what it adds
  // is visited only if it comes to lie behind.
  template <class Visitor>
  void for_each(Visitor&& visit) {
    for (std::uint32_t slot = 0; slot < slots_; ++slot) {
      Slot& place = at(slot);
      if (place.object) visit(Id{slot, place.generation}, *place.object);
    }
  }
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    const_cast<SlotTable*>(this)->for_each(
        [&](Id id, T& object) { visit(id, static_cast<const T&>(object)); });
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::uint32_t kBlockSlots = 64;

  struct Slot {
    std::optional<T> object;
    std::uint32_t generation = 1;
    std::uint32_t next_free = kNone;
  };
  using Block = std::array<Slot, kBlockSlots>;

  Slot& at(std::uint32_t slot) { return (*blocks_[slot / kBlockSlots])[slot % kBlockSlots]; }

  std::uint32_t take_free_slot() {
    if (first_free_ != kNone) {
      const std::uint32_t slot = first_free_;
      first_free_ = at(slot).next_free;
      return slot;
    }
    MUSTER_CHECK(slots_ < kNone);
    if (slots_ % kBlockSlots == 0) blocks_.push_back(std::make_unique<Block>());
    return slots_++;
  }

  std::vector<std::unique_ptr<Block>> blocks_;
  std::uint32_t slots_ = 0;
  std::uint32_t first_free_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace muster
