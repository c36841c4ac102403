// Phones on links, watchers whom nobody answers, and those who may not: across the shards.
#include "service/user_agents.h"

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace muster::testing {
namespace service_phones_test {

class Phones : public ::testing::Test {
 protected:
  Phones() {
    for (const char* name : {"juliet", "romeo"})
      account(name);
    service.start();
  }
  void account(std::string_view name, WatcherPolicy policy = WatcherPolicy::ask) {
    service.store().carry_out(LoadUser{of(name), true, {}, policy});
  }
  static Address of(std::string_view name) {
    return Service::address(std::string(name) + "@example.com");
  }
  AdminReply::Outcome decide(std::string_view account, std::string_view watcher, bool allow) {
    return service.administer(DecideWatcher{of(account), of(watcher), allow}).outcome;
  }

  Service service;
};

TEST_F(Phones, OnALinkOfAnyShardAreServedByTheirHome) {
  Messenger juliet(service, "juliet/balcony");
  for (std::uint8_t shard = 0; shard < 2; ++shard) {
    Phone romeo = Phone::on_tcp(service, "romeo", shard);
    romeo.subscribe("juliet", 600);
    decide("juliet", "romeo", true);
    romeo.heard();
    juliet.say("<presence><status>here</status></presence>");
    EXPECT_THAT(romeo.heard(), ElementsAre("NOTIFY active: balcony open 'here'"));
    juliet.say("<presence/>");
    EXPECT_THAT(romeo.heard(), ElementsAre("NOTIFY active: balcony open"));
    romeo.subscribe("juliet", 0);
    EXPECT_THAT(romeo.heard(),
                ElementsAre("200 SUBSCRIBE", "NOTIFY terminated;reason=timeout: closed closed"));
  }
}

TEST_F(Phones, WhoseLinkVanishesIsUnregisteredAndHearsNoMore) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo = Phone::on_tcp(service, "romeo", 0);
  romeo.enroll(600);
  romeo.subscribe("juliet", 600);
  decide("juliet", "romeo", true);
  decide("romeo", "juliet", true);
  juliet.say("<presence to='romeo@example.com' type='subscribe'/>");
  romeo.heard();
  juliet.heard();
  romeo.vanish();
  EXPECT_THAT(juliet.heard(),
              ElementsAre(AllOf(HasSubstr("from='romeo/"), HasSubstr("type='unavailable'"))));
  juliet.say("<presence/>");
  EXPECT_THAT(romeo.heard(), IsEmpty());
}

TEST_F(Phones, AnOperatorAnswersForWhoHasNoMessenger) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  romeo.publish(pidf_of("romeo", "orchard", "open"), 600);
  juliet.say("<presence to='romeo@example.com' type='subscribe'/>");
  juliet.heard();
  EXPECT_EQ(decide("romeo", "juliet", true), AdminReply::Outcome::done);
  EXPECT_THAT(juliet.heard(), ElementsAre("<presence from='romeo' to='juliet' type='subscribed'/>",
                                          "push <item jid='romeo' subscription='to'/>",
                                          "<presence from='romeo/orchard' to='juliet'/>"));
}

TEST_F(Phones, ARequestWaitsForThePresentityToCome) {
  Phone romeo(service, "romeo", 6001);
  romeo.subscribe("juliet", 600);
  EXPECT_THAT(romeo.heard(), ElementsAre("200 SUBSCRIBE", "NOTIFY pending"));
  Messenger juliet(service, "juliet/balcony");
  EXPECT_THAT(juliet.heard(), ElementsAre("<presence from='juliet/balcony' to='juliet'/>",
                                          "<presence from='romeo' to='juliet' type='subscribe'/>"));
  EXPECT_THAT(romeo.heard(), IsEmpty());
}

TEST_F(Phones, WhoMayNotWatchIsToldAtOnce) {
  account("tybalt", WatcherPolicy::deny);
  Phone romeo(service, "romeo", 6001);
  romeo.subscribe("tybalt", 600, "one");
  romeo.subscribe("nobody", 600, "two");
  EXPECT_THAT(romeo.heard(), ElementsAre("403 SUBSCRIBE", "404 SUBSCRIBE"));
}

TEST_F(Phones, WhoDoesNotTakeAMessageIsUnavailableToItsSender) {
  Messenger juliet(service, "juliet/balcony");
  Phone romeo(service, "romeo", 6001);
  romeo.enroll(600);
  romeo.heard();
  juliet.heard();
  juliet.say("<message id='m' to='romeo@example.com' type='chat'><body>hi</body></message>");
  EXPECT_THAT(juliet.heard(), IsEmpty());
  service.pass(Duration::seconds(40));
  EXPECT_THAT(juliet.heard(), ElementsAre(AllOf(HasSubstr("type='error'"), HasSubstr("id='m'"))));
}

TEST_F(Phones, HearOfChangesAtMostOnceInAnInterval) {
  Service calm;
  calm.settings.auto_accounts = true;
  calm.settings.limits.notify_interval_min = Duration::seconds(5);
  calm.start();
  Messenger juliet(calm, "juliet/balcony");
  Phone own(calm, "juliet", 6001);
  own.subscribe("juliet", 600);
  own.heard();
  for (const char* status : {"one", "two", "three"})
    juliet.say("<presence><status>" + std::string(status) + "</status></presence>");
  EXPECT_THAT(own.heard(), ElementsAre("NOTIFY active: balcony open 'one'"));
  calm.pass(Duration::seconds(5));
  EXPECT_THAT(own.heard(), ElementsAre("NOTIFY active: balcony open 'three'"));
}

}  // namespace service_phones_test
}  // namespace muster::testing
