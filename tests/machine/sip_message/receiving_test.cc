// What comes in by datagrams and streams, and the way of a message to its shard.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "server/sip_message/sip_messages.h"
#include "server/sip_names.h"
#include "support/grind.h"
#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_receiving_test {

const SipText kOptions{.method = "OPTIONS", .uri = "sip:example.com"};

// STUN with the magic cookie and no attributes (RFC 8489 section 5).
std::string binding_request(std::string_view type = {"\0\1", 2}) {
  return std::string(type) + std::string("\0\0\x21\x12\xa4\x42", 6) + "transaction0";
}

// --- datagrams -----------------------------------------------------------------------------------

TEST(Datagrams, WhatCannotBeAnsweredIsDroppedAndCounted) {
  const std::string options = kOptions.text();
  const auto without = [&](const std::string& part) {
    std::string text = options;
    return text.erase(text.find(part), part.size());
  };
  std::string bare = options;
  bare.replace(bare.find("\r\nFrom"), 2, "\n");
  const std::string ack = SipText{.method = "ACK", .to = "<sip:bob@example.com"}.text();
  const struct {
    std::string text;
    SipDrop why;
  } kRows[] = {
      {"\r\n\r\n", SipDrop::keep_alive},
      {"", SipDrop::keep_alive},
      {std::string(4, '\0'), SipDrop::not_sip},
      {"GET / HTTP/1.1\r\n\r\n", SipDrop::not_sip},
      {binding_request("\1\1"), SipDrop::not_binding_request},  // a response
      {binding_request() + "x", SipDrop::not_binding_request},
      {"SIP/2.0 99 Too low\r\n\r\n", SipDrop::stray_response},
      {bare, SipDrop::bare_line_break},
      {"OPTIONS sip:example.com SIP/2.0\r\nX: " + std::string(65'500, 'x'), SipDrop::oversized},
      {without("Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKone\r\n"), SipDrop::unanswerable},
      {ack, SipDrop::unanswerable},
      {SipText{.method = "ACK"}.text(), SipDrop::stray_ack},
      {"SIP/2.0 200 OK\r\n\r\n", SipDrop::stray_response},
  };
  for (const auto& row : kRows) {
    SipWorld world;
    world.datagram(row.text);
    EXPECT_EQ(world.sip().counters().of(row.why), 1u) << text_of(row.why) << ": " << row.text;
    EXPECT_TRUE(world.sent().empty()) << row.text;
    EXPECT_TRUE(world.said<SipRequestReceived>().empty());
    const auto& dropped = world.sip().counters().dropped;
    EXPECT_EQ(std::count(dropped.begin(), dropped.end(), 0u), std::ssize(dropped) - 1);
  }
}

TEST(Datagrams, EachDropHasAName) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kSipDrops; ++i)
    names.push_back(text_of(static_cast<SipDrop>(i)));
  EXPECT_EQ(names.front(), "keep_alive");
  EXPECT_EQ(names.back(), "link_to_nobody");
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

// RFC 5626 section 8: on the shard and by the socket that it came by, whoever's phone it is.
TEST(Datagrams, AStunBindingRequestIsAnsweredWithWhereItCameFrom) {
  SipWorld world(4, 2);
  world.datagram(binding_request());
  const auto sent = world.only_sent();
  EXPECT_EQ(sent.link, std::nullopt);
  EXPECT_EQ(sent.local, world.server);
  EXPECT_EQ(sent.remote, world.phone);
  const std::string_view mapped("\0\x20\0\x08\0\1\xbd\x52\x5e\x12\xa4\x43", 12);  // 127.0.0.1:40000
  EXPECT_EQ(sent.text,
            "\1\1" + std::string("\0\x0c", 2) + binding_request().substr(4) + std::string(mapped));
  EXPECT_EQ(world.sip().counters().bindings, 1u);
  EXPECT_TRUE(world.ordered<ToShard>().empty());
  EXPECT_TRUE(world.said<SipRequestReceived>().empty());
  EXPECT_TRUE(world.sip().idle());
}

// On a stream it is what cannot be divided into messages: section 4.4.2 forbids it there.
TEST(Streams, StunIsNotForThem) {
  SipWorld world;
  const LinkId link = world.open_link(0);
  world.bytes(link, binding_request() + std::string(2'000, '\0'));
  EXPECT_TRUE(world.sent().empty());
  EXPECT_EQ(world.sip().counters().bindings, 0u);
}

// RFC 3261 section 18.3: bytes behind the body are discarded.
TEST(Datagrams, ExtraBytesAreDiscarded) {
  SipWorld world;
  const std::string options = kOptions.text();
  world.datagram("\r\n" + options + "INVITE nonsense");
  const auto told = world.said<SipRequestReceived>();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].read->message.bytes(), options);
  world.answer(told[0].request);
  EXPECT_EQ(world.statuses(), std::vector{200});
}

// The event's view stays good until the answer, whatever comes in between.
TEST(Datagrams, TheRequestIsKeptUntilItsAnswer) {
  SipWorld world;
  world.datagram(kOptions);
  const auto told = world.said<SipRequestReceived>();
  for (int i = 0; i < 100; ++i) {
    SipText other = kOptions;
    other.via += std::to_string(i);
    other.call_id += std::to_string(i);
    world.datagram(other);
  }
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].read->message.bytes(), kOptions.text());
  world.answer(told[0].request);
  EXPECT_EQ(world.only_sent().header("Call-ID"), "call-1");
}

