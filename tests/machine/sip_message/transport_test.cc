// Where answers go and how requests of ours leave (RFC 3261 section 18, RFC 3581).
#include "server/sip_message/answer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "codec/address/ip.h"
#include "server/sip_message/peer_links.h"
#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_transport_test {

// --- answers over UDP (18.2.2) -------------------------------------------------------------------

TEST(AnswerTarget, ByTheTopVia) {
  const Endpoint source = *parse_endpoint("198.51.100.7:31337");
  const struct {
    std::string via;
    std::string target;
  } kRows[] = {
      // The source's address and the port of sent-by.
      {"SIP/2.0/UDP 192.0.2.10:5070;branch=z9hG4bK1", "198.51.100.7:5070"},
      {"SIP/2.0/UDP phone.example.com;branch=z9hG4bK1", "198.51.100.7:5060"},
      {"SIP/2.0/UDP 198.51.100.7:5062", "198.51.100.7:5062"},
      // RFC 3581 section 4.
      {"SIP/2.0/UDP 192.0.2.10:5070;rport;branch=z9hG4bK1", "198.51.100.7:31337"},
      {"SIP/2.0/UDP 192.0.2.10:5070;RPORT=1;branch=z9hG4bK1", "198.51.100.7:31337"},
      // A received of the sender's is not ours.
      {"SIP/2.0/UDP 192.0.2.10:5070;received=203.0.113.1", "198.51.100.7:5070"},
      // maddr comes before rport; a name, a group or everybody is not followed.
      {"SIP/2.0/UDP 192.0.2.10:5070;maddr=203.0.113.5;rport", "203.0.113.5:5070"},
      {"SIP/2.0/UDP 192.0.2.10;maddr=203.0.113.5", "203.0.113.5:5060"},
      {"SIP/2.0/UDP 192.0.2.10;maddr=[2001:db8::5]", "[2001:db8::5]:5060"},
      {"SIP/2.0/UDP 192.0.2.10:5070;maddr=relay.example.com", "198.51.100.7:5070"},
      {"SIP/2.0/UDP 192.0.2.10:5070;maddr=224.0.1.75", "198.51.100.7:5070"},
      {"SIP/2.0/UDP 192.0.2.10:5070;maddr=255.255.255.255", "198.51.100.7:5070"},
      {"SIP/2.0/UDP 192.0.2.10:5070;maddr=[ff02::1]", "198.51.100.7:5070"},
      {"SIP/2.0/UDP 192.0.2.10:5070;maddr=0.0.0.0", "198.51.100.7:5070"},
      // What cannot be read behind sent-by (RFC 4475 section 3.1.2.1).
      {"SIP/2.0/UDP 192.0.2.15:5071;;,;,,", "198.51.100.7:5071"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(to_text(answer_target(row.via, source)), row.target) << row.via;
  }
}

TEST(AnswerTarget, OverALinkOpenedAnew) {
  const Endpoint source = *parse_endpoint("198.51.100.7:31337");
  const auto anew = [&](const std::string& via, Transport transport) {
    return to_text(answer_target_anew(via, source, transport));
  };
  EXPECT_EQ(anew("SIP/2.0/TCP 192.0.2.10:5070;rport", Transport::tcp), "198.51.100.7:5070");
  EXPECT_EQ(anew("SIP/2.0/TCP 192.0.2.10", Transport::tcp), "198.51.100.7:5060");
  EXPECT_EQ(anew("SIP/2.0/TLS 192.0.2.10", Transport::tls), "198.51.100.7:5061");
}

// Answers leave by the socket that the request came to (RFC 3581 section 4), and say whence it
// came.
TEST(Answers, ReceivedAndRport) {
  SipWorld world;
  world.datagram(
      SipText{.method = "OPTIONS", .via = "SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK1"});
  world.answer(world.only_request());
  const auto sent = world.only_sent();
  EXPECT_EQ(sent.local, world.server);
  EXPECT_EQ(sent.remote, world.phone);
  EXPECT_EQ(sent.header("Via"),
            "SIP/2.0/UDP 192.0.2.10:5060;rport=40000;branch=z9hG4bK1;received=127.0.0.1");
}

// A repetition that comes from elsewhere is answered there: a phone whose NAT binding changed.
TEST(Answers, ARepetitionIsAnsweredWhereItCameFrom) {
  SipWorld world;
  const SipText options{.method = "OPTIONS",
                        .via = "SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK1"};
  world.datagram(options);
  world.answer(world.only_request());
  world.sent();
  world.phone.port = 50'000;
  world.datagram(options);
  EXPECT_EQ(world.only_sent().remote.port, 50'000);
}

TEST(Answers, OnTheLinkOfTheRequest) {
  for (const Transport transport : {Transport::tcp, Transport::tls}) {
    SipWorld world;
    const LinkId link = world.open_link(0, transport);
    world.give(TlsStarted{link});
    world.bytes(link, SipText{.method = "OPTIONS"}.text());
    const auto told = world.said<SipRequestReceived>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].flow, world.link_flow(link, transport));
    world.answer(told[0].request);
    EXPECT_EQ(world.only_sent().link, link);
  }
}

