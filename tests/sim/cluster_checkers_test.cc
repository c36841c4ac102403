// The checkers of a cluster find what they are for, and let pass what is right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codec/address/jid.h"
#include "sim/checkers/assignment.h"
#include "sim/checkers/levels.h"
#include "sim/checkers/lives.h"
#include "sim/sitter.h"

namespace muster::sim {
namespace sim_cluster_checkers_test {

using cluster::Incarnation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Address kJuliet = *parse_jid("juliet@example.com");

// Two servers that know one another; and juliet, who is there, but told neither of them.
class ClusterCheckers : public ::testing::Test {
 protected:
  ClusterCheckers() {
    world_.start_all();
    world_.run_for(Duration::seconds(5));
    one_ = said_by(0)[0].member.incarnation;
    other_ = said_by(0)[1].member.incarnation;
    main_ = cluster().main();
  }

  static World::Plan plan() {
    World::Plan plan;
    plan.servers = 2;
    plan.cluster = true;
    plan.settings.domains = {"example.com"};
    plan.settings.plain_without_tls = true;
    return plan;
  }
  Sitter& juliet_comes() {
    auto juliet = std::make_unique<Sitter>(kJuliet, Endpoint{IpAddress::v4(10, 1, 0, 1), 40'000});
    Sitter& kept = *juliet;
    crowd_.add(std::move(juliet));
    return kept;
  }
  ClusterMemory& cluster() { return world_.cluster_store().memory(); }
  void assign(Incarnation to) {
    cluster().carry_out(world_.timeline().now() - Instant(),
                        cluster::AssignUsers{to, {{kJuliet, {}, to}}});
  }
  std::vector<ServerSeen> said_by(std::size_t server) {
    std::vector<ServerSeen> said;
    world_.server(server).administer(ListServers{},
                                     [&](AdminReply reply) { said = std::move(reply.servers); });
    world_.settle();
    return said;
  }
  const Server& server_of(Incarnation life) const {
    return world_.server(life_of(world_, world_.server(0)) == life ? 0 : 1);
  }
  void ask_servers() { told_ = {said_by(0), said_by(1)}; }
  // That it has one user, in level 1, and these.
  void let_say(Incarnation of, std::uint64_t xmpp, std::uint64_t sip, std::uint64_t resources) {
    for (std::vector<ServerSeen>& said : told_) {
      for (ServerSeen& seen : said) {
        if (seen.member.incarnation != of) continue;
        seen.load = {cluster::LoadLevel{1}, 1};
        seen.own = ServerSeen::Own{*seen.load, xmpp, sip, resources, 0, {}};
      }
    }
  }
  View view() const { return {world_, crowd_, told_}; }
  std::vector<std::string> found() const {
    std::vector<std::string> all;
    for (const Findings::Finding& finding : findings_.all())
      all.push_back(finding.checker + ": " + finding.what);
    return all;
  }

  World world_{plan()};
  Crowd crowd_{world_};
  Findings findings_;
  std::vector<std::vector<ServerSeen>> told_;
  Incarnation one_;
  Incarnation other_;
  Incarnation main_;
};

// --- assignment ----------------------------------------------------------------------------------

class AssignmentChecker : public ClusterCheckers {
 protected:
  AssignmentChecker() { assignment_.at_step(view()); }
  void asks(const cluster::ClusterRequest& request) {
    assignment_.asked(request);
    assignment_.at_step(view());
  }
  void is_sent_on(int step) {
    assignment_.happened({view().now(), AgentId(0), WasSentOn{step}});
    assignment_.at_step(view());
  }
  cluster::SetRole order(Incarnation by, cluster::Epoch epoch) const {
    return {by, epoch, other_, cluster::Role::running, cluster::Role::draining};
  }

  Assignment assignment_{findings_};
};

TEST_F(AssignmentChecker, OnlyTheMainOfAnEpochGivesOrdersInIt) {
  ASSERT_EQ(cluster().epoch(), cluster::Epoch(1));
  asks(order(main_, cluster::Epoch(1)));
  EXPECT_THAT(found(), IsEmpty());
  asks(order(main_ == one_ ? other_ : one_, cluster::Epoch(1)));
  asks(order(main_, cluster::Epoch(2)));
  EXPECT_THAT(found(), ElementsAre(HasSubstr("epoch 1"), HasSubstr("epoch 2")));
}

TEST_F(AssignmentChecker, AnEpochHasOneMain) {
  // Another world, where servers came later, is what the store would have to become.
  World second(plan());
  for (const char* id : {"sip:x.example.com", "sip:y.example.com"}) {
    cluster::TakeLease gone;
    gone.self.svr_id = id;
    second.cluster_store().memory().carry_out({}, gone);
  }
  second.start_all();
  second.run_for(Duration::seconds(5));
  ASSERT_EQ(second.cluster_store().memory().epoch(), cluster::Epoch(1));
  Crowd nobody(second);
  assignment_.at_step({second, nobody});
  EXPECT_THAT(found(), ElementsAre(HasSubstr("is main in epoch 1, which had life")));
}

TEST_F(AssignmentChecker, WhoIsForgottenIsFenced) {
  asks(cluster::ForgetServer{one_, other_});
  EXPECT_THAT(found(), ElementsAre(HasSubstr("may still write")));
  world_.store().fence(ServerId(0), other_, [](bool) {});
  world_.settle();
  asks(cluster::ForgetServer{one_, other_});
  EXPECT_EQ(found().size(), 1u);
}

TEST_F(AssignmentChecker, WhoIsSentOnIsServedInTheEnd) {
  juliet_comes();
  assign(one_);
  is_sent_on(3);
  EXPECT_THAT(found(), IsEmpty()) << "while servers may die";
  assignment_.at_rest(view());
  is_sent_on(Assignment::kSentOnMax);
  EXPECT_THAT(found(), IsEmpty());
  is_sent_on(Assignment::kSentOnMax + 1);
  EXPECT_THAT(found(),
              ElementsAre(HasSubstr(
                  "juliet@example.com/home is sent on to a server after another, 3 by now")));
}

// Whoever she is sent to may die; but the one that has her is to be found.
TEST_F(AssignmentChecker, WhileServersMayDieSheIsNotSentOnWithoutEnd) {
  juliet_comes();
  assign(one_);
  constexpr int kMost = Assignment::kSentOnInTroubleMax;
  for (int step = 1; step <= kMost; ++step)
    is_sent_on(step);
  // She has another owner.
  cluster().carry_out(world_.timeline().now() - Instant(),
                      cluster::AssignUsers{one_, {{kJuliet, one_, other_}}});
  for (int step = kMost + 1; step <= 2 * kMost; ++step)
    is_sent_on(step);
  EXPECT_THAT(found(), IsEmpty());
  is_sent_on(2 * kMost + 1);
  EXPECT_THAT(found(), ElementsAre(HasSubstr("juliet@example.com/home is sent on")));
}

TEST_F(AssignmentChecker, WhoIsThereHasAnOwnerWhoServes) {
  assignment_.at_rest(view());
  EXPECT_THAT(found(), IsEmpty());
  juliet_comes();
  assignment_.at_rest(view());
  EXPECT_THAT(found(), ElementsAre(HasSubstr("has no owner")));
  assign(other_);
  assignment_.at_rest(view());
  EXPECT_EQ(found().size(), 1u);
  // Its lease has run out long ago.
  const Duration later = Duration::hours(100);
  cluster().carry_out(later, cluster::RenewLease{one_, later});
  cluster().carry_out(later, cluster::DeclareGone{one_, other_});
  assignment_.at_rest(view());
  EXPECT_THAT(found(), ElementsAre(HasSubstr("has no owner"), HasSubstr("serves nobody")));
}

// --- load ----------------------------------------------------------------------------------------

TEST_F(ClusterCheckers, WhatIsSaidOfAServerIsSo) {
  ask_servers();
  EXPECT_EQ(Levels::difference(view()), "");
  // Both count nobody.
  juliet_comes();
  assign(one_);
  EXPECT_THAT(Levels::difference(view()),
              HasSubstr("0 by XMPP, 0 by SIP, 0 resources, not 1 by XMPP, 0 by SIP"));
  Levels levels(findings_);
  levels.at_rest(view());
  levels.at_end(view());
  EXPECT_EQ(found().size(), 2u);
}

TEST_F(ClusterCheckers, AllServersSayTheSame) {
  const auto differs = [&](const auto& change) {
    ask_servers();
    change(told_[0][0].itself ? told_[0][1] : told_[0][0]);
    return Levels::difference(view());
  };
  EXPECT_EQ(differs([](ServerSeen&) {}), "");
  EXPECT_THAT(differs([](ServerSeen& seen) { seen.linked = false; }), HasSubstr("no link"));
  EXPECT_THAT(differs([](ServerSeen& seen) { seen.load.reset(); }), HasSubstr("not known"));
  EXPECT_THAT(differs([](ServerSeen& seen) { ++seen.load->users; }), HasSubstr("of 1 users"));
  EXPECT_THAT(differs([](ServerSeen& seen) { ++seen.load->level.value; }), HasSubstr("level 1"));
  EXPECT_THAT(differs([](ServerSeen& seen) { ++seen.own->load.users; }), HasSubstr("says 1 users"));
  EXPECT_THAT(differs([](ServerSeen& seen) { ++seen.own->sip; }), HasSubstr("1 by SIP"));
  ask_servers();
  (told_[0][0].itself ? told_[0][0] : told_[0][1]).own.reset();
  EXPECT_THAT(Levels::difference(view()), HasSubstr("did not say what it has"));
  ask_servers();
  told_[1].pop_back();
  EXPECT_THAT(Levels::difference(view()), HasSubstr("knows 1 servers"));
}

// By the index: one user and 20 resources are level 1, of another one user more are level 2.
TEST_F(ClusterCheckers, ALevelIsWhatItsDefinitionSays) {
  juliet_comes();
  assign(one_);
  ask_servers();
  let_say(one_, 1, 0, 0);
  EXPECT_EQ(Levels::difference(view()), "");
  for (std::vector<ServerSeen>& said : told_) {
    for (ServerSeen& seen : said) {
      if (seen.member.incarnation == one_) seen.load->level = cluster::LoadLevel{2};
    }
  }
  EXPECT_THAT(Levels::difference(view()), HasSubstr("level 2 of 1 users, not 1 of 1 users"));
}

// Of a phone that was moved the registration stays where it is, until she is present at her owner.
TEST_F(ClusterCheckers, WhoWasMovedCountsAlsoWhereHerPhoneIsRegistered) {
  Sitter& juliet = juliet_comes();
  juliet.is = AgentKind::phone;
  juliet.has[*parse_jid("romeo@example.com")] = {true, false, false};
  const Instant now = view().now();
  juliet.is_registered = {server_of(other_).sip_at(), now, now + Duration::seconds(1)};
  assign(one_);
  ask_servers();
  let_say(one_, 0, 1, 1);
  EXPECT_THAT(Levels::difference(view()), HasSubstr("not 0 by XMPP, 1 by SIP, 0 resources"));
  let_say(other_, 0, 1, 0);
  EXPECT_EQ(Levels::difference(view()), "");
  // She has published, and is present where she has come to.
  juliet.shows = {{"desk", {}}};
  EXPECT_THAT(Levels::difference(view()), HasSubstr("not 0 by XMPP, 0 by SIP, 0 resources"));
  juliet.shows.clear();
  world_.run_for(Duration::seconds(1));
  EXPECT_THAT(Levels::difference(view()), HasSubstr("not 0 by XMPP, 0 by SIP, 0 resources"));
}

TEST_F(ClusterCheckers, WhoHasNotComeToHerOwnerCountsNotThere) {
  Sitter& juliet = juliet_comes();
  juliet.is = AgentKind::phone;
  juliet.shows = {{"desk", {}}};
  juliet.is_registered = {server_of(other_).sip_at(), view().now(),
                          view().now() + Duration::seconds(1)};
  assign(one_);
  ask_servers();
  let_say(other_, 0, 1, 0);
  EXPECT_EQ(Levels::difference(view()), "");
}

}  // namespace sim_cluster_checkers_test
}  // namespace muster::sim
