#include "app/config/config.h"

#include <algorithm>
#include <string>
#include <thread>

#include "app/version.h"

namespace muster {

ServerOptions Config::everywhere() {
  const auto at = [](std::uint16_t port) {
    return std::vector<Endpoint>{{IpAddress::v4(0, 0, 0, 0), port}, {IpAddress{}, port}};
  };
  ServerOptions server;
  server.xmpp = at(5222);
  server.sip = at(5060);
  server.sips = at(5061);
  return server;
}

ServerOptions server_options(const Config& config) {
  ServerOptions server = config.server;
  const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1u, unsigned{kThreadsMax});
  server.shards = config.threads != 0 ? config.threads : static_cast<std::uint8_t>(cores);
  server.ha1_kept.md5 = server.settings.sip_digest_md5;
  server.password_threads = std::max<std::size_t>(1, server.shards / std::size_t{2});
  server.recorder = std::string("muster ") + kVersion;
  server.settings.version = config.tell_version ? kVersion : "";
  return server;
}

}  // namespace muster
