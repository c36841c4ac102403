// What an operator asks of one server and another has to answer, over the link between both.
#include "machine/load_control/load_control_world.h"

namespace muster::testing {
namespace load_control_load_control_operators_test {

class LoadControlOperators : public LoadControlTest {
 protected:
  static constexpr Ticket kTicket{77};
  using Outcome = AdminReply::Outcome;
  using What = OrderServer::What;

  // What the operator is answered in this step; nothing if she waits.
  std::optional<AdminReply> answered() {
    const auto answers = orders<AnswerAdmin>(said_);
    if (answers.empty()) return std::nullopt;
    EXPECT_EQ(answers[0].ticket, kTicket);
    return answers[0].reply;
  }
  std::vector<cluster::Told> ask(LoadControl& control, AdminRequest request) {
    control.on(world.now, AdminAsked{kTicket, std::move(request)}, world.out);
    return told(control);
  }
};

TEST_F(LoadControlOperators, WhoIsLinkedIsAskedForItsFigures) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  EXPECT_EQ(ask(control, ListServers{}), std::vector<cluster::Told>{cluster::FiguresAsked{1}});
  EXPECT_FALSE(answered());
  hear(control, cluster::FiguresTold{1, {7, 8, 9, 1, 5, 6, {}}});
  told(control);
  ASSERT_TRUE(answered());
  const auto reply = *answered();
  ASSERT_EQ(reply.servers.size(), 3u);
  EXPECT_EQ(reply.servers.at(0).own, std::nullopt) << "3 has no link";
  EXPECT_EQ(reply.servers.at(2).own, (ServerSeen::Own{{{5}, 6}, 7, 8, 9, 1, {}}));
}

TEST_F(LoadControlOperators, WhoDoesNotAnswerIsWaitedForSoLong) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  ask(control, ListServers{});
  ASSERT_LE(*control.next_deadline(), world.now.instant + OperatorDesk::kAnswerTimeMax);
  world.pass(OperatorDesk::kAnswerTimeMax);
  control.wake(world.now, world.out);
  told(control);
  ASSERT_TRUE(answered());
  EXPECT_EQ(answered()->servers.at(2).own, std::nullopt);
}

TEST_F(LoadControlOperators, WhoseLinkIsLostIsNotWaitedFor) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  ask(control, ListServers{});
  control.on(world.now, LinkClosed{kLink}, world.out);
  said_ = world.take();
  EXPECT_TRUE(answered());
}

TEST_F(LoadControlOperators, AnotherServersOperatorIsToldWhatThisOneHas) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  ShardLoad load = LoadControlTest::load(2, 19);
  load.xmpp = 2;
  load.sip = 1;
  load.relaying = 4;
  load.measures = {{1, 100}, {2, 100}, {3, 100}, {4, 100}};
  control.on(world.now, load, world.out);
  told(control);
  hear(control, cluster::FiguresAsked{42});
  EXPECT_EQ(told(control), std::vector<cluster::Told>{
                               cluster::FiguresTold({42, {2, 1, 19, 4, 1, 2, load.measures}})});
}

TEST_F(LoadControlOperators, ItsOwnUsersAreThoseOfItsShards) {
  LoadControl control(world.shard);
  join(control);
  EXPECT_TRUE(ask(control, ListUsers{name_of(4), {}}).empty());
  EXPECT_FALSE(answered());
  EXPECT_EQ(events<UsersListWanted>(said_).size(), 1u);
  control.on(world.now,
             UsersListed{ShardId(), {{kAlice, cluster::PresType::sip, 5, "<presence/>"}}},
             world.out);
  told(control);
  ASSERT_TRUE(answered());
  EXPECT_EQ(answered()->users, (std::vector<UserSeen>{{kAlice, cluster::PresType::sip, 5}}));
}

// By a subscription to its document (documents_users_test.cc).
TEST_F(LoadControlOperators, AnotherServerIsAskedForItsUsers) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  control.on(world.now, AdminAsked{kTicket, ListUsers{name_of(5), {}}}, world.out);
  control.flush(world.now, world.out);
  said_ = world.take();
  EXPECT_FALSE(answered());
  std::string sent;
  for (const SendBytes& send : orders<SendBytes>(said_))
    sent += send.bytes;
  EXPECT_THAT(sent, ::testing::HasSubstr("content=users"));
  control.on(world.now, LinkClosed{kLink}, world.out);
  said_ = world.take();
  ASSERT_TRUE(answered());
  EXPECT_EQ(answered()->outcome, Outcome::no_answer);
}

TEST_F(LoadControlOperators, WhoCannotBeAskedForItsUsersIsSaid) {
  LoadControl control(world.shard);
  join(control);
  ask(control, ListUsers{name_of(5), {}});
  ASSERT_TRUE(answered());
  EXPECT_EQ(answered()->outcome, Outcome::no_answer) << "it has no link";
  ask(control, ListUsers{name_of(9), {}});
  ASSERT_TRUE(answered());
  EXPECT_EQ(answered()->outcome, Outcome::no_such_server);
}

