// The parts of load control together: whom the lease tells of is linked, and what comes on links to
// other servers is its own.
#include "server/load_control/load_control.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "codec/cluster/directed.h"
#include "machine/load_control/load_control_world.h"
#include "support/module_world.h"

namespace muster::testing {
namespace load_control_load_control_test {

TEST_F(LoadControlTest, WhomTheDirectoryHasIsLinked) {
  LoadControl control(world.shard);
  join(control);
  const auto opened = orders<OpenLink>(world.take());
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].remote, place_of(3));
  EXPECT_FALSE(control.has(kLink));
  link(control);
  EXPECT_TRUE(control.has(kLink));
  control.on(world.now, LinkClosed{kLink}, world.out);
  EXPECT_FALSE(control.has(kLink));
  // What failed is tried anew, when it is time.
  control.on(world.now, LinkFailed{opened[0].ticket, LinkUse::server}, world.out);
  world.take();
  world.pass(world.settings.cluster->links.reopen_after_min);
  ASSERT_LE(*control.next_deadline(), world.now.instant);
  control.wake(world.now, world.out);
  EXPECT_EQ(orders<OpenLink>(world.take()).size(), 1u);
}

TEST_F(LoadControlTest, WhomTheNextRenewalDoesNotHaveIsGivenUp) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  world.pass(world.settings.cluster->renew_after);
  control.wake(world.now, world.out);
  answer(control, cluster::LeaseRenewed{directory({3, 4})});
  const auto closed = orders<CloseLink>(world.take());
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].link, kLink);
}

TEST_F(LoadControlTest, WhoIsFencedClosesAllLinks) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  world.pass(world.settings.cluster->renew_after);
  control.wake(world.now, world.out);
  answer(control, cluster::ClusterRefused{});
  EXPECT_EQ(orders<CloseLink>(world.take()).size(), 1u);
  EXPECT_FALSE(control.has(kLink));
}

TEST_F(LoadControlTest, AtTheEndLinksAreClosedBeforeTheLeaseEnds) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  control.leave(world.now, world.out);
  const auto all = world.take().orders;
  const auto at = [&]<class O>(std::type_identity<O>) {
    return std::find_if(all.begin(), all.end(),
                        [](const Order& order) { return std::holds_alternative<O>(order); });
  };
  EXPECT_LT(at(std::type_identity<CloseLink>()), at(std::type_identity<AskCluster>()));
  EXPECT_NE(at(std::type_identity<AskCluster>()), all.end());
}

// --- what another server says of users -----------------------------------------------------------

TEST_F(LoadControlTest, WhomAnotherServerGaveIsSettledWithTheLoadThatSheIsIn) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  hear(control, cluster::UserGiven{1, "alice@example.com"});
  EXPECT_TRUE(told(control).empty()) << "she is awaited";
  const auto comes = events<UserComes>(said_);
  ASSERT_EQ(comes.size(), 1u);
  EXPECT_EQ(comes[0].account, kAlice);
  control.on(world.now, load(1, 20, {kAlice}), world.out);
  EXPECT_EQ(told(control).at(0), cluster::Told(cluster::UsersSettled{1, 1, 1, 0}));
}

// What was told may come late, and must not be the last word of a load that is told of elsewhere.
TEST_F(LoadControlTest, WhoWasToldOfALoadIsToldOfALaterOneOnceItHasTakenThat) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  const auto has = [&](std::uint64_t users, std::vector<Address> came = {}) {
    control.on(world.now, load(users, 20, std::move(came)), world.out);
  };
  hear(control, cluster::UserGiven{1, "alice@example.com"});
  told(control);
  has(1, {kAlice});
  EXPECT_EQ(told(control), std::vector<cluster::Told>{cluster::UsersSettled({1, 1, 1, 0})});
  has(2);
  has(3);
  EXPECT_TRUE(told(control).empty()) << "one at a time";
  acknowledge(control, 1);
  EXPECT_EQ(told(control), std::vector<cluster::Told>{cluster::UsersSettled({1, 2, 3, 0})});
  acknowledge(control, 2);
  EXPECT_TRUE(told(control).empty());
  has(4);
  EXPECT_TRUE(told(control).empty()) << "documents tell of that";
}

