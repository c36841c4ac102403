// Which users move where, and how fast (paper, figure 4, step 6).
#include "server/load_control/rebalance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "machine/load_control/servers.h"

namespace muster::cluster {
namespace load_control_rebalance_test {

constexpr std::int64_t kRest = 3'000;  // report_time_max

using Moves = std::vector<Move>;
using Totals = std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t>;

// What moves if each move ends at once, and no report comes meanwhile.
Totals totals_of(Rebalance& rebalance, const std::vector<ServerPicture>& servers,
                 std::int64_t begin = kRest) {
  Totals totals;
  Instant now = at(begin);
  for (;;) {
    const Moves moves = rebalance.step(now, servers);
    for (const Move& move : moves) {
      totals[{move.from.number(), move.to.number()}] += move.users;
      rebalance.ended(now, move.from, move.to, move.users);
    }
    const auto next = rebalance.next_deadline();
    if (!next || *next - now >= Duration::milliseconds(kRest)) return totals;
    now = *next;
  }
}

Totals totals_of(const std::vector<ServerPicture>& servers, LoadSettings settings = {}) {
  Rebalance rebalance(settings);
  rebalance.joined(at(0));
  return totals_of(rebalance, servers);
}

ServerPicture with(ServerPicture server, std::uint32_t users, std::uint32_t dialogs = 0) {
  server.report->users = users;
  server.report->dialogs = dialogs;
  return server;
}

TEST(Rebalance, FromTheHighestToWhoJoinedUntilLevelsAreNear) {
  // Levels may be 5 apart, and are brought to at most 2.5: 51 and 49.
  EXPECT_EQ(totals_of({server(1, 100), server(2, 0)}), (Totals{{{1, 2}, 49}}));
  EXPECT_EQ(totals_of({server(1, 52), server(2, 47)}), (Totals{{{1, 2}, 2}}));
  EXPECT_EQ(totals_of({server(1, 52), server(2, 48)}), Totals{});
  EXPECT_EQ(totals_of({server(1, 1), server(2, 0)}), Totals{});  // it would only change sides
  EXPECT_EQ(totals_of({server(1, 2), server(2, 0)}), (Totals{{{1, 2}, 1}}));
  // 100 comes down to 80 first, then both to 61: the third has 58, and 3 is half of what is
  // allowed.
  EXPECT_EQ(totals_of({server(1, 100), server(2, 80), server(3, 0)}),
            (Totals{{{1, 3}, 39}, {{2, 3}, 19}}));
  EXPECT_EQ(totals_of({server(1, 100)}), Totals{});
  EXPECT_EQ(totals_of({}), Totals{});
  LoadSettings exact;
  exact.spread = 0;
  EXPECT_EQ(totals_of({server(1, 100), server(2, 0)}, exact), (Totals{{{1, 2}, 50}}));
}

TEST(Rebalance, WhereAUserIsBetterServed) {
  const auto lower = [](const std::vector<ServerPicture>& servers, std::uint64_t from = 1,
                        LoadSettings settings = {}, std::uint64_t but = 0) {
    const auto to = lower_server(servers, Incarnation(from), settings,
                                 [but](Incarnation server) { return server.number() != but; });
    return to ? to->number() : 0;
  };
  const std::vector<ServerPicture> three = {server(1, 100), server(2, 50), server(3, 20)};
  EXPECT_EQ(lower(three), 3u);
  EXPECT_EQ(lower(three, 2), 3u);
  EXPECT_EQ(lower(three, 3), 0u);
  EXPECT_EQ(lower(three, 1, {}, 3), 2u) << "the lowest does not serve her";
  // Half of 10 per cent of 50.
  EXPECT_EQ(lower({server(1, 52), server(2, 49)}), 2u);
  EXPECT_EQ(lower({server(1, 51), server(2, 49)}), 0u);
  EXPECT_EQ(lower({server(1, 52), server(2, 49), draining_server(3, 90)}), 2u)
      << "levels of those that run";
  LoadSettings exact;
  exact.spread = 0;
  EXPECT_EQ(lower({server(1, 51), server(2, 49)}, 1, exact), 2u);
  EXPECT_EQ(lower({server(1, 50), server(2, 49)}, 1, exact), 0u) << "it would only change sides";
  // She weighs 4.
  const LoadLevel max{100};
  EXPECT_EQ(lower({with(server(1, 40), 10), server(2, 36)}, 1, exact), 0u);
  EXPECT_EQ(lower({with(server(1, 41), 10), server(2, 36)}, 1, exact), 2u);
  EXPECT_EQ(lower({with(server(1, 80), 20), server(2, 7, LoadLevel{10}), server(3, 60, max)}), 3u)
      << "for her there is no room in the second";
  EXPECT_EQ(lower({server(1, 80), unknown_server(2), draining_server(3, 0)}), 0u);
  ServerPicture away = server(2, 0);
  away.reachable = false;
  EXPECT_EQ(lower({server(1, 80), away}), 0u);
  EXPECT_EQ(lower({unknown_server(1), server(2, 0)}), 0u);
  EXPECT_EQ(lower({server(2, 0)}), 0u);
  EXPECT_EQ(lower({server(1, 0), server(2, 0)}), 0u);
}

// However many register before any has come.
TEST(Rebalance, WhoIsOnTheWayToALowerServerIsReckonedWith) {
  LoadSettings settings;
  settings.spread = 0;
  for (const std::uint32_t weight : {1u, 3u}) {
    std::vector<ServerPicture> servers = {with(server(1, 60 * weight), 60), server(2, 0)};
    servers[0].max = servers[1].max = LoadLevel{1'000};
    const auto serves = [](Incarnation) { return true; };
    std::uint32_t went = 0;
    while (lower_server(servers, Incarnation(1), settings, serves) && went < 60) {
      ++servers[1].given;
      ++went;
    }
    EXPECT_GE(went, 15u) << weight;
    EXPECT_LE(went, 30u) << weight;
    // They have come.
    servers[0].report->level = LoadLevel{(60 - went) * weight};
    servers[0].report->users = 60 - went;
    servers[1].report = LoadReport{LoadLevel{went * weight}, went, 0, went};
    EXPECT_TRUE(lower_server(servers, Incarnation(1), settings, serves)) << "the next may go";
    servers[1].max = LoadLevel{went * weight};
    EXPECT_FALSE(lower_server(servers, Incarnation(1), settings, serves)) << "it has no room";
  }
}

TEST(Rebalance, NobodyIsBroughtPastItsLimit) {
  EXPECT_EQ(totals_of({server(1, 100), server(2, 0, LoadLevel{30})}), (Totals{{{1, 2}, 30}}));
  EXPECT_EQ(totals_of({server(1, 100), server(2, 40, LoadLevel{40})}), Totals{});
  // Who is full and low is not what the others are compared with.
  const LoadLevel max{200};
  EXPECT_EQ(totals_of({server(1, 150, max), server(2, 10, LoadLevel{10}), server(3, 100, max)}),
            (Totals{{{1, 3}, 23}}));
}

TEST(Rebalance, AUserWeighsWhatThoseOfHerServerDo) {
  // 50 users of weight 2, then 200 of a half.
  EXPECT_EQ(totals_of({with(server(1, 100), 50), server(2, 0)}), (Totals{{{1, 2}, 25}}));
  EXPECT_EQ(totals_of({with(server(1, 100), 200), server(2, 0)}), (Totals{{{1, 2}, 98}}));
  EXPECT_EQ(totals_of({with(server(1, 100), 1), server(2, 0)}), Totals{});
  EXPECT_EQ(totals_of({with(server(1, 100), 0), server(2, 0)}), Totals{});  // it relays
}

TEST(Rebalance, OnlyWhenSomebodyJoined) {
  const LoadSettings settings;
  Rebalance rebalance(settings);
  const std::vector<ServerPicture> servers = {server(1, 100), server(2, 0)};
  EXPECT_EQ(rebalance.step(at(kRest), servers), Moves{});
  EXPECT_EQ(rebalance.next_deadline(), std::nullopt);
  rebalance.joined(at(5'000));
  EXPECT_EQ(rebalance.next_deadline(), at(5'000 + kRest));
  EXPECT_EQ(rebalance.step(at(5'000 + kRest - 1), servers), Moves{});
  EXPECT_EQ(rebalance.step(at(5'000 + kRest), servers),
            (Moves{{Incarnation(1), Incarnation(2), 49, 0}}));
}

TEST(Rebalance, WhoIsNotKnownOrDoesNotRunIsPassedOver) {
  ServerPicture standby = server(3, 0);
  standby.role = Role::standby;
  EXPECT_EQ(totals_of({server(1, 100), unknown_server(2), standby, server(4, 50)}),
            (Totals{{{1, 4}, 24}}));
}

TEST(Rebalance, WhoDrainsGivesAllToTheLowest) {
  const LoadSettings settings;
  Rebalance rebalance(settings);
  const std::vector<ServerPicture> servers = {server(1, 40), draining_server(2, 50), server(3, 20)};
  // 20 bring the third up to the first, then each gets 15.
  EXPECT_EQ(totals_of(rebalance, servers), (Totals{{{2, 1}, 15}, {{2, 3}, 35}}));
}

TEST(Rebalance, WhoDrainsWaitsForRoom) {
  const LoadSettings settings;
  Rebalance rebalance(settings);
  std::vector<ServerPicture> servers = {server(1, 98), draining_server(2, 50)};
  EXPECT_EQ(totals_of(rebalance, servers), (Totals{{{2, 1}, 2}}));
  servers = {server(1, 100), draining_server(2, 48)};
  EXPECT_EQ(rebalance.step(at(10'000), servers), Moves{});
  EXPECT_EQ(rebalance.next_deadline(), at(10'000 + kRest));
  servers[0] = server(1, 60);
  EXPECT_EQ(totals_of(rebalance, servers, 10'000 + kRest), (Totals{{{2, 1}, 40}}));
  servers = {server(1, 100), draining_server(2, 0)};
  EXPECT_EQ(rebalance.step(at(60'000), servers), Moves{});
  EXPECT_EQ(rebalance.next_deadline(), std::nullopt);
}

TEST(Rebalance, WhoDrainsGoesFirst) {
  LoadSettings settings;
  settings.moves_in_flight_max = 10;
  Rebalance rebalance(settings);
  rebalance.joined(at(0));
  EXPECT_EQ(
      rebalance.step(at(kRest), std::vector{server(1, 90), draining_server(2, 20), server(3, 0)}),
      (Moves{{Incarnation(2), Incarnation(3), 10, 0}}));
}

// Reports of levels come when the moves that they speak of are long under way.
TEST(Rebalance, ARoundReckonsByItselfAndTheNextLooksAgain) {
  LoadSettings settings;
  settings.moves_in_flight_max = 30;
  Rebalance rebalance(settings);
  rebalance.joined(at(0));
  std::vector<ServerPicture> servers = {server(1, 100), server(2, 0)};
  const auto move = [](std::uint32_t users) {
    return Moves{{Incarnation(1), Incarnation(2), users, 0}};
  };
  EXPECT_EQ(rebalance.step(at(kRest), servers), move(30));
  // The end of some is awaited.
  EXPECT_EQ(rebalance.next_deadline(), at(kRest) + kInFlightTimeMax);
  EXPECT_EQ(rebalance.step(at(5'000), servers), Moves{});
  rebalance.ended(at(5'000), Incarnation(1), Incarnation(2), 10);
  EXPECT_EQ(rebalance.step(at(5'000), servers), move(10));  // the levels say what they said
  rebalance.ended(at(5'500), Incarnation(1), Incarnation(2), 30);
  EXPECT_EQ(rebalance.step(at(5'500), servers), move(9));
  EXPECT_EQ(rebalance.next_deadline(), at(5'500) + kInFlightTimeMax);
  servers = {server(1, 80), server(2, 20)};  // 29 could not be moved
  EXPECT_EQ(rebalance.step(at(9'000), servers), Moves{});
  rebalance.ended(at(9'000), Incarnation(1), Incarnation(2), 9);
  EXPECT_EQ(rebalance.next_deadline(), at(9'000 + kRest));
  EXPECT_EQ(rebalance.step(at(9'000 + kRest - 1), servers), Moves{});
  EXPECT_EQ(rebalance.step(at(9'000 + kRest), servers), move(29));
  rebalance.ended(at(13'000), Incarnation(1), Incarnation(2), 29);
  servers = {server(1, 52), server(2, 48)};
  EXPECT_EQ(rebalance.step(at(13'000 + kRest), servers), Moves{});
  EXPECT_EQ(rebalance.next_deadline(), std::nullopt);  // even
}

TEST(Rebalance, LevelsThatDoNotFollowAreNotChased) {
  const LoadSettings settings;
  Rebalance rebalance(settings);
  rebalance.joined(at(0));
  const std::vector<ServerPicture> servers = {server(1, 100), server(2, 0)};
  Instant now = at(kRest);
  for (std::uint32_t round = 0; round < kEvenRoundsMax; ++round) {
    EXPECT_EQ(rebalance.next_deadline(), now) << round;
    EXPECT_EQ(totals_of(rebalance, servers, now.since_zero().in_milliseconds()),
              (Totals{{{1, 2}, 49}}));
    now = now + Duration::milliseconds(kRest);
  }
  EXPECT_EQ(rebalance.next_deadline(), std::nullopt);
  EXPECT_EQ(rebalance.step(at(100'000), servers), Moves{});
  rebalance.joined(at(100'000));
  EXPECT_FALSE(rebalance.step(at(100'000 + kRest), servers).empty());
}

TEST(Rebalance, WhatIsInFlightEndsWithTheServer) {
  LoadSettings settings;
  settings.moves_in_flight_max = 10;
  Rebalance rebalance(settings);
  rebalance.joined(at(0));
  std::vector<ServerPicture> servers = {server(1, 100), server(2, 0), server(3, 50)};
  EXPECT_EQ(rebalance.step(at(kRest), servers), (Moves{{Incarnation(1), Incarnation(2), 10, 0}}));
  servers.erase(servers.begin() + 1);
  EXPECT_EQ(rebalance.step(at(kRest), servers), (Moves{{Incarnation(1), Incarnation(3), 10, 0}}));
  rebalance.ended(at(kRest), Incarnation(1), Incarnation(2), 10);  // late: of nobody
  EXPECT_EQ(rebalance.step(at(kRest), servers), Moves{});
  // Who begins to drain gets nobody any more, and gives what it had.
  servers[1] = draining_server(3, 50);
  servers.insert(servers.begin() + 1, server(2, 0));
  rebalance.joined(at(kRest));
  rebalance.ended(at(kRest), Incarnation(1), Incarnation(3), 10);
  EXPECT_EQ(rebalance.step(at(2 * kRest), servers),
            (Moves{{Incarnation(3), Incarnation(2), 10, 0}}));
}

// What else had moved in the round is in no report yet.
TEST(Rebalance, ADeathThatEndsTheLastMoveIsFollowedByARest) {
  LoadSettings settings;
  settings.moved_users_per_second = 1'000;  // all at once
  Rebalance rebalance(settings);
  rebalance.joined(at(0));
  std::vector<ServerPicture> servers = {server(1, 100), server(2, 0), server(3, 80)};
  EXPECT_EQ(rebalance.step(at(kRest), servers), (Moves{{Incarnation(1), Incarnation(2), 39, 0},
                                                       {Incarnation(3), Incarnation(2), 19, 0}}));
  rebalance.ended(at(9'999), Incarnation(1), Incarnation(2), 39);
  // The third's are in flight still.
  EXPECT_EQ(rebalance.next_deadline(), at(kRest) + kInFlightTimeMax);
  servers.pop_back();
  EXPECT_EQ(rebalance.step(at(10'000), servers), Moves{});
  EXPECT_EQ(rebalance.next_deadline(), at(10'000 + kRest));
  EXPECT_EQ(rebalance.step(at(10'000 + kRest - 1), servers), Moves{});
  servers = {server(1, 61), server(2, 39)};
  EXPECT_EQ(rebalance.step(at(10'000 + kRest), servers),
            (Moves{{Incarnation(1), Incarnation(2), 10, 0}}));
}

TEST(Rebalance, WhoBeginsToDrainInARoundGetsNobodyAnyMore) {
  LoadSettings settings;
  settings.moves_in_flight_max = 10;
  Rebalance rebalance(settings);
  rebalance.joined(at(0));
  std::vector<ServerPicture> servers = {server(1, 100), server(2, 5)};
  EXPECT_EQ(rebalance.step(at(kRest), servers), (Moves{{Incarnation(1), Incarnation(2), 10, 0}}));
  rebalance.ended(at(kRest), Incarnation(1), Incarnation(2), 10);
  servers = {server(1, 90), draining_server(2, 15)};
  EXPECT_EQ(rebalance.step(at(kRest), servers), (Moves{{Incarnation(2), Incarnation(1), 5, 0}}));
}

// It waits for no level: users are to leave, whatever the levels are.
// Its level is not that of its users alone: each of these is not 30.
TEST(Rebalance, WhoIsMeasuredIsDrainedToTheLastUser) {
  LoadSettings settings;
  const auto drained = [&] {
    return totals_of({with(draining_server(1, 30), 1), server(2, 85), server(3, 90)}, settings);
  };
  EXPECT_EQ(drained(), Totals{}) << "a level of users";
  settings.index = LoadIndex::measured;
  EXPECT_EQ(drained(), (Totals{{{1, 2}, 1}}));
}

TEST(Rebalance, ADrainWaitsForNoLevel) {
  const LoadSettings settings;
  Rebalance rebalance(settings);
  const auto one_to_two = [](std::uint32_t users) {
    return Moves{{Incarnation(1), Incarnation(2), users, 0}};
  };
  std::int64_t now = 0;
  rebalance.joined(at(now));
  std::vector<ServerPicture> servers = {draining_server(1, 30), server(2, 10), server(3, 90)};
  EXPECT_EQ(rebalance.step(at(now), servers), Moves{});
  now += kDrainRest.in_microseconds() / 1'000;
  EXPECT_EQ(rebalance.next_deadline(), at(now));
  EXPECT_EQ(rebalance.step(at(now - 1), servers), Moves{});
  EXPECT_EQ(rebalance.step(at(now), servers), one_to_two(30)) << "and nobody from 3";
  // Two could not be moved.
  servers = {draining_server(1, 2), server(2, 38), server(3, 90)};
  rebalance.ended(at(now), Incarnation(1), Incarnation(2), 30);
  EXPECT_EQ(rebalance.step(at(now), servers), Moves{});
  now += kDrainRest.in_microseconds() / 1'000;
  EXPECT_EQ(rebalance.next_deadline(), at(now));
  EXPECT_EQ(rebalance.step(at(now), servers), one_to_two(2));
  rebalance.ended(at(now), Incarnation(1), Incarnation(2), 2);
  // Once it is empty, the others are made even when their levels are known.
  servers = {draining_server(1, 0), server(2, 40), server(3, 90)};
  EXPECT_EQ(rebalance.step(at(now + kRest - 1), servers), Moves{});
  EXPECT_EQ(rebalance.step(at(now + kRest), servers),
            (Moves{{Incarnation(3), Incarnation(2), 24, 0}}));
}

// Who drains may have a phone that goes when it next registers: nobody else is kept uneven by it.
TEST(Rebalance, ADrainThatDoesNotGetOnKeepsNobodyUneven) {
  const LoadSettings settings;
  Rebalance rebalance(settings);
  rebalance.joined(at(0));
  const std::vector<ServerPicture> servers = {draining_server(1, 1), server(2, 0), server(3, 90)};
  // She is asked for, and stays.
  std::int64_t now = kDrainRest.in_microseconds() / 1'000;
  EXPECT_EQ(rebalance.step(at(now), servers), (Moves{{Incarnation(1), Incarnation(2), 1, 0}}));
  rebalance.ended(at(now), Incarnation(1), Incarnation(2), 1);
  now += kRest;
  EXPECT_EQ(rebalance.next_deadline(), at(now));
  EXPECT_EQ(rebalance.step(at(now - 1), servers), Moves{});
  const Moves moves = rebalance.step(at(now), servers);
  ASSERT_EQ(moves.size(), 2u);
  EXPECT_EQ(moves[0], (Move{Incarnation(1), Incarnation(2), 1, 0}));
  EXPECT_EQ(moves[1].from, Incarnation(3));
  EXPECT_EQ(moves[1].to, Incarnation(2));
}

// It may be dead: nobody is sent there to learn it, nor asked to send somebody.
TEST(Rebalance, WhoCannotBeReachedIsPassedOver) {
  ServerPicture lowest = server(2, 0);
  lowest.reachable = false;
  EXPECT_EQ(totals_of({server(1, 100), lowest, server(3, 90)}), (Totals{{{1, 3}, 3}}));
  const LoadSettings settings;
  Rebalance rebalance(settings);
  EXPECT_EQ(totals_of(rebalance, {draining_server(1, 30), lowest, server(3, 10)}),
            (Totals{{{1, 3}, 30}}));
  ServerPicture drains = draining_server(1, 30);
  drains.reachable = false;
  Rebalance other(settings);
  EXPECT_EQ(totals_of(other, {drains, server(3, 10)}), Totals{});
  EXPECT_EQ(other.next_deadline(), std::nullopt) << "until it can be";
}

// A move to or from it has come to nothing: it holds up no other.
TEST(Rebalance, WhoIsOnTheWayToWhoCannotBeReachedIsNotWaitedFor) {
  LoadSettings settings;
  settings.moves_in_flight_max = 10;
  Rebalance rebalance(settings);
  std::vector<ServerPicture> servers = {draining_server(1, 30), server(2, 0), server(3, 50)};
  EXPECT_EQ(rebalance.step(at(kRest), servers), (Moves{{Incarnation(1), Incarnation(2), 10, 0}}));
  servers[1].reachable = false;
  EXPECT_EQ(rebalance.step(at(kRest + 100), servers),
            (Moves{{Incarnation(1), Incarnation(3), 10, 0}}));
}

// --- pace ----------------------------------------------------------------------------------------

TEST(Rebalance, UsersAndDialogsKeepTheirPace) {
  LoadSettings settings;
  settings.moves_in_flight_max = 1'000'000;
  const auto none = std::nullopt;
  {  // 500 users per second, a tenth of it at once
    Rebalance rebalance(settings);
    rebalance.joined(at(0));
    const std::vector<ServerPicture> servers = {server(1, 10'000, none), server(2, 0, none)};
    EXPECT_EQ(rebalance.step(at(kRest), servers), (Moves{{Incarnation(1), Incarnation(2), 50, 0}}));
    EXPECT_EQ(rebalance.next_deadline(), at(kRest + 100));
    EXPECT_EQ(rebalance.step(at(kRest + 1), servers), Moves{});
    EXPECT_EQ(rebalance.step(at(kRest + 2), servers),
              (Moves{{Incarnation(1), Incarnation(2), 1, 0}}));
    EXPECT_EQ(rebalance.step(at(kRest + 100), servers),
              (Moves{{Incarnation(1), Incarnation(2), 49, 0}}));
  }
  {  // 2,000 dialogs: users with 20 each go at 100 per second
    Rebalance rebalance(settings);
    rebalance.joined(at(0));
    const std::vector<ServerPicture> servers = {with(server(1, 10'000, none), 10'000, 200'000),
                                                server(2, 0, none)};
    EXPECT_EQ(rebalance.step(at(kRest), servers),
              (Moves{{Incarnation(1), Incarnation(2), 10, 200}}));
    EXPECT_EQ(rebalance.next_deadline(), at(kRest + 100));
    EXPECT_EQ(rebalance.step(at(kRest + 9), servers), Moves{});
    EXPECT_EQ(rebalance.step(at(kRest + 10), servers),
              (Moves{{Incarnation(1), Incarnation(2), 1, 20}}));
  }
  {  // A user with more dialogs than a burst goes by herself, and the pace waits for it.
    Rebalance rebalance(settings);
    rebalance.joined(at(0));
    const std::vector<ServerPicture> servers = {with(server(1, 10'000, none), 10'000, 10'000'000),
                                                server(2, 0, none)};
    EXPECT_EQ(rebalance.step(at(kRest), servers),
              (Moves{{Incarnation(1), Incarnation(2), 1, 1'000}}));
    EXPECT_EQ(rebalance.next_deadline(), at(kRest + 500));
    EXPECT_EQ(rebalance.step(at(kRest + 499), servers), Moves{});
    EXPECT_EQ(rebalance.step(at(kRest + 500), servers),
              (Moves{{Incarnation(1), Incarnation(2), 1, 1'000}}));
  }
}

// Whoever was to say that they ended does not: its word was lost.
TEST(Rebalance, WhoIsInFlightForTooLongHasEnded) {
  const LoadSettings settings;
  Rebalance rebalance(settings);
  rebalance.joined(at(0));
  const std::vector<ServerPicture> servers = {server(1, 60), server(2, 0)};
  const Instant begun = at(0) + settings.report_time_max;
  ASSERT_FALSE(rebalance.step(begun, servers).empty());
  const Instant over = begun + kInFlightTimeMax;
  EXPECT_TRUE(rebalance.step(over - Duration::microseconds(1), servers).empty());
  ASSERT_TRUE(rebalance.next_deadline().has_value());
  EXPECT_LE(*rebalance.next_deadline(), over);
  rebalance.step(over, servers);
  EXPECT_FALSE(rebalance.step(over + settings.report_time_max, servers).empty());
}

}  // namespace load_control_rebalance_test
}  // namespace muster::cluster
