// How a server tells programs that it is ready: `--ready-fd`, and the protocol of systemd's
// Type=notify units (sd_notify(3)), where NOTIFY_SOCKET asks for it.
#pragma once

#include <string_view>

#include "app/data/data_directory.h"
#include "app/service/musterd_options.h"
#include "shell/server_process.h"

namespace muster {

// One line of JSON, then the descriptor is closed.
void tell_ready(ReadyFd fd, const ServerProcess::Endpoints& endpoints, const DataDirectory& data);

// "READY=1", "STOPPING=1", ...
void tell_systemd(std::string_view state);

}  // namespace muster
