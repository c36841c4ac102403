#include "app/service/serve.h"

#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <utility>

#include "app/command_line/exit_codes.h"
#include "app/data/open_store.h"
#include "app/service/ready.h"
#include "app/version.h"
#include "shell/control/control_socket.h"
#include "shell/signals.h"

namespace muster {
namespace {

int fail(const std::string& why) {
  fmt::print(stderr, "musterd: {}\n", why);
  return kRefused;
}

void reload(ServerProcess& server) {
  tell_systemd("RELOADING=1");
  if (const auto done = server.reload_certificates(); !done) {
    write_log({Log::Level::error, "certificates-refused", {}, done.error()});
  } else {
    write_log({Log::Level::info, "certificates-reloaded", {}, {}});
  }
  tell_systemd("READY=1");
}

void wait_for_the_end(ServerProcess& server) {
  while (wait_for_signal() == Signal::reload)
    reload(server);
  // Who asks again does not want to wait.
  unblock_stop_signals();
}

}  // namespace

int serve(Serving serving) {
  block_signals();
  const auto locked = serving.data.lock("musterd", kLockTimeMax);
  if (!locked) return fail(locked.error());
  open_log(serving.config.log.level, serving.config.log.format);
  auto store = open_store(serving.data, serving.config.postgres);
  if (!store) return fail(store.error());
  auto server = ServerProcess::start(server_options(serving.config), std::move(*store));
  if (!server) return fail(server.error());
  ServerProcess& process = **server;
  const auto service = ServiceDescription::of(serving.config.server.settings, kVersion);
  if (const auto told = serving.data.describe(service, serving.config.postgres); !told) {
    return fail(told.error());
  }
  auto control = ControlSocket::open(
      serving.data.control(),
      {service, &process.store(), [&](AdminRequest request, ServerProcess::Answer answer) {
         process.ask(std::move(request), std::move(answer));
       }});
  if (!control) return fail(control.error());

  serving.announce(process.endpoints());
  fmt::print("ready\n");
  std::fflush(stdout);
  tell_ready(serving.ready_fd, process.endpoints(), serving.data);
  tell_systemd("READY=1");
  write_log({Log::Level::info, "serving", {}, {}});
  wait_for_the_end(process);

  tell_systemd("STOPPING=1");
  write_log({Log::Level::info, "stopping", {}, {}});
  control->reset();
  process.ask_stop();
  process.join();
  server->reset();
  write_log({Log::Level::info, "stopped", {}, {}});
  return kDone;
}

}  // namespace muster
