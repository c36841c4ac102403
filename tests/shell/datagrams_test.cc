#include "shell/datagrams.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>

#include <array>

#include "shell/sockets.h"

namespace muster::testing {
namespace shell_datagrams_test {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// UDP over IPv4 carries at most this (65,535 less two headers).
constexpr std::size_t kCarriedBytes = Datagrams::kDatagramBytesMax - 28;

constexpr IpAddress kLoopback6{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

struct Socket {
  explicit Socket(IpAddress ip = IpAddress::v4(127, 0, 0, 1)) {
    auto fd = bind_udp({ip, 0});
    EXPECT_TRUE(fd.ok()) << fd.error().text;
    const Endpoint at = local_endpoint(fd->get());
    std::vector<Datagrams::Socket> sockets;
    sockets.push_back({std::move(*fd), at});
    datagrams = std::make_unique<Datagrams>(std::move(sockets));
  }
  Endpoint at() const { return datagrams->sockets()[0].local; }
  void send(const Endpoint& to, std::string bytes) {
    datagrams->send({at(), to, std::move(bytes)});
  }
  void fan_out(const Endpoint& to, const std::vector<std::string>& heads, std::string body) {
    FanOutDatagrams fan_out{share(std::move(body)), {}};
    for (const std::string& head : heads)
      fan_out.recipients.push_back({at(), to, TextPart(std::string(head))});
    datagrams->fan_out(std::move(fan_out));
  }
  struct Received {
    std::string bytes;
    Endpoint local;
    Endpoint remote;
  };
  // What a turn takes in, once there is something.
  std::vector<Received> receive() {
    pollfd waiting{datagrams->sockets()[0].fd.get(), POLLIN, 0};
    std::vector<Received> all;
    if (::poll(&waiting, 1, 10'000) != 1) return all;
    datagrams->receive(0, [&](const DatagramReceived& one) {
      all.push_back({std::string(one.bytes), one.local, one.remote});
    });
    return all;
  }

  // So many datagrams, in as many batches as it takes.
  std::vector<std::string> receive(std::size_t count) {
    std::vector<std::string> bytes;
    while (bytes.size() < count) {
      const auto batch = receive();
      if (batch.empty()) break;
      for (const Received& one : batch)
        bytes.push_back(one.bytes);
    }
    return bytes;
  }
  // From now on it receives what came uncut whole, as one (UDP_GRO).
  void join() {
    const int yes = 1;
    const int fd = datagrams->sockets()[0].fd.get();
    ASSERT_EQ(::setsockopt(fd, IPPROTO_UDP, UDP_GRO, &yes, sizeof yes), 0);
  }

  void go_without_checksums() {
    const int yes = 1;
    const int fd = datagrams->sockets()[0].fd.get();
    ASSERT_EQ(::setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &yes, sizeof yes), 0);
  }

  std::unique_ptr<Datagrams> datagrams;
};

std::vector<std::string> numbered(std::size_t count, std::size_t length) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    texts.push_back(std::to_string(i));
    texts.back().resize(length, '.');
  }
  return texts;
}

TEST(Datagrams, CarryHeadAndBody) {
  Socket one;
  Socket other;
  one.fan_out(other.at(), {"head "}, "body");
  one.send(other.at(), "alone");
  one.datagrams->flush();
  const auto received = other.receive();
  ASSERT_THAT(received, SizeIs(2));
  EXPECT_EQ(received[0].bytes, "alone");
  EXPECT_EQ(received[1].bytes, "head body");
  EXPECT_EQ(received[1].remote, one.at());
  EXPECT_EQ(received[1].local, other.at());
}

TEST(Datagrams, MoreThanATurnTakesIn) {
  constexpr std::size_t kTurn = Datagrams::kBatch * Datagrams::kBatchesMax;
  Socket one;
  Socket other;
  for (std::size_t i = 0; i <= kTurn; ++i)
    one.send(other.at(), std::to_string(i));
  one.datagrams->flush();
  const auto turn = other.receive();
  ASSERT_THAT(turn, SizeIs(kTurn));
  for (std::size_t i = 0; i < kTurn; ++i)
    EXPECT_EQ(turn[i].bytes, std::to_string(i));
  const auto rest = other.receive();
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].bytes, std::to_string(kTurn));
}

