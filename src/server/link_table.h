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
    std::vector<Entry>& entries = entries_with(link);
    const std::size_t at = place_of(link);
    if (at >= entries.size()) entries.resize(at + 1);
    Entry& entry = entries[at];
    MUSTER_CHECK(entry.value == nullptr);
    entry.generation = link.generation;
    entry.value = std::make_unique<T>(std::move(value));
    ++size_;
    return *entry.value;
  }

  T* find(LinkId link) {
    std::vector<Entry>& entries = entries_with(link);
    const std::size_t at = place_of(link);
    if (at >= entries.size()) return nullptr;
    Entry& entry = entries[at];
    return entry.generation == link.generation ? entry.value.get() : nullptr;
  }
  const T* find(LinkId link) const { return const_cast<LinkTable*>(this)->find(link); }

  void erase(LinkId link) {
    if (find(link) == nullptr) return;
    entries_with(link)[place_of(link)].value.reset();
    --size_;
  }

  std::size_t size() const { return size_; }

  // Visits all, in the order of slots. The visitor may erase the entry it is shown.
  template <class Visitor>
  void for_each(Visitor&& visit) {
    for (std::vector<Entry>* entries : {&entries_, &relayed_}) {
      const std::uint32_t begin = entries == &relayed_ ? kRelayedSlot : 0;
      for (std::size_t at = 0; at < entries->size(); ++at) {
        Entry& entry = (*entries)[at];
        if (entry.value == nullptr) continue;
        visit(LinkId{begin + static_cast<std::uint32_t>(at), entry.generation}, *entry.value);
      }
    }
  }

 private:
  struct Entry {
    std::uint32_t generation = 0;
    std::unique_ptr<T> value;
  };
  std::vector<Entry>& entries_with(LinkId link) { return is_relayed(link) ? relayed_ : entries_; }
  static std::size_t place_of(LinkId link) { return link.slot & ~kRelayedSlot; }

  std::vector<Entry> entries_;
  std::vector<Entry> relayed_;
  std::size_t size_ = 0;
};

}  // namespace muster
