// Stream management as a session counts, keeps and resumes: XEP-0198.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/xmpp_presence/managed.h"
#include "server/xmpp_presence/stanza_count.h"

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace muster::testing {
namespace xmpp_presence_management_test {

// --- section 3 -----------------------------------------------------------------------------------

TEST_F(Managed, IsEnabledWithAnIdThatIsNeverTheSame) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  const Bound romeo = world.available("romeo@example.com/orchard");
  const std::string one = enable(juliet);
  EXPECT_THAT(one, SizeIs(26));
  EXPECT_NE(one, enable(romeo));
}

TEST_F(Managed, TheShorterTimeIsGranted) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  world.on(ManagementAsked{juliet.session, true, Duration::seconds(60)});
  EXPECT_THAT(world.raw(juliet), HasSubstr("max='60'"));
  world.forget();
  world.on(ManagementAsked{juliet.session, true, Duration::hours(60)});
  EXPECT_THAT(world.raw(juliet), HasSubstr("max='300'"));
}

TEST_F(Managed, WithoutResumptionThereIsNoId) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  world.on(ManagementAsked{juliet.session, false, std::nullopt});
  EXPECT_EQ(world.raw(juliet), "<enabled xmlns='urn:xmpp:sm:3'/>");
  world.forget();
  world.settings.limits.resumption_time_max = Duration();
  world.on(ManagementAsked{juliet.session, true, std::nullopt});
  EXPECT_EQ(world.raw(juliet), "<enabled xmlns='urn:xmpp:sm:3'/>");
}

// --- section 4 -----------------------------------------------------------------------------------

TEST_F(Managed, WhatTheSessionSendsIsCountedFromEnabling) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='0'/>");
  world.say(juliet, "<presence><show>away</show></presence>");
  world.say(juliet, "<message to='not an address@'/>");
  world.on(StanzaTaken{juliet.session});
  EXPECT_EQ(handled(juliet), "<a xmlns='urn:xmpp:sm:3' h='3'/>");
}

// What stream processing says to it is kept like all else.
TEST_F(Managed, WhatStreamProcessingSendsIsCountedToo) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  const std::string answer = "<iq type='result' id='r1' to='juliet@example.com/balcony'/>";
  world.on(StanzaForSession{juliet.session, answer});
  EXPECT_EQ(world.got(juliet), stanzas({answer}));
  EXPECT_THAT(events<EndStream>(ack(juliet, 1)), IsEmpty());
  world.on(StanzaForSession{juliet.session, answer});
  lose(juliet);
  resume(juliet, id, 1);
  EXPECT_THAT(world.raw(juliet), HasSubstr("id='r1'"));
}

TEST_F(Managed, AnAckIsAskedForAfterSoManyStanzas) {
  world.settings.limits.stanzas_per_ack_request = 3;
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(asks(juliet), 0);
    presence_from_romeo(juliet);
  }
  EXPECT_THAT(world.raw(juliet), ::testing::EndsWith(kAskForAck));
}

TEST_F(Managed, AMessageIsAskedForAtOnce) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  world.on(message("juliet@example.com/balcony", "hi"));
  EXPECT_THAT(world.raw(juliet), ::testing::EndsWith(kAskForAck));
}

TEST_F(Managed, OneQuestionAtATime) {
  world.settings.limits.stanzas_per_ack_request = 3;
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  for (int i = 0; i < 10; ++i)
    world.on(message("juliet@example.com/balcony", "hi"));
  EXPECT_EQ(asks(juliet), 1);
  // It answers what it had then; the rest is asked for now.
  world.forget();
  ack(juliet, 1);
  EXPECT_EQ(asks(juliet), 1);
  world.forget();
  ack(juliet, 10);
  EXPECT_EQ(asks(juliet), 0);
}

TEST_F(Managed, ManyBytesAreAskedForSooner) {
  world.settings.limits.unacknowledged_bytes_max = 400;
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  presence_from_romeo(juliet);  // about 60 bytes
  EXPECT_EQ(asks(juliet), 0);
  presence_from_romeo(juliet);
  EXPECT_EQ(asks(juliet), 1);
}

