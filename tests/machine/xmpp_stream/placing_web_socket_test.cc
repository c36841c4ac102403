// Where a user over WebSocket is sent (RFC 7395 section 3.6.1), and what becomes of her where that
// is nowhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_placing_web_socket_test {

using ::testing::HasSubstr;
using Outcome = UserPlace::Outcome;
using testing::only;
using testing::StreamWorld;

UserPlace elsewhere() {
  ServerContacts contacts;
  contacts.server = 2;
  contacts.svr_id = "sip:s2.example.com";
  contacts.xmpp = Redirection{"s2.example.com", 5222, {}};
  contacts.web_socket = Redirection{{}, 0, "wss://s2.example.com/xmpp-websocket"};
  return {Outcome::elsewhere, std::make_shared<const ServerContacts>(std::move(contacts))};
}

constexpr std::string_view kSeeOtherUri =
    "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>"
    "wss://s2.example.com/xmpp-websocket</see-other-host></stream:error></stream:stream>";

// Of who has no WebSocket.
UserPlace elsewhere_by_tcp() {
  ServerContacts contacts = *elsewhere().at;
  contacts.web_socket.reset();
  return {Outcome::elsewhere, std::make_shared<const ServerContacts>(std::move(contacts))};
}

class PlacingWebSocket : public ::testing::Test {
 protected:
  PlacingWebSocket() {
    world.world.settings.cluster.emplace();
    world.opened_for = LinkUse::web_socket;
  }

  StreamWorld world;
};

// RFC 7395 section 3.6.1; the driver writes it as it is written there.
TEST_F(PlacingWebSocket, WhoBindsElsewhereIsToldItsUri) {
  const LinkId link = world.placed(elsewhere());
  world.feed(link, testing::kBind);
  EXPECT_EQ(world.said(link), kSeeOtherUri);
  EXPECT_EQ(world.state(link), "closed");
}

TEST_F(PlacingWebSocket, WhoAsksIsToldItsUri) {
  const LinkId link = world.placed(elsewhere());
  world.feed(link, testing::kAskRedirection);
  EXPECT_THAT(world.said(link), HasSubstr(">wss://s2.example.com/xmpp-websocket</redirection>"));
}

TEST_F(PlacingWebSocket, WhoMovesIsToldItsUri) {
  const LinkId link = world.placed({Outcome::here, nullptr});
  world.feed(link, testing::kBind);
  world.input(BindGranted{link, StreamWorld::session(), StreamWorld::alice().with_resource("a")});
  world.forget();
  world.input(RedirectStream{link, elsewhere().at});
  EXPECT_EQ(world.said(link), kSeeOtherUri);
}

TEST_F(PlacingWebSocket, WhoMovesToWhereThereIsNoneIsToComeAgain) {
  const LinkId link = world.placed({Outcome::here, nullptr});
  world.feed(link, testing::kBind);
  world.input(BindGranted{link, StreamWorld::session(), StreamWorld::alice().with_resource("a")});
  world.forget();
  world.input(RedirectStream{link, elsewhere_by_tcp().at});
  EXPECT_THAT(world.said(link), HasSubstr("<reset "));
  EXPECT_TRUE(world.closed(link));
  EXPECT_EQ(only<StreamEnded>(world.events).size(), 1u);
}

TEST_F(PlacingWebSocket, WhoCanGoNowhereIsRelayedAtOnce) {
  const LinkId link = world.placing();
  world.input(StreamPlaced{link, elsewhere_by_tcp()});
  const auto relayed = only<RelayStream>(world.events);
  ASSERT_EQ(relayed.size(), 1u);
  EXPECT_TRUE(relayed[0].web_socket);
}

TEST_F(PlacingWebSocket, WhoComesBackIsRelayed) {
  world.feed(world.placed(elsewhere()), testing::kBind);
  const LinkId link = world.placing();
  world.input(StreamPlaced{link, elsewhere()});
  EXPECT_EQ(only<RelayStream>(world.events).size(), 1u);
}

// It moves to the home shard of its user with what it is.
TEST_F(PlacingWebSocket, AStreamThatMovesStaysOne) {
  std::vector<HandOver> over;
  for (std::uint8_t shards = 2; over.empty() && shards < 32; ++shards) {
    StreamWorld many(shards);
    many.opened_for = LinkUse::web_socket;
    many.reopening();
    over = only<HandOver>(many.orders);
  }
  ASSERT_EQ(over.size(), 1u);
  const StreamOnTheMove moved = over[0].stream;
  world.input(LinkArrived{LinkId{7, 1}, {}, StreamWorld::peer(), Transport::tcp, moved, {}, {}});
  world.input(StreamPlaced{LinkId{7, 1}, elsewhere()});
  world.feed(LinkId{7, 1}, testing::kHeader);
  world.forget();
  world.feed(LinkId{7, 1}, testing::kBind);
  EXPECT_EQ(world.said(LinkId{7, 1}), kSeeOtherUri);
}

// One that is relayed here is a WebSocket for whoever tells it where to go.
TEST_F(PlacingWebSocket, WhoIsRelayedIsToldItsUri) {
  const LinkId link{kRelayedSlot | 3u, 1};
  world.input(RelayedStreamCame{link, StreamWorld::alice(), "example.com", StreamWorld::peer(),
                                true, true});
  world.input(StreamPlaced{link, elsewhere()});
  world.input(RelayedBytes{link, testing::kHeader});
  world.forget();
  world.input(RelayedBytes{link, testing::kBind});
  EXPECT_EQ(world.said(link), kSeeOtherUri);
}

}  // namespace xmpp_stream_placing_web_socket_test
}  // namespace muster
