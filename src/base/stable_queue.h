// A queue whose front stays where it is while others join behind it, so that it can be handled in
// place. It is filled and emptied over and over: its memory is kept for the next time, up to
// kBlocksKept, and a round allocates nothing. It has no bound of its own: who fills it has one.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "base/check.h"

namespace muster {

template <class T>
class StableQueue {
 public:
  static constexpr std::size_t kBlockItems = 32;
  static constexpr std::size_t kBlocksKept = 8;

  StableQueue() = default;
  StableQueue(const StableQueue&) = delete;
  StableQueue& operator=(const StableQueue&) = delete;
  ~StableQueue() {
    while (!empty())
      pop_front();
  }

  bool empty() const { return begin_ == end_; }

  template <class... Arguments>
  void emplace_back(Arguments&&... arguments) {
    if (end_ == blocks_.size() * kBlockItems) blocks_.push_back(std::make_unique<Block>());
    ::new (place(end_)) T(std::forward<Arguments>(arguments)...);
    ++end_;
  }

  T& front() {
    MUSTER_CHECK(!empty());
    return *std::launder(static_cast<T*>(place(begin_)));
  }

  void pop_front() {
    front().~T();
    if (++begin_ < end_) return;
    begin_ = end_ = 0;
    if (blocks_.size() > kBlocksKept) blocks_.resize(kBlocksKept);
  }

 private:
  struct Block {
    alignas(T) std::byte bytes[kBlockItems * sizeof(T)];
  };

  void* place(std::size_t at) {
    return blocks_[at / kBlockItems]->bytes + (at % kBlockItems) * sizeof(T);
  }

  std::vector<std::unique_ptr<Block>> blocks_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace muster
