// What a link is, to a server: the same promises, kept by the links of src/shell over real sockets
// and by the model of the network in which the simulator runs it.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/slot_table.h"
#include "shell/links.h"
#include "shell/links_world.h"
#include "shell/sockets.h"
#include "sim/world/network.h"

namespace muster::testing {
namespace shell_link_suite_test {

// One server, one peer, and at most one link between them.
class LinkWorld {
 public:
  virtual ~LinkWorld() = default;

  virtual void connect() = 0;
  // Before connect(): the peer reads nothing until it is told to.
  virtual void read_nothing() = 0;
  virtual void read_all() = 0;
  // The server opens a link, to who listens or to nobody.
  virtual void open(bool listened_to) = 0;

  // --- what the server orders
  virtual void send(std::string_view bytes) = 0;
  virtual void pause() = 0;
  virtual void resume() = 0;
  virtual void close() = 0;
  // --- what the peer does
  virtual void say(std::string_view bytes) = 0;
  virtual void finish() = 0;
  virtual void cut() = 0;

  // All that can happen without time passing happens.
  virtual void settle() = 0;
  virtual void pass(Duration time) = 0;
  virtual std::size_t read_bytes_max() const = 0;

  // --- what they were told
  std::string server_heard;
  std::size_t longest_read = 0;
  int server_closed = 0;
  int opened = 0;
  int failed = 0;
  std::string peer_heard;
  bool peer_ended = false;
};

// --- the model -----------------------------------------------------------------------------------

class ModelWorld : public LinkWorld, public sim::Host, public sim::Peer {
 public:
  ModelWorld() {
    network_.serve(kServer, *this);
    network_.bind(kPeer, *this);
  }

