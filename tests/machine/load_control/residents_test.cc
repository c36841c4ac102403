// The users of a shard whom its server serves: who is asked about, who counts, who is let go.
#include "server/load_control/residents.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "machine/load_control/residents_world.h"

namespace muster::testing {
namespace load_control_residents_test {

using Outcome = UserPlace::Outcome;

const Address kAlice = Address::of_canonical("alice", "example.com");
const Address kBob = Address::of_canonical("bob", "example.com");
constexpr LinkId kLink{3, 1};
constexpr LinkId kOther{4, 1};
constexpr SipRequestId kRequest{5, 1};

class ResidentsTest : public ResidentsWorld {
 protected:
  void place_here(const Address& user) {
    give(StreamToPlace{kLink, user});
    give(OwnerFound{user, {Outcome::here, nullptr}});
  }
  Duration idle_time() const {
    return world.settings.limits.login_time_max + Residents::kLeaveAfter;
  }
};

TEST_F(ResidentsTest, AUserWhoLandsIsAskedAboutOnce) {
  const auto asked = told<OwnerWanted>(give(StreamToPlace{kLink, kAlice}));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].account, kAlice);
  EXPECT_EQ(asked[0].shard, ShardId(1));
  EXPECT_TRUE(told<OwnerWanted>(give(StreamToPlace{kOther, kAlice})).empty());
  EXPECT_TRUE(told<OwnerWanted>(give(RequestToPlace{kRequest, kAlice})).empty());
  const auto found = give(OwnerFound{kAlice, {Outcome::full, nullptr}});
  const auto streams = events<StreamPlaced>(found);
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_EQ(streams[0].link, kLink);
  EXPECT_EQ(streams[1].link, kOther);
  EXPECT_EQ(streams[1].place.outcome, Outcome::full);
  const auto requests = events<RequestPlaced>(found);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].request, kRequest);
}

TEST_F(ResidentsTest, WhoIsHereIsNotAskedAboutAgain) {
  place_here(kAlice);
  const auto next = give(StreamToPlace{kOther, kAlice});
  EXPECT_TRUE(told<OwnerWanted>(next).empty());
  ASSERT_EQ(events<StreamPlaced>(next).size(), 1u);
  EXPECT_EQ(events<StreamPlaced>(next)[0].place.outcome, Outcome::here);
}

TEST_F(ResidentsTest, WhoIsElsewhereIsAskedAboutEachTime) {
  give(StreamToPlace{kLink, kAlice});
  give(OwnerFound{kAlice, {Outcome::elsewhere, nullptr}});
  EXPECT_EQ(told<OwnerWanted>(give(StreamToPlace{kLink, kAlice})).size(), 1u);
}

TEST_F(ResidentsTest, WhatTheThreadMeasuresIsOfTheLoad) {
  const cluster::Measures measures{{1, 100}, {2, 100}, {3, 100}, {4, 100}};
  give(ShardMeasured{measures});
  const auto load = told<ShardLoad>(pass(Residents::kTellAfter));
  ASSERT_EQ(load.size(), 1u);
  EXPECT_EQ(load[0].measures, measures);
  give(ShardMeasured{measures});
  EXPECT_TRUE(told<ShardLoad>(pass(Duration::seconds(1))).empty()) << "nothing has changed";
}

// Paper: users and the resources that they have registered for.
TEST_F(ResidentsTest, WhoIsPlacedAndHasSomethingCounts) {
  place_here(kAlice);
  EXPECT_TRUE(told<ShardLoad>(pass(Duration::seconds(1))).empty()) << "she has nothing yet";
  give(ResidentChanged{kAlice, true, false, 20});
  give(SubscriptionsCounted{kAlice, 3});
  place_here(kBob);
  give(SubscriptionsCounted{kBob, 1});
  const auto load = told<ShardLoad>(pass(Residents::kTellAfter));
  ASSERT_EQ(load.size(), 1u) << "told together";
  EXPECT_EQ(load[0].shard, ShardId(1));
  EXPECT_EQ(load[0].users, 2u);
  EXPECT_EQ(load[0].resources, 24u);
  EXPECT_EQ(load[0].came, (std::vector<Address>{kAlice, kBob}));
  give(SubscriptionsCounted{kAlice, 0});
  give(ResidentChanged{kAlice, false, false, 0});
  const auto less = told<ShardLoad>(pass(Residents::kTellAfter));
  ASSERT_EQ(less.size(), 1u);
  EXPECT_EQ(less[0].users, 1u);
  EXPECT_EQ(less[0].resources, 1u);
  EXPECT_TRUE(less[0].came.empty());
}

TEST_F(ResidentsTest, AUserCountsForEachProtocolThatSheIsPresentThrough) {
  place_here(kAlice);
  place_here(kBob);
  give(ResidentChanged{kAlice, true, true, 0});
  give(SubscriptionsCounted{kBob, 1});
  const auto load = told<ShardLoad>(pass(Residents::kTellAfter));
  ASSERT_EQ(load.size(), 1u);
  EXPECT_EQ(load[0].xmpp, 1u);
  EXPECT_EQ(load[0].sip, 2u);
  give(ResidentChanged{kAlice, true, false, 0});
  const auto less = told<ShardLoad>(pass(Residents::kTellAfter));
  ASSERT_EQ(less.size(), 1u) << "she counts as before, but not for both";
  EXPECT_EQ(less[0].users, 2u);
  EXPECT_EQ(less[0].xmpp, 1u);
  EXPECT_EQ(less[0].sip, 1u);
}

