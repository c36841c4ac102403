// What is for a user whom another server serves: it goes there, and on if she moved; what a SIP
// sender waits for comes back.
#include "machine/load_control/interests_world.h"
#include "server/load_control/interests.h"

namespace muster::testing {
namespace load_control_interests_directed_test {

constexpr SipRequestId kRequest{9, 3};
constexpr ShardId kOtherShard{0};
constexpr std::uint16_t kNobodyTookIt = 480;

class InterestsDirectedTest : public InterestsTest {
 protected:
  StanzaForUser stanza() const {
    StanzaForUser stanza;
    stanza.from = bob;
    stanza.to = alice.with_resource("desk");
    stanza.xml = "<message/>";
    return stanza;
  }
  PageMessage message(ShardId waits_on = kOtherShard) const {
    PageMessage message;
    message.from = bob;
    message.to = alice;
    message.text.body = "hello";
    message.request_shard = waits_on;
    message.request = kRequest;
    return message;
  }
  RelationChanged relation() const { return {alice, bob, {}, {}, {}}; }

  template <class E>
  bool send_on(const E& event) {
    const bool sent = interests.send_on(world.now, event, world.out);
    happened = world.take();
    return sent;
  }
  // The one event that `to` was told.
  template <class E>
  std::optional<E> sent(std::uint64_t to, std::uint8_t servers = 1) {
    const auto all = said<EventSaid>(happened, {to}, true);
    EXPECT_EQ(all.size(), 1u);
    if (all.size() != 1) return std::nullopt;
    EXPECT_EQ(all[0].servers, servers);
    const E* event = std::get_if<E>(&all[0].event);
    return event == nullptr ? std::nullopt : std::optional<E>(*event);
  }
  // The message is on its way to server 5; as it is known there.
  PageMessage send_message(ShardId waits_on = kOtherShard) {
    meet(5);
    serve_there(5, alice);
    pass(Interests::kSyncEvery);
    EXPECT_TRUE(send_on(message(waits_on)));
    return sent<PageMessage>(5).value_or(PageMessage());
  }
  std::string answer(const PageMessage& there, std::uint16_t status) const {
    return write_answer(there.request_shard,
                        {there.request, status, there.request_shard, kThisServer});
  }
  // What the SIP sender is told, on `shard`.
  static std::vector<PageMessageAnswered> answered(const Happened& what,
                                                   ShardId shard = kOtherShard) {
    if (shard == kSelf) return events<PageMessageAnswered>(what);
    std::vector<PageMessageAnswered> all;
    for (const ToShard& mail : orders<ToShard>(what)) {
      const auto* one = std::get_if<PageMessageAnswered>(&mail.event);
      if (one != nullptr && mail.to == shard) all.push_back(*one);
    }
    return all;
  }

