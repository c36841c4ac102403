// Opening sockets. What cannot be opened is the world failing: an error for the operator to read.
#pragma once

#include <string>

#include <sys/socket.h>

#include "base/result.h"
#include "model/endpoint.h"
#include "shell/fd.h"

namespace muster {

// What failed, for a person: "cannot listen on 127.0.0.1:5222: Address already in use".
struct SocketError {
  std::string text;
};

// Non-blocking; several shards may have one each on the same endpoint (SO_REUSEPORT), and the
// kernel spreads the peers over them.
Result<Fd, SocketError> listen_tcp(const Endpoint& at);
// Bound to the unspecified address, it says of each datagram where it was sent to (datagrams.h).
Result<Fd, SocketError> bind_udp(const Endpoint& at);
// Fails if anybody is bound there already. Asked before the first shard's socket is opened, for by
// SO_REUSEPORT a second server of the same user would share the endpoint unnoticed.
Result<void, SocketError> check_free(const Endpoint& at, Transport transport);
// A port of this address that is free for UDP and for TCP, as SIP wants it.
Result<Endpoint, SocketError> choose_port(const Endpoint& at);
// Begins to connect.
Result<Fd, SocketError> connect_tcp(const Endpoint& to);

// The endpoint that a socket has here, and there.
Endpoint local_endpoint(int fd);
Endpoint remote_endpoint(int fd);

// Between our endpoints and the kernel's. An IPv4 endpoint becomes an AF_INET address.
socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& address);
Endpoint from_sockaddr(const sockaddr_storage& address);

}  // namespace muster
