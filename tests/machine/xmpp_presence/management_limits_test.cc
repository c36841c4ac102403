// What a session may leave unacknowledged, how many may wait, and what of it goes in one step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/xmpp_presence/managed.h"

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace muster::testing {
namespace xmpp_presence_management_limits_test {

// What others send her is not her doing: she is asked, and has time to answer.
TEST_F(Managed, WhoAcknowledgesNothingOfTooMuchIsEnded) {
  world.settings.limits.unacknowledged_stanzas_max = 3;
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(events<QueueOverran>(world.on(message("juliet@example.com/balcony", "hi"))),
                IsEmpty());
  const auto overran = events<QueueOverran>(world.on(message("juliet@example.com/balcony", "hi")));
  ASSERT_THAT(overran, SizeIs(1));
  EXPECT_THAT(world.on(overran[0]).events, IsEmpty());
  const Duration time = world.settings.limits.ping_answer_time_max;
  EXPECT_THAT(pass_time(time - Duration::microseconds(1)).events, IsEmpty());
  // More of it is not another beginning.
  EXPECT_THAT(world.on(message("juliet@example.com/balcony", "hi")).events, IsEmpty());
  const auto happened = pass_time(Duration::microseconds(1));
  const auto ended = events<EndStream>(happened);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].link, juliet.link);
  EXPECT_EQ(ended[0].why, StreamError::policy_violation);
  EXPECT_THAT(events<StanzaForUser>(happened), SizeIs(5));
  EXPECT_EQ(world.presence->sessions(), 0u);
  EXPECT_EQ(events<ResumeRefused>(resume(juliet, id, 0)).at(0).handled, 0u);
}

TEST_F(Managed, WhoAcknowledgesSomeOfItHasTimeForMore) {
  world.settings.limits.unacknowledged_stanzas_max = 3;
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  get(juliet, 6);
  const Duration time = world.settings.limits.ping_answer_time_max;
  pass_time(time - Duration::seconds(1));
  ack(juliet, 1);
  EXPECT_THAT(pass_time(time - Duration::seconds(1)).events, IsEmpty());
  // To say the same again is no progress.
  ack(juliet, 1);
  EXPECT_THAT(events<EndStream>(pass_time(Duration::seconds(1))), SizeIs(1));
}

// However much she acknowledges, if she has no less than when she was given time.
TEST_F(Managed, WhoNeverComesToHaveLessIsEnded) {
  world.settings.limits.unacknowledged_stanzas_max = 3;
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  get(juliet, 6);
  const Duration time = world.settings.limits.ping_answer_time_max;
  pass_time(time - Duration::seconds(1));
  get(juliet, 2);
  ack(juliet, 2);
  EXPECT_THAT(events<EndStream>(pass_time(Duration::seconds(1))), SizeIs(1));
}

// Time to acknowledge is no leave to be kept anything for: here she is sent it within that time.
TEST_F(Managed, FourTimesTooMuchIsTooMuchForAnybody) {
  const std::size_t bytes = message("juliet@example.com/balcony", "hi").xml.size();
  world.settings.limits.unacknowledged_bytes_max = static_cast<std::uint32_t>(2 * bytes);
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  EXPECT_THAT(events<EndStream>(get(juliet, 8)), IsEmpty());
  const auto ended = events<EndStream>(and_what_is_due(get(juliet, 1)));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].link, juliet.link);
  EXPECT_EQ(ended[0].why, StreamError::policy_violation);
  EXPECT_EQ(world.presence->sessions(), 0u);
}

TEST_F(Managed, WhoAcknowledgesEnoughIsLeftInPeace) {
  world.settings.limits.unacknowledged_stanzas_max = 3;
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  for (int round = 0; round < 2; ++round) {
    const auto base = static_cast<std::uint32_t>(4 * round);
    std::size_t overruns = 0;
    for (int i = 0; i < 4; ++i) {
      for (const auto& overran :
           events<QueueOverran>(world.on(message("juliet@example.com/balcony", "hi")))) {
        world.on(overran);
        ++overruns;
      }
    }
    EXPECT_EQ(overruns, 1u);
    ack(juliet, base + 1);
    EXPECT_EQ(world.presence->next_deadline(), std::nullopt);
    ack(juliet, base + 4);
  }
}

