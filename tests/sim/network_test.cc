#include "sim/world/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/slot_table.h"

namespace muster::sim {
namespace sim_network_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Endpoint kServer{IpAddress::v4(10, 0, 0, 1), 5222};
constexpr Endpoint kPeer{IpAddress::v4(10, 1, 0, 1), 40'000};

// What the model can do besides what a link promises (tests/shell/link_suite_test.cc). A server
// without a process, and a peer, who note what they are told.
class NetworkTest : public ::testing::Test, public Host, public Peer {
 protected:
  NetworkTest() {
    network.serve(kServer, *this);
    network.bind(kPeer, *this);
  }
  ConnectionId connect() {
    const ConnectionId id =
        network.connect(*this, {kPeer, kServer, LinkUse::xmpp, Transport::tcp, {}});
    settle();
    return id;
  }
  void settle() { pass(Duration()); }
  void pass(Duration time) {
    const Instant end = timeline.now() + time;
    while (timeline.next() && *timeline.next() <= end)
      timeline.step();
    timeline.move_to(end);
  }
  static std::string joined(const std::vector<std::string>& pieces) {
    std::string all;
    for (const std::string& piece : pieces)
      all += piece;
    return all;
  }

  bool running() const override { return is_running; }
  std::uint8_t shard_count() const override { return 1; }
  ShardId any_shard() override { return {}; }
  const Endpoint& sip_at() const override { return kServer; }
  LinkId adopt(ShardId, ConnectionId connection) override {
    return links.emplace(connection).first;
  }
  void forget(ShardId, LinkId gone) override { links.erase(gone); }
  void feed(ShardId, Input input, std::string bytes) override {
    if (std::holds_alternative<BytesReceived>(input)) server_heard.push_back(std::move(bytes));
    if (std::holds_alternative<DatagramReceived>(input)) datagrams.push_back(std::move(bytes));
    if (std::holds_alternative<LinkClosed>(input)) ++server_closed;
    if (std::holds_alternative<TlsStarted>(input)) ++server_sealed;
    if (std::holds_alternative<LinkFailed>(input)) ++failed;
  }
  std::function<void(Input)> answer_to(ShardId shard) override {
    return [this, shard](Input input) { feed(shard, std::move(input), {}); };
  }

  void connected(ConnectionId) override { ++peer_connected; }
  void accepted(ConnectionId) override { ++peer_accepted; }
  void tls_started(ConnectionId) override { ++peer_sealed; }
  void heard(ConnectionId, std::string_view bytes) override { peer_heard.emplace_back(bytes); }
  void ended(ConnectionId) override { ++peer_ended; }
  void heard_datagram(const Endpoint&, const Endpoint&, std::string_view bytes) override {
    peer_heard.emplace_back(bytes);
  }

  Timeline timeline{Instant::at(Duration::seconds(1'000))};
  Network network{timeline, Prng(Prng::seed_of(1))};
  SlotTable<ConnectionId, LinkTag> links;
  bool is_running = true;
  std::vector<std::string> server_heard;
  std::vector<std::string> datagrams;
  std::vector<std::string> peer_heard;
  int server_closed = 0;
  int server_sealed = 0;
  int failed = 0;
  int peer_connected = 0;
  int peer_accepted = 0;
  int peer_sealed = 0;
  int peer_ended = 0;
};

// --- links ---------------------------------------------------------------------------------------

TEST_F(NetworkTest, BytesAreCutAndJoinedAndKeepTheirOrder) {
  network.faults.split_per_mille = 1'000;
  network.faults.link.most = Duration::milliseconds(10);
  network.faults.read_delay_max = Duration::milliseconds(10);
  const ConnectionId id = connect();
  pass(Duration::seconds(1));
  std::string said;
  for (int i = 0; i < 100; ++i) {
    const std::string text = std::to_string(i) + ",";
    network.say(id, text);
    network.server_says(id, text);
    said += text;
  }
  pass(Duration::seconds(10));
  EXPECT_EQ(joined(server_heard), said);
  EXPECT_EQ(joined(peer_heard), said);
  EXPECT_NE(server_heard.size(), 100U);
}

TEST_F(NetworkTest, WhoFinishesStillHears) {
  const ConnectionId id = connect();
  network.say(id, "last");
  network.finish(id);
  network.server_says(id, "good");
  settle();
  EXPECT_THAT(server_heard, ElementsAre("last"));
  EXPECT_THAT(peer_heard, ElementsAre("good"));
  EXPECT_EQ(server_closed, 1);
  EXPECT_EQ(peer_ended, 1);
  EXPECT_EQ(network.connections(), 0U);
}

TEST_F(NetworkTest, BothSidesHearOfACut) {
  const ConnectionId id = connect();
  network.abort(id);
  settle();
  EXPECT_EQ(server_closed, 1);
  EXPECT_EQ(peer_ended, 1);
  EXPECT_EQ(network.connections(), 0U);
}

TEST_F(NetworkTest, NobodyHearsOfSilence) {
  network.faults.silent_per_mille = 1'000;
  const ConnectionId id = connect();
  network.say(id, "is lost");
  network.server_says(id, "is lost too");
  pass(Duration::hours(1));
  EXPECT_THAT(server_heard, IsEmpty());
  EXPECT_THAT(peer_heard, IsEmpty());
  EXPECT_EQ(server_closed + peer_ended, 0);
}

TEST_F(NetworkTest, ADeadServerRefusesAndALiveOneAccepts) {
  is_running = false;
  connect();
  EXPECT_EQ(peer_connected, 0);
  EXPECT_EQ(peer_ended, 1);
  is_running = true;
  connect();
  EXPECT_EQ(peer_connected, 1);
}

// --- parted addresses ----------------------------------------------------------------------------

TEST_F(NetworkTest, WhatIsSaidOneWayWaitsUntilThatIsMended) {
  network.faults.link = {Duration(), Duration::milliseconds(10), 0, {}};
  network.faults.split_per_mille = 500;
  const ConnectionId id = connect();
  pass(Duration::seconds(1));
  network.part(kPeer.ip, kServer.ip);
  std::string said;
  for (int i = 0; i < 100; ++i) {
    said += std::to_string(i) + ",";
    network.say(id, std::to_string(i) + ",");
    network.server_says(id, std::to_string(i) + ",");
    // What is under way when it is mended keeps its place.
    if (i == 50) pass(Duration::seconds(10));
  }
  EXPECT_THAT(server_heard, IsEmpty());
  network.mend(kPeer.ip, kServer.ip);
  pass(Duration::seconds(1));
  EXPECT_EQ(joined(server_heard), said);
  EXPECT_EQ(joined(peer_heard), said);
}

TEST_F(NetworkTest, TheEndOfALinkWaitsAsWell) {
  const ConnectionId id = connect();
  network.part(kServer.ip, kPeer.ip);
  network.server_says(id, "last");
  network.server_closes(id);
  pass(Duration::seconds(1));
  EXPECT_EQ(peer_ended, 0);
  network.mend(kServer.ip, kPeer.ip);
  pass(Duration::seconds(1));
  EXPECT_THAT(peer_heard, ElementsAre("last"));
  EXPECT_EQ(peer_ended, 1);
  EXPECT_EQ(network.connections(), 0U);
}

TEST_F(NetworkTest, AConnectionHangsWhileEitherWayIsParted) {
  for (const bool there : {true, false}) {
    const IpAddress& from = there ? kPeer.ip : kServer.ip;
    const IpAddress& to = there ? kServer.ip : kPeer.ip;
    network.part(from, to);
    connect();
    pass(Duration::hours(1));
    EXPECT_EQ(peer_connected + peer_ended, there ? 0 : 1);
    network.mend(from, to);
    settle();
    EXPECT_EQ(peer_connected, there ? 1 : 2);
  }
}

TEST_F(NetworkTest, DatagramsAreLostThere) {
  network.part(kPeer.ip, kServer.ip);
  network.send_datagram(kPeer, kServer, "one");
  network.server_sends(kServer, kPeer, "two");
  settle();
  network.mend(kPeer.ip, kServer.ip);
  settle();
  EXPECT_THAT(datagrams, IsEmpty());
  EXPECT_THAT(peer_heard, ElementsAre("two"));
}

// Whatever of it comes first, and whenever.
TEST_F(NetworkTest, WhoGivesUpWhileItConnectsLeavesNoLink) {
  network.faults.link.most = Duration::seconds(1);
  for (int i = 0; i < 100; ++i) {
    network.abort(network.connect(*this, {kPeer, kServer, LinkUse::xmpp, Transport::tcp, {}}));
  }
  pass(Duration::seconds(10));
  EXPECT_EQ(links.size(), 0U);
  EXPECT_EQ(network.connections(), 0U);
}

// --- slow readers --------------------------------------------------------------------------------

class SlowReader : public NetworkTest {
 protected:
  SlowReader() {
    network.faults.slow_reader_per_mille = 1'000;
    network.faults.slow_reading = Duration::hours(10);
  }
};

TEST_F(SlowReader, IsCutPastTheBound) {
  const ConnectionId id = connect();
  network.server_says(id, std::string(Network::kWindowBytes + Network::kUnwrittenBytesMax, 'x'));
  settle();
  EXPECT_EQ(server_closed, 0);
  network.server_says(id, "x");
  settle();
  EXPECT_EQ(server_closed, 1);
}

TEST_F(SlowReader, OfTwoServersEitherIsCut) {
  for (const bool opener_speaks : {true, false}) {
    const ConnectionId id =
        network.connect(*this, {kPeer, kServer, LinkUse::server, Transport::tls, {}});
    settle();
    EXPECT_EQ(server_sealed, 0) << "it opens sealed";
    const auto say = [&](std::string_view text) {
      opener_speaks ? network.say(id, text) : network.server_says(id, text);
      settle();
    };
    say("the reader stops reading here");
    server_heard.clear();
    server_closed = peer_ended = 0;
    say(std::string(Network::kWindowBytes + Network::kUnwrittenBytesMax - 100, 'x'));
    EXPECT_EQ(server_closed + peer_ended, 0);
    say(std::string(200, 'x'));
    EXPECT_EQ(server_closed, 1);
    // Whose reader is slow hears of the end behind what was said.
    EXPECT_EQ(peer_ended, opener_speaks ? 1 : 0);
    EXPECT_THAT(server_heard, IsEmpty());
  }
}

// --- TLS -----------------------------------------------------------------------------------------

TEST_F(NetworkTest, TlsIsABarrierForBothSides) {
  const ConnectionId id = connect();
  network.server_says(id, "proceed");
  network.server_starts_tls(id);
  network.server_says(id, "sealed");
  settle();
  EXPECT_EQ(server_sealed, 1);
  EXPECT_EQ(peer_sealed, 1);
  EXPECT_THAT(peer_heard, ElementsAre("proceed", "sealed"));
}

TEST_F(NetworkTest, WhatIsSaidInClearBehindItBreaksTheLink) {
  network.faults.link.least = network.faults.link.most = Duration::milliseconds(1);
  const ConnectionId id = connect();
  pass(Duration::seconds(1));
  network.server_starts_tls(id);
  network.say(id, "in clear");
  pass(Duration::seconds(1));
  EXPECT_THAT(server_heard, IsEmpty());
  EXPECT_EQ(server_closed, 1);
}

// --- datagrams -----------------------------------------------------------------------------------

TEST_F(NetworkTest, DatagramsGoEachWay) {
  network.send_datagram(kPeer, kServer, "one");
  network.server_sends(kServer, kPeer, "two");
  settle();
  EXPECT_THAT(datagrams, ElementsAre("one"));
  EXPECT_THAT(peer_heard, ElementsAre("two"));
}

TEST_F(NetworkTest, DatagramsAreLostDoubledAndOvertakeEachOther) {
  network.faults.datagram_lost_per_mille = 300;
  network.faults.datagram_doubled_per_mille = 300;
  network.faults.datagram.most = Duration::milliseconds(100);
  std::vector<int> seen(100);
  for (int i = 0; i < 100; ++i)
    network.send_datagram(kPeer, kServer, std::to_string(i));
  pass(Duration::seconds(1));
  for (const std::string& datagram : datagrams)
    ++seen[static_cast<std::size_t>(std::stoi(datagram))];
  EXPECT_NE(std::count(seen.begin(), seen.end(), 0), 0);
  EXPECT_NE(std::count(seen.begin(), seen.end(), 2), 0);
  EXPECT_FALSE(std::is_sorted(
      datagrams.begin(), datagrams.end(),
      [](const std::string& a, const std::string& b) { return std::stoi(a) < std::stoi(b); }));
}

// --- links that the server opens -----------------------------------------------------------------

TEST_F(NetworkTest, AServerConnectsToWhoIsThere) {
  OpenLink order;
  order.remote = kPeer;
  network.server_opens(*this, {}, order);
  settle();
  EXPECT_EQ(peer_accepted, 1);
  order.remote.port = 1;
  network.server_opens(*this, {}, order);
  settle();
  EXPECT_EQ(failed, 1);
}

}  // namespace sim_network_test
}  // namespace muster::sim
