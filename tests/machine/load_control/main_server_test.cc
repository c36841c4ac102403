// What the main orders, and what becomes of it (paper, figure 4, steps 4 to 6).
#include "server/load_control/main_server.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <cstdint>
#include <optional>
#include <variant>

#include "machine/load_control/main_server_world.h"

namespace muster::cluster {
namespace load_control_main_server_test {

// --- taking in -----------------------------------------------------------------------------------

TEST_F(MainServerTest, ACandidateIsTakenInForAShortage) {
  EXPECT_EQ(step(0), kNothing);
  be_short();
  EXPECT_EQ(step(10), kThirdIsAsked);
  EXPECT_EQ(step(11), kNothing);
  // It said 200: then the store is asked, in this epoch.
  main.invite_answered(at(20), Incarnation(3), Status::ok);
  const auto orders = main.step(at(20), servers);
  ASSERT_EQ(words(orders), Words{"role 3 standby>running"});
  const SetRole& asked = std::get<MainServer::ChangeRole>(orders[0]).change;
  EXPECT_EQ(asked.by, kSelf);
  EXPECT_EQ(asked.epoch, kEpoch);
  EXPECT_EQ(step(21), kNothing);
  // It runs there: then it is told.
  EXPECT_EQ(changed(30, 3, Role::standby, Role::running), (Words{"confirm 3", "say recruited 3"}));
}

// Once its level is known: report_time_max after it joined.
TEST_F(MainServerTest, UsersMoveToWhoWasTakenIn) {
  be_short();
  step(10);
  answered(20, 3, Status::ok);
  changed(30, 3, Role::standby, Role::running);
  servers = {server(1, 100), server(2, 100), server(3, 0), candidate(4)};
  main.wanting(kSelf, 0);
  const std::int64_t due = 30 + settings.report_time_max.in_microseconds() / 1'000;
  EXPECT_EQ(step(due - 1), kNothing);
  EXPECT_EQ(main.next_deadline(), at(due));
  std::uint32_t users = 0;
  for (const MainServer::Order& order : main.step(at(due), servers)) {
    const auto* move = std::get_if<MainServer::MoveFrom>(&order);
    ASSERT_NE(move, nullptr) << words(order);
    EXPECT_EQ(move->move.to, Incarnation(3));
    EXPECT_NE(move->move.from, Incarnation(3));
    EXPECT_FALSE(move->all) << "nobody drains";
    users += move->move.users;
  }
  EXPECT_GT(users, 0u);
}

// As many as may be in flight; the next when some of these have ended.
TEST_F(MainServerTest, WhatHasMovedMakesPlaceForTheNext) {
  settings.moves_in_flight_max = 2;
  servers = {server(1, 50), server(2, 0)};
  const auto moving = [&](std::int64_t ms) {
    std::uint32_t users = 0;
    for (const MainServer::Order& order : main.step(at(ms), servers)) {
      if (const auto* move = std::get_if<MainServer::MoveFrom>(&order)) users += move->move.users;
    }
    return users;
  };
  EXPECT_EQ(moving(3'000), 2u);
  EXPECT_EQ(moving(4'000), 0u);
  main.moved(at(4'000), Incarnation(1), Incarnation(2), 1);
  EXPECT_EQ(moving(4'000), 1u);
}

// Whatever came to nothing while it could not be reached is begun anew.
TEST_F(MainServerTest, WhoCanBeReachedAgainGetsItsShare) {
  servers = {server(1, 50), server(2, 0)};
  servers[1].reachable = false;
  for (std::int64_t ms = 3'000; ms < 60'000; ms += 1'000)
    ASSERT_EQ(step(ms), kNothing);
  servers[1].reachable = true;
  EXPECT_EQ(step(60'000), kNothing) << "it was even, of those that could be reached";
  main.came_back(at(60'000));
  const std::int64_t next = 60'000 + settings.report_time_max.in_microseconds() / 1'000;
  const auto orders = main.step(at(next), servers);
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_EQ(std::get<MainServer::MoveFrom>(orders[0]).move.to, Incarnation(2));
}

TEST_F(MainServerTest, WhereOneRefusesTheNextIsAsked) {
  be_short();
  step(0);
  EXPECT_EQ(answered(10, 3, Status::busy_here), kFourthIsAskedInstead);
  EXPECT_EQ(answered(20, 4, Status::request_timeout), (Words{"dismiss 4", "say not-recruited 4"}));
  // All have failed: that is the pause.
  const std::int64_t due = 10 + settings.recruit_back_off.in_microseconds() / 1'000;
  EXPECT_EQ(step(due - 1), kNothing);
  EXPECT_EQ(step(due), kThirdIsAsked);
}

TEST_F(MainServerTest, WhoDoesNotAnswerInTimeIsGivenUp) {
  be_short();
  step(0);
  const std::int64_t due = settings.recruit_time_max.in_microseconds() / 1'000;
  EXPECT_EQ(step(3'000), kNothing) << "and all is even";
  EXPECT_EQ(main.next_deadline(), at(due));
  EXPECT_EQ(step(due - 1), kNothing);
  EXPECT_EQ(step(due), kFourthIsAskedInstead);
  EXPECT_EQ(answered(due + 1, 3, Status::ok), kNothing) << "too late";
}

TEST_F(MainServerTest, WhomTheStoreDoesNotLetRunIsSentAway) {
  be_short();
  step(0);
  answered(10, 3, Status::ok);
  EXPECT_EQ(
      changed(20, 3, Role::standby, Role::running, false),
      (Words{"confirm 3", "dismiss 3", "say not-recruited 3", "say recruiting 4", "invite 4"}));
}

// The store took its time; it runs all the same, and is one of the service.
TEST_F(MainServerTest, WhoRunsAfterItsTimeIsTakenInAllTheSame) {
  be_short();
  step(0);
  answered(10, 3, Status::ok);
  const std::int64_t due = settings.recruit_time_max.in_microseconds() / 1'000;
  EXPECT_EQ(step(due), (Words{"say recruiting 4", "invite 4"}));
  EXPECT_EQ(changed(due + 1, 3, Role::standby, Role::running),
            (Words{"confirm 3", "say recruited 3"}));
}

TEST_F(MainServerTest, WhereTheCandidateIsGoneTheNextIsAsked) {
  be_short();
  step(0);
  set_role(3, Role::gone);
  know(10);
  servers.erase(servers.begin() + 2);
  EXPECT_EQ(step(10), (Words{"say not-recruited 3", "say recruiting 4", "invite 4"}))
      << "not only after recruit_time_max";
  EXPECT_EQ(answered(11, 3, Status::request_timeout), kNothing);
}

TEST_F(MainServerTest, OneIsRecruitedForTwoShortages) {
  be_short();
  EXPECT_EQ(step(0), kThirdIsAsked);
  main.wanting(Incarnation(2), 500);
  servers[0] = server(1, 120);
  servers[1] = server(2, 120);
  EXPECT_EQ(step(1), kNothing);
  answered(2, 3, Status::ok);
  changed(3, 3, Role::standby, Role::running);
  EXPECT_EQ(step(4), kNothing) << "its level is not known yet";
  servers[2] = server(3, 0);
  EXPECT_EQ(step(5), kNothing) << "it has room";
  servers[2] = server(3, 100);
  EXPECT_EQ(step(6), (Words{"say recruiting 4", "invite 4"})) << "that is another one";
}

// --- launching -----------------------------------------------------------------------------------

class MainServerAlone : public MainServerTest {
 protected:
  MainServerAlone() {
    settings.launches = true;
    set_role(3, Role::gone);
    set_role(4, Role::gone);
    know(0);
    servers = {server(1, 100), server(2, 100)};
    main.wanting(kSelf, 1);
  }
};

const Words kLaunch = {"say launching 1", "launch"};

TEST_F(MainServerAlone, WhereThereIsNoCandidateOneIsStarted) {
  EXPECT_EQ(step(0), kLaunch);
  EXPECT_EQ(step(3'000), kNothing) << "and all is even";
  const std::int64_t due = settings.recruit_time_max.in_microseconds() / 1'000;
  EXPECT_EQ(main.next_deadline(), at(due));
  EXPECT_EQ(step(due - 1), kNothing);
  EXPECT_EQ(step(due), kLaunch) << "it did not come";
}

TEST_F(MainServerAlone, WhenItHasComeItIsTakenIn) {
  step(0);
  add(5, Role::standby);
  know(1'000);
  servers.push_back(candidate(5));
  EXPECT_EQ(step(1'000), (Words{"say recruiting 5", "invite 5"}));
}

TEST_F(MainServerAlone, NobodyIsStartedWithoutAShortageOrAnOrderToDoSo) {
  main.wanting(kSelf, 0);
  EXPECT_EQ(step(0), kNothing);
  main.wanting(kSelf, 1);
  settings.launches = false;
  EXPECT_EQ(step(1), kNothing);
}

TEST_F(MainServerTest, WhileThereIsACandidateNobodyIsStarted) {
  settings.launches = true;
  be_short();
  EXPECT_EQ(step(0), kThirdIsAsked);
  EXPECT_EQ(answered(1, 3, Status::busy_here), kFourthIsAskedInstead);
  EXPECT_EQ(answered(2, 4, Status::busy_here), (Words{"dismiss 4", "say not-recruited 4"}));
}

// --- who waits -----------------------------------------------------------------------------------

TEST_F(MainServerTest, WhoWaitsAtAnotherServerCounts) {
  servers = {server(1, 100), server(2, 100), candidate(3), candidate(4)};
  EXPECT_EQ(step(0), kNothing);
  main.wanting(Incarnation(2), 1);
  EXPECT_EQ(step(1), kThirdIsAsked);
}

TEST_F(MainServerTest, WhoWaitsNoLongerDoesNot) {
  be_short();
  main.wanting(Incarnation(2), 3);
  main.wanting(Incarnation(2), 0);
  main.wanting(kSelf, 0);
  EXPECT_EQ(step(0), kNothing);
}

TEST_F(MainServerTest, WhoWaitedAtAServerThatIsGoneDoesNot) {
  servers = {server(1, 100), candidate(3), candidate(4)};
  main.wanting(Incarnation(2), 3);
  set_role(2, Role::gone);
  know(0);
  EXPECT_EQ(step(0), kNothing);
  main.wanting(kSelf, 1);
  EXPECT_EQ(step(1), kThirdIsAsked);
}

// --- who is main ---------------------------------------------------------------------------------

TEST_F(MainServerTest, WhoIsNotMainDoesNothing) {
  for (const Incarnation other : {Incarnation(2), Incarnation()}) {
    MainServer idle(settings);
    directory.main = other;
    idle.know(at(0), directory, kSelf);
    EXPECT_FALSE(idle.is_main());
    be_short();
    idle.wanting(kSelf, 1);
    EXPECT_TRUE(idle.step(at(0), servers).empty());
    idle.invite_answered(at(1), Incarnation(3), Status::ok);
    idle.role_changed(at(1), change(3, Role::standby, Role::running), true);
    idle.moved(at(1), Incarnation(1), Incarnation(2), 1);
    for (const What what : {What::drain, What::undrain, What::recruit, What::release})
      EXPECT_EQ(idle.ordered({what, name(2)}), Outcome::not_main);
    EXPECT_TRUE(idle.step(at(600'000), servers).empty());
    EXPECT_EQ(idle.next_deadline(), std::nullopt);
  }
  MainServer before(settings);
  EXPECT_EQ(before.next_deadline(), std::nullopt) << "it knows nobody";
  directory.main = Incarnation();
  before.know(at(0), directory, Incarnation());
  EXPECT_FALSE(before.is_main()) << "who has no lease is nobody, and nobody is main";
}

TEST_F(MainServerTest, WhoBecomesMainMakesItEven) {
  EXPECT_TRUE(main.is_main());
  servers = {server(1, 50), server(2, 0)};
  EXPECT_EQ(step(0), kNothing);
  EXPECT_EQ(main.next_deadline(), at(3'000));
  EXPECT_EQ(step(2'999), kNothing);
  EXPECT_EQ(step(3'000), Words{"move 1>2"});
}

TEST_F(MainServerTest, WhoIsMainNoLongerForgetsAll) {
  be_short();
  step(0);
  main.ordered({What::drain, name(2)});
  directory.main = Incarnation(2);
  directory.epoch = Epoch(8);
  know(10);
  EXPECT_FALSE(main.is_main());
  EXPECT_EQ(step(10), kNothing) << "what it had not said yet neither";
  EXPECT_EQ(answered(11, 3, Status::ok), kNothing);
  EXPECT_EQ(main.next_deadline(), std::nullopt);
}

TEST_F(MainServerTest, InAnotherEpochItBeginsAnew) {
  be_short();
  step(0);
  directory.main = Incarnation(2);
  directory.epoch = Epoch(8);
  know(10);
  directory.main = kSelf;
  directory.epoch = Epoch(9);
  know(20);
  EXPECT_EQ(step(20), kNothing) << "who waits says so to each new main";
  main.wanting(kSelf, 1);
  EXPECT_EQ(step(20), kThirdIsAsked) << "whom it had asked before";
  main.invite_answered(at(30), Incarnation(3), Status::ok);
  const auto orders = main.step(at(30), servers);
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_EQ(std::get<MainServer::ChangeRole>(orders[0]).change.epoch, Epoch(9));
}

// It had not heard that there was another between.
TEST_F(MainServerTest, ThatItIsMainInALaterEpochIsAnotherEpochToo) {
  be_short();
  step(0);
  directory.epoch = Epoch(9);
  know(20);
  EXPECT_TRUE(main.is_main());
  EXPECT_EQ(answered(21, 3, Status::ok), kNothing);
  main.wanting(kSelf, 1);
  EXPECT_EQ(step(22), kThirdIsAsked);
}

TEST_F(MainServerTest, WhatAnEarlierMainReleasedIsLetGo) {
  set_role(2, Role::releasing);
  know(0);
  servers = {server(1, 10), releasing_server(2, 3)};
  EXPECT_EQ(step(3'000), Words{"move 2>1 all"});
  servers[1] = releasing_server(2, 0);
  EXPECT_EQ(step(3'010), Words{"role 2 releasing>standby"});
}

TEST_F(MainServerTest, WhatDrainedUnderAnEarlierMainOnlyDrains) {
  set_role(2, Role::draining);
  know(0);
  servers = {server(1, 10), draining_server(2, 0)};
  EXPECT_EQ(step(60'000), kNothing);
}

// --- who cannot be asked ------------------------------------------------------------------------

TEST_F(MainServerTest, ACandidateWithoutALinkIsNotAskedUntilItHasOne) {
  be_short();
  servers[2].reachable = false;
  EXPECT_EQ(step(0), (Words{"say recruiting 4", "invite 4"}));
  EXPECT_EQ(answered(1, 4, Status::busy_here), (Words{"dismiss 4", "say not-recruited 4"}));
  servers[2].reachable = true;
  EXPECT_EQ(step(2), (Words{"say recruiting 3", "invite 3"}));
}

// It may be what is wrong: another one would fare no better, and then another.
TEST_F(MainServerAlone, NobodyIsStartedWhileACandidateIsLeftAlone) {
  add(3, Role::standby);
  know(0);
  be_short();
  EXPECT_EQ(step(0), (Words{"say recruiting 3", "invite 3"}));
  const Words after = answered(1, 3, Status::busy_here);
  EXPECT_EQ(std::count(after.begin(), after.end(), "launch"), 0);
}

TEST_F(MainServerTest, WhatAnEarlierEpochAskedIsNotHeard) {
  be_short();
  ASSERT_EQ(step(0), (Words{"say recruiting 3", "invite 3"}));
  ASSERT_EQ(answered(1, 3, Status::ok), Words{"role 3 standby>running"});
  const SetRole asked = change(3, Role::standby, Role::running);
  directory.epoch = Epoch(kEpoch.number() + 2);
  know(2);
  main.role_changed(at(3), asked, true);
  EXPECT_EQ(step(3), Words{}) << "what becomes of it the directory says";
}

}  // namespace load_control_main_server_test
}  // namespace muster::cluster
