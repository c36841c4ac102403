// The client transaction of a request that is no INVITE (RFC 3261 section 17.1.2): every state
// meets every input. What Timer K would absorb matches nothing after the end, and is dropped alike.
#include "server/sip_message/client_transactions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/heap.h"
#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_calls_test {

enum class Way { udp, stream, tcp_for_size };

class Machine {
 public:
  explicit Machine(Way way) : way_(way) {
    if (way_ == Way::stream) link_ = world_.open_link(0);
  }

  void reach(const std::string& state) {
    if (state == "none") return;
    const bool large = way_ == Way::tcp_for_size;
    const Flow flow = way_ == Way::stream ? world_.link_flow(link_) : world_.udp_flow();
    world_.give(world_.notify(flow, 7, std::string(large ? 2'000 : 10, 'x')));
    const auto open = world_.ordered<OpenLink>();
    if (!open.empty()) ticket_ = open.front().ticket;
    const auto sent = world_.sent();
    if (!sent.empty()) request_ = sent.front();
    if (state == "proceeding") input("100");
    if (state == "ended") input("200");
  }

  std::string input(const std::string& what) {
    const auto respond = [&](int status, std::string text = {}) {
      if (text.empty()) text = SipWorld::answer_to(request_, status);
      way_ == Way::stream ? world_.bytes(link_, text) : world_.datagram(text);
    };
    if (what == "100") respond(100);
    if (what == "183") respond(183);
    if (what == "200") respond(200);
    if (what == "481") respond(481);
    if (what == "699") respond(699);
    if (what == "other method") respond(200, replaced("NOTIFY\r\n", "SUBSCRIBE\r\n"));
    if (what == "other branch") respond(200, replaced("branch=z9hG4bKm", "branch=z9hG4bKn"));
    if (what == "T1") world_.wait(kSipT1);
    if (what == "32 s") world_.wait(kSipTransactionTime);
    if (what == "link lost") world_.give(FlowLost{ShardId(0), LinkId{0, 1}});
    if (what == "opened") {
      world_.give(LinkOpened{LinkId{5, 1}, LinkUse::sip, Transport::tcp, world_.server,
                             world_.phone, ticket_});
    }
    if (what == "failed") world_.give(LinkFailed{ticket_});
    return effects();
  }

 private:
  std::string replaced(const std::string& from, const std::string& to) {
    std::string text = SipWorld::answer_to(request_, 200);
    if (text.find(from) == std::string::npos) return text;
    return text.replace(text.find(from), from.size(), to);
  }
  std::string effects() {
    std::string all;
    const auto add = [&all](const std::string& what) {
      all.append(all.empty() ? "" : " ").append(what);
    };
    for (const auto& sent : world_.sent())
      add(sent.link ? "tcp" : "udp");
    for (const SipRequestEnded& ended : world_.said<SipRequestEnded>()) {
      EXPECT_EQ(ended.asker, 7u);
      EXPECT_EQ(ended.method, sip::Method::notify);
      add(std::to_string(ended.status));
    }
    return all.empty() ? "-" : all;
  }

  SipWorld world_;
  Way way_;
  LinkId link_;
  Ticket ticket_;
  SipWorld::Sent request_;
};

struct Row {
  std::string state;
  std::string input;
  std::string effects;
  std::string then;  // what a 200 does afterwards: whether the transaction is there
};

void run(Way way, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    Machine machine(way);
    machine.reach(row.state);
    EXPECT_EQ(machine.input(row.input), row.effects) << row.state << " meets " << row.input;
    EXPECT_EQ(machine.input("200"), row.then) << row.state << ", after " << row.input;
  }
}

TEST(Calls, EveryStateMeetsEveryInputOverUdp) {
  run(Way::udp, {
                    {"none", "100", "-", "-"},
                    {"none", "200", "-", "-"},
                    {"none", "T1", "-", "-"},
                    {"none", "32 s", "-", "-"},
                    {"none", "link lost", "-", "-"},

                    {"trying", "100", "-", "200"},
                    {"trying", "183", "-", "200"},
                    {"trying", "200", "200", "-"},
                    {"trying", "481", "481", "-"},
                    {"trying", "699", "699", "-"},
                    {"trying", "other method", "-", "200"},
                    {"trying", "other branch", "-", "200"},
                    {"trying", "T1", "udp", "200"},
                    {"trying", "32 s", "udp udp udp udp udp udp udp udp udp udp 0", "-"},
                    {"trying", "link lost", "-", "200"},
                    {"trying", "opened", "-", "200"},
                    {"trying", "failed", "-", "200"},

                    {"proceeding", "100", "-", "200"},
                    {"proceeding", "183", "-", "200"},
                    {"proceeding", "200", "200", "-"},
                    {"proceeding", "481", "481", "-"},
                    {"proceeding", "699", "699", "-"},
                    {"proceeding", "other method", "-", "200"},
                    {"proceeding", "other branch", "-", "200"},
                    {"proceeding", "T1", "udp", "200"},
                    {"proceeding", "32 s", "udp udp udp udp udp udp udp udp 0", "-"},
                    {"proceeding", "link lost", "-", "200"},

                    {"ended", "100", "-", "-"},
                    {"ended", "200", "-", "-"},
                    {"ended", "481", "-", "-"},
                    {"ended", "T1", "-", "-"},
                    {"ended", "32 s", "-", "-"},
                    {"ended", "link lost", "-", "-"},
                });
}

TEST(Calls, EveryStateMeetsEveryInputOverAStream) {
  run(Way::stream, {
                       {"trying", "100", "-", "200"},
                       {"trying", "200", "200", "-"},
                       {"trying", "481", "481", "-"},
                       {"trying", "other method", "-", "200"},
                       {"trying", "other branch", "-", "200"},
                       {"trying", "T1", "-", "200"},
                       {"trying", "32 s", "0", "-"},
                       {"trying", "link lost", "0", "-"},
                       {"proceeding", "100", "-", "200"},
                       {"proceeding", "200", "200", "-"},
                       {"proceeding", "T1", "-", "200"},
                       {"proceeding", "32 s", "0", "-"},
                       {"proceeding", "link lost", "0", "-"},
                       {"ended", "200", "-", "-"},
                       {"ended", "32 s", "-", "-"},
                       {"ended", "link lost", "-", "-"},
                   });
}

// Too large for UDP: a link is asked for first. Nothing answers what was not sent.
TEST(Calls, EveryStateMeetsEveryInputWhileConnecting) {
  run(Way::tcp_for_size,
      {
          {"connecting", "200", "-", "-"},
          {"connecting", "T1", "-", "-"},
          {"connecting", "opened", "tcp", "-"},
          {"connecting", "failed", "udp", "-"},
          {"connecting", "link lost", "-", "-"},
          // After 2 s by UDP; by Timer E from then on, until Timer F, which began with the request.
          {"connecting", "32 s", "udp udp udp udp udp udp udp udp udp udp 0", "-"},
      });
}

// --- the moments ---------------------------------------------------------------------------------

std::vector<std::int64_t> moments_of(SipWorld& world, std::string_view first_answer = {}) {
  std::vector<std::int64_t> moments;
  for (int i = 1; i <= 33'000 / 100; ++i) {
    if (i == 6 && !first_answer.empty()) world.datagram(first_answer);
    world.wait(Duration::milliseconds(100));
    for ([[maybe_unused]] const auto& again : world.sent())
      moments.push_back(i * 100);
  }
  return moments;
}

TEST(Calls, SendsAgainAtTheMomentsOfTimerE) {  // T1, doubling to T2
  SipWorld world;
  world.give(world.notify(world.udp_flow()));
  const auto first = world.only_sent();
  world.wait(kSipT1);
  EXPECT_EQ(world.only_sent().text, first.text);

  SipWorld other;
  other.give(other.notify(other.udp_flow()));
  other.sent();
  EXPECT_EQ(moments_of(other), (std::vector<std::int64_t>{500, 1'500, 3'500, 7'500, 11'500, 15'500,
                                                          19'500, 23'500, 27'500, 31'500}));
  EXPECT_EQ(other.said<SipRequestEnded>().size(), 1u);
  EXPECT_EQ(other.sip().counters().sent_again, 10u);
  EXPECT_EQ(other.sip().next_deadline(), std::nullopt);
}

// "If Timer E fires while in the Proceeding state, Timer E MUST be reset with a value of T2": the
// one that runs goes on.
TEST(Calls, SendsAgainEveryT2WhileProceeding) {
  SipWorld world;
  world.give(world.notify(world.udp_flow()));
  const std::string trying = SipWorld::answer_to(world.only_sent(), 100);
  // 100 at 0.5 s, behind the first repetition: the next is due at 1.5 s.
  EXPECT_EQ(moments_of(world, trying), (std::vector<std::int64_t>{500, 1'500, 5'500, 9'500, 13'500,
                                                                  17'500, 21'500, 25'500, 29'500}));
}

TEST(Calls, EndsAtTimerF) {  // 64*T1
  for (const bool stream : {false, true}) {
    SipWorld world;
    const LinkId link = world.open_link(0);
    world.give(world.notify(stream ? world.link_flow(link) : world.udp_flow()));
    world.wait(Duration::milliseconds(31'999));
    EXPECT_TRUE(world.said<SipRequestEnded>().empty());
    EXPECT_FALSE(world.sip().idle());
    world.wait(Duration::milliseconds(1));
    EXPECT_EQ(world.said<SipRequestEnded>().size(), 1u) << stream;
    EXPECT_TRUE(world.sip().idle());
  }
}

TEST(Calls, HandsOnRetryAfter) {
  const auto ended = [](int status, const std::string& rows) {
    SipWorld world;
    world.give(world.notify(world.udp_flow()));
    world.datagram(SipWorld::answer_to(world.only_sent(), status, rows));
    const auto all = world.said<SipRequestEnded>();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? 0 : all.front().retry_after_seconds;
  };
  EXPECT_EQ(ended(503, "Retry-After: 120 (maintenance)\r\n"), 120u);
  EXPECT_EQ(ended(503, ""), 0u);
  EXPECT_EQ(ended(503, "Retry-After: soon\r\n"), 0u);
}

// --- what is no answer ---------------------------------------------------------------------------

TEST(Calls, DropsWhatIsNoAnswer) {
  SipWorld world;
  world.give(world.notify(world.udp_flow()));
  const auto request = world.only_sent();
  const std::string good = SipWorld::answer_to(request, 200);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    EXPECT_NE(text.find(from), std::string::npos) << from;
    return text.replace(text.find(from), from.size(), to);
  };
  const std::string bad[] = {
      with("\r\nFrom", "\r\nVia: SIP/2.0/UDP 192.0.2.7\r\nFrom"),  // 8.1.3.3: several Via
      with("\r\nFrom", ", SIP/2.0/UDP 192.0.2.7\r\nFrom"),
      with("192.0.2.1:5060;rport", "192.0.2.9:5060;rport"),  // 18.1.2: not our sent-by
      with("192.0.2.1:5060;rport", "192.0.2.1:5061;rport"),
      with("192.0.2.1:5060;rport", "192.0.2.1:50600;rport"),
      with("CSeq: 1 NOTIFY", "CSeq: 1 SUBSCRIBE"),  // 17.1.3
      with("CSeq: 1 NOTIFY", "CSeq: 4294967296 NOTIFY"),
      with("CSeq: 1 NOTIFY\r\n", ""),
      with("Content-Length: 0", "Content-Length: 1"),  // 18.3
      with("Content-Length: 0\r\n\r\n", ""),
      with("SIP/2.0 200", "SIP/3.0 200"),
  };
  for (const std::string& text : bad) {
    world.datagram(text);
    EXPECT_TRUE(world.said<SipRequestEnded>().empty()) << text;
  }
  EXPECT_EQ(world.sip().counters().of(SipDrop::malformed_response), std::size(bad));
  // Without its cookie it is not our branch.
  world.datagram(with("branch=z9hG4bK", "branch="));
  EXPECT_EQ(world.sip().counters().of(SipDrop::stray_response), 1u);
  // Written otherwise, but the same.
  world.datagram(with("SIP/2.0/UDP 192.0.2.1:5060;rport;",
                      "SIP / 2.0 / UDP  192.0.2.1 : 5060 ;received=192.0.2.1;rport=5060;"));
  EXPECT_EQ(world.said<SipRequestEnded>().size(), 1u);
  world.datagram(good);
  EXPECT_EQ(world.sip().counters().of(SipDrop::stray_response), 2u);
}

TEST(Calls, DropsAnswersToNothing) {
  SipWorld world;
  for (const std::string branch : {"z9hG4bK", "z9hG4bKm0000000000000000100000000000000000", "m00",
                                   "", "z9hG4bKm00000000000000001aaaaaaaaaaaaaaaa",
                                   "z9hG4bKmff0000000000000001aaaaaaaaaaaaaaaa"}) {
    world.datagram("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=" + branch +
                   "\r\nFrom: <sip:b@example.com>;tag=1\r\nTo: <sip:a@example.com>\r\n"
                   "Call-ID: 1\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n");
  }
  EXPECT_EQ(world.sip().counters().of(SipDrop::stray_response), 6u);
  EXPECT_TRUE(world.sent().empty());
}

// --- many ----------------------------------------------------------------------------------------

TEST(Calls, AFanOutIsOneOrder) {
  SipWorld world;
  SipRequestsReady ready = world.notify(world.udp_flow());
  ready.requests.push_back(ready.requests.front());
  ready.requests.back().asker = 8;
  ready.requests.back().flow.remote.port = 40'001;
  world.sip().on(world.now, ready, world.out);
  const auto fan_outs = orders<FanOutDatagrams>(world.take());
  ASSERT_EQ(fan_outs.size(), 1u);
  ASSERT_EQ(fan_outs[0].recipients.size(), 2u);
  EXPECT_EQ(fan_outs[0].body, ready.body);
  EXPECT_NE(fan_outs[0].recipients[0].head.view(), fan_outs[0].recipients[1].head.view());
  EXPECT_EQ(fan_outs[0].recipients[1].remote.port, 40'001);
}

// A flow that is lost ends all that was sent on it, and nothing else (17.1.4).
TEST(Calls, FlowLostEndsAllOnThatLink) {
  SipWorld world;
  const LinkId first = world.open_link(0);
  const LinkId second = world.open_link(1);
  for (std::uint64_t asker = 1; asker <= 4; ++asker) {
    world.give(world.notify(world.link_flow(asker % 2 == 0 ? first : second), asker));
  }
  const auto sent = world.sent();
  world.bytes(second, SipWorld::answer_to(sent[0], 200));
  EXPECT_EQ(world.said<SipRequestEnded>().size(), 1u);
  world.give(LinkClosed{first});
  std::vector<std::uint64_t> ended;
  for (const SipRequestEnded& one : world.said<SipRequestEnded>()) {
    EXPECT_EQ(one.status, 0);
    ended.push_back(one.asker);
  }
  EXPECT_EQ(ended, (std::vector<std::uint64_t>{4, 2}));
  world.give(LinkClosed{second});
  const auto last = world.said<SipRequestEnded>();
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].asker, 3u);
  EXPECT_TRUE(world.sip().idle());
}

TEST(Calls, ALinkThatIsGoneEndsTheRequestAtOnce) {
  SipWorld world;
  const LinkId link = world.open_link(0);
  world.give(LinkClosed{link});
  world.said<FlowLost>();
  world.give(world.notify(world.link_flow(link)));
  const auto ended = world.said<SipRequestEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].status, 0);
  EXPECT_TRUE(world.sent().empty());
}

