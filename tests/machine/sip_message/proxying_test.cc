// Phones that do not go where their user is served (design, "The redirect ladder"): the server
// where they land passes on what they send, and the owner serves them through it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "server/sip_message/sip_messages.h"
#include "server/sip_names.h"
#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_proxying_test {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Outcome = UserPlace::Outcome;
using Why = FromRelay::Why;

constexpr std::uint64_t kProxy = 1;
constexpr std::uint64_t kOwner = 2;

UserPlace at_owner() {
  ServerContacts contacts;
  contacts.server = kOwner;
  contacts.svr_id = "sip:s2.example.com";
  contacts.sip = "sip:s2.example.com";
  return {Outcome::elsewhere, std::make_shared<const ServerContacts>(std::move(contacts))};
}

Address alice() {
  return Address::of_canonical("alice", "example.com");
}

// Two servers and what they say of phones: what one of them tells the other reaches it as it is.
class Proxying : public ::testing::Test {
 protected:
  Proxying() {
    for (SipWorld* world : {&proxy, &owner}) {
      world->settings.cluster.emplace();
      world->settings.cluster->host_name = world == &proxy ? "s1.example.com" : "s2.example.com";
    }
  }

  void tell(SipWorld& from, std::uint64_t by, SipWorld& to) {
    for (const ToRelay& said : from.said<ToRelay>())
      to.give(FromRelay{Why::came, by, said.said});
  }
  void to_owner() { tell(proxy, kProxy, owner); }
  void to_proxy() { tell(owner, kOwner, proxy); }

  SipText fresh(SipText text) {
    text.via += std::to_string(++requests_);
    text.call_id += std::to_string(requests_);
    return text;
  }
  void place(SipWorld& world, const UserPlace& place) {
    const auto asked = world.said<RequestToPlace>();
    ASSERT_EQ(asked.size(), 1u);
    if (&world == &owner) {
      EXPECT_EQ(asked[0].registers, nullptr) << "it does not go where it is told";
    }
    world.give(RequestPlaced{asked[0].request, place});
  }
  // From a phone that was told before, by whatever `send` does with it.
  template <class Send>
  void come_back(Send send) {
    send(fresh({}).text());
    place(proxy, at_owner());
    EXPECT_EQ(proxy.statuses(), std::vector{302});
    proxy.wait(SipMessages::kUnderWay);
  }
  void send_datagram(const SipText& text) {
    proxy.datagram(text);
    if (text.to.find("tag") == std::string::npos) place(proxy, at_owner());
  }
  // What the owner is to answer.
  SipRequestReceived received() {
    to_owner();
    place(owner, {Outcome::here, nullptr});
    const auto all = owner.said<SipRequestReceived>();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? SipRequestReceived{} : all[0];
  }
  // A dialog's flow at the owner, from a phone on a datagram or a link.
  Flow served(std::optional<LinkId> link = {}) {
    const auto send = [&](const std::string& text) {
      link ? proxy.bytes(*link, text) : proxy.datagram(std::string_view(text));
    };
    come_back(send);
    SipText text = fresh({});
    if (link) text.via.replace(8, 3, "TCP");
    send(text.text());
    place(proxy, at_owner());
    const SipRequestReceived came = received();
    const Flow flow = came.flow;
    owner.answer(came.request);
    to_proxy();
    proxy.sent();
    return flow;
  }

  SipWorld proxy;
  SipWorld owner;

 private:
  int requests_ = 0;
};

