// The checkers of what servers decide for their cluster find what they are for, and let pass what
// is right. Here nobody decides but the test, which says what a server asked and told in a turn.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "codec/address/jid.h"
#include "sim/checkers/lives.h"
#include "sim/checkers/placing.h"
#include "sim/checkers/recruiting.h"

namespace muster::sim {
namespace sim_decisions_checkers_test {

using cluster::AssignUsers;
using cluster::Incarnation;
using cluster::LoadLevel;
using cluster::Role;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Decided = std::variant<cluster::ClusterRequest, Log>;

// Two servers that run, with room for two users each, and two candidates.
class DecisionsTest : public ::testing::Test {
 protected:
  explicit DecisionsTest(std::uint32_t max = 2) : world_(plan(max)) {
    world_.start_all();
    world_.run_for(Duration::seconds(5));
    one_ = life_of(world_, world_.server(0)).value_or(Incarnation());
    other_ = life_of(world_, world_.server(1)).value_or(Incarnation());
  }

  static World::Plan plan(std::uint32_t max) {
    World::Plan plan;
    plan.servers = 4;
    plan.standbys = 2;
    plan.cluster = true;
    plan.max_level = LoadLevel{max};
    plan.settings.domains = {"example.com"};
    return plan;
  }
  // A turn of the first server.
  void decides(Decisions& checker, const std::vector<Decided>& all) {
    checker.turn_begins(world_.server(0));
    for (const Decided& one : all) {
      const auto* request = std::get_if<cluster::ClusterRequest>(&one);
      request != nullptr ? checker.asked(*request) : checker.told_operator(std::get<Log>(one));
    }
    checker.at_step(view());
  }
  AssignUsers gives(std::size_t users, Incarnation to, Incarnation from = {}) const {
    AssignUsers assign{one_, {}};
    for (std::size_t i = 0; i < users; ++i)
      assign.users.push_back({user(i), from, to});
    return assign;
  }
  static Address user(std::size_t number) {
    return *parse_jid("user" + std::to_string(number) + "@example.com");
  }
  View view() const { return {world_, crowd_, told_}; }
  std::vector<std::string> found() const {
    std::vector<std::string> all;
    for (const Findings::Finding& finding : findings_.all())
      all.push_back(finding.checker + ": " + finding.what);
    return all;
  }

