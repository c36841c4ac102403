#include "shell/datagrams.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "shell/sockets.h"

namespace muster {
namespace {

// Room for either kind of packet information.
constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(in6_pktinfo));

// Where the datagram was sent to; `bound` if the kernel does not say.
Endpoint destination_of(msghdr& header, Endpoint bound) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::array<std::uint8_t, 4> b{};
      std::memcpy(b.data(), &info.ipi_addr, b.size());
      bound.ip = IpAddress::v4(b[0], b[1], b[2], b[3]);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      std::memcpy(bound.ip.bytes.data(), &info.ipi6_addr, bound.ip.bytes.size());
    }
  }
  return bound;
}

bool is_at(const Endpoint& bound, const Endpoint& local) {
  return bound == local || (bound.ip.is_unspecified() && bound.port == local.port &&
                            bound.ip.is_v4() == local.ip.is_v4());
}

}  // namespace

struct Datagrams::Buffers {
  std::array<mmsghdr, kBatch> headers{};
  std::array<sockaddr_storage, kBatch> addresses{};
  std::array<iovec, kBatch> vectors{};
  alignas(cmsghdr) std::array<std::array<char, kControlBytes>, kBatch> controls{};
  std::vector<char> bytes = std::vector<char>(kBatch * kDatagramBytesMax);
};

Datagrams::Datagrams(std::vector<Socket> sockets)
    : sockets_(std::move(sockets)), buffers_(std::make_shared<Buffers>()) {}

std::size_t Datagrams::receive_batch(const Socket& socket) {
  Buffers& b = *buffers_;
  const bool wants_source = socket.local.ip.is_unspecified();
  for (std::size_t i = 0; i < kBatch; ++i) {
    b.vectors[i] = {b.bytes.data() + i * kDatagramBytesMax, kDatagramBytesMax};
    msghdr& header = b.headers[i].msg_hdr;
    header = {};
    header.msg_name = &b.addresses[i];
    header.msg_namelen = sizeof b.addresses[i];
    header.msg_iov = &b.vectors[i];
    header.msg_iovlen = 1;
    if (wants_source) {
      header.msg_control = b.controls[i].data();
      header.msg_controllen = kControlBytes;
    }
  }
  const int count = ::recvmmsg(socket.fd.get(), b.headers.data(), kBatch, MSG_DONTWAIT, nullptr);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

DatagramReceived Datagrams::at(std::size_t i, const Endpoint& bound) const {
  Buffers& b = *buffers_;
  return {destination_of(b.headers[i].msg_hdr, bound),
          from_sockaddr(b.addresses[i]),
          {b.bytes.data() + i * kDatagramBytesMax, b.headers[i].msg_len}};
}

void Datagrams::send(SendDatagram&& datagram) {
  gather({-1, datagram.local, datagram.remote, std::move(datagram.bytes), nullptr});
}

void Datagrams::fan_out(FanOutDatagrams&& fan_out) {
  for (FanOutDatagrams::Recipient& r : fan_out.recipients)
    gather({-1, r.local, r.remote, std::move(r.head), fan_out.body, true});
}

void Datagrams::gather(OutgoingDatagrams::Datagram&& datagram) {
  const auto socket = std::find_if(sockets_.begin(), sockets_.end(), [&](const Socket& s) {
    return is_at(s.local, datagram.source);
  });
  if (socket == sockets_.end()) return;
  datagram.socket = socket->fd.get();
  // A socket at one address sends from no other.
  if (!socket->local.ip.is_unspecified()) datagram.source = {};
  outgoing_.add(std::move(datagram));
}

}  // namespace muster