  static constexpr std::uint64_t kThisServer = 4;  // as the others call this one
  Happened happened;
};

// --- sending -------------------------------------------------------------------------------------

TEST_F(InterestsDirectedTest, AStanzaGoesToTheServerThatServesHer) {
  meet(5);
  meet(6);
  EXPECT_FALSE(send_on(stanza()));
  EXPECT_TRUE(told(happened).empty());
  serve_there(6, alice);
  ASSERT_TRUE(send_on(stanza()));
  const auto there = sent<StanzaForUser>(6);
  ASSERT_TRUE(there.has_value());
  EXPECT_EQ(there->to, alice.with_resource("desk"));
  EXPECT_EQ(there->xml, "<message/>");
  EXPECT_EQ(told(happened).size(), 1u);
  EXPECT_EQ(told(happened).at(0).shard, kSelf) << "it may come back";
}

TEST_F(InterestsDirectedTest, ARequestToo) {
  meet(5);
  RequestForUser request;
  request.from = bob;
  request.to = alice;
  request.kind = RequestForUser::Kind::disco_items;
  EXPECT_FALSE(send_on(request));
  serve_there(5, alice);
  ASSERT_TRUE(send_on(request));
  const auto there = sent<RequestForUser>(5);
  ASSERT_TRUE(there.has_value());
  EXPECT_EQ(there->kind, RequestForUser::Kind::disco_items);
}

// She moves, and has not let go of what she has where she was.
TEST_F(InterestsDirectedTest, OfTwoServersTheLaterIsSentIt) {
  meet(5);
  meet(6);
  serve_there(6, alice);
  serve_there(5, alice);
  ASSERT_TRUE(send_on(stanza()));
  EXPECT_TRUE(sent<StanzaForUser>(5).has_value());
}

TEST_F(InterestsDirectedTest, WhoIsServedHereIsServedHere) {
  meet(5);
  serve_there(5, alice);
  serve_here(alice);
  EXPECT_FALSE(send_on(stanza()));
  EXPECT_FALSE(send_on(message()));
  EXPECT_TRUE(told(happened).empty());
}

TEST_F(InterestsDirectedTest, ItGoesOnlyWhereSheStillIsServed) {
  meet(5);
  serve_there(5, alice);
  Concerns over;
  over.not_served.push_back(alice);
  give(ConcernsCame{5, over});
  EXPECT_FALSE(send_on(stanza()));
  serve_there(5, alice);
  give(ServerGone{5});
  EXPECT_FALSE(send_on(stanza()));
}

TEST_F(InterestsDirectedTest, UntilAllIsSaidOnANewLinkTheOldOneHolds) {
  meet(5);
  serve_there(5, alice);
  meet(5);
  EXPECT_TRUE(send_on(stanza()));
  give(ServerSaidAll{5});
  EXPECT_FALSE(send_on(stanza())) << "it serves her no more";
}

// It came by a message that was sent on already.
TEST_F(InterestsDirectedTest, WhatASipRequestWaitsForIsDealtWithHere) {
  meet(5);
  serve_there(5, alice);
  StanzaForUser asked = stanza();
  asked.asked_by_sip = 1;
  EXPECT_FALSE(send_on(asked));
  EXPECT_TRUE(told(happened).empty());
}

// --- from one shard to another -------------------------------------------------------------------

// Of a user here, to one whose home is another shard; what she shows meanwhile is not to overtake.
TEST_F(InterestsDirectedTest, WhatIsForAUserOfAnotherShardIsWeighedThere) {
  StanzaForUser to_bob = stanza();
  to_bob.from = alice.with_resource("desk");
  to_bob.to = bob;
  meet(5);
  watch_there(5, alice);
  ASSERT_TRUE(send_on(to_bob));
  const auto mails = orders<ToShard>(happened);
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0].to, ShardId(2));
  const auto* asked = std::get_if<SaidToWeigh>(&mails[0].event);
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->shard, kSelf);
  EXPECT_TRUE(told(give(PresenceHere{alice, {session("desk")}, 0})).empty());
  const ToServers leaves{ShardId(2), {5}, true, write_event(to_bob, 1)};
  happened = give(SaidWeighed{alice, asked->place, leaves});
  std::vector<std::string> left;
  for (const ToShard& mail : orders<ToShard>(happened))
    left.push_back(std::get<ToServers>(mail.event).said);
  EXPECT_EQ(left,
            (std::vector<std::string>{leaves.said, write_presence(alice, {session("desk")})}));
}

TEST_F(InterestsDirectedTest, WhatAnotherShardAsksIsWeighed) {
  meet(5);
  SaidToWeigh asked{ShardId(2), 7, stanza()};
  const auto weigh = [&] {
    const bool leaves = interests.weigh(world.now, asked, world.out);
    happened = world.take();
    const auto mails = orders<ToShard>(happened);
    EXPECT_EQ(mails.size(), 1u);
    EXPECT_EQ(mails.at(0).to, ShardId(2));
    const auto weighed = std::get<SaidWeighed>(mails.at(0).event);
    EXPECT_EQ(weighed.sender, bob);
    EXPECT_EQ(weighed.place, 7u);
    EXPECT_EQ(weighed.leaves.has_value(), leaves);
    return leaves;
  };
  EXPECT_FALSE(weigh()) << "for a user of this server";
  serve_there(5, alice);
  EXPECT_TRUE(weigh());
}

// More than has a place: it leaves as it comes.
TEST_F(InterestsDirectedTest, WhatHasNoPlaceLeavesByItsSendersShard) {
  meet(5);
  serve_there(5, alice);
  EXPECT_TRUE(interests.weigh(world.now, SaidToWeigh{ShardId(2), 0, stanza()}, world.out));
  happened = world.take();
  EXPECT_TRUE(sent<StanzaForUser>(5).has_value());
}

