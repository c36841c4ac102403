#include "app/service/serve.h"

#include <fmt/core.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <optional>
#include <utility>

#include "app/command_line/exit_codes.h"
#include "app/data/open_store.h"
#include "app/data/server_place.h"
#include "app/service/ready.h"
#include "app/service/refuse.h"
#include "app/version.h"
#include "shell/clock.h"
#include "shell/control/control_socket.h"
#include "shell/signals.h"

namespace muster {
namespace {

// A server of a cluster that others took for dead begins another life. Where so many in a row are
// as short as this, another one of its id runs somewhere, and each ends the other. (A cluster.db
// that was lost costs some, too: the store of users knows its first numbers as those of the dead.)
constexpr Duration kShortLife = Duration::seconds(10);
constexpr int kShortLivesInARow = 10;
// A life that cannot have its stores asks for them again so long after.
constexpr Duration kOpenAgainAfter = Duration::milliseconds(500);
constexpr Duration kStoresAwaited = Duration::minutes(1);

using Error = std::string;

// What one life works on.
struct Stores {
  Fd shared;  // what servers make once is made by nobody else until this life has begun
  std::unique_ptr<StoreBackend> users;
  std::unique_ptr<cluster::ClusterBackend> cluster;  // null: it is alone
};

Result<Stores, Error> open_stores(const Config& config, const DataDirectory& data,
                                  const ServerPlace& place) {
  using Company = sql::Company;
  const bool alone = config.server_id.empty();
  auto shared = place.lock_what_is_shared(kLockTimeMax);
  if (!shared) return Failure{shared.error()};
  Stores stores;
  stores.shared = std::move(*shared);
  if (alone) {
    if (const auto none = no_cluster_there(config.postgres); !none) return Failure{none.error()};
  }
  auto users = open_store(data, config.postgres, alone ? Company::alone : Company::one_of_many);
  if (!users) return Failure{users.error()};
  stores.users = std::move(*users);
  if (alone) return stores;
  auto cluster = open_cluster_store(data, {config.postgres, config.cluster_database,
                                           config.server.settings.cluster.value().renew_after});
  if (!cluster) return Failure{cluster.error()};
  stores.cluster = std::move(*cluster);
  return stores;
}

// The server, from its start to its end, in as many lives as it takes.
class Service {
 public:
  Service(Serving serving, ServerPlace place)
      : serving_(std::move(serving)), place_(std::move(place)) {}

  Result<void, Error> run();

 private:
  enum class Ending : std::uint8_t { in_order, fenced };

  Result<Ending, Error> live();
  Result<std::optional<Stores>, Error> have_stores();
  Result<void, Error> begin(Stores stores);
  Ending wait_for_the_end();
  void reload();

