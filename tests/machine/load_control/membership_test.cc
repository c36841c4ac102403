// A server's lease, the main's flag, and the burying of who is gone: each state and each answer of
// the cluster store. Expectations come from server/cluster_port.h and membership.h.
#include "server/load_control/membership.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/overloaded.h"
#include "support/module_world.h"

namespace muster {
namespace load_control_membership_test {

using cluster::ClusterRefused;
using cluster::Directory;
using cluster::Epoch;
using cluster::Incarnation;
using cluster::Member;
using cluster::Role;
using Words = std::vector<std::string>;

constexpr Incarnation kSelf(5);
constexpr Incarnation kOther(4);
constexpr Duration kLease = Duration::seconds(2);
constexpr Duration kRenew = Duration::milliseconds(500);
constexpr Duration kAgain = Duration::milliseconds(250);

std::string number(Incarnation incarnation) {
  return std::to_string(incarnation.number());
}

class MembershipTest : public ::testing::Test {
 protected:
  MembershipTest() : membership_(settings_) {
    settings_.self.svr_id = "sip:s5.example.com";
    settings_.lease_time = kLease;
    settings_.renew_after = kRenew;
    settings_.ask_again_after = kAgain;
  }

  // What was ordered since this was last called, but for what is logged.
  Words take() {
    Words words;
    const auto happened = world_.take();
    for (const Order& order : happened.orders) {
      std::visit(
          Overloaded{
              [&](const AskCluster& ask) {
                tickets_.push_back(ask.ticket);
                words.push_back(describe(ask.request));
              },
              [&](const FenceServer& fence) {
                words.push_back("fence " + number(fence.incarnation));
              },
              [&](const LeaseHeld& held) { words.push_back("held " + number(held.incarnation)); },
              [&](const Fenced&) { words.push_back("fenced"); },
              [&](const ToShard& to) {
                words.push_back("tell shard " + std::to_string(to.to.number()));
              },
              [&](const Log& log) { logged_.emplace_back(log.what); },
              [&](const auto&) { words.push_back("something else"); },
          },
          static_cast<const AnyOrder&>(order));
    }
    return words;
  }

  static std::string describe(const cluster::ClusterRequest& request) {
    return std::visit(
        Overloaded{
            [](const cluster::TakeLease& take) {
              return std::string("take lease, ") + (take.standby ? "standby" : "running");
            },
            [](const cluster::RenewLease& renew) { return "renew " + number(renew.by); },
            [](const cluster::EndLease& end) { return "end " + number(end.by); },
            [](const cluster::TakeMain& take) { return "take main " + number(take.by); },
            [](const cluster::DeclareGone& gone) { return "gone " + number(gone.gone); },
            [](const cluster::ForgetServer& forget) { return "forget " + number(forget.gone); },
            [](const auto&) { return std::string("another request"); },
        },
        request);
  }

  // To the oldest question that has no answer, or to the last.
  void answer(cluster::ClusterReply reply, bool last = false) {
    ASSERT_FALSE(tickets_.empty());
    const auto which = last ? tickets_.end() - 1 : tickets_.begin();
    const Ticket ticket = *which;
    tickets_.erase(which);
    membership_.on(world_.now, ClusterAnswered{ticket, std::move(reply)}, world_.out);
  }

  static Member member(Incarnation incarnation, Role role = Role::running,
                       Duration time_left = kLease) {
    return {
        {"sip:s" + number(incarnation) + ".example.com", {}, {}, {}}, incarnation, role, time_left};
  }
  static Directory directory(std::vector<Member> members, Incarnation main = kSelf) {
    return {std::move(members), main, Epoch(main == Incarnation() ? 0 : 1)};
  }

  void pass(Duration time) {
    world_.pass(time);
    membership_.wake(world_.now, world_.out);
  }

  // It has its lease, and nothing is asked.
  void join(Directory directory) {
    membership_.on(world_.now, Started{}, world_.out);
    take();
    answer(cluster::LeaseTaken{kSelf, std::move(directory)});
    take();
    logged_.clear();
  }
  // The directory is read anew.
  Words renewed(Directory directory) {
    pass(kRenew);
    take();
    answer(cluster::LeaseRenewed{std::move(directory)}, true);
    return take();
  }

