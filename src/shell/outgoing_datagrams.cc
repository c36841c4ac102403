#include "shell/outgoing_datagrams.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <tuple>

#include "shell/sockets.h"

namespace muster {
namespace {

using Datagram = OutgoingDatagrams::Datagram;

// Room for the source, of either kind, and for the length to cut at.
constexpr std::size_t kOutControlBytes =
    CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint16_t));
constexpr std::size_t kParts = 2;  // a head and a body

auto way_of(const Datagram& datagram) {
  return std::tie(datagram.socket, datagram.remote.port, datagram.remote.ip, datagram.source);
}

// `header` has room for it behind what it has.
template <class Value>
void append_control(msghdr& header, int level, int type, const Value& value) {
  auto* c =
      reinterpret_cast<cmsghdr*>(static_cast<char*>(header.msg_control) + header.msg_controllen);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(c), &value, sizeof value);
  header.msg_controllen += CMSG_SPACE(sizeof value);
}

void name_source(msghdr& header, const IpAddress& ip) {
  if (ip.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, &ip.bytes[12], 4);
    append_control(header, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, ip.bytes.data(), ip.bytes.size());
    append_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

}  // namespace

// Messages of one socket, with all that the kernel wants to see of them.
struct OutgoingDatagrams::Batch {
  int socket = -1;
  std::size_t messages = 0;
  std::array<mmsghdr, kAtOnceMax> headers{};
  std::array<sockaddr_storage, kAtOnceMax> addresses{};
  std::array<iovec, kAtOnceMax * kParts> vectors{};
  alignas(cmsghdr) std::array<std::array<char, kOutControlBytes>, kAtOnceMax> controls{};
};

OutgoingDatagrams::OutgoingDatagrams() : batch_(std::make_shared<Batch>()) {}

void OutgoingDatagrams::send() {
  order_.resize(waiting_.size());
  std::iota(order_.begin(), order_.end(), 0U);
  std::sort(order_.begin(), order_.end(),
            [this](std::uint32_t a, std::uint32_t b) { return goes_before(a, b); });
  for (Sorted rest = order_; !rest.empty();) {
    rest = rest.subspan(gather(rest));
    send_batch();
  }
  waiting_.clear();
}

bool OutgoingDatagrams::goes_before(std::uint32_t a, std::uint32_t b) const {
  const Datagram& one = waiting_[a];
  const Datagram& other = waiting_[b];
  if (const auto ways = way_of(one) <=> way_of(other); ways != 0) return ways < 0;
  if (one.fanned_out != other.fanned_out) return other.fanned_out;
  if (one.fanned_out && one.bytes() != other.bytes()) return one.bytes() > other.bytes();
  return a < b;
}

// Of the first of them, and those that go its way behind it.
std::size_t OutgoingDatagrams::of_one_message(Sorted rest) const {
  const Datagram& first = waiting_[rest[0]];
  const std::size_t length = first.bytes();
  if (length > kCutBytesMax || !cuts(first.socket)) return 1;
  std::size_t bytes = length;
  std::size_t count = 1;
  for (; count < std::min(rest.size(), kCutMax); ++count) {
    const Datagram& next = waiting_[rest[count]];
    // Nothing is left of an empty one where bytes are cut.
    if (next.bytes() == 0 || next.bytes() > length || way_of(next) != way_of(first)) break;
    bytes += next.bytes();
    if (bytes > kMessageBytesMax) break;
    if (next.bytes() < length) return count + 1;
  }
  return count;
}

// Fills the batch with the first messages of `rest`; of how many datagrams.
std::size_t OutgoingDatagrams::gather(Sorted rest) {
  Batch& b = *batch_;
  b.messages = 0;
  b.socket = waiting_[rest[0]].socket;
  std::size_t gathered = 0;
  while (gathered < rest.size() && waiting_[rest[gathered]].socket == b.socket) {
    const Datagram& first = waiting_[rest[gathered]];
    const std::size_t count = of_one_message(rest.subspan(gathered));
    if (gathered + count > kAtOnceMax) break;
    msghdr& header = b.headers[b.messages].msg_hdr;
    header = {};
    header.msg_name = &b.addresses[b.messages];
    header.msg_namelen = to_sockaddr(first.remote, b.addresses[b.messages]);
    header.msg_control = b.controls[b.messages].data();
    if (!first.source.ip.is_unspecified()) name_source(header, first.source.ip);
    if (count > 1) {
      append_control(header, IPPROTO_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(first.bytes()));
    }
    header.msg_iov = &b.vectors[gathered * kParts];
    header.msg_iovlen = count * kParts;
    for (const std::uint32_t i : rest.subspan(gathered, count)) {
      const Datagram& one = waiting_[i];
      b.vectors[gathered * kParts] = {const_cast<char*>(one.head.view().data()), one.head.size()};
      b.vectors[gathered * kParts + 1] = {};
      if (one.body != nullptr) {
        b.vectors[gathered * kParts + 1] = {const_cast<char*>(one.body->data()), one.body->size()};
      }
      ++gathered;
    }
    ++b.messages;
  }
  return gathered;
}

void OutgoingDatagrams::send_batch() {
  Batch& b = *batch_;
  for (std::size_t sent = 0; sent < b.messages;) {
    const int done = ::sendmmsg(b.socket, b.headers.data() + sent,
                                static_cast<unsigned>(b.messages - sent), MSG_DONTWAIT);
    if (done > 0) {
      sent += static_cast<std::size_t>(done);
    } else {
      // The first of the rest cannot be sent (no route, no room), and is lost, or not be cut; the
      // others go on.
      const int error = errno;
      if (error == EIO && cuts(b.socket)) never_cut_.push_back(b.socket);
      if (error == EIO || error == EINVAL || error == EMSGSIZE) send_one_by_one(sent);
      ++sent;
    }
  }
}

bool OutgoingDatagrams::cuts(int socket) const {
  return std::find(never_cut_.begin(), never_cut_.end(), socket) == never_cut_.end();
}

void OutgoingDatagrams::send_one_by_one(std::size_t message) {
  msghdr header = batch_->headers[message].msg_hdr;
  const std::size_t datagrams = header.msg_iovlen / kParts;
  if (datagrams == 1) return;
  header.msg_controllen -= CMSG_SPACE(sizeof(std::uint16_t));  // where to cut was said last
  if (header.msg_controllen == 0) header.msg_control = nullptr;
  header.msg_iovlen = kParts;
  std::array<mmsghdr, kCutMax> each{};
  for (std::size_t i = 0; i < datagrams; ++i, header.msg_iov += kParts)
    each[i].msg_hdr = header;
  for (std::size_t sent = 0; sent < datagrams;) {
    const int done = ::sendmmsg(batch_->socket, each.data() + sent,
                                static_cast<unsigned>(datagrams - sent), MSG_DONTWAIT);
    sent += done > 0 ? static_cast<std::size_t>(done) : 1;
  }
}

}  // namespace muster