TEST_F(Managed, MoreThanWasSentCannotBeAcknowledged) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  world.on(message("juliet@example.com/balcony", "hi"));
  EXPECT_THAT(events<EndStream>(ack(juliet, 1)), IsEmpty());
  // Once more the same says nothing new.
  EXPECT_THAT(events<EndStream>(ack(juliet, 1)), IsEmpty());
  for (const std::uint32_t wrong : {2u, 0u}) {
    const auto ended = events<EndStream>(ack(juliet, wrong));
    ASSERT_THAT(ended, SizeIs(1));
    EXPECT_EQ(ended[0].link, juliet.link);
    EXPECT_EQ(ended[0].why, StreamError::undefined_condition);
    EXPECT_EQ(ended[0].detail, "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='" +
                                   std::to_string(wrong) + "' send-count='1'/>");
  }
}

TEST(StanzaCount, BeginsAnewAt2To32) {
  constexpr std::uint32_t kMost = 4'294'967'295;
  EXPECT_EQ(newly_handled(kMost, 3, kMost), 3u);
  // Of five the second was the one whose number is 0.
  EXPECT_EQ(newly_handled(3, 5, kMost), 1u);
  EXPECT_EQ(newly_handled(3, 5, 0), 2u);
  EXPECT_EQ(newly_handled(3, 5, 3), 5u);
  EXPECT_EQ(newly_handled(3, 5, 4), std::nullopt);
  EXPECT_EQ(newly_handled(3, 5, kMost - 1), 0u);
  EXPECT_EQ(newly_handled(3, 5, kMost - 2), std::nullopt);
  EXPECT_EQ(newly_handled(0, 0, kMost), std::nullopt);
}

// --- section 5 -----------------------------------------------------------------------------------

TEST_F(Managed, ASessionOutlivesItsLinkUnseen) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  const auto happened = lose(juliet);
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_THAT(happened.orders, IsEmpty());
  EXPECT_FALSE(world.presence->idle());
  EXPECT_EQ(world.presence->next_deadline(), world.now.instant + Duration::minutes(5));
  EXPECT_THAT(pass_time(Duration::minutes(5) - Duration::microseconds(1)).events, IsEmpty());
  const auto changed = events<ResourceChanged>(pass_time(Duration::microseconds(1)));
  ASSERT_THAT(changed, SizeIs(1));
  EXPECT_FALSE(changed[0].available);
  EXPECT_TRUE(world.presence->idle());
  EXPECT_EQ(world.presence->sessions(), 0u);
}

TEST_F(Managed, ResumingReplaysWhatWasNotHandled) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  world.say(juliet, "<message to='romeo@example.com' type='headline'/>");
  world.on(message("juliet@example.com/balcony", "one"));
  world.on(message("juliet@example.com/balcony", "two"));
  lose(juliet);
  world.on(message("juliet@example.com", "three"));
  world.on(
      PresenceBroadcast{share("<presence from='romeo@example.com/orchard' to='"),
                        share("'/>"),
                        {address("juliet@example.com"), address("juliet@example.com/balcony")}});
  world.on(PresenceReply{address("juliet@example.com/balcony"),
                         {{share("<presence from='nurse@example.com' to='"), share("'/>")}}});
  EXPECT_THAT(world.sent, IsEmpty());
  const auto granted = events<ResumeGranted>(resume(juliet, id, 1));
  ASSERT_THAT(granted, SizeIs(1));
  EXPECT_EQ(granted[0].session, juliet.session);
  EXPECT_EQ(granted[0].full, juliet.full);
  EXPECT_EQ(world.got(juliet),
            stanzas({"<resumed xmlns='urn:xmpp:sm:3' h='1' previd='" + id + "'/>",
                     message("juliet@example.com/balcony", "two").xml,
                     message("juliet@example.com", "three").xml,
                     "<presence from='romeo@example.com/orchard' to='juliet@example.com'/>",
                     "<presence from='romeo@example.com/orchard' to='juliet@example.com/balcony'/>",
                     "<presence from='nurse@example.com' to='juliet@example.com/balcony'/>",
                     std::string(kAskForAck)}));
  // Counts go on.
  world.forget();
  EXPECT_THAT(events<EndStream>(ack(juliet, 6)), IsEmpty());
  EXPECT_THAT(events<EndStream>(ack(juliet, 7)), SizeIs(1));
  // What is due for the time without a link is nothing now.
  EXPECT_THAT(pass_time(Duration::minutes(6)).events, IsEmpty());
}