TEST_F(Proxying, WhoComesBackIsServedThroughTheServerWhereSheLands) {
  come_back([&](const std::string& text) { proxy.datagram(std::string_view(text)); });
  const SipText text = fresh({});
  send_datagram(text);
  EXPECT_TRUE(proxy.sent().empty()) << "it does not answer";
  EXPECT_TRUE(proxy.sip().idle()) << "and keeps nothing";
  const SipRequestReceived came = received();
  EXPECT_EQ(came.identity, alice());
  EXPECT_EQ(came.flow.through, kProxy);
  EXPECT_EQ(came.flow.remote, proxy.phone);
  EXPECT_EQ(came.flow.local, proxy.server);
  owner.answer(came.request, sip::Status::accepted);
  EXPECT_TRUE(owner.sent().empty()) << "the phone is not its own to reach";
  to_proxy();
  const auto sent = proxy.only_sent();
  EXPECT_EQ(sent.status(), 202);
  EXPECT_EQ(sent.remote, (Endpoint{proxy.phone.ip, 5060})) << "as its Via has it";
  EXPECT_EQ(sent.local, proxy.server);
  EXPECT_EQ(sent.header("Call-ID"), text.call_id);
}

TEST_F(Proxying, WhatProvesWhoSheIsStaysWhereSheLands) {
  come_back([&](const std::string& text) { proxy.datagram(std::string_view(text)); });
  const std::string proof = "Digest username=\"alice\",\r\n response=\"0123456789abcdef\"";
  send_datagram(fresh({.rows = "Authorization: " + proof + "\r\nSubject: lunch\r\nauthorization: " +
                               proof + "\r\nProxy-Authorization: " + proof + "\r\n"}));
  const SipRequestReceived came = received();
  EXPECT_THAT(std::string(came.read->message.bytes()), Not(HasSubstr("0123456789abcdef")));
  EXPECT_EQ(came.read->message.header(sip::HeaderName::subject), "lunch");
}

// Sent again, it is passed on again, and the owner knows it.
TEST_F(Proxying, ARepetitionGetsTheSameAnswer) {
  come_back([&](const std::string& text) { proxy.datagram(std::string_view(text)); });
  const SipText text = fresh({});
  send_datagram(text);
  const SipRequestReceived came = received();
  owner.answer(came.request);
  to_proxy();
  const auto first = proxy.only_sent();
  send_datagram(text);
  to_owner();
  to_proxy();
  EXPECT_EQ(proxy.only_sent().text, first.text);
}

TEST_F(Proxying, ADomainIsPassedOnAsSipHasIt) {
  for (SipWorld* world : {&proxy, &owner})
    world->settings.domains.insert(world->settings.domains.begin(), "b\u00fccher.example");
  come_back([&](const std::string& text) { proxy.datagram(std::string_view(text)); });
  send_datagram(fresh({.uri = "sip:bob@s1.example.com"}));
  EXPECT_EQ(received().read->message.request_uri(), "sip:bob@xn--bcher-kva.example");
}

// The owner does not know the proxy's own name as the domain's.
TEST_F(Proxying, TheProxysOwnNameStandsForTheDomain) {
  come_back([&](const std::string& text) { proxy.datagram(std::string_view(text)); });
  struct Row {
    const char* method;
    const char* uri;
    const char* passed;
  };
  for (const Row& row : {Row{"SUBSCRIBE", "sip:bob@S1.example.com:5060;transport=udp",
                             "sip:bob@example.com:5060;transport=udp"},
                         {"REGISTER", "sip:s1.example.com", "sip:example.com"},
                         {"SUBSCRIBE", "sip:bob@example.org", "sip:bob@example.org"},
                         {"SUBSCRIBE", "sip:bob@192.0.2.1", "sip:bob@192.0.2.1"}}) {
    send_datagram(fresh({.method = row.method, .uri = row.uri}));
    EXPECT_EQ(received().read->message.request_uri(), row.passed);
  }
}

TEST_F(Proxying, ADialogIsFoundWhereItIs) {
  const SipText text = fresh({.to = "<sip:bob@example.com>;tag=there"});
  proxy.datagram(text);
  // It may be here.
  proxy.answer(proxy.only_request(), sip::Status::call_does_not_exist);
  EXPECT_TRUE(proxy.sent().empty());
  place(proxy, at_owner());
  to_owner();
  // Nobody is placed for a dialog, and none proxies on.
  owner.answer(owner.only_request(), sip::Status::call_does_not_exist);
  to_proxy();
  EXPECT_EQ(proxy.statuses(), std::vector{481});
}

