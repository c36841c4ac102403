// A store's own thread: StoreThread that of users, ClusterStoreThread (cluster_thread.h) that of
// the cluster. Whoever asks (a shard's presence server, a verifier, the control socket) makes
// itself known once and then hands in questions; the backend carries them out in groups of one
// commit, and the answers go back to who asked.
//
// Limits: a group has at most kGroupMax questions, so that the first answers do not wait for the
// last question. At most kWaitingMax questions wait; one more is answered StoreFailed{busy} at
// once.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/ids.h"
#include "server/vocabulary.h"
#include "shell/store/store_backend.h"

namespace muster {

using AskerId = Id<struct AskerTag, std::uint32_t>;

// `Tasks`: backend.h.
template <class Tasks>
class TaskThread {
 public:
  static constexpr std::size_t kGroupMax = 512;
  static constexpr std::size_t kWaitingMax = 65'536;

  struct Question {
    AskerId asker;
    Ticket ticket;
    typename Tasks::Task task;
  };
  struct Answer {
    Ticket ticket;
    typename Tasks::Result result;
  };
  // Takes answers along to who asked, in the order of the questions (but what was too much is
  // answered first). Called on the store's thread, and within ask() for what was too much: it only
  // puts them into a mailbox.
  using Deliver = std::function<void(std::vector<Answer>)>;
  // The store begins to fail, with the reason; or it works again, with "". On the store's thread.
  using Report = std::function<void(const std::string& trouble)>;

  explicit TaskThread(std::unique_ptr<Backend<Tasks>> backend, Report report = {});
  // Carries out and answers what waits, then ends.
  ~TaskThread();
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  // `deliver` may be called until this is destroyed.
  AskerId know(Deliver deliver);

  // Takes all of `questions`. Those of one asker are carried out in the order in which they come.
  void ask(std::vector<Question>& questions);

 private:
  void run();
  void carry_out(std::vector<Question> group);
  void report();
  // Takes all of `answers`, which lie by the number of their asker.
  void deliver(std::vector<std::vector<Answer>>& answers);

  std::unique_ptr<Backend<Tasks>> backend_;
  Report report_;
  std::string reported_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Deliver> askers_;  // by number; they stay where they are
  std::deque<Question> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

using StoreThread = TaskThread<StoreTasks>;

}  // namespace muster
