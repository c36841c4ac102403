// What every store of the cluster must do about servers: each request of server/cluster_port.h,
// each refusal, each limit. The expectations come from there. (Users: cluster_users_suite_test.cc.)
#include "server/cluster_port.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/cluster_suite.h"

namespace muster::cluster {
namespace store_cluster_suite_test {

using testing::a_server;
using testing::address;
using enum Role;

INSTANTIATE_TEST_SUITE_P(All, ClusterSuite, ::testing::ValuesIn(all_clusters()), name_of);

// --- leases --------------------------------------------------------------------------------------

TEST_P(ClusterSuite, ALeaseMakesARow) {
  EXPECT_EQ(asked(TakeLease{a_server("a"), false, kLease}),
            "lease 1: main 0, epoch 0; 1 running 10s a");
  EXPECT_EQ(asked(TakeLease{a_server("b"), true, Duration::seconds(20)}),
            "lease 2: main 0, epoch 0; 1 running 10s a; 2 standby 20s b");
}

TEST_P(ClusterSuite, WhatAServerSaysOfItselfIsKept) {
  Self full = a_server("sip:muster-1@example.com;transport=tcp");
  full.link = {IpAddress::v4(192, 0, 2, 1), 65'535};
  full.endpoints = {
      {full.svr_id, ServerEndpoint::Kind::sip, true, "sip:192.0.2.1:5060"},
      {full.svr_id, ServerEndpoint::Kind::xmpp, true, ""},
      {full.svr_id, ServerEndpoint::Kind::wss, true, "wss://\u00e9.example.com/a?b=c,d:e"}};
  full.max_level = LoadLevel{4'294'967'295};
  Self some = a_server("b");
  some.link = {IpAddress{{0x20, 0x01, 0x0d, 0xb8}}, 1};
  some.endpoints = {{"b", ServerEndpoint::Kind::wss, true, "wss://b"}};
  some.max_level = LoadLevel{0};
  for (const Self& self : {full, some})
    ask<LeaseTaken>(TakeLease{self, false, kLease});
  store_->restart_process();
  const Directory found = ask<LeaseTaken>(TakeLease{a_server("c"), false, kLease}).directory;
  ASSERT_EQ(found.members.size(), 3u);
  EXPECT_EQ(found.members[0].self, full);
  EXPECT_EQ(found.members[1].self, some);
  EXPECT_EQ(found.members[2].self, a_server("c"));
}

TEST_P(ClusterSuite, WhetherAnEndpointIsOpenIsNotKept) {
  Self self = a_server("a");
  self.endpoints = {{"a", ServerEndpoint::Kind::sip, false, "sip:a"}};
  EXPECT_EQ(asked(TakeLease{self, false, kLease}),
            "lease 1: main 0, epoch 0; 1 running 10s a sip=sip:a");
}

TEST_P(ClusterSuite, IncarnationsGrowEvenIfNobodyIsLeft) {
  for (std::uint64_t i = 1; i < 5; ++i) {
    const Incarnation one = come("a");
    EXPECT_EQ(one.number(), i);
    EXPECT_EQ(asked(EndLease{one}), "lease ended");
    store_->restart_process();
  }
  store_->restart_machine();
  EXPECT_EQ(come("a").number(), 5u);
}

TEST_P(ClusterSuite, ALeaseRunsFromWhenItWasWritten) {
  const Incarnation a = come("a");
  const Incarnation looking = looker();
  const auto left = [&] {
    return ask<LeaseRenewed>(RenewLease{looking, kLease}).directory.members[0].time_left;
  };
  EXPECT_EQ(left(), kLease);
  pass(Duration::seconds(4));
  EXPECT_EQ(left(), Duration::seconds(6));
  pass(Duration::seconds(6) - kTick);
  EXPECT_EQ(left(), kTick);
  pass(kTick);
  EXPECT_EQ(left(), Duration());
  pass(Duration::hours(1));
  EXPECT_EQ(left(), Duration());
  EXPECT_EQ(asked(RenewLease{a, Duration::seconds(3)}),
            "renewed: main 0, epoch 0; 1 running 3s a; 2 standby 10s looker")
      << "nobody minded";
}

TEST_P(ClusterSuite, ARenewalMayBeForLess) {
  const Incarnation a = come("a");
  EXPECT_EQ(asked(RenewLease{a, kTick}), "renewed: main 0, epoch 0; 1 running 1us a");
  EXPECT_EQ(asked(RenewLease{a, {}}), "renewed: main 0, epoch 0; 1 running 0s a");
}

TEST_P(ClusterSuite, ALeaseThatRanOutHoldsWhileNobodyMinds) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  pass(kLease);
  EXPECT_EQ(asked(TakeMain{a}), "main in epoch 1");
  EXPECT_EQ(asked(SetRole{a, Epoch(1), b, running, draining}), "role set");
  EXPECT_EQ(assign(b, alice, nobody, a), "owners 1");
  EXPECT_EQ(asked(ReleaseUsers{a, {alice}}), "owners 0");
  EXPECT_EQ(asked(EndLease{a}), "lease ended");
}

TEST_P(ClusterSuite, AnotherLifeEndsTheOneBefore) {
  const Incarnation looking = looker();
  const Incarnation before = come("a");
  const Incarnation other = come("b");
  EXPECT_EQ(asked(TakeMain{before}), "main in epoch 1");
  EXPECT_EQ(assign(before, alice, nobody, before), "owners 2");
  EXPECT_EQ(asked(TakeLease{a_server("a"), false, kLease}),
            "lease 4: main 0, epoch 1; 1 standby 3600000s looker; 2 gone 10s a; 3 running 10s b; "
            "4 running 10s a");
  EXPECT_EQ(asked(RenewLease{before, kLease}), "fenced");
  EXPECT_EQ(owners(looking, {alice}), "owners 2") << "she is not free before it is forgotten";
  EXPECT_EQ(asked(TakeMain{other}), "main in epoch 2") << "the flag went with it";
}

// The main stays main whoever comes.
TEST_P(ClusterSuite, AnotherLifeOfAnotherLeavesTheFlag) {
  const Incarnation a = come("a");
  come("b");
  EXPECT_EQ(asked(TakeMain{a}), "main in epoch 1");
  const Directory after = ask<LeaseTaken>(TakeLease{a_server("b"), false, kLease}).directory;
  EXPECT_EQ(after.main, a);
  EXPECT_EQ(after.epoch, Epoch(1));
}

TEST_P(ClusterSuite, WhoEndsItsLeaseIsForgotten) {
  const Incarnation looking = looker();
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  asked(TakeMain{a});
  asked(AssignUsers{a, {{alice, nobody, a}, {bob, nobody, b}}});
  EXPECT_EQ(asked(EndLease{a}), "lease ended");
  EXPECT_EQ(directory(looking), "main 0, epoch 1; 1 standby 3600000s looker; 3 running 10s b");
  EXPECT_EQ(owners(looking, {alice, bob}), "owners 0 3");
  EXPECT_EQ(asked(EndLease{a}), "fenced");
  EXPECT_EQ(asked(TakeMain{b}), "main in epoch 2");
  EXPECT_EQ(asked(EndLease{b}), "lease ended");
}

TEST_P(ClusterSuite, ServersHaveALimit) {
  const Incarnation first = come("first", false, {});
  for (std::size_t i = 1; i + 1 < kMembersMax; ++i)
    come("s" + std::to_string(i));
  const Incarnation last = come("last");
  EXPECT_EQ(last.number(), kMembersMax);
  EXPECT_EQ(asked(TakeLease{a_server("more"), false, kLease}), "too many");
  EXPECT_EQ(ask<LeaseRenewed>(RenewLease{last, kLease}).directory.members.size(), kMembersMax);
  EXPECT_EQ(asked(DeclareGone{last, first}), "gone");
  EXPECT_EQ(come("more").number(), kMembersMax + 1);
  EXPECT_EQ(asked(TakeLease{a_server("more still"), false, kLease}), "too many");
  EXPECT_EQ(asked(ForgetServer{last, first}), "forgotten");
  EXPECT_EQ(asked(TakeLease{a_server("more still"), false, kLease}), "too many");
}

// All may have ended at once, and nobody be left who could bury one of them.
TEST_P(ClusterSuite, AnotherLifeIsNoServerMore) {
  for (std::size_t i = 0; i < kMembersMax; ++i)
    come("s" + std::to_string(i), false, {});
  EXPECT_EQ(asked(TakeLease{a_server("more"), false, kLease}), "too many");
  const Incarnation again = come("s7");
  EXPECT_EQ(again.number(), kMembersMax + 1);
  EXPECT_EQ(asked(TakeLease{a_server("more"), false, kLease}), "too many");
  EXPECT_EQ(asked(DeclareGone{again, Incarnation(1)}), "gone");
  EXPECT_EQ(come("more").number(), kMembersMax + 2);
}

// Each life is the end of the one before, and nobody forgets them.
TEST_P(ClusterSuite, WhoIsGoneKeepsNobodyOut) {
  for (std::size_t i = 0; i <= kMembersMax; ++i)
    come("a");
  const Incarnation b = come("b");
  EXPECT_EQ(ask<LeaseRenewed>(RenewLease{b, kLease}).directory.members.size(), kMembersMax + 2);
  for (std::uint64_t i = 1; i <= kMembersMax; ++i)
    EXPECT_EQ(asked(ForgetServer{b, Incarnation(i)}), "forgotten");
  EXPECT_EQ(ask<LeaseRenewed>(RenewLease{b, kLease}).directory.members.size(), 2u);
}

// --- fenced --------------------------------------------------------------------------------------

TEST_P(ClusterSuite, WhoIsGoneOrForgottenIsRefused) {
  const Incarnation looking = looker();
  const Incarnation gone = come("gone", false, {});
  const Incarnation forgotten = come("forgotten", false, {});
  const Incarnation main = come("main");
  const Incarnation dead = come("dead", false, {});
  asked(TakeMain{main});
  for (const Incarnation one : {gone, forgotten}) {
    assign(one, one == gone ? alice : bob, nobody, one);
    EXPECT_EQ(asked(DeclareGone{main, one}), "gone");
  }
  EXPECT_EQ(asked(ForgetServer{main, forgotten}), "forgotten");
  const std::vector<Address> too_many(kUsersPerRequestMax + 1, carol);
  const std::string before = directory(looking);
  for (const Incarnation by : {gone, forgotten, nobody, Incarnation(99)}) {
    const std::vector<ClusterRequest> all = {
        RenewLease{by, kLease},
        EndLease{by},
        TakeMain{by},
        DeclareGone{by, dead},
        DeclareGone{by, by},
        ForgetServer{by, gone},
        SetRole{by, Epoch(1), dead, running, draining},
        FindOwners{by, {alice}},
        FindOwners{by, too_many},
        AssignUsers{by, {{carol, nobody, main}}},
        ReleaseUsers{by, {alice}},
        ReleaseUsers{by, {}},
        SweepAssignments{by, 10},
    };
    ASSERT_EQ(all.size() - 2, std::variant_size_v<ClusterRequest>);
    for (const ClusterRequest& request : all)
      EXPECT_EQ(asked(request), "fenced") << testing::words(request);
  }
  EXPECT_EQ(directory(looking), before);
  EXPECT_EQ(owners(looking, {alice, bob, carol}), "owners 2 0 0");
  EXPECT_EQ(asked(SweepAssignments{main, 10}), "swept 1");
}

// --- the main ------------------------------------------------------------------------------------

TEST_P(ClusterSuite, OneHasTheFlagUntilItsLeaseRunsOut) {
  const Incarnation looking = looker();
  const Incarnation a = come("a");
  const Incarnation b = come("b", false, kLease + kLease);
  EXPECT_EQ(asked(TakeMain{a}), "main in epoch 1");
  EXPECT_EQ(asked(TakeMain{a}), "main in epoch 1") << "it has it";
  EXPECT_EQ(asked(TakeMain{b}), "held");
  pass(kLease - kTick);
  EXPECT_EQ(asked(TakeMain{b}), "held");
  pass(kTick);
  EXPECT_EQ(asked(TakeMain{a}), "main in epoch 1") << "nobody minded";
  EXPECT_EQ(asked(TakeMain{b}), "main in epoch 2");
  EXPECT_EQ(asked(TakeMain{a}), "held");
  EXPECT_EQ(directory(looking),
            "main 3, epoch 2; 1 standby 3600000s looker; 2 running 0s a; 3 running 10s b")
      << "who lost the flag lives on";
}

TEST_P(ClusterSuite, AMainThatRenewsKeepsTheFlag) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  asked(TakeMain{a});
  pass(kLease - kTick);
  asked(RenewLease{a, kLease});
  pass(kLease - kTick);
  EXPECT_EQ(asked(TakeMain{b}), "held");
  pass(kTick);
  EXPECT_EQ(asked(TakeMain{b}), "main in epoch 2");
}

TEST_P(ClusterSuite, OnlyARunningServerTakesTheFlag) {
  const Incarnation a = come("a");
  const Incarnation candidate = come("candidate", true);
  EXPECT_EQ(asked(TakeMain{candidate}), "not running");
  set_role(a, candidate, standby, running);
  set_role(a, candidate, running, draining);
  EXPECT_EQ(asked(TakeMain{candidate}), "held") << "that is said first";
  asked(EndLease{a});
  EXPECT_EQ(asked(TakeMain{candidate}), "not running");
  EXPECT_EQ(asked(RenewLease{candidate, kLease}),
            "renewed: main 0, epoch 1; 2 draining 10s candidate");
}

TEST_P(ClusterSuite, AMainKeepsTheFlagWhateverItsRole) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  set_role(a, a, running, draining);
  EXPECT_EQ(asked(TakeMain{a}), "main in epoch 1");
  EXPECT_EQ(asked(TakeMain{b}), "held");
  EXPECT_EQ(asked(SetRole{a, Epoch(1), a, draining, standby}), "role set");
  pass(kLease);
  EXPECT_EQ(asked(TakeMain{a}), "main in epoch 1");
  EXPECT_EQ(asked(TakeMain{b}), "main in epoch 2");
}

TEST_P(ClusterSuite, EpochsGrowOverAllRestarts) {
  for (std::uint64_t i = 1; i < 4; ++i) {
    const Incarnation a = come("a");
    EXPECT_EQ(ask<MainTaken>(TakeMain{a}).epoch, Epoch(i));
    if (i == 1) asked(EndLease{a});
    store_->restart_process();
    if (i == 2) store_->restart_machine();
  }
}

// --- roles ---------------------------------------------------------------------------------------

TEST_P(ClusterSuite, TheMainSetsRoles) {
  const Incarnation main = come("main");
  const Incarnation a = come("a", true);
  asked(TakeMain{main});
  Role now = standby;
  for (const Role next : {running, draining, running, standby, draining, standby, standby}) {
    EXPECT_EQ(asked(SetRole{main, Epoch(1), a, now, next}), "role set");
    now = next;
    EXPECT_EQ(ask<LeaseRenewed>(RenewLease{a, kLease}).directory.members[1].role, now);
  }
}

TEST_P(ClusterSuite, OnlyTheMainOfTheEpochSetsRoles) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  const Incarnation other = come("c");
  const auto drain = [&](Incarnation by, std::uint64_t epoch) {
    return asked(SetRole{by, Epoch(epoch), other, running, draining});
  };
  EXPECT_EQ(drain(a, 0), "not main");
  EXPECT_EQ(drain(a, 1), "not main");
  asked(TakeMain{a});
  EXPECT_EQ(drain(a, 0), "not main");
  EXPECT_EQ(drain(a, 2), "not main");
  EXPECT_EQ(drain(b, 1), "not main");
  pass(kLease);
  asked(TakeMain{b});
  EXPECT_EQ(drain(a, 1), "not main");
  EXPECT_EQ(drain(a, 2), "not main");
  EXPECT_EQ(drain(b, 1), "not main") << "an order of an earlier time of its";
  EXPECT_EQ(drain(b, 2), "role set");
}