// Who may just be loading one of the pair is not known here.
TEST_F(InterestsDirectedTest, ARelationIsToldAllServers) {
  meet(5);
  meet(6);
  serve_there(5, alice);
  happened = give(RelationToTell{relation(), alice});
  Servers to;
  for (const ToServers& one : told(happened)) {
    EXPECT_TRUE(one.once);
    const auto read = read_said(one.said);
    const auto* event = read ? std::get_if<EventSaid>(&*read) : nullptr;
    ASSERT_NE(event, nullptr);
    const auto* there = std::get_if<RelationChanged>(&event->event);
    ASSERT_NE(there, nullptr);
    EXPECT_EQ(there->user, alice);
    EXPECT_EQ(there->contact, bob);
    to.insert(to.end(), one.to.begin(), one.to.end());
  }
  // To name none is to name all.
  EXPECT_TRUE(to == (Servers{5, 6}) || (to.empty() && told(happened).size() == 1));
}

// What alice is shown of bob comes behind the change that allows it: they come the same way, which
// is by the shard of one of them.
TEST_F(InterestsDirectedTest, BothSidesOfAPairLeaveByOneShardInTheirOrder) {
  RelationChanged other = relation();
  std::swap(other.user, other.contact);
  std::vector<std::string> said;
  for (const RelationChanged& side : {relation(), other}) {
    for (const ToServers& one : told(give(RelationToTell{side, alice})))
      said.push_back(one.said);
  }
  EXPECT_EQ(said, (std::vector<std::string>{write_relation(relation(), alice),
                                            write_relation(other, alice)}));
}

TEST_F(InterestsDirectedTest, ARelationComesToItsUserByTheShardOfTheOther) {
  meet(5);
  RelationChanged of_bob = relation();
  std::swap(of_bob.user, of_bob.contact);
  const std::string said = write_relation(of_bob, alice);
  const auto came = hear(5, said);
  EXPECT_FALSE(came.event.has_value());
  const auto mails = orders<ToShard>(came.happened);
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0].to, ShardId(2));
  EXPECT_EQ(std::get<FromServer>(mails[0].event).said, said);
}

// A server that is met for the first time may have loaded one of the pair before anybody knew of
// it; not so long before.
TEST_F(InterestsDirectedTest, RecentRelationsAreToldAServerThatIsNew) {
  EXPECT_TRUE(said<EventSaid>(meet(5), {5}, true).empty());
  give(RelationToTell{relation(), alice});
  pass(Interests::kRecentTime);
  EXPECT_EQ(said<EventSaid>(meet(6), {6}, true).size(), 1u);
  EXPECT_TRUE(said<EventSaid>(meet(6), {6}, true).empty()) << "it is not new any more";
  pass(kMoment);
  EXPECT_TRUE(said<EventSaid>(meet(7), {7}, true).empty());
}

TEST_F(InterestsDirectedTest, OfRecentRelationsSoManyAreKept) {
  for (std::size_t i = 0; i < Interests::kRecentMax + 1; ++i) {
    RelationChanged one = relation();
    one.contact = user("u" + std::to_string(i));
    give(RelationToTell{one, alice});
  }
  const auto kept = said<EventSaid>(meet(5), {5}, true);
  ASSERT_EQ(kept.size(), Interests::kRecentMax);
  EXPECT_EQ(std::get<RelationChanged>(kept[0].event).contact, user("u1")) << "the latest";
}

// --- a message by SIP ----------------------------------------------------------------------------

TEST_F(InterestsDirectedTest, AMessageIsAnsweredWhereItsRequestWaits) {
  for (const ShardId shard : {kOtherShard, kSelf}) {
    const PageMessage there = send_message(shard);
    EXPECT_EQ(there.text.body, "hello");
    EXPECT_EQ(there.request_shard, kSelf) << "it is answered by way of this shard";
    EXPECT_TRUE(there.from_sip());
    const auto answers = answered(hear(5, answer(there, 202)).happened, shard);
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].request, kRequest);
    EXPECT_EQ(answers[0].status, 202);
    EXPECT_EQ(answers[0].server, 0u) << "it is not to be carried any further";
    EXPECT_TRUE(answered(hear(5, answer(there, 202)).happened, shard).empty());
  }
}