// Whatever else is on its way there.
TEST_F(LoadControlTest, WhoHasTakenWhatItWasToldOfALoadIsToldThoughMoreIsOnItsWay) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  hear(control, cluster::UserGiven{1, "alice@example.com"});
  told(control);
  control.on(world.now, load(1, 20, {kAlice}), world.out);
  EXPECT_EQ(told(control).size(), 1u);
  control.on(world.now, YieldAnswered{kAlice, 5, false}, world.out);
  EXPECT_EQ(told(control).size(), 1u);
  control.on(world.now, load(3, 20), world.out);
  acknowledge(control, 1);
  EXPECT_EQ(told(control), std::vector<cluster::Told>{cluster::UsersSettled({1, 2, 3, 0})});
}

TEST_F(LoadControlTest, WhoIsWantedBackIsLetGoInTheStoreFirst) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  hear(control, cluster::YieldUser{"alice@example.com"});
  EXPECT_TRUE(told(control).empty());
  ASSERT_EQ(events<YieldAsked>(said_).size(), 1u);
  EXPECT_EQ(events<YieldAsked>(said_)[0].account, kAlice);
  control.on(world.now, YieldAnswered{kAlice, 5, true}, world.out);
  EXPECT_TRUE(told(control).empty()) << "not before the store has answered";
  const auto asked = orders<AskCluster>(said_);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<cluster::ReleaseUsers>(asked[0].request));
  control.on(world.now, ClusterAnswered{asked[0].ticket, cluster::Owners{{Incarnation()}}},
             world.out);
  EXPECT_EQ(told(control).at(0), cluster::Told(cluster::UserYielded{true, "alice@example.com"}));
  // Who has something here is kept, and the store not asked.
  control.on(world.now, YieldAnswered{kAlice, 5, false}, world.out);
  EXPECT_EQ(told(control).at(0), cluster::Told(cluster::UserYielded{false, "alice@example.com"}));
  EXPECT_TRUE(orders<AskCluster>(said_).empty());
}

TEST_F(LoadControlTest, WhatMeansNothingIsPassedOverAndToldOnce) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  std::size_t logged = 0;
  const auto count = [&] {
    told(control);
    for (const Log& line : orders<Log>(said_))
      logged += line.what == "not-understood";
  };
  for (const char* user : {"example.com", "alice@example.com/desk", "alice@elsewhere.net", "a@"}) {
    hear(control, cluster::UserGiven{1, user});
    count();
    hear(control, cluster::YieldUser{user});
    count();
    EXPECT_TRUE(events<YieldAsked>(said_).empty()) << user;
  }
  hear_bytes(control, "\x7fwhat");
  count();
  EXPECT_EQ(logged, 1u);
  EXPECT_TRUE(control.has(kLink)) << "it is a server of the cluster, of a newer muster perhaps";
}

// --- what the main says, and is told -------------------------------------------------------------

TEST_F(LoadControlTest, UsersMoveAtTheMainsWord) {
  LoadControl control(world.shard);
  have_four_users(control, 5);
  hear(control, cluster::MoveUsers{2, 3, 2, 7, true});
  EXPECT_TRUE(told(control).empty());
  const auto orders_to_shards = events<UsersToMove>(said_);
  ASSERT_EQ(orders_to_shards.size(), 1u);
  EXPECT_EQ(orders_to_shards[0].to, 3u);
  EXPECT_EQ(orders_to_shards[0].users, 2u);
  EXPECT_EQ(orders_to_shards[0].dialogs, 7u);
  EXPECT_TRUE(orders_to_shards[0].all);
  EXPECT_EQ(orders_to_shards[0].at->svr_id, name_of(3));
  // The shard has only one who may be moved: the main is told of the other.
  control.on(world.now, MovesChosen{ShardId(), 3, 2, {kAlice}}, world.out);
  EXPECT_EQ(told(control), std::vector<cluster::Told>{cluster::UsersMoved({3, 1})});
  const auto asked = orders<AskCluster>(said_);
  ASSERT_EQ(asked.size(), 1u);
  control.on(world.now, ClusterAnswered{asked[0].ticket, cluster::Owners{{Incarnation(3)}}},
             world.out);
  EXPECT_TRUE(told(control).empty()) << "she is on her way";
  ASSERT_EQ(events<MoveDecided>(said_).size(), 1u);
  EXPECT_NE(events<MoveDecided>(said_)[0].at, nullptr);
  control.on(world.now, MovesEnded{3, 1}, world.out);
  EXPECT_EQ(told(control), std::vector<cluster::Told>{cluster::UsersMoved({3, 1})});
}

