// The links between servers: which link, who is believed, what each lane promises. Expectations
// come from server_links.h and directed_lane.h.
#include "server/load_control/server_links.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "machine/load_control/server_links_world.h"

namespace muster::testing {
namespace load_control_server_links_test {

using Sent = ServerLinks::Sent;
constexpr Duration kMoment = Duration::microseconds(1);

class ServerLinksTest : public ::testing::Test {
 protected:
  // Two that are linked.
  void pair() {
    world.add(4);
    world.add(5);
    world.join();
    old().take_heard();
    young().take_heard();
  }
  LinkedServer& old() { return world.at(4); }
  LinkedServer& young() { return world.at(5); }

  ServerLinksWorld world;
};

// --- which link ----------------------------------------------------------------------------------

TEST_F(ServerLinksTest, TheYoungerOpensWhereTheOlderIs) {
  world.add(4);
  world.add(5);
  world.know(old(), {4, 5});
  EXPECT_TRUE(world.openings.empty());
  world.know(young(), {4, 5});
  ASSERT_EQ(world.openings.size(), 1u);
  const OpenLink& open = world.openings[0].second;
  EXPECT_EQ(open.use, LinkUse::server);
  EXPECT_EQ(open.transport, Transport::tls);
  EXPECT_EQ(open.remote, place_of(4));
  EXPECT_EQ(open.host, "s4.example.com");
  world.settle();
  EXPECT_EQ(old().take_heard(), Words({"up 5"}));
  EXPECT_EQ(young().take_heard(), Words({"up 4"}));
  EXPECT_EQ(young().logged, Words({"server-linked sip:s4.example.com incarnation 4"}));
}

TEST_F(ServerLinksTest, OneLinkForEachPair) {
  for (const std::uint64_t one : {3u, 4u, 5u})
    world.add(one);
  world.join();
  world.join();  // nothing new
  EXPECT_EQ(world.wires.size(), 3u);
  EXPECT_EQ(world.open_wires(), 3u);
  for (const std::uint64_t one : {3u, 4u, 5u}) {
    for (const std::uint64_t other : {3u, 4u, 5u})
      EXPECT_EQ(world.at(one).links.is_up(Incarnation(other)), one != other);
  }
}

TEST_F(ServerLinksTest, WhoIsGoneIsNotLinked) {
  world.add(5);
  Directory all = directory({5});
  all.members.push_back(member(4, Role::gone));
  young().links.know(world.now, all, Incarnation(5), young().out);
  world.after(young());
  EXPECT_TRUE(world.openings.empty());
  EXPECT_EQ(world.send(5, 4, "a"), Sent::no_peer);
  // A candidate and one that is draining are.
  all.members = {member(3, Role::standby), member(4, Role::draining), member(5)};
  young().links.know(world.now, all, Incarnation(5), young().out);
  world.after(young());
  EXPECT_EQ(world.openings.size(), 2u);
}

TEST_F(ServerLinksTest, WhoIsDeclaredGoneItselfHasNoPeers) {
  pair();
  EXPECT_EQ(world.send(4, 5, "a"), Sent::sent);
  world.know(old(), {5});
  EXPECT_EQ(old().take_heard(), Words({"down 5", "not delivered 5 a"}));
  world.settle();
  EXPECT_EQ(world.open_wires(), 0u);
}

TEST_F(ServerLinksTest, ALostLinkIsOpenedAgainByTheYounger) {
  pair();
  world.cut(*world.wire_between(4, 5));
  EXPECT_EQ(old().take_heard(), Words({"down 5"}));
  EXPECT_EQ(young().take_heard(), Words({"down 4"}));
  EXPECT_TRUE(world.openings.empty());
  world.pass(young().settings.reopen_after_min);
  EXPECT_EQ(old().take_heard(), Words({"up 5"}));
  EXPECT_EQ(young().take_heard(), Words({"up 4"}));
  EXPECT_EQ(world.wires.size(), 2u);
}

// Half of it at least, all of it at most; it doubles; once a link held it begins anew.
TEST_F(ServerLinksTest, FailuresAreWaitedOut) {
  const auto waits = [&](Duration longest) {
    const int attempts = world.attempts;
    const Instant begin = world.now.instant;
    while (world.attempts == attempts) {
      const auto next = young().links.next_deadline();
      ASSERT_TRUE(next.has_value());
      world.now.instant = *next;
      world.wake();
    }
    EXPECT_GE(world.now.instant - begin, longest / 2);
    EXPECT_LE(world.now.instant - begin, longest);
  };
  world.add(4);
  world.add(5);
  world.refuses = true;
  world.join();
  Duration longest = young().settings.reopen_after_min;
  for (int i = 0; i < 40; ++i) {
    waits(longest);
    longest = std::min(longest * 2, young().settings.reopen_after_max);
  }
  EXPECT_EQ(young().logged, Words({"server-unreachable sip:s4.example.com no connection"}));
  world.refuses = false;
  waits(young().settings.reopen_after_max);
  EXPECT_EQ(young().take_heard(), Words({"up 4"}));
  // One that is lost at once did not hold.
  world.cut(*world.wire_between(4, 5));
  waits(young().settings.reopen_after_max);
  world.pass(young().settings.lost_after);
  world.cut(*world.wire_between(4, 5));
  waits(young().settings.reopen_after_min);
  EXPECT_TRUE(young().links.is_up(Incarnation(4)));
}

// The younger has given up the link that the older believes in.
TEST_F(ServerLinksTest, ANewerLinkTakesThePlaceOfOneThatIsDeadForOneSide) {
  pair();
  ServerLinksWorld::Wire& dead = *world.wire_between(4, 5);
  dead.silent = true;
  dead.ends[0].open = false;
  young().give(world.now, LinkClosed{dead.ends[0].link});
  EXPECT_TRUE(old().links.is_up(Incarnation(5)));
  world.pass(young().settings.reopen_after_min);
  EXPECT_EQ(old().take_heard(), Words({"down 5", "up 5"}));
  EXPECT_EQ(world.open_wires(), 1u);
  world.pass(Duration::minutes(1));
  EXPECT_EQ(world.wires.size(), 2u) << "and there it ends";
}

TEST_F(ServerLinksTest, AnEarlierLinkThatComesLateIsRefused) {
  world.add(4);
  world.add(5);
  world.know(old(), {4, 5});
  world.know(young(), {4, 5});
  world.piece = 10;
  ASSERT_TRUE(world.move_one());  // connected: the hello is under way
  ServerLinksWorld::Wire& late = world.wires[0];
  const std::string hello = std::exchange(late.ends[1].coming, {});
  late.ends[0].open = false;
  young().give(world.now, LinkClosed{late.ends[0].link});
  late.silent = true;
  world.pass(young().settings.reopen_after_min);
  EXPECT_EQ(old().take_heard(), Words({"up 5"}));
  late.ends[1].coming = hello;
  world.settle();
  EXPECT_FALSE(late.ends[1].open);
  EXPECT_EQ(old().take_heard(), Words());
  EXPECT_TRUE(old().links.is_up(Incarnation(5)));
  EXPECT_EQ(old().links.counters().not_believed, 1u);
}

// As if each took itself for the younger.
TEST_F(ServerLinksTest, WhereBothOpenTheYoungersLinkStands) {
  pair();
  std::string hello;
  cluster::append_control(
      hello, cluster::Hello{.from = 4, .to = 5, .link = 7, .received = 0, .svr_id = name_of(4)});
  young().give(world.now, LinkOpened{LinkId{90, 1}, LinkUse::server, Transport::tls, {}, {}, {}});
  const auto orders = young().give(world.now, BytesReceived{LinkId{90, 1}, hello});
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<CloseLink>(orders[1]));
  EXPECT_EQ(young().take_heard(), Words());
  EXPECT_TRUE(young().links.is_up(Incarnation(4)));
  EXPECT_EQ(young().links.counters().broke_a_rule, 1u);
}

TEST_F(ServerLinksTest, ANewLifeIsAnotherPeer) {
  pair();
  EXPECT_EQ(world.send(4, 5, "a"), Sent::sent);
  // It dies without a word, and comes again as 6.
  ServerLinksWorld::Wire& dead = *world.wire_between(4, 5);
  world.cut(dead);
  world.servers.erase(5);
  world.add(6);
  world.know(old(), {4, 6});
  world.know(world.at(6), {4, 6});
  world.settle();
  EXPECT_EQ(old().take_heard(), Words({"down 5", "not delivered 5 a", "up 6"}));
  EXPECT_EQ(world.at(6).take_heard(), Words({"up 4"}));
  EXPECT_EQ(world.send(4, 6, "b"), Sent::sent);
  world.settle();
  EXPECT_EQ(world.at(6).from(4), Words({"b"}));
}

// --- who is believed -----------------------------------------------------------------------------

TEST_F(ServerLinksTest, WhoIsUnknownWaitsUntilItIsKnown) {
  world.add(4);
  world.add(5);
  world.know(old(), {4});
  world.know(young(), {4, 5});
  world.settle();
  EXPECT_EQ(old().take_heard(), Words());
  world.pass(old().settings.unknown_time_max - kMoment);
  world.know(old(), {4, 5});
  world.settle();
  EXPECT_EQ(old().take_heard(), Words({"up 5"}));
  EXPECT_EQ(young().take_heard(), Words({"up 4"}));
  EXPECT_EQ(world.wires.size(), 1u);
}

TEST_F(ServerLinksTest, WhoStaysUnknownIsClosed) {
  world.add(4);
  world.add(5);
  world.know(old(), {4});
  world.know(young(), {4, 5});
  world.settle();
  world.pass(old().settings.unknown_time_max - kMoment);
  EXPECT_EQ(world.open_wires(), 1u);
  world.pass(kMoment);
  EXPECT_EQ(world.open_wires(), 0u);
  EXPECT_EQ(old().links.counters().not_believed, 1u);
  EXPECT_EQ(old().logged, Words({"server-link-refused 10.0.0.1:7005 unknown"}));
  EXPECT_EQ(young().logged,
            Words({"server-unreachable sip:s4.example.com closed before its hello"}));
}

// It has no lease yet: it knows neither itself nor anybody.
TEST_F(ServerLinksTest, WhoHasNoLeaseLetsOthersWait) {
  world.add(4);
  world.add(5);
  world.know(young(), {4, 5});
  world.settle();
  EXPECT_EQ(old().take_heard(), Words());
  world.know(old(), {4, 5});
  world.settle();
  EXPECT_EQ(old().take_heard(), Words({"up 5"}));
}

TEST_F(ServerLinksTest, WhoSaysNothingIsClosed) {
  world.add(4);
  world.know(old(), {4, 5});
  old().give(world.now, LinkOpened{LinkId{9, 1}, LinkUse::server, Transport::tls, {}, {}, {}});
  world.now.instant = world.now.instant + old().settings.hello_time_max - kMoment;
  old().links.wake(world.now, old().out);
  EXPECT_TRUE(old().step(world.now).empty());
  world.now.instant = world.now.instant + kMoment;
  old().links.wake(world.now, old().out);
  const std::vector<Order> orders = old().step(world.now);
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<CloseLink>(orders[1]));
  EXPECT_FALSE(old().links.has(LinkId{9, 1}));
}

