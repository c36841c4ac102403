// SUBSCRIBE outside a dialog: RFC 6665 sections 4.2.1 and 4.4, RFC 3856 section 6.6, RFC 3261
// section 12.1.1.
#include "server/sip_presence/subscriptions.h"

#include <gtest/gtest.h>

#include "machine/sip_presence/subscription_world.h"
#include "server/sip_names.h"

namespace muster::testing {
namespace sip_presence_subscribe_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SipSubscribe, AllowedAtOnce) {  // RFC 6665 4.2.1.1, 4.2.1.2
  SubscriptionWorld world;
  EXPECT_THAT(world.subscribe({"Expires: 300"}),
              ElementsAre("watch bob@example.com by alice@example.com"));
  EXPECT_THAT(world.decide(WatchState::active, "<open/>"),
              ElementsAre("200", "NOTIFY 1 active;expires=300 <open/>"));
  const SipResponseReady ready = world.one<SipResponseReady>();
  EXPECT_EQ(row(ready.rows, "Expires"), "300");
  EXPECT_EQ(row(ready.rows, "Contact"), "<sip:192.0.2.1:5060>");
  EXPECT_EQ(row(ready.rows, "Allow-Events"), "presence");
  EXPECT_TRUE(ready.forms_dialog);
  EXPECT_TRUE(read_sip_name(ready.to_tag).has_value());
  EXPECT_EQ(world.one<SipRequestsReady>().content_type, "application/pidf+xml");
}

TEST(SipSubscribe, TheFirstNotifyIsInTheDialog) {  // RFC 3261 12.1.1, 12.2.1.1
  SubscriptionWorld world;
  world.subscribe({"From: \"Alice\" <sip:alice@example.com>;tag=xfg9",
                   "To: Bob <sip:bob@example.com>", "Call-ID: 2010@watcherhost",
                   "CSeq: 17766 SUBSCRIBE", "Contact: <sip:alice@10.0.0.1:1234;x=y>"});
  world.decide(WatchState::active, "<open/>");
  const auto sent = world.sent();
  EXPECT_EQ(sent.target, "sip:alice@10.0.0.1:1234;x=y");
  EXPECT_EQ(sent.flow, world.flow);  // not where the Contact says: she may be behind a NAT
  EXPECT_EQ(sent.rows, "From: Bob <sip:bob@example.com>;tag=" + world.tag +
                           "\r\n"
                           "To: \"Alice\" <sip:alice@example.com>;tag=xfg9\r\n"
                           "Call-ID: 2010@watcherhost\r\n"
                           "Max-Forwards: 70\r\n"
                           "Contact: <sip:192.0.2.1:5060>\r\n"
                           "Event: presence\r\n"
                           "CSeq: 1 NOTIFY\r\n"
                           "Subscription-State: active;expires=600\r\n");
}

TEST(SipSubscribe, ToBeDecidedLater) {  // RFC 6665 4.2.1.3: 200 at once, and a NOTIFY
  SubscriptionWorld world;
  world.subscribe();
  EXPECT_THAT(world.decide(WatchState::pending),
              ElementsAre("200", "NOTIFY 1 pending;expires=600"));
  EXPECT_EQ(world.one<SipRequestsReady>().body, nullptr);
}

TEST(SipSubscribe, NotAllowed) {  // RFC 6665 4.2.1.3, 4.1.2.1: no dialog, no NOTIFY
  SubscriptionWorld world;
  for (const auto& [state, status] :
       {std::pair{WatchState::rejected, "403"}, {WatchState::no_such_user, "404"}}) {
    world.subscribe();
    EXPECT_THAT(world.decide(state), ElementsAre(status));
    EXPECT_FALSE(world.one<SipResponseReady>().forms_dialog);
    EXPECT_EQ(world.sip.subscriptions(), 0u);
  }
}

TEST(SipSubscribe, NotNow) {  // RFC 3261 21.5.1, 21.5.4
  SubscriptionWorld world;
  for (const auto& [state, status] :
       {std::pair{WatchState::too_many, "503"}, {WatchState::store_failed, "500"}}) {
    world.subscribe();
    EXPECT_THAT(world.decide(state), ElementsAre(status));
    EXPECT_EQ(row(world.answer_rows(), "Retry-After"), "10");
    EXPECT_EQ(world.sip.subscriptions(), 0u);
  }
}

TEST(SipSubscribe, TheEventMustBeOurs) {  // RFC 6665 4.2.1.1, 8.2.1: byte by byte
  SubscriptionWorld world;
  for (const std::string_view event :
       {"-", "dialog", "presence.winfo", "Presence", "message-summary"}) {
    EXPECT_THAT(world.subscribe({"Event: " + std::string(event)}), ElementsAre("489")) << event;
    EXPECT_EQ(row(world.answer_rows(), "Allow-Events"), "presence");
  }
}

