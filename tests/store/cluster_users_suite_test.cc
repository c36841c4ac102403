// What every store of the cluster must do about users: each request of server/cluster_port.h, each
// refusal, each limit. The expectations come from there.
#include "server/cluster_port.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/cluster_suite.h"

namespace muster::cluster {
namespace store_cluster_users_suite_test {

using testing::address;
using enum Role;

using ClusterUsersSuite = ClusterSuite;

INSTANTIATE_TEST_SUITE_P(All, ClusterUsersSuite, ::testing::ValuesIn(all_clusters()), name_of);

TEST_P(ClusterUsersSuite, AUserIsWhoseSheIsAssignedTo) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  EXPECT_EQ(owners(a, {alice, bob}), "owners 0 0");
  EXPECT_EQ(asked(AssignUsers{a, {{alice, nobody, a}, {bob, nobody, b}}}), "owners 1 2");
  EXPECT_EQ(owners(b, {bob, carol, alice, bob}), "owners 2 0 1 2");
  EXPECT_EQ(owners(a, {}), "owners");
  EXPECT_EQ(asked(AssignUsers{a, {}}), "owners");
  store_->restart_process();
  EXPECT_EQ(owners(b, {alice, bob}), "owners 1 2");
}

TEST_P(ClusterUsersSuite, AnAssignmentIsCompareAndSet) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  const Incarnation c = come("c");
  EXPECT_EQ(assign(a, alice, b, a), "owners 0") << "she has none";
  EXPECT_EQ(assign(a, alice, nobody, a), "owners 1");
  EXPECT_EQ(assign(b, alice, nobody, b), "owners 1");
  EXPECT_EQ(assign(b, alice, c, b), "owners 1");
  EXPECT_EQ(assign(c, alice, a, b), "owners 2") << "anybody may say so";
  EXPECT_EQ(assign(a, alice, a, c), "owners 2");
  EXPECT_EQ(assign(b, alice, b, b), "owners 2");
  EXPECT_EQ(owners(a, {alice}), "owners 2");
}

TEST_P(ClusterUsersSuite, OnlyWhoRunsIsGivenUsers) {
  const Incarnation main = come("main");
  const Incarnation candidate = come("candidate", true);
  const Incarnation dead = come("dead", false, {});
  const Incarnation forgotten = come("forgotten");
  asked(DeclareGone{main, dead});
  asked(EndLease{forgotten});
  for (const Incarnation to : {candidate, dead, forgotten, nobody, Incarnation(99)}) {
    EXPECT_EQ(assign(main, alice, nobody, to), "owners 0") << to.number();
  }
  set_role(main, candidate, standby, running);
  EXPECT_EQ(assign(main, alice, nobody, candidate), "owners 2");
  set_role(main, candidate, running, draining);
  EXPECT_EQ(owners(main, {alice}), "owners 2") << "she stays";
  EXPECT_EQ(asked(AssignUsers{main,
                              {{bob, nobody, candidate},
                               {alice, candidate, candidate},
                               {alice, candidate, nobody},
                               {carol, nobody, main},
                               {alice, candidate, main}}}),
            "owners 0 2 2 1 1");
}

TEST_P(ClusterUsersSuite, UsersAreAssignedOneAfterAnother) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  EXPECT_EQ(
      asked(AssignUsers{a, {{alice, nobody, a}, {alice, nobody, b}, {alice, a, b}, {alice, b, a}}}),
      "owners 1 1 2 1");
  EXPECT_EQ(asked(ReleaseUsers{a, {alice, alice}}), "owners 0 0");
}

TEST_P(ClusterUsersSuite, TheUsersOfWhoIsForgottenAreFree) {
  const Incarnation a = come("a");
  const Incarnation dead = come("dead", false, {});
  assign(a, alice, nobody, dead);
  asked(DeclareGone{a, dead});
  EXPECT_EQ(assign(a, alice, nobody, a), "owners 2");
  asked(ForgetServer{a, dead});
  EXPECT_EQ(assign(a, alice, dead, a), "owners 0") << "it is nobody's now";
  EXPECT_EQ(assign(a, alice, nobody, a), "owners 1");
}

