// The links of one shard in a test: real sockets, an epoll, and time that the test moves.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "shell/links.h"

namespace muster::testing {

// The other end of a link: a socket that never blocks.
class Peer {
 public:
  explicit Peer(Fd fd) : fd_(std::move(fd)) {}

  void say(std::string_view bytes) const {
    ASSERT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // All that is there now; `ended` is set by the end of the stream.
  std::string hear() {
    std::string heard;
    std::array<char, 65'536> buffer{};
    while (true) {
      const ssize_t bytes = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (bytes == 0) ended = true;
      if (bytes <= 0) return heard;
      heard.append(buffer.data(), static_cast<std::size_t>(bytes));
    }
  }
  void say_no_more() const { ::shutdown(fd_.get(), SHUT_WR); }
  int fd() const { return fd_.get(); }

  bool ended = false;

 private:
  Fd fd_;
};

class LinksWorld {
 public:
  LinksWorld()
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        links(epoll_.get(), nullptr, [this](const Input& input) { hear(input); }) {}

  struct Pair {
    LinkId id;
    Peer peer;
  };
  Pair connect() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    Link link;
    link.fd = Fd(fds[0]);
    return {links.adopt(std::move(link)), Peer(Fd(fds[1]))};
  }

  // One turn: what epoll reports, what is due, what is to be written.
  void turn() {
    std::array<epoll_event, 64> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events.at(static_cast<std::size_t>(i));
      links.hear(now, LinkId::from_number(event.data.u64), event.events);
    }
    links.wake(now);
    links.flush(now);
  }
  void pass(Duration duration) {
    now.instant = now.instant + duration;
    turn();
  }
  std::size_t unwritten(LinkId id) const {
    const Link* link = links.find(id);
    return link == nullptr ? 0 : link->out.size();
  }

  // What the shard's server was told.
  std::string heard;  // the bytes of all links
  int reads = 0;
  int opened = 0;
  LinkOpened latest;
  int started_tls = 0;
  int closed = 0;
  int failed = 0;

  Now now{Instant::at(Duration::seconds(1'000)), UnixTime::at(Duration::seconds(1'700'000'000))};

 private:
  void hear(const Input& input) {
    if (const auto* received = std::get_if<BytesReceived>(&input)) {
      heard.append(received->bytes);
      ++reads;
    }
    if (const auto* link = std::get_if<LinkOpened>(&input)) {
      latest = *link;
      ++opened;
    }
    started_tls += std::holds_alternative<TlsStarted>(input) ? 1 : 0;
    closed += std::holds_alternative<LinkClosed>(input) ? 1 : 0;
    failed += std::holds_alternative<LinkFailed>(input) ? 1 : 0;
  }

  Fd epoll_;

 public:
  Links links;
};

}  // namespace muster::testing
