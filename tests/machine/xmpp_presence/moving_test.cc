// A user moves to another server (design, "Moving users"): her sessions are told where, and wait
// there, unseen, until she is seen at the other one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "machine/xmpp_presence/managed.h"

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace muster::testing {
namespace xmpp_presence_moving_test {

// XmppPresence::kMovingTimeMax, which is its own.
constexpr Duration kMovingTimeMax = Duration::seconds(30);

std::shared_ptr<const ServerContacts> there(bool xmpp = true) {
  ServerContacts contacts;
  contacts.svr_id = "sip:s2.example.com";
  if (xmpp) contacts.xmpp = Redirection{"s2.example.com", 5222, {}};
  return std::make_shared<const ServerContacts>(std::move(contacts));
}

struct XmppMoving : Managed {
  XmppMoving() { world.settings.cluster.emplace(); }

  ModuleWorld::Happened leave(std::string_view account = "juliet@example.com") {
    world.forget();
    return world.on(UserLeaves{address(account), there()});
  }
  ModuleWorld::Happened has_left() {
    world.forget();
    return world.on(UserHasLeft{address("juliet@example.com")});
  }
  // And what is left is sent another way, behind that step.
  std::vector<std::string> sent_on_when_she_has_left() {
    auto sent = sent_on(has_left());
    const auto later = sent_on(pass_time(Duration::milliseconds(1)));
    sent.insert(sent.end(), later.begin(), later.end());
    return sent;
  }
  // Which sessions others see end by this.
  static std::vector<std::string> seen_to_go(const ModuleWorld::Happened& happened) {
    std::vector<std::string> gone;
    for (const ResourceChanged& changed : events<ResourceChanged>(happened)) {
      if (!changed.available) gone.push_back(std::string(changed.full.resource()));
    }
    return gone;
  }
  static std::vector<LinkId> redirected(const ModuleWorld::Happened& happened) {
    std::vector<LinkId> links;
    for (const RedirectStream& redirect : events<RedirectStream>(happened)) {
      EXPECT_EQ(redirect.at->svr_id, "sip:s2.example.com");
      links.push_back(redirect.link);
    }
    return links;
  }
  // Messages that are sent another way by this: their bodies, and when they were sent first.
  static std::vector<std::string> sent_on(const ModuleWorld::Happened& happened) {
    std::vector<std::string> all;
    for (const StanzaForUser& stanza : events_anywhere<StanzaForUser>(happened)) {
      if (stanza.kind == StanzaKind::message) all.push_back(stanza.xml);
    }
    return all;
  }
};

TEST_F(XmppMoving, EachOfHerStreamsIsToldWhere) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  const Bound silent = world.bind("juliet@example.com/silent");
  const Bound romeo = world.available("romeo@example.com/orchard");
  const auto happened = leave();
  EXPECT_THAT(redirected(happened), ElementsAre(balcony.link, silent.link));
  EXPECT_THAT(seen_to_go(happened), IsEmpty());
  // The stream ends, which the session does not mind any more.
  for (const StreamEnd how : {StreamEnd::lost, StreamEnd::over}) {
    EXPECT_THAT(seen_to_go(world.on(StreamEnded{balcony.session, balcony.link, how})), IsEmpty());
  }
  EXPECT_THAT(redirected(leave()), IsEmpty()) << "nobody is there any more to be told";
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax - Duration::milliseconds(1))), IsEmpty());
}

TEST_F(XmppMoving, WhoIsNotHereOrHasNowhereToGoIsToldNothing) {
  EXPECT_THAT(redirected(leave()), IsEmpty());
  const Bound balcony = world.available("juliet@example.com/balcony");
  const auto happened = world.on(UserLeaves{address("juliet@example.com"), there(false)});
  EXPECT_THAT(events<RedirectStream>(happened), IsEmpty());
  world.on(message("juliet@example.com/balcony", "hi"));
  EXPECT_THAT(world.raw(balcony), HasSubstr("<body>hi</body>")) << "she is served as before";
}

