// SUBSCRIBE in a dialog: RFC 6665 sections 4.2.1.4 and 4.5.2, RFC 3261 section 12.2.2.
#include "server/sip_presence/dialog.h"

#include <gtest/gtest.h>

#include "machine/sip_presence/subscription_world.h"

namespace muster::testing {
namespace sip_presence_dialog_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SipResubscribe, Refreshes) {  // RFC 6665 4.2.1.4, 4.2.1.2
  SubscriptionWorld world;
  world.activate({"Expires: 100"});
  world.pass(Duration::seconds(90));
  EXPECT_THAT(world.again({"Expires: 200"}), ElementsAre("200", "refresh bob@example.com"));
  const SipResponseReady ready = world.one<SipResponseReady>();
  EXPECT_EQ(row(ready.rows, "Expires"), "200");
  EXPECT_EQ(row(ready.rows, "Contact"), "<sip:192.0.2.1:5060>");
  EXPECT_FALSE(ready.forms_dialog);
  EXPECT_THAT(world.decide(WatchState::active, "doc"),
              ElementsAre("NOTIFY 2 active;expires=200 doc"));
  world.notify_ended(200);
  EXPECT_THAT(world.pass(Duration::seconds(199)), IsEmpty());
  EXPECT_THAT(world.pass(Duration::seconds(1)),
              ElementsAre("unwatch bob@example.com", "NOTIFY 3 terminated;reason=timeout"));
}

TEST(SipResubscribe, RefreshesWhilePending) {
  SubscriptionWorld world;
  world.subscribe();
  world.decide(WatchState::pending);
  world.notify_ended(200);
  EXPECT_THAT(world.again(), ElementsAre("200", "refresh bob@example.com"));
  EXPECT_THAT(world.decide(WatchState::pending), ElementsAre("NOTIFY 2 pending;expires=600"));
}

TEST(SipResubscribe, GrantsAsTheFirst) {  // RFC 6665 4.2.1.4
  SubscriptionWorld world;
  world.activate();
  EXPECT_THAT(world.again({"Expires: 59"}), ElementsAre("423"));
  EXPECT_EQ(row(world.answer_rows(), "Min-Expires"), "60");
  world.again({"Expires: 60"});
  EXPECT_EQ(row(world.one<SipResponseReady>().rows, "Expires"), "60");
  world.again({"Expires: 601"});
  EXPECT_EQ(row(world.one<SipResponseReady>().rows, "Expires"), "600");
}

TEST(SipResubscribe, ShortensToo) {
  SubscriptionWorld world;
  world.activate();
  world.again({"Expires: 60"});
  world.decide(WatchState::active, "doc");
  world.notify_ended(200);
  EXPECT_EQ(world.sip.next_deadline(), world.now.instant + Duration::seconds(60));
  EXPECT_THAT(world.pass(Duration::seconds(60)),
              ElementsAre("unwatch bob@example.com", "NOTIFY 3 terminated;reason=timeout"));
}

TEST(SipResubscribe, UnknownDialogs) {  // RFC 3261 12.2.2, RFC 6665 4.1.2.2
  SubscriptionWorld world;
  world.activate();
  const std::string to = "To: <sip:bob@example.com>;tag=";
  for (const Rows& rows :
       {Rows{to + "another"}, Rows{to + world.tag + "x"}, Rows{"Call-ID: CALL-1@192.0.2.9"},
        Rows{"From: <sip:alice@example.com>;tag=a2"}, Rows{"From: <sip:alice@example.com>"}}) {
    EXPECT_THAT(world.again(rows), ElementsAre("481")) << rows[0];
  }
  // The same slot, another random part; another slot; another shard.
  std::string guess = world.tag;
  guess.back() = guess.back() == 'a' ? 'b' : 'a';
  EXPECT_THAT(world.again({to + guess}), ElementsAre("481"));
  guess = world.tag;
  guess.replace(3, 8, "00000007");
  EXPECT_THAT(world.again({to + guess}), ElementsAre("481"));
  guess = world.tag;
  guess.replace(1, 2, "01");
  EXPECT_THAT(world.again({to + guess}), ElementsAre("481"));
  EXPECT_THAT(world.again(), ElementsAre("200", "refresh bob@example.com"));
}