TEST(Answers, OverALinkOpenedAnewIfTheirsIsGone) {  // 18.2.2
  const auto lose_link = [](SipWorld& world) {
    const LinkId link = world.open_link(0);
    world.bytes(
        link,
        SipText{.method = "OPTIONS", .via = "SIP/2.0/TCP 192.0.2.10:5070;branch=z9hG4bK1"}.text());
    const SipRequestId request = world.only_request();
    world.give(LinkClosed{link});
    world.answer(request);
    EXPECT_TRUE(world.sent().empty());
    const auto opened = world.ordered<OpenLink>();
    EXPECT_EQ(opened.size(), 1u);
    EXPECT_EQ(opened[0].transport, Transport::tcp);
    EXPECT_EQ(to_text(opened[0].remote), "127.0.0.1:5070");
    EXPECT_EQ(opened[0].use, LinkUse::sip);
    return opened[0];
  };
  SipWorld world;
  const OpenLink open = lose_link(world);
  world.give(LinkOpened{LinkId{1, 1}, LinkUse::sip, Transport::tcp, world.server, open.remote,
                        open.ticket});
  const auto sent = world.only_sent();
  EXPECT_EQ(sent.status(), 200);
  EXPECT_EQ(sent.link, (LinkId{1, 1}));

  SipWorld other;
  other.give(LinkFailed{lose_link(other).ticket});
  EXPECT_TRUE(other.sent().empty());
  EXPECT_EQ(other.sip().counters().of(SipDrop::unsendable_answer), 1u);
}

// --- requests of ours ----------------------------------------------------------------------------

TEST(Requests, TheHead) {  // 8.1.1.7, 18.1.1, RFC 3581 section 3
  SipWorld world;
  world.give(world.notify(world.udp_flow()));
  const auto sent = world.only_sent();
  EXPECT_EQ(sent.local, world.server);
  EXPECT_EQ(sent.remote, world.phone);
  const auto message = sip::parse_message(sent.text);
  ASSERT_TRUE(message);
  EXPECT_EQ(sip::check_request(*message), std::nullopt);
  EXPECT_EQ(message->method(), sip::Method::notify);
  EXPECT_EQ(message->request_uri(), "sip:alice@192.0.2.10:5060");
  EXPECT_EQ(message->body(), "<p/>");
  EXPECT_EQ(message->header(sip::HeaderName::content_type), "application/pidf+xml");
  const auto via = sip::parse_via(*message->header(sip::HeaderName::via));
  EXPECT_EQ(via->sent_by.transport, "UDP");
  EXPECT_EQ(via->sent_by.host.text, "192.0.2.1");
  EXPECT_EQ(via->sent_by.port, 5060);
  EXPECT_TRUE(via->has_rport);
  EXPECT_TRUE(via->has_unique_branch());
}