// A full roster's presence comes within one step.
TEST_F(Managed, MuchPresenceAtOnceIsNoFault) {
  world.settings.limits.unacknowledged_stanzas_max = 100;
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  PresenceReply reply{juliet.full, {}};
  reply.stanzas.resize(1'000, {share("<presence from='nurse@example.com' to='"), share("'/>")});
  const auto overran = events<QueueOverran>(world.on(reply));
  ASSERT_THAT(overran, SizeIs(1));
  EXPECT_THAT(world.on(overran[0]).events, IsEmpty());
  EXPECT_EQ(asks(juliet), 1);
  ack(juliet, 1'000);
  EXPECT_THAT(pass_time(Duration::hours(1)).events, IsEmpty());
}

TEST_F(Managed, WhoHasTooMuchIsNotWaitedFor) {
  world.settings.limits.unacknowledged_stanzas_max = 1;
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  for (int i = 0; i < 2; ++i) {
    for (const auto& overran :
         events<QueueOverran>(world.on(message("juliet@example.com/balcony", "hi"))))
      world.on(overran);
  }
  EXPECT_THAT(events<StanzaForUser>(lose(juliet)), SizeIs(2));
  EXPECT_EQ(world.presence->sessions(), 0u);
  EXPECT_EQ(world.presence->next_deadline(), std::nullopt);
}

// The messages of a session that ends come to her other one, which has time to take them.
TEST_F(Managed, WhatASessionLeavesDoesNotEndTheNext) {
  world.settings.limits.unacknowledged_stanzas_max = 3;
  const Bound balcony = world.available("juliet@example.com/balcony");
  const Bound chamber = world.available("juliet@example.com/chamber");
  enable(balcony, std::nullopt, false);
  enable(chamber);
  for (int i = 0; i < 3; ++i)
    world.on(message("juliet@example.com/balcony", "hi"));
  world.on(message("juliet@example.com/chamber", "hi"));
  for (const StanzaForUser& stanza : events<StanzaForUser>(lose(balcony))) {
    for (const auto& overran : events<QueueOverran>(world.on(stanza)))
      EXPECT_THAT(world.on(overran).events, IsEmpty());
  }
  EXPECT_EQ(world.presence->sessions(), 1u);
}

TEST_F(Managed, WhenTheShardIsFullWhoWaitsLongestGivesWay) {
  const Bound one = world.available("juliet@example.com/one");
  const Bound two = world.available("juliet@example.com/two");
  const Bound three = world.available("juliet@example.com/three");
  for (const Bound& bound : {one, two, three})
    enable(bound);
  lose(two);
  world.pass(Duration::seconds(1));
  lose(one);
  for (const std::string_view name : {"one", "two"})
    world.on(message("juliet@example.com/" + std::string(name), "hi"));
  world.settings.limits.unacknowledged_bytes_per_shard_max =
      2 * static_cast<std::uint32_t>(sizeof(InTransit) + sizeof(Unacknowledged) + 400);
  const auto overran =
      events<QueueOverran>(world.on(message("juliet@example.com/three", std::string(400, 'x'))));
  ASSERT_THAT(overran, SizeIs(1));
  const auto changed = events<ResourceChanged>(world.on(overran[0]));
  ASSERT_THAT(changed, SizeIs(1));
  EXPECT_EQ(changed[0].full, two.full);
  // Nobody waits but one, and that is not enough: the one that has too much ends.
  const auto again =
      events<QueueOverran>(world.on(message("juliet@example.com/three", std::string(2'000, 'x'))));
  ASSERT_THAT(again, SizeIs(1));
  const auto happened = world.on(again[0]);
  EXPECT_THAT(events<ResourceChanged>(happened), SizeIs(2));
  ASSERT_THAT(events<EndStream>(happened), SizeIs(1));
  EXPECT_EQ(events<EndStream>(happened)[0].link, three.link);
  // All that was kept is gone from the count: there is room again.
  const Bound four = world.available("juliet@example.com/four");
  enable(four);
  EXPECT_THAT(events<QueueOverran>(world.on(message("juliet@example.com/four", "hi"))), IsEmpty());
}

// It is not the one who is sent a stanza then, but who is to blame: she was told that she has too
// much, and acknowledged nothing.
TEST_F(Managed, WhenTheShardIsFullWhoHasTooMuchGoesFirst) {
  world.settings.limits.unacknowledged_stanzas_max = 3;
  const Bound juliet = world.available("juliet@example.com/balcony");
  const Bound romeo = world.available("romeo@example.com/orchard");
  const Bound nurse = world.available("nurse@example.com/kitchen");
  for (const Bound& bound : {juliet, romeo, nurse})
    enable(bound);
  lose(nurse);
  world.on(message("nurse@example.com/kitchen", "hi"));
  get(juliet, 4);
  world.settings.limits.unacknowledged_bytes_per_shard_max = 1'500;
  const auto overran = events<QueueOverran>(presence_from_nurse(romeo));
  ASSERT_THAT(overran, SizeIs(1));
  const auto ended = events<EndStream>(world.on(overran[0]));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].link, juliet.link);
  EXPECT_EQ(world.presence->sessions(), 2u);
}

// That the shard is full is not the doing of who has little of it.
TEST_F(Managed, WhoHoldsLittleLivesInAFullShard) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  const Bound romeo = world.available("romeo@example.com/orchard");
  enable(juliet);
  enable(romeo);
  get(juliet, 10);
  world.settings.limits.unacknowledged_bytes_per_shard_max = 1'000;
  for (int i = 0; i < 3; ++i) {
    // Each time it is asked anew.
    const auto overran = events<QueueOverran>(presence_from_nurse(romeo));
    ASSERT_THAT(overran, SizeIs(1));
    EXPECT_THAT(events<EndStream>(world.on(overran[0])), IsEmpty());
  }
  EXPECT_EQ(world.presence->sessions(), 2u);
  // Who has her share of it goes with the next that she is sent.
  const auto ended = events<EndStream>(get(juliet, 1));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].link, juliet.link);
}

// To end those for whom nothing is kept makes no room.
TEST_F(Managed, WhoWaitsWithNothingWaitsOnInAFullShard) {
  const Bound juliet = world.available("juliet@example.com/x");
  const Bound tybalt = world.available("tybalt@example.com/x");
  const Bound nurse = world.available("nurse@example.com/x");
  const Bound romeo = world.available("romeo@example.com/orchard");
  for (const Bound& bound : {juliet, tybalt, nurse, romeo})
    enable(bound);
  world.on(message("tybalt@example.com/x", "hi"));
  for (const Bound& bound : {juliet, tybalt, nurse})
    lose(bound);
  world.on(message("nurse@example.com/x", "hi"));
  world.settings.limits.unacknowledged_bytes_per_shard_max = 100;
  const auto overran = events<QueueOverran>(presence_from_nurse(romeo));
  ASSERT_THAT(overran, SizeIs(1));
  const auto changed = events<ResourceChanged>(world.on(overran[0]));
  ASSERT_THAT(changed, SizeIs(2));
  EXPECT_EQ(changed[0].full, tybalt.full);
  EXPECT_EQ(changed[1].full, nurse.full);
}

// A fan-out to all who have a link finds it full once for each of them.
TEST_F(Managed, AFullShardEndsOnlySoManyAtOnce) {
  constexpr std::size_t kAtOnce = 1'024;
  const Bound romeo = world.available("romeo@example.com/orchard");
  enable(romeo);
  for (std::size_t i = 0; i < kAtOnce + 10; ++i) {
    const Bound bound = world.available("user" + std::to_string(i) + "@example.com/x");
    enable(bound);
    world.on(message(bound.full.text(), "hi"));
    lose(bound);
  }
  world.settings.limits.unacknowledged_bytes_per_shard_max = 1;
  const auto end_some = [&] {
    const auto overran = events<QueueOverran>(presence_from_nurse(romeo));
    return overran.empty() ? 0u : events<ResourceChanged>(world.on(overran[0])).size();
  };
  EXPECT_EQ(end_some(), kAtOnce);
  EXPECT_EQ(end_some(), 0u);
  world.pass(Duration::microseconds(1));
  EXPECT_EQ(end_some(), 10u + 1u);
}

// What is acknowledged makes room.
TEST_F(Managed, WhatIsAcknowledgedIsKeptNoLonger) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  get(juliet, 10);
  world.settings.limits.unacknowledged_bytes_per_shard_max =
      2 * static_cast<std::uint32_t>(sizeof(InTransit) + sizeof(Unacknowledged));
  ack(juliet, 10);
  EXPECT_THAT(events<QueueOverran>(world.on(message("juliet@example.com/balcony", "hi"))),
              IsEmpty());
}

