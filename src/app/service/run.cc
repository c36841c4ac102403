#include "app/service/run.h"

#include <fmt/core.h>

#include <cstdio>
#include <string>
#include <utility>

#include "app/command_line/exit_codes.h"
#include "app/config/read_config.h"
#include "app/service/refuse.h"
#include "app/service/serve.h"

namespace muster {

int serve_run(const RunCommand& command) {
  auto config = read_config(command.config_path, Certificates::checked);
  if (!config) {
    fmt::print(stderr, "{}", config_errors_text(command.config_path, config.error()));
    return kRefused;
  }
  if (command.check_only) {
    fmt::print("{}: nothing wrong\n", command.config_path);
    return kDone;
  }
  config->server.record_to = command.record_to;
  auto data = DataDirectory::make(config->data);
  if (!data) return refuse(data.error());
  return serve({std::move(*config), std::move(*data), command.ready_fd,
                [](const ServerProcess::Endpoints&) {}});
}

}  // namespace muster