TEST(Requests, WithoutABody) {
  SipWorld world;
  SipRequestsReady ready = world.notify(world.udp_flow());
  ready.body = nullptr;
  world.give(ready);
  const auto sent = world.only_sent();
  EXPECT_EQ(sent.header("Content-Length"), "0");
  EXPECT_EQ(sent.header("Content-Type"), "(none)");
}

TEST(Requests, SentByIsTheFlowsOwnAddress) {
  SipWorld world;
  Flow flow = world.udp_flow();
  flow.local = *parse_endpoint("[2001:db8::1]:5070");
  for (const Flow& one : {flow, world.udp_flow(), flow}) {
    world.give(world.notify(one));
    EXPECT_NE(world.only_sent().header("Via").find(to_text(one.local) + ";"), std::string::npos);
  }
  const LinkId link = world.open_link(0, Transport::tls);
  world.give(world.notify(world.link_flow(link, Transport::tls)));
  const auto sent = world.only_sent();
  EXPECT_EQ(sent.link, link);
  EXPECT_TRUE(sent.header("Via").starts_with("SIP/2.0/TLS 192.0.2.1:5060;"));
}

// --- large requests (18.1.1) ---------------------------------------------------------------------

class LargeRequests : public ::testing::Test {
 protected:
  // A NOTIFY of exactly so many bytes over UDP.
  void notify(std::size_t bytes, std::uint64_t asker = 7) {
    SipWorld scale;
    scale.give(scale.notify(scale.udp_flow(), asker, ""));
    std::size_t body = bytes - scale.only_sent().text.size();
    body -= std::to_string(body).size() - 1;  // the digits of Content-Length
    world.give(world.notify(world.udp_flow(), asker, std::string(body, 'x')));
  }
  OpenLink only_opening() {
    const auto all = world.ordered<OpenLink>();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? OpenLink{} : all[0];
  }
  void open(const OpenLink& open, LinkId link) {
    world.give(LinkOpened{link, LinkUse::sip, open.transport, *parse_endpoint("192.0.2.1:45678"),
                          open.remote, open.ticket});
  }

  SipWorld world;
};