TEST(SipResubscribe, NobodyElsesDialog) {
  SubscriptionWorld world;
  world.activate();
  EXPECT_THAT(world.again({}, "mallory@example.com"), ElementsAre("403"));
}

TEST(SipResubscribe, CSeqMustGrow) {  // RFC 3261 12.2.2
  SubscriptionWorld world;
  world.activate({"CSeq: 10 SUBSCRIBE"});
  EXPECT_THAT(world.again({"CSeq: 9 SUBSCRIBE"}), ElementsAre("500 CSeq Out Of Order"));
  EXPECT_THAT(world.again({"CSeq: 10 SUBSCRIBE"}), ElementsAre("500 CSeq Out Of Order"));
  EXPECT_THAT(world.again({"CSeq: 15 SUBSCRIBE"}), ElementsAre("200", "refresh bob@example.com"));
  EXPECT_THAT(world.again({"CSeq: 15 SUBSCRIBE"}), ElementsAre("500 CSeq Out Of Order"));
  // One that is refused was in order all the same.
  EXPECT_THAT(world.again({"CSeq: 16 SUBSCRIBE", "Expires: 1"}), ElementsAre("423"));
  EXPECT_THAT(world.again({"CSeq: 16 SUBSCRIBE"}), ElementsAre("500 CSeq Out Of Order"));
}

TEST(SipResubscribe, RefreshesTheTarget) {  // RFC 3261 12.2.2, RFC 5057 section 5.4
  SubscriptionWorld world;
  world.activate({"Record-Route: <sip:p;lr>"});
  world.again({"Contact: <sip:alice@192.0.2.77>", "Record-Route: <sip:other;lr>"});
  world.decide(WatchState::active, "doc");
  EXPECT_EQ(world.sent().target, "sip:alice@192.0.2.77");
  EXPECT_THAT(all_rows(world.sent().rows, "Route"), ElementsAre("<sip:p;lr>"));
  world.notify_ended(200);
  world.again({"Contact: -"});
  world.decide(WatchState::active, "doc");
  EXPECT_EQ(world.sent().target, "sip:alice@192.0.2.77");
}

TEST(SipResubscribe, RefreshesTheTargetBehindAStrictRouter) {
  SubscriptionWorld world;
  world.activate({"Record-Route: <sip:strict>"});
  world.again({"Contact: <sip:alice@192.0.2.77>"});
  world.decide(WatchState::active, "doc");
  EXPECT_EQ(world.sent().target, "sip:strict");
  EXPECT_THAT(all_rows(world.sent().rows, "Route"), ElementsAre("<sip:alice@192.0.2.77>"));
}

TEST(SipResubscribe, OnlyWhatIsAcceptedRefreshesTheTarget) {  // RFC 5057 section 5.4
  SubscriptionWorld world;
  world.activate();
  EXPECT_THAT(world.again({"Contact: <sip:alice@192.0.2.77>", "Expires: 1"}), ElementsAre("423"));
  EXPECT_THAT(world.again({"Contact: <sip:a@192.0.2.77>, <sip:b@192.0.2.77>"}),
              ElementsAre("400 One SIP Contact Needed"));
  world.change("doc");
  EXPECT_EQ(world.sent().target, "sip:alice@192.0.2.9:5060");
}

TEST(SipResubscribe, TargetsAreBounded) {  // sip_dialog_bytes_max
  SubscriptionWorld world;
  world.activate();
  world.settings.limits.sip_dialog_bytes_max = 300;  // of them 6 for sip: and @h
  EXPECT_EQ(world.again({"Contact: <sip:" + std::string(294, 'u') + "@h>"}).front(), "200");
  EXPECT_THAT(world.again({"Contact: <sip:" + std::string(295, 'u') + "@h>"}), ElementsAre("513"));
}