TEST(Calls, LimitOfCalls) {
  SipWorld world;
  world.settings.limits.sip_calls_per_shard_max = 2;
  for (std::uint64_t asker = 0; asker < 3; ++asker)
    world.give(world.notify(world.udp_flow(), asker));
  const auto sent = world.sent();
  EXPECT_EQ(sent.size(), 2u);
  const auto ended = world.said<SipRequestEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].asker, 2u);
  EXPECT_EQ(ended[0].status, 503);
  EXPECT_EQ(ended[0].retry_after_seconds, SipMessages::kRetryAfterSeconds);
  world.datagram(SipWorld::answer_to(sent[0], 200));
  world.give(world.notify(world.udp_flow(), 4));
  EXPECT_EQ(world.sent().size(), 1u);
}

// Nothing is kept of what is answered but its place in a timer's queue, for T1.
TEST(Calls, AnAnsweredCallLeavesNothing) {
  SipWorld world;
  const auto run_calls = [&](int count) {
    for (int i = 0; i < count; ++i) {
      world.give(world.notify(world.udp_flow()));
      world.datagram(SipWorld::answer_to(world.only_sent(), 200));
      world.said<SipRequestEnded>();
    }
    world.wait(kSipT1);
  };
  run_calls(2'000);
  EXPECT_EQ(world.sip().next_deadline(), std::nullopt);
  const std::size_t before = test::heap_bytes();
  run_calls(2'000);
  EXPECT_LE(test::heap_bytes(), before + 10'000);
}

}  // namespace sip_message_calls_test
}  // namespace muster::testing
