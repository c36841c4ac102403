// Who waits for room while a candidate is taken in, or for a server that is gone to be forgotten;
// whom a candidate sends away; and who moves from server to server.
#include "server/load_control/assignments.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "machine/load_control/assignments_world.h"

namespace muster::testing {
namespace load_control_assignments_moving_test {

// --- room ----------------------------------------------------------------------------------------

// All are full, and server 4 is a candidate.
class AssignmentsRoom : public AssignmentsTest {
 protected:
  AssignmentsRoom() {
    know({server(1), server(2), server(3), server(4, cluster::Role::standby)}, {100, 100, 100});
  }
  // Nobody has her; and who was answered.
  std::vector<OwnerFound> land_and_look(int number) {
    land(number);
    const auto questions = asked();
    EXPECT_EQ(questions.size(), 1u);
    if (questions.size() != 1) return {};
    EXPECT_TRUE(std::holds_alternative<cluster::FindOwners>(questions[0].request));
    return answer(questions[0], cluster::Owners{{Incarnation()}});
  }
  std::vector<AskCluster> look_again(std::uint64_t number, std::uint32_t level) {
    picture.take_report(Incarnation(number), {LoadLevel{level}, level, 0, given.size()});
    assignments.look_for_room(world.out);
    return asked();
  }
  std::vector<OwnerFound> pass(Duration time) {
    world.pass(time);
    assignments.wake(world.now, world.out);
    return events<OwnerFound>(world.take());
  }
};

TEST_F(AssignmentsRoom, WhoFindsNoneWaitsForACandidate) {
  EXPECT_TRUE(land_and_look(1).empty());
  EXPECT_EQ(assignments.wanting(), 1u);
  const Instant until = world.now.instant + Assignments::kWaitTimeMax;
  EXPECT_EQ(assignments.next_deadline(), until);
  EXPECT_TRUE(pass(Duration::seconds(1)).empty());
  EXPECT_TRUE(land_and_look(2).empty());
  EXPECT_EQ(assignments.wanting(), 2u);
  EXPECT_EQ(assignments.next_deadline(), until) << "each has her own time";
  EXPECT_TRUE(pass(Assignments::kWaitTimeMax - Duration::milliseconds(1'001)).empty());
  const auto first = pass(Duration::milliseconds(1));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].account, user(1));
  EXPECT_EQ(first[0].place.outcome, Outcome::full);
  EXPECT_EQ(assignments.wanting(), 1u);
  const auto second = pass(Duration::seconds(1));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].account, user(2));
  EXPECT_EQ(assignments.wanting(), 0u);
  EXPECT_EQ(assignments.next_deadline(), std::nullopt);
}

TEST_F(AssignmentsRoom, SheIsPlacedWhenAReportShowsRoom) {
  land_and_look(1);
  EXPECT_TRUE(look_again(2, 101).empty()) << "there is none";
  const auto questions = look_again(2, 99);
  ASSERT_EQ(questions.size(), 1u);
  const auto users = to_assign(questions[0]);
  ASSERT_EQ(users.size(), 1u);
  EXPECT_EQ(users[0].user, user(1));
  EXPECT_EQ(users[0].to, Incarnation(2));
  EXPECT_EQ(assignments.wanting(), 0u);
  const auto found = answer(questions[0], cluster::Owners{{Incarnation(2)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.at->svr_id, "sip:s2.example.com");
  ASSERT_EQ(given.size(), 1u);
}

// Who took the last place was before her: she waits on, and no longer than she was to.
TEST_F(AssignmentsRoom, WhoFindsNoneAgainWaitsOn) {
  land_and_look(1);
  land_and_look(2);
  pass(Duration::seconds(1));
  const auto questions = look_again(3, 99);
  ASSERT_EQ(questions.size(), 2u);
  ASSERT_EQ(to_assign(questions[0]).size(), 1u);
  EXPECT_EQ(to_assign(questions[0])[0].user, user(1)) << "she has waited for longer";
  EXPECT_EQ(answer(questions[0], cluster::Owners{{Incarnation(3)}}).size(), 1u);
  EXPECT_TRUE(answer(questions[1], cluster::Owners{{Incarnation()}}).empty());
  EXPECT_EQ(assignments.wanting(), 1u);
  EXPECT_TRUE(
      pass(Assignments::kWaitTimeMax - Duration::seconds(1) - Duration::milliseconds(1)).empty());
  const auto found = pass(Duration::milliseconds(1));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].account, user(2));
  EXPECT_EQ(found[0].place.outcome, Outcome::full);
}

TEST_F(AssignmentsRoom, WhomAnotherServerTookMeanwhileIsThere) {
  land_and_look(1);
  const auto questions = look_again(2, 99);
  ASSERT_EQ(questions.size(), 1u);
  const auto found = answer(questions[0], cluster::Owners{{Incarnation(3)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.at->svr_id, "sip:s3.example.com");
  EXPECT_EQ(level_of(2), LoadLevel{99});
}

TEST_F(AssignmentsRoom, WithoutACandidateNobodyWaits) {
  know({server(1), server(2), server(3)}, {100, 100, 100});
  const auto found = land_and_look(1);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::full);
  EXPECT_EQ(assignments.wanting(), 0u);
}

TEST_F(AssignmentsRoom, NorWithoutAMainThatCouldTakeItIn) {
  assignments.know(
      {{server(1), server(2), server(3), server(4, cluster::Role::standby)}, Incarnation(), {}},
      Incarnation(1));
  const auto found = land_and_look(1);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::full);
}

TEST_F(AssignmentsRoom, WhoWaitsHearsOfTheEndOfTheLease) {
  land_and_look(1);
  assignments.end(world.out);
  const auto found = events<OwnerFound>(world.take());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::unknown);
  EXPECT_EQ(assignments.wanting(), 0u);
}

