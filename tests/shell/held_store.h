// A store of users that hangs, and a phone that asks until the server reads no more.
#pragma once

#include <poll.h>

#include <future>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "shell/process_world.h"
#include "shell/store/store_backend.h"

namespace muster::testing {

// It carries out nothing of users until it is let go; what a server asks of itself it does.
class HeldStore : public StoreBackend {
 public:
  explicit HeldStore(std::shared_future<void> go) : go_(std::move(go)) {}
  std::string trouble() const override { return {}; }
  std::vector<StoreResult> carry_out(const std::vector<StoreTask>& group) override {
    std::vector<StoreResult> results;
    for (const StoreTask& task : group)
      results.push_back(answer(task));
    return results;
  }

 private:
  StoreResult answer(const StoreTask& task) {
    if (std::holds_alternative<ServerRequest>(task)) return ServerReply(ActingAs{});
    if (std::holds_alternative<AccountRequest>(task)) return AccountReply(SecretLoaded{"secret"});
    if (std::holds_alternative<LoadPublications>(std::get<StoreRequest>(task))) {
      return StoreReply(PublicationsLoaded{});
    }
    go_.wait();
    return StoreReply(UserLoaded{});
  }
  std::shared_future<void> go_;
};

// Subscriptions, each of another watcher to another user, at most so many. How many were said.
inline int say_until_held_back(const WaitingPeer& phone, int most) {
  int said = 0;
  const auto writable = [&](int milliseconds) {
    pollfd waiting{phone.fd(), POLLOUT, 0};
    return ::poll(&waiting, 1, milliseconds) == 1;
  };
  for (; said < most && writable(1'000); ++said) {
    const std::string number = std::to_string(said);
    phone.say(ProcessWorld::subscribe("w" + number, "u" + number, "TCP", phone, said));
  }
  return said;
}

}  // namespace muster::testing
