// Where a step of a presence server puts what comes of it: orders for the driver, in the order in
// which they must happen, and events for its other modules, which presence_server carries on within
// the same step (or, for another shard, as the order ToShard).
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "server/ports.h"

namespace muster {

class Outbox {
 public:
  explicit Outbox(ShardId self) : self_(self) {}

  void order(Order order) { orders_.push_back(std::move(order)); }

  // To a module of this shard.
  void emit(Event event) { events_.push_back(std::move(event)); }

  // To a module of the shard `to`.
  void emit(ShardId to, Event event) {
    if (to == self_) {
      emit(std::move(event));
    } else {
      order(ToShard{to, std::move(event)});
    }
  }

  // For presence_server: the next event to carry.
  bool has_event() const { return !events_.empty(); }
  Event take_event() {
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  // For the driver: the orders of the step; it clears them once they are carried out.
  std::vector<Order>& orders() { return orders_; }

 private:
  ShardId self_;
  std::deque<Event> events_;
  std::vector<Order> orders_;
};

}  // namespace muster