TEST(Datagrams, TheLargestArrivesWhole) {
  Socket one;
  Socket other;
  const std::string large(kCarriedBytes, 'x');
  one.send(other.at(), large);
  one.send(other.at(), large + "x");  // the kernel refuses it
  one.send(other.at(), "behind");
  one.datagrams->flush();
  std::vector<std::string> bytes;
  while (bytes.size() < 2) {
    const auto batch = other.receive();
    ASSERT_FALSE(batch.empty());
    for (const auto& received : batch)
      bytes.push_back(received.bytes);
  }
  EXPECT_THAT(bytes, ElementsAre(large, "behind"));
}

TEST(Datagrams, OfOneLengthAndAShorterOneAreOneMessage) {
  Socket one;
  Socket other;
  other.join();
  for (const std::string_view text : {"aaa", "bbb", "cc", "ddd", "e", "ff"})
    one.send(other.at(), std::string(text));
  one.datagrams->flush();
  EXPECT_THAT(other.receive(3), ElementsAre("aaabbbcc", "ddde", "ff"));
}

TEST(Datagrams, EachArrivesByItselfAndInItsOrder) {
  Socket one;
  Socket other;
  const std::vector<std::string> texts = numbered(3 * OutgoingDatagrams::kAtOnceMax, 4);
  for (const std::string& text : texts)
    one.send(other.at(), text);
  one.datagrams->flush();
  EXPECT_EQ(other.receive(texts.size()), texts);
}

TEST(Datagrams, AMessageIsOfSoManyDatagrams) {
  Socket one;
  Socket other;
  other.join();
  for (std::size_t i = 0; i <= OutgoingDatagrams::kCutMax; ++i)
    one.send(other.at(), "x");
  one.datagrams->flush();
  EXPECT_THAT(other.receive(2), ElementsAre(SizeIs(OutgoingDatagrams::kCutMax), SizeIs(1)));
}

TEST(Datagrams, AMessageIsOfSoManyBytes) {
  constexpr std::size_t kLength = OutgoingDatagrams::kCutBytesMax;
  constexpr std::size_t kFit = OutgoingDatagrams::kMessageBytesMax / kLength;
  static_assert(kFit < OutgoingDatagrams::kCutMax);
  Socket one;
  Socket other;
  other.join();
  for (const std::string& text : numbered(kFit + 1, kLength))
    one.send(other.at(), text);
  one.datagrams->flush();
  EXPECT_THAT(other.receive(2), ElementsAre(SizeIs(kFit * kLength), SizeIs(kLength)));
}

TEST(Datagrams, WhatMayNotFitAPathIsNotCut) {
  Socket one;
  Socket other;
  other.join();
  const std::vector<std::string> texts = numbered(2, OutgoingDatagrams::kCutBytesMax + 1);
  for (const std::string& text : texts)
    one.send(other.at(), text);
  one.datagrams->flush();
  EXPECT_EQ(other.receive(2), texts);
}

// An empty one would be lost among others.
TEST(Datagrams, AnEmptyOneArrives) {
  Socket one;
  Socket other;
  for (const std::string_view text : {"a", "", "", "b"})
    one.send(other.at(), std::string(text));
  one.datagrams->flush();
  EXPECT_THAT(other.receive(4), ElementsAre("a", "", "", "b"));
}

// The kernel refuses to cut what has no checksum.
TEST(Datagrams, WhatTheKernelDoesNotCutGoesOneByOne) {
  Socket one;
  Socket other;
  one.go_without_checksums();
  for (const std::string_view text : {"aaa", "bbb", "cc", "dddd"})
    one.send(other.at(), std::string(text));
  one.datagrams->flush();
  EXPECT_THAT(other.receive(4), ElementsAre("aaa", "bbb", "cc", "dddd"));
}

