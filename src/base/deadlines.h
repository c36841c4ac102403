// Many deadlines behind one question: which comes first?
//
// Each owner keeps its own deadline beside its state; this table only knows when to look. So a
// deadline that moves later costs nothing (the owner is looked at too early, once, and puts itself
// back), one that moves earlier is one more entry, and a cancelled one is found empty. `take_due`
// therefore hands out keys to look at, never verdicts. It has no bound of its own: it holds as many
// entries as its owner's limits let it add.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"

namespace muster {

template <class Key>
class Deadlines {
 public:
  // Look at `key` at `when`, or soon after.
  void add(Instant when, Key key) {
    heap_.push_back({when, next_sequence_++, std::move(key)});
    std::push_heap(heap_.begin(), heap_.end(), Later{});
  }

  // The earliest moment at which something is to be looked at.
  std::optional<Instant> next() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().when;
  }

  // The next key whose moment has come, in the order of moments, then of adding.
  std::optional<Key> take_due(Instant now) {
    if (heap_.empty() || heap_.front().when > now) return std::nullopt;
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    Key key = std::move(heap_.back().key);
    heap_.pop_back();
    return key;
  }

  std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    Instant when;
    std::uint64_t sequence;  // equal moments come out in the order in which they went in
    Key key;
  };
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.when != b.when ? a.when > b.when : a.sequence > b.sequence;
    }
  };

  std::vector<Entry> heap_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace muster
