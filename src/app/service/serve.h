// A presence server in the foreground: from an open data directory to an orderly end.
#pragma once

#include <functional>
#include <string>

#include "app/config/config.h"
#include "app/data/data_directory.h"
#include "app/service/musterd_options.h"

namespace muster {

struct Serving {
  Config config;
  DataDirectory data;
  ReadyFd ready_fd = -1;
  // Called once it serves; what it prints is followed by the line "ready".
  std::function<void(const ServerProcess::Endpoints&)> announce;
};

// Until SIGTERM or SIGINT, and then until streams and subscriptions were let go in order. The exit
// code; why it is not 0 was said on stderr.
int serve(Serving serving);

}  // namespace muster
