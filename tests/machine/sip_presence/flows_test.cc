// The example flows of RFC 3856 section 8, RFC 3903 section 15 and RFC 8048 sections 5.3 and 7.2,
// with our domain, our limits and, where RFC 8048 differs from it, as RFC 6665 has it.
#include <gtest/gtest.h>

#include "machine/sip_presence/subscription_world.h"

namespace muster::testing {
namespace sip_presence_flows_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SipFlows, Rfc3856Section8) {
  SubscriptionWorld world;
  world.flow = SipWorld::flow_over({7, 1});
  world.receive(
      request_text("SUBSCRIBE", "sip:resource@example.com",
                   {"Via: SIP/2.0/TCP watcherhost.example.com;branch=z9hG4bKnashds7",
                    "To: <sip:resource@example.com>", "From: <sip:user@example.com>;tag=xfg9",
                    "Call-ID: 2010@watcherhost.example.com", "CSeq: 17766 SUBSCRIBE",
                    "Event: presence", "Accept: application/pidf+xml",
                    "Contact: <sip:user@watcherhost.example.com>", "Expires: 600"}),
      "user@example.com");
  EXPECT_THAT(world.story(), ElementsAre("watch resource@example.com by user@example.com"));
  world.watch = world.one<WatchAsked>().watch;
  // F2 and F3.
  EXPECT_THAT(world.decide(WatchState::active, "[PIDF Document]"),
              ElementsAre("200", "NOTIFY 1 active;expires=600 [PIDF Document]"));
  EXPECT_EQ(row(world.answer_rows().empty() ? "" : world.answer_rows(), "Expires"), "600");
  const auto f3 = world.sent();
  EXPECT_EQ(f3.target, "sip:user@watcherhost.example.com");
  EXPECT_EQ(row(f3.rows, "From"), "<sip:resource@example.com>;tag=" + world.tag);
  EXPECT_EQ(row(f3.rows, "To"), "<sip:user@example.com>;tag=xfg9");
  EXPECT_EQ(row(f3.rows, "Call-ID"), "2010@watcherhost.example.com");
  EXPECT_THAT(world.notify_ended(200), IsEmpty());  // F4
  world.pass(Duration::seconds(57));
  EXPECT_THAT(world.change("[New PIDF Document]"),  // F5
              ElementsAre("NOTIFY 2 active;expires=543 [New PIDF Document]"));
  EXPECT_EQ(row(world.sent().rows, "From"), row(f3.rows, "From"));
  EXPECT_THAT(world.notify_ended(200), IsEmpty());  // F6
}