TEST_F(Proxying, ADialogOfNobodyElseIsNone) {
  for (const UserPlace& place_of :
       {UserPlace{Outcome::here, nullptr}, UserPlace{Outcome::full, nullptr}, at_owner()}) {
    proxy.datagram(fresh({.method = "BYE", .to = "<sip:bob@example.com>;tag=there"}));
    proxy.answer(proxy.only_request(), sip::Status::call_does_not_exist);
    EXPECT_EQ(proxy.statuses(), std::vector{481}) << "only SUBSCRIBE makes them here";
    proxy.datagram(fresh({.to = "<sip:bob@example.com>;tag=there"}));
    proxy.answer(proxy.only_request(), sip::Status::call_does_not_exist);
    place(proxy, place_of);
    const bool none = place_of.outcome != Outcome::elsewhere;
    EXPECT_EQ(proxy.statuses(), none ? std::vector{481} : std::vector<int>());
    proxy.said<ToRelay>();
  }
}

// --- what the owner asks of the phone ------------------------------------------------------------

TEST_F(Proxying, ARequestOfTheOwnerLeavesThroughTheProxyAndItsAnswerComesBack) {
  const Flow flow = served();
  owner.give(owner.notify(flow, 42));
  to_proxy();
  const auto notify = proxy.only_sent();
  EXPECT_THAT(notify.text,
              StartsWith("NOTIFY sip:alice@192.0.2.10:5060 SIP/2.0\r\nVia: SIP/2.0/UDP "
                         "192.0.2.1:5060;rport;branch=z9hG4bKp0000000000000002m"));
  EXPECT_EQ(notify.remote, proxy.phone);
  proxy.datagram(SipWorld::answer_to(notify, 200));
  to_owner();
  const auto ended = owner.said<SipRequestEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].asker, 42u);
  EXPECT_EQ(ended[0].status, 200);
  EXPECT_TRUE(owner.sip().idle());
}

TEST_F(Proxying, OverUdpItIsSentAgainUntilItIsAnswered) {
  owner.give(owner.notify(served()));
  to_proxy();
  const auto first = proxy.only_sent();
  owner.wait(Duration::milliseconds(500));
  to_proxy();
  EXPECT_EQ(proxy.only_sent().text, first.text);
}

// To which address of which network the owner would open a link nobody knows.
TEST_F(Proxying, ALargeOneStaysOnItsWay) {
  owner.give(owner.notify(served(), 42, std::string(SipMessages::kUdpRequestBytesMax, 'x')));
  EXPECT_TRUE(owner.ordered<OpenLink>().empty());
  to_proxy();
  EXPECT_THAT(proxy.only_sent().text, StartsWith("NOTIFY "));
}

TEST_F(Proxying, OnALinkItTakesTheLink) {
  const LinkId link = proxy.open_link(5);
  const Flow flow = served(link);
  EXPECT_EQ(flow.link, link);
  EXPECT_EQ(flow.transport, Transport::tcp);
  owner.give(owner.notify(flow, 42));
  to_proxy();
  const auto notify = proxy.only_sent();
  EXPECT_EQ(notify.link, link);
  proxy.bytes(link, SipWorld::answer_to(notify, 200));
  to_owner();
  EXPECT_EQ(owner.said<SipRequestEnded>().size(), 1u);
}

// RFC 5626 section 5.3: with the link goes all that is reached by it, wherever that is.
TEST_F(Proxying, TheOwnerHearsOfALinkThatIsLost) {
  const LinkId link = proxy.open_link(5);
  const Flow flow = served(link);
  owner.give(owner.notify(flow, 42));
  to_proxy();
  proxy.give(LinkClosed{link});
  to_owner();
  const auto ended = owner.said<SipRequestEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].status, 0);
  // And again when it sends on it, if it missed that.
  owner.give(owner.notify(flow, 43));
  to_proxy();
  to_owner();
  const auto lost = owner.said<FlowLost>();
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].link, link);
  EXPECT_EQ(lost[0].through, kProxy);
}

