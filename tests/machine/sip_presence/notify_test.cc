// NOTIFY: which, when, in which order, and what becomes of a subscription whose watcher does not
// take them. RFC 6665 sections 4.2.2 and 4.4, RFC 5057 section 5.1, RFC 3856 section 6.7.
#include "server/sip_presence/subscriptions.h"

#include <gtest/gtest.h>

#include "machine/sip_presence/subscription_world.h"

namespace muster::testing {
namespace sip_presence_notify_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SipNotify, EachChangeWhileSheListens) {  // 4.2.2; expires counts down
  SubscriptionWorld world;
  world.activate({"Expires: 100"});
  world.pass(Duration::seconds(10));
  EXPECT_THAT(world.change("two"), ElementsAre("NOTIFY 2 active;expires=90 two"));
  world.notify_ended(200);
  world.pass(Duration::milliseconds(500));
  EXPECT_THAT(world.change("three"), ElementsAre("NOTIFY 3 active;expires=89 three"));
}

TEST(SipNotify, OneAtATimeAndTheLatestWins) {
  SubscriptionWorld world;
  world.subscribe();
  EXPECT_THAT(world.decide(WatchState::active, "one"),
              ElementsAre("200", "NOTIFY 1 active;expires=600 one"));
  EXPECT_THAT(world.change("two"), IsEmpty());
  EXPECT_THAT(world.change("three"), IsEmpty());
  EXPECT_THAT(world.notify_ended(200), ElementsAre("NOTIFY 2 active;expires=600 three"));
  EXPECT_THAT(world.notify_ended(200), IsEmpty());
  EXPECT_THAT(world.change("four"), ElementsAre("NOTIFY 3 active;expires=600 four"));
}

TEST(SipNotify, ARefreshWaitsToo) {
  SubscriptionWorld world;
  world.activate();
  world.change("two");
  EXPECT_THAT(world.again(), ElementsAre("200", "refresh bob@example.com"));
  EXPECT_THAT(world.decide(WatchState::active, "two"), IsEmpty());
  EXPECT_THAT(world.notify_ended(200), ElementsAre("NOTIFY 3 active;expires=600 two"));
}

TEST(SipNotify, TheLastWordIsNeverLost) {
  SubscriptionWorld world;
  world.activate();
  world.change("two");
  EXPECT_THAT(world.decide(WatchState::rejected), IsEmpty());
  EXPECT_THAT(world.change("three"), IsEmpty());
  EXPECT_THAT(world.decide(WatchState::active, "four"), IsEmpty());
  EXPECT_THAT(world.notify_ended(200), ElementsAre("NOTIFY 3 terminated;reason=rejected"));
  EXPECT_THAT(world.notify_ended(200), IsEmpty());
  EXPECT_EQ(world.sip.subscriptions(), 0u);
}

TEST(SipNotify, TheLastWordReplacesWhatWaits) {
  SubscriptionWorld world;
  world.activate();
  world.change("two");
  world.change("three");
  world.decide(WatchState::no_such_user);
  EXPECT_THAT(world.notify_ended(200), ElementsAre("NOTIFY 3 terminated;reason=noresource"));
}

TEST(SipNotify, PendingThenAllowed) {  // 4.2.2; RFC 3856 6.7; RFC 8048 5.3.1
  SubscriptionWorld world;
  world.subscribe();
  world.decide(WatchState::pending);
  world.notify_ended(200);
  EXPECT_THAT(world.decide(WatchState::active, "doc"),
              ElementsAre("NOTIFY 2 active;expires=600 doc"));
}

TEST(SipNotify, PendingThenRefused) {  // 4.2.1.3; RFC 8048 5.3.1
  SubscriptionWorld world;
  world.subscribe();
  world.decide(WatchState::pending);
  world.notify_ended(200);
  EXPECT_THAT(world.decide(WatchState::rejected),
              ElementsAre("NOTIFY 2 terminated;reason=rejected"));
  EXPECT_EQ(world.one<SipRequestsReady>().body, nullptr);
  EXPECT_THAT(world.notify_ended(200), IsEmpty());  // presence_db has forgotten it by itself
  EXPECT_EQ(world.sip.subscriptions(), 0u);
}