// --- streams -------------------------------------------------------------------------------------

std::vector<std::string> what_came(const test::Pieces& pieces) {
  SipWorld world;
  const LinkId link = world.open_link(3);
  std::vector<std::string> all;
  for (const std::string_view piece : pieces) {
    world.bytes(link, piece);
    for (const auto& told : world.said<SipRequestReceived>())
      all.emplace_back(told.read->message.bytes());
    for (const auto& sent : world.sent()) {
      EXPECT_EQ(sent.link, link);
      // Pongs that come of one read leave together.
      if (!sent.text.starts_with("\r\n")) all.push_back(std::to_string(sent.status()));
    }
  }
  return all;
}

TEST(Streams, GrindAtEverySplit) {
  SipText publish{.method = "PUBLISH", .to = "<sip:alice@example.com>"};
  publish.rows = "Content-Type: text/plain\r\n";
  publish.body = "OPTIONS sip:example.com SIP/2.0\r\n\r\n";
  SipText second = kOptions;
  second.via += "2";
  second.call_id += "2";
  const std::string stream =
      "\r\n\r\n" + publish.text() + second.text() + SipText{.method = "ACK"}.text() + "\r\n";
  const auto came = test::grind(stream, what_came);
  EXPECT_EQ(came, (std::vector{publish.text(), second.text()}));
}

// The same with an end that nobody can find: a 400, and the link closes.
TEST(Streams, GrindUpToAnError) {
  std::string bad = SipText{.method = "PUBLISH"}.text();
  bad.replace(bad.find("Content-Length: 0"), 17, "Content-Length: -1");
  const auto came = test::grind(kOptions.text() + bad + kOptions.text(), what_came);
  EXPECT_EQ(came, (std::vector<std::string>{kOptions.text(), "400"}));
}

TEST(Streams, EachPingGetsItsPong) {  // RFC 5626 sections 3.5.1 and 5.4
  SipWorld world;
  const LinkId link = world.open_link(0);
  const auto pongs_to = [&](std::string_view bytes) {
    world.bytes(link, bytes);
    std::string all;
    for (const auto& sent : world.sent())
      all += sent.text;
    return all;
  };
  EXPECT_EQ(pongs_to("\r\n"), "");
  EXPECT_EQ(pongs_to("\r\n"), "\r\n");
  EXPECT_EQ(pongs_to("\r\n\r\n\r\n\r\n\r\n\r\n"), "\r\n\r\n\r\n");
  EXPECT_EQ(pongs_to("\r\n" + kOptions.text()), "");  // in front of a message it is no ping
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
}