// Whatever is there by then: the owner hears of the loss behind the request.
TEST_F(Proxying, ALinkThatIsLostBeforeItsRequestIsPassedOn) {
  const LinkId link = proxy.open_link(5);
  served(link);
  SipText text = fresh({});
  text.via.replace(8, 3, "TCP");
  proxy.bytes(link, text.text());
  proxy.give(LinkClosed{link});
  const auto asked = proxy.said<RequestToPlace>();
  ASSERT_EQ(asked.size(), 1u);
  proxy.give(RequestPlaced{asked[0].request, at_owner()});
  const auto said = proxy.said<ToRelay>();
  ASSERT_EQ(said.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<ProxiedRequest>(*read_proxy(said[0].said)));
  EXPECT_TRUE(std::holds_alternative<ProxiedFlowLost>(*read_proxy(said[1].said)));
  // The answer opens a link of its own, and the loss is told again: what the request made may have
  // come after it.
  owner.give(FromRelay{Why::came, kProxy, said[0].said});
  place(owner, {Outcome::here, nullptr});
  owner.answer(owner.only_request());
  to_proxy();
  EXPECT_EQ(proxy.ordered<OpenLink>().size(), 1u);
  const auto again = proxy.said<ToRelay>();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<ProxiedFlowLost>(*read_proxy(again[0].said)));
}

TEST_F(Proxying, ALossThatCouldNotBeToldIsToldAgain) {
  const LinkId link = proxy.open_link(5);
  served(link);
  proxy.give(LinkClosed{link});
  for (int i = 0; i < 2; ++i) {
    const auto said = proxy.said<ToRelay>();
    ASSERT_EQ(said.size(), 1u) << i;
    proxy.give(FromRelay{Why::no_link, kOwner, said[0].said});
    EXPECT_TRUE(proxy.said<ToRelay>().empty());
    proxy.wait(SipMessages::kLostAgainAfter);
  }
  const auto said = proxy.said<ToRelay>();
  ASSERT_EQ(said.size(), 1u);
  proxy.give(FromRelay{Why::no_link, kOwner, said[0].said});
  proxy.give(ServerGone{kOwner});
  proxy.wait(SipMessages::kLostAgainAfter);
  EXPECT_TRUE(proxy.said<ToRelay>().empty()) << "nobody is there to be told";
}

TEST_F(Proxying, SoManyLossesAreKept) {
  const auto lost = [](std::uint32_t slot) {
    return write_proxy(ProxiedFlowLost{ShardId(0), LinkId{slot, 1}});
  };
  for (std::uint32_t slot = 0; slot <= SipMessages::kLostUntoldMax; ++slot)
    proxy.give(FromRelay{Why::no_link, kOwner, lost(slot)});
  proxy.wait(SipMessages::kLostAgainAfter);
  const auto said = proxy.said<ToRelay>();
  ASSERT_EQ(said.size(), SipMessages::kLostUntoldMax);
  EXPECT_EQ(said[0].said, lost(1)) << "the oldest is forgotten";
}

TEST_F(Proxying, AllShardsOfTheOwnerHearOfALoss) {
  SipWorld two(2);
  two.settings.cluster.emplace();
  two.give(FromRelay{Why::came, kProxy, write_proxy(ProxiedFlowLost{ShardId(1), LinkId{5, 1}})});
  EXPECT_EQ(two.said<FlowLost>().size(), 1u);
  const auto others = two.ordered<ToShard>();
  ASSERT_EQ(others.size(), 1u);
  EXPECT_EQ(others[0].to, ShardId(1));
  EXPECT_EQ(std::get<FlowLost>(others[0].event).through, kProxy);
}