// Who has a phone goes when it registers, while others were to and could not, and levels are
// uneven.
class LoadControlPhones : public LoadControlTest {
 protected:
  LoadControlPhones() : control(world.shard) {
    cluster::Directory all = directory_of(5);
    cluster::ServerEndpoint sip;
    sip.kind = cluster::ServerEndpoint::Kind::sip;
    sip.contact = name_of(5);
    all.members[2].self.endpoints = {sip};
    control.on(world.now, Started{}, world.out);
    answer(control, cluster::LeaseTaken{Incarnation(4), all});
    link(control);
    renew(control, all);
    control.on(world.now, load(210, 0), world.out);  // level 10
    told(control);
  }
  // Of two who were to go nobody could.
  std::vector<cluster::Told> lack(bool lacks = true) {
    control.on(world.now, MovesChosen{ShardId(), 5, 2, {}, lacks}, world.out);
    return told(control);
  }
  // Whether she may go is asked; else she is told to stay.
  bool may_go(std::uint32_t dialogs = 0, bool xmpp = false) {
    control.on(world.now, PhoneMoves{ShardId(), kAlice, dialogs, xmpp}, world.out);
    EXPECT_TRUE(told(control).empty());
    const auto decided = events<MoveDecided>(said_);
    if (decided.empty()) return true;
    EXPECT_EQ(decided[0].account, kAlice);
    EXPECT_EQ(decided[0].at, nullptr);
    EXPECT_EQ(decided[0].to, 0u);
    return false;
  }

  LoadControl control;
};

TEST_F(LoadControlPhones, EachShardIsToldThatPhonesMayMove) {
  EXPECT_EQ(lack(false), std::vector<cluster::Told>{cluster::UsersMoved({5, 2})});
  EXPECT_TRUE(events<PhonesMayMove>(said_).empty());
  EXPECT_EQ(lack(), std::vector<cluster::Told>{cluster::UsersMoved({5, 2})});
  const auto may = events<PhonesMayMove>(said_);
  ASSERT_EQ(may.size(), 1u);
  EXPECT_EQ(may[0].until, world.now.instant + world.settings.limits.registration_time_max);
}

TEST_F(LoadControlPhones, OneGoesToTheLowest) {
  lack();
  hear(control, cluster::UsersSettled{0, 0, 0, 0});
  told(control);
  EXPECT_FALSE(may_go(0, true)) << "there are no streams";
  ASSERT_TRUE(may_go());
  const auto asked = orders<AskCluster>(said_);
  ASSERT_EQ(asked.size(), 1u);
  const auto& assign = std::get<cluster::AssignUsers>(asked[0].request);
  ASSERT_EQ(assign.users.size(), 1u);
  EXPECT_EQ(assign.users[0].user, kAlice);
  EXPECT_EQ(assign.users[0].from, Incarnation(4));
  EXPECT_EQ(assign.users[0].to, Incarnation(5));
  control.on(world.now, ClusterAnswered{asked[0].ticket, cluster::Owners{{Incarnation(5)}}},
             world.out);
  told(control);
  ASSERT_EQ(events<MoveDecided>(said_).size(), 1u);
  EXPECT_EQ(events<MoveDecided>(said_)[0].at->svr_id, name_of(5));
  control.on(world.now, MovesEnded{5, 1, true}, world.out);
  EXPECT_TRUE(told(control).empty()) << "it is none of the main's moves";
}