// And by who opened, who opens another one.
TEST_F(ServerLinksTest, WhoDoesNotAnswerIsClosed) {
  world.add(4);
  world.add(5);
  world.new_are_silent = true;
  world.know(old(), {4, 5});
  world.know(young(), {4, 5});
  world.settle();
  world.new_are_silent = false;
  world.pass(young().settings.hello_time_max + young().settings.reopen_after_min);
  EXPECT_EQ(young().take_heard(), Words({"up 4"}));
  EXPECT_EQ(young().links.counters().not_believed, 1u);
}

TEST_F(ServerLinksTest, StrangersHaveABound) {
  world.add(4);
  world.know(old(), {4});
  const auto opened = [&](std::uint32_t slot) {
    return old().give(world.now,
                      LinkOpened{LinkId{slot, 1}, LinkUse::server, Transport::tls, {}, {}, {}});
  };
  for (std::uint32_t i = 0; i < ServerLinks::kStrangersMax; ++i)
    EXPECT_TRUE(opened(i).empty());
  EXPECT_EQ(opened(ServerLinks::kStrangersMax).size(), 1u);
  EXPECT_FALSE(old().links.has(LinkId{ServerLinks::kStrangersMax, 1}));
  EXPECT_EQ(old().links.counters().too_many, 1u);
  old().give(world.now, LinkClosed{LinkId{7, 1}});
  EXPECT_TRUE(opened(7).empty());
}

