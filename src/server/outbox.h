// Where a step of a presence server puts what comes of it: orders for the driver, in the order in
// which they must happen, and events for its other modules, which presence_server carries on within
// the same step (or, for another shard, as the order ToShard). In a cluster, what is for a user is
// carried here first whatever her shard: load control knows its place among what its sender says.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "base/one_of.h"
#include "base/stable_queue.h"
#include "server/ports.h"

namespace muster {

class Outbox {
 public:
  explicit Outbox(ShardId self, bool is_of_cluster = false)
      : self_(self), is_of_cluster_(is_of_cluster) {}

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
    constexpr bool kIsForUser = kIsHeldBy<std::remove_cvref_t<E>, SaidToUser>;
    if (to == self_ || (kIsForUser && is_of_cluster_)) {
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
  bool is_of_cluster_;
  StableQueue<Event> events_;
  std::vector<Order> orders_;
};

}  // namespace muster