TEST_F(Managed, WhatWasHandledIsNotReplayed) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  world.on(message("juliet@example.com/balcony", "one"));
  ack(juliet, 1);
  lose(juliet);
  resume(juliet, id, 1);
  EXPECT_EQ(world.got(juliet),
            stanzas({"<resumed xmlns='urn:xmpp:sm:3' h='0' previd='" + id + "'/>"}));
}

// The question that the lost link had is answered by the count of who resumes.
TEST_F(Managed, AfterAResumptionItIsAskedAnew) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  world.on(message("juliet@example.com/balcony", "one"));
  EXPECT_EQ(asks(juliet), 1);
  lose(juliet);
  resume(juliet, id, 1);
  EXPECT_EQ(asks(juliet), 0);
  world.on(message("juliet@example.com/balcony", "two"));
  EXPECT_EQ(asks(juliet), 1);
}

TEST_F(Managed, AResumedSessionTakesItsHalfDeadLinkAway) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const Bound old = juliet;
  const std::string id = enable(juliet);
  const auto ended = events<EndStream>(resume(juliet, id, 0));
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].link, old.link);
  EXPECT_EQ(ended[0].why, StreamError::conflict);
  // The end of the old stream is not the session's.
  EXPECT_THAT(world.on(StreamEnded{old.session, old.link}).events, IsEmpty());
  EXPECT_EQ(world.presence->sessions(), 1u);
  world.forget();
  world.on(message("juliet@example.com/balcony", "hi"));
  EXPECT_THAT(world.raw(juliet), HasSubstr("<body>hi</body>"));
}

TEST_F(Managed, OnlyTheSameAccountResumes) {
  Bound juliet = world.available("juliet@example.com/balcony");
  Bound romeo = world.available("romeo@example.com/orchard");
  const std::string id = enable(juliet);
  enable(romeo);
  lose(juliet);
  const auto refused = events<ResumeRefused>(resume(romeo, id, 0));
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused[0].handled, std::nullopt);
  // Nor is a session without an id found by none.
  Bound nurse = world.available("nurse@example.com/kitchen");
  enable(nurse, std::nullopt, false);
  EXPECT_THAT(events<ResumeRefused>(resume(nurse, "", 0)), SizeIs(1));
}

TEST_F(Managed, WhoComesTooLateLearnsWhatWasHandled) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet, Duration::seconds(30));
  world.say(juliet, "<message to='romeo@example.com' type='headline'/>");
  lose(juliet);
  pass_time(Duration::seconds(30));
  auto refused = events<ResumeRefused>(resume(juliet, id, 0));
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused[0].handled, 1u);
  Bound romeo = world.available("romeo@example.com/orchard");
  refused = events<ResumeRefused>(resume(romeo, id, 0));
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused[0].handled, std::nullopt);
}

TEST(EndedStreams, TheLatestAreKept) {
  EndedStreams ended;
  const Address juliet = address("juliet@example.com");
  for (std::uint32_t i = 0; i <= EndedStreams::kKept; ++i)
    ended.add(juliet, std::to_string(i), i);
  EXPECT_EQ(ended.find(juliet, "0"), std::nullopt);
  EXPECT_EQ(ended.find(juliet, "1"), 1u);
  EXPECT_EQ(ended.find(juliet, std::to_string(EndedStreams::kKept)), EndedStreams::kKept);
}

TEST_F(Managed, ACountThatIsTooHighEndsTheStreamThatResumes) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  lose(juliet);
  const auto happened = resume(juliet, id, 1);
  EXPECT_THAT(events<ResumeGranted>(happened), IsEmpty());
  const auto ended = events<EndStream>(happened);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].why, StreamError::undefined_condition);
  // The session waits for who counts right.
  EXPECT_THAT(events<ResumeGranted>(resume(juliet, id, 0)), SizeIs(1));
}

// --- what is not handled goes another way (section 4; RFC 6121 section 8.5.3.2) ------------------