TEST_F(LoadControlPhones, ButOnlyWhileThatIsOfUse) {
  hear(control, cluster::UsersSettled{0, 0, 0, 0});
  told(control);
  EXPECT_FALSE(may_go()) << "all who were to go could";
  lack();
  hear(control, cluster::UsersSettled{0, 10, 210, 0});
  told(control);
  EXPECT_FALSE(may_go()) << "levels are even";
  hear(control, cluster::UsersSettled{0, 0, 0, 0});
  told(control);
  EXPECT_TRUE(may_go());
  EXPECT_TRUE(may_go());
  EXPECT_FALSE(may_go()) << "as many as were to";
}

// As a candidate, which serves nobody: all of them, to the main.
TEST_F(LoadControlTest, WhoCameWhileThisServerWasLetGoMovesOn) {
  LoadControl control(world.shard);
  have_four_users(control, 3);
  cluster::Directory all = directory_of(3);
  for (cluster::Member& member : all.members) {
    if (member.incarnation == Incarnation(4)) member.role = cluster::Role::standby;
  }
  renew(control, all);
  const auto moves = events<UsersToMove>(said_);
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].to, 3u);
  EXPECT_EQ(moves[0].users, 4u);
  EXPECT_EQ(moves[0].dialogs, std::numeric_limits<std::uint32_t>::max());
  EXPECT_TRUE(moves[0].all);
}

// As main, which has no link to itself; and not to who has none.
TEST_F(LoadControlTest, TheMainHasUsersMovedToItself) {
  LoadControl control(world.shard);
  be_main_beside_one(control);
  std::uint32_t users = 0;
  for (int i = 0; i < 10 && users == 0; ++i) {
    hear(control, cluster::UsersSettled{0, 40, 40, 0});
    for (const cluster::Told& one : renew(control, directory_of(4))) {
      const auto* move = std::get_if<cluster::MoveUsers>(&one);
      if (move == nullptr) continue;
      EXPECT_EQ(move->to, 4u);
      EXPECT_EQ(move->epoch, directory_of(4).epoch.number());
      users += move->users;
    }
  }
  EXPECT_GT(users, 0u);
}

// At once, though its lease holds for a while: what would be told it waits for a link.
TEST_F(LoadControlTest, WhoseLinkIsLostIsAskedForNobody) {
  LoadControl control(world.shard);
  be_main_beside_one(control);
  hear(control, cluster::UsersSettled{0, 40, 40, 0});
  control.on(world.now, LinkClosed{kLink}, world.out);
  for (int i = 0; i < 10; ++i)
    renew(control, directory_of(4));
  // With a link again, nothing of that sort has waited.
  control.on(world.now, LinkOpened{LinkId{4, 1}, LinkUse::server, Transport::tls, {}, {}, {}},
             world.out);
  std::string hello;
  cluster::append_control(
      hello, cluster::Hello{.from = 5, .to = 4, .link = 2, .received = 0, .svr_id = name_of(5)});
  control.on(world.now, BytesReceived{LinkId{4, 1}, hello}, world.out);
  EXPECT_TRUE(control.has(LinkId{4, 1}));
  for (const cluster::Told& one : told(control))
    EXPECT_FALSE(std::holds_alternative<cluster::MoveUsers>(one));
}

TEST_F(LoadControlTest, WhatCannotBeMovedIsSaidAtOnce) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  renew(control, directory_of(5));
  const auto expect_ended = [&](const cluster::MoveUsers& move) {
    hear(control, move);
    EXPECT_EQ(told(control),
              std::vector<cluster::Told>{cluster::UsersMoved({move.to, move.users})});
    EXPECT_TRUE(events<UsersToMove>(said_).empty());
  };
  expect_ended({2, 3, 2, 0, false});  // nobody is here
  control.on(world.now, load(4, 0), world.out);
  told(control);
  expect_ended({2, 9, 2, 0, false});  // nobody knows that server
  expect_ended({1, 3, 2, 0, false});  // 5 was main before, too, and what it said then is over
  expect_ended({3, 3, 2, 0, false});
  renew(control, directory_of(3));
  expect_ended({2, 3, 2, 0, false});  // 5 is not main
}

