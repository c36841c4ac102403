#include "app/service/dev.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "app/data/cluster_key.h"
#include "app/service/refuse.h"
#include "app/service/serve.h"
#include "codec/address/ip.h"
#include "shell/tls/certificate.h"

namespace muster {
namespace {

void print_endpoints(const char* protocol, const std::vector<Endpoint>& endpoints) {
  for (const Endpoint& endpoint : endpoints)
    fmt::print("  {:<34} {}\n", protocol, to_text(endpoint));
}

// Of one of many, whose name is `id`.
std::string title(const Settings& settings, const std::string& id) {
  const std::string domains = fmt::format("{}", fmt::join(settings.domains, ", "));
  if (!settings.cluster) return "muster serves " + domains;
  const std::string as = " as " + id + ", one of the servers of this data folder";
  if (settings.cluster->standby) return "muster waits to serve " + domains + as;
  return "muster serves " + domains + as;
}

void announce(const ServerProcess::Endpoints& endpoints, const Config& config,
              const DataDirectory& data, bool kept) {
  const Settings& settings = config.server.settings;
  fmt::print("{}\n", title(settings, config.server_id));
  print_endpoints("XMPP, with or without TLS", endpoints.xmpp);
  print_endpoints("SIP over UDP and TCP", endpoints.sip);
  print_endpoints("SIP over TLS", endpoints.sips);
  print_endpoints("XMPP over WebSocket, ws: and wss:", endpoints.http);
  print_endpoints("links of the cluster", endpoints.cluster);
  fmt::print("  {:<34} {}\n", kept ? "data" : "data, removed at the end", data.path());
  if (settings.auto_accounts) {
    fmt::print("An account is made at its first use.\n");
  } else {
    fmt::print("Make an account: muster user add NAME@{} --data {}\n", settings.domains.front(),
               data.path());
  }
}

int serve_in(DevCommand command, DataDirectory data) {
  auto certificates = development_certificates(data.path(), command.config.server.settings.domains);
  if (!certificates) return refuse(certificates.error());
  command.config.server.certificates = std::move(*certificates);
  if (!command.config.server_id.empty()) {
    auto key = cluster_key(data);
    if (!key) return refuse(key.error());
    command.config.server.cluster_credentials = SharedKeyFile{std::move(*key)};
  }
  const Config& config = command.config;
  return serve({config, data, command.ready_fd, [&](const ServerProcess::Endpoints& endpoints) {
                  announce(endpoints, config, data, command.data_given);
                }});
}

}  // namespace

int serve_dev(DevCommand command) {
  auto data = command.data_given ? DataDirectory::make(command.config.data)
                                 : DataDirectory::make_temporary();
  if (!data) return refuse(data.error());
  const bool temporary = !command.data_given;
  const int exit_code = serve_in(std::move(command), *data);
  if (temporary) data->remove();
  return exit_code;
}

}  // namespace muster
