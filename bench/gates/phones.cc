#include "phones.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "failing.h"

namespace gates {
namespace {

constexpr std::string_view kEnd = "\r\n";

// What follows `name` in a line; empty if the line is another one.
std::string_view value_of(std::string_view line, std::string_view name) {
  return line.starts_with(name) ? line.substr(name.size()) : std::string_view();
}

bool is_answered_with(std::string_view line) {
  for (const std::string_view name : {"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "}) {
    if (line.starts_with(name)) return true;
  }
  return false;
}

// Fills `answer` with what a 200 to a NOTIFY says (RFC 3261 section 8.2.6.2).
Heard look_at(std::string_view datagram, std::string& answer) {
  Heard heard;
  heard.notify = datagram.starts_with("NOTIFY ");
  if (!heard.notify) heard.status = value_of(datagram, "SIP/2.0 ").substr(0, 3);
  if (heard.notify) answer = "SIP/2.0 200 OK\r\n";
  datagram.remove_prefix(std::min(datagram.size(), datagram.find(kEnd) + kEnd.size()));
  while (!datagram.empty() && !datagram.starts_with(kEnd)) {
    const std::size_t end = datagram.find(kEnd);
    if (end == std::string_view::npos) fail("a SIP message without an end");
    const std::string_view line = datagram.substr(0, end);
    if (const auto value = value_of(line, "Call-ID: "); !value.empty()) heard.call_id = value;
    if (const auto value = value_of(line, "CSeq: "); !value.empty()) heard.cseq = value;
    if (const auto value = value_of(line, "SIP-ETag: "); !value.empty()) heard.etag = value;
    if (heard.notify && is_answered_with(line)) answer.append(line).append(kEnd);
    datagram.remove_prefix(end + kEnd.size());
  }
  if (heard.notify) answer += "Content-Length: 0\r\n\r\n";
  return heard;
}

}  // namespace

struct Phones::Buffers {
  std::array<mmsghdr, kBatch> headers{};
  std::array<iovec, kBatch> vectors{};
  std::array<std::array<char, kDatagramBytesMax>, kBatch> bytes{};
};

Phones::Phones(const sockaddr_in& server, Hear hear)
    : server_(server),
      hear_(std::move(hear)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      sockets_(kSockets),
      buffers_(std::make_unique<Buffers>()) {
  must(epoll_ >= 0, "epoll_create1");
  for (std::size_t i = 0; i < kSockets; ++i) {
    Socket& socket = sockets_[i];
    socket.fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(socket.fd >= 0, "socket");
    const int buffer_bytes = 4 * 1024 * 1024;
    ::setsockopt(socket.fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    must(::connect(socket.fd, reinterpret_cast<const sockaddr*>(&server_), sizeof server_) == 0,
         "connect");
    sockaddr_in own{};
    socklen_t bytes = sizeof own;
    ::getsockname(socket.fd, reinterpret_cast<sockaddr*>(&own), &bytes);
    socket.port = ntohs(own.sin_port);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    must(::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.fd, &event) == 0, "epoll_ctl");
  }
}

Phones::~Phones() {
  for (const Socket& socket : sockets_)
    ::close(socket.fd);
  ::close(epoll_);
}

void Phones::send(std::size_t socket, std::string datagram) {
  Socket& from = sockets_[socket % kSockets];
  from.waiting.push_back(std::move(datagram));
  if (from.waiting.size() == kBatch) flush(from);
}

void Phones::flush() {
  for (Socket& socket : sockets_)
    flush(socket);
}

void Phones::flush(Socket& socket) {
  Buffers& b = *buffers_;
  std::size_t sent = 0;
  while (sent < socket.waiting.size()) {
    const std::size_t count = std::min(kBatch, socket.waiting.size() - sent);
    for (std::size_t i = 0; i < count; ++i) {
      std::string& datagram = socket.waiting[sent + i];
      b.vectors[i] = {datagram.data(), datagram.size()};
      b.headers[i].msg_hdr = {};
      b.headers[i].msg_hdr.msg_iov = &b.vectors[i];
      b.headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int done = ::sendmmsg(socket.fd, b.headers.data(), static_cast<unsigned>(count), 0);
    must(done > 0, "sendmmsg");
    sent += static_cast<std::size_t>(done);
  }
  socket.waiting.clear();
}

std::size_t Phones::read(int milliseconds) {
  std::array<epoll_event, kSockets> events;
  const int count = ::epoll_wait(epoll_, events.data(), kSockets, milliseconds);
  std::size_t datagrams = 0;
  for (int i = 0; i < count; ++i)
    datagrams += read(sockets_[events[static_cast<std::size_t>(i)].data.u64]);
  flush();
  return datagrams;
}

// One batch; epoll tells if there is more.
std::size_t Phones::read(Socket& socket) {
  Buffers& b = *buffers_;
  for (std::size_t i = 0; i < kBatch; ++i) {
    b.vectors[i] = {b.bytes[i].data(), kDatagramBytesMax};
    b.headers[i].msg_hdr = {};
    b.headers[i].msg_hdr.msg_iov = &b.vectors[i];
    b.headers[i].msg_hdr.msg_iovlen = 1;
  }
  const int count = ::recvmmsg(socket.fd, b.headers.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (count <= 0) return 0;
  std::array<std::size_t, kBatch> lengths{};
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    lengths[i] = b.headers[i].msg_len;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    take(socket, {b.bytes[i].data(), lengths[i]});
  return static_cast<std::size_t>(count);
}

void Phones::take(Socket& socket, std::string_view datagram) {
  std::string answer;
  const Heard heard = look_at(datagram, answer);
  if (heard.notify) socket.waiting.push_back(std::move(answer));
  hear_(heard);
}

}  // namespace gates