  World world_;
  Crowd crowd_{world_};
  Findings findings_;
  std::vector<std::vector<ServerSeen>> told_;
  Incarnation one_;
  Incarnation other_;
};

// --- placing -------------------------------------------------------------------------------------

class PlacingChecker : public DecisionsTest {
 protected:
  Placing placing_{findings_};
};

TEST_F(PlacingChecker, NoMoreAreGivenThanThereArePlaces) {
  decides(placing_, {gives(2, one_), gives(2, other_)});
  EXPECT_THAT(found(), IsEmpty());
  decides(placing_, {gives(3, one_), gives(3, other_)});
  EXPECT_THAT(found(), ElementsAre("placing: life 1 gives 3 to life 1, which has level 0 of 2",
                                   "placing: life 1 gives 3 to life 2, which has level 0 of 2"));
}

TEST_F(PlacingChecker, WhoIsMovedIsNotNew) {
  decides(placing_, {gives(3, other_, one_)});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(PlacingChecker, WhoComesBackStaysIfHerServerLetsHerGo) {
  decides(placing_, {gives(2, one_), cluster::ReleaseUsers{other_, {user(0)}}});
  decides(placing_, {gives(3, one_)});
  EXPECT_THAT(found(), IsEmpty());
  // She does not come back to any other one.
  decides(placing_, {gives(3, other_)});
  EXPECT_EQ(found().size(), 1u);
  world_.run_for(Placing::kYieldedFor + Duration::seconds(1));
  decides(placing_, {gives(3, one_)});
  EXPECT_EQ(found().size(), 2u);
}

TEST_F(PlacingChecker, SoDoesWhoseServerIsForgotten) {
  decides(placing_, {cluster::ForgetServer{one_, other_}});
  decides(placing_, {gives(3, one_)});
  EXPECT_THAT(found(), IsEmpty());
}

// --- recruiting ----------------------------------------------------------------------------------

class RecruitingChecker : public DecisionsTest {
 protected:
  explicit RecruitingChecker(std::uint32_t max = 2) : DecisionsTest(max) {}
  static Log line(std::string_view what, std::size_t server) {
    return {Log::Level::info, what, "sip:s" + std::to_string(server) + ".example.com", {}};
  }
  cluster::SetRole takes_in() const {
    return {one_, cluster::Epoch(1), Incarnation(3), Role::standby, Role::running};
  }

  Recruiting recruiting_{findings_};
};

class RecruitingCheckerOfTheFull : public RecruitingChecker {
 protected:
  RecruitingCheckerOfTheFull() : RecruitingChecker(0) {}
};

TEST_F(RecruitingChecker, WhileThereIsRoomNobodyIsRecruited) {
  decides(recruiting_, {line("recruiting", 2)});
  EXPECT_THAT(found(),
              ElementsAre("recruiting: sip:s0.example.com recruits sip:s2.example.com, though "
                          "life 1 has at most level 0 of 2",
                          HasSubstr("though life 2 has at most level 0 of 2")));
}

TEST_F(RecruitingChecker, WhoMayBeOnTheWayCounts) {
  decides(recruiting_, {gives(2, one_), gives(1, other_)});
  decides(recruiting_, {line("recruiting", 2)});
  EXPECT_THAT(found(), ElementsAre(HasSubstr("life 2 has at most level 1 of 2")));
  world_.run_for(Recruiting::kComingFor + Duration::seconds(1));
  decides(recruiting_, {line("not-recruited", 2), line("recruiting", 2)});
  EXPECT_EQ(found().size(), 3u) << "she has come, or does not come any more";
}

TEST_F(RecruitingCheckerOfTheFull, OneIsRecruitedWhenAllAreFull) {
  decides(recruiting_, {line("recruiting", 2)});
  decides(recruiting_, {takes_in()});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(RecruitingCheckerOfTheFull, OneIsAskedAtATime) {
  decides(recruiting_, {line("recruiting", 2)});
  decides(recruiting_, {line("recruiting", 3)});
  EXPECT_THAT(found(), ElementsAre(HasSubstr("recruits sip:s3.example.com, and has asked sip:s2")));
  decides(recruiting_, {line("not-recruited", 3)});
  decides(recruiting_, {line("recruiting", 2)});
  world_.run_for(cluster::LoadSettings().recruit_time_max);
  decides(recruiting_, {line("recruiting", 3)});
  EXPECT_EQ(found().size(), 1u);
}

TEST_F(RecruitingCheckerOfTheFull, WhoIsMainAnewBeginsAnew) {
  decides(recruiting_, {line("recruiting", 2)});
  decides(recruiting_, {line("main-taken", 0)});
  decides(recruiting_, {line("recruiting", 3)});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(RecruitingCheckerOfTheFull, WhoIsTakenInWasAsked) {
  decides(recruiting_, {takes_in()});
  EXPECT_THAT(found(), ElementsAre("recruiting: sip:s0.example.com takes in life 3, which it has "
                                   "not asked"));
}

// It has said no level yet: nothing is known of the room that there is.
TEST_F(RecruitingCheckerOfTheFull, WhoHasJoinedIsWaitedFor) {
  world_.part(2, 0);
  world_.part(0, 2);
  world_.run_for(Duration::seconds(5));
  world_.cluster_store().memory().carry_out(world_.timeline().now().since_zero(), takes_in());
  world_.run_for(Duration::seconds(1));
  decides(recruiting_, {});
  decides(recruiting_, {line("recruiting", 3)});
  EXPECT_THAT(found(), ElementsAre(HasSubstr("though life 3 has just joined")));
  world_.run_for(cluster::LoadSettings().report_time_max);
  decides(recruiting_, {line("not-recruited", 3), line("recruiting", 3)});
  EXPECT_EQ(found().size(), 1u);
}

TEST_F(RecruitingChecker, AtRestNobodyWaitsWhileAllArePastTheirMarks) {
  world_.server(0).administer(ListServers{}, [&](AdminReply reply) { told_ = {reply.servers}; });
  world_.settle();
  recruiting_.at_rest(view());
  EXPECT_THAT(found(), IsEmpty());
  for (ServerSeen& seen : told_[0]) {
    if (seen.member.role == Role::running) seen.load = {LoadLevel{3}, 3};
  }
  recruiting_.at_rest(view());
  EXPECT_THAT(found(), ElementsAre("recruiting: all are past their marks, and sip:s2.example.com "
                                   "waits"));
  // At the limit is not past it: nobody wants more.
  told_[0][0].load = {LoadLevel{2}, 2};
  recruiting_.at_rest(view());
  EXPECT_EQ(found().size(), 1u);
}

}  // namespace sim_decisions_checkers_test
}  // namespace muster::sim