TEST_F(LargeRequests, LeaveOverTcp) {
  notify(SipMessages::kUdpRequestBytesMax);
  EXPECT_EQ(world.only_sent().text.size(), 1'300u);
  EXPECT_TRUE(world.ordered<OpenLink>().empty());

  notify(SipMessages::kUdpRequestBytesMax + 1, 8);
  EXPECT_TRUE(world.sent().empty());
  const OpenLink opening = only_opening();
  EXPECT_EQ(opening.transport, Transport::tcp);
  EXPECT_EQ(opening.remote, world.phone);
  open(opening, LinkId{4, 1});
  const auto sent = world.only_sent();
  EXPECT_EQ(sent.link, (LinkId{4, 1}));
  EXPECT_EQ(sent.text.size(), 1'301u);
  // The top Via says so, and still where we listen.
  EXPECT_TRUE(sent.header("Via").starts_with("SIP/2.0/TCP 192.0.2.1:5060;"));
  world.bytes(LinkId{4, 1}, SipWorld::answer_to(sent, 200));
  const auto ended = world.said<SipRequestEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].asker, 8u);
  EXPECT_EQ(ended[0].status, 200);
  // No timers of UDP for it: only the small one goes again.
  world.wait(kSipT2);
  for (const auto& again : world.sent())
    EXPECT_EQ(again.text.size(), 1'300u);
}

TEST_F(LargeRequests, TheLinkIsKeptAndUsedAgain) {
  notify(2'000, 1);
  notify(2'000, 2);  // while it is being opened
  const OpenLink opening = only_opening();
  open(opening, LinkId{4, 1});
  EXPECT_EQ(world.sent().size(), 2u);
  notify(2'000, 3);
  EXPECT_EQ(world.only_sent().link, (LinkId{4, 1}));
  EXPECT_TRUE(world.ordered<OpenLink>().empty());
  notify(500, 4);  // a small one stays with UDP
  EXPECT_FALSE(world.only_sent().link);
  // Once it is gone, so are they, and the next opens another.
  world.give(LinkClosed{LinkId{4, 1}});
  EXPECT_EQ(world.said<SipRequestEnded>().size(), 3u);
  notify(2'000, 5);
  only_opening();
}

// RFC 3261 section 18.1.1: a peer that does not take TCP gets it over UDP. It is remembered.
TEST_F(LargeRequests, FallBackToUdp) {
  notify(2'000);
  world.give(LinkFailed{only_opening().ticket});
  const auto sent = world.only_sent();
  EXPECT_FALSE(sent.link);
  EXPECT_EQ(sent.text.size(), 2'000u);
  EXPECT_TRUE(sent.header("Via").starts_with("SIP/2.0/UDP "));
  world.wait(kSipT1);
  EXPECT_EQ(world.only_sent().text, sent.text);  // Timer E runs from here
  world.datagram(SipWorld::answer_to(sent, 200));
  EXPECT_EQ(world.said<SipRequestEnded>().size(), 1u);

  notify(2'000);
  EXPECT_FALSE(world.only_sent().link);
  EXPECT_TRUE(world.ordered<OpenLink>().empty());
  EXPECT_EQ(world.sip().counters().tcp_fallbacks, 2u);
  world.wait(PeerLinks::kPeerRefusedFor - kSipT1 - Duration::milliseconds(1));
  notify(2'000);
  EXPECT_TRUE(world.ordered<OpenLink>().empty());
  world.wait(Duration::milliseconds(1));
  notify(2'000);
  only_opening();
}

TEST_F(LargeRequests, FallBackAfterAShortTime) {
  notify(2'000);
  const OpenLink opening = only_opening();
  world.wait(PeerLinks::kLinkOpenTimeMax - Duration::milliseconds(1));
  EXPECT_TRUE(world.sent().empty());
  world.wait(Duration::milliseconds(1));
  EXPECT_FALSE(world.only_sent().link);
  notify(2'000);  // nor does the next wait for it
  EXPECT_FALSE(world.only_sent().link);
  EXPECT_TRUE(world.ordered<OpenLink>().empty());
  // Late, but it is there.
  open(opening, LinkId{4, 1});
  EXPECT_TRUE(world.sent().empty());
  notify(2'000);
  EXPECT_EQ(world.only_sent().link, (LinkId{4, 1}));
}

// An answer that waits for the same link goes on waiting: it has no other way.
TEST_F(LargeRequests, WhatHasNoOtherWayWaitsOn) {
  notify(2'000);
  const OpenLink opening = only_opening();
  world.give(SendOnLink{LinkId{9, 1}, "SIP/2.0 200 OK\r\n\r\n", world.shard.self,
                        SendOnLink::Anew{Transport::tcp, opening.remote}});
  world.wait(PeerLinks::kLinkOpenTimeMax);
  EXPECT_EQ(world.sent().size(), 1u);
  open(opening, LinkId{4, 1});
  EXPECT_EQ(world.only_sent().text, "SIP/2.0 200 OK\r\n\r\n");
}

TEST_F(LargeRequests, LimitOfPeers) {
  world.settings.limits.sip_peers_per_shard_max = 2;
  const auto to_port = [&](std::uint16_t port) {
    SipRequestsReady ready = world.notify(world.udp_flow(), port, std::string(2'000, 'x'));
    ready.requests[0].flow.remote.port = port;
    world.give(ready);
    return world.sent().size();
  };
  EXPECT_EQ(to_port(1), 0u);
  EXPECT_EQ(to_port(2), 0u);
  EXPECT_EQ(to_port(3), 1u);  // by UDP at once
  EXPECT_EQ(world.sip().counters().of(SipDrop::peer_beyond_limit), 1u);
  EXPECT_EQ(world.ordered<OpenLink>().size(), 2u);
}

// --- flows that name a stream and no link --------------------------------------------------------

TEST(Peers, AreReachedByALinkOfOurs) {
  for (const Transport transport : {Transport::tcp, Transport::tls}) {
    SipWorld world;
    const Flow flow = world.link_flow({}, transport);
    world.give(world.notify(flow, 1));
    const auto opening = world.ordered<OpenLink>();
    ASSERT_EQ(opening.size(), 1u);
    EXPECT_EQ(opening[0].transport, transport);
    world.wait(PeerLinks::kLinkOpenTimeMax);
    world.give(LinkOpened{LinkId{4, 1}, LinkUse::sip, transport, world.server, world.phone,
                          opening[0].ticket});
    const auto sent = world.only_sent();
    EXPECT_EQ(sent.link, (LinkId{4, 1}));
    EXPECT_TRUE(sent.header("Via").starts_with(transport == Transport::tcp ? "SIP/2.0/TCP"
                                                                           : "SIP/2.0/TLS"));
    world.give(world.notify(flow, 2));
    EXPECT_EQ(world.only_sent().link, (LinkId{4, 1}));
    world.give(LinkClosed{LinkId{4, 1}});
    EXPECT_EQ(world.said<SipRequestEnded>().size(), 2u);
    EXPECT_TRUE(world.sip().idle());
  }
}

TEST(Peers, ThatCannotBeReachedEndTheRequest) {
  SipWorld world;
  const Flow flow = world.link_flow({}, Transport::tcp);
  world.give(world.notify(flow, 1));
  const auto opening = world.ordered<OpenLink>();
  ASSERT_EQ(opening.size(), 1u);
  world.give(LinkFailed{opening[0].ticket});
  auto ended = world.said<SipRequestEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].status, 0);
  world.give(world.notify(flow, 2));  // remembered
  ended = world.said<SipRequestEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].asker, 2u);
  world.give(LinkFailed{opening[0].ticket});  // once more, and of nobody
  world.give(LinkFailed{Ticket(12345)});
  EXPECT_TRUE(world.said<SipRequestEnded>().empty());
}

TEST(Peers, TimerFRunsWhileALinkIsOpened) {
  SipWorld world;
  world.give(world.notify(world.link_flow({}, Transport::tcp), 1));
  const auto opening = world.ordered<OpenLink>();
  ASSERT_EQ(opening.size(), 1u);
  world.wait(kSipTransactionTime);
  EXPECT_EQ(world.said<SipRequestEnded>().size(), 1u);
  world.give(LinkOpened{LinkId{4, 1}, LinkUse::sip, Transport::tcp, world.server, world.phone,
                        opening[0].ticket});
  EXPECT_TRUE(world.sent().empty());
}

// The limit of links is for those that others open: ours are as many as its peers.
TEST(Peers, OurLinksAreTakenAtTheLimit) {
  SipWorld world;
  world.settings.limits.sip_links_per_shard_max = 1;
  world.open_link(0);
  world.give(world.notify(world.link_flow({}, Transport::tcp), 1));
  const auto opening = world.ordered<OpenLink>();
  ASSERT_EQ(opening.size(), 1u);
  world.give(LinkOpened{LinkId{4, 1}, LinkUse::sip, Transport::tcp, world.server, world.phone,
                        opening[0].ticket});
  EXPECT_EQ(world.sent().size(), 1u);
  EXPECT_TRUE(world.ordered<CloseLink>().empty());
}

}  // namespace sip_message_transport_test
}  // namespace muster::testing
