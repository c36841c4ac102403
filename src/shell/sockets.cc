#include "shell/sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

#include "codec/address/ip.h"

namespace muster {
namespace {

Failure<SocketError> failed(std::string_view what, const Endpoint& at) {
  const int error = errno;
  return Failure{SocketError{std::string(what) + " " + to_text(at) + ": " + strerror(error)}};
}

void set(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

enum class Sharing { alone, with_other_shards };

Result<Fd, SocketError> open_bound(const Endpoint& at, int type, std::string_view what,
                                   Sharing sharing = Sharing::with_other_shards) {
  sockaddr_storage address{};
  const socklen_t bytes = to_sockaddr(at, address);
  Fd fd(::socket(address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return failed(what, at);
  const bool shared = sharing == Sharing::with_other_shards;
  // For TCP it only passes over connections that are ending; UDP sockets would share.
  if (shared || type == SOCK_STREAM) set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (shared) set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (address.ss_family == AF_INET6) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), bytes) != 0) {
    return failed(what, at);
  }
  return fd;
}

}  // namespace

Result<Fd, SocketError> listen_tcp(const Endpoint& at) {
  auto fd = open_bound(at, SOCK_STREAM, "cannot listen on");
  // What is accepted has it from here.
  if (fd) set(fd->get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (fd && ::listen(fd->get(), SOMAXCONN) != 0) return failed("cannot listen on", at);
  return fd;
}

Result<Fd, SocketError> bind_udp(const Endpoint& at) {
  auto fd = open_bound(at, SOCK_DGRAM, "cannot receive on");
  if (fd) {
    // A burst of a few thousand datagrams while the shard is busy.
    set(fd->get(), SOL_SOCKET, SO_RCVBUF, 8 * 1024 * 1024);
    set(fd->get(), SOL_SOCKET, SO_SNDBUF, 8 * 1024 * 1024);
    if (at.ip.is_unspecified() && at.ip.is_v4()) {
      set(fd->get(), IPPROTO_IP, IP_PKTINFO, 1);
    } else if (at.ip.is_unspecified()) {
      set(fd->get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    }
  }
  return fd;
}

Result<void, SocketError> check_free(const Endpoint& at, Transport transport) {
  const int type = is_stream(transport) ? SOCK_STREAM : SOCK_DGRAM;
  const auto fd = open_bound(at, type, "cannot listen on", Sharing::alone);
  if (!fd) return Failure{fd.error()};
  return {};
}

Result<Endpoint, SocketError> choose_port(const Endpoint& at) {
  constexpr int kTries = 16;
  for (int attempt = 1;; ++attempt) {
    const auto fd = open_bound({at.ip, 0}, SOCK_DGRAM, "cannot receive on", Sharing::alone);
    if (!fd) return Failure{fd.error()};
    const Endpoint chosen = local_endpoint(fd->get());
    const auto free = check_free(chosen, Transport::tcp);
    if (free) return chosen;
    if (attempt == kTries) return Failure{free.error()};
  }
}

Result<Fd, SocketError> connect_tcp(const Endpoint& to) {
  sockaddr_storage address{};
  const socklen_t bytes = to_sockaddr(to, address);
  Fd fd(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return failed("cannot connect to", to);
  set(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  const int done = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), bytes);
  if (done != 0 && errno != EINPROGRESS) return failed("cannot connect to", to);
  return fd;
}

Endpoint local_endpoint(int fd) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes);
  return from_sockaddr(address);
}

Endpoint remote_endpoint(int fd) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &bytes);
  return from_sockaddr(address);
}

socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& address) {
  if (endpoint.ip.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    std::memcpy(&in.sin_addr, &endpoint.ip.bytes[12], 4);
    std::memcpy(&address, &in, sizeof in);
    return sizeof in;
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(endpoint.port);
  std::memcpy(&in.sin6_addr, endpoint.ip.bytes.data(), 16);
  std::memcpy(&address, &in, sizeof in);
  return sizeof in;
}

Endpoint from_sockaddr(const sockaddr_storage& address) {
  Endpoint endpoint;
  if (address.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    std::array<std::uint8_t, 4> b{};
    std::memcpy(b.data(), &in.sin_addr, 4);
    endpoint.ip = IpAddress::v4(b[0], b[1], b[2], b[3]);
    endpoint.port = ntohs(in.sin_port);
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(endpoint.ip.bytes.data(), &in.sin6_addr, 16);
    endpoint.port = ntohs(in.sin6_port);
  }
  return endpoint;
}

}  // namespace muster
