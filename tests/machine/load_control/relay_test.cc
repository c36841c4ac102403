// Streams that one server relays to the owner of their users: two shards of two servers, and a link
// between them that the test may fill or cut.
#include "server/load_control/relay.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "support/module_world.h"

namespace muster::testing {
namespace load_control_relay_test {

using Why = FromRelay::Why;
using Happened = ModuleWorld::Happened;

constexpr std::uint64_t kLanding = 4;  // the incarnations
constexpr std::uint64_t kOwner = 5;
constexpr LinkId kLink{3, 1};  // of the client, where it landed
const Address kAlice = Address::of_canonical("alice", "example.com");

// One end: what came of the last thing that was given, without what it says to the other.
struct End {
  End(std::uint64_t number_, std::uint64_t other_) : number(number_), other(other_) {
    world.settings.cluster.emplace();
  }
  void take() {
    Happened all = world.take();
    for (Event& event : all.events) {
      if (auto* said = std::get_if<ToRelay>(&event)) {
        EXPECT_EQ(said->to, other);
        says.push_back(std::move(said->said));
      } else {
        happened.events.push_back(std::move(event));
      }
    }
    for (Order& order : all.orders)
      happened.orders.push_back(std::move(order));
  }
  template <class Fact>
  void give(const Fact& fact) {
    relay.on(world.now, fact, world.out);
    relay.take_orders(world.out);
    take();
  }
  // What the step orders for the link that it does not have.
  template <class Given>
  void order(Given one) {
    world.out.order(std::move(one));
    relay.take_orders(world.out);
    take();
  }
  template <class E>
  std::vector<E> events() {
    return testing::events<E>(std::exchange(happened, {}));
  }

  std::uint64_t number;
  std::uint64_t other;
  ModuleWorld world;
  Relay relay{world.shard};
  std::vector<std::string> says;
  Happened happened;
};

class RelayTest : public ::testing::Test {
 protected:
  // Until neither has more to say.
  void carry() {
    for (int turns = 0; !landing.says.empty() || !owner.says.empty(); ++turns) {
      ASSERT_LT(turns, 100) << "they answer each other without end";
      carry(landing, owner);
      carry(owner, landing);
    }
  }
  static void carry(End& from, End& to) {
    for (std::string& said : std::exchange(from.says, {})) {
      const FromRelay came{Why::came, from.number, std::move(said)};
      to.give(came);
      // They are read at once: they are views.
      std::erase_if(to.happened.events, [](const Event& event) {
        const auto* relayed = std::get_if<RelayedBytes>(&event);
        if (relayed != nullptr) to_owner += relayed->bytes;
        return relayed != nullptr;
      });
    }
  }
  // Nothing of what this end says is told.
  static void lose(End& from, Why why) {
    for (std::string& said : std::exchange(from.says, {}))
      from.give(FromRelay{why, from.other, std::move(said)});
  }

  RelayTest() { to_owner.clear(); }

  LinkId open() {
    landing.give(RelayStream{
        kLink, kOwner, kAlice, "example.com", {IpAddress::v4(192, 0, 2, 1), 4711}, true, {}, true});
    carry();
    const auto came = owner.events<RelayedStreamCame>();
    EXPECT_EQ(came.size(), 1u);
    EXPECT_TRUE(came.empty() || came[0].web_socket);
    landing.happened = {};
    return came.empty() ? LinkId() : came[0].link;
  }
  void phone_says(std::string_view bytes) {
    landing.give(BytesToRelay{kLink, bytes});
    carry();
  }
  std::string phone_heard() {
    std::string heard;
    for (const SendBytes& send : orders<SendBytes>(landing.happened)) {
      EXPECT_EQ(send.link, kLink);
      heard += send.bytes;
    }
    landing.happened = {};
    return heard;
  }

  // So many streams with a window each are all that may be on its way.
  static constexpr std::uint32_t kFull = Relay::kOwnerWindowBytes / Relay::kWindowBytes;

