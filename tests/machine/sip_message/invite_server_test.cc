// The server transaction of an INVITE (RFC 3261 section 17.2.1, RFC 6026): answered by 405 when it
// comes, so that it begins as `completed`. Every state meets every input.
#include "server/sip_message/server_transactions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_invite_server_test {

const SipText kInvite{
    .method = "INVITE", .rows = "Content-Type: application/sdp\r\n", .body = "v=0\r\n"};

// An ACK to that answer: same branch, its To tag (17.1.1.3).
SipText ack_to(const SipWorld::Sent& answer) {
  SipText ack{.method = "ACK"};
  ack.to = answer.header("To");
  return ack;
}

class Machine {
 public:
  explicit Machine(bool stream = false) : stream_(stream) {
    if (stream_) link_ = world_.open_link(0);
    // The To tag of our answer is what it always will be.
    receive(kInvite.text());
    answer_ = world_.only_sent();
    world_.wait(kSipTransactionTime);
    world_.sent();
  }

  void reach(const std::string& state) {
    if (state == "none") return;
    input("INVITE");
    if (state == "confirmed") input("ACK");
    if (state == "ended") input("32 s");
  }

  std::string input(const std::string& what) {
    if (what == "INVITE") receive(kInvite.text());
    if (what == "ACK") receive(ack_to(answer_).text());
    if (what == "CANCEL") receive(SipText{.method = "CANCEL"}.text());
    if (what == "T1") world_.wait(kSipT1);
    if (what == "T4") world_.wait(kSipT4);
    if (what == "32 s") world_.wait(kSipTransactionTime);
    std::string all;
    for (const int status : world_.statuses())
      all.append(all.empty() ? "" : " ").append(std::to_string(status));
    EXPECT_TRUE(world_.said<SipRequestReceived>().empty());
    return all.empty() ? "-" : all;
  }

 private:
  void receive(const std::string& text) {
    if (stream_) {
      world_.bytes(link_, text);
    } else {
      world_.datagram(text);
    }
  }

  SipWorld world_;
  bool stream_;
  LinkId link_;
  SipWorld::Sent answer_;
};

struct Row {
  std::string state;
  std::string input;
  std::string effects;
  std::string then;  // what a CANCEL gets afterwards: whether the transaction is there
};

const Row kOverUdp[] = {
    {"none", "INVITE", "405", "200"},
    {"none", "ACK", "-", "481"},
    {"none", "CANCEL", "481", "481"},
    {"none", "T1", "-", "481"},
    {"none", "T4", "-", "481"},
    {"none", "32 s", "-", "481"},

    {"completed", "INVITE", "405", "200"},
    {"completed", "ACK", "-", "200"},
    {"completed", "CANCEL", "200", "200"},
    {"completed", "T1", "405", "200"},
    {"completed", "T4", "405 405 405", "200"},  // after 0.5, 1.5 and 3.5 s
    {"completed", "32 s", "405 405 405 405 405 405 405 405 405 405", "481"},

    {"confirmed", "INVITE", "-", "200"},
    {"confirmed", "ACK", "-", "200"},
    {"confirmed", "CANCEL", "200", "200"},
    {"confirmed", "T1", "-", "200"},
    {"confirmed", "T4", "-", "481"},
    {"confirmed", "32 s", "-", "481"},

    {"ended", "INVITE", "405", "200"},
    {"ended", "ACK", "-", "481"},
    {"ended", "CANCEL", "481", "481"},
    {"ended", "T1", "-", "481"},
    {"ended", "T4", "-", "481"},
    {"ended", "32 s", "-", "481"},
};

TEST(InviteServer, EveryStateMeetsEveryInput) {
  for (const Row& row : kOverUdp) {
    Machine machine;
    machine.reach(row.state);
    EXPECT_EQ(machine.input(row.input), row.effects) << row.state << " meets " << row.input;
    EXPECT_EQ(machine.input("CANCEL"), row.then) << row.state << ", after " << row.input;
  }
}

// Over a reliable transport there is no Timer G, and Timer I is 0: an ACK ends it.
TEST(InviteServer, EveryStateMeetsEveryInputOverAStream) {
  const Row rows[] = {
      {"none", "INVITE", "405", "200"},  {"none", "ACK", "-", "481"},
      {"none", "CANCEL", "481", "481"},  {"none", "T1", "-", "481"},
      {"none", "32 s", "-", "481"},      {"completed", "INVITE", "405", "200"},
      {"completed", "ACK", "-", "481"},  {"completed", "CANCEL", "200", "200"},
      {"completed", "T1", "-", "200"},   {"completed", "T4", "-", "200"},
      {"completed", "32 s", "-", "481"}, {"confirmed", "INVITE", "405", "200"},
      {"confirmed", "ACK", "-", "481"},  {"confirmed", "CANCEL", "481", "481"},
  };
  for (const Row& row : rows) {
    Machine machine(true);
    machine.reach(row.state);
    EXPECT_EQ(machine.input(row.input), row.effects) << row.state << " meets " << row.input;
    EXPECT_EQ(machine.input("CANCEL"), row.then) << row.state << ", after " << row.input;
  }
}