// --- time ----------------------------------------------------------------------------------------

TEST_F(ServerLinksTest, PingsKeepALinkForAsLongAsItIsSilent) {
  pair();
  const auto until_ping = *young().links.next_deadline() - world.now.instant;
  EXPECT_EQ(until_ping, young().settings.ping_after);
  world.pass(Duration::hours(1));
  EXPECT_EQ(young().take_heard(), Words());
  EXPECT_EQ(old().take_heard(), Words());
  EXPECT_EQ(world.wires.size(), 1u);
}

TEST_F(ServerLinksTest, WhatIsSaidPutsThePingOff) {
  pair();
  world.pass(young().settings.ping_after - kMoment);
  ASSERT_EQ(world.send(5, 4, "a", Lane::relay), Sent::sent);
  world.now.instant = world.now.instant + kMoment;
  young().links.wake(world.now, young().out);
  EXPECT_TRUE(young().step(world.now).empty());
}

// Before a lease runs out.
TEST_F(ServerLinksTest, WhoFallsSilentIsLost) {
  EXPECT_LT(ServerLinkSettings().lost_after, ClusterSettings().lease_time);
  pair();
  world.wire_between(4, 5)->silent = true;
  world.new_are_silent = true;
  world.pass(young().settings.lost_after - kMoment);
  EXPECT_EQ(young().take_heard(), Words());
  world.pass(kMoment);
  EXPECT_EQ(young().take_heard(), Words({"down 4"}));
  EXPECT_EQ(old().take_heard(), Words({"down 5"}));
  EXPECT_EQ(young().logged.back(), "server-link-lost sip:s4.example.com silent");
}