  LinkId write(std::uint32_t stream, char what) {
    const LinkId link{stream, 1};
    landing.give(RelayStream{link, kOwner, kAlice, "example.com", {}, true, {}});
    keep();
    landing.give(BytesToRelay{link, std::string(Relay::kWindowBytes, what)});
    return link;
  }
  // The owner does not hear it yet.
  void keep() {
    for (std::string& said : std::exchange(landing.says, {}))
      kept_.push_back(std::move(said));
  }
  void fill() {
    for (std::uint32_t stream = 0; stream < kFull; ++stream) {
      write(stream, 'x');
      keep();
    }
    landing.happened = {};
  }
  void carry_kept() {
    keep();
    landing.says = std::exchange(kept_, {});
    carry();
  }

  End landing{kLanding, kOwner};
  End owner{kOwner, kLanding};
  static inline std::string to_owner;
  std::vector<std::string> kept_;
};

TEST_F(RelayTest, AStreamComesToTheOwnerAsItWas) {
  landing.give(RelayStream{
      kLink, kOwner, kAlice, "example.com", {IpAddress::v4(192, 0, 2, 1), 4711}, true, {}});
  EXPECT_EQ(landing.relay.relaying(), 1u);
  carry();
  const auto came = owner.events<RelayedStreamCame>();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_TRUE(is_relayed(came[0].link));
  EXPECT_EQ(came[0].account, kAlice);
  EXPECT_EQ(came[0].domain, "example.com");
  EXPECT_EQ(came[0].remote, (Endpoint{IpAddress::v4(192, 0, 2, 1), 4711}));
  EXPECT_TRUE(came[0].secure);
  EXPECT_EQ(owner.relay.relaying(), 0u) << "the link is not there";
}

TEST_F(RelayTest, BytesGoBothWays) {
  const LinkId link = open();
  phone_says("<iq ");
  phone_says("/>");
  EXPECT_EQ(to_owner, "<iq />");
  owner.world.out.order(SendBytes{link, "<stream"});
  owner.world.out.order(SendBytes{LinkId{9, 1}, "of the driver"});
  owner.order(SendBytes{link, ":stream>"});
  EXPECT_EQ(owner.says.size(), 1u) << "what a step says leaves together";
  carry();
  EXPECT_EQ(phone_heard(), "<stream:stream>");
  const auto left = orders<SendBytes>(owner.happened);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].bytes, "of the driver");
}

TEST_F(RelayTest, ThatTheOwnerHasBegunIsToldOnce) {
  const LinkId link = open();
  owner.order(SendBytes{link, "<a/>"});
  carry();
  EXPECT_EQ(landing.events<RelayedStreamBegun>().size(), 1u);
  owner.order(SendBytes{link, "<b/>"});
  carry();
  EXPECT_TRUE(landing.events<RelayedStreamBegun>().empty());
}

// Of a text for many each gets its own.
TEST_F(RelayTest, AFanOutIsParted) {
  const LinkId link = open();
  FanOut fan_out{share("<presence to='"), share("'/>"), "ab", {{link, 0, 1}, {LinkId{9, 1}, 1, 1}}};
  owner.order(fan_out);
  carry();
  EXPECT_EQ(phone_heard(), "<presence to='a'/>");
  const auto left = orders<FanOut>(owner.happened);
  ASSERT_EQ(left.size(), 1u);
  ASSERT_EQ(left[0].recipients.size(), 1u);
  EXPECT_EQ(left[0].recipients[0].link, (LinkId{9, 1}));
  owner.happened = {};
  fan_out.recipients.pop_back();
  owner.order(fan_out);
  EXPECT_TRUE(owner.happened.orders.empty()) << "nobody is left for the driver";
}

TEST_F(RelayTest, MuchIsSaidInSeveral) {
  const LinkId link = open();
  const std::string much(kRelayBytesMax * 2 + 1, 'x');
  owner.order(SendBytes{link, much});
  EXPECT_EQ(owner.says.size(), 3u);
  carry();
  EXPECT_EQ(phone_heard(), much);
}

// --- flow ----------------------------------------------------------------------------------------

