// Whose a user is who lands here: what the store is asked, and what comes of its answers.
#include "server/load_control/assignments.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "machine/load_control/assignments_world.h"

namespace muster::testing {
namespace load_control_assignments_test {

// Paper, figure 4: the lowest level.
TEST_F(AssignmentsTest, WhoIsNobodysGoesToTheServerWithTheLowestLevel) {
  land(1);
  const auto questions = asked();
  ASSERT_EQ(questions.size(), 1u);
  const auto users = to_assign(questions[0]);
  ASSERT_EQ(users.size(), 1u);
  EXPECT_EQ(users[0].user, user(1));
  EXPECT_EQ(users[0].from, Incarnation());
  EXPECT_EQ(users[0].to, Incarnation(2));
  EXPECT_EQ(level_of(2), LoadLevel{11}) << "she is counted at once";
  const auto found = answer(questions[0], cluster::Owners{{Incarnation(2)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].account, user(1));
  EXPECT_EQ(found[0].place.outcome, Outcome::elsewhere);
  EXPECT_EQ(found[0].place.at->svr_id, "sip:s2.example.com");
  EXPECT_EQ(found[0].place.at->sip, "sip:s2.example.com;transport=tcp");
  EXPECT_EQ(found[0].place.at->xmpp, (Redirection{"s2.example.com", 5222, {}}));
  EXPECT_EQ(level_of(2), LoadLevel{11});
  ASSERT_EQ(given.size(), 1u);
  EXPECT_EQ(given[0].to, Incarnation(2));
  EXPECT_EQ(given[0].number, 1u);
  EXPECT_EQ(given[0].user, user(1));
}

TEST_F(AssignmentsTest, WhoHasAnOwnerIsHers) {
  land(1);
  const auto found = answer(asked()[0], cluster::Owners{{Incarnation(3)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.at->svr_id, "sip:s3.example.com");
  EXPECT_EQ(level_of(2), LoadLevel{10}) << "what was reserved is free again";
  EXPECT_TRUE(given.empty());
  land(2);
  const auto here = answer(asked()[0], cluster::Owners{{Incarnation(1)}});
  EXPECT_EQ(here[0].place.outcome, Outcome::here);
}

TEST_F(AssignmentsTest, WhatComesMeanwhileGoesTogether) {
  land(1);
  const auto first = asked();
  ASSERT_EQ(first.size(), 1u);
  land(2);
  land(3);
  EXPECT_TRUE(asked().empty());
  EXPECT_EQ(answer(first[0], cluster::Owners{{Incarnation(2)}}).size(), 1u);
  ASSERT_EQ(further.size(), 1u);
  EXPECT_EQ(to_assign(further[0]).size(), 2u);
  const auto found = answer(further[0], cluster::Owners{{Incarnation(2), Incarnation(3)}});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].account, user(2));
  EXPECT_EQ(found[1].account, user(3));
  EXPECT_EQ(found[1].place.at->svr_id, "sip:s3.example.com");
}

TEST_F(AssignmentsTest, ARequestHasALimit) {
  land(0);
  const auto first = asked();
  const int users = static_cast<int>(cluster::kUsersPerRequestMax);
  for (int number = 1; number <= users + 1; ++number)
    land(number);
  answer(first[0], StoreFailed{});
  std::size_t together = 0;
  for (const AskCluster& question : further) {
    const auto* find = std::get_if<cluster::FindOwners>(&question.request);
    together += to_assign(question).size() + (find == nullptr ? 0 : find->users.size());
  }
  EXPECT_EQ(together, cluster::kUsersPerRequestMax);
}

TEST_F(AssignmentsTest, WhereAllAreFullWhoHasAnOwnerIsStillHers) {
  know({server(1), server(2), server(3)}, {100, 100, 100});
  land(1);
  land(2);
  const auto first = asked();
  ASSERT_EQ(first.size(), 1u);
  const auto* find = std::get_if<cluster::FindOwners>(&first[0].request);
  ASSERT_NE(find, nullptr);
  EXPECT_EQ(find->users, std::vector<Address>{user(1)});
  const auto found = answer(first[0], cluster::Owners{{Incarnation(2)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::elsewhere);
  ASSERT_EQ(further.size(), 1u);
  const auto next = answer(further[0], cluster::Owners{{Incarnation()}});
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].place.outcome, Outcome::full);
}

TEST_F(AssignmentsTest, WhatTheStoreDoesNotDoIsUndone) {
  for (const cluster::ClusterReply& reply :
       {cluster::ClusterReply(StoreFailed{}), cluster::ClusterReply(cluster::ClusterRefused{})}) {
    land(1);
    const auto found = answer(asked()[0], reply);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].place.outcome, Outcome::unknown);
    EXPECT_EQ(level_of(2), LoadLevel{10});
  }
  EXPECT_TRUE(given.empty());
}

TEST_F(AssignmentsTest, WhoLeftIsReleased) {
  std::vector<Address> left;
  for (int number = 0; number <= static_cast<int>(cluster::kUsersPerRequestMax); ++number)
    left.push_back(user(number));
  assignments.on(UsersLeft{left}, world.out);
  const auto questions = asked();
  ASSERT_EQ(questions.size(), 2u);
  const auto& first = std::get<cluster::ReleaseUsers>(questions[0].request);
  EXPECT_EQ(first.by, Incarnation(1));
  EXPECT_EQ(first.users.size(), cluster::kUsersPerRequestMax);
  EXPECT_EQ(std::get<cluster::ReleaseUsers>(questions[1].request).users,
            std::vector<Address>{left.back()});
  EXPECT_TRUE(answer(questions[0], StoreFailed{}).empty());
}

TEST_F(AssignmentsTest, WithoutALeaseNobodyIsPlaced) {
  Assignments before(picture, settings);
  before.on(OwnerWanted{ShardId(), user(1)}, world.out);
  auto happened = world.take();
  ASSERT_EQ(events<OwnerFound>(happened).size(), 1u);
  EXPECT_EQ(events<OwnerFound>(happened)[0].place.outcome, Outcome::unknown);
  EXPECT_TRUE(orders<AskCluster>(happened).empty());
  // Nor from when it is over; who waits hears of it.
  land(1);
  const auto first = asked();
  land(2);
  assignments.end(world.out);
  happened = world.take();
  ASSERT_EQ(events<OwnerFound>(happened).size(), 1u);
  EXPECT_EQ(events<OwnerFound>(happened)[0].account, user(2));
  EXPECT_EQ(answer(first[0], cluster::ClusterRefused{}).size(), 1u);
  land(3);
  EXPECT_EQ(events<OwnerFound>(world.take()).size(), 1u);
}

// --- who was sent away and came back -------------------------------------------------------------

TEST_F(AssignmentsTest, WhoCameBackAndIsNobodysStaysHere) {
  land(1, true);
  EXPECT_EQ(to_assign(asked()[0])[0].to, Incarnation(1)) << "though 2 has a lower level";
}

TEST_F(AssignmentsTest, ButNotWhereThereIsNoRoom) {
  know({server(1), server(2), server(3)}, {100, 10, 70});
  land(1, true);
  EXPECT_EQ(to_assign(asked()[0])[0].to, Incarnation(2));
}

TEST_F(AssignmentsTest, WhoseServerHasNothingOfHersStaysHere) {
  land(1, true);
  EXPECT_TRUE(answer(asked()[0], cluster::Owners{{Incarnation(3)}}).empty()) << "it is asked";
  ASSERT_EQ(wanted.size(), 1u);
  EXPECT_EQ(wanted[0].from, Incarnation(3));
  EXPECT_EQ(wanted[0].user, user(1));
  assignments.yielded(world.now, Incarnation(3), user(1), true, world.out);
  const auto questions = asked();
  ASSERT_EQ(questions.size(), 1u);
  const auto take = to_assign(questions[0]);
  ASSERT_EQ(take.size(), 1u);
  EXPECT_EQ(take[0].from, Incarnation()) << "her server let her go before it said so";
  EXPECT_EQ(take[0].to, Incarnation(1));
  EXPECT_EQ(level_of(1), LoadLevel{51});
  const auto found = answer(questions[0], cluster::Owners{{Incarnation(1)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::here);
  ASSERT_EQ(given.size(), 1u);
  EXPECT_EQ(given[0].to, Incarnation(1));
}

TEST_F(AssignmentsTest, WhoseServerKeepsHerIsSentThereAgain) {
  land(1, true);
  answer(asked()[0], cluster::Owners{{Incarnation(3)}});
  assignments.yielded(world.now, Incarnation(2), user(1), true, world.out);
  EXPECT_TRUE(asked().empty()) << "2 has no say in it";
  assignments.yielded(world.now, Incarnation(3), user(1), false, world.out);
  auto happened = world.take();
  EXPECT_TRUE(orders<AskCluster>(happened).empty());
  ASSERT_EQ(events<OwnerFound>(happened).size(), 1u);
  EXPECT_EQ(events<OwnerFound>(happened)[0].place.at->svr_id, "sip:s3.example.com");
}

// She would only be sent away again.
TEST_F(AssignmentsTest, AServerThatTakesNoUsersAsksForNobody) {
  know({server(1, cluster::Role::draining), server(2), server(3)}, {50, 10, 70});
  land(1, true);
  const auto found = answer(asked()[0], cluster::Owners{{Incarnation(3)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::elsewhere);
  EXPECT_EQ(found[0].place.at->server, 3u);
  EXPECT_TRUE(wanted.empty());
}

TEST_F(AssignmentsTest, SoIsWhoseServerDoesNotAnswer) {
  land(1, true);
  answer(asked()[0], cluster::Owners{{Incarnation(3)}});
  EXPECT_EQ(assignments.next_deadline(), world.now.instant + Assignments::kYieldTimeMax);
  world.pass(Assignments::kYieldTimeMax);
  assignments.wake(world.now, world.out);
  ASSERT_EQ(events<OwnerFound>(world.take()).size(), 1u);
  // What it says then is too late.
  assignments.yielded(world.now, Incarnation(3), user(1), true, world.out);
  EXPECT_TRUE(asked().empty());
}

// It died, and is forgotten: nobody is left to yield her, or to be waited for.
TEST_F(AssignmentsTest, WhoseServerIsForgottenStaysHere) {
  land(1, true);
  answer(asked()[0], cluster::Owners{{Incarnation(3)}});
  know({server(1), server(2), server(3, cluster::Role::gone)}, {});
  assignments.go_on(world.out);
  EXPECT_TRUE(asked().empty()) << "the store still says that she is its";
  know({server(1), server(2)}, {});
  assignments.go_on(world.out);
  const auto questions = asked();
  ASSERT_EQ(questions.size(), 1u);
  ASSERT_EQ(to_assign(questions[0]).size(), 1u);
  EXPECT_EQ(to_assign(questions[0])[0].to, Incarnation(1));
  ASSERT_EQ(answer(questions[0], cluster::Owners{{Incarnation(1)}}).size(), 1u);
  world.pass(Assignments::kYieldTimeMax);
  assignments.wake(world.now, world.out);
  EXPECT_TRUE(events<OwnerFound>(world.take()).empty()) << "she was answered";
}

// It has begun to drain, and the store knew it first: she is not turned away for that.
TEST_F(AssignmentsTest, WhoIsNotGivenToWhomWasChosenIsPlacedAnew) {
  land(1);
  const auto first = asked();
  ASSERT_EQ(to_assign(first[0])[0].to, Incarnation(2));
  EXPECT_TRUE(answer(first[0], cluster::Owners{{Incarnation()}}).empty());
  EXPECT_EQ(level_of(2), LoadLevel{10}) << "what was reserved is free again";
  EXPECT_TRUE(further.empty()) << "not before it is known who runs";
  EXPECT_TRUE(assignments.wants_directory());
  know({server(1), server(2, cluster::Role::draining), server(3)}, {});
  assignments.go_on(world.out);
  const auto second = asked();
  ASSERT_EQ(second.size(), 1u);
  ASSERT_EQ(to_assign(second[0])[0].to, Incarnation(1));
  const auto found = answer(second[0], cluster::Owners{{Incarnation(1)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::here);
}

TEST_F(AssignmentsTest, ButOnce) {
  land(1);
  answer(asked()[0], cluster::Owners{{Incarnation()}});
  assignments.go_on(world.out);
  const auto found = answer(asked()[0], cluster::Owners{{Incarnation()}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::unknown);
  EXPECT_FALSE(assignments.wants_directory());
}

TEST_F(AssignmentsTest, SoIsWhoWasGivenToACandidateBefore) {
  know({server(1), server(2), server(3, cluster::Role::standby)}, {50, 10});
  land(1);
  EXPECT_TRUE(answer(asked()[0], cluster::Owners{{Incarnation(3)}}).empty());
  assignments.go_on(world.out);
  const auto first = asked();
  ASSERT_EQ(to_assign(first[0])[0].from, Incarnation(3));
  ASSERT_EQ(to_assign(first[0])[0].to, Incarnation(2));
  EXPECT_TRUE(answer(first[0], cluster::Owners{{Incarnation(3)}}).empty());
  know({server(1), server(2, cluster::Role::draining), server(3, cluster::Role::standby)}, {});
  assignments.go_on(world.out);
  const auto second = asked();
  ASSERT_EQ(to_assign(second[0])[0].to, Incarnation(1));
  const auto found = answer(second[0], cluster::Owners{{Incarnation(1)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::here);
}

// Without a lease nothing is read anew: nobody waits for it.
TEST_F(AssignmentsTest, WhoIsNotGivenToAnybodyAtTheEndIsAnswered) {
  land(1);
  const auto first = asked();
  assignments.end(world.out);
  world.take();
  const auto found = answer(first[0], cluster::Owners{{Incarnation()}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.outcome, Outcome::unknown);
}

// Who came back to a server that drains, and does not know it yet: it was let go for it.
TEST_F(AssignmentsTest, WhoIsYieldedToAServerThatDrainsIsPlacedElsewhere) {
  land(1, true);
  answer(asked()[0], cluster::Owners{{Incarnation(3)}});
  assignments.yielded(world.now, Incarnation(3), user(1), true, world.out);
  const auto first = asked();
  ASSERT_EQ(to_assign(first[0])[0].to, Incarnation(1));
  EXPECT_TRUE(answer(first[0], cluster::Owners{{Incarnation()}}).empty());
  know({server(1, cluster::Role::draining), server(2), server(3)}, {});
  assignments.go_on(world.out);
  const auto second = asked();
  ASSERT_EQ(second.size(), 1u);
  ASSERT_EQ(to_assign(second[0])[0].to, Incarnation(2));
  const auto found = answer(second[0], cluster::Owners{{Incarnation(2)}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].place.at->svr_id, "sip:s2.example.com");
}

// The other side of it: the store comes first, so that who lands here meanwhile is asked about
// behind it.
TEST_F(AssignmentsTest, WhoIsYieldedIsNobodysBeforeItIsSaid) {
  assignments.give_back(user(1), Incarnation(3), world.out);
  land(1);
  const auto questions = asked();
  ASSERT_EQ(questions.size(), 2u);
  const auto* release = std::get_if<cluster::ReleaseUsers>(&questions[0].request);
  ASSERT_NE(release, nullptr);
  EXPECT_EQ(release->by, Incarnation(1));
  EXPECT_EQ(release->users, std::vector<Address>{user(1)});
  EXPECT_EQ(to_assign(questions[1]).size(), 1u);
  EXPECT_TRUE(yielded.empty());
  answer(questions[0], cluster::Owners{{Incarnation()}});
  ASSERT_EQ(yielded.size(), 1u);
  EXPECT_EQ(yielded[0].to, Incarnation(3));
  EXPECT_EQ(yielded[0].user, user(1));
  EXPECT_TRUE(yielded[0].yielded);
}

TEST_F(AssignmentsTest, WhoCouldNotBeLetGoIsKept) {
  for (const cluster::ClusterReply& reply :
       {cluster::ClusterReply(StoreFailed{}),
        cluster::ClusterReply(cluster::Owners{{Incarnation(1)}})}) {
    assignments.give_back(user(1), Incarnation(3), world.out);
    answer(asked()[0], reply);
    ASSERT_EQ(yielded.size(), 1u);
    EXPECT_FALSE(yielded[0].yielded);
  }
}

// Another was first, or the store fails.
TEST_F(AssignmentsTest, WhoCannotBeTakenIsWhereTheStoreSays) {
  for (const bool fails : {false, true}) {
    land(1, true);
    answer(asked()[0], cluster::Owners{{Incarnation(3)}});
    assignments.yielded(world.now, Incarnation(3), user(1), true, world.out);
    const auto question = asked();
    ASSERT_EQ(question.size(), 1u);
    const auto found =
        answer(question[0], fails ? cluster::ClusterReply(StoreFailed{})
                                  : cluster::ClusterReply(cluster::Owners{{Incarnation(2)}}));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].place.outcome, fails ? Outcome::unknown : Outcome::elsewhere);
    EXPECT_EQ(level_of(1), LoadLevel{50});
    EXPECT_TRUE(wanted.empty()) << "not a second time";
  }
}

TEST(ContactsOf, WhatAServerDoesNotSayItDoesNotHave) {
  cluster::Self self;
  self.svr_id = "sip:s1.example.com";
  EXPECT_EQ(contacts_of(self).sip, "");
  EXPECT_EQ(contacts_of(self).xmpp, std::nullopt);
  self.endpoints = {{self.svr_id, Kind::xmpp, true, "xmpp:s1.example.com"}};
  EXPECT_EQ(contacts_of(self).xmpp, std::nullopt) << "without a port";
  self.endpoints = {{self.svr_id, Kind::xmpp, true, "xmpp:[2001:db8::1]:5222"}};
  EXPECT_EQ(contacts_of(self).xmpp, (Redirection{"2001:db8::1", 5222, {}}));
  self.endpoints = {{self.svr_id, Kind::wss, true, "wss://s1.example.com/xmpp-websocket"}};
  EXPECT_EQ(contacts_of(self).web_socket,
            (Redirection{{}, 0, "wss://s1.example.com/xmpp-websocket"}));
  self.endpoints = {{self.svr_id, Kind::wss, true, "s1.example.com:443"}};
  EXPECT_EQ(contacts_of(self).web_socket, std::nullopt);
  for (const char* bad :
       {"sip:", "xmpp:s1.example.com", "sip:a@s1.example.com", "sip:s1>\r\nX: y"}) {
    self.endpoints = {{self.svr_id, Kind::sip, true, bad}};
    EXPECT_EQ(contacts_of(self).sip, "") << bad;
  }
}

}  // namespace load_control_assignments_test
}  // namespace muster::testing