// With and without stream management.
TEST_F(XmppMoving, WhatComesMeanwhileIsKeptAndSentAnotherWay) {
  for (const bool managed : {false, true}) {
    const Bound balcony = world.available("juliet@example.com/balcony");
    if (managed) enable(balcony);
    leave();
    EXPECT_THAT(sent_on(world.on(message("juliet@example.com/balcony", "to her session"))),
                IsEmpty());
    EXPECT_THAT(world.raw(balcony), IsEmpty());
    world.pass(Duration::seconds(5));
    const auto on = sent_on_when_she_has_left();
    ASSERT_THAT(on, SizeIs(1)) << managed;
    EXPECT_THAT(on[0], HasSubstr("<body>to her session</body>"));
    EXPECT_THAT(on[0], HasSubstr("<delay ")) << "with the time of its sending";
  }
}

// What it had before and did not acknowledge too: it may have got lost with its stream.
TEST_F(XmppMoving, SoIsWhatWasNotAcknowledged) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  enable(balcony);
  world.on(message("juliet@example.com/balcony", "one"));
  ack(balcony, 1);
  world.on(message("juliet@example.com/balcony", "two"));
  leave();
  const auto on = sent_on_when_she_has_left();
  ASSERT_THAT(on, SizeIs(1));
  EXPECT_THAT(on[0], HasSubstr("<body>two</body>"));
}

// How presence_db takes her end is its business (elsewhere.cc): it hears of it.
TEST_F(XmppMoving, WhoHasLeftHasNoSessionHere) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  leave();
  EXPECT_THAT(seen_to_go(has_left()), ElementsAre("balcony"));
  EXPECT_THAT(seen_to_go(has_left()), IsEmpty());
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax)), IsEmpty());
}

// She is there already: a stream that is still here is in the way (RFC 6120 section 4.9.3.3).
TEST_F(XmppMoving, AStreamThatIsStillThereIsClosed) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  const auto ended = events<EndStream>(has_left());
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].link, balcony.link);
  EXPECT_EQ(ended[0].why, StreamError::conflict);
}

TEST_F(XmppMoving, WhoIsNotSeenThereInTimeIsSeenToGo) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  const Bound managed = world.available("juliet@example.com/managed");
  enable(managed);
  leave();
  world.on(message("juliet@example.com/balcony", "hi"));
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax - Duration::milliseconds(1))), IsEmpty());
  const auto happened = pass_time(Duration::milliseconds(1));
  EXPECT_THAT(seen_to_go(happened), ::testing::UnorderedElementsAre("balcony", "managed"));
  EXPECT_THAT(sent_on(happened), SizeIs(1)) << "what it had is not lost";
}

// She does not follow at once, but comes back: her session is there.
TEST_F(XmppMoving, WhoResumesHereGoesOn) {
  Bound balcony = world.available("juliet@example.com/balcony");
  const std::string id = enable(balcony);
  leave();
  world.on(message("juliet@example.com/balcony", "hi"));
  const auto happened = resume(balcony, id, 0);
  EXPECT_THAT(events<ResumeGranted>(happened), SizeIs(1));
  EXPECT_THAT(world.raw(balcony), HasSubstr("<body>hi</body>"));
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax * 2)), IsEmpty());
}

// She could not be served there, and logged in here as another resource.
TEST_F(XmppMoving, WhoIsHereAgainIsSeenOnce) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  leave();
  world.on(message("juliet@example.com/balcony", "hi"));
  world.on(UserServed{address("juliet@example.com"), true});
  const Bound garden = world.bind("juliet@example.com/garden");
  world.forget();
  const auto happened = world.say(garden, "<presence/>");
  EXPECT_THAT(seen_to_go(happened), ElementsAre("balcony"));
  EXPECT_TRUE(events<ResourceChanged>(happened).front().available) << "the new one comes first";
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax * 2)), IsEmpty());
}

// Most clients bind the same resource again.
struct BackByTheSameResource : XmppMoving {
  BackByTheSameResource() {
    leave();
    world.on(message("juliet@example.com/balcony", "hi"));
    world.on(UserServed{address("juliet@example.com"), true});
    came_ = world.on(world.asks_to_bind("juliet@example.com/balcony"));
    const auto granted = events<BindGranted>(came_);
    EXPECT_THAT(granted, SizeIs(1));
    EXPECT_EQ(granted.at(0).full, balcony_.full);
    again_ = {granted.at(0).session, granted.at(0).link, granted.at(0).full};
    world.forget();
  }

