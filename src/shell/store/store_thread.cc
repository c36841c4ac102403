#include "shell/store/store_thread.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "shell/store/cluster_backend.h"

namespace muster {
namespace {

constexpr StoreFailed kTooMuch{StoreFailed::Why::busy};

template <class Answer>
void add(std::vector<std::vector<Answer>>& answers, AskerId asker, Answer answer) {
  if (answers.size() <= asker.number()) answers.resize(asker.number() + 1);
  answers[asker.number()].push_back(std::move(answer));
}

}  // namespace

template <class Tasks>
TaskThread<Tasks>::TaskThread(std::unique_ptr<Backend<Tasks>> backend, Report report)
    : backend_(std::move(backend)), report_(std::move(report)), thread_([this] { run(); }) {}

template <class Tasks>
TaskThread<Tasks>::~TaskThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

template <class Tasks>
AskerId TaskThread<Tasks>::know(Deliver deliver) {
  const std::lock_guard lock(mutex_);
  askers_.push_back(std::move(deliver));
  return AskerId(static_cast<std::uint32_t>(askers_.size() - 1));
}

template <class Tasks>
void TaskThread<Tasks>::ask(std::vector<Question>& questions) {
  if (questions.empty()) return;
  std::size_t fits = 0;
  {
    const std::lock_guard lock(mutex_);
    fits = std::min(questions.size(), kWaitingMax - waiting_.size());
    const auto end = questions.begin() + static_cast<std::ptrdiff_t>(fits);
    waiting_.insert(waiting_.end(), std::make_move_iterator(questions.begin()),
                    std::make_move_iterator(end));
  }
  arrived_.notify_one();
  std::vector<std::vector<Answer>> answers;
  for (std::size_t i = fits; i < questions.size(); ++i) {
    Question& question = questions[i];
    add(answers, question.asker, Answer{question.ticket, Tasks::failed(question.task, kTooMuch)});
  }
  questions.clear();
  deliver(answers);
}

template <class Tasks>
void TaskThread<Tasks>::run() {
  while (true) {
    std::vector<Question> group;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kGroupMax));
      const auto end = waiting_.begin() + count;
      group.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
      waiting_.erase(waiting_.begin(), end);
    }
    carry_out(std::move(group));
  }
}

template <class Tasks>
void TaskThread<Tasks>::carry_out(std::vector<Question> group) {
  std::vector<typename Tasks::Task> tasks;
  tasks.reserve(group.size());
  for (Question& question : group)
    tasks.push_back(std::move(question.task));
  std::vector<typename Tasks::Result> results = backend_->carry_out(tasks);
  MUSTER_CHECK(results.size() == group.size());
  report();
  std::vector<std::vector<Answer>> answers;
  for (std::size_t i = 0; i < group.size(); ++i) {
    MUSTER_CHECK(Tasks::answers(tasks[i], results[i]));
    add(answers, group[i].asker, Answer{group[i].ticket, std::move(results[i])});
  }
  deliver(answers);
}

template <class Tasks>
void TaskThread<Tasks>::report() {
  std::string trouble = backend_->trouble();
  if (trouble == reported_) return;
  reported_ = std::move(trouble);
  if (report_) report_(reported_);
}

template <class Tasks>
void TaskThread<Tasks>::deliver(std::vector<std::vector<Answer>>& answers) {
  for (std::size_t asker = 0; asker < answers.size(); ++asker) {
    if (answers[asker].empty()) continue;
    const Deliver* deliver = nullptr;
    {
      const std::lock_guard lock(mutex_);
      MUSTER_CHECK(asker < askers_.size());
      deliver = &askers_[asker];
    }
    (*deliver)(std::move(answers[asker]));
  }
}

template class TaskThread<StoreTasks>;
template class TaskThread<cluster::ClusterTasks>;

}  // namespace muster
