// XMPP over WebSocket on real sockets: how a link becomes one, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "shell/links_world.h"
#include "support/web_socket_frames.h"

namespace muster::testing {
namespace shell_web_socket_links_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::string_view kRequest =
    "GET /xmpp-websocket HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: xmpp\r\nSec-WebSocket-Version: 13\r\n\r\n";
constexpr std::string_view kOpen =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.com' version='1.0'/>";
constexpr std::string_view kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams' from='example.com' id='1'>";

class WebSocketLinks : public ::testing::Test {
 protected:
  WebSocketLinks() { world.links.use_web_sockets({.http = {}, .message_bytes_max = 100'000}); }

  Peer connect() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    Link link;
    link.fd = Fd(fds[0]);
    link.use = LinkUse::web_socket;
    world.links.await_request(world.now, std::move(link));
    return Peer(Fd(fds[1]));
  }
  // One that is open; its link is world.latest.link.
  Peer open() {
    Peer peer = connect();
    peer.say(kRequest);
    world.turn();
    EXPECT_THAT(peer.hear(), StartsWith("HTTP/1.1 101 "));
    EXPECT_EQ(world.opened, 1);
    return peer;
  }
  void send(std::string_view bytes) {
    world.links.send(world.latest.link, bytes);
    world.turn();
  }

  LinksWorld world;
};

TEST_F(WebSocketLinks, NobodyIsToldBeforeTheRequestIsAnswered) {
  Peer peer = connect();
  world.turn();
  EXPECT_EQ(world.opened, 0);
  for (const char byte : kRequest) {
    EXPECT_EQ(world.opened, 0);
    peer.say({&byte, 1});
    world.turn();
  }
  EXPECT_EQ(world.opened, 1);
  EXPECT_EQ(world.latest.use, LinkUse::web_socket);
  EXPECT_EQ(world.started_tls, 0);
  EXPECT_THAT(peer.hear(), HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

TEST_F(WebSocketLinks, MessagesAreTheStreamAndTheStreamIsMessages) {
  Peer peer = open();
  peer.say(peer_message(kOpen) + peer_message("<presence xmlns='jabber:client'/>"));
  world.turn();
  EXPECT_EQ(world.heard,
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
            " xmlns:stream='http://etherx.jabber.org/streams' to='example.com' version='1.0'>"
            "<presence xmlns='jabber:client'/>");
  EXPECT_EQ(world.reads, 1) << "at once";
  send(std::string(kHeader) + "<iq id='1'/>");
  EXPECT_THAT(server_frames(peer.hear()),
              ElementsAre("text:<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'"
                          " from='example.com' id='1'/>",
                          "text:<iq xmlns='jabber:client' id='1'/>"));
}

TEST_F(WebSocketLinks, FramesThatComeWithTheRequestAreRead) {
  Peer peer = connect();
  peer.say(std::string(kRequest) + peer_message(kOpen));
  world.turn();
  EXPECT_EQ(world.opened, 1);
  EXPECT_THAT(world.heard, HasSubstr("<stream:stream"));
}

TEST_F(WebSocketLinks, AFanOutIsAMessageForEach) {
  Peer peer = open();
  send(kHeader);
  peer.hear();
  FanOut order;
  order.before = std::make_shared<const std::string>("<presence to='");
  order.after = std::make_shared<const std::string>("'/>");
  order.holes = "ab";
  order.recipients = {{world.latest.link, 0, 1}, {world.latest.link, 1, 1}};
  world.links.fan_out(order);
  world.turn();
  EXPECT_THAT(server_frames(peer.hear()),
              ElementsAre("text:<presence xmlns='jabber:client' to='a'/>",
                          "text:<presence xmlns='jabber:client' to='b'/>"));
}

TEST_F(WebSocketLinks, WhoAsksForSomethingElseIsAnsweredAndClosed) {
  Peer peer = connect();
  peer.say("GET / HTTP/1.1\r\nHost: example.com\r\n\r\nGET / HTTP/1.1\r\n");
  world.turn();
  world.turn();
  EXPECT_THAT(peer.hear(), StartsWith("HTTP/1.1 404 "));
  EXPECT_TRUE(peer.ended);
  peer.say_no_more();
  world.turn();
  EXPECT_EQ(world.links.size(), 0u);
  EXPECT_EQ(world.opened + world.closed, 0);
}

TEST_F(WebSocketLinks, ARequestWithoutEndIsRefused) {
  Peer peer = connect();
  std::string head = "GET /xmpp-websocket HTTP/1.1\r\nX: ";
  head.resize(kHeadBytesMax, 'x');
  peer.say(head);
  world.turn();
  EXPECT_EQ(peer.hear(), "");
  peer.say("x");
  world.turn();
  EXPECT_THAT(peer.hear(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(WebSocketLinks, WhoIsTooSlowToAskIsCut) {
  Peer peer = connect();
  peer.say(kRequest.substr(0, 40));
  world.turn();
  world.pass(Links::kHandshakeTimeMax - Duration::milliseconds(1));
  EXPECT_EQ(world.links.size(), 1u);
  world.pass(Duration::milliseconds(1));
  EXPECT_EQ(world.links.size(), 0u);
  EXPECT_EQ(world.opened + world.closed, 0);
  peer.hear();
  EXPECT_TRUE(peer.ended);
}

TEST_F(WebSocketLinks, WhoGoesBeforeAskingIsForgotten) {
  connect().say_no_more();
  world.turn();
  world.turn();
  EXPECT_EQ(world.links.size(), 0u);
  EXPECT_EQ(world.closed, 0);
}

TEST_F(WebSocketLinks, ACloseFrameIsAnsweredAndTheStreamIsLost) {
  Peer peer = open();
  peer.say(peer_message(kOpen) + peer_frame(kCloseFrame, "\x03\xe8"));
  world.turn();
  world.turn();
  EXPECT_THAT(world.heard, HasSubstr("<stream:stream")) << "what came before it";
  EXPECT_EQ(world.closed, 1);
  EXPECT_THAT(server_frames(peer.hear()), ElementsAre("close:1000"));
  EXPECT_TRUE(peer.ended);
}

// RFC 7395 section 3.6.
TEST_F(WebSocketLinks, WhatIsClosedHereEndsWithACloseFrame) {
  Peer peer = open();
  send(std::string(kHeader) + "</stream:stream>");
  peer.hear();
  world.links.close(world.now, world.latest.link);
  world.turn();
  EXPECT_THAT(server_frames(peer.hear()), ElementsAre("close:1000"));
  EXPECT_TRUE(peer.ended);
  EXPECT_EQ(world.closed, 0);
  // Its own is read and forgotten, as all else.
  peer.say(peer_frame(kCloseFrame, "\x03\xe8") + "x");
  peer.say_no_more();
  world.turn();
  world.turn();
  EXPECT_EQ(world.links.size(), 0u);
}

TEST_F(WebSocketLinks, WhoBreaksARuleIsToldAndLost) {
  Peer peer = open();
  peer.say(peer_frame(kBinary, "x"));
  world.turn();
  world.turn();
  EXPECT_EQ(world.closed, 1);
  EXPECT_THAT(server_frames(peer.hear()), ElementsAre("close:1003"));
  peer.say(peer_message(kOpen));
  world.turn();
  EXPECT_THAT(world.heard, IsEmpty());
}

// Who has not said who she is gets no more than over TCP.
TEST_F(WebSocketLinks, AMessageHasTheLimitOfAStanza) {
  const auto answered = [&](std::size_t bytes, bool authenticated) {
    world.opened = 0;
    Peer peer = open();
    send(kHeader);
    if (authenticated) send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    peer.hear();
    const std::string message = peer_message("<a>" + std::string(bytes - 7, 'x') + "</a>");
    for (std::size_t at = 0; at < message.size(); at += 10'000) {
      peer.say(message.substr(at, 10'000));
      world.turn();
    }
    const auto frames = server_frames(peer.hear());
    return frames.empty() ? std::string() : frames[0];
  };
  EXPECT_EQ(answered(xml::kUnauthenticatedStanzaBytesMax, false), "");
  EXPECT_EQ(answered(xml::kUnauthenticatedStanzaBytesMax + 1, false), "close:1009");
  EXPECT_EQ(answered(100'000, true), "");
  EXPECT_EQ(answered(100'001, true), "close:1009");
}

TEST_F(WebSocketLinks, ALinkMovesWithWhatItHasBegun) {
  Peer peer = open();
  const std::string message = peer_message("<presence xmlns='jabber:client'/>");
  peer.say(message.substr(0, 9));
  world.turn();
  auto link = world.links.release(world.latest.link);
  ASSERT_NE(link, nullptr);
  const LinkId id = world.links.adopt(std::move(*link));
  peer.say(message.substr(9));
  world.turn();
  EXPECT_EQ(world.heard, "<presence xmlns='jabber:client'/>");
  world.links.send(id, kHeader);
  world.turn();
  EXPECT_THAT(server_frames(peer.hear()), ElementsAre(HasSubstr("<open ")));
}

TEST_F(WebSocketLinks, WhoHasNotAskedYetIsCutAtTheEnd) {
  Peer waiting = connect();
  Peer peer = open();
  world.links.close_all(world.now);
  world.turn();
  EXPECT_THAT(server_frames(peer.hear()), ElementsAre("close:1000"));
  waiting.hear();
  EXPECT_TRUE(waiting.ended);
}

// What the shard says must be a stream: it cuts the link else, and no other one.
TEST_F(WebSocketLinks, WhatIsNoStreamIsNotSaid) {
  Peer peer = open();
  send("hello");
  world.turn();
  EXPECT_EQ(world.closed, 1);
  EXPECT_THAT(peer.hear(), IsEmpty());
}

// A stream that ends amid an element, as one that is relayed and lost.
TEST_F(WebSocketLinks, WhatEndsInTheMiddleEndsByACloseFrame) {
  Peer peer = open();
  send(std::string(kHeader) + "<message><body>so fa");
  peer.hear();
  world.links.send(world.latest.link, "<stream:error/></stream:stream>");
  world.links.close(world.now, world.latest.link);
  world.turn();
  EXPECT_THAT(server_frames(peer.hear()), ElementsAre("close:1000"));
}

}  // namespace shell_web_socket_links_test
}  // namespace muster::testing