TEST_F(LoadControlOperators, AnOrderGoesToTheMain) {
  LoadControl control(world.shard);
  join(control);
  renew(control, directory_of(5));
  link(control);
  EXPECT_EQ(ask(control, OrderServer{What::drain, name_of(3)}),
            std::vector<cluster::Told>{cluster::OrderAsked({1, 1, 0, name_of(3)})});
  EXPECT_FALSE(answered());
  hear(control, cluster::OrderAnswered{1, static_cast<std::uint8_t>(Outcome::wrong_role)});
  told(control);
  ASSERT_TRUE(answered());
  EXPECT_EQ(answered()->outcome, Outcome::wrong_role);
}

TEST_F(LoadControlOperators, AMainThatDoesNotAnswerIsSaid) {
  LoadControl control(world.shard);
  join(control);
  renew(control, directory_of(5));
  link(control);
  ask(control, OrderServer{What::drain, name_of(3)});
  world.pass(OperatorDesk::kAnswerTimeMax);
  control.wake(world.now, world.out);
  told(control);
  ASSERT_TRUE(answered());
  EXPECT_EQ(answered()->outcome, Outcome::no_answer);
}

TEST_F(LoadControlOperators, AMainWithoutALinkIsNamed) {
  LoadControl control(world.shard);
  join(control);
  renew(control, directory_of(5));
  EXPECT_TRUE(ask(control, OrderServer{What::drain, name_of(3)}).empty());
  ASSERT_TRUE(answered());
  EXPECT_EQ(answered()->outcome, Outcome::not_main);
  EXPECT_EQ(answered()->servers.at(0).member.self.svr_id, name_of(5));
}

TEST_F(LoadControlOperators, TheMainCarriesOutWhatAnotherServersOperatorOrders) {
  LoadControl control(world.shard);
  be_main_beside_one(control);
  told(control);
  const auto drain = static_cast<std::uint8_t>(What::drain);
  const auto done = static_cast<std::uint8_t>(Outcome::done);
  hear(control, cluster::OrderAsked{42, 1, drain, name_of(5)});
  control.steer(world.now, world.out);
  const auto answer = told(control);
  EXPECT_THAT(answer, ::testing::Contains(cluster::Told(cluster::OrderAnswered{42, done})));
  bool is_drained = false;
  for (const AskCluster& asked : orders<AskCluster>(said_)) {
    const auto* change = std::get_if<cluster::SetRole>(&asked.request);
    is_drained |= change != nullptr && change->to == cluster::Role::draining;
  }
  EXPECT_TRUE(is_drained);
}

// Its operator was told that nobody answered, when the link that it was given on was lost.
TEST_F(LoadControlOperators, AnOrderIsNotCarriedOutOnceItsLinkIsLost) {
  LoadControl control(world.shard);
  be_main_beside_one(control);
  told(control);
  hear(control, cluster::OrderAsked{42, 2, static_cast<std::uint8_t>(What::drain), name_of(5)});
  control.steer(world.now, world.out);
  EXPECT_TRUE(told(control).empty());
  for (const AskCluster& asked : orders<AskCluster>(said_))
    EXPECT_FALSE(std::holds_alternative<cluster::SetRole>(asked.request));
}

TEST_F(LoadControlOperators, WhoIsNotMainSaysSo) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  hear(control, cluster::OrderAsked{42, 1, 0, name_of(5)});
  const auto not_main = static_cast<std::uint8_t>(Outcome::not_main);
  EXPECT_EQ(told(control), std::vector<cluster::Told>{cluster::OrderAnswered({42, not_main})});
}

// Of another version, perhaps: it means nothing here.
TEST_F(LoadControlOperators, AnOrderThatIsNoneIsNotUnderstood) {
  LoadControl control(world.shard);
  join(control);
  link(control);
  hear(control,
       cluster::OrderAsked{42, 1, static_cast<std::uint8_t>(What::release) + 1, name_of(5)});
  EXPECT_TRUE(told(control).empty());
  EXPECT_EQ(orders<Log>(said_).at(0).what, "not-understood");
  EXPECT_EQ(orders<Log>(said_).at(0).who, name_of(5));
}

TEST_F(LoadControlOperators, AnOutcomeThatIsNoneIsNotUnderstood) {
  LoadControl control(world.shard);
  join(control);
  renew(control, directory_of(5));
  link(control);
  ask(control, OrderServer{What::drain, name_of(3)});
  // What no order has for an outcome, and what is none at all.
  for (const int none : {static_cast<int>(Outcome::no_such_account), 255}) {
    hear(control, cluster::OrderAnswered{1, static_cast<std::uint8_t>(none)});
    told(control);
    EXPECT_FALSE(answered());
  }
  hear(control, cluster::OrderAnswered{1, static_cast<std::uint8_t>(Outcome::done)});
  told(control);
  EXPECT_TRUE(answered()) << "it waits still";
}

}  // namespace load_control_load_control_operators_test
}  // namespace muster::testing
