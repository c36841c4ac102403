// Virtual time, and what is still to happen in it: one queue ordered by moment, and at one moment
// by when it was put in. Nothing here looks at a real clock: a simulated hour lasts as long as its
// events take.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/time.h"

namespace muster::sim {

class Timeline {
 public:
  using Action = std::function<void()>;

  explicit Timeline(Instant begin) : now_(begin) {}

  Instant now() const { return now_; }

  // At that moment; at once, behind what is due already, if it has passed.
  void at(Instant when, Action action);
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  // The moment of what happens next; nothing if nothing is to happen.
  std::optional<Instant> next() const;
  // Lets it happen: time moves to its moment. There must be something.
  void step();
  // Nothing that is due before `when` may be left.
  void move_to(Instant when);

  std::uint64_t steps() const { return steps_; }
  std::size_t waiting() const { return queue_.size(); }

 private:
  struct Entry {
    Instant when;
    std::uint64_t sequence;
    Action action;
  };
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.when != b.when ? a.when > b.when : a.sequence > b.sequence;
    }
  };

  Instant now_;
  std::vector<Entry> queue_;  // a heap by Later
  std::uint64_t next_sequence_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace muster::sim
