// Threads for what is slow on purpose: PBKDF2. No shard ever waits for it; a shard's verifier hands
// in jobs and gets results by its mailbox, in any order.
//
// Limit: kJobsWaitingMax jobs wait; one more is answered `busy` at once, which its peer hears as
// temporary-auth-failure: a flood of logins by password cannot fill the memory.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "model/address.h"
#include "server/vocabulary.h"
#include "shell/store/store_thread.h"
#include "shell/verifier/password.h"

namespace muster {

struct CheckPassword {
  ScramKeys<32> keys;
  Secret password;
};
struct DeriveCredentials {
  Address account;
  Secret password;
  Ha1Kept kept;
};
struct PasswordJob {
  AskerId asker;
  Ticket ticket;
  std::variant<CheckPassword, DeriveCredentials> work;
};

struct PasswordResult {
  struct Busy {};
  Ticket ticket;
  std::variant<bool, Credentials, Busy> outcome;  // whether it is the one; what was derived
};

class PasswordWorkers {
 public:
  static constexpr std::size_t kJobsWaitingMax = 1'024;

  using Deliver = std::function<void(PasswordResult)>;

  explicit PasswordWorkers(std::size_t threads);
  // What waits is not done any more.
  ~PasswordWorkers();
  PasswordWorkers(const PasswordWorkers&) = delete;
  PasswordWorkers& operator=(const PasswordWorkers&) = delete;

  // `deliver` is called on a worker's thread, or within ask(); until this is destroyed.
  AskerId know(Deliver deliver);
  void ask(PasswordJob job);

 private:
  void run();
  void deliver(AskerId to, PasswordResult result);

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Deliver> askers_;  // by number; they stay where they are
  std::deque<PasswordJob> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace muster
