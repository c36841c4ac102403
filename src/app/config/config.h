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
  std::uint8_t threads = 0;  // 0: one for each core
  LogChoice log;
  bool tell_version = true;  // to XMPP users who ask (XEP-0092)
  // Without what the others decide: `shards` and Settings::version.
  ServerOptions server = everywhere();

  // On all addresses: RFC 6120 section 3.2 (5222), RFC 3261 section 18 (5060, 5061).
  static ServerOptions everywhere();
};

inline constexpr std::uint16_t kThreadsMax = 255;
// What listen.links_per_address_max may be.
inline constexpr std::uint32_t kLinksPerAddressMax = 1'000'000;

// What to start a server with.
ServerOptions server_options(const Config& config);

}  // namespace muster