TEST_F(Managed, AMessageThatNobodyHandledIsRoutedAgain) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  lose(juliet);
  world.on(message("juliet@example.com/balcony", "hi"));
  const UnixTime sent = world.now.unix_time;
  const auto rerouted = events<StanzaForUser>(pass_time(Duration::minutes(5)));
  ASSERT_THAT(rerouted, SizeIs(1));
  EXPECT_EQ(meaning(rerouted[0].xml),
            meaning("<message from='romeo@example.com/orchard' to='juliet@example.com/balcony'"
                    " type='chat'><body>hi</body><delay xmlns='urn:xmpp:delay' from='example.com'"
                    " stamp='" +
                    rfc3339(sent) + "'/></message>"));
  // There is nobody: it comes back to its sender.
  const auto bounced = events_anywhere<StanzaForUser>(world.on(rerouted[0]));
  ASSERT_THAT(bounced, SizeIs(1));
  EXPECT_EQ(bounced[0].type, "error");
  EXPECT_EQ(bounced[0].to, address("romeo@example.com/orchard"));
}

TEST_F(Managed, AMessageGoesToHerOtherSession) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  const Bound chamber =
      world.available("juliet@example.com/chamber", "<presence><priority>-1</priority></presence>");
  enable(juliet, std::nullopt, false);
  world.on(message("juliet@example.com", "hi"));
  // Without resumption, as soon as the link is lost.
  const auto rerouted = events<StanzaForUser>(lose(juliet));
  ASSERT_THAT(rerouted, SizeIs(1));
  world.say(chamber, "<presence/>");
  world.forget();
  world.on(rerouted[0]);
  EXPECT_THAT(world.raw(chamber), HasSubstr("<body>hi</body>"));
}

TEST_F(Managed, WhatAnotherSessionHasIsNotRoutedAgain) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  const Bound chamber = world.available("juliet@example.com/chamber");
  enable(balcony, std::nullopt, false);
  world.on(message("juliet@example.com", "hi"));  // chamber does not count: it has it
  EXPECT_THAT(events<StanzaForUser>(lose(balcony)), IsEmpty());
}

TEST_F(Managed, TheLastOfThemAllSeesToIt) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  const Bound chamber = world.available("juliet@example.com/chamber");
  enable(balcony, std::nullopt, false);
  enable(chamber, std::nullopt, false);
  world.on(message("juliet@example.com", "one"));
  EXPECT_THAT(events<StanzaForUser>(lose(balcony)), IsEmpty());
  EXPECT_THAT(events<StanzaForUser>(lose(chamber)), SizeIs(1));
}

TEST_F(Managed, WhatOneOfThemHandledIsDone) {
  const Bound balcony = world.available("juliet@example.com/balcony");
  const Bound chamber = world.available("juliet@example.com/chamber");
  enable(balcony, std::nullopt, false);
  enable(chamber, std::nullopt, false);
  world.on(message("juliet@example.com", "one"));
  ack(balcony, 1);
  EXPECT_THAT(events<StanzaForUser>(lose(chamber)), IsEmpty());
}

// --- what her phones have, too -------------------------------------------------------------------

struct ManagedWithPhones : Managed {
  // One to her account, which juliet's session gets; and under what number phones have it.
  std::uint64_t message_to_all() {
    StanzaForUser sent = message("juliet@example.com", "hi");
    sent.has_body = true;
    const auto to_sip = events<MessageToSip>(world.on(sent));
    return to_sip.size() == 1 ? to_sip[0].transit : 0;
  }
  std::vector<StanzaForUser> phones_are_done(std::uint64_t transit, bool tried, bool taken) {
    return events<StanzaForUser>(and_what_is_due(world.on(PhonesDone{transit, tried, taken})));
  }
};

TEST_F(ManagedWithPhones, WhatAPhoneTookIsDone) {
  for (const bool phone_first : {false, true}) {
    const Bound juliet = world.available("juliet@example.com/balcony");
    enable(juliet, std::nullopt, false);
    const std::uint64_t transit = message_to_all();
    EXPECT_NE(transit, 0u);
    if (phone_first) {
      EXPECT_THAT(phones_are_done(transit, true, true), IsEmpty());
    }
    EXPECT_THAT(events<StanzaForUser>(lose(juliet)), IsEmpty());
    if (!phone_first) {
      EXPECT_THAT(phones_are_done(transit, true, true), IsEmpty());
    }
  }
}

