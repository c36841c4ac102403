// How a server tells programs that it is ready: `--ready-fd`, and the protocol of systemd's
// Type=notify units (sd_notify(3)), where NOTIFY_SOCKET asks for it.
#pragma once

#include <string>
#include <string_view>

#include "app/service/musterd_options.h"
#include "shell/server_process.h"

namespace muster {

// One line of JSON, then the descriptor is closed. `server_id` is empty of one that is alone.
void tell_ready(ReadyFd fd, const ServerProcess::Endpoints& endpoints, const std::string& data,
                const std::string& control, const std::string& server_id);

// "READY=1", "STOPPING=1", ...
void tell_systemd(std::string_view state);

}  // namespace muster