TEST(SipSubscribe, TheIdOfTheEventComesBack) {  // RFC 6665 4.5.2
  SubscriptionWorld world;
  world.subscribe({"Event: presence;x=y;id=abc"});
  world.decide(WatchState::active, "doc");
  EXPECT_EQ(row(world.sent().rows, "Event"), "presence;id=abc");
}

TEST(SipSubscribe, PidfMustBeAccepted) {  // RFC 3856 6.5, RFC 6665 4.1.2.1
  SubscriptionWorld world;
  for (const std::string_view accept :
       {"application/xpidf+xml", "text/plain, application/xml", "application/pidf+xml;q=0", ""}) {
    EXPECT_THAT(world.subscribe({"Accept: " + std::string(accept)}), ElementsAre("406")) << accept;
  }
  for (const std::string_view accept :
       {"application/pidf+xml", "application/*", "*/*", "text/plain, Application/PIDF+xml;q=0.1"}) {
    EXPECT_EQ(world.subscribe({"Accept: " + std::string(accept)}).front().substr(0, 5), "watch")
        << accept;
  }
}

TEST(SipSubscribe, OneContactIsNeeded) {  // RFC 3261 8.1.1.8, 12.1.1
  SubscriptionWorld world;
  for (const std::string_view contact :
       {"-", "<sip:a@192.0.2.9>, <sip:b@192.0.2.9>", "<tel:+1555>", "*"}) {
    EXPECT_THAT(world.subscribe({"Contact: " + std::string(contact)}),
                ElementsAre("400 One SIP Contact Needed"))
        << contact;
  }
  EXPECT_EQ(world.sip.subscriptions(), 0u);
}

TEST(SipSubscribe, HowLong) {  // RFC 6665 4.2.1.1, RFC 3856 6.4; subscription_time_max
  for (const auto& [expires, granted] : {std::pair{"Expires: 60", "60"},
                                         {"Expires: 599", "599"},
                                         {"Expires: 600", "600"},
                                         {"Expires: 601", "600"},
                                         {"Expires: 4294967295", "600"},
                                         {"Expires: soon", "600"},
                                         {"X-No: Expires", "600"}}) {
    SubscriptionWorld world;
    world.subscribe({expires});
    world.decide(WatchState::active, "doc");
    EXPECT_EQ(row(world.one<SipResponseReady>().rows, "Expires"), granted) << expires;
  }
}