TEST_F(InterestsDirectedTest, EachMessageHasItsOwnAnswer) {
  const PageMessage first = send_message();
  PageMessage other = message();
  other.request = {10, 1};
  ASSERT_TRUE(send_on(other));
  const PageMessage second = sent<PageMessage>(5).value_or(PageMessage());
  const auto to_second = answered(hear(5, answer(second, 200)).happened);
  ASSERT_EQ(to_second.size(), 1u);
  EXPECT_EQ(to_second[0].request, other.request);
  const auto to_first = answered(hear(5, answer(first, 404)).happened);
  ASSERT_EQ(to_first.size(), 1u);
  EXPECT_EQ(to_first[0].request, kRequest);
  EXPECT_EQ(to_first[0].status, 404);
}

TEST_F(InterestsDirectedTest, AnAnswerIsWaitedForSoLong) {
  const PageMessage there = send_message();
  EXPECT_TRUE(answered(pass(Interests::kMessageTimeMax - kMoment)).empty());
  const auto answers = answered(pass(kMoment));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].request, kRequest);
  EXPECT_EQ(answers[0].status, kNobodyTookIt);
  EXPECT_TRUE(answered(hear(5, answer(there, 200)).happened).empty()) << "it is too late";
}

TEST_F(InterestsDirectedTest, AndIsNotWaitedForAnyMoreOnceItCame) {
  const PageMessage there = send_message();
  hear(5, answer(there, 200));
  EXPECT_TRUE(answered(pass(Interests::kMessageTimeMax)).empty());
}

TEST_F(InterestsDirectedTest, AServerThatIsGoneTookNothing) {
  send_message();
  meet(6);
  EXPECT_TRUE(answered(give(ServerGone{6})).empty());
  const auto answers = answered(give(ServerGone{5}));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].request, kRequest);
  EXPECT_EQ(answers[0].status, kNobodyTookIt);
  EXPECT_TRUE(answered(pass(Interests::kMessageTimeMax)).empty()) << "once";
}

TEST_F(InterestsDirectedTest, AnAnswerIsCarriedToTheServerThatWaits) {
  EXPECT_FALSE(send_on(PageMessageAnswered{kRequest, 200, kSelf, 0})) << "it waits on this one";
  EXPECT_TRUE(told(happened).empty());
  ASSERT_TRUE(send_on(PageMessageAnswered{kRequest, 486, ShardId(3), 5}));
  ASSERT_EQ(told(happened).size(), 1u);
  const auto reader = reader_of(told(happened)[0].said);
  ASSERT_TRUE(reader.has_value() && std::holds_alternative<ShardId>(reader->who));
  EXPECT_EQ(std::get<ShardId>(reader->who), ShardId(3));
  const auto there = said<PageMessageAnswered>(happened, {5}, true);
  ASSERT_EQ(there.size(), 1u);
  EXPECT_EQ(there[0].request, kRequest);
  EXPECT_EQ(there[0].status, 486);
}

// --- what comes ----------------------------------------------------------------------------------

TEST_F(InterestsDirectedTest, WhatComesIsForTheModulesOfThisShard) {
  meet(5);
  serve_here(alice);
  const auto came = hear(5, write_event(stanza(), 1));
  ASSERT_TRUE(came.event.has_value());
  const auto* event = std::get_if<StanzaForUser>(&*came.event);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->xml, "<message/>");
  EXPECT_TRUE(told(came.happened).empty());
}

// It came by the home shard of whom it is from.
TEST_F(InterestsDirectedTest, WhatIsForAUserOfAnotherShardGoesThere) {
  meet(5);
  StanzaForUser to_bob = stanza();
  to_bob.from = alice;
  to_bob.to = bob;
  const std::string said = write_event(to_bob, 1);
  const auto came = hear(5, said);
  EXPECT_FALSE(came.event.has_value());
  const auto mails = orders<ToShard>(came.happened);
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0].to, ShardId(2));
  const auto* there = std::get_if<FromServer>(&mails[0].event);
  ASSERT_NE(there, nullptr);
  EXPECT_EQ(there->by, 5u);
  EXPECT_EQ(there->said, said);
}

