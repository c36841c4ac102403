#include "shell/verifier/password_workers.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>

namespace muster::testing {
namespace shell_password_workers_test {

PasswordJob job(AskerId asker, std::uint64_t number) {
  return {asker, Ticket(number), DeriveCredentials{{}, Secret(std::string("pencil")), {}}};
}

// The one worker is kept busy by an asker that does not take its answer.
TEST(PasswordWorkers, WhatIsTooMuchIsAnsweredAtOnce) {
  std::promise<void> go_on;
  std::promise<void> begun;
  std::mutex mutex;
  std::vector<std::uint64_t> busy;
  PasswordWorkers workers(1);
  const AskerId slow = workers.know([&](PasswordResult) {
    begun.set_value();
    go_on.get_future().wait();
  });
  const AskerId asker = workers.know([&](PasswordResult result) {
    const std::lock_guard lock(mutex);
    if (std::holds_alternative<PasswordResult::Busy>(result.outcome)) {
      busy.push_back(result.ticket.number());
    }
  });
  workers.ask(job(slow, 1));
  begun.get_future().wait();
  for (std::uint64_t i = 0; i < PasswordWorkers::kJobsWaitingMax; ++i)
    workers.ask(job(asker, 100 + i));
  EXPECT_TRUE(busy.empty());
  workers.ask(job(asker, 7));
  EXPECT_EQ(busy, std::vector<std::uint64_t>{7});
  go_on.set_value();
}

}  // namespace shell_password_workers_test
}  // namespace muster::testing
