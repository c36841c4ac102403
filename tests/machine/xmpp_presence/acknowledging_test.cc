// What a session acknowledges by XEP-0198 section 4, and when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/xmpp_presence/managed.h"

using ::testing::HasSubstr;

namespace muster::testing {
namespace xmpp_presence_acknowledging_test {

class Acknowledging : public Managed {
 protected:
  Acknowledging() { id_ = enable(juliet_); }

  // As the so manieth stanza of hers.
  void subscribe(std::uint32_t stanza) {
    const auto happened = world.say(juliet_, "<presence to='romeo@example.com' type='subscribe'/>");
    EXPECT_EQ(events<SubscriptionAsked>(happened).at(0).counted, stanza);
  }
  // What she is told once the store has answered.
  std::string settle(std::uint32_t stanza) {
    world.forget();
    world.on(SubscriptionSettled{juliet_.session, stanza});
    return world.raw(juliet_);
  }
  static std::string ack(int count) {
    return "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(count) + "'/>";
  }

  Bound juliet_ = world.available("juliet@example.com/balcony");
  std::string id_;
};

// What it acknowledges it has: a client sends that to nobody again, not even to the server that
// comes after one that was killed.
TEST_F(Acknowledging, WaitsForTheStore) {
  world.say(juliet_, "<presence/>");
  subscribe(2);
  world.say(juliet_, "<presence/>");
  subscribe(4);
  EXPECT_EQ(handled(juliet_), ack(1));
  EXPECT_EQ(settle(2), ack(3));
  subscribe(5);
  EXPECT_EQ(settle(4), ack(4));
  EXPECT_EQ(settle(5), ack(5));
  EXPECT_EQ(handled(juliet_), ack(5));
  subscribe(6);
  EXPECT_EQ(settle(6), "");  // nobody has asked
}

// A store whose queue is full says so of the second before it answers the first.
TEST_F(Acknowledging, WhatIsRefusedEarlySettlesNothingElse) {
  subscribe(1);
  subscribe(2);
  EXPECT_EQ(settle(2), "");
  EXPECT_EQ(handled(juliet_), ack(0));
  EXPECT_EQ(settle(1), ack(2));
}

// Many at once, and settled in their order: each step says as far as it came.
TEST_F(Acknowledging, FollowsTheStore) {
  constexpr int kMany = 40;
  for (std::uint32_t stanza = 1; stanza <= kMany; ++stanza)
    subscribe(stanza);
  EXPECT_EQ(handled(juliet_), ack(0));
  for (int stanza = 1; stanza <= kMany; ++stanza)
    EXPECT_EQ(settle(static_cast<std::uint32_t>(stanza)), ack(stanza));
}

// Who resumes while this server lives sends nothing twice: it has it, and will store it. And a
// client takes a number that is less than it was for a fault of the stream.
TEST_F(Acknowledging, WhoResumesHearsOfAllThatWasTakenAndNothingIsTakenBack) {
  subscribe(1);
  subscribe(2);
  EXPECT_EQ(handled(juliet_), ack(0));
  lose(juliet_);
  resume(juliet_, id_, 0);
  EXPECT_THAT(world.raw(juliet_), HasSubstr("<resumed xmlns='urn:xmpp:sm:3' h='2'"));
  EXPECT_EQ(handled(juliet_), ack(2));
  subscribe(3);
  EXPECT_EQ(handled(juliet_), ack(2));
  EXPECT_EQ(settle(1), ack(2));
  EXPECT_EQ(settle(2), ack(2));
  EXPECT_EQ(settle(3), ack(3));
}

TEST_F(Acknowledging, NobodyIsToldWithoutALink) {
  subscribe(1);
  EXPECT_EQ(handled(juliet_), ack(0));
  lose(juliet_);
  EXPECT_TRUE(orders<SendBytes>(world.on(SubscriptionSettled{juliet_.session, 1})).empty());
}

}  // namespace xmpp_presence_acknowledging_test
}  // namespace muster::testing
