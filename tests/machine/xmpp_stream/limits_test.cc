// The limits of XMPP streams: at, below and above each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/heap.h"
#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_limits_test {

using ::testing::HasSubstr;
using testing::only;
using testing::StreamWorld;

std::string message_of(std::size_t bytes) {
  const std::string frame = "<message></message>";
  return "<message>" + std::string(bytes - frame.size(), 'x') + "</message>";
}

TEST(StreamLimits, StanzasOfASession) {
  StreamWorld world;
  world.world.settings.limits.stanza_bytes_max = 20'000;
  const LinkId link = world.bound();
  world.forget();
  world.feed(link, message_of(20'000));
  EXPECT_EQ(world.stanzas.size(), 1u);
  world.feed(link, message_of(20'001));
  EXPECT_THAT(world.said(link), HasSubstr("<stream:error><policy-violation "));
  EXPECT_THAT(world.said(link), HasSubstr("more bytes than are allowed here</text>"));
  EXPECT_EQ(world.stanzas.size(), 1u);
}

TEST(StreamLimits, LessBeforeAuthentication) {
  const auto said_to = [](std::size_t bytes) {
    StreamWorld world;
    const LinkId link = world.secure_negotiating();
    world.forget();
    const std::string open = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>";
    world.feed(link, open + std::string(bytes - open.size() - 7, 'A') + "</auth>");
    return world.said(link);
  };
  EXPECT_EQ(said_to(xml::kUnauthenticatedStanzaBytesMax), "");
  EXPECT_THAT(said_to(xml::kUnauthenticatedStanzaBytesMax + 1), HasSubstr("<policy-violation "));
}

TEST(StreamLimits, StreamsOfAShard) {
  StreamWorld world;
  world.world.settings.limits.streams_per_shard_max = 2;
  const LinkId first = world.open();
  const LinkId second = world.open();
  const LinkId third = world.open();
  EXPECT_EQ(world.state(first), "opening");
  EXPECT_EQ(world.state(second), "opening");
  EXPECT_EQ(world.state(third), "closed");
  EXPECT_THAT(world.said(third), HasSubstr("<stream:error><resource-constraint "));
  world.input(LinkClosed{first});
  EXPECT_EQ(world.state(world.open()), "opening");
}

// A driver stops reading at a barrier; what it had read already has a bound.
TEST(StreamLimits, BytesBehindABarrier) {
  StreamWorld world;
  world.world.settings.limits.stanza_bytes_max = 20'000;
  const LinkId link = world.asking_sasl();
  world.forget();
  world.feed(link, std::string(20'000, ' '));
  EXPECT_EQ(world.state(link), "asking_sasl");
  world.feed(link, " ");
  EXPECT_THAT(world.said(link), HasSubstr("<policy-violation "));
}

// Bytes that come one by one are not copied each time: 20,000 of them are 20,000 appends.
TEST(StreamLimits, AStanzaInManyPiecesIsOneStanza) {
  StreamWorld world;
  const LinkId link = world.bound();
  const std::string message = message_of(20'000);
  for (const char c : message)
    world.feed(link, {&c, 1});
  EXPECT_EQ(world.stanzas, std::vector<std::string>{message});
}

// While the server stops, nobody new is let in, by either door.
TEST(StreamLimits, NobodyNewWhileStopping) {
  StreamWorld world;
  world.input(StopAsked{});
  const LinkId link = world.open();
  EXPECT_THAT(world.said(link), HasSubstr("<stream:error><system-shutdown "));
  const LinkId arrived{50, 1};
  world.input(
      LinkArrived{arrived,
                  {},
                  {},
                  Transport::tcp,
                  StreamOnTheMove{StreamWorld::alice(), "example.com", "<success/>", true, {}}});
  EXPECT_THAT(world.said(arrived), ::testing::StartsWith("<stream:error><system-shutdown "))
      << "in the old stream, instead of <success/>";
  EXPECT_EQ(world.streams.size(), 0u);
}

// What negotiation needed is freed at binding: bound streams are small.
TEST(StreamLimits, MemoryOfABoundStream) {
  constexpr std::size_t kStreams = 500;
  constexpr std::size_t kBytesPerStreamMax = 400;
  StreamWorld world;
  world.bound();
  world.forget();
  const std::size_t before = test::heap_bytes();
  for (std::size_t i = 0; i < kStreams; ++i) {
    world.bound();
    world.forget();
  }
  const std::size_t each = (test::heap_bytes() - before) / kStreams;
  RecordProperty("bytes_per_bound_stream", static_cast<int>(each));
  EXPECT_LE(each, kBytesPerStreamMax);
}

}  // namespace xmpp_stream_limits_test
}  // namespace muster
