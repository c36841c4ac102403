#include "shell/datagrams.h"

#include <gmock/gmock.h>
#include <poll.h>

#include "shell/sockets.h"

namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// UDP over IPv4 carries at most this (65,535 less two headers).
constexpr std::size_t kCarriedBytes = Datagrams::kDatagramBytesMax - 28;

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
  struct Received {
    std::string bytes;
    Endpoint local;
    Endpoint remote;
  };
  // One batch, once there is something.
  std::vector<Received> receive() {
    pollfd waiting{datagrams->sockets()[0].fd.get(), POLLIN, 0};
    std::vector<Received> all;
    if (::poll(&waiting, 1, 10'000) != 1) return all;
    datagrams->receive(0, [&](const DatagramReceived& one) {
      all.push_back({std::string(one.bytes), one.local, one.remote});
    });
    return all;
  }

  std::unique_ptr<Datagrams> datagrams;
};

TEST(Datagrams, CarryHeadAndBody) {
  Socket one;
  Socket other;
  one.datagrams->send(one.at(), other.at(), "head ", share("body"));
  one.datagrams->send(one.at(), other.at(), "alone", nullptr);
  one.datagrams->flush();
  const auto received = other.receive();
  ASSERT_THAT(received, SizeIs(2));
  EXPECT_EQ(received[0].bytes, "head body");
  EXPECT_EQ(received[0].remote, one.at());
  EXPECT_EQ(received[0].local, other.at());
  EXPECT_EQ(received[1].bytes, "alone");
}

TEST(Datagrams, MoreThanABatch) {
  Socket one;
  Socket other;
  for (std::size_t i = 0; i <= Datagrams::kBatch; ++i)
    one.datagrams->send(one.at(), other.at(), std::to_string(i), nullptr);
  one.datagrams->flush();
  EXPECT_THAT(other.receive(), SizeIs(Datagrams::kBatch));
  const auto rest = other.receive();
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].bytes, std::to_string(Datagrams::kBatch));
}

TEST(Datagrams, TheLargestArrivesWhole) {
  Socket one;
  Socket other;
  const std::string large(kCarriedBytes, 'x');
  one.datagrams->send(one.at(), other.at(), large, nullptr);
  one.datagrams->send(one.at(), other.at(), large + "x", nullptr);  // the kernel refuses it
  one.datagrams->send(one.at(), other.at(), "behind", nullptr);
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

// A peer is answered from the address that it asked, though the socket has all of them.
TEST(Datagrams, OnAllAddresses) {
  Socket everywhere(IpAddress::v4(0, 0, 0, 0));
  Socket peer;
  const Endpoint asked{IpAddress::v4(127, 0, 0, 2), everywhere.at().port};
  peer.datagrams->send(peer.at(), asked, "question", nullptr);
  peer.datagrams->flush();
  const auto questions = everywhere.receive();
  ASSERT_THAT(questions, SizeIs(1));
  EXPECT_EQ(questions[0].local, asked);
  everywhere.datagrams->send(questions[0].local, questions[0].remote, "answer", nullptr);
  everywhere.datagrams->flush();
  const auto answers = peer.receive();
  ASSERT_THAT(answers, SizeIs(1));
  EXPECT_EQ(answers[0].remote, asked);
}

}  // namespace
}  // namespace muster::testing