// --- a server that is gone -----------------------------------------------------------------------

// Server 3 is gone, and not forgotten: what it had under way could land still.
class AssignmentsGone : public AssignmentsTest {
 protected:
  AssignmentsGone() { know_of_three(cluster::Role::gone); }
  void know_of_three(cluster::Role role) {
    know({server(1), server(2), server(3, role)}, {50, 10});
    assignments.go_on(world.out);
  }
  std::vector<OwnerFound> land_as_hers(std::uint64_t owner) {
    land(1);
    const auto questions = asked();
    EXPECT_EQ(questions.size(), 1u);
    return answer(questions.at(0), cluster::Owners{{Incarnation(owner)}});
  }
};

TEST_F(AssignmentsGone, WhoIsOfItWaitsUntilItIsForgotten) {
  EXPECT_TRUE(land_as_hers(3).empty());
  EXPECT_EQ(level_of(2), LoadLevel{10}) << "nobody is on her way there";
  know_of_three(cluster::Role::gone);
  EXPECT_TRUE(asked().empty()) << "she is its user still";
  know({server(1), server(2)}, {50, 10});
  assignments.go_on(world.out);
  const auto questions = asked();
  ASSERT_EQ(questions.size(), 1u);
  ASSERT_EQ(to_assign(questions[0]).size(), 1u);
  EXPECT_EQ(to_assign(questions[0])[0].to, Incarnation(2));
  const auto found = answer(questions[0], cluster::Owners{{Incarnation(2)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.at->svr_id, "sip:s2.example.com");
  EXPECT_EQ(assignments.next_deadline(), std::nullopt);
}

TEST_F(AssignmentsGone, ButNotForEver) {
  EXPECT_TRUE(land_as_hers(3).empty());
  EXPECT_EQ(assignments.next_deadline(), world.now.instant + Assignments::kWaitTimeMax);
  EXPECT_EQ(assignments.wanting(), 0u) << "it is not room that she lacks";
  world.pass(Assignments::kWaitTimeMax - Duration::milliseconds(1));
  assignments.wake(world.now, world.out);
  EXPECT_TRUE(events<OwnerFound>(world.take()).empty());
  world.pass(Duration::milliseconds(1));
  assignments.wake(world.now, world.out);
  const auto found = events<OwnerFound>(world.take());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].account, user(1));
  EXPECT_EQ(found[0].place.outcome, Outcome::unknown);
  EXPECT_EQ(assignments.next_deadline(), std::nullopt);
}

