// What two servers tell one another on the lane `directed`, for as long as both live: numbered from
// 1 in each direction, kept until it is acknowledged, told again on their next link, and taken once
// and in order by the other.
//
// Limits, of what waits for one server: kUnacknowledgedMax, kUnacknowledgedBytesMax. Beyond it
// takes nothing more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"

namespace muster {

class DirectedLane {
 public:
  static constexpr std::size_t kUnacknowledgedMax = 1'000;
  static constexpr std::size_t kUnacknowledgedBytesMax = std::size_t{1024} * 1024;

  // --- what we tell
  bool has_room_for(std::size_t bytes) const {
    return waiting_.size() < kUnacknowledgedMax &&
           waiting_bytes_ + bytes <= kUnacknowledgedBytesMax;
  }
  // Its number.
  std::uint64_t add(std::string_view said) {
    MUSTER_CHECK(has_room_for(said.size()));
    waiting_.emplace_back(said);
    waiting_bytes_ += said.size();
    return told();
  }
  // All up to this number came. False: that cannot be.
  bool acknowledge(std::uint64_t number) {
    if (number < acknowledged_ || number > acknowledged_ + waiting_.size()) return false;
    for (; acknowledged_ < number; ++acknowledged_) {
      waiting_bytes_ -= waiting_.front().size();
      waiting_.pop_front();
    }
    return true;
  }
  // The number of the latest one, and of the latest that came.
  std::uint64_t told() const { return acknowledged_ + waiting_.size(); }
  std::uint64_t acknowledged() const { return acknowledged_; }
  // What is not acknowledged, in its order.
  template <class Visitor>
  void for_each_waiting(Visitor&& visit) const {
    std::uint64_t number = acknowledged_;
    for (const std::string& said : waiting_)
      visit(++number, std::string_view(said));
  }
  // The same, given up.
  std::vector<std::string> give_up() {
    waiting_bytes_ = 0;
    std::deque<std::string> all = std::exchange(waiting_, {});
    return {std::make_move_iterator(all.begin()), std::make_move_iterator(all.end())};
  }

  // --- what the other tells
  enum class Came : std::uint8_t {
    next,
    again,    // it came before
    too_far,  // there is one before it that never came
  };
  Came came(std::uint64_t number) {
    if (number <= received_) return Came::again;
    if (number != received_ + 1) return Came::too_far;
    received_ = number;
    return Came::next;
  }
  // The number of the latest one.
  std::uint64_t received() const { return received_; }

 private:
  std::deque<std::string> waiting_;  // the first has the number acknowledged_ + 1
  std::size_t waiting_bytes_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t received_ = 0;
};

}  // namespace muster
