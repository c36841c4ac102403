#include "server/load_control/operator_desk.h"

#include <gtest/gtest.h>

namespace muster {
namespace load_control_operator_desk_test {

using cluster::Incarnation;
using Of = OperatorDesk::Of;
using Outcome = AdminReply::Outcome;

constexpr Ticket kTicket(77);
const cluster::Figures kFigures{1, 2, 3, 4, 5, 6, {{1, 100}, {2, 100}, {3, 100}, {4, 100}}};

Now at(std::int64_t milliseconds) {
  return {Instant::at(Duration::milliseconds(milliseconds)), {}};
}

// Of servers 1, 2 and 3, of whom but the third told its load.
AdminReply known() {
  AdminReply reply;
  for (std::uint64_t number = 1; number <= 3; ++number)
    reply.servers.emplace_back().member.incarnation = Incarnation(number);
  reply.servers[0].load = reply.servers[1].load = ServerSeen::Load{{50}, 60};
  return reply;
}

TEST(OperatorDesk, AnswersOnceAllHave) {
  OperatorDesk desk;
  const std::uint64_t number =
      desk.open(at(0), Of::figures, kTicket, known(), {Incarnation(2), Incarnation(3)});
  desk.told(Incarnation(2), {number, kFigures});
  EXPECT_TRUE(desk.take_answered().empty());
  desk.told(Incarnation(3), {number, {}});
  const auto answered = desk.take_answered();
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_EQ(answered[0].ticket, kTicket);
  const auto& servers = answered[0].reply.servers;
  EXPECT_EQ(servers.at(0).own, std::nullopt) << "it was not asked";
  EXPECT_EQ(servers.at(1).own, (ServerSeen::Own{{{5}, 6}, 1, 2, 3, 4, kFigures.measures}));
  EXPECT_EQ(servers.at(1).load, (ServerSeen::Load{{50}, 60})) << "users are placed by that";
  EXPECT_EQ(servers.at(2).own, ServerSeen::Own());
  EXPECT_TRUE(desk.take_answered().empty());
  EXPECT_EQ(desk.next_deadline(), std::nullopt);
}

TEST(OperatorDesk, WhereNobodyIsAskedWhatIsKnownIsAllThereIs) {
  OperatorDesk desk;
  desk.open(at(0), Of::figures, kTicket, known(), {});
  EXPECT_EQ(desk.take_answered().at(0).reply.servers.size(), 3u);
}

TEST(OperatorDesk, WhoIsLateIsNotWaitedFor) {
  OperatorDesk desk;
  const std::uint64_t number =
      desk.open(at(0), Of::figures, kTicket, known(), {Incarnation(2), Incarnation(3)});
  desk.told(Incarnation(2), {number, kFigures});
  ASSERT_EQ(desk.next_deadline(), at(0).instant + OperatorDesk::kAnswerTimeMax);
  const std::int64_t late = OperatorDesk::kAnswerTimeMax.in_milliseconds();
  desk.wake(at(late - 1));
  EXPECT_TRUE(desk.take_answered().empty());
  desk.wake(at(late));
  const auto answered = desk.take_answered();
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_TRUE(answered[0].reply.servers.at(1).own);
  EXPECT_FALSE(answered[0].reply.servers.at(2).own);
  desk.told(Incarnation(3), {number, kFigures});
  EXPECT_TRUE(desk.take_answered().empty());
}

TEST(OperatorDesk, WhoIsLostIsNotWaitedFor) {
  OperatorDesk desk;
  desk.open(at(0), Of::figures, kTicket, known(), {Incarnation(2)});
  desk.open(at(0), Of::figures, Ticket(78), known(), {Incarnation(2), Incarnation(3)});
  desk.lost(Incarnation(2));
  const auto answered = desk.take_answered();
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_EQ(answered[0].ticket, kTicket);
}

TEST(OperatorDesk, OnlyWhoWasAskedAnswersAndOnce) {
  OperatorDesk desk;
  const std::uint64_t number =
      desk.open(at(0), Of::figures, kTicket, known(), {Incarnation(2), Incarnation(3)});
  desk.told(Incarnation(1), {number, kFigures});
  desk.told(Incarnation(2), {number + 1, kFigures});
  desk.told(Incarnation(2), {number, kFigures});
  desk.told(Incarnation(2), {number, {}});
  desk.lost(Incarnation(3));
  const auto answered = desk.take_answered();
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_FALSE(answered[0].reply.servers.at(0).own);
  EXPECT_EQ(answered[0].reply.servers.at(1).own.value().load, (ServerSeen::Load{{5}, 6}));
}

TEST(OperatorDesk, AnOrderHasTheOutcomeThatTheMainSays) {
  OperatorDesk desk;
  AdminReply asked = known();
  asked.outcome = Outcome::no_answer;
  const std::uint64_t number = desk.open(at(0), Of::order, kTicket, asked, {Incarnation(1)});
  desk.open(at(0), Of::order, Ticket(78), asked, {Incarnation(1)});
  desk.told(Incarnation(1), number, Outcome::wrong_role);
  EXPECT_EQ(desk.take_answered().at(0).reply.outcome, Outcome::wrong_role);
  desk.wake(at(1'000));
  EXPECT_EQ(desk.take_answered().at(0).reply.outcome, Outcome::no_answer);
}

TEST(OperatorDesk, WhoCouldNotBeAskedOneThingIsWaitedForInAnother) {
  OperatorDesk desk;
  const std::uint64_t order = desk.open(at(0), Of::order, kTicket, known(), {Incarnation(2)});
  const std::uint64_t list = desk.open(at(0), Of::figures, Ticket(78), known(), {Incarnation(2)});
  desk.lost(Incarnation(2), list);
  EXPECT_EQ(desk.take_answered().at(0).ticket, Ticket(78));
  desk.told(Incarnation(2), order, Outcome::done);
  EXPECT_EQ(desk.take_answered().at(0).ticket, kTicket);
}

TEST(OperatorDesk, WhatIsAnsweredIsWhatWasAsked) {
  OperatorDesk desk;
  const std::uint64_t order = desk.open(at(0), Of::order, kTicket, known(), {Incarnation(2)});
  const std::uint64_t list = desk.open(at(0), Of::figures, Ticket(78), known(), {Incarnation(2)});
  desk.told(Incarnation(2), {order, kFigures});
  desk.told(Incarnation(2), list, Outcome::wrong_role);
  EXPECT_TRUE(desk.take_answered().empty());
}

TEST(OperatorDesk, WhoIsNotTheMainAfterAllIsNotNamedAsIt) {
  OperatorDesk desk;
  const std::uint64_t number = desk.open(at(0), Of::order, kTicket, known(), {Incarnation(2)});
  desk.told(Incarnation(2), number, Outcome::not_main);
  const auto answered = desk.take_answered();
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_EQ(answered[0].reply.outcome, Outcome::not_main);
  EXPECT_TRUE(answered[0].reply.servers.empty());
}

TEST(OperatorDesk, HasRoomForSoManyQuestions) {
  OperatorDesk desk;
  for (std::size_t i = 0; i < OperatorDesk::kQuestionsMax; ++i) {
    ASSERT_TRUE(desk.has_room());
    desk.open(at(0), Of::figures, kTicket, {}, {Incarnation(2)});
  }
  EXPECT_FALSE(desk.has_room());
  desk.wake(at(1'000));
  EXPECT_EQ(desk.take_answered().size(), OperatorDesk::kQuestionsMax);
  EXPECT_TRUE(desk.has_room());
}

}  // namespace load_control_operator_desk_test
}  // namespace muster