TEST_F(RelayTest, NobodyIsReadWhileTheOwnerTakesNothing) {
  const LinkId link = open();
  owner.order(PauseReading{link});
  EXPECT_TRUE(owner.happened.orders.empty());
  const std::string half(Relay::kWindowBytes / 2, 'x');
  phone_says(half);
  EXPECT_TRUE(orders<PauseReading>(landing.happened).empty());
  phone_says(half);
  EXPECT_EQ(orders<PauseReading>(landing.happened).size(), 1u);
  phone_says("x");
  EXPECT_EQ(orders<PauseReading>(landing.happened).size(), 1u) << "once";
  EXPECT_TRUE(orders<ResumeReading>(landing.happened).empty());
  owner.order(ResumeReading{link});
  carry();
  EXPECT_EQ(orders<ResumeReading>(landing.happened).size(), 1u);
  EXPECT_EQ(to_owner.size(), Relay::kWindowBytes + 1);
}

TEST_F(RelayTest, WhatIsTakenMakesRoom) {
  open();
  const std::string some(Relay::kWindowBytes / 4, 'x');
  for (int i = 0; i < 40; ++i)
    phone_says(some);
  EXPECT_EQ(orders<PauseReading>(landing.happened).size(),
            orders<ResumeReading>(landing.happened).size());
  EXPECT_EQ(to_owner.size(), some.size() * 40);
}

// All share the link of the servers.
TEST_F(RelayTest, TheStreamsOfOneOwnerHaveSoMuchTogether) {
  const std::size_t streams = Relay::kOwnerWindowBytes / Relay::kWindowBytes + 2;
  const std::string window(Relay::kWindowBytes, 'x');
  const auto write = [&](std::uint32_t stream) {
    const LinkId link{stream, 1};
    landing.give(RelayStream{link, kOwner, kAlice, "example.com", {}, true, {}});
    landing.says.clear();
    landing.give(BytesToRelay{link, window});
    return !std::exchange(landing.says, {}).empty();
  };
  std::size_t told = 0;
  for (std::uint32_t stream = 0; stream < streams; ++stream)
    told += write(stream) ? window.size() : 0;
  EXPECT_EQ(told, Relay::kOwnerWindowBytes);
  EXPECT_EQ(orders<PauseReading>(landing.happened).size(), streams);
  // What the owner has taken makes room for who waits longest; so does who has gone.
  const auto next = [&] { return read_relay(landing.says.back())->number; };
  landing.give(FromRelay{Why::came, kOwner, write_relay({1, 0, false, RelayTaken{window.size()}})});
  ASSERT_EQ(landing.says.size(), 1u);
  EXPECT_EQ(next(), streams - 1);
  EXPECT_EQ(orders<ResumeReading>(landing.happened).size(), 1u) << "of the first, who may go on";
  landing.give(RelayedStreamEnded{LinkId{1, 1}});
  ASSERT_EQ(landing.says.size(), 2u) << "it counts until the owner says so too";
  landing.give(FromRelay{Why::came, kOwner, write_relay({2, 0, false, RelayEnded{}})});
  ASSERT_EQ(landing.says.size(), 3u);
  EXPECT_EQ(next(), streams);
  // Where the link is lost nothing of it is left.
  landing.give(ServerDown{kOwner});
  EXPECT_EQ(landing.relay.relaying(), 0u);
}