// What cannot be divided is answered, if it is a request, and the link closes behind the answer.
TEST(Streams, FramingErrors) {
  SipWorld sizes;
  sizes.settings.limits.sip_header_bytes_max = 1'000;
  sizes.settings.limits.sip_body_bytes_max = 100;
  const auto with_length = [](const std::string& row, const std::string& method = "PUBLISH") {
    std::string text = SipText{.method = method}.text();
    return text.replace(text.find("Content-Length: 0\r\n"), 19, row);
  };
  std::string large = SipText{.rows = "X: " + std::string(2'000, 'x') + "\r\n"}.text();
  std::string no_via = with_length("");
  no_via.replace(no_via.find("Via"), 3, "Viv");
  const struct {
    std::string text;
    int status;  // 0: none
    std::string reason;
  } kRows[] = {
      {with_length(""), 400, "Missing Content-Length"},
      {with_length("Content-Length: five\r\n"), 400, "Malformed Content-Length"},
      {with_length("Content-Length: 1\r\nContent-Length: 2\r\n"), 400, "Malformed Content-Length"},
      {with_length("Content-Length: 101\r\n"), 413, "Request Entity Too Large"},
      {large, 513, "Message Too Large"},
      {"\n" + kOptions.text(), 0, ""},
      {no_via, 0, ""},
      {with_length("", "ACK"), 0, ""},
      {"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKx\r\n\r\n", 0, ""},
      {std::string(2'000, 'x'), 0, ""},
  };
  for (const auto& row : kRows) {
    SipWorld world;
    world.settings.limits = sizes.settings.limits;
    const LinkId link = world.open_link(0);
    world.bytes(link, row.text);
    const auto sent = world.sent();
    ASSERT_EQ(sent.size(), row.status == 0 ? 0u : 1u) << row.text;
    if (row.status != 0) {
      EXPECT_EQ(sent[0].status(), row.status) << row.text;
      EXPECT_EQ(sip::parse_message(sent[0].text)->reason(), row.reason);
      EXPECT_EQ(sent[0].link, link);
    }
    EXPECT_EQ(world.ordered<CloseLink>().size(), 1u) << row.text;
    EXPECT_EQ(world.said<FlowLost>().size(), 1u);
    EXPECT_EQ(world.sip().counters().of(SipDrop::link_not_sip), 1u);
    world.bytes(link, kOptions.text());  // its id means nothing any more
    EXPECT_TRUE(world.said<SipRequestReceived>().empty());
  }
}

TEST(Streams, ABodyAtTheLimitIsTaken) {
  SipWorld world;
  world.settings.limits.sip_body_bytes_max = 100;
  const LinkId link = world.open_link(0);
  SipText publish{.method = "PUBLISH", .rows = "Content-Type: text/plain\r\n"};
  publish.body = std::string(100, 'x');
  world.bytes(link, publish.text());
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
  EXPECT_TRUE(world.ordered<CloseLink>().empty());
}

// The order of an answer and of the end of its link is the order in which they are carried out.
TEST(Streams, TheAnswerLeavesBeforeTheLinkCloses) {
  SipWorld world;
  const LinkId link{0, 1};
  world.sip().on(world.now,
                 LinkOpened{link, LinkUse::sip, Transport::tcp, world.server, world.phone, {}},
                 world.out);
  std::string bad = kOptions.text();
  bad.replace(bad.find("Content-Length: 0"), 17, "Content-Length: x");
  world.sip().on(world.now, BytesReceived{link, bad}, world.out);
  const auto happened = world.take();
  ASSERT_EQ(happened.orders.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<SendBytes>(happened.orders[0]));
  EXPECT_TRUE(std::holds_alternative<CloseLink>(happened.orders[1]));
}

// --- limits of streams ---------------------------------------------------------------------------

TEST(Streams, LimitOfLinks) {
  SipWorld world;
  world.settings.limits.sip_links_per_shard_max = 2;
  const LinkId first = world.open_link(0);
  world.open_link(1);
  EXPECT_TRUE(world.ordered<CloseLink>().empty());
  world.open_link(2);
  const auto closed = world.ordered<CloseLink>();
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].link.slot, 2u);
  EXPECT_EQ(world.sip().counters().of(SipDrop::link_beyond_limit), 1u);
  world.give(LinkClosed{first});
  world.open_link(3);
  EXPECT_TRUE(world.ordered<CloseLink>().empty());
}

TEST(Streams, ASilentLinkIsClosed) {
  SipWorld world;
  const Duration max = world.settings.limits.sip_link_silence_max;
  const LinkId link = world.open_link(0);
  world.wait(max - Duration::milliseconds(1));
  world.bytes(link, "\r\n\r\n");  // it is heard
  world.wait(max - Duration::milliseconds(1));
  EXPECT_TRUE(world.ordered<CloseLink>().empty());
  world.wait(Duration::milliseconds(1));
  EXPECT_EQ(world.ordered<CloseLink>().size(), 1u);
  EXPECT_EQ(world.said<FlowLost>().size(), 1u);
  EXPECT_EQ(world.sip().counters().of(SipDrop::link_silent), 1u);
  EXPECT_EQ(world.sip().next_deadline(), std::nullopt);
}

TEST(Streams, HalfAMessageHasItsTime) {
  SipWorld world;
  const Duration max = world.settings.limits.sip_message_time_max;
  const LinkId link = world.open_link(0);
  const std::string options = kOptions.text();
  // Whole within its time, again and again.
  for (int i = 0; i < 3; ++i) {
    world.bytes(link, options.substr(0, 50));
    world.wait(max - Duration::milliseconds(1));
    world.bytes(link, options.substr(50));
  }
  EXPECT_TRUE(world.ordered<CloseLink>().empty());
  world.bytes(link, options.substr(0, 50));
  for (std::size_t i = 50; i < 80; ++i) {  // a byte each second does not help
    world.wait(Duration::seconds(1));
    world.bytes(link, options.substr(i, 1));
  }
  world.wait(max - Duration::seconds(30) - Duration::milliseconds(1));
  EXPECT_TRUE(world.ordered<CloseLink>().empty());
  world.wait(Duration::milliseconds(1));
  EXPECT_EQ(world.ordered<CloseLink>().size(), 1u);
  EXPECT_EQ(world.sip().counters().of(SipDrop::link_slow), 1u);
}

TEST(Streams, LimitOfUnfinishedBytes) {
  SipWorld world;
  world.settings.limits.sip_unfinished_bytes_per_shard_max = 100;
  const std::string options = kOptions.text();
  const LinkId first = world.open_link(0);
  const LinkId second = world.open_link(1);
  world.bytes(first, options.substr(0, 60));
  world.bytes(second, options.substr(0, 40));
  EXPECT_TRUE(world.ordered<CloseLink>().empty());
  world.bytes(second, options.substr(40, 1));
  const auto closed = world.ordered<CloseLink>();
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].link, second);
  EXPECT_EQ(world.sip().counters().of(SipDrop::link_beyond_memory), 1u);
  world.bytes(first, options.substr(60));  // the other is served, and gives its bytes back
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
  const LinkId third = world.open_link(2);
  world.bytes(third, options.substr(0, 100));
  EXPECT_TRUE(world.ordered<CloseLink>().empty());
}

