// MESSAGE: RFC 3428, RFC 7572, and the flows of RFC 5626 section 7.
#include "server/sip_presence/page_messages.h"

#include <gtest/gtest.h>

#include "machine/sip_presence/sip_world.h"

namespace muster::testing {
namespace sip_presence_page_message_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SipMessage : public ::testing::Test {
 protected:
  // bob has a phone there; the n-th reg-id of one instance, if `reg_id` is not 0.
  void register_phone(const std::string& host, int reg_id = 0, const Rows& more = {}) {
    Rows rows = {
        "From: <sip:bob@example.com>;tag=b", "To: <sip:bob@example.com>",
        "CSeq: " + std::to_string(++cseq) + " REGISTER",
        "Contact: <sip:bob@" + host + ">" +
            (reg_id == 0 ? "" : ";+sip.instance=\"<urn:x:1>\";reg-id=" + std::to_string(reg_id))};
    rows.insert(rows.end(), more.begin(), more.end());
    world.receive(request_text("REGISTER", "sip:example.com", rows), "bob@example.com");
    EXPECT_EQ(world.story().back(), "200");
    world.flow.remote.port = static_cast<std::uint16_t>(world.flow.remote.port + 1);
  }

  // alice's MESSAGE to bob, brought to bob's shard.
  Story message(const std::string& body = "Hi", Rows rows = {"Content-Type: text/plain"}) {
    world.receive(request_text("MESSAGE", "sip:bob@example.com", rows, body));
    const Story told = world.story();
    const auto carried = world.of<PageMessage>();
    return carried.empty() ? told : arrive(carried.front());
  }
  Story arrive(const PageMessage& carried) {
    const Story told = world.on(carried);
    if (!world.of<MessageToXmpp>().empty()) waiting = world.one<MessageToXmpp>().waiting;
    askers.clear();
    for (const SipRequestsReady& ready : world.of<SipRequestsReady>())
      askers.push_back(ready.requests.at(0).asker);
    return told;
  }
  // One that came by XMPP.
  Story from_xmpp(const std::string& body = "Hi", bool taken_by_session = false) {
    PageMessage carried;
    carried.from = address("juliet@example.com/balcony");
    carried.to = address("bob@example.com");
    carried.text = {"text/plain;charset=UTF-8", "", "", "", body, {}, {}};
    carried.xmpp_id = "m1";
    carried.xmpp_to = address("bob@example.com/desk");
    carried.taken_by_session = taken_by_session;
    return arrive(carried);
  }
  Story sessions(bool taken) { return world.on(MessageDelivered{waiting, taken}); }
  Story phone(std::size_t i, std::uint16_t status) { return ended(askers.at(i), status); }
  Story ended(std::uint64_t asker, std::uint16_t status) {
    return world.on(SipRequestEnded{asker, sip::Method::message, status, 0});
  }
  // What the sender's shard does with the answer.
  Story answered(std::uint16_t status) { return world.on(PageMessageAnswered{{0, 1}, status}); }

