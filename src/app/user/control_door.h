// A server that runs, by its control socket.
#pragma once

#include <string>

#include "app/user/service_door.h"
#include "shell/fd.h"

namespace muster {

class ControlDoor : public ServiceDoor {
 public:
  // How long an answer is waited for.
  static constexpr Duration kAnswerTimeMax = Duration::seconds(30);
  // And one without which something else is done.
  static constexpr Duration kProbeTimeMax = Duration::seconds(1);

  explicit ControlDoor(Fd connected, Duration answer_time_max = kAnswerTimeMax);

  Result<ControlReply, std::string> ask(const ControlRequest& request) override;

 private:
  Fd fd_;
};

}  // namespace muster
