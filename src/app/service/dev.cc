#include "app/service/dev.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

#include "app/command_line/exit_codes.h"
#include "app/service/serve.h"
#include "codec/address/ip.h"
#include "shell/tls/certificate.h"

namespace muster {
namespace {

void print_endpoints(const char* protocol, const std::vector<Endpoint>& endpoints) {
  for (const Endpoint& endpoint : endpoints)
    fmt::print("  {:<34} {}\n", protocol, to_text(endpoint));
}

void announce(const ServerProcess::Endpoints& endpoints, const Settings& settings,
              const DataDirectory& data, bool kept) {
  fmt::print("muster serves {}\n", fmt::join(settings.domains, ", "));
  print_endpoints("XMPP, with or without TLS", endpoints.xmpp);
  print_endpoints("SIP over UDP and TCP", endpoints.sip);
  print_endpoints("SIP over TLS", endpoints.sips);
  fmt::print("  {:<34} {}\n", kept ? "data" : "data, removed at the end", data.path());
  if (settings.auto_accounts) {
    fmt::print("An account is made at its first use.\n");
  } else {
    fmt::print("Make an account: muster user add NAME@{} --data {}\n", settings.domains.front(),
               data.path());
  }
}

int fail(const std::string& why) {
  fmt::print(stderr, "musterd: {}\n", why);
  return kRefused;
}

int serve_in(DevCommand command, DataDirectory data) {
  auto certificates = development_certificates(data.path(), command.config.server.settings.domains);
  if (!certificates) return fail(certificates.error());
  command.config.server.certificates = std::move(*certificates);
  const Settings settings = command.config.server.settings;
  return serve({std::move(command.config), data, command.ready_fd,
                [&](const ServerProcess::Endpoints& endpoints) {
                  announce(endpoints, settings, data, command.data_given);
                }});
}

}  // namespace

int serve_dev(DevCommand command) {
  auto data = command.data_given ? DataDirectory::make(command.config.data)
                                 : DataDirectory::make_temporary();
  if (!data) return fail(data.error());
  const bool temporary = !command.data_given;
  const int exit_code = serve_in(std::move(command), *data);
  if (temporary) data->remove();
  return exit_code;
}

}  // namespace muster