  Bound balcony_ = world.available("juliet@example.com/balcony");
  Bound again_;
  ModuleWorld::Happened came_;
};

TEST_F(BackByTheSameResource, IsNotSeenToGo) {
  EXPECT_THAT(seen_to_go(came_), IsEmpty());
  EXPECT_THAT(events<EndStream>(came_), IsEmpty()) << "it has no stream any more";
  const auto shown = world.say(again_, "<presence/>");
  const auto changes = events<ResourceChanged>(shown);
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_TRUE(changes[0].available && changes[0].initial);
  EXPECT_THAT(sent_on(pass_time(Duration::milliseconds(1))), SizeIs(1)) << "what it had";
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax * 2)), IsEmpty());
  world.forget();
  world.on(message("juliet@example.com/balcony", "you"));
  EXPECT_THAT(world.raw(again_), HasSubstr("<body>you</body>"));
}

TEST_F(BackByTheSameResource, ThatDoesNotShowItselfIsSeenToGoInTime) {
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax - Duration::milliseconds(1))), IsEmpty());
  EXPECT_THAT(seen_to_go(pass_time(Duration::milliseconds(1))), ElementsAre("balcony"));
  EXPECT_TRUE(events<ResourceChanged>(world.say(again_, "<presence/>")).at(0).initial);
}

TEST_F(BackByTheSameResource, ThatGoesBeforeItShowsItselfIsSeenToGoInTime) {
  EXPECT_THAT(seen_to_go(lose(again_)), IsEmpty());
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax)), ElementsAre("balcony"));
}

TEST_F(BackByTheSameResource, AndGoesThenIsSeenToGoOnce) {
  world.say(again_, "<presence/>");
  EXPECT_THAT(seen_to_go(lose(again_)), ElementsAre("balcony"));
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax * 2)), IsEmpty());
}

TEST_F(XmppMoving, WhatAnotherHasTheResourceOfIsNotResumed) {
  Bound balcony = world.available("juliet@example.com/balcony");
  const std::string id = enable(balcony);
  leave();
  world.on(UserServed{address("juliet@example.com"), true});
  const auto came = world.on(world.asks_to_bind("juliet@example.com/balcony"));
  EXPECT_THAT(seen_to_go(came), IsEmpty());
  const auto refused = events<ResumeRefused>(resume(balcony, id, 0));
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused[0].handled, std::optional<std::uint32_t>(0));
}

// Each of her clients comes back when it does.
TEST_F(XmppMoving, EachResourceIsSeenUntilItIsBack) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  const Bound garden = world.available("juliet@example.com/garden");
  leave();
  world.on(UserServed{address("juliet@example.com"), true});
  const Bound balcony_again = world.bind("juliet@example.com/balcony");
  const Bound garden_again = world.bind("juliet@example.com/garden");
  EXPECT_THAT(seen_to_go(world.say(balcony_again, "<presence/>")), IsEmpty());
  EXPECT_THAT(seen_to_go(world.say(garden_again, "<presence/>")), IsEmpty());
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax * 2)), IsEmpty());
}

TEST_F(XmppMoving, WhereThereIsNoRoomForBothTheOldOneEnds) {
  world.settings.limits.sessions_per_user_max = 2;
  world.available("juliet@example.com/garden");
  world.available("juliet@example.com/balcony");
  leave();
  const auto came = world.on(world.asks_to_bind("juliet@example.com/balcony"));
  EXPECT_THAT(events<BindGranted>(came), SizeIs(1));
  EXPECT_THAT(seen_to_go(came), ElementsAre("balcony"));
}

TEST_F(XmppMoving, WhatOthersDoNotSeeIsReplacedAtOnce) {
  world.bind("juliet@example.com/balcony");
  leave();
  const auto came = world.on(world.asks_to_bind("juliet@example.com/balcony"));
  EXPECT_THAT(events<BindGranted>(came), SizeIs(1));
  EXPECT_THAT(events<EndStream>(came), SizeIs(1));
  EXPECT_THAT(seen_to_go(came), IsEmpty());
}