  testing::ModuleWorld world_;
  ClusterSettings settings_;
  Membership membership_;
  std::vector<Ticket> tickets_;
  Words logged_;
};

// --- the lease -----------------------------------------------------------------------------------

TEST_F(MembershipTest, TakesItsLeaseAtTheStart) {
  EXPECT_EQ(membership_.state(), Membership::State::apart);
  membership_.on(world_.now, Started{}, world_.out);
  EXPECT_EQ(take(), Words({"take lease, running"}));
  EXPECT_EQ(membership_.next_deadline(), std::nullopt);
  answer(cluster::LeaseTaken{kSelf, directory({member(kSelf)})});
  EXPECT_EQ(take(), Words({"held 5"}));
  EXPECT_EQ(membership_.state(), Membership::State::member);
  EXPECT_EQ(membership_.self(), kSelf);
}

TEST_F(MembershipTest, ACandidateSaysThatItIsOne) {
  settings_.standby = true;
  membership_.on(world_.now, Started{}, world_.out);
  EXPECT_EQ(take(), Words({"take lease, standby"}));
}

TEST_F(MembershipTest, RenewsItCountedFromWhenItWasAskedFor) {
  membership_.on(world_.now, Started{}, world_.out);
  take();
  const Instant asked = world_.now.instant;
  pass(Duration::milliseconds(100));
  answer(cluster::LeaseTaken{kSelf, directory({member(kSelf)})});
  take();
  EXPECT_EQ(membership_.next_deadline(), asked + kRenew);
  pass(Duration::milliseconds(399));
  EXPECT_EQ(take(), Words());
  pass(Duration::milliseconds(1));
  EXPECT_EQ(take(), Words({"renew 5"}));
}

TEST_F(MembershipTest, AsksOnceAtATime) {
  join(directory({member(kSelf)}));
  pass(kRenew);
  EXPECT_EQ(take(), Words({"renew 5"}));
  pass(kRenew);
  EXPECT_EQ(take(), Words());
}

TEST_F(MembershipTest, AsksAgainWhenTheStoreFails) {
  membership_.on(world_.now, Started{}, world_.out);
  take();
  answer(StoreFailed{});
  EXPECT_EQ(membership_.next_deadline(), world_.now.instant + kAgain);
  pass(kAgain);
  EXPECT_EQ(take(), Words({"take lease, running"}));
  answer(ClusterRefused{ClusterRefused::Why::too_many});
  pass(kAgain);
  EXPECT_EQ(take(), Words({"take lease, running"}));
  answer(cluster::LeaseTaken{kSelf, directory({member(kSelf)})});
  take();
  pass(kRenew);
  take();
  answer(StoreFailed{});
  pass(kAgain);
  EXPECT_EQ(take(), Words({"renew 5"}));
}

// By our own clock, from when it was asked for: the store's begins later.
TEST_F(MembershipTest, TheLeaseRunsFromWhenItWasAskedFor) {
  membership_.on(world_.now, Started{}, world_.out);
  take();
  pass(Duration::milliseconds(700));
  answer(cluster::LeaseTaken{kSelf, directory({member(kSelf)})});
  pass({});
  take();
  logged_.clear();
  pass(kLease - Duration::milliseconds(701));
  take();
  EXPECT_EQ(logged_, Words());
  pass(Duration::milliseconds(1));
  take();
  EXPECT_EQ(logged_, Words({"lease-lapsed"}));
}

// A store that is away is no reason to drop everybody: it is told, once, and goes on asking.
TEST_F(MembershipTest, TellsOnceThatItsLeaseRanOutAndComesBack) {
  join(directory({member(kSelf)}));
  pass(kRenew);
  take();
  pass(kLease - kRenew);
  pass(Duration::seconds(1));
  EXPECT_EQ(take(), Words());
  EXPECT_EQ(logged_, Words({"lease-lapsed"}));
  EXPECT_EQ(membership_.state(), Membership::State::member);
  answer(StoreFailed{});
  pass(kAgain);
  take();
  answer(cluster::LeaseRenewed{directory({member(kSelf)})});
  logged_.clear();
  pass(kRenew);
  EXPECT_EQ(take(), Words({"renew 5"}));
  pass(kLease - kRenew);
  take();
  EXPECT_EQ(logged_, Words({"lease-lapsed"})) << "and is told of again";
}

TEST_F(MembershipTest, IsOverWhenItIsFenced) {
  join(directory({member(kSelf)}));
  pass(kRenew);
  take();
  answer(ClusterRefused{ClusterRefused::Why::fenced});
  EXPECT_EQ(take(), Words({"fenced"}));
  EXPECT_EQ(membership_.state(), Membership::State::over);
  EXPECT_EQ(membership_.next_deadline(), std::nullopt);
  pass(Duration::seconds(10));
  EXPECT_EQ(take(), Words());
}

TEST_F(MembershipTest, LearnsOfItOnceWhateverItHasUnderWay) {
  join(directory({member(kSelf), member(kOther, Role::running, {})}));
  pass(kRenew);
  take();
  ASSERT_EQ(tickets_.size(), 2);
  answer(ClusterRefused{ClusterRefused::Why::fenced});
  answer(ClusterRefused{ClusterRefused::Why::fenced});
  EXPECT_EQ(take(), Words({"fenced"}));
}

// --- the flag ------------------------------------------------------------------------------------

TEST_F(MembershipTest, TakesTheFlagWhereNobodyHasIt) {
  membership_.on(world_.now, Started{}, world_.out);
  take();
  answer(cluster::LeaseTaken{kSelf, directory({member(kSelf)}, {})});
  EXPECT_EQ(take(), Words({"held 5", "take main 5"}));
  EXPECT_FALSE(membership_.is_main());
  // Asked once; and who has it, the directory says.
  EXPECT_EQ(renewed(directory({member(kSelf)}, {})), Words());
  answer(cluster::MainTaken{Epoch(1)});
  EXPECT_EQ(membership_.next_deadline(), world_.now.instant);
  pass({});
  EXPECT_EQ(take(), Words({"renew 5"}));
  answer(cluster::LeaseRenewed{directory({member(kSelf)})});
  EXPECT_TRUE(membership_.is_main());
  EXPECT_EQ(take(), Words());
}

TEST_F(MembershipTest, TakesItFromAServerWhoseLeaseRanOut) {
  join(directory({member(kSelf), member(kOther)}, kOther));
  EXPECT_EQ(renewed(directory(
                {member(kSelf), member(kOther, Role::running, Duration::microseconds(1))}, kOther)),
            Words());
  EXPECT_EQ(renewed(directory({member(kSelf), member(kOther, Role::running, {})}, kOther)),
            Words({"take main 5"}));
}

TEST_F(MembershipTest, TriesAgainIfAnotherIsFaster) {
  join(directory({member(kSelf), member(kOther, Role::running, {})}, kOther));
  ASSERT_EQ(tickets_.size(), 1);
  answer(ClusterRefused{ClusterRefused::Why::held});
  EXPECT_EQ(take(), Words());
  EXPECT_EQ(renewed(directory({member(kSelf)}, {})), Words({"take main 5"}));
  answer(StoreFailed{});
  EXPECT_EQ(renewed(directory({member(kSelf)}, {})), Words({"take main 5"}));
}

TEST_F(MembershipTest, OnlyAServerThatRunsTakesIt) {
  join(directory({member(kSelf, Role::standby)}, {}));
  EXPECT_TRUE(tickets_.empty());
  EXPECT_EQ(renewed(directory({member(kSelf, Role::draining)}, {})), Words());
  EXPECT_EQ(renewed(directory({member(kSelf)}, {})), Words({"take main 5"}));
}

// --- burying -------------------------------------------------------------------------------------

TEST_F(MembershipTest, TheMainBuriesWhoseLeaseRanOut) {
  join(directory({member(kSelf), member(kOther)}));
  const Directory silent = directory({member(kSelf), member(kOther, Role::running, {})});
  EXPECT_EQ(renewed(silent), Words({"gone 4"}));
  EXPECT_EQ(renewed(silent), Words());
  answer(cluster::ServerIsGone{});
  EXPECT_EQ(take(), Words({"fence 4"}));
  EXPECT_EQ(renewed(directory({member(kSelf), member(kOther, Role::gone, {})})), Words());
  membership_.on(world_.now, ServerFenced{kOther, true}, world_.out);
  EXPECT_EQ(take(), Words({"forget 4"}));
  answer(cluster::ServerForgotten{});
  EXPECT_EQ(take(), Words());
  EXPECT_EQ(membership_.next_deadline(), world_.now.instant);
  EXPECT_EQ(logged_, Words({"server-gone"}));
}

TEST_F(MembershipTest, OthersLeaveItToTheMain) {
  const Incarnation main(3);
  join(directory({member(main), member(kSelf), member(kOther, Role::running, {})}, main));
  EXPECT_TRUE(tickets_.empty());
}

// An earlier life of ours, or one that a main left half buried.
TEST_F(MembershipTest, WhoIsDeclaredGoneIsFencedFirst) {
  join(directory({member(kSelf), member(kOther)}));
  EXPECT_EQ(renewed(directory({member(kOther, Role::gone), member(kSelf)})), Words({"fence 4"}));
}

TEST_F(MembershipTest, EachStepThatFailsIsTriedAgain) {
  join(directory({member(kSelf), member(kOther)}));
  const Directory silent = directory({member(kSelf), member(kOther, Role::running, {})});
  const Directory gone = directory({member(kSelf), member(kOther, Role::gone, {})});
  EXPECT_EQ(renewed(silent), Words({"gone 4"}));
  answer(StoreFailed{});
  EXPECT_EQ(renewed(silent), Words({"gone 4"}));
  // It renewed its lease between.
  answer(ClusterRefused{ClusterRefused::Why::held});
  EXPECT_EQ(renewed(silent), Words({"gone 4"}));
  answer(cluster::ServerIsGone{});
  EXPECT_EQ(take(), Words({"fence 4"}));
  membership_.on(world_.now, ServerFenced{kOther, false}, world_.out);
  EXPECT_EQ(renewed(gone), Words({"fence 4"}));
  membership_.on(world_.now, ServerFenced{kOther, true}, world_.out);
  EXPECT_EQ(take(), Words({"forget 4"}));
  answer(StoreFailed{});
  EXPECT_EQ(renewed(gone), Words({"fence 4"}));
}

// --- leaving -------------------------------------------------------------------------------------

TEST_F(MembershipTest, LeavesByEndingItsLease) {
  join(directory({member(kSelf)}));
  membership_.leave(world_.now, world_.out);
  membership_.leave(world_.now, world_.out);
  EXPECT_EQ(take(), Words({"end 5"}));
  EXPECT_EQ(membership_.state(), Membership::State::leaving);
  answer(cluster::LeaseEnded{});
  EXPECT_EQ(membership_.state(), Membership::State::over);
  EXPECT_EQ(membership_.next_deadline(), std::nullopt);
}

TEST_F(MembershipTest, EndsItAfterTheAnswerThatItAwaits) {
  join(directory({member(kSelf)}));
  pass(kRenew);
  take();
  membership_.leave(world_.now, world_.out);
  EXPECT_EQ(take(), Words());
  answer(cluster::LeaseRenewed{directory({member(kSelf), member(kOther, Role::gone)})});
  EXPECT_EQ(take(), Words());
  pass({});
  EXPECT_EQ(take(), Words({"end 5"}));
}

TEST_F(MembershipTest, EndsALeaseThatItWasJustTaking) {
  membership_.on(world_.now, Started{}, world_.out);
  take();
  membership_.leave(world_.now, world_.out);
  answer(cluster::LeaseTaken{kSelf, directory({member(kSelf)}, {})});
  EXPECT_EQ(take(), Words()) << "nobody is to be served by it";
  pass({});
  EXPECT_EQ(take(), Words({"end 5"}));
}

TEST_F(MembershipTest, HasNothingToEndWithoutALease) {
  membership_.on(world_.now, Started{}, world_.out);
  take();
  answer(StoreFailed{});
  membership_.leave(world_.now, world_.out);
  EXPECT_EQ(membership_.state(), Membership::State::over);
  EXPECT_EQ(take(), Words());
}

TEST_F(MembershipTest, TriesAgainToEndIt) {
  join(directory({member(kSelf)}));
  membership_.leave(world_.now, world_.out);
  take();
  answer(StoreFailed{});
  pass(kAgain);
  EXPECT_EQ(take(), Words({"end 5"}));
  // Fenced it is over too: nobody is served, so there is nothing to begin anew.
  answer(ClusterRefused{ClusterRefused::Why::fenced});
  EXPECT_EQ(membership_.state(), Membership::State::over);
  EXPECT_EQ(take(), Words());
}

TEST_F(MembershipTest, TellsOnceThatThereIsNoRoomForIt) {
  membership_.on(world_.now, Started{}, world_.out);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(take().size(), 1u) << "it goes on asking";
    answer(ClusterRefused{ClusterRefused::Why::too_many});
    pass(kAgain);
  }
  EXPECT_EQ(logged_, Words({"lease-refused"}));
}

TEST_F(MembershipTest, TakesNoLeaseAnyMoreWhenTheStoreFailedIt) {
  membership_.on(world_.now, Started{}, world_.out);
  take();
  membership_.leave(world_.now, world_.out);
  answer(StoreFailed{});
  EXPECT_EQ(membership_.state(), Membership::State::over);
}

}  // namespace load_control_membership_test
}  // namespace muster