  SipWorld world;
  std::uint64_t waiting = 0;
  std::vector<std::uint64_t> askers;  // of the MESSAGEs of the last arrival
  int cseq = 0;
};

// --- the sender's side

TEST_F(SipMessage, IsCarriedToTheRecipient) {  // RFC 3428 section 7
  const SipRequestId id =
      world.receive(request_text("MESSAGE", "sip:bob@example.com",
                                 {"Content-Type: text/plain;charset=UTF-8", "Content-Language: en",
                                  "Subject: Balcony\r\n scene", "Call-ID: thread-1",
                                  "Date: Sat, 13 Nov 2010 23:29:00 GMT", "Expires: 30"},
                                 "Hi"));
  EXPECT_THAT(world.story(), ElementsAre("carry alice@example.com to bob@example.com: Hi"));
  const PageMessage carried = world.one<PageMessage>();
  EXPECT_EQ(carried.request, id);
  EXPECT_EQ(carried.text.content_type, "text/plain;charset=UTF-8");
  EXPECT_EQ(carried.text.language, "en");
  EXPECT_EQ(carried.text.subject, "Balcony scene");
  EXPECT_EQ(carried.text.call_id, "thread-1");
  EXPECT_EQ(carried.text.date, UnixTime::at(Duration::seconds(1'289'690'940)));
  EXPECT_EQ(carried.text.expires, 30u);
  EXPECT_FALSE(world.sip.idle());
  EXPECT_THAT(world.on(PageMessageAnswered{id, 200}), ElementsAre("200"));
  EXPECT_EQ(world.one<SipResponseReady>().request, id);
  // Section 7: a 2xx has neither body nor Contact.
  EXPECT_EQ(world.answer_rows(), "");
  EXPECT_EQ(world.one<SipResponseReady>().body, "");
  EXPECT_TRUE(world.sip.idle());
}

TEST_F(SipMessage, GoesToTheShardOfTheRecipient) {
  SipWorld far(8, 3);
  far.receive(request_text("MESSAGE", "sip:bob@example.com", {"Content-Type: text/plain"}, "Hi"));
  const auto happened = far.take();
  const ShardId home = far.shard.home_of("bob@example.com");
  ASSERT_NE(home, ShardId(3));
  ASSERT_EQ(orders<ToShard>(happened).size(), 1u);
  const ToShard to = orders<ToShard>(happened)[0];
  EXPECT_EQ(to.to, home);
  EXPECT_EQ(std::get<PageMessage>(to.event).request_shard, ShardId(3));
}

TEST_F(SipMessage, TooLarge) {  // RFC 3261 21.4.11; page_message_bytes_max
  world.settings.limits.page_message_bytes_max = 10;
  const Rows rows = {"Content-Type: text/plain"};
  for (const std::size_t bytes : {9u, 10u}) {
    world.receive(request_text("MESSAGE", "sip:bob@example.com", rows, std::string(bytes, 'x')));
    EXPECT_EQ(world.story().front().substr(0, 5), "carry");
  }
  world.receive(request_text("MESSAGE", "sip:bob@example.com", rows, std::string(11, 'x')));
  EXPECT_THAT(world.story(), ElementsAre("413"));
}

TEST_F(SipMessage, BodiesThatCannotBePassedOn) {  // RFC 3261 8.2.3, 20.15
  EXPECT_THAT(message("zipped", {"Content-Type: text/plain", "Content-Encoding: gzip"}),
              ElementsAre("415"));
  EXPECT_EQ(row(world.answer_rows(), "Accept-Encoding"), "identity");
  EXPECT_THAT(message("what", {}), ElementsAre("400 Missing Content-Type"));
}

TEST_F(SipMessage, A415SaysWhatWouldDo) {  // RFC 3428 section 7, RFC 3261 21.4.13
  world.receive(request_text("MESSAGE", "sip:bob@example.com", {"Content-Type: image/png"}, "x"));
  world.story();
  EXPECT_THAT(answered(415), ElementsAre("415"));
  EXPECT_EQ(row(world.answer_rows(), "Accept"), "text/plain");
}

// --- the recipient's side

TEST_F(SipMessage, ToPhonesAndSessions) {
  register_phone("192.0.2.20");
  register_phone("192.0.2.21");
  EXPECT_THAT(message(),
              ElementsAre("to sessions of bob@example.com: Hi", "MESSAGE sip:bob@192.0.2.20 Hi",
                          "MESSAGE sip:bob@192.0.2.21 Hi"));
}

TEST_F(SipMessage, WhatAPhoneGets) {  // RFC 3428 sections 4 and 9: no Contact
  register_phone("10.0.0.1;transport=tcp?Subject=x", 0,
                 {"Supported: path", "Path: <sip:edge.example.com;lr>"});
  const Flow flow = [&] {
    Flow registered = world.flow;
    registered.remote.port = static_cast<std::uint16_t>(registered.remote.port - 1);
    return registered;
  }();
  message("Hi", {"Content-Type: text/html", "Call-ID: t1", "Subject: So"});
  const SipRequestsReady ready = world.one<SipRequestsReady>();
  EXPECT_EQ(ready.content_type, "text/html");
  const auto sent = world.sent();
  EXPECT_EQ(sent.target, "sip:bob@10.0.0.1;transport=tcp");
  EXPECT_EQ(sent.flow, flow);  // RFC 5626 section 7: the flow it registered by
  const std::string from = row(sent.rows, "From");
  EXPECT_EQ(from.substr(0, 28), "<sip:alice@example.com>;tag=");
  EXPECT_EQ(from.size(), 28u + 16u);
  EXPECT_EQ(row(sent.rows, "To"), "<sip:bob@example.com>");
  EXPECT_EQ(row(sent.rows, "Call-ID"), "t1");
  EXPECT_EQ(row(sent.rows, "CSeq"), "1 MESSAGE");
  EXPECT_EQ(row(sent.rows, "Max-Forwards"), "70");
  EXPECT_EQ(row(sent.rows, "Subject"), "So");
  EXPECT_EQ(row(sent.rows, "Route"), "<sip:edge.example.com;lr>");
  EXPECT_EQ(row(sent.rows, "Date"), "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(row(sent.rows, "Expires"), "");
  EXPECT_EQ(row(sent.rows, "Contact"), "");
}

TEST_F(SipMessage, ItsExpiryGoesAlong) {  // RFC 3428 section 7
  register_phone("10.0.0.1");
  message("Hi", {"Content-Type: text/plain", "Expires: 30", "Date: Sat, 13 Nov 2010 23:29:00 GMT"});
  EXPECT_EQ(row(world.sent().rows, "Expires"), "30");
  EXPECT_EQ(row(world.sent().rows, "Date"), "Sat, 13 Nov 2010 23:29:00 GMT");
}

TEST_F(SipMessage, AnEmptyMessageIsOne) {  // RFC 3428 section 9: MAY contain a body
  register_phone("10.0.0.1");
  message("", {});
  EXPECT_EQ(world.one<SipRequestsReady>().body, nullptr);
}

TEST_F(SipMessage, TextFromXmppEndsNoRow) {
  register_phone("10.0.0.1");
  PageMessage carried;
  carried.from = address("juliet@example.com");
  carried.to = address("bob@example.com");
  carried.text = {"text/plain", "en\r\nX: y", "one\r\nInjected: two", "no call id", "Hi", {}, {}};
  arrive(carried);
  EXPECT_EQ(row(world.sent().rows, "Subject"), "one  Injected: two");
  EXPECT_EQ(row(world.sent().rows, "Content-Language"), "en  X: y");
  EXPECT_EQ(row(world.sent().rows, "Injected"), "");
  EXPECT_EQ(row(world.sent().rows, "Call-ID").find(' '), std::string::npos);
}

// --- who takes it

TEST_F(SipMessage, OneThatTakesItIsEnough) {  // RFC 7572 section 5
  register_phone("192.0.2.20");
  register_phone("192.0.2.21");
  message();
  EXPECT_THAT(phone(0, 486), IsEmpty());
  EXPECT_THAT(phone(1, 202), ElementsAre("answered 200"));
  EXPECT_THAT(sessions(true), IsEmpty());
}

TEST_F(SipMessage, ASessionTakesIt) {
  register_phone("192.0.2.20");
  message();
  EXPECT_THAT(sessions(true), ElementsAre("answered 200"));
  EXPECT_THAT(phone(0, 0), IsEmpty());
  EXPECT_THAT(answered(200), ElementsAre("200"));
  EXPECT_TRUE(world.sip.idle());
}

TEST_F(SipMessage, NobodyIsThere) {  // 480
  EXPECT_THAT(message(), ElementsAre("to sessions of bob@example.com: Hi"));
  EXPECT_THAT(sessions(false), ElementsAre("answered 480"));
}

TEST_F(SipMessage, AllRefuse) {  // RFC 3261 16.7 step 6
  struct Case {
    std::uint16_t first;
    std::uint16_t second;
    const char* told;
  };
  register_phone("192.0.2.20");
  register_phone("192.0.2.21");
  for (const Case& one : {Case{486, 500, "answered 486"},
                          {500, 415, "answered 415"},
                          {603, 403, "answered 603"},
                          {302, 500, "answered 480"},
                          {503, 0, "answered 500"},
                          {0, 0, "answered 480"},
                          {401, 407, "answered 480"},
                          {404, 500, "answered 480"},
                          {405, 600, "answered 600"},
                          {408, 513, "answered 480"}}) {
    message();
    EXPECT_THAT(sessions(false), IsEmpty());
    EXPECT_THAT(phone(0, one.first), IsEmpty());
    EXPECT_THAT(phone(1, one.second), ElementsAre(one.told));
  }
}

TEST_F(SipMessage, TheSenderIsNotLeftWaiting) {  // kAnswerTimeMax
  register_phone("192.0.2.20");
  message();
  sessions(false);
  const Duration most = PageMessages::kAnswerTimeMax;
  EXPECT_THAT(world.pass(most - Duration::microseconds(1)), IsEmpty());
  EXPECT_THAT(world.pass(Duration::microseconds(1)), ElementsAre("answered 480"));
  EXPECT_THAT(phone(0, 200), IsEmpty());  // once only
}

TEST_F(SipMessage, NotEvenIfNobodyAsksTheSessions) {
  message();
  EXPECT_THAT(world.pass(PageMessages::kAnswerTimeMax), ElementsAre("answered 480"));
  EXPECT_THAT(sessions(true), IsEmpty());
  EXPECT_THAT(answered(480), ElementsAre("480"));
  EXPECT_TRUE(world.sip.idle());
}

// --- one that came by XMPP

TEST_F(SipMessage, FromXmppGoesToPhonesAlone) {
  register_phone("192.0.2.20");
  EXPECT_THAT(from_xmpp(), ElementsAre("MESSAGE sip:bob@192.0.2.20 Hi"));
  EXPECT_EQ(row(world.sent().rows, "From").substr(0, 36), "<sip:juliet@example.com;gr=balcony>;");
  EXPECT_THAT(phone(0, 200), IsEmpty());
  EXPECT_TRUE(world.sip.idle());
}

// It went to a session, too, which may not handle it: xmpp_presence is to hear what phones do.
TEST_F(SipMessage, FromXmppBesideASessionIsReported) {
  PageMessage beside;
  beside.from = address("juliet@example.com/balcony");
  beside.to = address("bob@example.com");
  beside.text = {"text/plain;charset=UTF-8", "", "", "", "Hi", {}, {}};
  beside.taken_by_session = true;
  beside.transit = 7;
  EXPECT_THAT(arrive(beside), ElementsAre("phones 7: none"));
  register_phone("192.0.2.20");
  register_phone("192.0.2.21");
  arrive(beside);
  EXPECT_THAT(phone(0, 486), IsEmpty());
  EXPECT_THAT(phone(1, 0), ElementsAre("phones 7: refused"));
  arrive(beside);
  EXPECT_THAT(phone(0, 200), ElementsAre("phones 7: taken"));
  EXPECT_THAT(phone(1, 486), IsEmpty());  // once only
  EXPECT_TRUE(world.sip.idle());
}

TEST_F(SipMessage, FromXmppAndNobodyTakesIt) {  // RFC 7247 table 3
  EXPECT_THAT(from_xmpp(), ElementsAre("refused 480"));
  EXPECT_EQ(world.one<PageMessageRefused>().xmpp_id, "m1");
  // Whom she wrote to is who answers (RFC 6120 section 8.3.1).
  EXPECT_EQ(world.one<PageMessageRefused>().to, address("bob@example.com/desk"));
  EXPECT_EQ(world.one<PageMessageRefused>().from, address("juliet@example.com/balcony"));
  register_phone("192.0.2.20");
  from_xmpp();
  EXPECT_THAT(phone(0, 603), ElementsAre("refused 603"));
  from_xmpp();
  EXPECT_THAT(world.pass(Duration::minutes(5)), IsEmpty());  // its sender has no timer
  EXPECT_THAT(phone(0, 0), ElementsAre("refused 480"));
}

TEST_F(SipMessage, FromXmppAndASessionHasTakenIt) {
  EXPECT_THAT(from_xmpp("Hi", true), IsEmpty());
  register_phone("192.0.2.20");
  from_xmpp("Hi", true);
  EXPECT_THAT(phone(0, 480), IsEmpty());
  EXPECT_TRUE(world.sip.idle());
}

// --- lines

TEST_F(SipMessage, APhoneGetsOneAtATime) {  // RFC 3428 section 8
  register_phone("192.0.2.20");
  EXPECT_THAT(from_xmpp("one"), ElementsAre("MESSAGE sip:bob@192.0.2.20 one"));
  const std::uint64_t asker = askers.at(0);
  EXPECT_THAT(from_xmpp("two"), IsEmpty());
  EXPECT_THAT(from_xmpp("three"), IsEmpty());
  EXPECT_THAT(ended(asker, 200), ElementsAre("MESSAGE sip:bob@192.0.2.20 two"));
  EXPECT_THAT(ended(asker, 486), ElementsAre("refused 486", "MESSAGE sip:bob@192.0.2.20 three"));
  EXPECT_THAT(ended(asker, 200), IsEmpty());
  EXPECT_TRUE(world.sip.idle());
  EXPECT_THAT(ended(asker, 200), IsEmpty());
}

TEST_F(SipMessage, ALineHasAnEnd) {  // page_messages_waiting_max
  world.settings.limits.page_messages_waiting_max = 2;
  register_phone("192.0.2.20");
  from_xmpp("one");
  EXPECT_THAT(from_xmpp("two"), IsEmpty());
  EXPECT_THAT(from_xmpp("three"), IsEmpty());
  EXPECT_THAT(from_xmpp("four"), ElementsAre("refused 480"));
}

TEST_F(SipMessage, ASilentPhoneKeepsNobodyWaiting) {
  register_phone("192.0.2.20");
  from_xmpp("one");
  const std::uint64_t asker = askers.at(0);
  from_xmpp("two");
  from_xmpp("three");
  EXPECT_THAT(ended(asker, 0), ElementsAre("refused 480", "refused 480", "refused 480"));
  EXPECT_TRUE(world.sip.idle());
  EXPECT_THAT(from_xmpp("four"), ElementsAre("MESSAGE sip:bob@192.0.2.20 four"));
}

TEST_F(SipMessage, WhatTheSenderGaveUpIsNotSentLater) {
  register_phone("192.0.2.20");
  from_xmpp("one");
  const std::uint64_t asker = askers.at(0);
  message("late");
  sessions(false);
  EXPECT_THAT(world.pass(PageMessages::kAnswerTimeMax), ElementsAre("answered 480"));
  from_xmpp("two");
  EXPECT_THAT(ended(asker, 200), ElementsAre("MESSAGE sip:bob@192.0.2.20 two"));
}

TEST_F(SipMessage, WhatASessionTookStillGoesToThePhone) {
  register_phone("192.0.2.20");
  from_xmpp("one");
  const std::uint64_t asker = askers.at(0);
  message("both");
  EXPECT_THAT(sessions(true), ElementsAre("answered 200"));
  EXPECT_THAT(ended(asker, 200), ElementsAre("MESSAGE sip:bob@192.0.2.20 both"));
}

TEST_F(SipMessage, APhoneThatLeftIsNotSentTo) {
  register_phone("192.0.2.20");
  from_xmpp("one");
  const std::uint64_t asker = askers.at(0);
  from_xmpp("two");
  world.on(AccountGone{address("bob@example.com"), false});
  EXPECT_THAT(ended(asker, 200), ElementsAre("refused 480"));
  EXPECT_TRUE(world.sip.idle());
}

// --- flows of one phone (RFC 5626 section 7)

TEST_F(SipMessage, APhoneWithTwoFlowsIsOnePhone) {
  register_phone("10.0.0.1", 1);
  register_phone("10.0.0.2", 2);
  EXPECT_THAT(from_xmpp(), ElementsAre("MESSAGE sip:bob@10.0.0.2 Hi"));
  register_phone("10.0.0.1", 1);  // now the first is the latest
  phone(0, 200);
  EXPECT_THAT(from_xmpp(), ElementsAre("MESSAGE sip:bob@10.0.0.1 Hi"));
}

TEST_F(SipMessage, AFailedFlowIsReplaced) {
  for (const int status : {0, 408, 430}) {
    register_phone("10.0.0.1", 1);
    register_phone("10.0.0.2", 2);
    EXPECT_THAT(from_xmpp(), ElementsAre("MESSAGE sip:bob@10.0.0.2 Hi"));
    EXPECT_THAT(phone(0, static_cast<std::uint16_t>(status)),
                ElementsAre("MESSAGE sip:bob@10.0.0.1 Hi"));
    const std::uint64_t second = world.sent().asker;
    EXPECT_THAT(ended(second, static_cast<std::uint16_t>(status)), ElementsAre("refused 480"));
    EXPECT_TRUE(world.sip.idle());
  }
}

TEST_F(SipMessage, AnAnswerIsAnAnswer) {  // "MUST NOT forward to another target ... instance"
  register_phone("10.0.0.1", 1);
  register_phone("10.0.0.2", 2);
  from_xmpp();
  EXPECT_THAT(phone(0, 486), ElementsAre("refused 486"));
}

TEST_F(SipMessage, WhoWaitsGoesOverTheOtherFlowToo) {
  register_phone("10.0.0.1", 1);
  register_phone("10.0.0.2", 2);
  from_xmpp("one");
  const std::uint64_t asker = askers.at(0);
  from_xmpp("two");
  EXPECT_THAT(ended(asker, 0), ElementsAre("MESSAGE sip:bob@10.0.0.1 one"));
  EXPECT_THAT(ended(world.sent().asker, 200), ElementsAre("MESSAGE sip:bob@10.0.0.1 two"));
}

}  // namespace sip_presence_page_message_test
}  // namespace muster::testing