// --- the lanes -----------------------------------------------------------------------------------

TEST_F(ServerLinksTest, EachLaneCarriesBothWays) {
  for (const std::size_t piece : {1u, 2u, 3u, 7u, 64u, 1u << 20}) {
    world = {};
    world.piece = piece;
    pair();
    for (const Lane lane : {Lane::documents, Lane::directed, Lane::relay}) {
      for (const std::string_view payload : {"a", "", "bb"}) {
        EXPECT_EQ(world.send(4, 5, payload, lane), Sent::sent);
        EXPECT_EQ(world.send(5, 4, payload, lane), Sent::sent);
      }
    }
    world.settle();
    for (const Lane lane : {Lane::documents, Lane::directed, Lane::relay}) {
      EXPECT_EQ(old().from(5, lane), Words({"a", "", "bb"})) << piece;
      EXPECT_EQ(young().from(4, lane), Words({"a", "", "bb"})) << piece;
    }
    EXPECT_EQ(old().links.counters().broke_a_rule, 0u);
  }
}

TEST_F(ServerLinksTest, WhatIsToldInOneStepLeavesInOneOrder) {
  pair();
  for (int i = 0; i < 3; ++i) {
    for (const Lane lane : {Lane::documents, Lane::directed, Lane::relay})
      ASSERT_EQ(young().links.send(Incarnation(4), lane, "payload"), Sent::sent);
  }
  const std::vector<Order> orders = young().step(world.now);
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<SendBytes>(orders[0]));
  EXPECT_TRUE(young().step(world.now).empty());
}