TEST_P(ClusterSuite, ARoleThatIsNotAsTheMainThoughtIsNotSet) {
  const Incarnation main = come("main");
  const Incarnation a = come("a");
  const Incarnation dead = come("dead", false, {});
  const Incarnation forgotten = come("forgotten");
  asked(TakeMain{main});
  asked(DeclareGone{main, dead});
  asked(EndLease{forgotten});
  const auto set = [&](Incarnation of, Role from, Role to) {
    return asked(SetRole{main, Epoch(1), of, from, to});
  };
  EXPECT_EQ(set(a, standby, running), "changed");
  EXPECT_EQ(set(a, draining, running), "changed");
  EXPECT_EQ(set(forgotten, running, draining), "changed");
  EXPECT_EQ(set(nobody, standby, running), "changed");
  EXPECT_EQ(set(dead, running, draining), "changed");
  EXPECT_EQ(set(dead, gone, running), "changed") << "nobody comes back";
  EXPECT_EQ(set(a, running, gone), "changed");
  EXPECT_EQ(set(dead, gone, gone), "changed");
  EXPECT_EQ(asked(RenewLease{main, kLease}),
            "renewed: main 1, epoch 1; 1 running 10s main; 2 running 10s a; 3 gone 0s dead");
}

// --- the end of a server -------------------------------------------------------------------------