// Whoever is the last to let it lie: it is not lost, and phones that refused it are left in peace.
TEST_F(ManagedWithPhones, WhatPhonesRefusedIsRoutedAgainButNotToThem) {
  for (const bool phone_first : {false, true}) {
    const Bound juliet = world.available("juliet@example.com/balcony");
    enable(juliet, std::nullopt, false);
    const std::uint64_t transit = message_to_all();
    if (phone_first) {
      EXPECT_THAT(phones_are_done(transit, true, false), IsEmpty());
    }
    auto rerouted = events<StanzaForUser>(lose(juliet));
    if (!phone_first) {
      EXPECT_THAT(rerouted, IsEmpty());
      rerouted = phones_are_done(transit, true, false);
    }
    ASSERT_THAT(rerouted, SizeIs(1));
    const auto happened = world.on(rerouted[0]);
    EXPECT_THAT(events<MessageToSip>(happened), IsEmpty());
    const auto bounced = events_anywhere<StanzaForUser>(happened);
    ASSERT_THAT(bounced, SizeIs(1));
    EXPECT_EQ(bounced[0].type, "error");
  }
}

// There may be one by then; it is told when the message came.
TEST_F(ManagedWithPhones, WhereThereWereNoPhonesTheyAreAskedAgain) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet, std::nullopt, false);
  const UnixTime sent = world.now.unix_time;
  EXPECT_THAT(phones_are_done(message_to_all(), false, false), IsEmpty());
  world.pass(Duration::minutes(1));
  const auto rerouted = events<StanzaForUser>(lose(juliet));
  ASSERT_THAT(rerouted, SizeIs(1));
  const auto to_sip = events<MessageToSip>(world.on(rerouted[0]));
  ASSERT_THAT(to_sip, SizeIs(1));
  EXPECT_FALSE(to_sip[0].taken_by_session);
  EXPECT_EQ(to_sip[0].transit, 0u);  // nobody else has it: they see to its end
  EXPECT_EQ(to_sip[0].delayed_since, sent);
}

TEST_F(ManagedWithPhones, WhatWasForASessionAloneIsForPhonesThen) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet, std::nullopt, false);
  StanzaForUser sent = message("juliet@example.com/balcony", "hi");
  sent.has_body = true;
  EXPECT_THAT(events<MessageToSip>(world.on(sent)), IsEmpty());
  const auto rerouted = events<StanzaForUser>(lose(juliet));
  ASSERT_THAT(rerouted, SizeIs(1));
  EXPECT_THAT(events<MessageToSip>(world.on(rerouted[0])), SizeIs(1));
}

TEST_F(ManagedWithPhones, NobodyNeedsToHearWhatPhonesDoWithWhatASessionHas) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  EXPECT_EQ(message_to_all(), 0u);  // it does not count: it has it for good
  enable(juliet);
  const std::uint64_t transit = message_to_all();
  ack(juliet, 1);
  EXPECT_THAT(phones_are_done(transit, true, false), IsEmpty());
  // And of one that is not known nothing comes.
  EXPECT_THAT(phones_are_done(transit, true, false), IsEmpty());
}

// XEP-0203 section 2: by whom, and since when, it was first delayed.
TEST_F(Managed, AMessageIsDelayedOnceHoweverOftenItGoesOn) {
  const Bound balcony =
      world.available("juliet@example.com/balcony", "<presence><priority>5</priority></presence>");
  const Bound chamber = world.available("juliet@example.com/chamber");
  enable(balcony, std::nullopt, false);
  enable(chamber, std::nullopt, false);
  const std::string stamp = rfc3339(world.now.unix_time);
  world.on(message("juliet@example.com", "hi"));
  world.pass(Duration::minutes(1));
  const auto first = events<StanzaForUser>(lose(balcony));
  ASSERT_THAT(first, SizeIs(1));
  world.on(first[0]);
  world.pass(Duration::minutes(1));
  const auto second = events<StanzaForUser>(lose(chamber));
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].xml, first[0].xml);
  EXPECT_THAT(first[0].xml, HasSubstr("stamp='" + stamp + "'"));
}

