#include "app/service/serve.h"

#include <fmt/core.h>
#include <poll.h>

#include <csignal>
#include <cstdio>
#include <optional>
#include <utility>

#include "app/command_line/exit_codes.h"
#include "app/service/ready.h"
#include "app/version.h"
#include "shell/clock.h"
#include "shell/control/control_socket.h"
#include "shell/signals.h"
#include "shell/store/sqlite_store.h"

namespace muster {
namespace {

// A command of `muster` may hold the folder for a moment.
constexpr Duration kLockTimeMax = Duration::seconds(5);
constexpr int kLockPauseMilliseconds = 20;

int fail(const std::string& why) {
  fmt::print(stderr, "musterd: {}\n", why);
  return kRefused;
}

Result<Fd, std::string> lock(const DataDirectory& data) {
  const Instant until = read_clocks().instant + kLockTimeMax;
  while (true) {
    auto locked = data.try_lock("musterd");
    if (!locked) return Failure{std::move(locked.error())};
    if (*locked) return std::move(**locked);
    if (read_clocks().instant >= until) {
      return Failure{data.path() + " is in use by " + data.holder()};
    }
    ::poll(nullptr, 0, kLockPauseMilliseconds);
  }
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
  const auto locked = lock(serving.data);
  if (!locked) return fail(locked.error());
  open_log(serving.config.log.level, serving.config.log.format);
  auto store = SqliteStore::open({serving.data.database()});
  if (!store) return fail(store.error());
  auto server = ServerProcess::start(server_options(serving.config), std::move(*store));
  if (!server) return fail(server.error());
  ServerProcess& process = **server;
  const auto service = ServiceDescription::of(serving.config.server.settings, kVersion);
  if (const auto told = serving.data.describe(service); !told) return fail(told.error());
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
