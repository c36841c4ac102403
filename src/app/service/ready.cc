#include "app/service/ready.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "codec/address/ip.h"
#include "shell/fd.h"

namespace muster {
namespace {

nlohmann::json texts(const std::vector<Endpoint>& endpoints) {
  nlohmann::json array = nlohmann::json::array();
  for (const Endpoint& endpoint : endpoints)
    array.push_back(to_text(endpoint));
  return array;
}

}  // namespace

void tell_ready(ReadyFd fd, const ServerProcess::Endpoints& endpoints, const std::string& data,
                const std::string& control, const std::string& server_id) {
  if (fd < 0) return;
  nlohmann::json json = {{"ready", true},
                         {"process", ::getpid()},
                         {"xmpp", texts(endpoints.xmpp)},
                         {"sip", texts(endpoints.sip)},
                         {"sips", texts(endpoints.sips)},
                         {"http", texts(endpoints.http)},
                         {"wss", texts(endpoints.wss)},
                         {"data", data},
                         {"control", control}};
  if (!server_id.empty()) {
    json["id"] = server_id;
    json["links"] = texts(endpoints.cluster);
  }
  const std::string line =
      json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  [[maybe_unused]] const ssize_t written = ::write(fd, line.data(), line.size());
  if (fd > STDERR_FILENO) ::close(fd);
}

void tell_systemd(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || (*path != '/' && *path != '@')) return;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::copy_n(path, length, address.sun_path);
  if (*path == '@') address.sun_path[0] = '\0';  // an abstract name
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), bytes);
}

}  // namespace muster