TEST_F(Managed, ARosterPushIsCountedAndKept) {
  Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  world.say(juliet, "<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>");
  world.on(RosterAnswered{juliet.session, "g", RosterLoaded{}});
  ack(juliet, 1);
  const RosterItem item{address("nurse@example.com"), {Subscription::both, false, true}, "", {}};
  const auto push = [&](std::uint64_t version) {
    world.forget();
    world.on(RosterPush{address("juliet@example.com"), version, item, false});
  };
  push(1);
  EXPECT_THAT(world.raw(juliet), HasSubstr("id='push-1'"));
  lose(juliet);
  push(2);
  EXPECT_THAT(world.sent, IsEmpty());
  resume(juliet, id, 2);
  EXPECT_THAT(world.raw(juliet), ::testing::Not(HasSubstr("id='push-1'")));
  EXPECT_THAT(world.raw(juliet), HasSubstr("id='push-2'"));
}

// The usual way back of a client that does not resume.
TEST_F(Managed, BindingTheNameOfASessionThatWaitsEndsIt) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  const std::string id = enable(juliet);
  lose(juliet);
  world.on(message("juliet@example.com/balcony", "hi"));
  Bound again = world.bind("juliet@example.com/balcony");
  EXPECT_EQ(world.presence->sessions(), 1u);
  const auto rerouted = events<StanzaForUser>(and_what_is_due());
  ASSERT_THAT(rerouted, SizeIs(1));
  world.on(rerouted[0]);
  EXPECT_THAT(world.raw(again), HasSubstr("<body>hi</body>"));
  EXPECT_THAT(events<ResumeRefused>(resume(again, id, 0)), SizeIs(1));
  EXPECT_TRUE(world.presence->idle());
}

TEST_F(Managed, NobodyWaitsForAnAccountThatIsGone) {
  for (const bool removed : {true, false}) {
    Bound juliet = world.available("juliet@example.com/balcony");
    const std::string id = enable(juliet);
    lose(juliet);
    world.on(AccountGone{address("juliet@example.com"), removed});
    EXPECT_TRUE(world.presence->idle());
    EXPECT_EQ(world.presence->sessions(), 0u);
    EXPECT_THAT(events<ResumeRefused>(resume(juliet, id, 0)), SizeIs(1));
    EXPECT_THAT(pass_time(Duration::minutes(6)).events, IsEmpty());
  }
}

TEST_F(Managed, ARequestThatNobodyHandledIsRefused) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet, std::nullopt, false);
  RequestForUser request;
  request.id = "q1";
  request.from = address("romeo@example.com/orchard");
  request.to = juliet.full;
  request.xml = "<iq type='get' id='q1'><query xmlns='jabber:iq:version'/></iq>";
  world.on(RequestWeighed{request, true});
  const auto bounced = events_anywhere<StanzaForUser>(lose(juliet));
  ASSERT_THAT(bounced, SizeIs(1));
  EXPECT_EQ(bounced[0].kind, StanzaKind::iq);
  EXPECT_EQ(bounced[0].id, "q1");
  EXPECT_THAT(bounced[0].xml, HasSubstr("service-unavailable"));
}

TEST_F(Managed, ACleanEndIsTheSessionsEnd) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  enable(juliet);
  world.forget();
  const auto happened = world.on(StreamEnded{juliet.session, juliet.link});
  EXPECT_THAT(events<ResourceChanged>(happened), SizeIs(1));
  EXPECT_TRUE(world.presence->idle());
  EXPECT_EQ(world.presence->sessions(), 0u);
}

// --- cost ----------------------------------------------------------------------------------------

TEST_F(Managed, AFanOutKeepsTheTextsThatAllShare) {
  const Bound juliet = world.available("juliet@example.com/balcony");
  const Bound romeo = world.available("romeo@example.com/orchard");
  enable(juliet);
  const SharedText before = share("<presence from='nurse@example.com' to='");
  const SharedText after = share("'/>");
  const auto happened = world.on(PresenceBroadcast{
      before, after, {address("juliet@example.com"), address("romeo@example.com")}});
  ASSERT_THAT(orders<FanOut>(happened), SizeIs(1));
  EXPECT_THAT(orders<FanOut>(happened)[0].recipients, SizeIs(2));
  // Ours, the order's, and the queue's: no copy of the text, and none kept for who does not count.
  EXPECT_EQ(before.use_count(), 3);
  EXPECT_EQ(after.use_count(), 3);
}

static_assert(sizeof(Unacknowledged) <= 56);
static_assert(sizeof(XmppSession::managed) == 8);

}  // namespace xmpp_presence_management_test
}  // namespace muster::testing
