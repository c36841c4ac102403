// What a durable store is to the shell: it carries out groups of tasks. There are two, that of
// users (store_backend.h) and that of the cluster (cluster_backend.h); `Tasks` says which:
//
//   Task, Result   what it is asked, and what it answers
//   failed         the answer to a task that is not known to be done
//   answers        whether a result is one that the task may have
#pragma once

#include <string>
#include <vector>

namespace muster {

// Used by one thread.
template <class Tasks>
class Backend {
 public:
  Backend() = default;
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // One result for each task, in order; each is a transaction, and sees those before it. What a
  // result says is durable when this returns. Where it is StoreFailed nothing of the task was done,
  // but for one whose commit nobody knows the end of, all of which may have been: a connection that
  // was lost, a disk that refuses to flush and has kept it all the same.
  virtual std::vector<typename Tasks::Result> carry_out(
      const std::vector<typename Tasks::Task>& group) = 0;

  // What stands in the way, for the operator; empty if the last group went well.
  virtual std::string trouble() const = 0;
};

}  // namespace muster