TEST(Streams, ALinkLostWithHalfAMessageGivesItsBytesBack) {
  SipWorld world;
  world.settings.limits.sip_unfinished_bytes_per_shard_max = 100;
  const LinkId first = world.open_link(0);
  world.bytes(first, kOptions.text().substr(0, 100));
  world.give(LinkClosed{first});
  EXPECT_EQ(world.said<FlowLost>().size(), 1u);
  const LinkId second = world.open_link(1);
  world.bytes(second, kOptions.text().substr(0, 100));
  EXPECT_TRUE(world.ordered<CloseLink>().empty());
  world.give(LinkClosed{first});  // known no more
  EXPECT_TRUE(world.said<FlowLost>().empty());
}

// --- between shards ------------------------------------------------------------------------------

TEST(Routing, ARequestGoesToTheHomeOfItsFrom) {
  int elsewhere = 0;
  for (const std::string user : {"alice", "bob", "carol", "dave", "eve", "Alice", "%61lice"}) {
    SipWorld world(4, 2);
    const SipText options{.method = "OPTIONS", .from = "<sip:" + user + "@example.com>;tag=1"};
    world.sip().on(world.now, DatagramReceived{world.server, world.phone, options.text()},
                   world.out);
    const auto happened = world.take();
    const bool is_alice = user == "Alice" || user == "%61lice";
    const Address from = Address::of_canonical(is_alice ? "alice" : user, "example.com");
    const ShardId home = world.shard.home_of(from);
    const auto moved = orders<ToShard>(happened);
    if (home == world.shard.self) {
      EXPECT_TRUE(moved.empty());
      EXPECT_EQ(events<SipRequestReceived>(happened).size(), 1u) << user;
      continue;
    }
    ++elsewhere;
    ASSERT_EQ(moved.size(), 1u);
    EXPECT_EQ(moved[0].to, home);
    const auto& arrived = std::get<SipMessageArrived>(moved[0].event);
    EXPECT_EQ(arrived.bytes, options.text());
    EXPECT_EQ(arrived.flow.shard, ShardId(2));
    // There it is taken.
    SipWorld other(4, home.number());
    other.give(arrived);
    EXPECT_EQ(other.said<SipRequestReceived>().size(), 1u);
  }
  EXPECT_GT(elsewhere, 0);
}