TEST(SipFlows, Rfc3903Section15) {
  SubscriptionWorld world;
  world.settings.limits.subscription_time_max = Duration::seconds(3'600);
  world.settings.limits.publication_time_max = Duration::seconds(1'800);
  world.subscribe({"Expires: 3600"});  // M1
  EXPECT_THAT(world.decide(WatchState::active, "[PIDF document]"),
              ElementsAre("200", "NOTIFY 1 active;expires=3600 [PIDF document]"));  // M2, M3
  world.notify_ended(200);                                                          // M4
  world.pass(Duration::seconds(200));

  const std::string document =
      "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:bob@example.com'/>";
  const auto publish = [&](Rows rows, const std::string& body) {
    rows.insert(rows.end(),
                {"From: <sip:bob@example.com>;tag=1234wxyz", "Expires: 3600", "Event: presence"});
    if (!body.empty()) rows.push_back("Content-Type: application/pidf+xml");
    return world.receive(request_text("PUBLISH", "sip:bob@example.com", rows, body),
                         "bob@example.com");
  };
  const auto stored = [&](SipRequestId request, const std::string& etag) {
    const Story told = world.on(
        PublishAnswered{request, PublishAnswered::Outcome::stored, etag, Duration::seconds(1'800)});
    EXPECT_EQ(row(world.answer_rows(), "SIP-ETag"), etag);
    EXPECT_EQ(row(world.answer_rows(), "Expires"), "1800");
    return told;
  };
  SipRequestId request = publish({}, document);  // M5
  EXPECT_THAT(world.story(), ElementsAre("publish bob@example.com [] 1800"));
  EXPECT_THAT(stored(request, "dx200xyz"), ElementsAre("200"));  // M6
  EXPECT_THAT(world.change("[New PIDF document]"),
              ElementsAre("NOTIFY 2 active;expires=3400 [New PIDF document]"));  // M7
  EXPECT_THAT(world.notify_ended(200), IsEmpty());                               // M8

  request = publish({"SIP-If-Match: dx200xyz"}, {});  // M9
  EXPECT_THAT(world.story(), ElementsAre("publish bob@example.com [dx200xyz] 1800"));
  EXPECT_THAT(stored(request, "kwj449x"), ElementsAre("200"));  // M10: nobody is notified

  request = publish({"SIP-If-Match: kwj449x"}, document);  // M11
  EXPECT_THAT(world.story(), ElementsAre("publish bob@example.com [kwj449x] 1800"));
  EXPECT_THAT(stored(request, "qwi982ks"), ElementsAre("200"));  // M12
  EXPECT_THAT(world.change("[New PIDF document]"),
              ElementsAre("NOTIFY 3 active;expires=3400 [New PIDF document]"));  // M13
  EXPECT_THAT(world.notify_ended(200), IsEmpty());                               // M14
}

// RFC 8048 section 5.3.1, examples 11 to 14. Where its NOTIFY has From and To as the SUBSCRIBE had
// them and no expires, ours has them as RFC 6665 wants: From is the notifier.
TEST(SipFlows, Rfc8048Section531Approved) {
  SubscriptionWorld world;
  world.receive(request_text("SUBSCRIBE", "sip:juliet@example.com",
                             {"From: <sip:romeo@example.org>;tag=xfg9", "Event: presence",
                              "Call-ID: AA5A8BE5-CBB7-42B9-8181-6230012B1E11",
                              "Contact: <sip:romeo@example.org>;gr=dr4hcr0st3lup4c",
                              "Accept: application/pidf+xml"}),
                "romeo@example.org");
  EXPECT_THAT(world.story(), ElementsAre("watch juliet@example.com by romeo@example.org"));
  world.watch = world.one<WatchAsked>().watch;
  EXPECT_THAT(
      world.decide(WatchState::pending),
      ElementsAre("200", "NOTIFY 1 pending;expires=600"));  // F27; no Expires: an hour asked
  world.notify_ended(200);
  EXPECT_THAT(world.decide(WatchState::active, "<presence/>"),
              ElementsAre("NOTIFY 2 active;expires=600 <presence/>"));  // F32
  EXPECT_EQ(row(world.sent().rows, "From"), "<sip:juliet@example.com>;tag=" + world.tag);
  EXPECT_EQ(row(world.sent().rows, "To"), "<sip:romeo@example.org>;tag=xfg9");
  EXPECT_EQ(row(world.sent().rows, "CSeq"), "2 NOTIFY");
}

TEST(SipFlows, Rfc8048Section531Declined) {  // examples 15 and 16
  SubscriptionWorld world;
  world.subscribe();
  world.decide(WatchState::pending);
  world.notify_ended(200);
  EXPECT_THAT(world.decide(WatchState::rejected),
              ElementsAre("NOTIFY 2 terminated;reason=rejected"));
}

TEST(SipFlows, Rfc8048Section532) {  // a refresh is answered with what is known
  SubscriptionWorld world;
  world.activate();
  EXPECT_THAT(world.again(), ElementsAre("200", "refresh bob@example.com"));
  EXPECT_THAT(world.decide(WatchState::active, "known"),
              ElementsAre("NOTIFY 2 active;expires=600 known"));
}

TEST(SipFlows, Rfc8048Section533) {  // example 17: the notifier has the last word
  SubscriptionWorld world;
  world.activate();
  EXPECT_THAT(world.again({"CSeq: 66 SUBSCRIBE", "Expires: 0"}),
              ElementsAre("200", "unwatch bob@example.com",
                          "NOTIFY 2 terminated;reason=timeout "
                          "<?xml version='1.0' encoding='UTF-8'?>\n"
                          "<presence xmlns='urn:ietf:params:xml:ns:pidf'"
                          " entity='pres:bob@example.com'>"
                          "<tuple id='ID-closed'><status><basic>closed</basic></status></tuple>"
                          "</presence>"));
}

TEST(SipFlows, Rfc8048Section72) {  // example 24: a poll
  SubscriptionWorld world;
  EXPECT_THAT(world.subscribe({"Expires: 0"}),
              ElementsAre("fetch bob@example.com by alice@example.com"));
  EXPECT_THAT(world.decide(WatchState::active, "<presence/>"),
              ElementsAre("200", "NOTIFY 1 terminated;reason=timeout <presence/>"));
}

}  // namespace sip_presence_flows_test
}  // namespace muster::testing
