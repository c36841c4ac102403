// The UDP sockets of one shard: received and sent in batches.
//
// A socket may be bound to all addresses of the host: each datagram is then received with the
// address that it was sent to, and what is sent names the address that it is to come from
// (IP_PKTINFO, RFC 3542), so that a peer is answered from where it asked.
//
// A datagram that the kernel does not take is lost, as on any network; SIP's retransmissions are
// made for that (RFC 3261 section 17).
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/ports.h"
#include "shell/fd.h"

namespace muster {

class Datagrams {
 public:
  static constexpr std::size_t kBatch = 64;
  static constexpr std::size_t kDatagramBytesMax = 65'535;

  struct Socket {
    Fd fd;
    Endpoint local;  // its address may be the unspecified one
  };

  explicit Datagrams(std::vector<Socket> sockets);

  const std::vector<Socket>& sockets() const { return sockets_; }

  // Reads at most one batch from that socket and shows each datagram to `take`.
  template <class Take>
  void receive(std::size_t socket, Take&& take) {
    const std::size_t count = receive_batch(sockets_[socket]);
    for (std::size_t i = 0; i < count; ++i)
      take(at(i, sockets_[socket].local));
  }

  // Nothing happens if no socket has that local endpoint.
  void send(const Endpoint& local, const Endpoint& remote, TextPart head, SharedText body);
  // Sends what the turn gathered.
  void flush();

 private:
  struct Waiting {
    std::size_t socket;
    Endpoint local;
    Endpoint remote;
    TextPart head;
    SharedText body;
  };
  struct Buffers;

  std::size_t receive_batch(const Socket& socket);
  DatagramReceived at(std::size_t i, const Endpoint& bound) const;
  void send_batch(const Waiting* first, std::size_t count);

  std::vector<Socket> sockets_;
  std::vector<Waiting> waiting_;
  std::shared_ptr<Buffers> buffers_;
};

}  // namespace muster