TEST_P(ClusterSuite, AServerIsGoneOnceItsLeaseRanOut) {
  const Incarnation looking = looker();
  const Incarnation a = come("a");
  const Incarnation b = come("b", true, kLease + kLease);
  asked(TakeMain{a});
  pass(kLease - kTick);
  EXPECT_EQ(asked(DeclareGone{b, a}), "held");
  pass(kTick);
  EXPECT_EQ(asked(DeclareGone{b, a}), "gone");
  EXPECT_EQ(asked(DeclareGone{b, a}), "gone") << "it is";
  EXPECT_EQ(directory(looking),
            "main 0, epoch 1; 1 standby 3600000s looker; 2 gone 0s a; 3 standby 10s b")
      << "and its flag";
  EXPECT_EQ(asked(DeclareGone{b, Incarnation(99)}), "gone") << "it is forgotten";
  EXPECT_EQ(asked(DeclareGone{b, nobody}), "gone");
}

TEST_P(ClusterSuite, WhoRenewsInTimeIsNotGone) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  pass(kLease);
  asked(RenewLease{a, kTick});
  EXPECT_EQ(asked(DeclareGone{b, a}), "held");
  EXPECT_EQ(asked(DeclareGone{b, b}), "gone") << "that its own ran out minds nobody but itself";
  EXPECT_EQ(asked(DeclareGone{b, b}), "fenced");
}

