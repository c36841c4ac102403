// The way into a shard's thread for the other threads: a bounded queue, and a wake-up that costs a
// system call only if the shard sleeps. Many senders, one receiver. Senders post in batches, once
// in a loop turn, so that the lock is taken that often.
//
// Limit: the bound given at construction, on the sum of what `weight_of` says of each mail, at
// least
// 1. What does not fit stays with the sender, who must hold back its own sources until it fits
// (shard_thread.h): back pressure, never a loss. It is woken when there is room again. An empty
// mailbox takes any mail, however heavy.
#pragma once

#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "base/check.h"
#include "shell/fd.h"

namespace muster {

template <class Mail>
class Mailbox {
 public:
  using WeightOf = std::size_t (*)(const Mail&);

  explicit Mailbox(
      std::size_t bound, WeightOf weight_of = [](const Mail&) { return std::size_t{1}; })
      : bound_(bound), weight_of_(weight_of), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    MUSTER_CHECK(wake_.valid());
  }

  // Takes what fits from the front of `batch`; true if that was all. If not, the owner of `sender`
  // is woken once this mailbox has been emptied.
  bool post(std::vector<Mail>& batch, Mailbox& sender) {
    if (batch.empty()) return true;
    std::size_t fits = 0;
    {
      const std::lock_guard lock(mutex_);
      for (; fits < batch.size(); ++fits) {
        const std::size_t weight = weight_of_(batch[fits]);
        if (weight_ > 0 && weight_ + weight > bound_) break;
        weight_ += weight;
      }
      const auto end = batch.begin() + static_cast<std::ptrdiff_t>(fits);
      mail_.insert(mail_.end(), std::make_move_iterator(batch.begin()),
                   std::make_move_iterator(end));
      batch.erase(batch.begin(), end);
      if (!batch.empty() &&
          std::find(held_back_.begin(), held_back_.end(), &sender) == held_back_.end()) {
        held_back_.push_back(&sender);
      }
    }
    if (fits > 0) wake();
    return batch.empty();
  }

  // For a sender that is not a shard and cannot hold back: the few who know their own bound.
  void post_one(Mail mail) {
    {
      const std::lock_guard lock(mutex_);
      weight_ += weight_of_(mail);
      mail_.push_back(std::move(mail));
    }
    wake();
  }

  // For the receiver: all there is, into an empty vector. What it weighed.
  std::size_t take(std::vector<Mail>& into) {
    std::vector<Mailbox*> held_back;
    std::size_t weighed = 0;
    {
      const std::lock_guard lock(mutex_);
      into.swap(mail_);
      weighed = std::exchange(weight_, 0);
      held_back.swap(held_back_);
    }
    for (Mailbox* sender : held_back)
      sender->nudge();
    return weighed;
  }

  // For the receiver, around its sleep: true if it may sleep until wake_fd() is readable. Whoever
  // posts or nudges after this sees that it sleeps; whoever did before is seen here.
  bool prepare_sleep() {
    asleep_.store(true);
    if (nudged_.exchange(false)) return false;
    const std::lock_guard lock(mutex_);
    return mail_.empty();
  }
  void woken() { asleep_.store(false); }
  void drain_wake_fd() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto bytes = ::read(wake_.get(), &count, sizeof count);
  }
  int wake_fd() const { return wake_.get(); }

 private:
  void nudge() {
    nudged_.store(true);
    wake();
  }
  void wake() {
    if (!asleep_.exchange(false)) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto bytes = ::write(wake_.get(), &one, sizeof one);
  }

  const std::size_t bound_;
  const WeightOf weight_of_;
  Fd wake_;
  std::atomic<bool> asleep_{false};
  std::atomic<bool> nudged_{false};
  std::mutex mutex_;
  std::vector<Mail> mail_;
  std::size_t weight_ = 0;           // of `mail_`
  std::vector<Mailbox*> held_back_;  // senders with something that did not fit
};

}  // namespace muster