// The phone is where its link is, which may be with another shard.
TEST_F(Proxying, TheShardOfALinkKnowsWhomItServes) {
  SipWorld home(2, 0);
  home.settings.cluster.emplace();
  const Flow flow{Transport::tcp, ShardId(1), LinkId{5, 1}, home.server, home.phone};
  const auto give = [&] {
    home.give(SipMessageArrived{flow, fresh({}).text()});
    const auto asked = home.said<RequestToPlace>();
    ASSERT_EQ(asked.size(), 1u);
    home.give(RequestPlaced{asked[0].request, at_owner()});
  };
  give();
  home.wait(SipMessages::kUnderWay);
  home.ordered<ToShard>();
  give();
  EXPECT_EQ(home.said<ToRelay>().size(), 1u);
  const auto others = home.ordered<ToShard>();
  ASSERT_EQ(others.size(), 1u);
  EXPECT_EQ(others[0].to, ShardId(1));
  EXPECT_EQ(std::get<LinkProxied>(others[0].event).link, flow.link);
  EXPECT_EQ(std::get<LinkProxied>(others[0].event).server, kOwner);
}

// Another server's phones use the same link, as of one that stands in front of many.
TEST_F(Proxying, ALinkStaysWhoseLatestOwnerIsThere) {
  const LinkId link = proxy.open_link(5);
  served(link);
  proxy.wait(Duration::milliseconds(1));
  proxy.give(LinkProxied{link, 9});
  proxy.give(ServerGone{kOwner});
  EXPECT_TRUE(proxy.ordered<CloseLink>().empty());
  proxy.give(ServerGone{9});
  EXPECT_EQ(proxy.ordered<CloseLink>().size(), 1u);
}

TEST_F(Proxying, ALinkIsClosedWhoseOwnerIsGone) {
  const LinkId link = proxy.open_link(5);
  const LinkId other = proxy.open_link(6);
  served(link);
  proxy.give(ServerGone{9});
  EXPECT_TRUE(proxy.ordered<CloseLink>().empty());
  proxy.give(ServerGone{kOwner});
  const auto closed = proxy.ordered<CloseLink>();
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].link, link) << "not " << other.slot;
  EXPECT_EQ(proxy.sip().counters().of(SipDrop::link_to_nobody), 1u);
}

// --- who can follow ------------------------------------------------------------------------------

TEST_F(Proxying, WhoIsKnownToFollowIsToldOnce) {
  cluster::ServerEndpoint own;
  own.kind = cluster::ServerEndpoint::Kind::sip;
  own.contact = "sip:s2.example.com:5070";
  owner.settings.cluster->self.endpoints = {own};
  owner.phone = proxy.phone;
  owner.datagram(fresh({}));
  place(owner, {Outcome::here, nullptr});
  owner.answer(owner.only_request());
  owner.sent();
  come_back([&](const std::string& text) { proxy.datagram(std::string_view(text)); });
  send_datagram(fresh({}));
  to_owner();
  place(owner, {Outcome::here, nullptr});
  to_proxy();
  const auto sent = proxy.only_sent();
  EXPECT_EQ(sent.status(), 302);
  EXPECT_EQ(sent.header("Contact"), "<sip:bob@s2.example.com:5070>");
  send_datagram(fresh({}));
  EXPECT_EQ(received().identity, alice()) << "who does not is served";
}

TEST_F(Proxying, NobodyProxiesOn) {
  come_back([&](const std::string& text) { proxy.datagram(std::string_view(text)); });
  send_datagram(fresh({}));
  to_owner();
  UserPlace third = at_owner();
  place(owner, third);
  to_proxy();
  EXPECT_EQ(proxy.statuses(), std::vector{302}) << "she is told where she is now";
}

// --- what does not get there ---------------------------------------------------------------------