// It joined when the directory had been read.
TEST_F(AssignmentsGone, SoDoesWhoIsOfOneThatIsNotYetKnown) {
  EXPECT_TRUE(land_as_hers(4).empty());
  know({server(1), server(2), server(3), server(4)}, {50, 10, 70});
  assignments.go_on(world.out);
  const auto questions = asked();
  ASSERT_EQ(questions.size(), 1u);
  const auto found = answer(questions[0], cluster::Owners{{Incarnation(4)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.at->svr_id, "sip:s4.example.com");
}

// She came back from it, and it died before it could say whether it has anything of hers.
TEST_F(AssignmentsGone, SoDoesWhoWasToBeYieldedByIt) {
  know({server(1), server(2), server(3)}, {50, 10, 70});
  land(1, true);
  EXPECT_TRUE(answer(asked().at(0), cluster::Owners{{Incarnation(3)}}).empty());
  ASSERT_EQ(wanted.size(), 1u);
  know_of_three(cluster::Role::gone);
  world.pass(Assignments::kYieldTimeMax);
  assignments.wake(world.now, world.out);
  EXPECT_TRUE(events<OwnerFound>(world.take()).empty());
  know({server(1), server(2)}, {50, 10});
  assignments.go_on(world.out);
  const auto questions = asked();
  ASSERT_EQ(questions.size(), 1u);
  ASSERT_EQ(to_assign(questions[0]).size(), 1u);
  EXPECT_EQ(to_assign(questions[0])[0].to, Incarnation(1)) << "she stays";
}

TEST_F(AssignmentsGone, WhoWaitsHearsOfTheEndOfTheLease) {
  EXPECT_TRUE(land_as_hers(3).empty());
  assignments.end(world.out);
  const auto found = events<OwnerFound>(world.take());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::unknown);
  EXPECT_EQ(assignments.next_deadline(), std::nullopt);
}

// --- a candidate ---------------------------------------------------------------------------------

TEST_F(AssignmentsTest, ACandidateSendsWhoIsNobodysToTheMain) {
  cluster::Picture nothing;
  Assignments candidate(nothing, settings);
  const auto find = [&](Incarnation main, Incarnation owner, bool again) {
    candidate.know({{server(1, cluster::Role::standby), server(2), server(3)}, main, {}},
                   Incarnation(1));
    candidate.on(OwnerWanted{ShardId(), user(1), again}, world.out);
    const auto questions = asked();
    EXPECT_EQ(questions.size(), 1u);
    const auto outcome = candidate.on(
        world.now, ClusterAnswered{questions.at(0).ticket, cluster::Owners{{owner}}}, world.out);
    EXPECT_TRUE(outcome.given.empty());
    EXPECT_TRUE(outcome.wanted.empty());
    const auto found = events<OwnerFound>(world.take());
    EXPECT_EQ(found.size(), 1u);
    return found.at(0).place;
  };
  for (const bool again : {false, true}) {
    const UserPlace place = find(Incarnation(2), Incarnation(), again);
    EXPECT_EQ(place.outcome, Outcome::elsewhere);
    EXPECT_EQ(place.at->svr_id, "sip:s2.example.com");
  }
  EXPECT_EQ(find(Incarnation(2), Incarnation(3), false).at->svr_id, "sip:s3.example.com");
  EXPECT_EQ(find(Incarnation(), Incarnation(), false).outcome, Outcome::unknown);
}

// It was let go again before she came to it.
TEST_F(AssignmentsTest, WhoWasGivenToACandidateIsPlacedAnew) {
  know({server(1), server(2), server(3), server(4, cluster::Role::standby)}, {50, 10, 70});
  land(1);
  EXPECT_TRUE(answer(asked().at(0), cluster::Owners{{Incarnation(4)}}).empty());
  EXPECT_TRUE(further.empty()) << "it may just have been taken in";
  EXPECT_TRUE(assignments.wants_directory());
  assignments.go_on(world.out);
  EXPECT_FALSE(assignments.wants_directory());
  further = asked();
  ASSERT_EQ(further.size(), 1u);
  const auto users = to_assign(further[0]);
  ASSERT_EQ(users.size(), 1u);
  EXPECT_EQ(users[0].from, Incarnation(4));
  EXPECT_EQ(users[0].to, Incarnation(2));
  EXPECT_EQ(level_of(2), LoadLevel{11}) << "she is counted once";
  const auto found = answer(further[0], cluster::Owners{{Incarnation(2)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.at->svr_id, "sip:s2.example.com");
}

TEST_F(AssignmentsTest, UnlessItHasJustBeenTakenIn) {
  know({server(1), server(2), server(3), server(4, cluster::Role::standby)}, {50, 10, 70});
  land(1);
  EXPECT_TRUE(answer(asked().at(0), cluster::Owners{{Incarnation(4)}}).empty());
  know({server(1), server(2), server(3), server(4)}, {50, 10, 70});
  assignments.go_on(world.out);
  further = asked();
  ASSERT_EQ(further.size(), 1u);
  EXPECT_EQ(to_assign(further[0]).at(0).from, Incarnation()) << "she is not taken from it";
  const auto found = answer(further[0], cluster::Owners{{Incarnation(4)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.at->svr_id, "sip:s4.example.com");
}

// --- who moves -----------------------------------------------------------------------------------

class AssignmentsMoving : public AssignmentsTest {
 protected:
  std::vector<AskCluster> move(std::vector<Address> users, std::uint64_t to = 3) {
    const auto asked_for = static_cast<std::uint32_t>(users.size());
    assignments.move({ShardId(), to, asked_for, std::move(users)}, world.out);
    auto happened = world.take();
    decided = events<MoveDecided>(happened);
    return orders<AskCluster>(happened);
  }
  // The answer of the store.
  void say(const AskCluster& question, cluster::ClusterReply reply) {
    auto outcome =
        assignments.on(world.now, ClusterAnswered{question.ticket, std::move(reply)}, world.out);
    given = std::move(outcome.given);
    decided = events<MoveDecided>(world.take());
  }
  std::vector<MoveDecided> decided;
};

TEST_F(AssignmentsMoving, SheIsTheOtherServersIfSheWasOurs) {
  const auto questions = move({user(1), user(2), user(3)});
  EXPECT_TRUE(decided.empty()) << "not before the store says so";
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(std::get<cluster::AssignUsers>(questions[0].request).by, Incarnation(1));
  const auto users = to_assign(questions[0]);
  ASSERT_EQ(users.size(), 3u);
  for (const auto& one : users) {
    EXPECT_EQ(one.from, Incarnation(1));
    EXPECT_EQ(one.to, Incarnation(3));
  }
  EXPECT_EQ(level_of(3), LoadLevel{73}) << "their places are kept";
  // The second was another's meanwhile, and the third could not be moved.
  say(questions[0], cluster::Owners{{Incarnation(3), Incarnation(2), Incarnation(1)}});
  EXPECT_EQ(level_of(3), LoadLevel{71});
  ASSERT_EQ(decided.size(), 3u);
  for (std::size_t i = 0; i < decided.size(); ++i) {
    EXPECT_EQ(decided[i].account, user(static_cast<int>(i) + 1));
    EXPECT_EQ(decided[i].to, 3u);
    EXPECT_EQ(decided[i].at != nullptr, i < 2) << i;
  }
  EXPECT_EQ(decided[1].at->svr_id, "sip:s2.example.com") << "whose she is";
  EXPECT_EQ(decided[0].at->svr_id, "sip:s3.example.com");
  ASSERT_EQ(given.size(), 1u) << "it is told of her";
  EXPECT_EQ(given[0].to, Incarnation(3));
  EXPECT_EQ(given[0].number, 1u);
  EXPECT_EQ(given[0].user, user(1));
}

// The number of each who is given to a server is the next, whichever way she was.
TEST_F(AssignmentsMoving, SheIsNumberedAsAnyOther) {
  say(move({user(1)}, 2).at(0), cluster::Owners{{Incarnation(2)}});
  land(2);
  answer(asked().at(0), cluster::Owners{{Incarnation(2)}});
  ASSERT_EQ(given.size(), 2u);
  EXPECT_EQ(given[1].number, 2u);
}

TEST_F(AssignmentsMoving, WhereTheStoreFailsAllStay) {
  for (const cluster::ClusterReply& reply :
       {cluster::ClusterReply(StoreFailed{}), cluster::ClusterReply(cluster::ClusterRefused{})}) {
    say(move({user(1), user(2)}).at(0), reply);
    ASSERT_EQ(decided.size(), 2u);
    EXPECT_EQ(decided[0].at, nullptr);
    EXPECT_EQ(decided[1].at, nullptr);
    EXPECT_TRUE(given.empty());
    EXPECT_EQ(level_of(3), LoadLevel{70});
  }
}

TEST_F(AssignmentsMoving, NobodyMovesToWhoTakesNobody) {
  for (const cluster::Role role :
       {cluster::Role::draining, cluster::Role::standby, cluster::Role::gone}) {
    know({server(1), server(2), server(3, role)}, {});
    EXPECT_EQ(assignments.contacts(Incarnation(3)), nullptr);
    EXPECT_TRUE(move({user(1)}).empty());
    ASSERT_EQ(decided.size(), 1u);
    EXPECT_EQ(decided[0].at, nullptr);
  }
  EXPECT_NE(assignments.contacts(Incarnation(2)), nullptr);
  EXPECT_TRUE(move({user(1)}, 99).empty()) << "nobody has heard of it";
  EXPECT_EQ(decided.size(), 1u);
}

TEST_F(AssignmentsMoving, WithoutALeaseNobodyMoves) {
  assignments.end(world.out);
  EXPECT_TRUE(move({user(1)}).empty());
  ASSERT_EQ(decided.size(), 1u);
  EXPECT_EQ(decided[0].at, nullptr);
}

// moves_in_flight_max has no bound of its own; a request has.
TEST_F(AssignmentsMoving, ARequestHasALimit) {
  std::vector<Address> users;
  for (int number = 0; number <= static_cast<int>(cluster::kUsersPerRequestMax); ++number)
    users.push_back(user(number));
  const auto questions = move(users);
  std::size_t moved = 0;
  for (const AskCluster& question : questions) {
    EXPECT_LE(to_assign(question).size(), cluster::kUsersPerRequestMax);
    moved += to_assign(question).size();
  }
  EXPECT_EQ(moved + decided.size(), users.size());
}

}  // namespace load_control_assignments_moving_test
}  // namespace muster::testing
