// Each checker finds what it is for, and lets pass what is right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "codec/address/jid.h"
#include "sim/checkers/bounds.h"
#include "sim/checkers/convergence.h"
#include "sim/checkers/delivery.h"
#include "sim/checkers/durability.h"
#include "sim/checkers/expiry.h"
#include "sim/checkers/order.h"
#include "sim/checkers/permission.h"
#include "sim/checkers/reference.h"
#include "sim/checkers/steadiness.h"
#include "sim/sitter.h"

namespace muster::sim {
namespace sim_checkers_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Address kJuliet = *parse_jid("juliet@example.com");
const Address kRomeo = *parse_jid("romeo@example.com");

class Checkers : public ::testing::Test {
 protected:
  Checkers() : juliets_(add(kJuliet, 1)), romeos_(add(kRomeo, 2)) {}

  Sitter& add(const Address& account, std::uint8_t number) {
    world_.store().memory().carry_out(LoadUser{account, true, {}, WatcherPolicy::ask});
    auto sitter =
        std::make_unique<Sitter>(account, Endpoint{IpAddress::v4(10, 1, 0, number), 40'000});
    Sitter& kept = *sitter;
    crowd_.add(std::move(sitter));
    return kept;
  }

  static World::Plan plan() {
    World::Plan plan;
    plan.settings.domains = {"example.com"};
    return plan;
  }
  void tell(Checker& checker, AgentId agent, decltype(Happened::what) what) {
    checker.happened({view_.now(), agent, std::move(what)});
    checker.at_step(view_);
  }
  std::vector<std::string> found() const {
    std::vector<std::string> all;
    for (const Findings::Finding& finding : findings_.all())
      all.push_back(finding.checker + ": " + finding.what);
    return all;
  }
  // Of juliet, with the note "v7 here".
  StorePublication keep_publication() {
    StorePublication store;
    store.account = kJuliet;
    store.etag = "e1";
    store.document = "<presence><note>v7 here</note></presence>";
    store.expires = UnixTime::at(Duration::minutes(10));
    store.publications_max = 10;
    world_.store().memory().carry_out(store);
    return store;
  }
  static Picture picture(const std::string& note) { return {{"home", {"", note}}}; }

  World world_{plan()};
  Crowd crowd_{world_};
  View view_{world_, crowd_};
  Findings findings_;
  const AgentId juliet_{0};
  const AgentId romeo_{1};
  Sitter& juliets_;
  Sitter& romeos_;
};

// --- order ---------------------------------------------------------------------------------------

class OrderChecker : public Checkers {
 protected:
  void SetUp() override {
    tell(order_, juliet_, WentOnline{kJuliet.with_resource("home")});
    for (const char* note : {"v1", "v2"})
      tell(order_, juliet_, ShowedItself{picture(note)});
  }
  void sees(const std::string& note) { tell(order_, romeo_, SawPicture{kJuliet, picture(note)}); }

  Ordering order_{findings_};
};

TEST_F(OrderChecker, TheNewerAfterTheOlderAndTheSameAgainAreRight) {
  for (const char* note : {"v1", "v2", "v2"})
    sees(note);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(OrderChecker, AMessageIsHeardOnceByEachUnlessTheSecondIsLate) {
  tell(order_, juliet_, SentMessage{kRomeo, "text 1"});
  tell(order_, romeo_, HeardMessage{kJuliet, "text 1"});
  tell(order_, juliet_, HeardMessage{kJuliet, "text 1"});
  EXPECT_THAT(found(), IsEmpty());
  tell(order_, romeo_, HeardMessage{kJuliet, "text 1"});
  EXPECT_THAT(found(), ElementsAre("order: a message is heard twice: text 1"));
  world_.timeline().move_to(view_.now() + Ordering::kRemembered);
  tell(order_, romeo_, HeardMessage{kJuliet, "text 1"});
  EXPECT_EQ(found().size(), 1u);
}

// What the server that died had said may be heard after its end, and before it is said again.
TEST_F(OrderChecker, AMessageMayBeHeardTwiceIfAServerWasKilledSinceItWasSent) {
  world_.start_all();
  order_.at_step(view_);
  tell(order_, juliet_, SentMessage{kRomeo, "text 1"});
  world_.server(0).crash();
  order_.at_step(view_);
  tell(order_, juliet_, SentMessage{kRomeo, "text 2"});
  for (int i = 0; i < 2; ++i)
    tell(order_, romeo_, HeardMessage{kJuliet, "text 1"});
  EXPECT_THAT(found(), IsEmpty());
  for (int i = 0; i < 2; ++i)
    tell(order_, romeo_, HeardMessage{kJuliet, "text 2"});
  EXPECT_THAT(found(), ElementsAre("order: a message is heard twice: text 2"));
}

TEST_F(OrderChecker, TheOlderAfterTheNewerIsWrong) {
  sees("v2");
  sees("v1");
  EXPECT_THAT(found(), ElementsAre(HasSubstr("order: what is seen of juliet@example.com/home is "
                                             "older than what was seen before")));
}

TEST_F(OrderChecker, WhoBeginsAnewMaySeeTheOlder) {
  sees("v2");
  tell(order_, romeo_, ForgotPictures{});
  sees("v1");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(OrderChecker, WhatNobodyShowedIsWrong) {
  sees("v3");
  EXPECT_THAT(found(), ElementsAre(HasSubstr("order: nobody showed")));
}

TEST_F(OrderChecker, AMessageThatNobodySentIsWrong) {
  tell(order_, juliet_, SentMessage{kRomeo, "text 1"});
  tell(order_, romeo_, HeardMessage{kJuliet, "text 1"});
  EXPECT_THAT(found(), IsEmpty());
  tell(order_, romeo_, HeardMessage{kJuliet, "text 2"});
  EXPECT_THAT(found(), ElementsAre(HasSubstr("order: a message is heard that nobody sent")));
}

// --- delivery ------------------------------------------------------------------------------------

class DeliveryChecker : public Checkers {
 protected:
  void rest() { delivery_.at_rest(view_); }
  void write(const std::string& text) { tell(delivery_, romeo_, SentMessage{kJuliet, text}); }

  Delivery delivery_{findings_};
};

TEST_F(DeliveryChecker, AMessageThatIsReadByNobodyIsWrong) {
  rest();
  write("text 1");
  tell(delivery_, romeo_, HeardMessage{kRomeo, "text 1"});
  rest();
  EXPECT_THAT(found(), ElementsAre("delivery: what romeo@example.com wrote to juliet@example.com "
                                   "was lost: text 1"));
}

TEST_F(DeliveryChecker, OneThatIsReadOrReturnedIsRight) {
  rest();
  write("text 1");
  tell(delivery_, juliet_, HeardMessage{kRomeo, "text 1"});
  write("text 2");
  tell(delivery_, romeo_, MessageReturned{"text 2"});
  rest();
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DeliveryChecker, SoIsOneThatWasOnItsWayToAServerThatSaysToGo) {
  rest();
  write("text 1");
  tell(delivery_, juliet_, WasSentOn{1});
  tell(delivery_, romeo_, WasSentOn{1});
  write("text 2");
  world_.run_for(Delivery::kOnItsWayFor + Duration::milliseconds(1));
  tell(delivery_, romeo_, WasSentOn{2});
  rest();
  EXPECT_THAT(found(), ElementsAre(HasSubstr("text 2"))) << "it had time to get there";
}

// Before there is rest, and when some are sent away.
TEST_F(DeliveryChecker, ItIsAskedOfAWorldAtRest) {
  write("text 1");
  rest();
  delivery_.some_part();
  write("text 2");
  rest();
  EXPECT_THAT(found(), IsEmpty());
}

// --- steadiness ----------------------------------------------------------------------------------

class SteadinessChecker : public Checkers {
 protected:
  SteadinessChecker() { romeos_.has[kJuliet] = {true, false, false}; }
  void sees(const Picture& picture) { tell(steadiness_, romeo_, SawPicture{kJuliet, picture}); }
  void rest() { steadiness_.at_rest(view_); }

  Steadiness steadiness_{findings_};
};

TEST_F(SteadinessChecker, OneWhoGoesAndIsThereIsWrong) {
  rest();
  sees(picture("v1"));
  sees({});
  EXPECT_THAT(found(), ElementsAre("steadiness: romeo@example.com/home saw juliet@example.com go, "
                                   "who is there"));
}

TEST_F(SteadinessChecker, OneWhoWentIsRight) {
  rest();
  sees(picture("v1"));
  tell(steadiness_, juliet_, WentOffline{});
  sees({});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SteadinessChecker, SoIsOneWhoIsNotWatchedAnyMore) {
  rest();
  sees(picture("v1"));
  tell(steadiness_, romeo_, ForgotPictures{});
  sees({});
  sees(picture("v1"));
  romeos_.has.clear();
  sees({});
  EXPECT_THAT(found(), IsEmpty());
}

// Before there is rest, and when some are sent away.
TEST_F(SteadinessChecker, ItIsAskedOfAWorldAtRest) {
  sees(picture("v1"));
  sees({});
  rest();
  rest();
  sees(picture("v1"));
  steadiness_.some_part();
  sees({});
  rest();
  sees(picture("v2"));
  sees({});
  EXPECT_THAT(found(), IsEmpty());
}

// --- permission ----------------------------------------------------------------------------------

class PermissionChecker : public Checkers {
 protected:
  void sees() { tell(permission_, romeo_, SawPicture{kJuliet, picture("v1")}); }
  void policy(WatcherPolicy policy) {
    world_.store().memory().carry_out(SetWatcherPolicy{kJuliet, policy});
  }

  Permission permission_{findings_};
};

TEST_F(PermissionChecker, WhoWasNotLetInIsWrong) {
  sees();
  EXPECT_THAT(found(), ElementsAre("permission: romeo@example.com sees juliet@example.com, who "
                                   "never let it in"));
}

TEST_F(PermissionChecker, NothingIsNoSight) {
  tell(permission_, romeo_, SawPicture{kJuliet, {}});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(PermissionChecker, HerWordLetsIn) {
  tell(permission_, juliet_, AskedFor{kRomeo, SubscriptionVerb::subscribed});
  sees();
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(PermissionChecker, DirectedPresenceLetsIn) {
  tell(permission_, juliet_, ShowedItselfTo{kRomeo});
  sees();
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(PermissionChecker, APolicyLetsIn) {
  policy(WatcherPolicy::allow);
  sees();
  policy(WatcherPolicy::mutual);
  tell(permission_, juliet_, AskedFor{kRomeo, SubscriptionVerb::subscribe});
  sees();
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(PermissionChecker, ThatHeAskedLetsNobodyIn) {
  policy(WatcherPolicy::mutual);
  tell(permission_, romeo_, AskedFor{kJuliet, SubscriptionVerb::subscribe});
  sees();
  policy(WatcherPolicy::deny);
  sees();
  EXPECT_THAT(found(), ElementsAre(HasSubstr("never let it in"), HasSubstr("never let it in")));
}

TEST_F(PermissionChecker, AtRestTheStoreHasTheAuthorization) {
  romeos_.sees[kJuliet] = picture("v1");
  permission_.at_rest(view_);
  EXPECT_THAT(found(), ElementsAre("permission: romeo@example.com sees juliet@example.com without "
                                   "an authorization"));
  for (const auto& [actor, peer, verb] :
       {std::tuple{kRomeo, kJuliet, SubscriptionVerb::subscribe},
        std::tuple{kJuliet, kRomeo, SubscriptionVerb::subscribed}}) {
    world_.store().memory().carry_out(ChangeSubscription{actor, peer, verb, "", 10});
  }
  permission_.at_rest(view_);
  EXPECT_EQ(found().size(), 1u);
}

// --- expiry --------------------------------------------------------------------------------------

class ExpiryChecker : public Checkers {
 protected:
  void SetUp() override {
    juliets_.shows = picture("v1");
    romeos_.sees[kJuliet] = picture("v1");
  }
  Expiry expiry_{findings_};
};

TEST_F(ExpiryChecker, WhoIsThereMayBeSeen) {
  expiry_.at_rest(view_);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(ExpiryChecker, WhoBrokeMayNot) {
  crowd_.lose(juliet_);
  expiry_.at_rest(view_);
  EXPECT_THAT(found(), ElementsAre(HasSubstr("expiry: romeo@example.com still sees "
                                             "juliet@example.com/home, which broke long ago")));
}

TEST_F(ExpiryChecker, WhatABrokenDeviceSeesIsNothing) {
  crowd_.lose(juliet_);
  crowd_.lose(romeo_);
  expiry_.at_rest(view_);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(ExpiryChecker, ConvergenceWantsThatWhoBrokeIsGone) {
  Convergence convergence(findings_);
  convergence.at_rest(view_);
  EXPECT_THAT(found(), IsEmpty());
  crowd_.lose(juliet_);
  convergence.at_rest(view_);
  EXPECT_THAT(found(), ElementsAre(HasSubstr("convergence: romeo@example.com/home sees of")));
  romeos_.sees[kJuliet] = {};
  convergence.at_rest(view_);
  EXPECT_EQ(found().size(), 1u);
}

// --- durability ----------------------------------------------------------------------------------

TEST_F(Checkers, WhatIsPromisedIsInTheStore) {
  Durability durability(findings_);
  keep_publication();
  tell(durability, juliet_, WasPromised{"publication", "v7 here"});
  EXPECT_THAT(found(), IsEmpty());
  tell(durability, juliet_, WasPromised{"publication", "v8 here"});
  EXPECT_THAT(found(), ElementsAre(HasSubstr("durability: juliet@example.com was told that its "
                                             "publication is kept (v8 here)")));
}

TEST_F(Checkers, WhatRanOutMeanwhileWasKept) {
  Durability durability(findings_);
  const StorePublication store = keep_publication();
  world_.store().memory().carry_out(ExpirePublications{kJuliet, store.expires});
  tell(durability, juliet_, WasPromised{"publication", "v7 here"});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Checkers, WhatARosterSaysIsInTheStoreAndStays) {
  MemoryStore& store = world_.store().memory();
  store.carry_out(ChangeSubscription{kRomeo, kJuliet, SubscriptionVerb::subscribe, "", 10});
  ASSERT_EQ(store.version_of(kRomeo), 1u);
  Durability durability(findings_);
  tell(durability, romeo_, WasPromised{"roster", "1"});
  EXPECT_THAT(found(), IsEmpty());
  tell(durability, romeo_, WasPromised{"roster", "2"});
  durability.at_rest(view_);
  const auto lost = HasSubstr(
      "durability: romeo@example.com was told of its roster's version 2, and 1 is in the store");
  EXPECT_THAT(found(), ElementsAre(lost, lost));
}

TEST_F(Checkers, ARosterWithoutAVersionIsWrong) {
  Durability durability(findings_);
  tell(durability, romeo_, WasPromised{"roster", ""});
  EXPECT_THAT(found(), ElementsAre("durability: a roster of version ''"));
}

// --- the reference model -------------------------------------------------------------------------

class ReferenceChecker : public Checkers {
 protected:
  void SetUp() override {
    juliets_.shows = picture("v1");
    // Romeo asked, and she approved.
    change(kRomeo, kJuliet, SubscriptionVerb::subscribe);
    change(kJuliet, kRomeo, SubscriptionVerb::subscribed);
    romeos_.has[kJuliet] = {true, false, false};
    romeos_.sees[kJuliet] = picture("v1");
    juliets_.has[kRomeo] = {false, false, true};
  }
  void change(const Address& actor, const Address& peer, SubscriptionVerb verb) {
    world_.store().memory().carry_out(ChangeSubscription{actor, peer, verb, "", 10});
  }
  std::vector<std::string> found_at_rest() {
    reference_.at_rest(view_);
    return found();
  }
  Reference reference_{findings_};
};

TEST_F(ReferenceChecker, AllAsItMustBeIsRight) {
  EXPECT_THAT(found_at_rest(), IsEmpty());
}

TEST_F(ReferenceChecker, AContactThatTheStoreDoesNotHaveIsFound) {
  romeos_.has[*parse_jid("nurse@example.com")] = {false, true, false};
  EXPECT_THAT(found_at_rest(),
              ElementsAre("reference: romeo@example.com/home has nurse@example.com (asked), who is "
                          "not there"));
}

TEST_F(ReferenceChecker, AContactThatTheAgentLacksIsFound) {
  juliets_.has.clear();
  EXPECT_THAT(found_at_rest(), ElementsAre("reference: juliet@example.com/home has "
                                           "romeo@example.com as 'nobody', not as 'is seen'"));
}

TEST_F(ReferenceChecker, AContactOfAnotherStateIsFound) {
  romeos_.has[kJuliet] = {false, true, false};
  EXPECT_THAT(found_at_rest(), ElementsAre("reference: romeo@example.com/home has "
                                           "juliet@example.com as 'asked', not as 'sees'"));
}

TEST_F(ReferenceChecker, WhomItMustSeeAndDoesNotIsFound) {
  romeos_.sees.clear();
  EXPECT_THAT(found_at_rest(), ElementsAre(HasSubstr("sees of juliet@example.com {}, not {home")));
}

TEST_F(ReferenceChecker, WhoHasGoneIsNotSeen) {
  juliets_.shows.clear();
  EXPECT_THAT(found_at_rest(),
              ElementsAre(HasSubstr("sees of juliet@example.com {home '' 'v1'}, not {}")));
}

TEST_F(ReferenceChecker, ARequestThatNobodyWasAskedIsFound) {
  change(kJuliet, kRomeo, SubscriptionVerb::subscribe);
  juliets_.has[kRomeo] = {false, true, true};
  EXPECT_THAT(found_at_rest(),
              ElementsAre("reference: romeo@example.com was not asked by juliet@example.com"));
}

TEST_F(ReferenceChecker, ADeviceThatBrokeHasNothing) {
  romeos_.has.clear();
  romeos_.sees.clear();
  crowd_.lose(romeo_);
  EXPECT_THAT(found_at_rest(), IsEmpty());
}

// --- bounds --------------------------------------------------------------------------------------

TEST_F(Checkers, EventsWithoutEndAreFound) {
  Bounds bounds(findings_);
  const std::uint64_t most = Bounds::kEventsPerAgent * (crowd_.size() + 1);
  while (world_.timeline().waiting() < most)
    world_.timeline().after(Duration::seconds(1), [] {});
  bounds.at_step(view_);
  EXPECT_THAT(found(), IsEmpty());
  world_.timeline().after(Duration::seconds(1), [] {});
  bounds.at_step(view_);
  EXPECT_THAT(found(), ElementsAre(HasSubstr("bounds: ")));
}

}  // namespace sim_checkers_test
}  // namespace muster::sim
