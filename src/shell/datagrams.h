// The UDP sockets of one shard: received in batches, and sent as outgoing_datagrams.h says.
//
// A socket may be bound to all addresses of the host: each datagram is then received with the
// address that it was sent to, and what is sent names the address that it is to come from
// (IP_PKTINFO, RFC 3542), so that a peer is answered from where it asked.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/ports.h"
#include "shell/fd.h"
#include "shell/outgoing_datagrams.h"

namespace muster {

class Datagrams {
 public:
  static constexpr std::size_t kBatch = 64;
  static constexpr std::size_t kBatchesMax = 4;  // of a turn
  static constexpr std::size_t kDatagramBytesMax = 65'535;

  struct Socket {
    Fd fd;
    Endpoint local;  // its address may be the unspecified one
  };

  explicit Datagrams(std::vector<Socket> sockets);

  const std::vector<Socket>& sockets() const { return sockets_; }

  // Shows what has come to that socket to `take`, one after the other; what is more than
  // kBatchesMax batches waits. The more a turn takes in, the more of what it sends goes one way.
  template <class Take>
  void receive(std::size_t socket, Take&& take) {
    for (std::size_t batch = 0; batch < kBatchesMax; ++batch) {
      const std::size_t count = receive_batch(sockets_[socket]);
      for (std::size_t i = 0; i < count; ++i)
        take(at(i, sockets_[socket].local));
      if (count < kBatch) return;
    }
  }

  // Nothing is sent from a local endpoint that no socket has.
  void send(SendDatagram&& datagram);
  void fan_out(FanOutDatagrams&& fan_out);
  // Sends what the turn gathered.
  void flush() { outgoing_.send(); }

 private:
  struct Buffers;

  std::size_t receive_batch(const Socket& socket);
  DatagramReceived at(std::size_t i, const Endpoint& bound) const;
  void gather(OutgoingDatagrams::Datagram&& datagram);

  std::vector<Socket> sockets_;
  OutgoingDatagrams outgoing_;
  std::shared_ptr<Buffers> buffers_;
};

}  // namespace muster
