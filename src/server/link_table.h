// What a module keeps for each link, found by the link's slot. The ids are the driver's: an entry
// answers only to the generation it was made for.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "server/vocabulary.h"

namespace muster {

template <class T>
class LinkTable {
 public:
  T& add(LinkId link, T value) {
    if (link.slot >= entries_.size()) entries_.resize(link.slot + std::size_t{1});
    Entry& entry = entries_[link.slot];
    MUSTER_CHECK(entry.value == nullptr);
    entry.generation = link.generation;
    entry.value = std::make_unique<T>(std::move(value));
    ++size_;
    return *entry.value;
  }

  T* find(LinkId link) {
    if (link.slot >= entries_.size()) return nullptr;
    Entry& entry = entries_[link.slot];
    return entry.generation == link.generation ? entry.value.get() : nullptr;
  }
  const T* find(LinkId link) const { return const_cast<LinkTable*>(this)->find(link); }

  void erase(LinkId link) {
    if (find(link) == nullptr) return;
    entries_[link.slot].value.reset();
    --size_;
  }

  std::size_t size() const { return size_; }

  // Visits all, in the order of slots. The visitor may erase the entry it is shown.
  template <class Visitor>
  void for_each(Visitor&& visit) {
    for (std::size_t slot = 0; slot < entries_.size(); ++slot) {
      if (entries_[slot].value == nullptr) continue;
      visit(LinkId{static_cast<std::uint32_t>(slot), entries_[slot].generation},
            *entries_[slot].value);
    }
  }

 private:
  struct Entry {
    std::uint32_t generation = 0;
    std::unique_ptr<T> value;
  };
  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace muster