// Who is gone may have users that are taken from it before it is forgotten.
TEST_P(ClusterUsersSuite, TheUsersOfWhoIsGoneMayBeTaken) {
  const Incarnation a = come("a");
  const Incarnation dead = come("dead", false, {});
  assign(a, alice, nobody, dead);
  asked(DeclareGone{a, dead});
  EXPECT_EQ(assign(a, alice, dead, a), "owners 1");
}

TEST_P(ClusterUsersSuite, WhoReleasesGivesUpItsOwnAlone) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  const Incarnation dead = come("dead");
  asked(AssignUsers{a, {{alice, nobody, a}, {bob, nobody, b}, {carol, nobody, dead}}});
  asked(EndLease{dead});
  EXPECT_EQ(asked(ReleaseUsers{a, {bob, address("ghost"), alice, carol}}), "owners 2 0 0 0");
  EXPECT_EQ(owners(a, {alice, bob}), "owners 0 2");
  EXPECT_EQ(asked(ReleaseUsers{a, {alice}}), "owners 0");
  EXPECT_EQ(asked(ReleaseUsers{a, {}}), "owners");
  EXPECT_EQ(asked(SweepAssignments{a, 10}), "swept 1") << "Carol's";
}

TEST_P(ClusterUsersSuite, AnAddressIsAllOfItsText) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  const Address domain = Address::of_canonical("", "example.com");
  const Address other = address("alice", "example.net");
  const Address percent = address("a%");
  assign(a, alice, nobody, a);
  EXPECT_EQ(owners(a, {domain, other, percent, address("a"), address("Alice")}),
            "owners 0 0 0 0 0");
  for (const Address& user : {domain, other, percent})
    EXPECT_EQ(assign(a, user, nobody, b), "owners 2") << user.text();
  EXPECT_EQ(owners(a, {alice, domain, other, percent, address("a")}), "owners 1 2 2 2 0");
}

TEST_P(ClusterUsersSuite, UsersOfARequestHaveALimit) {
  const Incarnation a = come("a");
  std::vector<Address> users;
  AssignUsers assign{a, {}};
  for (std::size_t i = 0; i < kUsersPerRequestMax; ++i) {
    users.push_back(address("user" + std::to_string(i)));
    assign.users.push_back({users.back(), nobody, a});
  }
  const auto owned = [&](Incarnation by) {
    return ask<Owners>(FindOwners{a, users}).owners == std::vector(users.size(), by);
  };
  AssignUsers one_more = assign;
  one_more.users.push_back({alice, nobody, a});
  std::vector<Address> more_users = users;
  more_users.push_back(alice);
  EXPECT_EQ(asked(one_more), "too many");
  EXPECT_TRUE(owned(nobody)) << "none of them was";
  ask<Owners>(assign);
  EXPECT_TRUE(owned(a));
  EXPECT_EQ(asked(FindOwners{a, more_users}), "too many");
  EXPECT_EQ(asked(ReleaseUsers{a, more_users}), "too many");
  EXPECT_TRUE(owned(a));
  ask<Owners>(ReleaseUsers{a, users});
  EXPECT_TRUE(owned(nobody));
}

TEST_P(ClusterUsersSuite, WhatBelongsToTheForgottenIsSwept) {
  const Incarnation a = come("a");
  const Incarnation gone = come("gone", false, {});
  const Incarnation forgotten = come("forgotten");
  AssignUsers all{a, {{alice, nobody, a}, {bob, nobody, gone}}};
  for (int i = 0; i < 5; ++i)
    all.users.push_back({address("user" + std::to_string(i)), nobody, forgotten});
  ask<Owners>(all);
  asked(DeclareGone{a, gone});
  EXPECT_EQ(asked(SweepAssignments{a, 10}), "swept 0");
  asked(EndLease{forgotten});
  EXPECT_EQ(asked(SweepAssignments{a, 0}), "swept 0");
  EXPECT_EQ(asked(SweepAssignments{a, 2}), "swept 2");
  EXPECT_EQ(asked(SweepAssignments{a, 3}), "swept 3");
  EXPECT_EQ(asked(SweepAssignments{a, 3}), "swept 0");
  EXPECT_EQ(owners(a, {alice, bob, address("user0")}), "owners 1 2 0");
  asked(ForgetServer{a, gone});
  EXPECT_EQ(asked(SweepAssignments{a, 4'294'967'295}), "swept 1");
}

}  // namespace store_cluster_users_suite_test
}  // namespace muster::cluster
