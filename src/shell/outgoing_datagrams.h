// What a shard sends by UDP in a turn: gathered, then given to the kernel with few calls.
//
// What goes to one address leaves together. Datagrams of one length, and a shorter one behind them,
// are one message, which the kernel cuts (UDP_SEGMENT, udp(7)): the way to an address that stands
// for many, as an edge proxy does for its phones, is gone once. Where the kernel cannot cut they go
// one by one: on a path with a smaller MTU each time anew; through a socket whose way has IPsec or,
// in older kernels, a device that reckons no checksums (EIO), from then on.
//
// To one address datagrams go in the order in which they were gathered, but for those of fan-outs:
// these go behind all else (a 200 before the NOTIFY that follows it), the longest first. Of a
// dialog there is one at most, and one MESSAGE of a phone, for the next one waits until that is
// answered: in what order they come is the same to everybody.
//
// A datagram that the kernel does not take is lost, as on any network; SIP's retransmissions are
// made for that (RFC 3261 section 17).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "server/ports.h"

namespace muster {

class OutgoingDatagrams {
 public:
  static constexpr std::size_t kAtOnceMax = 128;      // datagrams of one call
  static constexpr std::size_t kCutMax = 64;          // of one message; older kernels cut no more
  static constexpr std::size_t kCutBytesMax = 1'300;  // a longer one may not fit a path uncut
  static constexpr std::size_t kMessageBytesMax = 65'507;  // the kernel's, over IPv4

  struct Datagram {
    int socket;
    Endpoint source;  // unspecified: as the socket is bound
    Endpoint remote;
    TextPart head;
    SharedText body;  // null: nothing follows the head
    bool fanned_out = false;

    std::size_t bytes() const { return head.size() + (body == nullptr ? 0 : body->size()); }
  };

  OutgoingDatagrams();

  void add(Datagram&& datagram) { waiting_.push_back(std::move(datagram)); }
  // Sends all that was added.
  void send();

 private:
  struct Batch;
  using Sorted = std::span<const std::uint32_t>;  // of waiting_, what goes one way side by side

  bool goes_before(std::uint32_t a, std::uint32_t b) const;
  std::size_t of_one_message(Sorted rest) const;
  std::size_t gather(Sorted rest);
  void send_batch();
  void send_one_by_one(std::size_t message);
  bool cuts(int socket) const;

  std::vector<Datagram> waiting_;
  std::vector<std::uint32_t> order_;
  std::vector<int> never_cut_;  // sockets
  std::shared_ptr<Batch> batch_;
};

}  // namespace muster