TEST_F(InterestsDirectedTest, AMessageSaysWhereItIsAwaited) {
  meet(5);
  const auto came = hear(5, write_event(message(), 1));
  ASSERT_TRUE(came.event.has_value());
  const auto* event = std::get_if<PageMessage>(&*came.event);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->server, 5u);
  EXPECT_EQ(event->request, kRequest);
  EXPECT_EQ(event->request_shard, kOtherShard);
}

TEST_F(InterestsDirectedTest, ItGoesOnIfSheMoved) {
  meet(5);
  meet(6);
  serve_there(6, alice);
  const auto came = hear(5, write_event(message(), Interests::kServersMax - 1));
  EXPECT_FALSE(came.event.has_value());
  happened = came.happened;
  const auto there = sent<PageMessage>(6, Interests::kServersMax);
  ASSERT_TRUE(there.has_value());
  EXPECT_EQ(there->server, 5u) << "that is where it is awaited";
  EXPECT_EQ(there->request, kRequest);
}

TEST_F(InterestsDirectedTest, ButNotOverMoreServersThanThat) {
  meet(5);
  meet(6);
  serve_there(6, alice);
  const auto came = hear(5, write_event(stanza(), Interests::kServersMax));
  EXPECT_TRUE(came.event.has_value());
  EXPECT_TRUE(told(came.happened).empty());
}

TEST_F(InterestsDirectedTest, NorBack) {
  meet(6);
  serve_there(6, alice);
  const auto came = hear(6, write_event(stanza(), 1));
  EXPECT_TRUE(came.event.has_value());
  EXPECT_TRUE(told(came.happened).empty());
}

// Whoever holds her hears of it from the one who changed it.
TEST_F(InterestsDirectedTest, ARelationGoesNoFurther) {
  meet(5);
  meet(6);
  serve_there(6, alice);
  const auto came = hear(5, write_event(relation(), 1));
  ASSERT_TRUE(came.event.has_value());
  EXPECT_TRUE(std::holds_alternative<RelationChanged>(*came.event));
  EXPECT_TRUE(told(came.happened).empty());
}

TEST_F(InterestsDirectedTest, WhatCannotBeReadIsPassedOver) {
  meet(5);
  meet(6);
  const auto came = hear(5, "what?");
  EXPECT_FALSE(came.event.has_value());
  EXPECT_TRUE(came.happened.events.empty());
  const auto logs = orders<Log>(came.happened);
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ(logs[0].level, Log::Level::warning);
  EXPECT_TRUE(orders<Log>(hear(5, "what?").happened).empty()) << "that is known";
  EXPECT_EQ(orders<Log>(hear(6, "what?").happened).size(), 1u);
}

// --- directed presence (RFC 6121 section 4.6) ----------------------------------------------------

class InterestsDirectedPresenceTest : public InterestsDirectedTest {
 protected:
  InterestsDirectedPresenceTest() {
    meet(5);
    pass(Interests::kSyncEvery);
  }
  // A session at another server shows itself to alice.
  void show(std::uint64_t server, const Address& from, std::string type = {},
            StanzaKind kind = StanzaKind::presence) {
    StanzaForUser shown;
    shown.kind = kind;
    shown.type = std::move(type);
    shown.from = from;
    shown.to = alice;
    shown.xml = "<presence/>";
    EXPECT_TRUE(hear(server, write_event(shown, 1)).event.has_value());
  }
  // Those of whom it is said that they are unavailable, in the end.
  std::vector<Address> gone(const Happened& at_once) {
    std::vector<Address> all;
    for (const Happened& some : {at_once, pass(Duration::seconds(5))}) {
      for (const StanzaForUser& stanza : events<StanzaForUser>(some)) {
        EXPECT_EQ(stanza.kind, StanzaKind::presence);
        EXPECT_EQ(stanza.type, "unavailable");
        EXPECT_EQ(stanza.to, alice);
        EXPECT_NE(stanza.xml.find("type='unavailable'"), std::string::npos);
        EXPECT_NE(stanza.xml.find("from='" + stanza.from.text() + "'"), std::string::npos);
        all.push_back(stanza.from);
      }
    }
    return all;
  }

  const Address desk = bob.with_resource("desk");
  const Address car = bob.with_resource("car");
};

