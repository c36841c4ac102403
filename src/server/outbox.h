// Where a step of a presence server puts what comes of it: orders for the driver, in the order in
// which they must happen, and events for its other modules, which presence_server carries on within
// the same step (or, for another shard, as the order ToShard).
#pragma once

#include <utility>
#include <vector>

#include "base/stable_queue.h"
#include "server/ports.h"

namespace muster {

class Outbox {
 public:
  explicit Outbox(ShardId self) : self_(self) {}

  template <class O>
  void order(O&& order) {
    orders_.emplace_back(std::forward<O>(order));
  }

  // To a module of this shard.
  template <class E>
  void emit(E&& event) {
    events_.emplace_back(std::forward<E>(event));
  }

  // To a module of the shard `to`.
  template <class E>
  void emit(ShardId to, E&& event) {
    if (to == self_) {
      emit(std::forward<E>(event));
    } else {
      order(ToShard{to, std::forward<E>(event)});
    }
  }

  // For presence_server: the next event to carry. It stays in place while it is carried; what comes
  // of it stands behind it.
  bool has_event() const { return !events_.empty(); }
  const Event& event() { return events_.front(); }
  void drop_event() { events_.pop_front(); }
  Event take_event() {
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  // For the driver: the orders of the step; it clears them once they are carried out.
  std::vector<Order>& orders() { return orders_; }

 private:
  ShardId self_;
  StableQueue<Event> events_;
  std::vector<Order> orders_;
};

}  // namespace muster
