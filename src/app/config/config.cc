#include "app/config/config.h"

#include <algorithm>
#include <string>
#include <thread>

#include "app/version.h"
#include "codec/address/domain.h"

namespace muster {
namespace {

// A server is named by where it is reached, or else by its id below the service's first domain.
std::string svr_id_of(const ClusterSettings& cluster, const std::string& id,
                      const std::string& domain) {
  std::string svr_id = "sip:";
  if (cluster.host_name.empty()) svr_id += id + ".";
  append_ascii_domain(svr_id, cluster.host_name.empty() ? domain : cluster.host_name);
  return svr_id;
}

// A page of one of our domains, or of this server, may connect (web_socket/request.h).
void allow_own_origins(const Settings& settings, HttpSettings& http) {
  const auto allow = [&](const std::string& domain) {
    std::string origin = "https://";
    append_ascii_domain(origin, domain);
    http.origins.push_back(std::move(origin));
  };
  for (const std::string& domain : settings.domains)
    allow(domain);
  if (settings.cluster && !settings.cluster->host_name.empty()) allow(settings.cluster->host_name);
}

}  // namespace

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
  allow_own_origins(server.settings, server.http_settings);
  server.recorder = std::string("muster ") + kVersion;
  server.settings.version = config.tell_version ? kVersion : "";
  if (auto& cluster = server.settings.cluster) {
    cluster->self.svr_id = svr_id_of(*cluster, config.server_id, server.settings.domains.front());
    cluster->self.max_level = cluster->load.max_level;
  }
  return server;
}

}  // namespace muster