TEST(Routing, ARequestWithoutAnAddressIsTakenWhereItCame) {
  for (const std::string from :
       {"<tel:+1234>;tag=1", "<http://example.com>;tag=1", "<sip:\"", ""}) {
    SipWorld world(4, 2);
    world.datagram(SipText{.method = "OPTIONS", .from = from});
    EXPECT_TRUE(world.ordered<ToShard>().empty()) << from;
    EXPECT_EQ(world.sip().counters().requests, 1u);
  }
}

TEST(Routing, AResponseGoesToTheShardOfItsBranch) {
  SipWorld world(4, 2);
  const auto response = [&](std::uint8_t shard) {
    const std::string name = mint_sip_name({ShardId(shard), 5, 1}, world.shard.prng);
    world.sip().on(world.now,
                   DatagramReceived{world.server, world.phone,
                                    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;"
                                    "branch=z9hG4bK" +
                                        name + "\r\n\r\n"},
                   world.out);
    return orders<ToShard>(world.take());
  };
  const auto moved = response(3);
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].to, ShardId(3));
  EXPECT_TRUE(response(2).empty());  // ours, and to nothing
  EXPECT_TRUE(response(4).empty());  // there is no such shard
  EXPECT_EQ(world.sip().counters().of(SipDrop::stray_response), 2u);
}

// A request of a TCP peer lives on her home shard; what is sent to her goes by the link's shard.
TEST(Routing, AnswersAndRequestsGoBackToTheShardOfTheLink) {
  SipWorld home(2, 1);
  const Flow flow{Transport::tcp, ShardId(0), LinkId{9, 1}, home.server, home.phone};
  SipText publish{.method = "PUBLISH"};
  for (const std::string user : {"alice", "bob", "carol", "dave"}) {
    publish.from = "<sip:" + user + "@example.com>;tag=1";
    if (home.shard.home_of(Address::of_canonical(user, "example.com")) == ShardId(1)) break;
  }
  home.give(SipMessageArrived{flow, publish.text()});
  home.answer(home.only_request());
  auto moved = home.ordered<ToShard>();
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].to, ShardId(0));
  const SendOnLink answer = std::get<SendOnLink>(moved[0].event);
  EXPECT_EQ(answer.link, flow.link);
  EXPECT_TRUE(answer.anew);

  home.give(home.notify(flow));
  moved = home.ordered<ToShard>();
  ASSERT_EQ(moved.size(), 1u);
  const SendOnLink request = std::get<SendOnLink>(moved[0].event);
  EXPECT_EQ(request.from, ShardId(1));
  EXPECT_FALSE(request.anew);
  EXPECT_NE(request.bytes.find("Via: SIP/2.0/TCP 192.0.2.1:5060;"), std::string::npos);

  // The link is there: both leave. It is gone: who sent a request hears of it.
  SipWorld socket(2, 0);
  socket.open_link(9);
  socket.give(answer);
  socket.give(request);
  EXPECT_EQ(socket.sent().size(), 2u);
  socket.give(LinkClosed{flow.link});
  EXPECT_EQ(socket.ordered<ToShard>().size(), 1u);  // FlowLost to the other shard
  socket.give(request);
  moved = socket.ordered<ToShard>();
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].to, ShardId(1));
  const FlowLost lost = std::get<FlowLost>(moved[0].event);
  EXPECT_EQ(lost.link, flow.link);
  home.give(lost);
  EXPECT_EQ(home.said<SipRequestEnded>().size(), 1u);
}

TEST(Routing, ALostLinkIsToldToAllShards) {  // RFC 5626 section 5.3
  SipWorld world(3, 1);
  world.sip().on(
      world.now,
      LinkOpened{LinkId{0, 1}, LinkUse::sip, Transport::tls, world.server, world.phone, {}},
      world.out);
  world.sip().on(world.now, LinkClosed{LinkId{0, 1}}, world.out);
  const auto happened = world.take();
  EXPECT_EQ(events<FlowLost>(happened).size(), 1u);
  const auto moved = orders<ToShard>(happened);
  ASSERT_EQ(moved.size(), 2u);
  EXPECT_EQ(moved[0].to, ShardId(0));
  EXPECT_EQ(moved[1].to, ShardId(2));
}

}  // namespace sip_message_receiving_test
}  // namespace muster::testing
