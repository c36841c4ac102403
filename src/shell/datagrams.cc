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

template <class Info>
void put(msghdr& header, char* control, int level, int type, const Info& info) {
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(c), &info, sizeof info);
}

// The address that it is to come from.
void set_source(msghdr& header, char* control, const IpAddress& ip) {
  if (ip.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, &ip.bytes[12], 4);
    put(header, control, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, ip.bytes.data(), ip.bytes.size());
    put(header, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

bool is_at(const Endpoint& bound, const Endpoint& local) {
  return bound == local || (bound.ip.is_unspecified() && bound.port == local.port &&
                            bound.ip.is_v4() == local.ip.is_v4());
}

}  // namespace

struct Datagrams::Buffers {
  std::array<mmsghdr, kBatch> headers{};
  std::array<sockaddr_storage, kBatch> addresses{};
  std::array<iovec, kBatch * 2> vectors{};
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

void Datagrams::send(const Endpoint& local, const Endpoint& remote, TextPart head,
                     SharedText body) {
  const auto socket = std::find_if(sockets_.begin(), sockets_.end(),
                                   [&](const Socket& s) { return is_at(s.local, local); });
  if (socket == sockets_.end()) return;
  waiting_.push_back({static_cast<std::size_t>(socket - sockets_.begin()), local, remote,
                      std::move(head), std::move(body)});
}

void Datagrams::flush() {
  std::size_t first = 0;
  while (first < waiting_.size()) {
    std::size_t last = first;
    while (last < waiting_.size() && last - first < kBatch &&
           waiting_[last].socket == waiting_[first].socket) {
      ++last;
    }
    send_batch(&waiting_[first], last - first);
    first = last;
  }
  waiting_.clear();
}

void Datagrams::send_batch(const Waiting* first, std::size_t count) {
  Buffers& b = *buffers_;
  const Socket& socket = sockets_[first->socket];
  const bool names_source = socket.local.ip.is_unspecified();
  for (std::size_t i = 0; i < count; ++i) {
    const Waiting& one = first[i];
    b.vectors[2 * i] = {const_cast<char*>(one.head.view().data()), one.head.size()};
    std::size_t vectors = 1;
    if (one.body != nullptr) {
      b.vectors[2 * i + 1] = {const_cast<char*>(one.body->data()), one.body->size()};
      vectors = 2;
    }
    msghdr& header = b.headers[i].msg_hdr;
    header = {};
    header.msg_name = &b.addresses[i];
    header.msg_namelen = to_sockaddr(one.remote, b.addresses[i]);
    header.msg_iov = &b.vectors[2 * i];
    header.msg_iovlen = vectors;
    if (names_source && !one.local.ip.is_unspecified()) {
      set_source(header, b.controls[i].data(), one.local.ip);
    }
  }
  std::size_t sent = 0;
  while (sent < count) {
    const int done = ::sendmmsg(socket.fd.get(), b.headers.data() + sent,
                                static_cast<unsigned>(count - sent), MSG_DONTWAIT);
    // The first of the rest cannot be sent (no route, no room): it is lost, the others go on.
    sent += done > 0 ? static_cast<std::size_t>(done) : 1;
  }
}

}  // namespace muster
