// Binding and the life of sessions: RFC 6120 section 7.
#include "server/xmpp_presence/xmpp_presence.h"

#include <gtest/gtest.h>

#include <set>

#include "machine/xmpp_presence/world.h"

namespace muster::testing {
namespace xmpp_presence_binding_test {

using ::testing::IsEmpty;

const UserReady kReady{address("juliet@example.com"), UserReady::Outcome::loaded};

TEST(Binding, WaitsForTheUserAndAsksForHerOnce) {
  XmppPresenceWorld world;
  const auto first = world.on(world.asks_to_bind("juliet@example.com/balcony"));
  ASSERT_EQ(events<UserWanted>(first).size(), 1u);
  EXPECT_EQ(events<UserWanted>(first)[0].account, address("juliet@example.com"));
  EXPECT_EQ(first.events.size(), 1u);
  const auto second = world.on(world.asks_to_bind("juliet@example.com/chamber"));
  EXPECT_THAT(second.events, IsEmpty());

  const auto ready = world.on(kReady);
  const auto granted = events<BindGranted>(ready);
  ASSERT_EQ(granted.size(), 2u);
  EXPECT_EQ(granted[0].full, address("juliet@example.com/balcony"));
  EXPECT_EQ(granted[0].link, (LinkId{1, 1}));
  EXPECT_EQ(granted[1].full, address("juliet@example.com/chamber"));
  EXPECT_NE(granted[0].session, granted[1].session);
  EXPECT_EQ(world.presence->sessions(), 2u);
}

TEST(Binding, OfAUserWhoIsThereIsGrantedAtOnce) {
  XmppPresenceWorld world;
  world.bind("juliet@example.com/balcony");
  const auto happened = world.on(world.asks_to_bind("juliet@example.com/chamber"));
  ASSERT_EQ(events<BindGranted>(happened).size(), 1u);
  EXPECT_THAT(events<UserWanted>(happened), IsEmpty());
  // A second word of presence_db changes nothing.
  EXPECT_THAT(world.on(kReady).events, IsEmpty());
}

// Section 7.6: the server chooses, at random.
TEST(Binding, WithoutAResourceGetsARandomOne) {
  XmppPresenceWorld world;
  std::set<std::string> resources;
  for (int i = 0; i < 10; ++i) {
    const Bound bound = world.bind("juliet@example.com");
    EXPECT_GE(bound.full.resource().size(), 12u);
    resources.emplace(bound.full.resource());
  }
  EXPECT_EQ(resources.size(), 10u);
}

// Section 7.7.2.1: what can be brought into conformance is, the rest is bad-request.
TEST(Binding, BringsTheResourceIntoItsCanonicalForm) {
  XmppPresenceWorld world;
  BindAsked asked = world.asks_to_bind("juliet@example.com");
  asked.resource = "cafe\u0301\u00a0x";
  world.on(asked);
  const auto granted = events<BindGranted>(world.on(kReady));
  ASSERT_EQ(granted.size(), 1u);
  EXPECT_EQ(granted[0].full.resource(), "caf\u00e9 x");
}

TEST(Binding, RefusesAResourceThatIsNone) {
  XmppPresenceWorld world;
  for (const std::string& resource :
       {std::string(" x"), std::string("\u200b"), std::string(1024, 'x'), std::string("\xff")}) {
    BindAsked asked = world.asks_to_bind("juliet@example.com");
    asked.resource = resource;
    const auto happened = world.on(asked);
    ASSERT_EQ(happened.events.size(), 1u);
    ASSERT_EQ(events<BindRefused>(happened).size(), 1u);
    EXPECT_EQ(events<BindRefused>(happened)[0].why, StanzaError::bad_request);
    EXPECT_EQ(events<BindRefused>(happened)[0].link, asked.link);
  }
  BindAsked asked = world.asks_to_bind("juliet@example.com");
  asked.resource = std::string(1023, 'x');
  world.on(asked);
  EXPECT_EQ(events<BindGranted>(world.on(kReady)).size(), 1u);
}

// --- conflict (section 7.7.2.2, behaviour 3) -----------------------------------------------------

TEST(Binding, TheNewSessionWinsAConflict) {
  XmppPresenceWorld world;
  const Bound old = world.available("juliet@example.com/balcony");
  const Bound other = world.available("juliet@example.com/chamber");
  const auto happened = world.on(world.asks_to_bind("juliet@example.com/balcony"));
  const auto ended = events<EndStream>(happened);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].link, old.link);
  EXPECT_EQ(ended[0].why, StreamError::conflict);
  const auto granted = events<BindGranted>(happened);
  ASSERT_EQ(granted.size(), 1u);
  EXPECT_EQ(granted[0].full, old.full);
  EXPECT_NE(granted[0].session, old.session);
  // The old one is gone, for the contacts and for her own other session.
  const auto changed = events<ResourceChanged>(happened);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].full, old.full);
  EXPECT_FALSE(changed[0].available);
  EXPECT_EQ(world.got(other),
            stanzas({"<presence type='unavailable' from='juliet@example.com/balcony' "
                     "to='juliet@example.com'/>"}));
  EXPECT_THAT(world.got(old), IsEmpty());
  EXPECT_THAT(events<UserUnwanted>(happened), IsEmpty());
  // What its stream still says means nothing.
  EXPECT_THAT(world.on(StreamEnded{old.session, old.link}).events, IsEmpty());
  EXPECT_THAT(world.say(old, "<presence/>").events, IsEmpty());
  EXPECT_EQ(world.presence->sessions(), 2u);
}