TEST_F(Proxying, WhatTheOwnerCannotBeToldIsToComeAgain) {
  come_back([&](const std::string& text) { proxy.datagram(std::string_view(text)); });
  send_datagram(fresh({}));
  const auto said = proxy.said<ToRelay>();
  ASSERT_EQ(said.size(), 1u);
  for (const Why why : {Why::no_link, Why::full}) {
    proxy.give(FromRelay{why, kOwner, said[0].said});
    const auto sent = proxy.only_sent();
    EXPECT_EQ(sent.status(), 503);
    EXPECT_EQ(sent.header("Retry-After"), "5");
  }
}

// On a stream nobody repeats what is lost between two servers; of a phone that is gone we are told.
TEST_F(Proxying, WhatIsNotAnsweredOnALinkHasFailedForNow) {
  const LinkId link = proxy.open_link(5);
  const Flow on_link = served(link);
  Flow by_datagrams = on_link;
  by_datagrams.transport = Transport::udp;
  by_datagrams.link = {};
  const std::vector<std::pair<Flow, int>> cases = {{on_link, 503}, {by_datagrams, 0}};
  for (const auto& [flow, status] : cases) {
    owner.give(owner.notify(flow, 42));
    owner.wait(kSipTransactionTime);
    const auto ended = owner.said<SipRequestEnded>();
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].status, status);
  }
}

TEST_F(Proxying, WhatTheProxyCannotBeToldHasFailedForNow) {
  const Flow flow = served();
  owner.give(owner.notify(flow, 42));
  const auto said = owner.said<ToRelay>();
  ASSERT_EQ(said.size(), 1u);
  owner.give(FromRelay{Why::no_link, kProxy, said[0].said});
  const auto ended = owner.said<SipRequestEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].status, 503);
  EXPECT_GE(ended[0].retry_after_seconds, SipMessages::kRetryAfterSeconds);
  EXPECT_LE(ended[0].retry_after_seconds, 2 * SipMessages::kRetryAfterSeconds) << "not all at once";
  EXPECT_TRUE(owner.sip().idle());
  owner.give(FromRelay{Why::no_link, kProxy, said[0].said});
  EXPECT_TRUE(owner.said<SipRequestEnded>().empty()) << "once";
}

