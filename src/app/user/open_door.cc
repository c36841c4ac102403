// Which door there is: the control socket, or the lock.

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <grp.h>
#include <cerrno>
#include <cstring>

#include "app/data/open_store.h"
#include "app/data/server_place.h"
#include "app/user/ask_service.h"
#include "app/user/control_door.h"
#include "app/user/service_door.h"
#include "app/user/store_door.h"
#include "shell/clock.h"
#include "shell/control/unix_socket.h"

namespace muster {
namespace {

constexpr int kPauseMilliseconds = 20;

using Opened = Result<std::unique_ptr<ServiceDoor>, std::string>;

// Files that root made in the folder of a service that runs as somebody else would be closed to it.
Result<void, std::string> become_owner(const DataDirectory& data) {
  struct stat folder {};
  if (::geteuid() != 0 || ::stat(data.path().c_str(), &folder) != 0 || folder.st_uid == 0) {
    return {};
  }
  if (::setgroups(0, nullptr) == 0 && ::setegid(folder.st_gid) == 0 &&
      ::seteuid(folder.st_uid) == 0) {
    return {};
  }
  return Failure{"cannot work as the owner of " + data.path() + ": " + std::strerror(errno)};
}

// Connected to that control socket; nothing if nobody listens there.
Result<std::optional<Fd>, std::string> connect_to(const std::string& socket) {
  auto connected = connect_unix(socket);
  if (connected) return std::optional<Fd>(std::move(*connected));
  const int error = connected.error();
  if (error == ENOENT || error == ECONNREFUSED || error == EAGAIN) return std::optional<Fd>();
  return Failure{socket + ": " + std::strerror(error)};
}

// Who has this user, as that server knows it; nothing if nobody has her, or it does not say.
std::optional<ServerSeen> owner_of(Fd server, const Address& account) {
  ControlDoor door(std::move(server), ControlDoor::kProbeTimeMax);
  auto found = ask<ServersListed>(door, FindUser{account});
  if (!found || found->servers.empty()) return std::nullopt;
  return std::move(found->servers.front());
}

// To a server that runs on these data, if there is one: of several, to that which has this user.
// Where others may run elsewhere (`postgres`), what is asked about a user of theirs is refused.
Result<std::optional<Fd>, std::string> connect_any(const DataDirectory& data,
                                                   const std::string& postgres,
                                                   const Address* account) {
  std::vector<std::string> running;
  for (const std::string& socket : control_sockets(data)) {
    const auto connected = connect_to(socket);
    if (!connected) return Failure{connected.error()};
    if (*connected) running.push_back(socket);
  }
  if (running.empty()) return std::optional<Fd>();
  std::string elsewhere;
  for (const std::string& socket : running) {
    if (account == nullptr || (running.size() == 1 && postgres.empty())) break;
    auto connected = connect_to(socket);
    if (!connected || !*connected) continue;
    const auto owner = owner_of(std::move(**connected), *account);
    if (owner && owner->itself) return connect_to(socket);
    if (owner) elsewhere = owner->member.self.svr_id;
  }
  if (!postgres.empty() && !elsewhere.empty()) {
    return Failure{account->text() + " is served by " + elsewhere + ": ask where that runs"};
  }
  return connect_to(running.front());
}

Opened open_store_door(const DataDirectory& data,
                       const std::optional<ConfiguredService>& configured,
                       const std::string& postgres, Fd lock) {
  auto service = configured ? Result<ServiceDescription, std::string>(configured->description)
                            : data.description();
  if (!service) return Failure{std::move(service.error())};
  if (const auto none = no_cluster_there(postgres); !none) {
    return Failure{none.error() + ": ask where one of them runs"};
  }
  auto store = open_store(data, postgres);
  if (!store) return Failure{std::move(store.error())};
  return std::unique_ptr<ServiceDoor>(
      std::make_unique<StoreDoor>(std::move(*service), std::move(*store), std::move(lock)));
}

}  // namespace

Opened open_door(const DataDirectory& data, const std::optional<ConfiguredService>& configured,
                 Duration time_max, const Address* account) {
  if (const auto became = become_owner(data); !became) return Failure{became.error()};
  const auto postgres =
      configured ? Result<std::string, std::string>(configured->postgres) : data.postgres();
  if (!postgres) return Failure{postgres.error()};
  const Instant until = read_clocks().instant + time_max;
  while (true) {
    auto connected = connect_any(data, *postgres, account);
    if (!connected) return Failure{std::move(connected.error())};
    if (*connected) {
      return std::unique_ptr<ServiceDoor>(std::make_unique<ControlDoor>(std::move(**connected)));
    }
    auto lock = data.try_lock("muster");
    if (!lock) return Failure{std::move(lock.error())};
    if (*lock) return open_store_door(data, configured, *postgres, std::move(**lock));
    if (read_clocks().instant >= until) {
      return Failure{data.path() + " is in use by " + data.holder() + ", which does not answer"};
    }
    ::poll(nullptr, 0, kPauseMilliseconds);
  }
}

}  // namespace muster