TEST(Binding, AConflictWithHerOnlySessionKeepsTheUser) {
  XmppPresenceWorld world;
  world.bind("juliet@example.com/balcony");
  const auto happened = world.on(world.asks_to_bind("juliet@example.com/balcony"));
  EXPECT_EQ(events<BindGranted>(happened).size(), 1u);
  EXPECT_THAT(events<UserUnwanted>(happened), IsEmpty());
}

// Sections 7.7.2.2 and 7.5: names are compared in their canonical form.
TEST(Binding, ConflictsAreBetweenCanonicalResources) {
  XmppPresenceWorld world;
  world.bind("juliet@example.com/caf\u00e9");
  BindAsked asked = world.asks_to_bind("juliet@example.com");
  asked.resource = "cafe\u0301";
  EXPECT_EQ(events<EndStream>(world.on(asked)).size(), 1u);
  asked = world.asks_to_bind("juliet@example.com");
  asked.resource = "Caf\u00e9";
  EXPECT_THAT(events<EndStream>(world.on(asked)), IsEmpty());
}

// --- Limits::sessions_per_user_max (section 7.6.2.1) ---------------------------------------------

TEST(Binding, EndsAtTheLimitOfSessions) {
  XmppPresenceWorld world;
  world.settings.limits.sessions_per_user_max = 3;
  const Bound first = world.bind("juliet@example.com/1");
  world.bind("juliet@example.com/2");
  world.bind("juliet@example.com/3");
  const auto refused = world.on(world.asks_to_bind("juliet@example.com/4"));
  ASSERT_EQ(events<BindRefused>(refused).size(), 1u);
  EXPECT_EQ(events<BindRefused>(refused)[0].why, StanzaError::resource_constraint);
  EXPECT_THAT(events<BindGranted>(refused), IsEmpty());
  // Another user has her own; one who replaces a session adds none; one who left makes room.
  world.bind("romeo@example.com/1");
  EXPECT_EQ(events<BindGranted>(world.on(world.asks_to_bind("juliet@example.com/2"))).size(), 1u);
  world.on(StreamEnded{first.session, first.link});
  EXPECT_EQ(events<BindGranted>(world.on(world.asks_to_bind("juliet@example.com/4"))).size(), 1u);
}

TEST(Binding, AsManyWaitAsCouldBeGranted) {
  XmppPresenceWorld world;
  world.settings.limits.sessions_per_user_max = 2;
  world.on(world.asks_to_bind("juliet@example.com/1"));
  EXPECT_THAT(world.on(world.asks_to_bind("juliet@example.com/2")).events, IsEmpty());
  const auto refused = world.on(world.asks_to_bind("juliet@example.com/3"));
  ASSERT_EQ(events<BindRefused>(refused).size(), 1u);
  EXPECT_EQ(events<BindRefused>(refused)[0].why, StanzaError::resource_constraint);
  EXPECT_EQ(events<BindGranted>(world.on(kReady)).size(), 2u);
}

// --- users who cannot be had ---------------------------------------------------------------------

TEST(Binding, OfNobodyIsRefused) {
  const std::pair<UserReady::Outcome, StanzaError> cases[] = {
      {UserReady::Outcome::no_such_account, StanzaError::item_not_found},
      {UserReady::Outcome::store_failed, StanzaError::internal_server_error},
  };
  for (const auto& [outcome, why] : cases) {
    XmppPresenceWorld world;
    world.on(world.asks_to_bind("juliet@example.com/1"));
    world.on(world.asks_to_bind("juliet@example.com/2"));
    const auto happened = world.on(UserReady{address("juliet@example.com"), outcome});
    const auto refused = events<BindRefused>(happened);
    ASSERT_EQ(refused.size(), 2u);
    EXPECT_EQ(refused[0].link, (LinkId{1, 1}));
    EXPECT_EQ(refused[0].why, why);
    EXPECT_EQ(refused[1].why, why);
    EXPECT_EQ(happened.events.size(), 2u);
    EXPECT_EQ(world.presence->sessions(), 0u);
    // The next attempt asks anew.
    EXPECT_EQ(events<UserWanted>(world.on(world.asks_to_bind("juliet@example.com/1"))).size(), 1u);
  }
}

