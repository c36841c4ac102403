// When servers come and go (paper, figure 4, step 4).
#include "server/load_control/growth.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "machine/load_control/servers.h"

namespace muster::cluster {
namespace load_control_growth_test {

const GrowthDecision kNothing;

class Grown : public ::testing::Test {
 protected:
  GrowthDecision step(std::int64_t milliseconds, std::uint32_t wanting = 0) {
    return growth.step(at(milliseconds), {servers, candidates, Incarnation(1), wanting});
  }

  LoadSettings settings;
  Growth growth{settings};
  std::vector<ServerPicture> servers = {server(1, 0)};
  std::vector<std::string> candidates = {"sip:a", "sip:b"};
};

// --- shortage ------------------------------------------------------------------------------------

TEST_F(Grown, OneIsRecruitedWhenAllHaveReachedTheirLimitAndAUserComes) {
  struct Case {
    std::vector<ServerPicture> servers;
    std::uint32_t wanting;
    bool is_short;
  };
  const std::vector<Case> cases = {
      {{server(1, 99)}, 0, false},
      {{server(1, 100)}, 0, false},  // full, but nobody wants more
      {{server(1, 100)}, 1, true},
      {{server(1, 101)}, 0, true},  // past it by itself
      {{server(1, 99)}, 1, false},  // who came found it full; it is not any more
      {{server(1, 101), server(2, 100)}, 0, false},
      {{server(1, 101), server(2, 100)}, 1, true},
      {{server(1, 101), server(2, 99)}, 1, false},
      {{server(1, 101), server(2, 101)}, 0, true},
      {{server(1, 5'000, std::nullopt)}, 1, false},
      {{server(1, 100), server(2, 0, std::nullopt)}, 1, false},
      {{server(1, 100), server(2, 100, LoadLevel{200})}, 1, false},  // limits are each its own
      {{server(1, 101), draining_server(2, 0)}, 0, true},            // it takes nobody
      {{draining_server(1, 50)}, 0, false},
      {{draining_server(1, 50)}, 1, true},
      {{}, 0, false},
      {{}, 1, true},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Growth fresh(settings);
    const GrowthDecision expected = cases[i].is_short ? Recruit{"sip:a"} : kNothing;
    EXPECT_EQ(fresh.step(at(0), {cases[i].servers, candidates, Incarnation(1), cases[i].wanting}),
              expected)
        << "case " << i;
  }
}

TEST_F(Grown, EarlierIfTheHighMarkIsLower) {
  settings.high_mark = 80;
  servers = {server(1, 80), server(2, 161, LoadLevel{200})};
  EXPECT_EQ(step(0), kNothing);
  servers[0] = server(1, 81);
  EXPECT_EQ(step(1), GrowthDecision(Recruit{"sip:a"}));
}

// --- pace ----------------------------------------------------------------------------------------

TEST_F(Grown, TwoAreNotRecruitedForOneShortage) {
  servers = {server(1, 100)};
  EXPECT_EQ(step(0, 1), GrowthDecision(Recruit{"sip:a"}));
  EXPECT_EQ(step(0, 1), kNothing);
  EXPECT_EQ(step(10'000, 500), kNothing);  // under way
  growth.joined(at(10'000), "sip:a", Incarnation(2));
  EXPECT_EQ(step(10'000, 500), kNothing);  // not in the picture yet
  servers.push_back(unknown_server(2));
  EXPECT_EQ(step(11'000, 500), kNothing);  // its level is not known yet
  servers[1] = server(2, 0);
  EXPECT_EQ(step(11'500, 500), kNothing);  // it has room
  servers[1] = server(2, 100);
  EXPECT_EQ(step(11'600), kNothing);
  EXPECT_EQ(step(11'700, 1), GrowthDecision(Recruit{"sip:a"}));  // another shortage
}

TEST_F(Grown, WhoJoinedAndSaysNothingIsNotAwaitedForEver) {
  servers = {server(1, 100)};
  step(0, 1);
  growth.joined(at(1'000), "sip:a", Incarnation(2));
  EXPECT_EQ(step(1'000, 1), kNothing);
  EXPECT_EQ(growth.next_deadline(), at(4'000));
  servers.push_back(unknown_server(2));
  EXPECT_EQ(step(3'999, 1), kNothing);
  EXPECT_EQ(step(4'000, 1), GrowthDecision(Recruit{"sip:a"}));
  // The next one is awaited as long as it was.
  growth.joined(at(5'000), "sip:a", Incarnation(3));
  EXPECT_EQ(step(7'999, 1), kNothing);
  EXPECT_EQ(step(8'000, 1), GrowthDecision(Recruit{"sip:a"}));
}

// One that is mute leaves to the next its own time.
TEST_F(Grown, EachIsAwaitedForItsOwnTime) {
  servers = {server(1, 100), unknown_server(2)};
  EXPECT_EQ(step(0, 1), kNothing);
  EXPECT_EQ(step(3'000, 1), GrowthDecision(Recruit{"sip:a"}));
  growth.failed(at(4'000), "sip:a");
  servers.push_back(unknown_server(3));
  EXPECT_EQ(step(4'000, 1), kNothing);  // the third has room, for all that is known
  EXPECT_EQ(growth.next_deadline(), at(7'000));
  EXPECT_EQ(step(6'999, 1), kNothing);
  EXPECT_EQ(step(7'000, 1), GrowthDecision(Recruit{"sip:b"}));
  growth.failed(at(8'000), "sip:b");
  // The second runs anew, and has its time anew.
  servers[1].role = Role::standby;
  step(8'000);
  servers[1].role = Role::running;
  candidates = {"sip:c"};
  EXPECT_EQ(step(9'000, 1), kNothing);
  EXPECT_EQ(step(11'999, 1), kNothing);
  servers.erase(servers.begin() + 1);  // nobody awaits who is gone
  EXPECT_EQ(step(11'999, 1), GrowthDecision(Recruit{"sip:c"}));
}

// It is among the candidates of the picture for as long as the directory is older.
TEST_F(Grown, WhoJoinedIsAwaitedBeforeItRunsInThePicture) {
  servers = {server(1, 100), unknown_server(2)};
  servers[1].role = Role::standby;
  EXPECT_EQ(step(0, 1), GrowthDecision(Recruit{"sip:a"}));
  growth.joined(at(1'000), "sip:a", Incarnation(2));
  EXPECT_EQ(step(1'000, 1), kNothing);
  EXPECT_EQ(step(3'999, 1), kNothing);
  servers[1].role = Role::running;
  EXPECT_EQ(growth.next_deadline(), at(4'000));
  EXPECT_EQ(step(3'999, 1), kNothing);
  EXPECT_EQ(step(4'000, 1), GrowthDecision(Recruit{"sip:a"}));
}

// It knows of nobody's room yet.
TEST_F(Grown, WhoBecomesMainHearsTheLevelsFirst) {
  servers = {server(1, 100), unknown_server(2), unknown_server(3)};
  EXPECT_EQ(step(0, 1), kNothing);
  EXPECT_EQ(growth.next_deadline(), at(3'000));
  servers[1] = server(2, 100);
  EXPECT_EQ(step(1'000, 1), kNothing);
  servers[2] = server(3, 100);
  EXPECT_EQ(step(2'000, 1), GrowthDecision(Recruit{"sip:a"}));
}

TEST_F(Grown, WhoDrainsAndIsNotKnownIsNotAwaited) {
  servers = {server(1, 100), draining_server(2, 0)};
  servers[1].report.reset();
  EXPECT_EQ(step(0, 1), GrowthDecision(Recruit{"sip:a"}));
}

// --- candidates that fail ------------------------------------------------------------------------

TEST_F(Grown, ACandidateThatDoesNotComeInTimeIsFollowedByTheNext) {
  servers = {server(1, 100)};
  EXPECT_EQ(step(0, 1), GrowthDecision(Recruit{"sip:a"}));
  EXPECT_EQ(growth.next_deadline(), at(30'000));
  EXPECT_EQ(step(29'999, 1), kNothing);
  EXPECT_EQ(step(30'000, 1), GrowthDecision(GiveUpOn{"sip:a"}));
  EXPECT_EQ(step(30'000, 1), GrowthDecision(Recruit{"sip:b"}));
  growth.failed(at(31'000), "sip:b");    // it refused
  EXPECT_EQ(step(31'000, 1), kNothing);  // all have failed: a pause
  EXPECT_EQ(growth.next_deadline(), at(90'000));
  EXPECT_EQ(step(89'999, 1), kNothing);
  EXPECT_EQ(step(90'000, 1), GrowthDecision(Recruit{"sip:a"}));
  growth.failed(at(90'500), "sip:a");
  EXPECT_EQ(step(90'500, 1), kNothing);
  EXPECT_EQ(step(91'000, 1), GrowthDecision(Recruit{"sip:b"}));
}

TEST_F(Grown, WhoFailedIsPassedOverTheNextTime) {
  servers = {server(1, 100)};
  step(0, 1);
  growth.failed(at(1'000), "sip:a");
  EXPECT_EQ(step(1'000, 1), GrowthDecision(Recruit{"sip:b"}));
  growth.joined(at(2'000), "sip:b", Incarnation(2));
  candidates = {"sip:a", "sip:c"};
  servers.push_back(server(2, 100));
  EXPECT_EQ(step(3'000, 1), GrowthDecision(Recruit{"sip:c"}));
  growth.failed(at(4'000), "sip:c");
  EXPECT_EQ(step(61'000, 1), GrowthDecision(Recruit{"sip:a"}));
}

// What is heard of one that was given up is not about the next.
TEST_F(Grown, WhoComesOrRefusesTooLateIsNotTheNext) {
  for (const bool comes : {true, false}) {
    Growth fresh(settings);
    std::vector<ServerPicture> seen = {server(1, 100)};
    const auto step = [&](std::int64_t milliseconds) {
      return fresh.step(at(milliseconds), {seen, candidates, Incarnation(1), 1});
    };
    EXPECT_EQ(step(0), GrowthDecision(Recruit{"sip:a"}));
    EXPECT_EQ(step(30'000), GrowthDecision(GiveUpOn{"sip:a"}));
    EXPECT_EQ(step(30'000), GrowthDecision(Recruit{"sip:b"}));
    if (comes) {
      fresh.joined(at(31'000), "sip:a", Incarnation(2));
      seen.push_back(server(2, 100));
    } else {
      fresh.failed(at(31'000), "sip:a");
    }
    EXPECT_EQ(step(40'000), kNothing) << comes;  // the second is under way
    EXPECT_EQ(fresh.next_deadline(), at(60'000)) << comes;
    EXPECT_EQ(step(60'000), GrowthDecision(GiveUpOn{"sip:b"})) << comes;
  }
}

// With the next under way it is awaited all the same, and has its time from when it came.
TEST_F(Grown, WhoComesTooLateIsAwaited) {
  servers = {server(1, 100)};
  EXPECT_EQ(step(0, 1), GrowthDecision(Recruit{"sip:a"}));
  step(30'000, 1);
  EXPECT_EQ(step(30'000, 1), GrowthDecision(Recruit{"sip:b"}));
  growth.joined(at(31'000), "sip:a", Incarnation(2));
  growth.failed(at(32'000), "sip:b");
  candidates = {"sip:c"};
  EXPECT_EQ(step(32'000, 1), kNothing);
  EXPECT_EQ(growth.next_deadline(), at(34'000));
  EXPECT_EQ(step(34'000, 1), GrowthDecision(Recruit{"sip:c"}));
}

TEST_F(Grown, GivingUpNeedsNoShortage) {
  servers = {server(1, 100)};
  step(0, 1);
  servers = {server(1, 50)};
  EXPECT_EQ(step(30'000), GrowthDecision(GiveUpOn{"sip:a"}));
  EXPECT_EQ(step(30'000), kNothing);
  EXPECT_EQ(growth.next_deadline(), std::nullopt);  // nobody waits for the candidate
}

TEST_F(Grown, WithoutCandidatesNothingIsDone) {
  servers = {server(1, 100)};
  candidates.clear();
  EXPECT_EQ(step(0, 1), kNothing);
  EXPECT_EQ(growth.next_deadline(), std::nullopt);
  growth.failed(at(0), "sip:a");  // of nobody
  candidates = {"sip:c"};
  EXPECT_EQ(step(1, 1), GrowthDecision(Recruit{"sip:c"}));
}

// --- letting go ----------------------------------------------------------------------------------

constexpr std::int64_t kLowTime = 300'000;

TEST_F(Grown, WhoIsLowForLongEnoughIsLetGo) {
  servers = {server(1, 40), server(2, 31), server(3, 60)};
  EXPECT_EQ(step(0), kNothing);
  EXPECT_EQ(growth.next_deadline(), std::nullopt);
  servers[1] = server(2, 30);
  EXPECT_EQ(step(1'000), kNothing);
  EXPECT_EQ(growth.next_deadline(), at(1'000 + kLowTime));
  EXPECT_EQ(step(1'000 + kLowTime - 1), kNothing);
  EXPECT_EQ(step(1'000 + kLowTime), GrowthDecision(LetGo{Incarnation(2)}));
  EXPECT_EQ(step(1'000 + kLowTime), kNothing);
}

TEST_F(Grown, TheTimeIsWithoutABreak) {
  servers = {server(1, 40), server(2, 20)};
  step(0);
  servers[1] = server(2, 31);
  step(kLowTime - 1);
  servers[1] = server(2, 20);
  EXPECT_EQ(step(kLowTime), kNothing);
  EXPECT_EQ(growth.next_deadline(), at(2 * kLowTime));
  servers.push_back(unknown_server(3));  // whoever comes changes the levels
  EXPECT_EQ(step(2 * kLowTime), kNothing);
  servers[2] = server(3, 50);
  EXPECT_EQ(step(2 * kLowTime + 1'000), kNothing);
  EXPECT_EQ(growth.next_deadline(), at(3 * kLowTime + 1'000));
}

// Its users, if it has any, may need the room.
TEST_F(Grown, NobodyGoesWhileOneThatRunsIsNotKnown) {
  servers = {server(1, 40), server(2, 20), unknown_server(3)};
  for (std::int64_t now = 0; now <= 2 * kLowTime; now += 1'000)
    EXPECT_EQ(step(now), kNothing) << now;
  servers[2] = server(3, 60);
  EXPECT_EQ(step(2 * kLowTime + 1'000), kNothing);
  EXPECT_EQ(growth.next_deadline(), at(3 * kLowTime + 1'000));
  EXPECT_EQ(step(3 * kLowTime + 1'000), GrowthDecision(LetGo{Incarnation(2)}));
}

// Its users could not move, nor could others move to it.
TEST_F(Grown, NobodyGoesWhileOneThatRunsCannotBeReached) {
  servers = {server(1, 50), server(2, 0), server(3, 10)};
  for (const std::size_t cut : {std::size_t{1}, std::size_t{2}}) {
    Growth fresh(settings);
    servers[cut].reachable = false;
    for (const std::int64_t ms : {std::int64_t{0}, kLowTime, 2 * kLowTime}) {
      EXPECT_EQ(fresh.step(at(ms), {servers, candidates, Incarnation(1), 0}), kNothing) << cut;
    }
    servers[cut].reachable = true;
  }
  step(0);
  EXPECT_EQ(step(kLowTime), GrowthDecision(LetGo{Incarnation(2)}));
}

// Nobody can be placed there: what it might take is no room.
TEST_F(Grown, WhoCannotBeReachedIsNoRoom) {
  servers = {server(1, 101), server(2, 0)};
  EXPECT_EQ(step(0), kNothing);
  servers[1].reachable = false;
  EXPECT_EQ(step(1), GrowthDecision(Recruit{"sip:a"}));
}

TEST_F(Grown, OneRemainsAlwaysAndIsMain) {
  servers = {server(1, 0)};
  step(0);
  EXPECT_EQ(step(kLowTime), kNothing);
  EXPECT_EQ(growth.next_deadline(), std::nullopt);
  servers = {server(1, 0), server(2, 30)};
  step(kLowTime);
  EXPECT_EQ(step(2 * kLowTime), GrowthDecision(LetGo{Incarnation(2)}));
}

TEST_F(Grown, TheLowestGoesAndOfSeveralTheYoungest) {
  servers = {server(1, 0), server(2, 20), server(3, 10), server(4, 10), server(5, 11)};
  step(0);
  EXPECT_EQ(step(kLowTime), GrowthDecision(LetGo{Incarnation(4)}));
}

TEST_F(Grown, OneAtATimeAndTheTimeBeginsAnew) {
  servers = {server(1, 0), server(2, 20), server(3, 10)};
  step(0);
  EXPECT_EQ(step(kLowTime), GrowthDecision(LetGo{Incarnation(3)}));
  servers[2] = draining_server(3, 10);
  step(kLowTime + 1'000);
  EXPECT_EQ(step(3 * kLowTime), kNothing);  // it drains
  servers.pop_back();
  EXPECT_EQ(step(3 * kLowTime), kNothing);
  EXPECT_EQ(step(4 * kLowTime), GrowthDecision(LetGo{Incarnation(2)}));
}

TEST_F(Grown, NobodyGoesWhoseUsersTheOthersHaveNoRoomFor) {
  servers = {server(1, 90), server(2, 21), server(3, 90)};
  step(0);
  EXPECT_EQ(step(kLowTime), kNothing);
  EXPECT_EQ(growth.next_deadline(), std::nullopt);  // it is their levels that are awaited
  servers[1] = server(2, 20);                       // as soon as they have
  EXPECT_EQ(step(kLowTime + 1), GrowthDecision(LetGo{Incarnation(2)}));
  // Below their high marks, and past one there is none.
  settings.high_mark = 80;
  servers = {server(1, 70), server(2, 11), server(3, 95), draining_server(4, 0)};
  servers.pop_back();
  step(kLowTime + 2);
  EXPECT_EQ(step(2 * kLowTime + 2), kNothing);
  servers[1] = server(2, 10);
  EXPECT_EQ(step(2 * kLowTime + 3), GrowthDecision(LetGo{Incarnation(2)}));
}

TEST_F(Grown, AServerWithoutALimitIsNeverLowAndHasRoomForAll) {
  servers = {server(1, 100), server(2, 0, std::nullopt), server(3, 30)};
  step(0);
  EXPECT_EQ(step(kLowTime), GrowthDecision(LetGo{Incarnation(3)}));
  servers.pop_back();
  step(kLowTime);
  EXPECT_EQ(step(2 * kLowTime), kNothing);
}

// Who is low where the rest is full is let go by nobody, and needed at once by the next who comes.
TEST_F(Grown, AShortageBeginsTheTimeAnew) {
  servers = {server(1, 40), server(2, 20)};
  step(0);
  servers = {server(1, 100), server(2, 20, LoadLevel{20})};
  EXPECT_EQ(step(1'000, 1), GrowthDecision(Recruit{"sip:a"}));
  growth.failed(at(2'000), "sip:a");
  servers = {server(1, 40), server(2, 20)};
  EXPECT_EQ(step(kLowTime), kNothing);
  EXPECT_EQ(step(2 * kLowTime), GrowthDecision(LetGo{Incarnation(2)}));
}

}  // namespace load_control_growth_test
}  // namespace muster::cluster