// She is another's still: what is written to her bare address goes to the new session alone.
TEST_F(XmppMoving, WhoTookThePlaceIsTheOnlyOne) {
  world.available("juliet@example.com/balcony", "<presence><priority>5</priority></presence>");
  leave();
  const Bound again = world.bind("juliet@example.com/balcony");
  world.say(again, "<presence/>");
  world.forget();
  world.on(message("juliet@example.com", "hi"));
  EXPECT_THAT(world.raw(again), HasSubstr("<body>hi</body>"));
  EXPECT_THAT(seen_to_go(world.say(again, "<presence type='unavailable'/>")),
              ElementsAre("balcony"));
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax * 2)), IsEmpty());
}

// It was not told to go: as of any session whose link was lost.
TEST_F(XmppMoving, WhoHasComeBackAndIsLostIsReplacedAtOnce) {
  Bound balcony = world.available("juliet@example.com/balcony");
  const std::string id = enable(balcony);
  leave();
  world.on(UserServed{address("juliet@example.com"), true});
  resume(balcony, id, 0);
  lose(balcony);
  const auto came = world.on(world.asks_to_bind("juliet@example.com/balcony"));
  EXPECT_THAT(seen_to_go(came), ElementsAre("balcony"));
}

// But who is another's was about to bind when she was told to go: she is on her way still.
TEST_F(XmppMoving, WhoWasAboutToBindEndsNothing) {
  world.available("juliet@example.com/balcony");
  leave();
  const Bound garden = world.bind("juliet@example.com/garden");
  world.forget();
  EXPECT_THAT(seen_to_go(world.say(garden, "<presence/>")), IsEmpty());
}

TEST_F(XmppMoving, WhatCanBeResumedWaitsOn) {
  Bound balcony = world.available("juliet@example.com/balcony");
  const std::string id = enable(balcony);
  leave();
  world.on(UserServed{address("juliet@example.com"), true});
  const Bound garden = world.bind("juliet@example.com/garden");
  world.forget();
  EXPECT_THAT(seen_to_go(world.say(garden, "<presence/>")), IsEmpty());
  EXPECT_THAT(events<ResumeGranted>(resume(balcony, id, 0)), SizeIs(1));
}

// XEP-0198 section 5: how much of what it sent was handled is said, also once it is over.
TEST_F(XmppMoving, OfASessionThatHasLeftItIsKnownWhatItHadHandled) {
  Bound balcony = world.available("juliet@example.com/balcony");
  const std::string id = enable(balcony);
  world.say(balcony, "<presence><show>away</show></presence>");
  leave();
  has_left();
  const auto refused = events<ResumeRefused>(resume(balcony, id, 0));
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused[0].handled, std::optional<std::uint32_t>(1));
}

// A session whose link was lost before waits for its own time.
TEST_F(XmppMoving, OneThatWaitsAlreadyWaitsOn) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  enable(balcony);
  lose(balcony);
  EXPECT_THAT(redirected(leave()), IsEmpty());
  EXPECT_THAT(seen_to_go(pass_time(kMovingTimeMax + Duration::seconds(1))), IsEmpty());
  EXPECT_THAT(seen_to_go(has_left()), ElementsAre("balcony"));
}

TEST_F(XmppMoving, WhereTooManyWaitItEndsAtOnce) {
  world.settings.limits.waiting_sessions_per_shard_max = 1;
  const Bound balcony = world.available("juliet@example.com/balcony");
  const Bound hall = world.available("juliet@example.com/hall");
  const auto happened = leave();
  EXPECT_THAT(redirected(happened), ElementsAre(balcony.link, hall.link))
      << "she is told all the same";
  EXPECT_THAT(seen_to_go(happened), ElementsAre("hall"));
}

// RFC 6121 section 4.6.3: who got it from this session is told, if he does not see her anyway.
TEST_F(XmppMoving, DirectedPresenceEnds) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  world.say(balcony, "<presence to='nurse@example.com'/>");
  const auto ended = events<DirectedEnds>(leave());
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].session, balcony.full);
  EXPECT_THAT(ended[0].to, ElementsAre(address("nurse@example.com")));
  for (const auto& happened : {leave(), has_left()}) {
    EXPECT_THAT(events<DirectedEnds>(happened), IsEmpty()) << "once";
    EXPECT_THAT(events_anywhere<StanzaForUser>(happened), IsEmpty());
  }
}

}  // namespace xmpp_presence_moving_test
}  // namespace muster::testing
