// What ends subscriptions from our side, in each of their states: a lost link (RFC 5626 section 7),
// the watcher's account, the server (RFC 6665 section 4.1.3).
#include <gtest/gtest.h>

#include <set>

#include "machine/sip_presence/subscription_world.h"

namespace muster::testing {
namespace sip_presence_endings_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

enum class State { asked, pending, active, notified, terminated };

// A subscription over the world's flow, in that state.
void bring_by_flow_to(SubscriptionWorld& world, State state) {
  world.subscribe();
  if (state == State::asked) return;
  world.decide(state == State::pending ? WatchState::pending : WatchState::active,
               state == State::pending ? "" : "doc");
  if (state == State::notified) return;  // its first NOTIFY is under way
  world.notify_ended(200);
  if (state == State::terminated) world.decide(WatchState::rejected);
}
// Over a link.
void bring_to(SubscriptionWorld& world, State state) {
  world.flow = SipWorld::flow_over({7, 1});
  bring_by_flow_to(world, state);
}

TEST(SipEndings, FlowLost) {
  const FlowLost lost{ShardId(0), {7, 1}};
  for (const State state : {State::pending, State::active, State::notified}) {
    SubscriptionWorld world;
    bring_to(world, state);
    EXPECT_THAT(world.on(lost), ElementsAre("unwatch bob@example.com"));
    EXPECT_EQ(world.sip.subscriptions(), 0u);
    EXPECT_THAT(world.notify_ended(0), IsEmpty());
  }
  SubscriptionWorld world;
  bring_to(world, State::terminated);
  EXPECT_THAT(world.on(lost), IsEmpty());
  EXPECT_EQ(world.sip.subscriptions(), 0u);
}

// A phone that another server proxies: its link is of that server, and with that server go all.
TEST(SipEndings, OfAFlowThroughAnotherServer) {
  for (const bool on_a_link : {false, true}) {
    SubscriptionWorld world;
    if (on_a_link) world.flow = SipWorld::flow_over({7, 1});
    world.flow.through = 9;
    world.subscribe();
    world.decide(WatchState::active, "doc");
    world.notify_ended(200);
    EXPECT_THAT(world.on(FlowLost{ShardId(0), {7, 1}}), IsEmpty()) << "a link of ours";
    EXPECT_THAT(world.on(ServerGone{8}), IsEmpty());
    EXPECT_EQ(world.sip.subscriptions(), 1u);
    EXPECT_THAT(on_a_link ? world.on(FlowLost{ShardId(0), {7, 1}, 9}) : world.on(ServerGone{9}),
                ElementsAre("unwatch bob@example.com"));
    EXPECT_EQ(world.sip.subscriptions(), 0u);
  }
}

TEST(SipEndings, AccountRemoved) {
  const AccountGone gone{address("alice@example.com"), true};
  for (const State state : {State::pending, State::active}) {
    SubscriptionWorld world;
    bring_to(world, state);
    EXPECT_THAT(world.on(gone),
                ElementsAre("unwatch bob@example.com", "NOTIFY 2 terminated;reason=noresource"));
    EXPECT_THAT(world.notify_ended(200), IsEmpty());
    EXPECT_EQ(world.sip.subscriptions(), 0u);
  }
  SubscriptionWorld world;
  bring_to(world, State::notified);
  EXPECT_THAT(world.on(gone), ElementsAre("unwatch bob@example.com"));
  EXPECT_THAT(world.notify_ended(200), ElementsAre("NOTIFY 2 terminated;reason=noresource"));
}

TEST(SipEndings, PasswordChanged) {  // RFC 6665 4.1.3: deactivated, to subscribe anew at once
  SubscriptionWorld world;
  bring_to(world, State::active);
  EXPECT_THAT(world.on(AccountGone{address("alice@example.com"), false}),
              ElementsAre("unwatch bob@example.com", "NOTIFY 2 terminated;reason=deactivated"));
}

// She moves to another server, where she is to subscribe anew at once (RFC 6665 section 4.1.3).
TEST(SipEndings, TheWatcherMoves) {
  const UserLeaves leaves{address("alice@example.com"), nullptr};
  for (const State state : {State::pending, State::active}) {
    SubscriptionWorld world;
    bring_to(world, state);
    EXPECT_THAT(world.on(leaves),
                ElementsAre("unwatch bob@example.com", "NOTIFY 2 terminated;reason=deactivated"));
    EXPECT_THAT(world.notify_ended(200), IsEmpty());
    EXPECT_EQ(world.sip.subscriptions(), 0u);
  }
  SubscriptionWorld under_way;
  bring_to(under_way, State::notified);
  EXPECT_THAT(under_way.on(leaves), ElementsAre("unwatch bob@example.com"));
  EXPECT_THAT(under_way.notify_ended(200), ElementsAre("NOTIFY 2 terminated;reason=deactivated"));
  // Who was not answered yet is told to come again.
  SubscriptionWorld asked;
  bring_to(asked, State::asked);
  EXPECT_THAT(asked.on(leaves), ElementsAre("480"));
  EXPECT_THAT(asked.decide(WatchState::active, "doc"), ElementsAre("unwatch bob@example.com"));
  EXPECT_EQ(asked.sip.subscriptions(), 0u);
}

TEST(SipEndings, WhomSheWatchesMayMove) {
  SubscriptionWorld world;
  bring_to(world, State::active);
  EXPECT_THAT(world.on(UserLeaves{address("bob@example.com"), nullptr}), IsEmpty());
  EXPECT_EQ(world.sip.subscriptions(), 1u);
}

TEST(SipEndings, OnlyOfThatAccount) {
  SubscriptionWorld world;
  bring_to(world, State::active);
  EXPECT_THAT(world.on(AccountGone{address("bob@example.com"), true}), IsEmpty());
  world.subscribe({}, "carol@example.com");
  world.decide(WatchState::active, "doc");
  world.on(AccountGone{address("alice@example.com"), true});
  EXPECT_EQ(world.of<WatchEnded>().size(), 1u);
}

// This server was taken for dead. Of links it is seen that they end; a flow through another server
// goes by a link to that, on which nothing more is said.
TEST(SipEndings, WhoWatchesByDatagramsIsToldThatTheLifeIsOver) {
  for (const State state : {State::pending, State::active, State::notified}) {
    SubscriptionWorld world;
    bring_by_flow_to(world, state);
    EXPECT_THAT(world.on(LifeOver{}),
                ElementsAre(::testing::EndsWith("terminated;reason=deactivated")));
  }
  for (const State state : {State::asked, State::terminated}) {
    SubscriptionWorld world;
    bring_by_flow_to(world, state);
    EXPECT_THAT(world.on(LifeOver{}), IsEmpty());
  }
  SubscriptionWorld over_a_link;
  bring_to(over_a_link, State::active);
  EXPECT_THAT(over_a_link.on(LifeOver{}), IsEmpty());
  SubscriptionWorld through;
  through.flow.through = 9;
  bring_by_flow_to(through, State::active);
  EXPECT_THAT(through.on(LifeOver{}), IsEmpty());
}

TEST(SipEndings, ManyAreToldInPortions) {
  SubscriptionWorld world;
  world.settings.limits.watches_per_watcher_max = Subscriptions::kEndedAtOnce + 1;
  for (std::size_t i = 0; i <= Subscriptions::kEndedAtOnce; ++i)
    bring_by_flow_to(world, State::notified);
  EXPECT_EQ(world.on(LifeOver{}).size(), Subscriptions::kEndedAtOnce);
  EXPECT_EQ(world.on(LifeOver{}).size(), 1u);
  EXPECT_THAT(world.on(LifeOver{}), IsEmpty());
}

TEST(SipEndings, WhatEndedDoesNotEndAgain) {
  for (int how = 0; how < 3; ++how) {
    SubscriptionWorld world;
    bring_to(world, State::terminated);
    const Story story = how == 0   ? world.on(AccountGone{address("alice@example.com"), true})
                        : how == 1 ? world.on(StopAsked{})
                                   : world.decide(WatchState::active, "doc");
    EXPECT_THAT(story, IsEmpty());
    EXPECT_THAT(world.notify_ended(200), IsEmpty());
    EXPECT_EQ(world.sip.subscriptions(), 0u);
  }
}

// --- before presence_db has answered

TEST(SipEndings, WhatIsAskedIsAnsweredAndTakenBack) {
  const auto give_up = [](SubscriptionWorld& world, int how) {
    if (how == 0) return world.on(FlowLost{ShardId(0), {7, 1}});
    if (how == 1) return world.on(AccountGone{address("alice@example.com"), true});
    return world.on(StopAsked{});
  };
  for (int how = 0; how < 3; ++how) {
    const Story answer = {how == 0 ? "500" : how == 1 ? "403" : "503"};
    for (const auto& [state, story] :
         {std::pair{WatchState::active, Story{"unwatch bob@example.com"}},
          {WatchState::pending, Story{"unwatch bob@example.com"}},
          {WatchState::rejected, Story{}},
          {WatchState::store_failed, Story{}}}) {
      SubscriptionWorld world;
      bring_to(world, State::asked);
      EXPECT_EQ(give_up(world, how), answer);
      // Not before its watch is known to be taken back.
      EXPECT_EQ(world.sip.subscriptions(), 1u);
      EXPECT_FALSE(world.sip.idle());
      EXPECT_THAT(give_up(world, how), IsEmpty());
      EXPECT_EQ(world.decide(state, "doc"), story);
      EXPECT_EQ(world.sip.subscriptions(), 0u);
    }
  }
}

TEST(SipEndings, AFetchThatIsGivenUpLeavesNoWatch) {
  SubscriptionWorld world;
  world.flow = SipWorld::flow_over({7, 1});
  world.subscribe({"Expires: 0"});
  EXPECT_THAT(world.on(FlowLost{ShardId(0), {7, 1}}), ElementsAre("500"));
  EXPECT_THAT(world.decide(WatchState::active, "doc"), IsEmpty());
  EXPECT_EQ(world.sip.subscriptions(), 0u);
}

// --- links

TEST(SipEndings, ManySubscriptionsOfOneLink) {
  SubscriptionWorld world;
  for (int i = 0; i < 3; ++i)
    bring_to(world, State::active);
  world.flow = SipWorld::flow_over({8, 1});
  world.activate();
  world.flow = SipWorld::flow_over({7, 1}, 1);
  world.activate();
  EXPECT_EQ(world.on(FlowLost{ShardId(0), {7, 1}}), Story(3, "unwatch bob@example.com"));
  EXPECT_EQ(world.sip.subscriptions(), 2u);
  EXPECT_EQ(world.on(FlowLost{ShardId(1), {7, 1}}), Story(1, "unwatch bob@example.com"));
}

TEST(SipEndings, ARefreshLeavesTheOldLink) {
  SubscriptionWorld world;
  bring_to(world, State::active);
  world.flow = SipWorld::flow_over({8, 1});
  world.again();
  EXPECT_THAT(world.on(FlowLost{ShardId(0), {7, 1}}), IsEmpty());
  EXPECT_THAT(world.on(FlowLost{ShardId(0), {8, 1}}), ElementsAre("unwatch bob@example.com"));
}

TEST(SipEndings, DatagramsHaveNoLink) {
  SubscriptionWorld world;
  world.activate();
  EXPECT_THAT(world.on(FlowLost{ShardId(0), {}}), IsEmpty());
  EXPECT_EQ(world.sip.subscriptions(), 1u);
}

// --- the end of the server

TEST(SipEndings, AStoppingServerSaysWhenToComeBack) {  // RFC 6665 4.1.3: probation
  SubscriptionWorld world;
  std::set<std::string> times;
  std::vector<WatchId> watches;
  for (int i = 0; i < 40; ++i) {
    world.activate();
    watches.push_back(world.watch);
  }
  world.on(StopAsked{});
  EXPECT_EQ(world.of<WatchEnded>().size(), 40u);
  EXPECT_FALSE(world.sip.idle());
  for (const SipRequestsReady& ready : world.of<SipRequestsReady>()) {
    const std::string state = row(ready.requests.at(0).rows, "Subscription-State");
    const std::string front = "terminated;reason=probation;retry-after=";
    ASSERT_EQ(state.substr(0, front.size()), front);
    times.insert(state.substr(front.size()));
    const int seconds = std::stoi(state.substr(front.size()));
    EXPECT_GE(seconds, 10);
    EXPECT_LT(seconds, 40);
  }
  EXPECT_GT(times.size(), 10u);  // they do not all come back at once
  for (const WatchId& watch : watches) {
    EXPECT_FALSE(world.sip.idle());
    world.on(SipRequestEnded{watch.slot.number(), sip::Method::notify, 200, 0});
  }
  EXPECT_TRUE(world.sip.idle());
}

TEST(SipEndings, AStoppingServerLetsANotifyUnderWayEnd) {
  SubscriptionWorld world;
  bring_to(world, State::notified);
  EXPECT_THAT(world.on(StopAsked{}), ElementsAre("unwatch bob@example.com"));
  ASSERT_EQ(world.notify_ended(200).size(), 1u);
  EXPECT_FALSE(world.sip.idle());
  world.notify_ended(0);
  EXPECT_TRUE(world.sip.idle());
}

}  // namespace sip_presence_endings_test
}  // namespace muster::testing
