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
  const auto subscribe = [&](const std::string& to) {
    const auto happened =
        world.say(juliet, "<presence to='" + to + "@example.com' type='subscribe'/>");
    EXPECT_TRUE(events<SubscriptionAsked>(happened).at(0).counted);
  };
  const auto settle = [&] {
    world.forget();
    world.on(SubscriptionSettled{juliet.session});
    return world.raw(juliet);
  };
  world.say(juliet, "<presence/>");
  subscribe("romeo");
  world.say(juliet, "<presence/>");
  subscribe("nurse");
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='1'/>");
  EXPECT_EQ(settle(), "<a xmlns='urn:xmpp:sm:3' h='3'/>");
  subscribe("tybalt");
  EXPECT_EQ(settle(), "<a xmlns='urn:xmpp:sm:3' h='4'/>");
  EXPECT_EQ(settle(), "<a xmlns='urn:xmpp:sm:3' h='5'/>");
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='5'/>");
  subscribe("paris");
  EXPECT_EQ(settle(), "");  // nobody has asked
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
  world.on(SubscriptionSettled{juliet.session});
  EXPECT_EQ(world.raw(juliet), "<a xmlns='urn:xmpp:sm:3' h='1'/>");
}

TEST_F(Managed, WithoutLinkNothingIsAcknowledged) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  world.say(juliet, "<presence to='romeo@example.com' type='subscribe'/>");
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='0'/>");
  lose(juliet);
  EXPECT_TRUE(orders<SendBytes>(world.on(SubscriptionSettled{juliet.session})).empty());
}

}  // namespace xmpp_presence_acknowledging_test
}  // namespace muster::testing