TEST_F(ResidentsTest, NothingIsToldLaterThanStated) {
  place_here(kAlice);
  give(ResidentChanged{kAlice, true, false, 0});
  EXPECT_EQ(residents.next_deadline(), world.now.instant + Residents::kTellAfter);
  pass(Residents::kTellAfter / 2);
  give(ResidentChanged{kAlice, true, false, 1});
  EXPECT_EQ(told<ShardLoad>(pass(Residents::kTellAfter / 2)).size(), 1u);
}

// Watched, or loaded for her publication: she is not this server's.
TEST_F(ResidentsTest, WhoWasNotPlacedHereDoesNotCount) {
  give(ResidentChanged{kAlice, false, true, 2});
  EXPECT_TRUE(told<ShardLoad>(pass(Duration::seconds(1))).empty());
  EXPECT_TRUE(residents.list().empty());
  // Until she is.
  place_here(kAlice);
  const auto load = told<ShardLoad>(pass(Duration::seconds(1)));
  ASSERT_EQ(load.size(), 1u);
  EXPECT_EQ(load[0].users, 1u);
  EXPECT_EQ(load[0].came, std::vector<Address>{kAlice});
}

TEST_F(ResidentsTest, WhoHasNothingLeftIsLetGo) {
  place_here(kAlice);
  give(ResidentChanged{kAlice, true, false, 0});
  pass(idle_time() * 2);
  give(ResidentChanged{kAlice, false, false, 0});
  EXPECT_TRUE(told<UsersLeft>(pass(idle_time() - Duration::milliseconds(1))).empty());
  const auto left = told<UsersLeft>(pass(Duration::milliseconds(1)));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].accounts, std::vector<Address>{kAlice});
  EXPECT_EQ(told<OwnerWanted>(give(StreamToPlace{kLink, kAlice})).size(), 1u);
}

TEST_F(ResidentsTest, SoIsWhoNeverHadAnything) {
  place_here(kAlice);
  EXPECT_EQ(told<UsersLeft>(pass(idle_time())).size(), 1u);
  EXPECT_EQ(residents.next_deadline(), std::nullopt) << "nothing of her is left";
}

TEST_F(ResidentsTest, WhoComesBackInTimeStays) {
  place_here(kAlice);
  pass(idle_time() / 2);
  give(StreamToPlace{kOther, kAlice});
  EXPECT_TRUE(told<UsersLeft>(pass(idle_time() - Duration::milliseconds(1))).empty());
  EXPECT_EQ(told<UsersLeft>(pass(Duration::milliseconds(1))).size(), 1u);
}

TEST_F(ResidentsTest, WhoHasSomethingIsNotLetGo) {
  place_here(kAlice);
  give(SubscriptionsCounted{kAlice, 1});
  EXPECT_TRUE(told<UsersLeft>(pass(idle_time() * 3)).empty());
}

// Given by another server while she is here: a second device of hers landed there.
TEST_F(ResidentsTest, WhoIsGivenAgainIsToldOfAgain) {
  place_here(kAlice);
  give(ResidentChanged{kAlice, true, false, 0});
  pass(Residents::kTellAfter);
  give(UserComes{kAlice});
  const auto load = told<ShardLoad>(pass(Residents::kTellAfter));
  ASSERT_EQ(load.size(), 1u);
  EXPECT_EQ(load[0].users, 1u);
  EXPECT_EQ(load[0].came, std::vector<Address>{kAlice});
}

// It may be said late: then it makes nobody this server's.
TEST_F(ResidentsTest, WhoIsGivenIsNotHereBeforeShePlaced) {
  give(UserComes{kAlice});
  EXPECT_EQ(told<OwnerWanted>(give(StreamToPlace{kLink, kAlice})).size(), 1u);
}

// Another server asks for her.
TEST_F(ResidentsTest, WhoHasNothingHereIsYielded) {
  const auto yields = [&] {
    const auto answers = told<YieldAnswered>(give(YieldAsked{kAlice, 7}));
    EXPECT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers.at(0).by, 7u);
    EXPECT_EQ(answers.at(0).account, kAlice);
    return answers.at(0).yielded;
  };
  EXPECT_TRUE(yields());
  give(UserComes{kAlice});
  EXPECT_TRUE(yields());
  give(StreamToPlace{kLink, kAlice});
  EXPECT_FALSE(yields()) << "she is being placed";
  give(OwnerFound{kAlice, {Outcome::here, nullptr}});
  EXPECT_FALSE(yields()) << "she may be about to bind";
  pass(idle_time());
  EXPECT_TRUE(yields());
}

TEST_F(ResidentsTest, ThatSheCameBackIsPassedOn) {
  EXPECT_FALSE(told<OwnerWanted>(give(StreamToPlace{kLink, kAlice})).at(0).again);
  EXPECT_TRUE(told<OwnerWanted>(give(StreamToPlace{kLink, kBob, true})).at(0).again);
  const Address carol = Address::of_canonical("carol", "example.com");
  EXPECT_TRUE(told<OwnerWanted>(give(RequestToPlace{kRequest, carol, true})).at(0).again);
}

TEST_F(ResidentsTest, TheListHasWhoCounts) {
  place_here(kBob);
  give(ResidentChanged{kBob, true, true, 2});
  place_here(kAlice);
  give(SubscriptionsCounted{kAlice, 3});
  const Address carol = Address::of_canonical("carol", "example.com");
  place_here(carol);
  give(ResidentChanged{carol, true, false, 0});
  place_here(Address::of_canonical("dave", "example.com"));
  const auto list = residents.list();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0], (cluster::User{kAlice, cluster::PresType::sip, 3, {}}));
  EXPECT_EQ(list[1], (cluster::User{kBob, cluster::PresType::both, 2, {}}));
  EXPECT_EQ(list[2], (cluster::User{carol, cluster::PresType::xmpp, 0, {}}));
}

}  // namespace load_control_residents_test
}  // namespace muster::testing
