#include "shell/links.h"

#include <gtest/gtest.h>

#include "shell/links_world.h"
#include "shell/sockets.h"

namespace muster::testing {
namespace shell_links_test {

constexpr Duration kMoment = Duration::microseconds(1);

TEST(Links, CarryBytesEachWay) {
  LinksWorld world;
  auto [id, peer] = world.connect();
  peer.say("hello");
  world.links.send(id, "good ");
  world.links.send(id, "day");
  EXPECT_EQ(peer.hear(), "") << "nothing is written before the turn ends";
  world.turn();
  EXPECT_EQ(world.heard, "hello");
  EXPECT_EQ(peer.hear(), "good day");
}

TEST(Links, OneReadIsBounded) {
  LinksWorld world;
  auto [id, peer] = world.connect();
  peer.say(std::string(Links::kReadBytesMax + 1, 'x'));
  world.turn();
  EXPECT_EQ(world.heard.size(), Links::kReadBytesMax);
  world.turn();
  EXPECT_EQ(world.heard.size(), Links::kReadBytesMax + 1);
  EXPECT_EQ(world.reads, 2);
}

TEST(Links, APeerWhoDoesNotReadIsCut) {
  LinksWorld world;
  auto [id, peer] = world.connect();
  world.links.send(id, std::string(Links::kUnwrittenBytesMax, 'x'));
  world.turn();
  ASSERT_GT(world.unwritten(id), 0u) << "the kernel took it all";
  world.links.send(id, std::string(Links::kUnwrittenBytesMax - world.unwritten(id), 'x'));
  world.turn();
  EXPECT_EQ(world.unwritten(id), Links::kUnwrittenBytesMax);
  EXPECT_EQ(world.closed, 0);
  world.links.send(id, "x");
  world.turn();
  EXPECT_EQ(world.closed, 1);
  EXPECT_EQ(world.links.size(), 0u);
}

TEST(Links, APeerWhoReadsLateGetsAll) {
  LinksWorld world;
  auto [id, peer] = world.connect();
  std::string all;
  for (int i = 0; all.size() < Links::kUnwrittenBytesMax; ++i)
    all += std::to_string(i);
  world.links.send(id, all);
  std::string heard;
  for (int turns = 0; heard.size() < all.size() && turns < 1'000; ++turns) {
    world.turn();
    heard += peer.hear();
  }
  EXPECT_EQ(heard, all);
}

// --- the end -------------------------------------------------------------------------------------

TEST(Links, LastWordsArriveBeforeTheEnd) {
  LinksWorld world;
  auto [id, peer] = world.connect();
  world.links.send(id, "goodbye");
  world.links.close(world.now, id);
  world.links.send(id, "too late");
  world.turn();
  EXPECT_EQ(peer.hear(), "goodbye");
  EXPECT_TRUE(peer.ended);
  EXPECT_EQ(world.links.size(), 1u) << "it waits for the peer's end";
  peer.say_no_more();
  world.turn();
  EXPECT_EQ(world.links.size(), 0u);
  EXPECT_EQ(world.closed, 0) << "who closed a link need not be told";
}

TEST(Links, APeerWhoEndsIsTold) {
  LinksWorld world;
  auto [id, peer] = world.connect();
  peer.say("last");
  peer.say_no_more();
  world.turn();
  world.turn();
  EXPECT_EQ(world.heard, "last");
  EXPECT_EQ(world.closed, 1);
  EXPECT_EQ(world.links.size(), 0u);
  peer.hear();
  EXPECT_TRUE(peer.ended);
}

TEST(Links, LingeringHasAnEnd) {
  LinksWorld world;
  auto [id, peer] = world.connect();
  world.links.close(world.now, id);
  world.turn();
  world.pass(Links::kLingerTimeMax - kMoment);
  EXPECT_EQ(world.links.size(), 1u);
  world.pass(kMoment);
  EXPECT_EQ(world.links.size(), 0u);
}

TEST(Links, DrainingHasAnEnd) {
  LinksWorld world;
  auto [id, peer] = world.connect();
  world.links.send(id, std::string(Links::kUnwrittenBytesMax, 'x'));
  world.links.close(world.now, id);
  world.turn();
  world.pass(Links::kDrainTimeMax - kMoment);
  EXPECT_EQ(world.links.size(), 1u);
  world.pass(kMoment);
  EXPECT_EQ(world.links.size(), 0u);
}

TEST(Links, AllAreClosedInOrder) {
  LinksWorld world;
  auto [first, one] = world.connect();
  auto [second, two] = world.connect();
  world.links.send(first, "bye");
  world.links.close_all(world.now);
  world.turn();
  EXPECT_EQ(one.hear(), "bye");
  two.hear();
  EXPECT_TRUE(one.ended && two.ended);
}

// --- links that we ask for -----------------------------------------------------------------------

TEST(Links, OpenToWhoListens) {
  LinksWorld world;
  const auto listener = listen_tcp({IpAddress::v4(127, 0, 0, 1), 0});
  ASSERT_TRUE(listener.ok());
  OpenLink order;
  order.ticket = Ticket(1);
  order.remote = local_endpoint(listener->get());
  world.links.open(world.now, order);
  for (int turns = 0; world.opened == 0 && turns < 1'000'000; ++turns)
    world.turn();
  EXPECT_EQ(world.opened, 1);
}

TEST(Links, OpenToNobody) {
  LinksWorld world;
  OpenLink order;
  order.ticket = Ticket(1);
  {
    const auto listener = listen_tcp({IpAddress::v4(127, 0, 0, 1), 0});
    ASSERT_TRUE(listener.ok());
    order.remote = local_endpoint(listener->get());
  }
  world.links.open(world.now, order);
  for (int turns = 0; world.failed == 0 && turns < 1'000'000; ++turns)
    world.turn();
  EXPECT_EQ(world.failed, 1);
}

// A listener whose queue is full answers nobody.
TEST(Links, ConnectingHasAnEnd) {
  LinksWorld world;
  const Fd full(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  const socklen_t bytes = to_sockaddr({IpAddress::v4(127, 0, 0, 1), 0}, address);
  ASSERT_EQ(::bind(full.get(), reinterpret_cast<sockaddr*>(&address), bytes), 0);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  const Endpoint to = local_endpoint(full.get());
  const auto one = connect_tcp(to);
  const auto two = connect_tcp(to);
  OpenLink order;
  order.ticket = Ticket(1);
  order.remote = to;
  world.links.open(world.now, order);
  world.pass(Links::kConnectTimeMax - kMoment);
  EXPECT_EQ(world.failed, 0);
  world.pass(kMoment);
  EXPECT_EQ(world.failed, 1);
  EXPECT_EQ(world.links.size(), 0u);
}

// --- memory --------------------------------------------------------------------------------------

// A link that has nothing to say holds no buffer, whether its buffer was kept for the next one or
// was too big, or one too many, for that.
TEST(Links, WhoIsSilentHoldsNoBuffer) {
  LinksWorld world;
  std::vector<LinksWorld::Pair> pairs;
  for (std::size_t i = 0; i <= Links::kSpareBuffersMax; ++i) {
    pairs.push_back(world.connect());
    world.links.send(pairs.back().id, std::string(100, 'x'));
  }
  world.links.send(pairs.front().id, std::string(Links::kSpareBufferBytesMax, 'x'));
  world.turn();
  for (LinksWorld::Pair& pair : pairs) {
    EXPECT_EQ(pair.peer.hear().substr(0, 1), "x");
    EXPECT_LT(world.links.find(pair.id)->out.capacity(), 64u);
  }
}

}  // namespace shell_links_test
}  // namespace muster::testing
