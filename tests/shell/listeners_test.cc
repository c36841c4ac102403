#include "shell/listeners.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "shell/sockets.h"

namespace muster::testing {
namespace shell_listeners_test {

constexpr Endpoint kAnyPort{IpAddress::v4(127, 0, 0, 1), 0};

class ListenersTest : public ::testing::Test {
 protected:
  void listen(std::uint32_t links_per_address_max = 1'000) {
    limits_ = std::make_unique<AddressLimits>(links_per_address_max);
    auto fd = listen_tcp(kAnyPort);
    ASSERT_TRUE(fd.ok()) << fd.error().text;
    at = local_endpoint(fd->get());
    std::vector<Listener> all;
    all.push_back({std::move(*fd), LinkUse::sip, Transport::tcp});
    listeners = std::make_unique<Listeners>(epoll_.get(), 0, std::move(all), limits_.get());
  }
  void connect(int count) {
    for (int i = 0; i < count; ++i) {
      auto peer = connect_tcp(at);
      ASSERT_TRUE(peer.ok()) << peer.error().text;
      peers.push_back(std::move(*peer));
    }
  }
  // How many were let in.
  int accept() {
    int taken = 0;
    listeners->accept(now, 0, [&](Link link) {
      links.push_back(std::move(link));
      ++taken;
    });
    return taken;
  }
  // What epoll reports.
  bool somebody_waits() {
    epoll_event event{};
    return ::epoll_wait(epoll_.get(), &event, 1, 0) == 1;
  }

  Fd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::unique_ptr<AddressLimits> limits_;
  Endpoint at;
  std::unique_ptr<Listeners> listeners;
  std::vector<Fd> peers;
  std::vector<Link> links;
  Now now{Instant::at(Duration::seconds(1'000)), UnixTime::at(Duration::seconds(1'700'000'000))};
};

TEST_F(ListenersTest, ManyAreLetInInPortions) {
  listen();
  connect(Listeners::kAcceptedAtOnceMax + 1);
  EXPECT_EQ(accept(), Listeners::kAcceptedAtOnceMax);
  EXPECT_TRUE(somebody_waits());
  EXPECT_EQ(accept(), 1);
  EXPECT_EQ(links.back().use, LinkUse::sip);
  EXPECT_EQ(links.back().remote.ip, at.ip);
}

TEST_F(ListenersTest, OneAddressHasItsShare) {
  listen(3);
  connect(4);
  EXPECT_EQ(accept(), 3);
  EXPECT_EQ(listeners->counters().refused, 1u);
  char byte = 0;
  EXPECT_EQ(::recv(peers.back().get(), &byte, 1, 0), 0) << "it is closed at once";
}

TEST_F(ListenersTest, WithoutDescriptorsPeersHearIt) {
  listen();
  connect(2);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_EQ(accept(), 0);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

  EXPECT_EQ(listeners->counters().pauses, 1u);
  EXPECT_FALSE(somebody_waits()) << "nobody is let in for a while";
  ASSERT_TRUE(listeners->next_deadline().has_value());
  now.instant = *listeners->next_deadline();
  listeners->wake(now);
  EXPECT_TRUE(somebody_waits());
  EXPECT_EQ(accept(), 1) << "the other was turned away";
}

TEST_F(ListenersTest, WhoClosesLetsNobodyIn) {
  listen();
  listeners->close();
  const auto peer = connect_tcp(at);
  ASSERT_TRUE(peer.ok());
  epoll_event event{};
  event.events = EPOLLOUT;
  const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  ASSERT_EQ(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, peer->get(), &event), 0);
  ASSERT_EQ(::epoll_wait(epoll.get(), &event, 1, 10'000), 1);
  EXPECT_NE(event.events & (EPOLLERR | EPOLLHUP), 0u);
}

}  // namespace shell_listeners_test
}  // namespace muster::testing