TEST_F(ServerLinksTest, WithoutALinkOnlyWhatIsDirectedWaits) {
  world.add(4);
  world.add(5);
  world.know(old(), {4, 5});
  EXPECT_EQ(world.send(4, 5, "a"), Sent::sent);
  EXPECT_EQ(world.send(4, 5, "b", Lane::documents), Sent::no_link);
  EXPECT_EQ(world.send(4, 5, "c", Lane::relay), Sent::no_link);
  EXPECT_EQ(world.send(4, 5, "d"), Sent::sent);
  world.know(young(), {4, 5});
  world.settle();
  EXPECT_EQ(young().take_heard(), Words({"up 4", "directed 4 a", "directed 4 d"}));
}

TEST_F(ServerLinksTest, WhatIsLostWithALinkIsLostButOnDirected) {
  pair();
  world.send(5, 4, "a", Lane::documents);
  world.send(5, 4, "b");
  world.send(5, 4, "c", Lane::relay);
  world.cut(*world.wire_between(4, 5));
  world.pass(young().settings.reopen_after_min);
  EXPECT_EQ(old().take_heard(), Words({"down 5", "up 5", "directed 5 b"}));
}

// Wherever the link is cut, in either direction's bytes, each comes once and in order.
TEST_F(ServerLinksTest, WhatIsDirectedComesOnceWhereverTheLinkIsCut) {
  std::uint64_t again = 0;
  for (std::size_t cut_after = 0; cut_after < 300; ++cut_after) {
    world = {};
    world.add(4);
    world.add(5);
    world.piece = 1;
    world.know(old(), {4, 5});
    world.know(young(), {4, 5});
    world.send(4, 5, "a");
    world.send(5, 4, "b");
    for (std::size_t i = 0; i < cut_after && world.move_one(); ++i) {
    }
    world.send(4, 5, "c");
    world.send(5, 4, "d");
    for (ServerLinksWorld::Wire& wire : world.wires)
      world.cut(wire);
    world.piece = 1'000;
    world.pass(young().settings.lost_after);
    ASSERT_EQ(young().from(4), Words({"a", "c"})) << cut_after;
    ASSERT_EQ(old().from(5), Words({"b", "d"})) << cut_after;
    again += old().links.counters().came_again + young().links.counters().came_again;
  }
  EXPECT_EQ(again, 0u) << "the hellos say what had come";
}

TEST_F(ServerLinksTest, WhatIsAcknowledgedIsNotKept) {
  pair();
  world.send(5, 4, "a");
  world.settle();
  EXPECT_EQ(old().from(5), Words({"a"}));
  world.know(young(), {5});
  EXPECT_EQ(young().take_heard(), Words({"down 4"})) << "nothing is not delivered";
}

TEST_F(ServerLinksTest, WhoIsGoneHasWhatItDidNotAcknowledgeGivenUp) {
  world.add(4);
  world.know(old(), {4, 5});
  world.send(4, 5, "a");
  world.send(4, 5, "b");
  world.know(old(), {4});
  EXPECT_EQ(old().take_heard(), Words({"not delivered 5 a b"}));
  EXPECT_EQ(world.send(4, 5, "c"), Sent::no_peer);
}

// --- bounds --------------------------------------------------------------------------------------