TEST(SipSubscribe, AnHourUnlessSheSays) {  // RFC 3856 6.4
  SubscriptionWorld world;
  world.settings.limits.subscription_time_max = Duration::seconds(10'000);
  world.subscribe();
  world.decide(WatchState::active, "doc");
  EXPECT_EQ(row(world.one<SipResponseReady>().rows, "Expires"), "3600");
}

TEST(SipSubscribe, TooBrief) {  // RFC 6665 4.2.1.1; expires_min
  SubscriptionWorld world;
  for (const std::string_view brief : {"1", "59"}) {
    EXPECT_THAT(world.subscribe({"Expires: " + std::string(brief)}), ElementsAre("423"));
    EXPECT_EQ(row(world.answer_rows(), "Min-Expires"), "60");
  }
  // "If and only if ... smaller than one hour".
  world.settings.limits.expires_min = Duration::seconds(7'200);
  EXPECT_THAT(world.subscribe({"Expires: 3599"}), ElementsAre("423"));
  EXPECT_EQ(world.subscribe({"Expires: 3600"}).front().substr(0, 5), "watch");
}

TEST(SipSubscribe, AFetch) {  // RFC 6665 4.4.3
  SubscriptionWorld world;
  EXPECT_THAT(world.subscribe({"Expires: 0"}),
              ElementsAre("fetch bob@example.com by alice@example.com"));
  EXPECT_THAT(world.decide(WatchState::active, "<open/>"),
              ElementsAre("200", "NOTIFY 1 terminated;reason=timeout <open/>"));
  EXPECT_EQ(row(world.one<SipResponseReady>().rows, "Expires"), "0");
  EXPECT_THAT(world.notify_ended(200), IsEmpty());
  EXPECT_EQ(world.sip.subscriptions(), 0u);
}

TEST(SipSubscribe, AFetchOfWhatOneMayNotSee) {  // RFC 6665 4.4.3, 4.2.1.3
  SubscriptionWorld world;
  world.subscribe({"Expires: 0"});
  EXPECT_THAT(world.decide(WatchState::pending),
              ElementsAre("200", "NOTIFY 1 terminated;reason=timeout"));
  world.notify_ended(200);
  world.subscribe({"Expires: 0"});
  EXPECT_THAT(world.decide(WatchState::rejected), ElementsAre("403"));
  EXPECT_EQ(world.sip.subscriptions(), 0u);
}

TEST(SipSubscribe, PresenceUrisNameTheSameUser) {  // RFC 3856 section 5
  SubscriptionWorld world;
  for (const std::string_view uri :
       {"pres:bob@example.com", "sips:bob@example.com", "sip:%62ob@EXAMPLE.COM:5070",
        "sip:bob@example.com;transport=tcp"}) {
    world.receive(
        request_text("SUBSCRIBE", uri, {"Event: presence", "Contact: <sip:a@192.0.2.9>"}));
    EXPECT_THAT(world.story(), ElementsAre("watch bob@example.com by alice@example.com")) << uri;
  }
  world.receive(request_text("SUBSCRIBE", "sip:bob@192.0.2.1:5060",
                             {"Event: presence", "Contact: <sip:a@192.0.2.9>"}));
  EXPECT_THAT(world.story(), ElementsAre("watch bob@example.com by alice@example.com"));
}

TEST(SipSubscribe, TheRequestUriIsTheResourceNotTo) {  // RFC 3261 8.2.2.1
  SubscriptionWorld world;
  EXPECT_THAT(world.subscribe({"To: <tel:+15551234>"}),
              ElementsAre("watch bob@example.com by alice@example.com"));
}

TEST(SipSubscribe, AsManyAsAllowed) {  // watches_per_watcher_max
  SubscriptionWorld world;
  world.settings.limits.watches_per_watcher_max = 3;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(world.subscribe().front().substr(0, 5), "watch");
  EXPECT_THAT(world.subscribe(), ElementsAre("403 Too Many Subscriptions"));
  EXPECT_EQ(world.subscribe({}, "carol@example.com").front().substr(0, 5), "watch");
  world.watch = {ShardId(0), {2, 1}};
  world.decide(WatchState::rejected);
  EXPECT_EQ(world.subscribe().front().substr(0, 5), "watch");
  EXPECT_THAT(world.subscribe(), ElementsAre("403 Too Many Subscriptions"));
}

TEST(SipSubscribe, KeepsOnlySoMuch) {  // sip_dialog_bytes_max
  SubscriptionWorld world;
  const std::string kept =
      "<sip:alice@example.com>;tag=a1"
      "<sip:bob@example.com>"
      "call-1@192.0.2.9"
      "sip:alice@192.0.2.9:5060"
      "<sip:p;lr>";
  world.settings.limits.sip_dialog_bytes_max = static_cast<std::uint32_t>(kept.size()) + 1;
  EXPECT_EQ(world.subscribe({"Record-Route: <sip:p;lr>"}).front().substr(0, 5), "watch");
  EXPECT_EQ(world.subscribe({"Record-Route: <sip:pp;lr>"}).front().substr(0, 5), "watch");
  EXPECT_THAT(world.subscribe({"Record-Route: <sip:ppp;lr>"}), ElementsAre("513"));
  EXPECT_EQ(world.sip.subscriptions(), 2u);
}

// --- where NOTIFYs go

TEST(SipSubscribe, TheRouteSetIsThatOfRecordRoute) {  // RFC 3261 12.1.1, 12.2.1.1
  SubscriptionWorld world;
  world.subscribe({"Record-Route: <sip:p1.example.net;lr>, <sip:p2.example.net;lr;x=y>",
                   "Record-Route: <sip:p3.example.net;lr>"});
  world.decide(WatchState::active, "doc");
  EXPECT_TRUE(world.one<SipResponseReady>().forms_dialog);
  EXPECT_EQ(world.sent().target, "sip:alice@192.0.2.9:5060");
  EXPECT_THAT(all_rows(world.sent().rows, "Route"),
              ElementsAre("<sip:p1.example.net;lr>", "<sip:p2.example.net;lr;x=y>",
                          "<sip:p3.example.net;lr>"));
}

TEST(SipSubscribe, AStrictRouterIsTheTarget) {  // RFC 3261 12.2.1.1, its example
  SubscriptionWorld world;
  world.subscribe({"Record-Route: <sip:proxy1>,<sip:proxy2>,<sip:proxy3;lr>,<sip:proxy4>",
                   "Contact: <sip:user@remoteua>"});
  world.decide(WatchState::active, "doc");
  EXPECT_EQ(world.sent().target, "sip:proxy1");
  EXPECT_THAT(
      all_rows(world.sent().rows, "Route"),
      ElementsAre("<sip:proxy2>", "<sip:proxy3;lr>", "<sip:proxy4>", "<sip:user@remoteua>"));
}

TEST(SipSubscribe, OurContactSaysHowToReachUs) {  // RFC 3261 12.1.1, 19.1.1
  const auto contact = [](Transport transport, const Rows& rows, std::string_view uri) {
    SipWorld world;
    world.flow.transport = transport;
    Rows all = rows;
    all.push_back("Event: presence");
    world.receive(request_text("SUBSCRIBE", uri, all));
    world.story();
    world.on(WatchDecided{world.one<WatchAsked>().watch, WatchState::pending, nullptr});
    EXPECT_EQ(row(world.one<SipResponseReady>().rows, "Contact"),
              row(world.sent().rows, "Contact"));
    return row(world.sent().rows, "Contact");
  };
  const Rows plain = {"Contact: <sip:a@192.0.2.9>"};
  const Rows secure = {"Contact: <sips:a@192.0.2.9>"};
  EXPECT_EQ(contact(Transport::udp, plain, "sip:bob@example.com"), "<sip:192.0.2.1:5060>");
  EXPECT_EQ(contact(Transport::tcp, plain, "sip:bob@example.com"),
            "<sip:192.0.2.1:5060;transport=tcp>");
  EXPECT_EQ(contact(Transport::tls, plain, "sip:bob@example.com"),
            "<sip:192.0.2.1:5060;transport=tls>");
  EXPECT_EQ(contact(Transport::tls, plain, "sips:bob@example.com"), "<sips:192.0.2.1:5060>");
  EXPECT_EQ(contact(Transport::tls, secure, "sip:bob@example.com"), "<sips:192.0.2.1:5060>");
  // With a Record-Route, its top counts and not the Contact.
  EXPECT_EQ(contact(Transport::tls, {secure[0], "Record-Route: <sip:p;lr>"}, "sip:bob@example.com"),
            "<sip:192.0.2.1:5060;transport=tls>");
  EXPECT_EQ(contact(Transport::tls, {plain[0], "Record-Route: <sips:p;lr>"}, "sip:bob@example.com"),
            "<sips:192.0.2.1:5060>");
}

TEST(SipSubscribe, ASocketWithoutAddressIsReachedByName) {
  SubscriptionWorld world;
  world.flow.local.ip = IpAddress::v4(0, 0, 0, 0);
  world.subscribe();
  world.decide(WatchState::pending);
  EXPECT_EQ(row(world.sent().rows, "Contact"), "<sip:example.com:5060>");
}

TEST(SipSubscribe, FromWithoutTag) {  // RFC 3261 12.1.1: RFC 2543 had none
  SubscriptionWorld world;
  world.subscribe({"From: sip:alice@example.com"});
  world.decide(WatchState::active, "doc");
  EXPECT_EQ(row(world.sent().rows, "To"), "sip:alice@example.com");
  world.notify_ended(200);
  EXPECT_THAT(world.again({"From: sip:alice@example.com"}),
              ElementsAre("200", "refresh bob@example.com"));
}

TEST(SipSubscribe, FoldsAreUndone) {  // RFC 3261 7.3.1
  SubscriptionWorld world;
  world.subscribe({"From: \"A\r\n lice\"\r\n\t<sip:alice@example.com>\r\n ;tag=f1"});
  world.decide(WatchState::active, "doc");
  EXPECT_EQ(row(world.sent().rows, "To"), "\"A lice\" <sip:alice@example.com> ;tag=f1");
  world.notify_ended(200);
  EXPECT_THAT(world.again({"From: <sip:alice@example.com>;tag=f1"}),
              ElementsAre("200", "refresh bob@example.com"));
}

TEST(SipSubscribe, ThePresentityMayLiveOnAnotherShard) {
  SubscriptionWorld world(4, 2);
  world.receive(world.initial({}));
  const auto happened = world.take();
  const auto to = orders<ToShard>(happened);
  const ShardId home = world.shard.home_of("bob@example.com");
  if (home == world.shard.self) {
    EXPECT_EQ(muster::testing::events<WatchAsked>(happened).size(), 1u);
  } else {
    ASSERT_EQ(to.size(), 1u);
    EXPECT_EQ(to[0].to, home);
    EXPECT_EQ(std::get<WatchAsked>(to[0].event).watch.shard, ShardId(2));
  }
}

}  // namespace sip_presence_subscribe_test
}  // namespace muster::testing
