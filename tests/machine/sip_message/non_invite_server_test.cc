// The server transaction of a request that is no INVITE (RFC 3261 section 17.2.2, RFC 4320): every
// state meets every input.
#include "server/sip_message/server_transactions.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_non_invite_server_test {

// The SUBSCRIBE of alice, who is trusted, or not.
class Machine {
 public:
  explicit Machine(bool stream = false) : stream_(stream) {
    if (stream_) link_ = world_.open_link(0);
  }

  void reach(const std::string& state) {
    world_.settings.loopback_sip_trusted = state != "proving";
    if (state == "none") return;
    input("request");
    world_.settings.loopback_sip_trusted = true;
    if (state == "proceeding") input("3.5 s");
    if (state == "completed" || state == "ended") input("200");
    if (state == "ended") input("32 s");
  }

  // What comes of it, in words: what is sent, what sip_presence is told, what is asked.
  std::string input(const std::string& what) {
    if (what == "request") receive("SUBSCRIBE");
    if (what == "ACK") receive("ACK");
    if (what == "CANCEL") receive("CANCEL");
    if (what == "200") world_.answer(request_, sip::Status::ok);
    if (what == "404") world_.answer(request_, sip::Status::not_found);
    if (what == "3.5 s") world_.wait(Duration::milliseconds(3'500));
    if (what == "32 s") world_.wait(Duration::seconds(35));
    using Outcome = DigestAnswered::Outcome;
    if (what == "proof") prove(Outcome::proved);
    if (what == "challenge") prove(Outcome::challenged);
    return effects();
  }

 private:
  void receive(const std::string& method) {
    const std::string text = SipText{.method = method}.text();
    if (stream_) {
      world_.bytes(link_, text);
    } else {
      world_.datagram(text);
    }
  }
  void prove(DigestAnswered::Outcome outcome) {
    world_.give(DigestAnswered{Ticket(request_.number()),
                               outcome,
                               Address::of_canonical("alice", "example.com"),
                               {"Digest x"}});
  }
  std::string effects() {
    std::string all;
    const auto add = [&all](const std::string& what) {
      all.append(all.empty() ? "" : ", ").append(what);
    };
    for (const auto& sent : world_.sent())
      add(std::to_string(sent.status()));
    for (const AskDigest& ask : world_.ordered<AskDigest>()) {
      request_ = SipRequestId::from_number(ask.ticket.number());
      add("asks");
    }
    for (const auto& told : world_.said<SipRequestReceived>()) {
      request_ = told.request;
      add("tells");
    }
    return all.empty() ? "-" : all;
  }

  SipWorld world_;
  bool stream_;
  LinkId link_;
  SipRequestId request_{0, 1};  // the first of a table
};

struct Row {
  std::string state;
  std::string input;
  std::string effects;
  std::string then;  // what a repetition of the request gets afterwards: the state reached
};

// "none" is before the first request and after the end. A second final answer is discarded; so is
// any answer to what is being proved, or is no more.
const Row kOverUdp[] = {
    {"none", "request", "tells", "-"},
    {"none", "200", "-", "tells"},
    {"none", "404", "-", "tells"},
    {"none", "proof", "-", "tells"},
    {"none", "challenge", "-", "tells"},
    {"none", "ACK", "-", "tells"},
    {"none", "CANCEL", "481", "tells"},
    {"none", "3.5 s", "-", "tells"},
    {"none", "32 s", "-", "tells"},

    {"proving", "request", "-", "-"},
    {"proving", "200", "-", "-"},
    {"proving", "404", "-", "-"},
    {"proving", "proof", "tells", "-"},
    {"proving", "challenge", "401", "tells"},
    {"proving", "ACK", "-", "-"},
    {"proving", "CANCEL", "200", "-"},
    {"proving", "3.5 s", "100", "100"},
    {"proving", "32 s", "100", "tells"},

    {"trying", "request", "-", "-"},
    {"trying", "200", "200", "200"},
    {"trying", "404", "404", "404"},
    {"trying", "proof", "-", "-"},
    {"trying", "challenge", "-", "-"},
    {"trying", "ACK", "-", "-"},
    {"trying", "CANCEL", "200", "-"},
    {"trying", "3.5 s", "100", "100"},
    {"trying", "32 s", "100", "tells"},

    {"proceeding", "request", "100", "100"},
    {"proceeding", "200", "200", "200"},
    {"proceeding", "404", "404", "404"},
    {"proceeding", "proof", "-", "100"},
    {"proceeding", "challenge", "-", "100"},
    {"proceeding", "ACK", "-", "100"},
    {"proceeding", "CANCEL", "200", "100"},
    {"proceeding", "3.5 s", "-", "100"},
    {"proceeding", "32 s", "-", "tells"},

    {"completed", "request", "200", "200"},
    {"completed", "200", "-", "200"},
    {"completed", "404", "-", "200"},
    {"completed", "proof", "-", "200"},
    {"completed", "challenge", "-", "200"},
    {"completed", "ACK", "-", "200"},
    {"completed", "CANCEL", "200", "200"},
    {"completed", "3.5 s", "-", "200"},
    {"completed", "32 s", "-", "tells"},

    {"ended", "request", "tells", "-"},
    {"ended", "200", "-", "tells"},
    {"ended", "404", "-", "tells"},
    {"ended", "proof", "-", "tells"},
    {"ended", "challenge", "-", "tells"},
    {"ended", "ACK", "-", "tells"},
    {"ended", "CANCEL", "481", "tells"},
    {"ended", "3.5 s", "-", "tells"},
    {"ended", "32 s", "-", "tells"},
};

TEST(NonInviteServer, EveryStateMeetsEveryInput) {
  std::map<std::string, int> inputs_of;
  for (const Row& row : kOverUdp) {
    Machine machine;
    machine.reach(row.state);
    EXPECT_EQ(machine.input(row.input), row.effects) << row.state << " meets " << row.input;
    EXPECT_EQ(machine.input("request"), row.then) << row.state << ", after " << row.input;
    ++inputs_of[row.state];
  }
  for (const auto& [state, inputs] : inputs_of)
    EXPECT_EQ(inputs, 9) << state;
}

// Over a reliable transport Timer J is 0: what is answered is over, the rest is the same.
TEST(NonInviteServer, EveryStateMeetsEveryInputOverAStream) {
  for (Row row : kOverUdp) {
    if (row.state == "completed") continue;
    Machine machine(true);
    machine.reach(row.state);
    if (row.then == "200" || row.then == "404") row.then = "tells";
    EXPECT_EQ(machine.input(row.input), row.effects) << row.state << " meets " << row.input;
    EXPECT_EQ(machine.input("request"), row.then) << row.state << ", after " << row.input;
  }
}

// --- the moments ---------------------------------------------------------------------------------

// RFC 4320 section 4.1: no 100 over UDP before Timer E is set to T2 (0.5 + 1 + 2 s); then one.
TEST(NonInviteServer, SaysTryingWhenTimerEIsSetToT2) {
  SipWorld world;
  world.datagram(SipText{});
  world.wait(Duration::milliseconds(3'499));
  EXPECT_TRUE(world.sent().empty());
  world.wait(Duration::milliseconds(1));
  const auto trying = world.only_sent();
  EXPECT_EQ(trying.status(), 100);
  EXPECT_EQ(trying.header("To"), "<sip:bob@example.com>");  // 8.2.6.2: a 100 needs no tag
  world.wait(Duration::seconds(28));
  EXPECT_TRUE(world.sent().empty());
}

TEST(NonInviteServer, CopiesTimestampIntoTrying) {  // RFC 3261 section 8.2.6.1
  SipWorld world;
  world.datagram(SipText{.rows = "Timestamp: 54\r\n"});
  world.wait(kSipTryingTime);
  EXPECT_EQ(world.only_sent().header("Timestamp"), "54");
}

// RFC 4320 section 4.2: never a 408; it is counted.
TEST(NonInviteServer, GivesUpSilentlyOnWhatNobodyAnswers) {
  SipWorld world;
  world.datagram(SipText{});
  const SipRequestId request = world.only_request();
  world.wait(kSipTransactionTime);
  EXPECT_EQ(world.statuses(), std::vector<int>{100});
  EXPECT_FALSE(world.sip().idle());
  world.wait(kSipTryingTime);
  EXPECT_TRUE(world.sip().idle());
  EXPECT_EQ(world.sip().counters().of(SipDrop::unanswered_request), 1u);
  world.answer(request);
  EXPECT_TRUE(world.sent().empty());
  EXPECT_EQ(world.sip().next_deadline(), std::nullopt);
}

TEST(NonInviteServer, AnswersRepetitionsUntilTimerJ) {  // 64*T1
  SipWorld world;
  world.datagram(SipText{});
  world.answer(world.only_request());
  const std::string answer = world.only_sent().text;
  for (int second = 1; second < 32; ++second) {
    world.wait(Duration::seconds(1));
    world.datagram(SipText{});
    EXPECT_EQ(world.only_sent().text, answer) << second;
  }
  world.wait(Duration::milliseconds(999));
  world.datagram(SipText{});
  EXPECT_EQ(world.only_sent().text, answer);
  world.wait(Duration::milliseconds(1));
  world.datagram(SipText{});
  EXPECT_TRUE(world.sent().empty());
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
}

// What is repeated is the same, byte by byte, whatever it says.
TEST(NonInviteServer, RepeatsTheWholeAnswer) {
  SipWorld world;
  const SipText request{.rows = "Record-Route: <sip:192.0.2.7;lr>\r\n"};
  world.datagram(request);
  SipResponseReady ready;
  ready.request = world.only_request();
  ready.status = sip::Status::ok;
  ready.reason = "Gladly";
  ready.to_tag = "dialog";
  ready.forms_dialog = true;
  ready.rows = "Contact: <sip:192.0.2.1:5060>\r\n";
  ready.content_type = "text/plain";
  ready.body = "hello";
  world.give(ready);
  const auto answer = world.only_sent();
  EXPECT_EQ(answer.text,
            "SIP/2.0 200 Gladly\r\n"
            "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKone;received=127.0.0.1\r\n"
            "From: <sip:alice@example.com>;tag=a1\r\n"
            "To: <sip:bob@example.com>;tag=dialog\r\n"
            "Call-ID: call-1\r\nCSeq: 1 SUBSCRIBE\r\n"
            "Record-Route: <sip:192.0.2.7;lr>\r\n"
            "Contact: <sip:192.0.2.1:5060>\r\n"
            "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
  world.wait(Duration::seconds(3));
  world.datagram(request);
  EXPECT_EQ(world.only_sent().text, answer.text);
  EXPECT_EQ(world.sip().counters().retransmissions, 1u);
}

// --- CANCEL (9.2) --------------------------------------------------------------------------------

TEST(NonInviteServer, CancelGetsTheToTagOfTheAnswer) {
  SipWorld world;
  world.datagram(SipText{});
  SipResponseReady ready;
  ready.request = world.only_request();
  ready.to_tag = "dialog";
  world.give(ready);
  world.sent();
  world.datagram(SipText{.method = "CANCEL"});
  const auto answer = world.only_sent();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("To"), "<sip:bob@example.com>;tag=dialog");
  EXPECT_EQ(answer.header("CSeq"), "1 CANCEL");
  EXPECT_TRUE(world.said<SipRequestReceived>().empty());
}

TEST(NonInviteServer, RequireIsNoConcernOfCancel) {  // 8.2.2.3
  SipWorld world;
  world.datagram(SipText{});
  world.datagram(SipText{.method = "CANCEL", .rows = "Require: magic\r\n"});
  EXPECT_EQ(world.statuses(), std::vector<int>{200});
}

TEST(NonInviteServer, CancelFindsEveryMethod) {
  for (const std::string method : {"REGISTER", "PUBLISH", "MESSAGE", "OPTIONS", "NOTIFY", "BYE",
                                   "INFO", "PRACK", "REFER", "UPDATE"}) {
    SipWorld world;
    world.datagram(SipText{.method = method});
    world.datagram(SipText{.method = "CANCEL"});
    EXPECT_EQ(world.statuses(), std::vector<int>{200}) << method;
  }
}

}  // namespace sip_message_non_invite_server_test
}  // namespace muster::testing