// Timer G: T1, doubling to T2; Timer H: 64*T1.
TEST(InviteServer, RepeatsItsAnswerAtTheMomentsOfTimerG) {
  SipWorld world;
  world.datagram(kInvite);
  const auto answer = world.only_sent();
  std::vector<std::int64_t> moments;
  for (int i = 1; i <= 40'000 / 100; ++i) {
    world.wait(Duration::milliseconds(100));
    for (const auto& again : world.sent()) {
      EXPECT_EQ(again.text, answer.text);
      EXPECT_EQ(again.remote, answer.remote);
      moments.push_back(i * 100);
    }
  }
  EXPECT_EQ(moments, (std::vector<std::int64_t>{500, 1'500, 3'500, 7'500, 11'500, 15'500, 19'500,
                                                23'500, 27'500, 31'500}));
  EXPECT_EQ(world.sip().counters().sent_again, 10u);
  EXPECT_EQ(world.sip().next_deadline(), std::nullopt);
}

TEST(InviteServer, AnswersByAllow) {  // 8.2.1, 20.5
  SipWorld world;
  world.datagram(kInvite);
  const auto answer = world.only_sent();
  EXPECT_EQ(answer.header("Allow"), "ACK, CANCEL, MESSAGE, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE");
  EXPECT_NE(answer.header("To").find(";tag="), std::string::npos);
  world.datagram(ack_to(answer));
  EXPECT_EQ(world.sip().counters().of(SipDrop::stray_ack), 0u);
  world.wait(kSipTransactionTime);
  EXPECT_TRUE(world.sent().empty());
}

TEST(InviteServer, CancelHasTheSameToTag) {  // 9.2
  SipWorld world;
  world.datagram(kInvite);
  const std::string to = world.only_sent().header("To");
  world.datagram(SipText{.method = "CANCEL"});
  EXPECT_EQ(world.only_sent().header("To"), to);
}

// An INVITE of RFC 2543 has no branch; its ACK is known by the To tag of the answer (17.2.3).
TEST(InviteServer, MatchesTheAckOfRfc2543) {
  SipText invite = kInvite;
  invite.via = "SIP/2.0/UDP 192.0.2.10:5060";
  for (const std::string to : {"<sip:bob@example.com>", "<sip:bob@example.com>;tag=b"}) {
    SipWorld world;
    invite.to = to;
    world.datagram(invite);
    SipText ack = ack_to(world.only_sent());
    ack.via = invite.via;
    SipText stranger = ack;
    stranger.to = "<sip:bob@example.com>;tag=another";
    world.datagram(stranger);
    EXPECT_EQ(world.sip().counters().of(SipDrop::stray_ack), 1u);
    world.datagram(ack);
    EXPECT_EQ(world.sip().counters().of(SipDrop::stray_ack), 1u);
    world.wait(kSipTransactionTime);
    EXPECT_TRUE(world.sent().empty());
  }
}

TEST(InviteServer, AnAckForAnotherRequestIsStray) {
  SipWorld world;
  world.datagram(SipText{.method = "ACK"});
  world.datagram(SipText{});  // a SUBSCRIBE of the same branch, that no ACK is for
  world.datagram(SipText{.method = "ACK"});
  EXPECT_TRUE(world.sent().empty());
  EXPECT_EQ(world.sip().counters().of(SipDrop::stray_ack), 2u);
}

SipText invite_of(std::size_t number) {
  SipText invite = kInvite;
  invite.via += std::to_string(number);
  invite.call_id += std::to_string(number);
  return invite;
}

// Beyond the limit an INVITE is answered as RFC 3261 section 8.2.7 has it: each time, and no more.
TEST(InviteServer, LimitOfInvites) {
  SipWorld world;
  for (std::size_t i = 0; i < ServerTransactions::kInvitesMax + 1; ++i)
    world.datagram(invite_of(i));
  EXPECT_EQ(world.sent().size(), ServerTransactions::kInvitesMax + 1);
  world.wait(kSipT1);
  EXPECT_EQ(world.sent().size(), ServerTransactions::kInvitesMax);
  world.datagram(invite_of(ServerTransactions::kInvitesMax));
  EXPECT_EQ(world.statuses(), std::vector{405});
  world.wait(kSipTransactionTime + kSipT2);
  world.sent();
  EXPECT_EQ(world.sip().next_deadline(), std::nullopt);
}

}  // namespace sip_message_invite_server_test
}  // namespace muster::testing
