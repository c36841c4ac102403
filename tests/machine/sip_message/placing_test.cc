// Where a user is served, and how a SIP user is told: 302, once she has proved who she is (design,
// "The redirect ladder"; RFC 3261 section 21.3.3).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/sip_message/sip_messages.h"
#include "support/sip_world.h"

namespace muster::testing {
namespace sip_message_placing_test {

using Outcome = UserPlace::Outcome;

UserPlace elsewhere(std::string sip) {
  ServerContacts contacts;
  contacts.server = 2;
  contacts.svr_id = "sip:s2.example.com";
  contacts.sip = std::move(sip);
  return {Outcome::elsewhere, std::make_shared<const ServerContacts>(std::move(contacts))};
}

class SipPlacing : public ::testing::Test {
 protected:
  SipPlacing() {
    world.settings.cluster.emplace();
    world.settings.cluster->host_name = "s1.example.com";
    world.settings.loopback_sip_trusted = false;
  }
  static Address alice() { return Address::of_canonical("alice", "example.com"); }

  // A request that no other one is the repetition of.
  void request(SipText text) {
    text.via += std::to_string(++requests_);
    text.call_id += std::to_string(requests_);
    world.datagram(text);
  }
  void prove() {
    const auto asked = world.ordered<AskDigest>();
    ASSERT_EQ(asked.size(), 1u);
    world.give(DigestAnswered{asked[0].ticket, DigestAnswered::Outcome::proved, alice(), {}});
  }
  SipRequestId to_be_placed() {
    const auto asked = world.said<RequestToPlace>();
    EXPECT_EQ(asked.size(), 1u);
    if (asked.empty()) return {};
    EXPECT_EQ(asked[0].account, alice());
    return asked[0].request;
  }

  SipWorld world;

 private:
  int requests_ = 0;
};

TEST_F(SipPlacing, WhoIsProvedIsPlaced) {
  request({});
  EXPECT_TRUE(world.said<RequestToPlace>().empty()) << "not before she has proved who she is";
  prove();
  const SipRequestId placed = to_be_placed();
  world.give(RequestPlaced{placed, {Outcome::here, nullptr}});
  const auto told = world.said<SipRequestReceived>();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].identity, alice());
  EXPECT_EQ(told[0].request, placed);
}

// Who registers may be sent on then.
TEST_F(SipPlacing, OfARegisterItIsSaidWhatItIs) {
  for (const std::string method : {"REGISTER", "SUBSCRIBE", "PUBLISH"}) {
    request({.method = method});
    prove();
    const auto asked = world.said<RequestToPlace>();
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].registers != nullptr, method == "REGISTER");
    if (asked[0].registers != nullptr) {
      EXPECT_EQ(asked[0].registers->message.method(), sip::Method::register_);
    }
  }
}

TEST_F(SipPlacing, WhatMakesNobodyAUserIsNot) {
  for (const std::string method : {"MESSAGE", "OPTIONS", "NOTIFY", "INFO"}) {
    request({.method = method});
    if (method != "OPTIONS") prove();
    EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u) << method;
  }
  // In a dialog it is placed already.
  request({.to = "<sip:bob@example.com>;tag=ours"});
  prove();
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
}

TEST_F(SipPlacing, WhoIsElsewhereIsSentThere) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"sip:bob@example.com", "<sip:bob@s2.example.com:5070;transport=tcp>"},
      {"sip:b%20b@example.com;x=1", "<sip:b%20b@s2.example.com:5070;transport=tcp>"},
      {"sip:example.com", "<sip:s2.example.com:5070;transport=tcp>"},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& [uri, contact] = cases[i];
    request({.method = i == 2 ? "REGISTER" : "SUBSCRIBE", .uri = uri});
    prove();
    world.give(RequestPlaced{to_be_placed(), elsewhere("sip:s2.example.com:5070;transport=tcp")});
    const auto sent = world.only_sent();
    EXPECT_EQ(sent.status(), 302);
    EXPECT_EQ(sent.header("Contact"), contact);
    EXPECT_TRUE(world.said<SipRequestReceived>().empty());
    EXPECT_TRUE(world.sip().idle()) << "without a trace";
  }
}