TEST(SipNotify, AllowedThenToBeDecidedAgain) {
  SubscriptionWorld world;
  world.activate();
  EXPECT_THAT(world.decide(WatchState::pending), ElementsAre("NOTIFY 2 pending;expires=600"));
  // Nothing of the presentity is shown to who waits.
  world.notify_ended(200);
  EXPECT_THAT(world.change("secret"), IsEmpty());
}

TEST(SipNotify, PendingReplacesADocumentThatWaits) {
  SubscriptionWorld world;
  world.activate();
  world.change("two");
  world.change("three");
  EXPECT_THAT(world.decide(WatchState::pending), IsEmpty());
  EXPECT_THAT(world.notify_ended(200), ElementsAre("NOTIFY 3 pending;expires=600"));
}

TEST(SipNotify, WhatWeCannotServeAnyMore) {  // 4.1.3: probation
  for (const WatchState state : {WatchState::store_failed, WatchState::too_many}) {
    SubscriptionWorld world;
    world.activate();
    EXPECT_THAT(world.decide(state),
                ElementsAre("NOTIFY 2 terminated;reason=probation;retry-after=60"));
  }
}

TEST(SipNotify, EndsWithItsTime) {  // 4.2.1.4, at the very moment
  SubscriptionWorld world;
  world.activate({"Expires: 100"});
  EXPECT_EQ(world.sip.next_deadline(), world.now.instant + Duration::seconds(100));
  EXPECT_THAT(world.pass(Duration::microseconds(99'999'999)), IsEmpty());
  EXPECT_THAT(world.pass(Duration::microseconds(1)),
              ElementsAre("unwatch bob@example.com", "NOTIFY 2 terminated;reason=timeout"));
  EXPECT_THAT(world.notify_ended(200), IsEmpty());
  EXPECT_EQ(world.sip.subscriptions(), 0u);
  EXPECT_EQ(world.sip.next_deadline(), std::nullopt);
}

TEST(SipNotify, EndsWithItsTimeWhilePending) {
  SubscriptionWorld world;
  world.subscribe({"Expires: 100"});
  world.decide(WatchState::pending);
  world.notify_ended(200);
  EXPECT_THAT(world.pass(Duration::seconds(100)),
              ElementsAre("unwatch bob@example.com", "NOTIFY 2 terminated;reason=timeout"));
}

TEST(SipNotify, EndsWithItsTimeWhileANotifyIsUnderWay) {
  SubscriptionWorld world;
  world.activate({"Expires: 100"});
  world.change("two");
  EXPECT_THAT(world.pass(Duration::seconds(100)), ElementsAre("unwatch bob@example.com"));
  EXPECT_THAT(world.notify_ended(200), ElementsAre("NOTIFY 3 terminated;reason=timeout"));
}

TEST(SipNotify, NoneIsSentAfterTheTime) {
  for (int how = 0; how < 3; ++how) {
    SubscriptionWorld world;
    world.activate({"Expires: 100"});
    if (how == 0) {
      world.change("two");
      world.change("three");
    }
    world.ModuleWorld::pass(Duration::seconds(100));  // nobody woke us yet
    const Story story = how == 0   ? world.notify_ended(200)
                        : how == 1 ? world.change("late")
                                   : world.decide(WatchState::active, "late");
    ASSERT_EQ(story.size(), 2u) << how;
    EXPECT_EQ(story[0], "unwatch bob@example.com");
    EXPECT_EQ(story[1], how == 0 ? "NOTIFY 3 terminated;reason=timeout"
                                 : "NOTIFY 2 terminated;reason=timeout");
  }
}

// --- the fan-out