TEST(Binding, AUserNobodyWaitsForIsNoMatter) {
  XmppPresenceWorld world;
  EXPECT_THAT(world.on(kReady).events, IsEmpty());
}

// --- the end -------------------------------------------------------------------------------------

// RFC 6121 section 4.5.2: without a word from the client.
TEST(StreamEnd, MakesAnAvailableSessionUnavailable) {
  XmppPresenceWorld world;
  const Bound gone = world.available("juliet@example.com/balcony");
  const Bound other = world.available("juliet@example.com/chamber");
  world.forget();
  const auto happened = world.on(StreamEnded{gone.session, gone.link});
  const auto changed = events<ResourceChanged>(happened);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].full, gone.full);
  EXPECT_FALSE(changed[0].available);
  EXPECT_EQ(meaning(*changed[0].before + "romeo@example.com" + *changed[0].after),
            meaning("<presence type='unavailable' from='juliet@example.com/balcony' "
                    "to='romeo@example.com'/>"));
  EXPECT_EQ(world.got(other).size(), 1u);
  EXPECT_THAT(world.got(gone), IsEmpty());  // its link is no more
  EXPECT_THAT(events<UserUnwanted>(happened), IsEmpty());
}

TEST(StreamEnd, OfASessionThatWasNotAvailableIsNotNoticed) {
  XmppPresenceWorld world;
  const Bound gone = world.bind("juliet@example.com/balcony");
  const Bound other = world.available("juliet@example.com/chamber");
  const auto happened = world.on(StreamEnded{gone.session, gone.link});
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_THAT(world.got(other), IsEmpty());
}

TEST(StreamEnd, OfHerLastSessionLetsTheUserGo) {
  XmppPresenceWorld world;
  const Bound first = world.bind("juliet@example.com/balcony");
  const Bound second = world.bind("juliet@example.com/chamber");
  EXPECT_THAT(events<UserUnwanted>(world.on(StreamEnded{first.session, first.link})), IsEmpty());
  const auto happened = world.on(StreamEnded{second.session, second.link});
  ASSERT_EQ(events<UserUnwanted>(happened).size(), 1u);
  EXPECT_EQ(events<UserUnwanted>(happened)[0].account, address("juliet@example.com"));
  EXPECT_EQ(world.presence->sessions(), 0u);
  EXPECT_THAT(world.on(StreamEnded{second.session, second.link}).events, IsEmpty());
  EXPECT_EQ(events<UserWanted>(world.on(world.asks_to_bind("juliet@example.com/1"))).size(), 1u);
}

// That she became unavailable comes before that she is no longer wanted.
TEST(StreamEnd, SaysThingsInOrder) {
  XmppPresenceWorld world;
  const Bound only = world.available("juliet@example.com/balcony");
  const auto happened = world.on(StreamEnded{only.session, only.link});
  ASSERT_EQ(happened.events.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<ResourceChanged>(happened.events[0]));
  EXPECT_TRUE(std::holds_alternative<UserUnwanted>(happened.events[1]));
}

// XEP-0077 section 3.2, and RFC 6120 section 4.9.3.16 after a change of password.
TEST(AccountGone, EndsAllOfHerStreams) {
  for (const bool removed : {true, false}) {
    XmppPresenceWorld world;
    const Bound balcony = world.available("juliet@example.com/balcony");
    const Bound chamber = world.bind("juliet@example.com/chamber");
    const Bound romeo = world.available("romeo@example.com/orchard");
    const auto happened = world.on(AccountGone{address("juliet@example.com"), removed});
    const auto ended = events<EndStream>(happened);
    ASSERT_EQ(ended.size(), 2u);
    EXPECT_EQ(ended[0].link, balcony.link);
    EXPECT_EQ(ended[1].link, chamber.link);
    EXPECT_EQ(ended[0].why, removed ? StreamError::not_authorized : StreamError::reset);
    EXPECT_EQ(events<ResourceChanged>(happened).size(), 1u);
    EXPECT_EQ(events<UserUnwanted>(happened).size(), 1u);
    EXPECT_EQ(world.presence->sessions(), 1u);
    EXPECT_THAT(world.got(romeo), IsEmpty());
    EXPECT_THAT(world.on(AccountGone{address("juliet@example.com"), removed}).events, IsEmpty());
  }
}

TEST(AccountGone, LeavesThoseWhoWaitToTheAnswerTheyWaitFor) {
  XmppPresenceWorld world;
  world.on(world.asks_to_bind("juliet@example.com/1"));
  EXPECT_THAT(world.on(AccountGone{address("juliet@example.com"), true}).events, IsEmpty());
  const auto happened =
      world.on(UserReady{address("juliet@example.com"), UserReady::Outcome::no_such_account});
  EXPECT_EQ(events<BindRefused>(happened).size(), 1u);
}

}  // namespace xmpp_presence_binding_test
}  // namespace muster::testing
