// What RFC 3261 section 8.2 asks of any user agent server, and section 11.2 of OPTIONS.
#include "server/sip_presence/sip_presence.h"

#include <gtest/gtest.h>

#include "machine/sip_presence/sip_world.h"

namespace muster::testing {
namespace sip_presence_requests_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kMethods = "ACK, CANCEL, MESSAGE, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE";

TEST(SipRequests, OptionsToTheServerAndToAUser) {  // 11.2, RFC 3903 section 7, RFC 6665 4.4.4
  SipWorld world;
  for (const std::string_view uri : {"sip:example.com", "sip:bob@example.com", "sip:192.0.2.1",
                                     "sip:nobody@example.org:5070", "sips:bob@example.com"}) {
    world.receive(request_text("OPTIONS", uri, {}), "");
    ASSERT_THAT(world.story(), ElementsAre("200")) << uri;
    const std::string rows = world.answer_rows();
    EXPECT_EQ(row(rows, "Allow"), kMethods);
    EXPECT_EQ(row(rows, "Accept"), "application/pidf+xml, text/plain");
    EXPECT_EQ(row(rows, "Accept-Encoding"), "identity");
    EXPECT_EQ(row(rows, "Accept-Language"), "en");
    EXPECT_EQ(row(rows, "Supported"), "outbound, path");
    EXPECT_EQ(row(rows, "Allow-Events"), "presence");
  }
  // Section 11.2: in a dialog no other.
  world.receive(
      request_text("OPTIONS", "sip:192.0.2.1:5060", {"To: <sip:bob@example.com>;tag=unknown"}), "");
  EXPECT_THAT(world.story(), ElementsAre("200"));
}

TEST(SipRequests, MethodsThatAreNotForUs) {  // 8.2.1, 21.4.6: 405 has Allow
  SipWorld world;
  for (const std::string_view method : {"INVITE", "REFER", "FROBNICATE", "options"}) {
    world.receive(request_text(method, "sip:bob@example.com", {}));
    ASSERT_THAT(world.story(), ElementsAre("405")) << method;
    EXPECT_EQ(row(world.answer_rows(), "Allow"), kMethods);
  }
}

TEST(SipRequests, MethodsOfDialogsThatAreNotHere) {  // 12.2.2, 15.1.2, 9.2, RFC 6665 4.1.3
  SipWorld world;
  for (const std::string_view method : {"BYE", "CANCEL", "NOTIFY", "INFO", "PRACK", "UPDATE"}) {
    world.receive(request_text(method, "sip:bob@example.com",
                               {"Event: presence", "Subscription-State: active"}));
    EXPECT_THAT(world.story(), ElementsAre("481")) << method;
  }
}

TEST(SipRequests, AckHasNoAnswer) {  // 17
  SipWorld world;
  world.receive(request_text("ACK", "sip:bob@example.com", {}));
  EXPECT_THAT(world.story(), IsEmpty());
}

TEST(SipRequests, DomainsThatAreNotOurs) {  // 8.2.2.1, 10.3 step 1, RFC 3903 section 6 step 1
  SipWorld world;
  for (const std::string_view method : {"OPTIONS", "REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE"}) {
    for (const std::string_view uri :
         {"sip:bob@elsewhere.net", "sip:bob@192.0.2.2", "sip:bob@sub.example.com", "tel:+15551234",
          "sip:b%00b@example.com"}) {
      world.receive(request_text(method, uri, {"To: <sip:bob@example.com>"}));
      EXPECT_THAT(world.story(), ElementsAre("404")) << method << " " << uri;
    }
  }
}

TEST(SipRequests, WhatIsForAUserNeedsAUser) {  // 8.2.2.1
  SipWorld world;
  for (const std::string_view method : {"SUBSCRIBE", "PUBLISH", "MESSAGE"}) {
    world.receive(request_text(method, "sip:example.com", {}));
    EXPECT_THAT(world.story(), ElementsAre("404")) << method;
  }
}

TEST(SipRequests, BodiesThatNobodyUnderstands) {  // 8.2.3
  SipWorld world;
  for (const std::string_view method : {"OPTIONS", "REGISTER", "SUBSCRIBE"}) {
    const Rows rows = {"Content-Type: application/simple-filter+xml", "Event: presence"};
    world.receive(request_text(method, "sip:alice@example.com", rows, "<filter/>"));
    ASSERT_THAT(world.story(), ElementsAre("415")) << method;
    EXPECT_NE(world.answer_rows().find("Accept: \r\n"), std::string::npos);
  }
  world.receive(request_text(
      "OPTIONS", "sip:example.com",
      {"Content-Type: application/sdp", "Content-Disposition: session;handling=optional"}, "v=0"));
  EXPECT_THAT(world.story(), ElementsAre("200"));
}

TEST(SipRequests, WhoIsNotProvedActsForNobody) {
  SipWorld world;
  for (const std::string_view method : {"REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE"}) {
    world.receive(request_text(method, "sip:alice@example.com", {"Event: presence"}), "");
    EXPECT_THAT(world.story(), ElementsAre("403")) << method;
  }
}

TEST(SipRequests, AStoppingServerTakesNothingNew) {  // 21.5.4
  SipWorld world;
  EXPECT_THAT(world.on(StopAsked{}), IsEmpty());
  EXPECT_TRUE(world.sip.idle());
  for (const std::string_view method : {"OPTIONS", "REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE"}) {
    world.receive(request_text(method, "sip:alice@example.com", {"Event: presence"}));
    ASSERT_THAT(world.story(), ElementsAre("503")) << method;
    EXPECT_EQ(row(world.answer_rows(), "Retry-After"), "10");
  }
  EXPECT_TRUE(world.sip.idle());
}

}  // namespace sip_presence_requests_test
}  // namespace muster::testing
