#include "shell/verifier/password_workers.h"

#include <utility>

#include "base/check.h"
#include "base/overloaded.h"

namespace muster {

PasswordWorkers::PasswordWorkers(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] { run(); });
}

PasswordWorkers::~PasswordWorkers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

AskerId PasswordWorkers::know(Deliver deliver) {
  const std::lock_guard lock(mutex_);
  askers_.push_back(std::move(deliver));
  return AskerId(static_cast<std::uint32_t>(askers_.size() - 1));
}

void PasswordWorkers::ask(PasswordJob job) {
  bool fits = false;
  {
    const std::lock_guard lock(mutex_);
    fits = waiting_.size() < kJobsWaitingMax;
    if (fits) waiting_.push_back(std::move(job));
  }
  if (fits) {
    arrived_.notify_one();
  } else {
    deliver(job.asker, {job.ticket, PasswordResult::Busy{}});
  }
}

void PasswordWorkers::run() {
  while (true) {
    PasswordJob job;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    PasswordResult result{job.ticket, false};
    std::visit(Overloaded{
                   [&](const CheckPassword& check) {
                     result.outcome = is_password(check.keys, check.password.view());
                   },
                   [&](const DeriveCredentials& derive) {
                     result.outcome =
                         derive_credentials(derive.account, derive.password.view(), derive.kept);
                   },
               },
               job.work);
    deliver(job.asker, std::move(result));
  }
}

void PasswordWorkers::deliver(AskerId to, PasswordResult result) {
  const Deliver* deliver = nullptr;
  {
    const std::lock_guard lock(mutex_);
    MUSTER_CHECK(to.number() < askers_.size());
    deliver = &askers_[to.number()];
  }
  (*deliver)(std::move(result));
}

}  // namespace muster