TEST_F(ServerLinksTest, WhatWaitsToBeAcknowledgedHasABound) {
  static_assert(DirectedLane::kUnacknowledgedMax == 1'000);
  world.add(4);
  world.add(5);
  world.know(old(), {4, 5});
  Words all;
  for (std::size_t i = 0; i < DirectedLane::kUnacknowledgedMax; ++i) {
    all.push_back(std::to_string(i));
    ASSERT_EQ(world.send(4, 5, all.back()), Sent::sent);
  }
  EXPECT_EQ(world.send(4, 5, "more"), Sent::full);
  EXPECT_EQ(old().links.counters().refused, 1u);
  world.know(young(), {4, 5});
  world.settle();
  EXPECT_EQ(world.send(4, 5, "more"), Sent::sent);
  all.emplace_back("more");
  world.settle();
  EXPECT_EQ(young().from(4), all);
}

TEST_F(ServerLinksTest, AndSoHaveItsBytes) {
  world.add(4);
  world.know(old(), {4, 5});
  const std::string half(DirectedLane::kUnacknowledgedBytesMax / 2, 'x');
  EXPECT_EQ(world.send(4, 5, half), Sent::sent);
  EXPECT_EQ(world.send(4, 5, half + "x"), Sent::full);
  EXPECT_EQ(world.send(4, 5, half), Sent::sent);
  EXPECT_EQ(world.send(4, 5, "x"), Sent::full);
}

TEST_F(ServerLinksTest, OnePayloadHasABound) {
  pair();
  const std::string longest(cluster::kPayloadBytesMax, 'x');
  EXPECT_EQ(world.send(4, 5, longest, Lane::relay), Sent::sent);
  world.settle();
  EXPECT_EQ(young().from(4, Lane::relay), Words({longest}));
  EXPECT_EQ(world.send(4, 5, longest + "x", Lane::relay), Sent::too_long);
  EXPECT_EQ(world.send(4, 5, longest), Sent::too_long) << "its number is in front of it";
  EXPECT_EQ(world.send(4, 5, longest.substr(cluster::kDirectedHeaderBytes)), Sent::sent);
}

TEST_F(ServerLinksTest, WhatIsToldInOneStepHasABound) {
  pair();
  const std::string half(ServerLinks::kStepBytesMax / 2 - cluster::kFrameHeaderBytes, 'x');
  const auto tell = [&] { return young().links.send(Incarnation(4), Lane::documents, half); };
  EXPECT_EQ(tell(), Sent::sent);
  EXPECT_EQ(tell(), Sent::sent);
  EXPECT_EQ(tell(), Sent::full);
  young().step(world.now);
  EXPECT_EQ(tell(), Sent::sent);
}

// --- the end -------------------------------------------------------------------------------------

TEST_F(ServerLinksTest, WhatWasSentLeavesBeforeAllIsClosed) {
  pair();
  ASSERT_EQ(young().links.send(Incarnation(4), Lane::documents, "last"), Sent::sent);
  young().links.send(Incarnation(4), Lane::directed, "words");
  young().links.close_all(world.now, young().out);
  world.after(young());
  EXPECT_EQ(young().take_heard(), Words({"down 4", "not delivered 4 words"}));
  world.settle();
  EXPECT_EQ(old().take_heard(), Words({"documents 5 last", "directed 5 words", "down 5"}));
  EXPECT_EQ(world.open_wires(), 0u);
  // For good.
  world.know(young(), {4, 5, 6});
  EXPECT_TRUE(world.openings.empty());
  EXPECT_EQ(world.send(5, 4, "a"), Sent::no_peer);
  const auto orders = young().give(
      world.now, LinkOpened{LinkId{90, 1}, LinkUse::server, Transport::tls, {}, {}, {}});
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<CloseLink>(orders[0]));
}

TEST_F(ServerLinksTest, ALinkToWhoIsGoneMeanwhileIsClosed) {
  world.add(4);
  world.add(5);
  world.know(young(), {4, 5});
  world.know(young(), {5});
  world.settle();
  EXPECT_EQ(world.open_wires(), 0u);
  // And what nobody asked for, or knows, is nothing.
  young().give(world.now, LinkFailed{Ticket(77), LinkUse::server});
  young().give(world.now, LinkClosed{LinkId{77, 1}});
  young().give(world.now, BytesReceived{LinkId{77, 1}, "x"});
}

}  // namespace load_control_server_links_test
}  // namespace muster::testing
