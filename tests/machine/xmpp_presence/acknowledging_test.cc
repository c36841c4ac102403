// What a session acknowledges by XEP-0198 section 4, and when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/xmpp_presence/managed.h"

using ::testing::HasSubstr;

namespace muster::testing {
namespace xmpp_presence_acknowledging_test {

// What it acknowledges it has: a client sends that to nobody again, not even to the server that
// comes after one that was killed.
TEST_F(Managed, AnAcknowledgementWaitsForTheStore) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  std::uint32_t stanzas = 0;
  const auto subscribe = [&](const std::string& to) {
    const auto happened =
        world.say(juliet, "<presence to='" + to + "@example.com' type='subscribe'/>");
    EXPECT_EQ(events<SubscriptionAsked>(happened).at(0).counted, ++stanzas);
  };
  const auto settle = [&](std::uint32_t stanza) {
    world.forget();
    world.on(SubscriptionSettled{juliet.session, stanza});
    return world.raw(juliet);
  };
  world.say(juliet, "<presence/>");
  stanzas = 1;
  subscribe("romeo");
  world.say(juliet, "<presence/>");
  stanzas = 3;
  subscribe("nurse");
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='1'/>");
  EXPECT_EQ(settle(2), "<a xmlns='urn:xmpp:sm:3' h='3'/>");
  subscribe("tybalt");
  EXPECT_EQ(settle(4), "<a xmlns='urn:xmpp:sm:3' h='4'/>");
  EXPECT_EQ(settle(5), "<a xmlns='urn:xmpp:sm:3' h='5'/>");
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='5'/>");
  subscribe("paris");
  EXPECT_EQ(settle(6), "");  // nobody has asked
}

// A store whose queue is full says so of the second before it answers the first.
TEST_F(Managed, WhatIsRefusedEarlySettlesNothingElse) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  world.say(juliet, "<presence to='romeo@example.com' type='subscribe'/>");
  world.say(juliet, "<presence to='nurse@example.com' type='subscribe'/>");
  world.on(SubscriptionSettled{juliet.session, 2});
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='0'/>");
  world.forget();
  world.on(SubscriptionSettled{juliet.session, 1});
  EXPECT_EQ(world.raw(juliet), "<a xmlns='urn:xmpp:sm:3' h='2'/>");
}

// Who resumes while this server lives sends nothing twice: it has it, and will store it.
TEST_F(Managed, WhoResumesHearsOfAllThatWasTaken) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  world.say(juliet, "<presence to='romeo@example.com' type='subscribe'/>");
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='0'/>");
  lose(juliet);
  resume(juliet, id, 0);
  EXPECT_THAT(world.raw(juliet), HasSubstr("<resumed xmlns='urn:xmpp:sm:3' h='1'"));
  world.forget();
  world.on(SubscriptionSettled{juliet.session, 1});
  EXPECT_EQ(world.raw(juliet), "<a xmlns='urn:xmpp:sm:3' h='1'/>");
}

// A client takes a number that is less than it was for a fault of the stream.
TEST_F(Managed, WhatItWasToldAtAResumptionIsNotTakenBack) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  world.say(juliet, "<presence to='romeo@example.com' type='subscribe'/>");
  world.say(juliet, "<presence to='nurse@example.com' type='subscribe'/>");
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='0'/>");
  lose(juliet);
  resume(juliet, id, 0);
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='2'/>");
  world.say(juliet, "<presence to='paris@example.com' type='subscribe'/>");
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='2'/>");
  world.on(SubscriptionSettled{juliet.session, 1});
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='2'/>");
  world.on(SubscriptionSettled{juliet.session, 2});
  world.forget();
  world.on(SubscriptionSettled{juliet.session, 3});
  EXPECT_EQ(world.raw(juliet), "<a xmlns='urn:xmpp:sm:3' h='3'/>");
}

TEST_F(Managed, WithoutLinkNothingIsAcknowledged) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  world.say(juliet, "<presence to='romeo@example.com' type='subscribe'/>");
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='0'/>");
  lose(juliet);
  EXPECT_TRUE(orders<SendBytes>(world.on(SubscriptionSettled{juliet.session, 1})).empty());
}

}  // namespace xmpp_presence_acknowledging_test
}  // namespace muster::testing