// A little of each is enough to fill what they have together, if it is not told that it is taken.
TEST_F(RelayTest, ManyWhoWriteLittleDoNotStop) {
  const std::string little(1'000, 'x');
  constexpr std::uint32_t streams = 2 * Relay::kOwnerWindowBytes / 1'000;
  for (std::uint32_t stream = 0; stream < streams; ++stream) {
    landing.give(RelayStream{LinkId{stream, 1}, kOwner, kAlice, "example.com", {}, true, {}});
    landing.give(BytesToRelay{LinkId{stream, 1}, little});
    carry();
  }
  EXPECT_EQ(to_owner.size(), streams * little.size());
  EXPECT_TRUE(orders<PauseReading>(landing.happened).empty());
}

// It may write, and close, while others wait too: what it wrote goes, when there is room.
TEST_F(RelayTest, WhatIsHeldWhenItsLinkEndsGoesFirst) {
  fill();
  const LinkId last = write(kFull, 'y');
  EXPECT_TRUE(landing.says.empty());
  landing.give(RelayedStreamEnded{last});
  EXPECT_TRUE(landing.says.empty()) << "nor is its end said before";
  carry_kept();
  const auto there = std::string(Relay::kWindowBytes, 'y');
  EXPECT_TRUE(to_owner.ends_with(there));
  EXPECT_EQ(owner.events<RelayedLinkClosed>().size(), 1u);
}

// The owner stands still: who closes, and comes again, has no more room for that.
TEST_F(RelayTest, WhatIsUnderWayOfOneThatEndedCountsUntilTheOwnerSaysSo) {
  fill();
  for (std::uint32_t stream = 0; stream < kFull; ++stream)
    landing.give(RelayedStreamEnded{LinkId{stream, 1}});
  keep();
  write(kFull, 'y');
  EXPECT_TRUE(landing.says.empty());
  carry_kept();
  EXPECT_EQ(to_owner.size(), (kFull + 1) * Relay::kWindowBytes);
  EXPECT_TRUE(landing.says.empty());
}

// Of which nothing is said in that step any more.
TEST_F(RelayTest, WhereOneDoesNotFitTheOthersWaitOn) {
  fill();
  write(kFull, 'y');
  landing.give(FromRelay{Why::full, kOwner, kept_.back()});
  EXPECT_EQ(landing.events<EndRelayedStream>().size(), 1u);
  EXPECT_TRUE(landing.says.empty());
}

// Of three pieces the middle one did not fit, and the last did.
TEST_F(RelayTest, AGapIsAnEnd) {
  const LinkId link = open();
  owner.order(SendBytes{link, std::string(3 * kRelayBytesMax, 'x')});
  ASSERT_EQ(owner.says.size(), 3u);
  owner.says.erase(owner.says.begin() + 1);
  carry();
  EXPECT_EQ(phone_heard().size(), kRelayBytesMax);
  EXPECT_EQ(landing.relay.relaying(), 0u);
  EXPECT_EQ(owner.events<RelayedLinkClosed>().size(), 1u);
}

TEST_F(RelayTest, TheOtherWayItIsOneToo) {
  open();
  landing.give(BytesToRelay{kLink, std::string(3 * kRelayBytesMax, 'x')});
  ASSERT_EQ(landing.says.size(), 3u);
  landing.says.erase(landing.says.begin() + 1);
  carry();
  EXPECT_EQ(to_owner.size(), kRelayBytesMax);
  EXPECT_EQ(landing.events<EndRelayedStream>().size(), 1u);
  EXPECT_EQ(owner.events<RelayedLinkClosed>().size(), 1u);
}

// --- its end -------------------------------------------------------------------------------------

TEST_F(RelayTest, TheOwnersLastWordsAreHeardBeforeItEnds) {
  const LinkId link = open();
  owner.world.out.order(SendBytes{link, "</stream:stream>"});
  owner.order(CloseLink{link});
  EXPECT_TRUE(owner.happened.orders.empty());
  carry();
  EXPECT_EQ(orders<SendBytes>(landing.happened).size(), 1u);
  const auto ended = landing.events<EndRelayedStream>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].link, kLink);
  EXPECT_FALSE(ended[0].lost);
  EXPECT_EQ(landing.relay.relaying(), 0u);
}

TEST_F(RelayTest, ItEndsWithItsLink) {
  const LinkId link = open();
  landing.give(RelayedStreamEnded{kLink});
  // In that step something had been said on it.
  owner.world.out.order(SendBytes{link, "too late"});
  carry();
  EXPECT_TRUE(owner.happened.orders.empty()) << "the driver has no such link";
  const auto closed = owner.events<RelayedLinkClosed>();
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].link, link);
  EXPECT_TRUE(owner.says.empty());
}

TEST_F(RelayTest, WhereTheLinkOfTheServersIsLostBothEnd) {
  const LinkId link = open();
  landing.give(ServerDown{9});
  EXPECT_EQ(landing.relay.relaying(), 1u) << "another one";
  landing.give(ServerDown{kOwner});
  owner.give(ServerDown{kLanding});
  const auto ended = landing.events<EndRelayedStream>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_TRUE(ended[0].lost);
  const auto closed = owner.events<RelayedLinkClosed>();
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].link, link);
  EXPECT_TRUE(landing.says.empty());
  EXPECT_TRUE(owner.says.empty());
}