TEST_F(InterestsDirectedPresenceTest, EndsWithItsServer) {
  meet(6);
  show(5, desk);
  show(5, desk);
  show(6, car);
  EXPECT_TRUE(gone(meet(5)).empty()) << "a link may be cut";
  EXPECT_EQ(gone(give(ServerGone{5})), std::vector<Address>{desk});
  EXPECT_EQ(gone(give(ServerGone{6})), std::vector<Address>{car});
}

TEST_F(InterestsDirectedPresenceTest, EndsOnce) {
  show(5, desk);
  show(5, car);
  show(5, desk, "unavailable");
  EXPECT_EQ(gone(give(ServerGone{5})), std::vector<Address>{car});
}

TEST_F(InterestsDirectedPresenceTest, IsNotWhateverComes) {
  show(5, desk, "subscribe");
  show(5, desk, "probe");
  show(5, desk, {}, StanzaKind::message);
  EXPECT_TRUE(gone(give(ServerGone{5})).empty());
}

TEST_F(InterestsDirectedPresenceTest, IsOfSoManyPairs) {
  for (const std::size_t pairs : {Interests::kDirectedMax, Interests::kDirectedMax + 1}) {
    meet(5);
    for (std::size_t i = 0; i < pairs; ++i)
      show(5, bob.with_resource("r" + std::to_string(i)));
    EXPECT_EQ(gone(give(ServerGone{5})).size(), Interests::kDirectedMax);
  }
}

// --- what comes back -----------------------------------------------------------------------------

TEST_F(InterestsDirectedTest, WhatCameBackIsDealtWithHere) {
  meet(5);
  meet(6);
  serve_there(5, alice);
  serve_there(6, alice);
  ASSERT_TRUE(send_on(stanza()));
  const ToServers lost = told(happened).at(0);
  ASSERT_EQ(lost.to.size(), 1u);
  const auto back = hear(lost.to[0], lost.said, true);
  ASSERT_TRUE(back.event.has_value());
  ASSERT_TRUE(std::holds_alternative<StanzaForUser>(*back.event));
  EXPECT_EQ(std::get<StanzaForUser>(*back.event).to, alice.with_resource("desk"));
  EXPECT_TRUE(told(back.happened).empty());
}

TEST_F(InterestsDirectedTest, AMessageThatCameBackHasItsOwnRequestAgain) {
  send_message();
  const auto back = hear(5, told(happened).at(0).said, true);
  ASSERT_TRUE(back.event.has_value());
  const auto* event = std::get_if<PageMessage>(&*back.event);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->request, kRequest);
  EXPECT_EQ(event->request_shard, kOtherShard);
  EXPECT_EQ(event->server, 0u);
  EXPECT_TRUE(answered(pass(Interests::kMessageTimeMax)).empty()) << "it is answered from here";
}

// Its sender was told that nobody took it: nobody may take it now.
TEST_F(InterestsDirectedTest, AMessageThatCameBackTooLateIsOver) {
  send_message();
  const std::string lost = told(happened).at(0).said;
  pass(Interests::kMessageTimeMax);
  EXPECT_FALSE(hear(5, lost, true).event.has_value());
}

TEST_F(InterestsDirectedTest, AMessageOfAnotherServerThatCameBackStaysItsOwn) {
  meet(5);
  meet(6);
  serve_there(6, alice);
  happened = hear(5, write_event(message(), 1)).happened;
  const auto back = hear(6, told(happened).at(0).said, true);
  ASSERT_TRUE(back.event.has_value());
  ASSERT_TRUE(std::holds_alternative<PageMessage>(*back.event));
  EXPECT_EQ(std::get<PageMessage>(*back.event).server, 5u);
  EXPECT_EQ(std::get<PageMessage>(*back.event).request, kRequest);
}

// The store has it.
TEST_F(InterestsDirectedTest, ARelationThatCameBackIsKnownHere) {
  meet(5);
  serve_there(5, alice);
  EXPECT_FALSE(hear(5, write_event(relation(), 1), true).event.has_value());
}

TEST_F(InterestsDirectedTest, AnAnswerThatCameBackAnswersNobody) {
  const PageMessage there = send_message();
  const auto back = hear(5, answer(there, 200), true);
  EXPECT_TRUE(answered(back.happened).empty());
}

}  // namespace load_control_interests_directed_test
}  // namespace muster::testing