TEST(SipNotify, OneChangeForMany) {
  SubscriptionWorld world;
  std::vector<WatchId> watches;
  for (int i = 0; i < 4; ++i) {
    world.subscribe({"Call-ID: call-" + std::to_string(i)});
    watches.push_back(world.watch);
    world.decide(WatchState::active, "first");
  }
  for (const std::size_t i : {0u, 2u, 3u}) {
    world.watch = watches[i];
    world.notify_ended(200);
  }
  world.watch = watches[3];
  world.decide(WatchState::pending);
  // The second has one under way, the fourth may not see it, the last one is not there.
  watches.push_back({ShardId(0), {99, 1}});
  EXPECT_THAT(world.change("doc", watches),
              ElementsAre("NOTIFY 2 active;expires=600 doc", "NOTIFY 2 active;expires=600 doc"));
  const SipRequestsReady ready = world.one<SipRequestsReady>();
  EXPECT_EQ(row(ready.requests[0].rows, "Call-ID"), "call-0");
  EXPECT_EQ(row(ready.requests[1].rows, "Call-ID"), "call-2");
  EXPECT_EQ(ready.requests[0].asker, watches[0].slot.number());
  EXPECT_EQ(ready.content_type, "application/pidf+xml");
  world.watch = watches[1];
  EXPECT_THAT(world.notify_ended(200), ElementsAre("NOTIFY 2 active;expires=600 doc"));
}

TEST(SipNotify, NobodyToHearIsNoRequest) {
  SubscriptionWorld world;
  EXPECT_THAT(world.change("doc", {}), IsEmpty());
  EXPECT_THAT(world.change("doc", {{ShardId(0), {5, 5}}}), IsEmpty());
}

// --- refusals

class SipNotifyRefused : public ::testing::TestWithParam<int> {};

// 4.2.2: "MUST remove", and the timeout; RFC 5057 section 5.1 for 502.
INSTANTIATE_TEST_SUITE_P(Removes, SipNotifyRefused,
                         ::testing::Values(0, 404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485,
                                           489, 501, 502, 604));

TEST_P(SipNotifyRefused, RemovesTheSubscription) {
  const auto status = static_cast<std::uint16_t>(GetParam());
  SubscriptionWorld world;
  world.activate();
  world.change("two");
  world.change("three");
  EXPECT_THAT(world.notify_ended(status), ElementsAre("unwatch bob@example.com"));
  EXPECT_EQ(world.sip.subscriptions(), 0u);
  EXPECT_THAT(world.again(), ElementsAre("481"));
}

TEST_P(SipNotifyRefused, RemovesItEvenWithRetryAfter) {
  const auto status = static_cast<std::uint16_t>(GetParam());
  SubscriptionWorld world;
  world.activate();
  world.change("two");
  EXPECT_THAT(world.notify_ended(status, 30), ElementsAre("unwatch bob@example.com"));
}

TEST_P(SipNotifyRefused, NeedsNoLastWordThen) {
  const auto status = static_cast<std::uint16_t>(GetParam());
  SubscriptionWorld world;
  world.activate();
  world.change("two");
  world.decide(WatchState::rejected);
  EXPECT_THAT(world.notify_ended(status), IsEmpty());
  EXPECT_EQ(world.sip.subscriptions(), 0u);
}

TEST(SipNotify, OtherRefusalsAreAboutOneNotify) {  // RFC 5057 section 5.1, table 2
  for (const int status : {202, 302, 400, 401, 403, 406, 407, 413, 415, 420, 486, 488, 491, 493}) {
    SubscriptionWorld world;
    world.activate();
    world.change("two");
    EXPECT_THAT(world.notify_ended(static_cast<std::uint16_t>(status)), IsEmpty()) << status;
    EXPECT_THAT(world.change("three"), ElementsAre("NOTIFY 3 active;expires=600 three")) << status;
  }
}

TEST(SipNotify, FailuresOfTheWatcherEndItInOrder) {  // RFC 5057 section 5.1, notes 13 and 17
  for (const int status : {500, 503, 504, 513, 600, 603, 606}) {
    SubscriptionWorld world;
    world.activate();
    world.change("two");
    world.change("three");
    EXPECT_THAT(world.notify_ended(static_cast<std::uint16_t>(status)),
                ElementsAre("unwatch bob@example.com",
                            "NOTIFY 3 terminated;reason=probation;retry-after=60"))
        << status;
    EXPECT_THAT(world.notify_ended(500), IsEmpty());
    EXPECT_EQ(world.sip.subscriptions(), 0u);
  }
}

