#include "sim/world/timeline.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace muster::sim {

void Timeline::at(Instant when, Action action) {
  queue_.push_back({std::max(when, now_), next_sequence_++, std::move(action)});
  std::push_heap(queue_.begin(), queue_.end(), Later{});
}

std::optional<Instant> Timeline::next() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.front().when;
}

void Timeline::step() {
  MUSTER_CHECK(!queue_.empty());
  std::pop_heap(queue_.begin(), queue_.end(), Later{});
  Entry entry = std::move(queue_.back());
  queue_.pop_back();
  now_ = entry.when;
  ++steps_;
  entry.action();
}

void Timeline::move_to(Instant when) {
  MUSTER_CHECK(queue_.empty() || queue_.front().when > when);
  now_ = std::max(now_, when);
}

}  // namespace muster::sim