// Nobody who came in secret is sent on in clear: without a port for TLS it is the default one.
TEST_F(SipPlacing, WhoCameInSecretIsNotSentOnInClear) {
  struct Case {
    std::string uri;
    std::string server;
    std::string contact;
  };
  const LinkId link = world.open_link(1, Transport::tls);
  int number = 0;
  for (const Case& one : std::vector<Case>{
           {"sip:bob@example.com", "sip:s2.example.com:5070",
            "<sip:bob@s2.example.com;transport=tls>"},
           {"sips:bob@example.com", "sip:s2.example.com:5070", "<sips:bob@s2.example.com>"},
           {"sip:bob@example.com", "sip:[2001:db8::2]:5070",
            "<sip:bob@[2001:db8::2];transport=tls>"},
           {"sip:bob@example.com", "sip:s2.example.com:5071;transport=tls",
            "<sip:bob@s2.example.com:5071;transport=tls>"},
           {"sips:bob@example.com", "sip:s2.example.com:5071;transport=tls",
            "<sips:bob@s2.example.com:5071>"},
           {"sips:bob@example.com", "sip:s2.example.com;transport=TLS",
            "<sips:bob@s2.example.com>"},
           {"sip:bob@example.com", "sips:s2.example.com:5071", "<sips:bob@s2.example.com:5071>"}}) {
    SipText text{.uri = one.uri};
    text.via = "SIP/2.0/TLS 192.0.2.10:5061;branch=z9hG4bKtls" + std::to_string(++number);
    text.call_id += "tls" + std::to_string(number);
    world.bytes(link, text.text());
    prove();
    world.give(RequestPlaced{to_be_placed(), elsewhere(one.server)});
    const auto sent = world.only_sent();
    EXPECT_EQ(sent.status(), 302);
    EXPECT_EQ(sent.header("Contact"), one.contact);
  }
}

TEST_F(SipPlacing, WhoComesBackIsRemembered) {
  const auto again = [&](std::string method = "REGISTER") {
    request({.method = std::move(method)});
    prove();
    const auto asked = world.said<RequestToPlace>();
    EXPECT_EQ(asked.size(), 1u);
    world.give(RequestPlaced{asked.at(0).request, elsewhere("sip:s2.example.com")});
    return asked.at(0).again;
  };
  EXPECT_FALSE(again());
  EXPECT_FALSE(again()) << "it was under way";
  EXPECT_EQ(world.statuses(), (std::vector{302, 302}));
  world.wait(SipMessages::kUnderWay);
  EXPECT_TRUE(again());
  EXPECT_FALSE(again("SUBSCRIBE")) << "once is enough to ask her server to yield her";
  EXPECT_TRUE(world.statuses().empty()) << "it is proxied";
  world.phone = *parse_endpoint("198.51.100.9:40000");
  EXPECT_FALSE(again()) << "from another place it may be another phone";
  EXPECT_EQ(world.statuses(), std::vector{302});
  world.wait(SipMessages::kFollowersTime);
  EXPECT_FALSE(again());
  EXPECT_EQ(world.statuses(), std::vector{302});
}

TEST_F(SipPlacing, WithoutAServerIsToComeBack) {
  const std::vector<UserPlace> cases = {
      {Outcome::full, nullptr}, {Outcome::unknown, nullptr}, elsewhere("")};
  for (const UserPlace& place : cases) {
    request({});
    prove();
    world.give(RequestPlaced{to_be_placed(), place});
    const auto sent = world.only_sent();
    EXPECT_EQ(sent.status(), 503);
    EXPECT_EQ(sent.header("Retry-After"), "5");
  }
}

TEST_F(SipPlacing, AnAnswerThatNobodyWaitsForIsPassedOver) {
  request({});
  prove();
  const SipRequestId placed = to_be_placed();
  world.give(RequestPlaced{placed, {Outcome::here, nullptr}});
  EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u);
  world.give(RequestPlaced{placed, {Outcome::here, nullptr}});
  EXPECT_TRUE(world.said<SipRequestReceived>().empty());
  world.answer(placed);
  EXPECT_EQ(world.statuses(), std::vector{200});
  world.give(RequestPlaced{placed, elsewhere("sip:s2.example.com")});
  EXPECT_TRUE(world.statuses().empty());
}

// What there is to see is this server's, or what it knows of all (docs/wire.md).
TEST_F(SipPlacing, WhoWatchesAServerIsAnsweredByIt) {
  world.settings.cluster->self.svr_id = "sip:north.example.com";
  for (const char* uri : {"sip:s1.example.com", "sip:North.example.com", "sip:example.com"}) {
    request({.uri = uri});
    prove();
    EXPECT_EQ(world.said<SipRequestReceived>().size(), 1u) << uri;
  }
}

// Its own name stands for the domain (design, "The redirect ladder"), another server's does not.
TEST_F(SipPlacing, AServerKnowsItsOwnName) {
  request({.uri = "sip:bob@S1.example.com:5060;transport=udp"});
  prove();
  EXPECT_TRUE(to_be_placed().valid());
  request({.uri = "sip:bob@s2.example.com"});
  EXPECT_EQ(world.statuses(), std::vector{404});
}

}  // namespace sip_message_placing_test
}  // namespace muster::testing