TEST(Datagrams, AFanOutGoesBehindWhatStandsForItself) {
  Socket one;
  Socket other;
  one.fan_out(other.at(), {"long 1, ", "short, ", "long 2, "}, "body");
  one.send(other.at(), "first");
  one.fan_out(other.at(), {"another fan-out, "}, "body");
  one.send(other.at(), "second");
  one.datagrams->flush();
  EXPECT_THAT(other.receive(6), ElementsAre("first", "second", "another fan-out, body",
                                            "long 1, body", "long 2, body", "short, body"));
}

TEST(Datagrams, FanOutsOfATurnGoTogether) {
  Socket one;
  Socket other;
  other.join();
  one.fan_out(other.at(), {"1, ", "22, ", "3, "}, "body");
  one.fan_out(other.at(), {"44, "}, "BODY");
  one.datagrams->flush();
  EXPECT_THAT(other.receive(2), ElementsAre("22, body44, BODY1, body", "3, body"));
}

TEST(Datagrams, EachAddressGetsItsOwn) {
  Socket one;
  std::array<Socket, 3> others;
  for (const std::string& text : numbered(30, 4)) {
    for (const Socket& other : others)
      one.send(other.at(), text);
  }
  one.datagrams->flush();
  for (Socket& other : others)
    EXPECT_EQ(other.receive(30), numbered(30, 4));
}

// A peer is answered from the address that it asked, though the socket has all of them.
TEST(Datagrams, OnAllAddresses) {
  Socket everywhere(IpAddress::v4(0, 0, 0, 0));
  Socket peer;
  const Endpoint asked{IpAddress::v4(127, 0, 0, 2), everywhere.at().port};
  peer.send(asked, "question");
  peer.datagrams->flush();
  const auto questions = everywhere.receive();
  ASSERT_THAT(questions, SizeIs(1));
  EXPECT_EQ(questions[0].local, asked);
  everywhere.datagrams->send({questions[0].local, questions[0].remote, "answer"});
  everywhere.datagrams->flush();
  const auto answers = peer.receive();
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].remote, asked);
}

// Also where it is not cut.
class DatagramsFromAll : public ::testing::TestWithParam<bool> {};

TEST_P(DatagramsFromAll, OneMessageNamesTheAddressThatItComesFrom) {
  Socket everywhere(IpAddress::v4(0, 0, 0, 0));
  Socket peer;
  if (!GetParam()) everywhere.go_without_checksums();
  const IpAddress two = IpAddress::v4(127, 0, 0, 2);
  const IpAddress three = IpAddress::v4(127, 0, 0, 3);
  for (const IpAddress& ip : {two, three, two, three}) {
    const Endpoint from{ip, everywhere.at().port};
    everywhere.datagrams->send({from, peer.at(), "x"});
  }
  everywhere.datagrams->flush();
  std::vector<IpAddress> sources;
  while (sources.size() < 4) {
    const auto batch = peer.receive();
    ASSERT_FALSE(batch.empty());
    for (const auto& received : batch)
      sources.push_back(received.remote.ip);
  }
  EXPECT_THAT(sources, ElementsAre(two, two, three, three));
}
INSTANTIATE_TEST_SUITE_P(CutAndNot, DatagramsFromAll, ::testing::Bool());

// Of IPv6 the source takes the most room beside the length.
TEST(Datagrams, OverIpv6TheyAreCutAsWell) {
  Socket everywhere(IpAddress{});
  Socket peer(kLoopback6);
  peer.join();
  const Endpoint from{kLoopback6, everywhere.at().port};
  for (const std::string_view text : {"aaa", "bbb", "c"})
    everywhere.datagrams->send({from, peer.at(), std::string(text)});
  everywhere.datagrams->flush();
  const auto received = peer.receive();
  ASSERT_THAT(received, SizeIs(1));
  EXPECT_EQ(received[0].bytes, "aaabbbc");
  EXPECT_EQ(received[0].remote, from);
}

}  // namespace shell_datagrams_test
}  // namespace muster::testing