TEST_F(RelayTest, WhereThereIsNoLinkItIsLostAtOnce) {
  landing.give(RelayStream{kLink, kOwner, kAlice, "example.com", {}, true, {}});
  lose(landing, Why::no_link);
  const auto ended = landing.events<EndRelayedStream>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_TRUE(ended[0].lost);
  EXPECT_EQ(landing.relay.next_deadline(), std::nullopt) << "there is nobody to be told";
}

// A gap: the stream is of no use any more, and the other end is told when it can be.
TEST_F(RelayTest, WhatDoesNotFitEndsTheStreamAtBothEnds) {
  const LinkId link = open();
  owner.order(SendBytes{link, "<a/>"});
  lose(owner, Why::full);
  EXPECT_EQ(owner.events<RelayedLinkClosed>().size(), 1u);
  ASSERT_EQ(owner.relay.next_deadline(), owner.world.now.instant + Relay::kAgainAfter);
  for (int i = 0; i < 2; ++i) {
    owner.world.pass(Relay::kAgainAfter);
    owner.relay.wake(owner.world.now, owner.world.out);
    owner.take();
    ASSERT_EQ(owner.says.size(), 1u);
    if (i == 0) lose(owner, Why::full);
  }
  carry();
  EXPECT_EQ(landing.events<EndRelayedStream>().size(), 1u);
  EXPECT_EQ(owner.relay.next_deadline(), std::nullopt);
}

TEST_F(RelayTest, TheOtherWayToo) {
  open();
  landing.give(BytesToRelay{kLink, "<a/>"});
  lose(landing, Why::full);
  EXPECT_EQ(landing.events<EndRelayedStream>().size(), 1u);
  landing.world.pass(Relay::kAgainAfter);
  landing.relay.wake(landing.world.now, landing.world.out);
  landing.take();
  carry();
  EXPECT_EQ(owner.events<RelayedLinkClosed>().size(), 1u);
}

// --- who is wrong --------------------------------------------------------------------------------

TEST_F(RelayTest, OfAStreamThatThereIsNotItIsSaidThatItHasEnded) {
  const RelaySaid bytes{77, 1, true, RelayBytes{0, "<a/>"}};
  owner.give(FromRelay{Why::came, kLanding, write_relay(bytes)});
  ASSERT_EQ(owner.says.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<RelayEnded>(read_relay(owner.says[0])->what));
  landing.give(FromRelay{Why::came, kOwner, write_relay({77, 1, false, RelayTaken{4}})});
  ASSERT_EQ(landing.says.size(), 1u);
  // Of that end nobody says anything more.
  carry();
}

TEST_F(RelayTest, AStreamIsItsOwnersAlone) {
  open();
  landing.other = 9;
  landing.give(FromRelay{Why::came, 9, write_relay({1, 1, false, RelayBytes{0, "evil"}})});
  EXPECT_TRUE(orders<SendBytes>(landing.happened).empty());
  EXPECT_EQ(landing.relay.relaying(), 1u);
}

TEST_F(RelayTest, AUserOfAnotherDomainOrShardIsRefused) {
  const auto refused = [&](const Address& account, std::uint64_t home) {
    const RelayOpen open{account, "example.com", {}, true};
    owner.give(FromRelay{Why::came, kLanding, write_relay({5, home, true, open})});
    EXPECT_TRUE(owner.events<RelayedStreamCame>().empty());
    return std::exchange(owner.says, {}).size() == 1u;
  };
  const Address stranger = Address::of_canonical("alice", "elsewhere.example");
  EXPECT_TRUE(refused(stranger, hash_bytes(stranger.bare())));
  EXPECT_TRUE(refused(kAlice, 1));
}

// The owner does not serve her domain: there were no last words.
TEST_F(RelayTest, WhoIsRefusedIsTold) {
  owner.world.settings.domains = {"elsewhere.example"};
  landing.give(RelayStream{kLink, kOwner, kAlice, "example.com", {}, true, {}});
  carry();
  const auto ended = landing.events<EndRelayedStream>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_TRUE(ended[0].lost);
}

TEST_F(RelayTest, WhatCannotBeReadIsPassedOver) {
  owner.give(FromRelay{Why::came, kLanding, "?"});
  EXPECT_TRUE(owner.says.empty());
  EXPECT_TRUE(owner.happened.events.empty());
}

}  // namespace load_control_relay_test
}  // namespace muster::testing
