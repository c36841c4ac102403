// A world that fails: the store, and the end of the server.
#include "service/user_agents.h"

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

namespace muster::testing {
namespace service_trouble_test {

class Trouble : public ::testing::Test {
 protected:
  Trouble() {
    service.settings.auto_accounts = true;
    service.start();
  }
  Service service;
};

TEST_F(Trouble, WhatTheStoreDoesNotKeepIsRefusedAndDoneOnceItRecovers) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  Phone publisher(service, "romeo", 6002);
  romeo.subscribe("romeo", 600, "own");
  romeo.heard();
  juliet.heard();
  service.break_store(StoreFailed{StoreFailed::Why::full});

  romeo.subscribe("juliet", 600);
  EXPECT_THAT(romeo.heard(), ElementsAre("500 SUBSCRIBE"));
  publisher.publish(pidf_of("romeo", "orchard", "open"), 600);
  EXPECT_THAT(publisher.heard(), ElementsAre("500 PUBLISH"));
  juliet.say("<presence to='romeo@example.com' type='subscribe'/>");
  EXPECT_THAT(juliet.heard(), ElementsAre(AllOf(StartsWith("<presence type='error' from='romeo'"),
                                                HasSubstr("<internal-server-error "))));
  EXPECT_THAT(romeo.heard(), IsEmpty());

  service.break_store({});
  publisher.publish(pidf_of("romeo", "orchard", "open"), 600);
  EXPECT_THAT(publisher.heard(), ElementsAre("200 PUBLISH"));
  EXPECT_THAT(romeo.heard(), ElementsAre("NOTIFY active: orchard open"));
  juliet.say("<presence to='romeo@example.com' type='subscribe'/>");
  EXPECT_THAT(juliet.heard(),
              ElementsAre("push <item jid='romeo' subscription='none' ask='subscribe'/>"));
}

TEST_F(Trouble, WhoCannotBeLoadedCannotLogInAndCanLater) {
  service.break_store(StoreFailed{});
  EXPECT_THROW(Messenger(service, "juliet/balcony"), std::runtime_error);
  service.break_store({});
  Messenger juliet(service, "juliet/balcony");
  EXPECT_THAT(juliet.heard(), ElementsAre("<presence from='juliet/balcony' to='juliet'/>"));
}

TEST_F(Trouble, AServerThatStopsSaysSoToAllAndEnds) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  romeo.subscribe("juliet", 600);
  juliet.say("<presence to='romeo@example.com' type='subscribed'/>");
  romeo.heard();
  service.stop();
  EXPECT_TRUE(juliet.closed());
  EXPECT_THAT(romeo.heard(),
              ElementsAre(StartsWith("NOTIFY terminated;reason=probation;retry-after=")));
  service.pass(Duration::seconds(64));
  EXPECT_TRUE(service.stopped());
}

TEST_F(Trouble, AnAccountThatIsRemovedIsGoneForAll) {
  Messenger juliet(service, "juliet/balcony");
  Messenger romeo(service, "romeo/orchard");
  juliet.say("<presence to='romeo@example.com' type='subscribe'/>");
  romeo.say("<presence to='juliet@example.com' type='subscribed'/>");
  Phone watcher(service, "romeo", 6001);
  watcher.subscribe("juliet", 600);
  watcher.heard();
  juliet.heard();
  romeo.heard();
  EXPECT_EQ(service.administer(DropAccount{Service::address("juliet@example.com")}).outcome,
            AdminReply::Outcome::done);
  EXPECT_TRUE(juliet.closed());
  EXPECT_THAT(watcher.heard(), ElementsAre("NOTIFY terminated;reason=rejected"));
  EXPECT_THAT(romeo.heard(), ElementsAre("<presence from='juliet' to='romeo' type='unsubscribe'/>",
                                         "push <item jid='juliet' subscription='none'/>",
                                         "push <item jid='juliet' subscription='remove'/>"));
}

}  // namespace service_trouble_test
}  // namespace muster::testing