TEST(SipResubscribe, TakesTheFlowAlong) {  // RFC 5626 section 4.3
  SubscriptionWorld world;
  world.activate();
  world.flow.remote = {IpAddress::v4(203, 0, 113, 5), 999};
  world.again();
  world.decide(WatchState::active, "doc");
  EXPECT_EQ(world.sent().flow.remote, world.flow.remote);
}

TEST(SipResubscribe, PidfMustStillBeAccepted) {  // RFC 3856 6.7
  SubscriptionWorld world;
  world.activate();
  EXPECT_THAT(world.again({"Accept: text/plain"}), ElementsAre("406"));
  // The subscription is what it was (RFC 6665 4.1.2.2).
  EXPECT_THAT(world.change("doc"), ElementsAre("NOTIFY 2 active;expires=600 doc"));
}

TEST(SipResubscribe, AnotherEventWouldBeAnotherUsage) {  // RFC 6665 4.5.2, 8.2.1
  SubscriptionWorld world;
  world.activate({"Event: presence;id=1"});
  for (const std::string_view event : {"presence", "presence;id=2", "presence;id=11"}) {
    EXPECT_THAT(world.again({"Event: " + std::string(event)}),
                ElementsAre("403 Dialog Sharing Not Supported"))
        << event;
  }
  EXPECT_THAT(world.again({"Event: dialog;id=1"}), ElementsAre("489"));
  EXPECT_THAT(world.again({"Event: presence;x=y;id=1"}),
              ElementsAre("200", "refresh bob@example.com"));
}

TEST(SipResubscribe, Unsubscribes) {  // RFC 6665 4.2.1.4, RFC 8048 section 5.3.3
  SubscriptionWorld world;
  world.activate();
  const Story story = world.again({"Expires: 0"});
  ASSERT_EQ(story.size(), 3u);
  EXPECT_EQ(story[0], "200");
  EXPECT_EQ(story[1], "unwatch bob@example.com");
  EXPECT_THAT(story[2], HasSubstr("NOTIFY 2 terminated;reason=timeout"));
  EXPECT_THAT(story[2], HasSubstr("entity='pres:bob@example.com'"));
  EXPECT_THAT(story[2], HasSubstr("<basic>closed</basic>"));
  EXPECT_EQ(row(world.one<SipResponseReady>().rows, "Expires"), "0");
  // RFC 6665 4.4.1: over when the NOTIFY is; nothing more can be asked of it meanwhile.
  EXPECT_EQ(world.sip.subscriptions(), 1u);
  EXPECT_THAT(world.again(), ElementsAre("481"));
  EXPECT_THAT(world.change("late"), IsEmpty());
  EXPECT_THAT(world.notify_ended(200), IsEmpty());
  EXPECT_EQ(world.sip.subscriptions(), 0u);
  EXPECT_THAT(world.again(), ElementsAre("481"));
}

TEST(SipResubscribe, UnsubscribingFromWhatOneNeverSaw) {
  SubscriptionWorld world;
  world.subscribe();
  world.decide(WatchState::pending);
  world.notify_ended(200);
  EXPECT_THAT(world.again({"Expires: 0"}),
              ElementsAre("200", "unwatch bob@example.com", "NOTIFY 2 terminated;reason=timeout"));
}

TEST(SipResubscribe, WhoLeavesNeedNotBeAbleToRead) {
  SubscriptionWorld world;
  world.activate();
  EXPECT_EQ(world.again({"Expires: 0", "Accept: text/plain"}).front(), "200");
}

TEST(SipResubscribe, TheLastMomentIsTooLate) {  // RFC 6665 4.2.1.4
  SubscriptionWorld world;
  world.activate({"Expires: 100"});
  world.ModuleWorld::pass(Duration::seconds(100));  // nobody woke us yet
  EXPECT_THAT(world.again(),
              ElementsAre("unwatch bob@example.com", "NOTIFY 2 terminated;reason=timeout", "481"));
}

}  // namespace sip_presence_dialog_test
}  // namespace muster::testing