// It is a server's word, and may be anything.
TEST_F(LoadControlTest, NobodyIsMovedByAnOrderToMoveNobody) {
  LoadControl control(world.shard);
  have_four_users(control, 5);
  hear(control, cluster::MoveUsers{2, 3, 0, 7, false});
  told(control);
  EXPECT_TRUE(events<UsersToMove>(said_).empty());
  EXPECT_TRUE(control.has(kLink));
}

TEST_F(LoadControlTest, TheMainIsToldHowManyWaitForRoom) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  // 4 is full by one user of the paper, of the others nothing is known; 6 is a candidate.
  cluster::Directory all = directory_of(5);
  all.members[1].self.max_level = cluster::LoadLevel{1};
  all.members.push_back(member(6, Role::standby));
  renew(control, all);
  control.on(world.now, load(1, 20), world.out);
  told(control);
  control.on(world.now, OwnerWanted{ShardId(), kAlice}, world.out);
  auto asked = orders<AskCluster>(world.take());
  ASSERT_EQ(asked.size(), 1u);
  control.on(world.now, ClusterAnswered{asked[0].ticket, cluster::Owners{{Incarnation()}}},
             world.out);
  control.steer(world.now, world.out);
  EXPECT_EQ(told(control), std::vector<cluster::Told>{cluster::RoomWanted{1}});
  control.steer(world.now, world.out);
  EXPECT_TRUE(told(control).empty()) << "once";
  // There is room: she does not wait any more.
  control.on(world.now, load(0, 0), world.out);
  control.steer(world.now, world.out);
  EXPECT_EQ(told(control), std::vector<cluster::Told>{cluster::RoomWanted{0}});
}

// A main that stood still asks for a role, and learns that it is one no more.
TEST_F(LoadControlTest, WhoIsFencedWhenItAsksForARoleIsOver) {
  LoadControl control(world.shard);
  join(control);
  cluster::Directory all = directory_of(4);
  all.members.push_back(member(6, Role::draining));
  renew(control, all);
  const OrderServer undrain{OrderServer::What::undrain, name_of(6)};
  control.on(world.now, AdminAsked{Ticket(1), undrain}, world.out);
  control.steer(world.now, world.out);
  const auto asked = orders<AskCluster>(world.take());
  ASSERT_EQ(asked.size(), 1u);
  ASSERT_TRUE(std::holds_alternative<cluster::SetRole>(asked[0].request));
  control.on(world.now,
             ClusterAnswered{asked[0].ticket,
                             cluster::ClusterRefused{cluster::ClusterRefused::Why::fenced}},
             world.out);
  EXPECT_EQ(orders<Fenced>(world.take()).size(), 1u);
  EXPECT_TRUE(control.idle());
}

// Another shard, or a server that is alone.
TEST_F(LoadControlTest, WhereThereAreNoLinksOneThatOpensIsClosed) {
  world.settings.cluster.reset();
  LoadControl alone(world.shard);
  alone.on(world.now, kOpened, world.out);
  EXPECT_EQ(orders<CloseLink>(world.take()).size(), 1u);
  EXPECT_FALSE(alone.has(kLink));
  ModuleWorld other(2, 1);
  other.settings.cluster.emplace();
  LoadControl on_shard_1(other.shard);
  on_shard_1.on(other.now, kOpened, other.out);
  EXPECT_EQ(orders<CloseLink>(other.take()).size(), 1u);
  on_shard_1.on(other.now, LinkFailed{Ticket(1), LinkUse::server}, other.out);
  on_shard_1.flush(other.now, other.out);
  EXPECT_EQ(on_shard_1.next_deadline(), std::nullopt);
}

}  // namespace load_control_load_control_test
}  // namespace muster::testing