// Anybody can say that it answers something: so there is a bound, and a name that was minted.
TEST_F(Proxying, ForgedAnswersAreBounded) {
  owner.give(owner.notify(served()));
  to_proxy();
  const std::string answer = SipWorld::answer_to(proxy.only_sent(), 200);
  std::string forged = answer;
  forged.replace(forged.find("p0000000000000002m") + 17, 1, "x");
  proxy.datagram(forged);
  EXPECT_EQ(proxy.sip().counters().of(SipDrop::stray_response), 1u);
  // Of a body nothing is passed on.
  proxy.datagram(answer + std::string(60'000, 'x'));
  const auto one = proxy.said<ToRelay>();
  ASSERT_EQ(one.size(), 1u);
  EXPECT_LT(one[0].said.size(), answer.size());
  proxy.datagram(std::string(answer).insert(
      answer.find("From:"),
      "X: " + std::string(SipMessages::kProxiedResponseBytesMax, 'x') + "\r\n"));
  EXPECT_TRUE(proxy.said<ToRelay>().empty());
  EXPECT_EQ(proxy.sip().counters().of(SipDrop::proxied_beyond_limit), 1u);
  // At once, half of a second's.
  constexpr std::size_t kHeadBytes = 9;  // proxy_words.h
  constexpr std::size_t kMost = SipMessages::kProxiedBytesPerSecondMax / 2;
  std::size_t passed_on = 0;
  for (std::size_t bytes = 0; bytes < 2 * kMost; bytes += answer.size()) {
    proxy.datagram(answer);
    for (const ToRelay& said : proxy.said<ToRelay>())
      passed_on += said.said.size() - kHeadBytes;
  }
  EXPECT_LE(passed_on, kMost);
  EXPECT_GT(passed_on, kMost - 3 * answer.size());
  proxy.wait(ByteBudget::kCountedFor);
  proxy.datagram(answer);
  EXPECT_EQ(proxy.said<ToRelay>().size(), 1u);
}

TEST_F(Proxying, SoAreRequests) {
  come_back([&](const std::string& text) { proxy.datagram(std::string_view(text)); });
  const std::string body(50'000, 'x');
  std::size_t passed_on = 0;
  int refused = 0;
  while (refused == 0) {
    ASSERT_LT(passed_on, 2 * SipMessages::kProxiedBytesPerSecondMax);
    send_datagram(fresh({.method = "PUBLISH", .body = body}));
    for (const int status : proxy.statuses())
      refused += status == 503 ? 1 : 0;
    for (const ToRelay& said : proxy.said<ToRelay>())
      passed_on += said.said.size();
  }
  // Half of a second's at once.
  EXPECT_LE(passed_on, SipMessages::kProxiedBytesPerSecondMax / 2 + 1'000);
  EXPECT_GT(passed_on + body.size(), SipMessages::kProxiedBytesPerSecondMax / 2 - 1'000);
  EXPECT_TRUE(proxy.sip().idle());
  // A smaller one still may; and once it is over all do.
  send_datagram(fresh({}));
  EXPECT_EQ(received().identity, alice());
  proxy.wait(ByteBudget::kCountedFor);
  send_datagram(fresh({.method = "PUBLISH", .body = body}));
  EXPECT_EQ(received().identity, alice());
}

// Of many shards each has little; but nobody's document is too large for ever.
TEST_F(Proxying, TheFirstMayAlwaysGo) {
  constexpr std::uint8_t kShards = 64;
  SipWorld many(kShards, home_shard(alice().bare(), kShards).number());
  many.settings.cluster.emplace();
  const std::string body(50'000, 'x');
  ASSERT_GT(body.size(), SipMessages::kProxiedBytesPerSecondMax / kShards);
  const auto give = [&](const SipText& text) {
    many.datagram(text);
    const auto asked = many.said<RequestToPlace>();
    ASSERT_EQ(asked.size(), 1u);
    many.give(RequestPlaced{asked[0].request, at_owner()});
  };
  give(fresh({}));
  many.wait(SipMessages::kUnderWay);
  many.ordered<ToShard>();
  give(fresh({.method = "PUBLISH", .body = body}));
  EXPECT_FALSE(many.said<ToRelay>().empty() && many.ordered<ToShard>().empty());
  EXPECT_EQ(many.statuses(), std::vector{302}) << "of the first time";
  give(fresh({.method = "PUBLISH", .body = body}));
  EXPECT_EQ(many.statuses(), std::vector{503});
}

TEST_F(Proxying, WhatIsNoneOfItIsPassedOver) {
  const Flow flow{Transport::udp, ShardId(0), {}, proxy.server, proxy.phone};
  for (const std::string_view bytes : {"", "not SIP at all", "SIP/2.0 200 OK\r\n\r\n"}) {
    owner.give(FromRelay{Why::came, kProxy, write_proxy(ProxiedRequest{flow, alice(), bytes})});
    owner.give(FromRelay{Why::came, kProxy, write_proxy(ProxiedResponse{ShardId(0), bytes})});
    proxy.give(FromRelay{Why::came, kOwner, write_proxy(ProxiedMessage{flow, {}, bytes})});
  }
  // Only what makes a user, or is of a dialog of hers, is proxied.
  owner.give(
      FromRelay{Why::came, kProxy,
                write_proxy(ProxiedRequest{flow, alice(), fresh({.method = "MESSAGE"}).text()})});
  // And only users of this service are served.
  owner.give(
      FromRelay{Why::came, kProxy,
                write_proxy(ProxiedRequest{
                    flow, Address::of_canonical("alice", "elsewhere.example"), fresh({}).text()})});
  EXPECT_TRUE(owner.said<RequestToPlace>().empty());
  EXPECT_TRUE(owner.sip().idle());
}

}  // namespace sip_message_proxying_test
}  // namespace muster::testing
