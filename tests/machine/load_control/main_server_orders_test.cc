// What an operator orders the main to do, and how servers are drained and let go.
#include "server/load_control/main_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "machine/load_control/main_server_world.h"

namespace muster::cluster {
namespace load_control_main_server_orders_test {

// --- orders --------------------------------------------------------------------------------------

// Each order, to a server in each role.
TEST_F(MainServerTest, AnOrderFitsARole) {
  struct Case {
    What what;
    Role role;
    Outcome outcome;
    Words orders;
  };
  const std::vector<Case> cases = {
      {What::drain, Role::running, Outcome::done, {"role 2 running>draining"}},
      {What::drain, Role::draining, Outcome::wrong_role, {}},
      {What::drain, Role::releasing, Outcome::done, {"role 2 releasing>draining"}},
      {What::drain, Role::standby, Outcome::wrong_role, {}},
      {What::drain, Role::gone, Outcome::no_such_server, {}},
      {What::undrain, Role::running, Outcome::wrong_role, {}},
      {What::undrain, Role::draining, Outcome::done, {"role 2 draining>running"}},
      {What::undrain, Role::releasing, Outcome::done, {"role 2 releasing>running"}},
      {What::undrain, Role::standby, Outcome::wrong_role, {}},
      {What::undrain, Role::gone, Outcome::no_such_server, {}},
      {What::recruit, Role::running, Outcome::wrong_role, {}},
      {What::recruit, Role::draining, Outcome::wrong_role, {}},
      {What::recruit, Role::releasing, Outcome::wrong_role, {}},
      {What::recruit, Role::standby, Outcome::done, {"say recruiting 2", "invite 2"}},
      {What::recruit, Role::gone, Outcome::no_such_server, {}},
      {What::release, Role::running, Outcome::done, {"role 2 running>releasing"}},
      {What::release, Role::draining, Outcome::done, {"role 2 draining>releasing"}},
      {What::release, Role::releasing, Outcome::wrong_role, {}},
      {What::release, Role::standby, Outcome::wrong_role, {}},
      {What::release, Role::gone, Outcome::no_such_server, {}},
  };
  for (const Case& one : cases) {
    MainServer fresh(settings);
    set_role(2, one.role);
    fresh.know(at(0), directory, kSelf);
    const std::string which = std::to_string(static_cast<int>(one.what)) + " " + text(one.role);
    EXPECT_EQ(fresh.ordered({one.what, name(2)}), one.outcome) << which;
    // No picture: nothing is decided beside it.
    EXPECT_EQ(words(fresh.step(at(0), {})), one.orders) << which;
  }
}

TEST_F(MainServerTest, WhatIsOrderedMustBeThere) {
  for (const What what : {What::drain, What::undrain, What::recruit, What::release})
    EXPECT_EQ(main.ordered({what, name(9)}), Outcome::no_such_server);
}

// It may drain, but not go.
TEST_F(MainServerTest, TheMainItselfIsNotReleased) {
  EXPECT_EQ(main.ordered({What::release, name(1)}), Outcome::is_main);
  EXPECT_EQ(step(0), kNothing);
  EXPECT_EQ(main.ordered({What::drain, name(1)}), Outcome::done);
  EXPECT_EQ(step(0), Words{"role 1 running>draining"});
}

TEST_F(MainServerTest, WhatIsOrderedTwiceIsDoneOnce) {
  EXPECT_EQ(main.ordered({What::recruit, name(3)}), Outcome::done);
  EXPECT_EQ(main.ordered({What::recruit, name(3)}), Outcome::wrong_role);
  EXPECT_EQ(step(0), kThirdIsAsked);
  EXPECT_EQ(main.ordered({What::drain, name(2)}), Outcome::done);
  EXPECT_EQ(main.ordered({What::drain, name(2)}), Outcome::wrong_role);
  EXPECT_EQ(step(0), Words{"role 2 running>draining"});
}

// It said 200, and the store has not answered: another INVITE would end the dialog of the first.
TEST_F(MainServerTest, WhoIsBeingTakenInIsNotInvitedAgain) {
  main.ordered({What::recruit, name(3)});
  step(0);
  EXPECT_EQ(answered(1, 3, Status::ok), Words{"role 3 standby>running"});
  main.ordered({What::recruit, name(3)});
  EXPECT_EQ(step(2), kNothing);
  EXPECT_EQ(changed(3, 3, Role::standby, Role::running), (Words{"confirm 3", "say recruited 3"}));
}

// The same, by a shortage.
TEST_F(MainServerTest, WhoIsBeingTakenInByAnOrderIsNotInvitedForAShortage) {
  main.ordered({What::recruit, name(3)});
  step(0);
  EXPECT_EQ(answered(1, 3, Status::ok), Words{"role 3 standby>running"});
  be_short();
  const Words orders = step(2);
  EXPECT_EQ(std::count(orders.begin(), orders.end(), "invite 3"), 0);
}

TEST_F(MainServerTest, WhoWasToldToComeAndDoesNotIsDismissed) {
  EXPECT_EQ(main.ordered({What::recruit, name(3)}), Outcome::done);
  step(0);
  EXPECT_EQ(answered(1, 3, Status::busy_here), (Words{"dismiss 3", "say not-recruited 3"}));
}

TEST_F(MainServerTest, WhoIsTakenBackIsMadeEven) {
  set_role(2, Role::draining);
  know(0);
  servers = {server(1, 50), draining_server(2, 0)};
  step(0);
  step(3'000);
  step(6'000);
  EXPECT_EQ(main.ordered({What::undrain, name(2)}), Outcome::done);
  EXPECT_EQ(step(10'000), Words{"role 2 draining>running"});
  servers[1] = server(2, 0);
  EXPECT_EQ(changed(10'000, 2, Role::draining, Role::running), kNothing);
  EXPECT_EQ(step(13'000), Words{"move 1>2"});
}

// --- draining and letting go ---------------------------------------------------------------------

TEST_F(MainServerTest, AllMoveFromAServerThatDrains) {
  release_second(0);
  EXPECT_EQ(step(3'000), Words{"move 2>1 all"});
}

TEST_F(MainServerTest, WhoIsReleasedIsLetGoOnceItHasNobody) {
  release_second(0);
  EXPECT_EQ(step(10), kNothing);
  servers[1] = releasing_server(2, 0);
  servers[1].given = 1;
  EXPECT_EQ(step(20), kNothing) << "somebody is on the way";
  servers[1].report->settled = 1;
  servers[1].asked = 1;
  EXPECT_EQ(step(30), kNothing) << "somebody is about to be";
  servers[1].asked = 0;
  servers[1].report.reset();
  EXPECT_EQ(step(40), kNothing) << "it is not known";
  servers[1] = releasing_server(2, 0);
  EXPECT_EQ(step(50), Words{"role 2 releasing>standby"});
  EXPECT_EQ(step(51), kNothing) << "it is asked once";
  EXPECT_EQ(changed(60, 2, Role::releasing, Role::standby), (Words{"dismiss 2", "say let-go 2"}));
}

TEST_F(MainServerTest, WhoOnlyDrainsIsKept) {
  servers = {server(1, 10), server(2, 0)};
  EXPECT_EQ(main.ordered({What::drain, name(2)}), Outcome::done);
  step(0);
  servers[1] = draining_server(2, 0);
  EXPECT_EQ(changed(0, 2, Role::running, Role::draining), Words{"say draining 2"});
  EXPECT_EQ(step(60'000), kNothing);
  // Until it is to be released.
  EXPECT_EQ(main.ordered({What::release, name(2)}), Outcome::done);
  EXPECT_EQ(step(60'000), Words{"role 2 draining>releasing"});
  servers[1] = releasing_server(2, 0);
  EXPECT_EQ(changed(60'010, 2, Role::draining, Role::releasing), Words{"role 2 releasing>standby"});
}

TEST_F(MainServerTest, WhoIsTakenBackIsNotLetGo) {
  release_second(0);
  EXPECT_EQ(main.ordered({What::undrain, name(2)}), Outcome::done);
  servers[1] = releasing_server(2, 0);
  EXPECT_EQ(step(10), Words{"role 2 releasing>running"});
  servers[1] = server(2, 0);
  changed(20, 2, Role::releasing, Role::running);
  // Nor when it is drained the next time.
  EXPECT_EQ(main.ordered({What::drain, name(2)}), Outcome::done);
  step(30);
  servers[1] = draining_server(2, 0);
  changed(30, 2, Role::running, Role::draining);
  EXPECT_EQ(step(40), kNothing);
}

TEST_F(MainServerTest, WhoHasLittleToDoIsLetGo) {
  servers = {server(1, 10), server(2, 10)};
  EXPECT_EQ(step(0), kNothing);
  const std::int64_t due = settings.low_time.in_microseconds() / 1'000;
  step(due - 1);
  EXPECT_EQ(step(due), Words{"role 2 running>releasing"});
  servers[1] = releasing_server(2, 10);
  EXPECT_EQ(changed(due, 2, Role::running, Role::releasing), Words{"say draining 2"});
  EXPECT_EQ(step(due + 3'000), Words{"move 2>1 all"});
  main.moved(at(due + 3'010), Incarnation(2), Incarnation(1), 10);
  servers = {server(1, 20), releasing_server(2, 0)};
  EXPECT_EQ(step(due + 3'020), Words{"role 2 releasing>standby"});
}

// The store failed: what was asked for is not in force, and an order to drain is no more than that.
TEST_F(MainServerTest, WhoCouldNotBeReleasedIsNotLetGoByADrain) {
  servers = {server(1, 10), server(2, 5)};
  main.ordered({What::release, name(2)});
  step(0);
  EXPECT_EQ(changed(10, 2, Role::running, Role::releasing, false), kNothing);
  main.ordered({What::drain, name(2)});
  step(20);
  servers[1] = draining_server(2, 0);
  EXPECT_EQ(changed(30, 2, Role::running, Role::draining), Words{"say draining 2"});
  EXPECT_EQ(step(40), kNothing);
}

// It is drained, and no more: what was to come of it is off.
TEST_F(MainServerTest, WhoIsDrainedAfterAReleaseIsKept) {
  release_second(0);
  EXPECT_EQ(main.ordered({What::drain, name(2)}), Outcome::done);
  EXPECT_EQ(step(10), Words{"role 2 releasing>draining"});
  servers[1] = draining_server(2, 0);
  EXPECT_EQ(changed(20, 2, Role::releasing, Role::draining), kNothing);
  EXPECT_EQ(step(60'000), kNothing);
}

TEST_F(MainServerTest, AStoreThatFailsIsNotAskedAgainAtOnce) {
  release_second(0);
  servers[1] = releasing_server(2, 0);
  ASSERT_EQ(step(10), Words{"role 2 releasing>standby"});
  EXPECT_EQ(changed(10, 2, Role::releasing, Role::standby, false), kNothing);
}

// It is on its way to being a candidate: it cannot be taken back, and nobody is told that it is.
TEST_F(MainServerTest, WhoIsBeingLetGoIsNotTakenBack) {
  release_second(0);
  servers[1] = releasing_server(2, 0);
  ASSERT_EQ(step(10), Words{"role 2 releasing>standby"});
  EXPECT_NE(main.ordered({What::undrain, name(2)}), Outcome::done);
}

}  // namespace load_control_main_server_orders_test
}  // namespace muster::cluster
