// One turn of a shard: an input goes in, the orders that come of it are carried out, in their
// order. The same for every driver: the shell, the simulator, a fuzzer, a benchmark. `Ports` is
// the driver's world; it has one `carry_out(Order&&)`. A recorder, if there is one, sees each step
// before its orders are carried out.
#pragma once

#include <utility>

#include "server/presence_server.h"
#include "server/record/recorder.h"

namespace muster {

template <class Ports>
class Turn {
 public:
  Turn(PresenceServer& server, Ports& ports, record::Recorder* recorder = nullptr)
      : server_(server), ports_(ports), recorder_(recorder) {}

  void input(Now now, const Input& input) {
    server_.step(now, input);
    if (recorder_ != nullptr) recorder_->record(now, input, server_.outbox().orders());
    for (Order& order : server_.outbox().orders())
      ports_.carry_out(std::move(order));
    server_.outbox().orders().clear();
  }

  // To be called when time has passed; does nothing before the server's next deadline.
  void pass_time(Now now) {
    const auto next = server_.next_deadline();
    if (next && *next <= now.instant) input(now, DeadlineHit{});
  }

 private:
  PresenceServer& server_;
  Ports& ports_;
  record::Recorder* recorder_;
};

}  // namespace muster
