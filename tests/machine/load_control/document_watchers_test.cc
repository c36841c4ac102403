// SIP clients that watch the cluster document here: docs/wire.md, "For SIP clients".
#include "server/load_control/document_watchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/module_world.h"

namespace muster::testing {
namespace load_control_document_watchers_test {

using What = ClusterWatched::What;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DocumentWatchersTest : public ::testing::Test {
 protected:
  DocumentWatchersTest() {
    own.entity = "sip:s1.example.com";
    own.loads = {{"sip:s1.example.com", {3}, {}}};
    own.active_number = 1;
    service = own;
    service.entity = "sip:example.com";
    cluster::UsersList list{"sip:s1.example.com", 1, {}};
    list.users.push_back({Address::of_canonical("alice", "example.com"), {}, 0, {}});
    service.lists = {list};
    service.total_users_number = 1;
  }
  static WatchId watch(std::uint32_t slot, std::uint8_t shard = 0) {
    return {ShardId(shard), {slot, 1}};
  }
  // What it comes to: its state, and the document.
  WatchDecided does(const WatchId& watch, What what, bool is_own = false) {
    watchers.on(world.now, {watch, what, is_own}, {&own, &service}, world.out);
    const auto decided = only<WatchDecided>(happened());
    EXPECT_EQ(decided.size(), what == What::ended ? 0u : 1u);
    return decided.empty() ? WatchDecided{} : decided.front();
  }
  std::vector<WatchesNotified> pass(Duration time) {
    world.pass(time);
    watchers.wake(world.now, {&own, &service}, world.out);
    return only<WatchesNotified>(happened());
  }
  std::vector<Event> happened() {
    ModuleWorld::Happened all = world.take();
    for (const ToShard& to : only<ToShard>(all.orders))
      all.events.push_back(to.event);
    return all.events;
  }

  cluster::Document own;
  cluster::Document service;
  ModuleWorld world{2};
  DocumentWatchers watchers{world.shard};
  const Duration interval = world.settings.limits.notify_interval_min;
};

TEST_F(DocumentWatchersTest, WhoComesIsShownWhatThereIs) {
  const WatchDecided decided = does(watch(1), What::begun);
  EXPECT_EQ(decided.watch, watch(1));
  EXPECT_EQ(decided.state, WatchState::active);
  EXPECT_THAT(*decided.document, HasSubstr("entity='sip:example.com'"));
  EXPECT_THAT(*decided.document, HasSubstr("<c:current-users-number>1<"));
  EXPECT_THAT(*decided.document, Not(HasSubstr("alice"))) << "users are not shown";
  EXPECT_THAT(*does(watch(2, 1), What::begun, true).document,
              HasSubstr("entity='sip:s1.example.com'"));
}

TEST_F(DocumentWatchersTest, AllAreToldOfAChangeWithinTheInterval) {
  does(watch(1), What::begun);
  does(watch(1, 1), What::begun);
  does(watch(2), What::begun, true);
  service.loads[0].current = {4};
  EXPECT_THAT(pass(interval - Duration::microseconds(1)), IsEmpty());
  EXPECT_LE(*watchers.next_deadline(), world.now.instant + Duration::microseconds(1));
  const auto told = pass(Duration::microseconds(1));
  ASSERT_EQ(told.size(), 2u) << "the own document is as it was";
  for (const WatchesNotified& one : told) {
    EXPECT_THAT(*one.document, HasSubstr("<c:current-loadlevel>4<"));
    EXPECT_EQ(one.watches.size(), 1u);
    EXPECT_EQ(one.watches[0].slot, watch(1).slot);
  }
  EXPECT_THAT(pass(interval), IsEmpty()) << "once";
}

TEST_F(DocumentWatchersTest, WhoRefreshesIsShownItsOwnDocument) {
  does(watch(1), What::begun, true);
  own.loads[0].current = {9};
  EXPECT_THAT(*does(watch(1), What::refreshed).document, HasSubstr("<c:current-loadlevel>9<"));
  EXPECT_EQ(pass(interval).size(), 1u) << "whoever else there is has not been told";
}

TEST_F(DocumentWatchersTest, WhoOnlyAskedOnceIsNotTold) {
  EXPECT_EQ(does(watch(1), What::fetched).state, WatchState::active);
  EXPECT_EQ(watchers.next_deadline(), std::nullopt);
}

TEST_F(DocumentWatchersTest, WhoHasEndedIsNotTold) {
  does(watch(1), What::begun);
  does(watch(2), What::begun);
  does(watch(1), What::ended);
  service.loads[0].current = {4};
  const auto told = pass(interval);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].watches, std::vector<WatchId>{watch(2)});
  does(watch(2), What::ended);
  EXPECT_EQ(watchers.next_deadline(), std::nullopt);
}

TEST_F(DocumentWatchersTest, SoManyMayWatch) {
  for (std::uint32_t i = 0; i < DocumentWatchers::kWatchersMax; ++i)
    EXPECT_EQ(does(watch(i), What::begun, i % 2 == 0).state, WatchState::active);
  EXPECT_EQ(does(watch(1'000), What::begun).state, WatchState::too_many);
  EXPECT_EQ(does(watch(1), What::refreshed).state, WatchState::active);
  does(watch(2), What::ended);
  EXPECT_EQ(does(watch(1'000), What::begun).state, WatchState::active);
}

TEST_F(DocumentWatchersTest, WithoutALeaseThereIsNothingToSee) {
  does(watch(1), What::begun);
  watchers.on(world.now, {watch(1), What::refreshed, false}, {}, world.out);
  EXPECT_EQ(only<WatchDecided>(happened()).at(0).state, WatchState::too_many);
  EXPECT_EQ(watchers.next_deadline(), std::nullopt) << "that was its end";
  watchers.on(world.now, {watch(1), What::begun, false}, {}, world.out);
  EXPECT_EQ(only<WatchDecided>(happened()).at(0).state, WatchState::too_many);
  EXPECT_EQ(watchers.next_deadline(), std::nullopt);
}

}  // namespace load_control_document_watchers_test
}  // namespace muster::testing