  void connect() override {
    id_ = network_.connect(*this, {kPeer, kServer, LinkUse::xmpp, Transport::tcp, {}});
    settle();
  }
  void read_nothing() override {
    network_.faults.slow_reader_per_mille = 1'000;
    network_.faults.slow_reading = Duration::hours(10);
  }
  void read_all() override { pass(Duration::hours(1'000)); }
  void open(bool listened_to) override {
    OpenLink order;
    order.remote = kPeer;
    if (!listened_to) order.remote.port = 1;
    network_.server_opens(*this, {}, order);
    settle();
  }
  void send(std::string_view bytes) override { network_.server_says(id_, bytes); }
  void pause() override { network_.server_pauses(id_); }
  void resume() override { network_.server_resumes(id_); }
  void close() override { network_.server_closes(id_); }
  void say(std::string_view bytes) override { network_.say(id_, bytes); }
  void finish() override { network_.finish(id_); }
  void cut() override { network_.abort(id_); }
  void settle() override { pass(Duration()); }
  void pass(Duration time) override {
    const Instant end = timeline_.now() + time;
    while (timeline_.next() && *timeline_.next() <= end)
      timeline_.step();
    timeline_.move_to(end);
  }
  std::size_t read_bytes_max() const override { return sim::Network::kReadBytes; }

 private:
  static constexpr Endpoint kServer{IpAddress::v4(10, 0, 0, 1), 5222};
  static constexpr Endpoint kPeer{IpAddress::v4(10, 1, 0, 1), 40'000};

  bool running() const override { return true; }
  std::uint8_t shard_count() const override { return 1; }
  ShardId any_shard() override { return {}; }
  const Endpoint& sip_at() const override { return kServer; }
  LinkId adopt(ShardId, sim::ConnectionId connection) override {
    return links_.emplace(connection).first;
  }
  void forget(ShardId, LinkId gone) override { links_.erase(gone); }
  void feed(ShardId, Input input, std::string bytes) override {
    if (std::holds_alternative<BytesReceived>(input)) {
      longest_read = std::max(longest_read, bytes.size());
      server_heard += bytes;
    }
    server_closed += std::holds_alternative<LinkClosed>(input) ? 1 : 0;
    failed += std::holds_alternative<LinkFailed>(input) ? 1 : 0;
    const auto* link = std::get_if<LinkOpened>(&input);
    opened += link != nullptr && link->asked ? 1 : 0;
  }
  std::function<void(Input)> answer_to(ShardId shard) override {
    return [this, shard](Input input) { feed(shard, std::move(input), {}); };
  }
  void connected(sim::ConnectionId) override {}
  void accepted(sim::ConnectionId) override {}
  void tls_started(sim::ConnectionId) override {}
  void heard(sim::ConnectionId, std::string_view bytes) override { peer_heard += bytes; }
  void ended(sim::ConnectionId) override { peer_ended = true; }
  void heard_datagram(const Endpoint&, const Endpoint&, std::string_view) override {}

  sim::Timeline timeline_{Instant::at(Duration::seconds(1'000))};
  sim::Network network_{timeline_, Prng(Prng::seed_of(1))};
  SlotTable<sim::ConnectionId, LinkTag> links_;
  sim::ConnectionId id_;
};

// --- reality -------------------------------------------------------------------------------------

class ShellWorld : public LinkWorld {
 public:
  void connect() override {
    auto [id, peer] = world_.connect();
    id_ = id;
    peer_.emplace(std::move(peer));
    settle();
  }
  void read_nothing() override { reading_ = false; }
  void read_all() override {
    reading_ = true;
    settle();
  }
  void open(bool listened_to) override {
    auto listener = listen_tcp({IpAddress::v4(127, 0, 0, 1), 0});
    ASSERT_TRUE(listener.ok());
    OpenLink order;
    order.ticket = Ticket(1);
    order.remote = local_endpoint(listener->get());
    if (!listened_to) listener = listen_tcp({IpAddress::v4(127, 0, 0, 1), 0});  // the first is gone
    world_.links.open(world_.now, order);
    for (int turns = 0; opened + failed == 0 && turns < 1'000'000; ++turns)
      turn();
  }
  void send(std::string_view bytes) override { world_.links.send(id_, bytes); }
  void pause() override { world_.links.pause_reading(id_); }
  void resume() override { world_.links.resume_reading(id_); }
  void close() override { world_.links.close(world_.now, id_); }
  void say(std::string_view bytes) override { peer_->say(bytes); }
  void finish() override { peer_->say_no_more(); }
  void cut() override {
    peer_.reset();
    peer_ended = true;
  }
  // Unix sockets take no time: what a turn does not do, none does.
  void settle() override {
    std::size_t before = 0;
    do {
      before = progress();
      turn();
    } while (progress() != before);
  }
  void pass(Duration time) override {
    world_.now.instant = world_.now.instant + time;
    settle();
  }
  std::size_t read_bytes_max() const override { return Links::kReadBytesMax; }

 private:
  void turn() {
    const std::size_t heard_before = world_.heard.size();
    const int reads_before = world_.reads;
    world_.turn();
    if (world_.reads == reads_before + 1) {
      longest_read = std::max(longest_read, world_.heard.size() - heard_before);
    }
    if (peer_ && reading_) {
      peer_heard += peer_->hear();
      peer_ended = peer_ended || peer_->ended;
    }
    server_heard = world_.heard;
    server_closed = world_.closed;
    opened = world_.opened;
    failed = world_.failed;
  }
  // Grows with all that happens.
  std::size_t progress() const {
    return world_.heard.size() + peer_heard.size() + static_cast<std::size_t>(world_.closed) +
           (peer_ended ? 1U : 0U) + (Links::kUnwrittenBytesMax - world_.unwritten(id_));
  }

  LinksWorld world_;
  LinkId id_;
  std::optional<Peer> peer_;
  bool reading_ = true;
};

// --- the suite -----------------------------------------------------------------------------------

struct WorldKind {
  const char* name;
  std::unique_ptr<LinkWorld> (*make)();
};

class LinkSuite : public ::testing::TestWithParam<WorldKind> {
 protected:
  std::unique_ptr<LinkWorld> made_ = GetParam().make();
  LinkWorld& world = *made_;
};

INSTANTIATE_TEST_SUITE_P(
    Worlds, LinkSuite,
    ::testing::Values(WorldKind{"Model", [] { return std::unique_ptr<LinkWorld>(new ModelWorld); }},
                      WorldKind{"Shell",
                                [] { return std::unique_ptr<LinkWorld>(new ShellWorld); }}),
    [](const auto& kind) { return kind.param.name; });

// The model has the bounds that the shell has.
TEST(LinkBounds, AreTheSame) {
  EXPECT_EQ(sim::Network::kUnwrittenBytesMax, Links::kUnwrittenBytesMax);
  EXPECT_EQ(sim::Network::kDrainTime, Links::kDrainTimeMax);
}

TEST_P(LinkSuite, BytesGoEachWayInOrder) {
  world.connect();
  std::string said;
  for (int i = 0; i < 100; ++i) {
    const std::string text = std::to_string(i) + ",";
    world.say(text);
    world.send(text);
    said += text;
  }
  world.settle();
  EXPECT_EQ(world.server_heard, said);
  EXPECT_EQ(world.peer_heard, said);
}

TEST_P(LinkSuite, OneReadIsBounded) {
  world.connect();
  world.say(std::string(2 * world.read_bytes_max(), 'x'));
  world.settle();
  EXPECT_EQ(world.server_heard.size(), 2 * world.read_bytes_max());
  EXPECT_EQ(world.longest_read, world.read_bytes_max());
}

TEST_P(LinkSuite, APausedLinkIsNotRead) {
  world.connect();
  world.pause();
  world.say("later");
  world.settle();
  EXPECT_EQ(world.server_heard, "");
  world.send("though it may write");
  world.settle();
  EXPECT_EQ(world.peer_heard, "though it may write");
  world.resume();
  world.settle();
  EXPECT_EQ(world.server_heard, "later");
}

// --- the end -------------------------------------------------------------------------------------

TEST_P(LinkSuite, LastWordsArriveBeforeTheEndAndNoneBehindIt) {
  world.connect();
  world.send("goodbye");
  world.close();
  world.send("too late");
  world.settle();
  EXPECT_EQ(world.peer_heard, "goodbye");
  EXPECT_TRUE(world.peer_ended);
  EXPECT_EQ(world.server_closed, 0) << "who closed a link need not be told";
}

TEST_P(LinkSuite, WhatComesBehindItsEndIsForNobody) {
  world.connect();
  world.close();
  world.say("too late");
  world.settle();
  EXPECT_EQ(world.server_heard, "");
  EXPECT_EQ(world.server_closed, 0);
}

TEST_P(LinkSuite, APeerWhoFinishesWasHeardAndIsAnswered) {
  world.connect();
  world.say("last");
  world.finish();
  world.send("what was ready");
  world.settle();
  EXPECT_EQ(world.server_heard, "last");
  EXPECT_EQ(world.server_closed, 1);
  EXPECT_EQ(world.peer_heard, "what was ready");
  EXPECT_TRUE(world.peer_ended);
}

TEST_P(LinkSuite, ACutIsHeardOfOnce) {
  world.connect();
  world.cut();
  world.settle();
  EXPECT_EQ(world.server_closed, 1);
  world.send("to nobody");
  world.settle();
  EXPECT_EQ(world.server_closed, 1);
}

// --- slow readers --------------------------------------------------------------------------------

TEST_P(LinkSuite, WhoReadsLateGetsAll) {
  world.read_nothing();
  world.connect();
  std::string all;
  for (int i = 0; all.size() < Links::kUnwrittenBytesMax - 100; ++i)
    all += std::to_string(i);
  world.send(all);
  world.settle();
  EXPECT_EQ(world.server_closed, 0);
  world.read_all();
  EXPECT_EQ(world.peer_heard, all);
}

// What the network itself holds comes on top.
TEST_P(LinkSuite, WhoDoesNotReadIsCutPastTheBound) {
  constexpr std::size_t kPiece = 64 * 1024;
  constexpr std::size_t kNetworkBytesMax = 16 * 1024 * 1024;
  world.read_nothing();
  world.connect();
  std::size_t sent = 0;
  while (world.server_closed == 0 && sent < Links::kUnwrittenBytesMax + kNetworkBytesMax) {
    world.send(std::string(kPiece, 'x'));
    world.settle();
    sent += kPiece;
  }
  EXPECT_EQ(world.server_closed, 1);
  EXPECT_GT(sent, Links::kUnwrittenBytesMax);
}

TEST_P(LinkSuite, LastWordsAreSaidForATimeOnly) {
  world.read_nothing();
  world.connect();
  world.send(std::string(Links::kUnwrittenBytesMax, 'x'));
  world.settle();
  world.close();
  world.settle();
  world.pass(Links::kDrainTimeMax);
  world.read_all();
  EXPECT_TRUE(world.peer_ended);
  EXPECT_LT(world.peer_heard.size(), Links::kUnwrittenBytesMax);
}

// --- links that the server opens -----------------------------------------------------------------

TEST_P(LinkSuite, AServerReachesWhoListens) {
  world.open(true);
  EXPECT_EQ(world.opened, 1);
  EXPECT_EQ(world.failed, 0);
}

TEST_P(LinkSuite, AServerIsToldThatNobodyListens) {
  world.open(false);
  EXPECT_EQ(world.opened, 0);
  EXPECT_EQ(world.failed, 1);
}

}  // namespace shell_link_suite_test
}  // namespace muster::testing
