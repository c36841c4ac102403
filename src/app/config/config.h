// What an operator decides about a service, whether in a configuration file (read_config.h) or on
// the command line of `musterd dev`. The defaults here are those of `musterd run`: secure, and
// open to the network. config/musterd.toml documents each of them.
#pragma once

#include <cstdint>
#include <string>

#include "server/ports.h"
#include "shell/log.h"
#include "shell/server_process.h"

namespace muster {

struct LogChoice {
  Log::Level level = Log::Level::info;
  LogFormat format = LogFormat::text;
};

struct Config {
  std::string data = "/var/lib/muster";
  // How PostgreSQL is reached, as libpq takes it, without a password; empty: SQLite in `data`.
  std::string postgres;
  // Of a server of a cluster (`server.settings.cluster`): its name among them (server_place.h), and
  // the file of what they agree on, cluster.db in `data` if it is empty: unless that is in
  // PostgreSQL too.
  std::string server_id;
  std::string cluster_database;
  std::uint8_t threads = 0;  // 0: one for each core
  LogChoice log;
  bool tell_version = true;  // to XMPP users who ask (XEP-0092)
  // Without what the others decide: `shards`, Settings::version, and of a server of a cluster its
  // svr_id and what `max_level` is.
  ServerOptions server = everywhere();

  // On all addresses: RFC 6120 section 3.2 (5222), RFC 3261 section 18 (5060, 5061).
  static ServerOptions everywhere();
};

inline constexpr std::uint16_t kThreadsMax = 255;
// What listen.links_per_address_max may be.
inline constexpr std::uint32_t kLinksPerAddressMax = 1'000'000;

// What cluster.lease_time may be: shorter, a store that was busy once would cost a lease; longer,
// one that died would be missed for too long.
inline constexpr Duration kLeaseTimeMin = Duration::milliseconds(1'000);
inline constexpr Duration kLeaseTimeMax = Duration::seconds(60);
// And cluster.renew_after: more than the cluster's store may take, less than another server waits
// until it is known (ServerLinkSettings::unknown_time_max).
inline constexpr Duration kRenewAfterMin = Duration::milliseconds(400);
inline constexpr Duration kRenewAfterMax = Duration::milliseconds(1'500);
// What load.max_level may be.
inline constexpr std::uint32_t kLoadLevelMax = 1'000'000'000;

// What to start a server with.
ServerOptions server_options(const Config& config);

}  // namespace muster