  Serving serving_;
  ServerPlace place_;
  int lives_ = 0;
  Instant began_;  // this life: it has served since
  std::atomic<bool> fenced_{false};
  std::unique_ptr<ServerProcess> process_;
  std::unique_ptr<ControlSocket> control_;
};

Result<void, Error> Service::run() {
  for (int short_lives = 0; short_lives < kShortLivesInARow;) {
    const auto ended = live();
    if (!ended) return Failure{ended.error()};
    if (*ended == Ending::in_order) return {};
    const bool was_short = read_clocks().instant - began_ < kShortLife;
    short_lives = was_short ? short_lives + 1 : 0;
    write_log({Log::Level::warning, "another-life", serving_.config.server_id, {}});
  }
  return Failure{"server " + serving_.config.server_id + " was taken for dead " +
                 std::to_string(kShortLivesInARow) +
                 " times in a row: does another one of this id run?"};
}

Result<Service::Ending, Error> Service::live() {
  auto stores = have_stores();
  if (!stores) return Failure{stores.error()};
  if (!*stores) return Ending::in_order;
  if (const auto begun = begin(std::move(**stores)); !begun) return Failure{begun.error()};
  began_ = read_clocks().instant;
  const Ending ending = wait_for_the_end();
  const bool in_order = ending == Ending::in_order;
  if (in_order) {
    tell_systemd("STOPPING=1");
    write_log({Log::Level::info, "stopping", {}, {}});
  }
  control_.reset();
  process_->ask_stop();
  process_->join();
  process_.reset();
  if (in_order) write_log({Log::Level::info, "stopped", {}, {}});
  return ending;
}

// At its start a server that cannot have them ends, and whoever started it is told why. One that
// has served waits, as within a life, until the database is there again; but what does not pass in
// that time may never, as a database that a newer muster brought up. None if it is to end
// meanwhile.
Result<std::optional<Stores>, Error> Service::have_stores() {
  Error why;
  const Instant until = read_clocks().instant + kStoresAwaited;
  while (true) {
    auto opened = open_stores(serving_.config, serving_.data, place_);
    if (opened) {
      if (!why.empty()) write_log({Log::Level::info, "store-works-again", {}, {}});
      return std::optional(std::move(*opened));
    }
    if (lives_ == 0 || read_clocks().instant >= until) return Failure{opened.error()};
    if (opened.error() != why) {
      why = opened.error();
      write_log({Log::Level::error, "store-fails", {}, why});
    }
    if (wait_for_signal(kOpenAgainAfter) == Signal::stop) return std::optional<Stores>();
  }
}

Result<void, Error> Service::begin(Stores stores) {
  Config& config = serving_.config;
  fenced_ = false;
  ServerOptions options = server_options(config);
  options.fenced = [this] {
    fenced_ = true;
    wake_main();
  };
  if (++lives_ > 1 && !options.record_to.empty()) {
    options.record_to += "." + std::to_string(lives_);
  }
  auto server =
      ServerProcess::start(std::move(options), std::move(stores.users), std::move(stores.cluster));
  if (!server) return Failure{server.error()};
  process_ = std::move(*server);
  const auto service = ServiceDescription::of(config.server.settings, kVersion);
  if (const auto told = serving_.data.describe(service, config.postgres); !told) {
    return Failure{told.error()};
  }
  auto control = ControlSocket::open(
      place_.control(),
      {service, &process_->store(), [this](AdminRequest request, ServerProcess::Answer answer) {
         process_->ask(std::move(request), std::move(answer));
       }});
  if (!control) return Failure{control.error()};
  control_ = std::move(*control);
  if (lives_ > 1) return {};

  const ServerProcess::Endpoints& at = process_->endpoints();
  // Where it was found once it is found again.
  config.server.xmpp = at.xmpp;
  config.server.sip = at.sip;
  config.server.sips = at.sips;
  config.server.http = at.http;
  config.server.wss = at.wss;
  config.server.cluster = at.cluster;
  serving_.announce(at);
  fmt::print("ready\n");
  std::fflush(stdout);
  tell_ready(serving_.ready_fd, at, serving_.data.path(), place_.control(), config.server_id);
  tell_systemd("READY=1");
  write_log({Log::Level::info, "serving", {}, {}});
  return {};
}

Service::Ending Service::wait_for_the_end() {
  while (true) {
    const Signal signal = wait_for_signal();
    if (signal == Signal::stop) break;
    if (signal == Signal::reload) reload();
    if (fenced_) return Ending::fenced;
  }
  // Who asks again does not want to wait.
  unblock_stop_signals();
  return Ending::in_order;
}

void Service::reload() {
  tell_systemd("RELOADING=1");
  if (const auto done = process_->reload_certificates(); !done) {
    write_log({Log::Level::error, "certificates-refused", {}, done.error()});
  } else {
    write_log({Log::Level::info, "certificates-reloaded", {}, {}});
  }
  tell_systemd("READY=1");
}

}  // namespace

int serve(Serving serving) {
  block_signals();
  auto place = ServerPlace::make(serving.data, serving.config.server_id);
  if (!place) return refuse(place.error());
  const auto locks = place->lock(kLockTimeMax);
  if (!locks) return refuse(locks.error());
  open_log(serving.config.log.level, serving.config.log.format);
  const auto done = Service(std::move(serving), std::move(*place)).run();
  return done ? kDone : refuse(done.error());
}

}  // namespace muster