TEST_P(ClusterSuite, ThatAnotherIsGoneLeavesTheFlag) {
  const Incarnation main = come("main");
  const Incarnation dead = come("dead", false, {});
  asked(TakeMain{main});
  asked(DeclareGone{main, dead});
  EXPECT_EQ(asked(ForgetServer{main, dead}), "forgotten");
  EXPECT_EQ(asked(RenewLease{main, kLease}), "renewed: main 1, epoch 1; 1 running 10s main");
}

TEST_P(ClusterSuite, OnlyWhoIsGoneIsForgotten) {
  const Incarnation looking = looker();
  const Incarnation a = come("a");
  assign(a, alice, nobody, a);
  EXPECT_EQ(asked(ForgetServer{looking, a}), "held");
  pass(kLease);
  EXPECT_EQ(asked(ForgetServer{looking, a}), "held") << "nobody said that it is gone";
  asked(DeclareGone{looking, a});
  EXPECT_EQ(owners(looking, {alice}), "owners 2");
  EXPECT_EQ(asked(ForgetServer{looking, a}), "forgotten");
  EXPECT_EQ(owners(looking, {alice}), "owners 0");
  EXPECT_EQ(directory(looking), "main 0, epoch 0; 1 standby 3600000s looker");
  EXPECT_EQ(asked(ForgetServer{looking, a}), "forgotten") << "it is";
  EXPECT_EQ(asked(ForgetServer{looking, nobody}), "forgotten");
  EXPECT_EQ(asked(ForgetServer{looking, looking}), "held");
}