// How many share a text is not known: of a long one each who keeps it counts all.
TEST(Unacknowledged, CountsItsPartOfAText) {
  const auto own_bytes = [](bool shared, std::uint32_t bytes) {
    const SharedText text = share("");
    return Unacknowledged{text, shared ? text : nullptr, false, bytes, nullptr}.own_bytes() -
           sizeof(Unacknowledged);
  };
  EXPECT_EQ(own_bytes(true, 400), 100u);
  constexpr std::uint32_t kMost = Unacknowledged::kSharedBytesMax;
  EXPECT_EQ(own_bytes(true, kMost), kMost / 4);
  EXPECT_EQ(own_bytes(true, kMost + 1), kMost + 1);
  EXPECT_EQ(own_bytes(false, 400), 400u);
}

// A step has a bound, however many sessions end with however much.
TEST_F(Managed, WhatIsLetGoGoesInPortions) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  for (int i = 0; i < 1'500; ++i)
    world.on(message("juliet@example.com/balcony", std::to_string(i)));
  world.on(StreamEnded{juliet.session, juliet.link});
  EXPECT_FALSE(world.presence->idle());
  EXPECT_EQ(world.presence->next_deadline(), Instant());
  const auto first = events<StanzaForUser>(wake());
  EXPECT_THAT(first, SizeIs(1'024));
  EXPECT_THAT(first[0].xml, HasSubstr("<body>0</body>"));
  EXPECT_THAT(events<StanzaForUser>(wake()), SizeIs(1'500 - 1'024));
  EXPECT_TRUE(world.presence->idle());
}

TEST_F(Managed, TooManyBytesEndASessionThatWaits) {
  const std::size_t bytes = message("juliet@example.com/balcony", "hi").xml.size();
  world.settings.limits.unacknowledged_bytes_max = static_cast<std::uint32_t>(2 * bytes);
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  lose(juliet);
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(events<QueueOverran>(world.on(message("juliet@example.com/balcony", "hi"))),
                IsEmpty());
  const auto overran = events<QueueOverran>(world.on(message("juliet@example.com/balcony", "hi")));
  ASSERT_THAT(overran, SizeIs(1));
  const auto happened = and_what_is_due(world.on(overran[0]));
  EXPECT_THAT(events<EndStream>(happened), IsEmpty());
  EXPECT_THAT(events<StanzaForUser>(happened), SizeIs(3));
  EXPECT_TRUE(world.presence->idle());
}

TEST_F(Managed, OneTooManyThatWaitsEndsWithItsLink) {
  world.settings.limits.waiting_sessions_per_shard_max = 1;
  Bound juliet = world.available("juliet@example.com/balcony");
  const Bound romeo = world.available("romeo@example.com/orchard");
  const std::string id = enable(juliet);
  enable(romeo);
  EXPECT_THAT(events<ResourceChanged>(lose(juliet)), IsEmpty());
  EXPECT_THAT(events<ResourceChanged>(lose(romeo)), SizeIs(1));
  // Who resumes makes room.
  resume(juliet, id, 0);
  const Bound nurse = world.available("nurse@example.com/kitchen");
  enable(nurse);
  EXPECT_THAT(events<ResourceChanged>(lose(nurse)), IsEmpty());
}

TEST_F(Managed, WhoWaitsLongestGivesWayToANewSession) {
  world.settings.limits.sessions_per_user_max = 2;
  const Bound one = world.available("juliet@example.com/one");
  const Bound two = world.available("juliet@example.com/two");
  enable(one);
  enable(two);
  lose(two);
  world.pass(Duration::seconds(1));
  lose(one);
  const auto happened = world.on(world.asks_to_bind("juliet@example.com/three"));
  EXPECT_THAT(events<BindGranted>(happened), SizeIs(1));
  const auto changed = events<ResourceChanged>(happened);
  ASSERT_THAT(changed, SizeIs(1));
  EXPECT_EQ(changed[0].full, two.full);
}

TEST_F(Managed, AStoppingServerWaitsForNobody) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  const Bound romeo = world.available("romeo@example.com/orchard");
  enable(juliet);
  enable(romeo);
  lose(juliet);
  EXPECT_THAT(events<ResourceChanged>(and_what_is_due(world.on(StopAsked{}))), SizeIs(1));
  EXPECT_TRUE(world.presence->idle());
  EXPECT_THAT(events<ResourceChanged>(lose(romeo)), SizeIs(1));
}

// Nor does it end all of them in one step; and what they leave goes before it is idle.
TEST_F(Managed, AStoppingServerEndsThoseWhoWaitInPortions) {
  for (int i = 0; i < 1'100; ++i) {
    const Bound bound = world.available("user" + std::to_string(i) + "@example.com/x");
    enable(bound);
    lose(bound);
    if (i >= 1'098) world.on(message(bound.full.text(), "hi"));
  }
  EXPECT_THAT(events<ResourceChanged>(world.on(StopAsked{})), SizeIs(1'024));
  EXPECT_FALSE(world.presence->idle());
  EXPECT_EQ(world.presence->next_deadline(), Instant());
  EXPECT_THAT(events<ResourceChanged>(wake()), SizeIs(1'100 - 1'024));
  EXPECT_FALSE(world.presence->idle());
  EXPECT_EQ(world.presence->next_deadline(), Instant());
  EXPECT_THAT(events<StanzaForUser>(wake()), SizeIs(2));
  EXPECT_TRUE(world.presence->idle());
}

}  // namespace xmpp_presence_management_limits_test
}  // namespace muster::testing