TEST(SipNotify, RetryAfterIsHeeded) {  // RFC 5057 section 5.1, note 13; RFC 3261 20.33
  for (const int status : {500, 503, 600, 486}) {
    SubscriptionWorld world;
    world.activate();
    world.change("two");
    EXPECT_THAT(world.notify_ended(static_cast<std::uint16_t>(status), 30), IsEmpty());
    EXPECT_THAT(world.change("three"), IsEmpty());
    EXPECT_THAT(world.change("four"), IsEmpty());
    EXPECT_THAT(world.pass(Duration::microseconds(29'999'999)), IsEmpty());
    EXPECT_THAT(world.pass(Duration::microseconds(1)),
                ElementsAre("NOTIFY 3 active;expires=570 four"));
    EXPECT_THAT(world.notify_ended(200), IsEmpty());
    EXPECT_THAT(world.pass(Duration::seconds(570)),
                ElementsAre("unwatch bob@example.com", "NOTIFY 4 terminated;reason=timeout"));
  }
}

TEST(SipNotify, WhatWasRefusedForAWhileIsAskedForAgain) {
  SubscriptionWorld world;
  world.activate();
  world.change("two");
  world.notify_ended(503, 30);
  EXPECT_THAT(world.pass(Duration::seconds(30)), ElementsAre("refresh bob@example.com"));
  EXPECT_THAT(world.decide(WatchState::active, "now"),
              ElementsAre("NOTIFY 3 active;expires=570 now"));
  world.notify_ended(200);
  EXPECT_THAT(world.pass(Duration::seconds(569)), IsEmpty());
}

TEST(SipNotify, TheLastWordDoesNotWaitForRetryAfter) {
  SubscriptionWorld world;
  world.activate();
  world.change("two");
  world.notify_ended(503, 30);
  EXPECT_THAT(world.decide(WatchState::rejected),
              ElementsAre("NOTIFY 3 terminated;reason=rejected"));
}

TEST(SipNotify, ARetryAfterBeyondTheEndIsOnlyTheEnd) {
  SubscriptionWorld world;
  world.activate({"Expires: 100"});
  world.change("two");
  world.notify_ended(503, 4'000'000);
  EXPECT_THAT(world.pass(Duration::seconds(100)),
              ElementsAre("unwatch bob@example.com", "NOTIFY 3 terminated;reason=timeout"));
}

TEST(SipNotify, WhoRefreshesListensAgain) {  // RFC 6665 4.2.1.2
  SubscriptionWorld world;
  world.activate();
  world.change("two");
  world.notify_ended(503, 300);
  EXPECT_THAT(world.again(), ElementsAre("200", "refresh bob@example.com"));
  EXPECT_THAT(world.decide(WatchState::active, "now"),
              ElementsAre("NOTIFY 3 active;expires=600 now"));
  world.notify_ended(200);
  EXPECT_THAT(world.pass(Duration::seconds(300)), IsEmpty());
}

TEST(SipNotify, WhateverTheLastOneEndsWith) {  // 4.4.1
  for (const int status : {200, 0, 481, 400, 503}) {
    SubscriptionWorld world;
    world.activate();
    world.decide(WatchState::rejected);
    EXPECT_THAT(world.notify_ended(static_cast<std::uint16_t>(status), 30), IsEmpty());
    EXPECT_EQ(world.sip.subscriptions(), 0u) << status;
  }
}

TEST(SipNotify, AnEndWithoutABeginningIsOverlooked) {
  SubscriptionWorld world;
  world.activate();
  EXPECT_THAT(world.notify_ended(481), IsEmpty());  // none is under way
  EXPECT_EQ(world.sip.subscriptions(), 1u);
  EXPECT_THAT(world.on(SipRequestEnded{12345, sip::Method::notify, 481, 0}), IsEmpty());
}

}  // namespace sip_presence_notify_test
}  // namespace muster::testing