// --- time ----------------------------------------------------------------------------------------

TEST_P(ClusterSuite, ALeaseOutlivesTheProcessOfTheStore) {
  const Incarnation a = come("a");
  const Incarnation b = come("b");
  asked(TakeMain{a});
  pass(Duration::seconds(4));
  store_->restart_process();
  EXPECT_EQ(asked(TakeMain{b}), "held");
  EXPECT_EQ(asked(RenewLease{a, kLease}),
            "renewed: main 1, epoch 1; 1 running 10s a; 2 running 6s b");
}

TEST_P(ClusterSuite, WhereTimeBeginsAnewAllLeasesHaveRunOut) {
  pass(Duration::hours(1));
  const Incarnation a = come("a");
  const Incarnation b = come("b", false, Duration::hours(1'000));
  asked(TakeMain{a});
  assign(a, alice, nobody, a);
  store_->restart_machine();
  EXPECT_EQ(asked(RenewLease{b, kLease}),
            "renewed: main 1, epoch 1; 1 running 0s a; 2 running 10s b");
  EXPECT_EQ(owners(b, {alice}), "owners 1") << "all else is as it was";
  EXPECT_EQ(asked(TakeMain{b}), "main in epoch 2");
  pass(kTick);
  EXPECT_EQ(asked(RenewLease{a, kLease}),
            "renewed: main 2, epoch 2; 1 running 10s a; 2 running 9999999us b")
      << "nobody minded";
  EXPECT_EQ(asked(DeclareGone{b, a}), "held");
}

}  // namespace store_cluster_suite_test
}  // namespace muster::cluster
