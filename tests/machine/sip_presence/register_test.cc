// REGISTER: RFC 3261 sections 10.2 and 10.3, RFC 5626 section 6, RFC 3327 section 5.3.
#include "server/sip_presence/registrar.h"

#include <gtest/gtest.h>

#include "machine/sip_presence/sip_world.h"

namespace muster::testing {
namespace sip_presence_register_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kInstance = "+sip.instance=\"<urn:uuid:0001>\"";

class SipRegister : public ::testing::Test {
 protected:
  // A REGISTER of alice; the CSeq grows by itself.
  Story register_(const Rows& rows, std::string_view identity = "alice@example.com") {
    Rows all = rows;
    std::string text;
    for (const std::string& one : rows)
      text.append(one).append("\r\n");
    if (row(text, "To").empty()) all.push_back("To: <sip:alice@example.com>");
    if (row(text, "CSeq").empty()) all.push_back("CSeq: " + std::to_string(++cseq) + " REGISTER");
    world.receive(request_text("REGISTER", uri, all), identity);
    return world.story();
  }
  // What the 200 says of the bindings.
  Rows contacts() { return all_rows(world.answer_rows(), "Contact"); }
  Rows fetch() {
    EXPECT_THAT(register_({}), ElementsAre("200"));
    return contacts();
  }

  SipWorld world;
  std::string uri = "sip:example.com";
  int cseq = 0;
};

TEST_F(SipRegister, AddsABinding) {  // 10.2.1, 10.3 steps 7 and 8
  EXPECT_THAT(register_({"Contact: \"Alice\" <sip:alice@192.0.2.9>;q=0.7;expires=300"}),
              ElementsAre("registered alice@example.com sip:alice@192.0.2.9", "200"));
  EXPECT_THAT(contacts(), ElementsAre("<sip:alice@192.0.2.9>;q=0.7;expires=300"));
  EXPECT_EQ(row(world.answer_rows(), "Date"), "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(row(world.answer_rows(), "Supported"), "outbound, path");
  EXPECT_EQ(row(world.answer_rows(), "Require"), "");
  const Registration told = world.one<RegistrationsChanged>().registrations.at(0);
  EXPECT_EQ(told.thousandths, 700);
  EXPECT_EQ(told.contact, "sip:alice@192.0.2.9");
}

TEST_F(SipRegister, FetchesWithoutContact) {  // 10.2.3
  EXPECT_THAT(register_({}), ElementsAre("200"));
  EXPECT_THAT(contacts(), IsEmpty());
  register_({"Contact: <sip:a@192.0.2.9>, <sip:b@192.0.2.9>", "Expires: 100"});
  world.pass(Duration::seconds(30));
  EXPECT_THAT(fetch(), ElementsAre("<sip:a@192.0.2.9>;expires=70", "<sip:b@192.0.2.9>;expires=70"));
}

TEST_F(SipRegister, ExpiresOfTheContactThenOfTheMessageThenOurs) {  // 10.3 step 7, 10.2.1.1
  register_(
      {"Contact: <sip:a@192.0.2.9>;expires=100, <sip:b@192.0.2.9>, "
       "<sip:c@192.0.2.9>;expires=soon",
       "Expires: 200"});
  EXPECT_THAT(contacts(),
              ElementsAre("<sip:a@192.0.2.9>;expires=100", "<sip:b@192.0.2.9>;expires=200",
                          "<sip:c@192.0.2.9>;expires=3600"));
  register_({"Contact: <sip:d@192.0.2.9>"});
  EXPECT_EQ(contacts().back(), "<sip:d@192.0.2.9>;expires=3600");
}

TEST_F(SipRegister, NeverGrantsMoreThanTheLimit) {  // registration_time_max
  world.settings.limits.registration_time_max = Duration::seconds(1'000);
  for (const auto& [asked, granted] :
       {std::pair{"999", "999"}, {"1000", "1000"}, {"1001", "1000"}, {"4294967295", "1000"}}) {
    register_({"Contact: <sip:a@192.0.2.9>", std::string("Expires: ") + asked});
    EXPECT_THAT(contacts(), ElementsAre(std::string("<sip:a@192.0.2.9>;expires=") + granted));
  }
}

TEST_F(SipRegister, TooBriefIsRefused) {  // 10.3 step 7, 21.4.17; expires_min
  EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>;expires=59"}), ElementsAre("423"));
  EXPECT_EQ(row(world.answer_rows(), "Min-Expires"), "60");
  EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>;expires=1"}), ElementsAre("423"));
  EXPECT_THAT(fetch(), IsEmpty());
  register_({"Contact: <sip:a@192.0.2.9>;expires=60"});
  EXPECT_THAT(contacts(), ElementsAre("<sip:a@192.0.2.9>;expires=60"));
}

TEST_F(SipRegister, AnHourIsNeverTooBrief) {  // 10.3 step 7: "AND smaller than one hour"
  world.settings.limits.expires_min = Duration::seconds(7'200);
  world.settings.limits.registration_time_max = Duration::seconds(7'200);
  EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>;expires=3599"}), ElementsAre("423"));
  register_({"Contact: <sip:a@192.0.2.9>;expires=3600"});
  EXPECT_THAT(contacts(), ElementsAre("<sip:a@192.0.2.9>;expires=3600"));
}

TEST_F(SipRegister, OneTooBriefContactSpoilsAll) {  // 10.3: atomic
  EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>, <sip:b@192.0.2.9>;expires=5"}),
              ElementsAre("423"));
  EXPECT_THAT(fetch(), IsEmpty());
}

TEST_F(SipRegister, ARefreshTellsNobody) {
  register_({"Contact: <sip:a@192.0.2.9>;expires=100"});
  world.pass(Duration::seconds(50));
  EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>;expires=100"}), ElementsAre("200"));
  EXPECT_THAT(contacts(), ElementsAre("<sip:a@192.0.2.9>;expires=100"));
}

TEST_F(SipRegister, BindingsAreComparedAsUris) {  // 10.3 step 7, 19.1.4
  register_({"Contact: <sip:a@Host.Example;transport=tcp>"});
  EXPECT_THAT(
      register_({"Contact: <sip:%61@host.example;transport=TCP>;q=0.1"}),
      ElementsAre("registered alice@example.com sip:%61@host.example;transport=TCP", "200"));
  EXPECT_EQ(contacts().size(), 1u);
  register_({"Contact: <sip:A@host.example;transport=tcp>"});
  EXPECT_EQ(contacts().size(), 2u);
}

TEST_F(SipRegister, RemovesABinding) {  // 10.2.2
  register_({"Contact: <sip:a@192.0.2.9>, <sip:b@192.0.2.9>"});
  EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>;expires=0"}),
              ElementsAre("registered alice@example.com sip:b@192.0.2.9", "200"));
  EXPECT_THAT(contacts(), ElementsAre("<sip:b@192.0.2.9>;expires=3600"));
  // One that is not there is gone already.
  EXPECT_THAT(register_({"Contact: <sip:x@192.0.2.9>;expires=0"}), ElementsAre("200"));
  EXPECT_THAT(register_({"Contact: <sip:b@192.0.2.9>", "Expires: 0"}),
              ElementsAre("registered alice@example.com", "200"));
  EXPECT_THAT(contacts(), IsEmpty());
}

TEST_F(SipRegister, StarRemovesAll) {  // 10.2.2, 10.3 step 6
  register_({"Contact: <sip:a@192.0.2.9>, <sip:b@192.0.2.9>"});
  EXPECT_THAT(register_({"Contact: *", "Expires: 0"}),
              ElementsAre("registered alice@example.com", "200"));
  EXPECT_THAT(contacts(), IsEmpty());
  EXPECT_THAT(register_({"Contact: *", "Expires: 0"}), ElementsAre("200"));
}

TEST_F(SipRegister, StarNeedsExpiresZero) {  // 10.3 step 6
  register_({"Contact: <sip:a@192.0.2.9>"});
  EXPECT_THAT(register_({"Contact: *"}), ElementsAre("400 Contact * Needs Expires 0"));
  EXPECT_THAT(register_({"Contact: *", "Expires: 1"}),
              ElementsAre("400 Contact * Needs Expires 0"));
  EXPECT_THAT(register_({"Contact: *", "Expires: nothing"}),
              ElementsAre("400 Contact * Needs Expires 0"));
  EXPECT_EQ(fetch().size(), 1u);
}

TEST_F(SipRegister, StarStandsAlone) {  // 10.3 step 6
  world.receive_unchecked(request_text("REGISTER", "sip:example.com",
                                       {"To: <sip:alice@example.com>", "Contact: *",
                                        "Contact: <sip:a@192.0.2.9>", "Expires: 0"}),
                          "alice@example.com");
  EXPECT_THAT(world.story(), ElementsAre("400 Contact * Stands Alone"));
}

TEST_F(SipRegister, AnOlderCSeqOfTheSameCallFails) {  // 10.3 step 7
  register_({"Contact: <sip:a@192.0.2.9>", "CSeq: 10 REGISTER"});
  for (const std::string_view late : {"9", "10"}) {
    EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>;expires=0",
                           "CSeq: " + std::string(late) + " REGISTER"}),
                ElementsAre("500 CSeq Out Of Order"));
    EXPECT_THAT(register_({"Contact: *", "Expires: 0", "CSeq: " + std::string(late) + " REGISTER"}),
                ElementsAre("500 CSeq Out Of Order"));
  }
  // Atomic: the new one is not added either.
  EXPECT_THAT(register_({"Contact: <sip:b@192.0.2.9>, <sip:a@192.0.2.9>", "CSeq: 9 REGISTER"}),
              ElementsAre("500 CSeq Out Of Order"));
  EXPECT_EQ(fetch().size(), 1u);
  EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>;expires=0", "CSeq: 11 REGISTER"}),
              ElementsAre("registered alice@example.com", "200"));
}

TEST_F(SipRegister, AnotherCallMayHaveAnyCSeq) {  // 10.3 step 7
  register_({"Contact: <sip:a@192.0.2.9>", "CSeq: 10 REGISTER"});
  EXPECT_THAT(
      register_({"Contact: <sip:a@192.0.2.9>;expires=0", "CSeq: 1 REGISTER", "Call-ID: another"}),
      ElementsAre("registered alice@example.com", "200"));
  register_({"Contact: <sip:a@192.0.2.9>", "CSeq: 10 REGISTER"});
  EXPECT_THAT(register_({"Contact: *", "Expires: 0", "CSeq: 1 REGISTER", "Call-ID: another"}),
              ElementsAre("registered alice@example.com", "200"));
}

TEST_F(SipRegister, TheSameContactTwiceInOneRequestIsOneBinding) {
  register_({"Contact: <sip:a@192.0.2.9>;q=0.1, <sip:a@192.0.2.9>;q=0.2"});
  EXPECT_THAT(contacts(), ElementsAre("<sip:a@192.0.2.9>;q=0.2;expires=3600"));
}

TEST_F(SipRegister, OnlyForOneself) {  // 10.3 step 4
  for (const std::string_view to : {"sip:bob@example.com", "sip:alice@example.org"}) {
    EXPECT_THAT(register_({"To: <" + std::string(to) + ">", "Contact: <sip:a@192.0.2.9>"}),
                ElementsAre("403"));
  }
  // However it is spelt (step 5: canonical form).
  EXPECT_EQ(register_({"To: <sip:%41lice@EXAMPLE.com;user=phone>", "Contact: <sip:a@192.0.2.9>"}),
            (Story{"registered alice@example.com sip:a@192.0.2.9", "200"}));
}

TEST_F(SipRegister, AnAddressOfRecordOfTheDomain) {  // 10.3 step 5
  for (const std::string_view to :
       {"sip:alice@elsewhere.net", "tel:+1555", "pres:alice@example.com"}) {
    EXPECT_THAT(register_({"To: <" + std::string(to) + ">", "Contact: <sip:a@192.0.2.9>"}),
                ElementsAre("404"))
        << to;
  }
  uri = "sip:example.org";
  EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>"}), ElementsAre("404"));
  // By our IP address, for whatever domain.
  uri = "sip:192.0.2.1";
  EXPECT_EQ(register_({"Contact: <sip:a@192.0.2.9>"}).back(), "200");
  EXPECT_EQ(
      register_({"To: <sip:alice@example.org>", "Contact: <sip:a@192.0.2.9>"}, "alice@example.org")
          .back(),
      "200");
}

TEST_F(SipRegister, ContactsThatCannotBeReached) {
  EXPECT_THAT(register_({"Contact: <mailto:alice@example.com>"}),
              ElementsAre("400 Contact Is No SIP URI"));
}

TEST_F(SipRegister, TooManyBindings) {  // registrations_per_user_max
  world.settings.limits.registrations_per_user_max = 3;
  register_({"Contact: <sip:a@192.0.2.9>, <sip:b@192.0.2.9>"});
  EXPECT_EQ(register_({"Contact: <sip:c@192.0.2.9>"}).back(), "200");
  EXPECT_THAT(register_({"Contact: <sip:d@192.0.2.9>"}), ElementsAre("403 Too Many Registrations"));
  EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>"}), ElementsAre("200"));
  EXPECT_EQ(register_({"Contact: <sip:d@192.0.2.9>, <sip:a@192.0.2.9>;expires=0"}).back(), "200");
  EXPECT_EQ(contacts().size(), 3u);
}

TEST_F(SipRegister, TooLargeABinding) {  // registration_bytes_max
  const std::string contact = "sip:a@192.0.2.9";
  const std::string call_id = "call-1@192.0.2.9";
  world.settings.limits.registration_bytes_max =
      static_cast<std::uint32_t>(contact.size() + call_id.size() + std::string(";x=12").size());
  for (const std::string_view fits : {";x=1", ";x=12"}) {
    EXPECT_EQ(register_({"Contact: <" + contact + ">" + std::string(fits)}).back(), "200");
  }
  EXPECT_THAT(register_({"Contact: <" + contact + ">;x=123"}), ElementsAre("513"));
}

TEST_F(SipRegister, EndsWithItsTime) {
  register_({"Contact: <sip:a@192.0.2.9>;expires=100, <sip:b@192.0.2.9>;expires=200"});
  EXPECT_EQ(world.sip.next_deadline(), world.now.instant + Duration::seconds(100));
  EXPECT_THAT(world.pass(Duration::microseconds(99'999'999)), IsEmpty());
  EXPECT_THAT(world.pass(Duration::microseconds(1)),
              ElementsAre("registered alice@example.com sip:b@192.0.2.9"));
  EXPECT_THAT(world.pass(Duration::seconds(100)), ElementsAre("registered alice@example.com"));
  EXPECT_EQ(world.sip.next_deadline(), std::nullopt);
}

TEST_F(SipRegister, ARefreshedBindingLivesOn) {
  register_({"Contact: <sip:a@192.0.2.9>;expires=100"});
  world.pass(Duration::seconds(99));
  register_({"Contact: <sip:a@192.0.2.9>;expires=100"});
  EXPECT_THAT(world.pass(Duration::seconds(99)), IsEmpty());
  EXPECT_THAT(world.pass(Duration::seconds(1)), ElementsAre("registered alice@example.com"));
}

TEST_F(SipRegister, WhatIsOverIsNotListed) {
  register_({"Contact: <sip:a@192.0.2.9>;expires=100"});
  world.ModuleWorld::pass(Duration::seconds(100));  // nobody woke us yet
  EXPECT_THAT(fetch(), IsEmpty());
}

TEST_F(SipRegister, GoesWithItsLink) {  // RFC 5626 section 7
  world.flow = SipWorld::flow_over({7, 1});
  register_({"Contact: <sip:a@192.0.2.9>"});
  world.flow = SipWorld::flow_over({8, 1});
  register_({"Contact: <sip:b@192.0.2.9>"});
  EXPECT_THAT(world.on(FlowLost{ShardId(1), {7, 1}}), IsEmpty());  // of another shard
  EXPECT_THAT(world.on(FlowLost{ShardId(0), {7, 2}}), IsEmpty());  // a later one
  EXPECT_THAT(world.on(FlowLost{ShardId(0), {7, 1}}),
              ElementsAre("registered alice@example.com sip:b@192.0.2.9"));
  EXPECT_THAT(world.on(FlowLost{ShardId(0), {7, 1}}), IsEmpty());
}

TEST_F(SipRegister, GoesWithTheServerThatItCameThrough) {
  world.flow.through = 9;
  register_({"Contact: <sip:a@192.0.2.9>"});
  world.flow = SipWorld::flow_over({7, 1});
  world.flow.through = 9;
  register_({"Contact: <sip:b@192.0.2.9>"});
  world.flow = SipWorld::flow_over({7, 1});
  register_({"Contact: <sip:c@192.0.2.9>"});
  EXPECT_THAT(world.on(ServerGone{8}), IsEmpty());
  EXPECT_THAT(world.on(ServerGone{9}),
              ElementsAre("registered alice@example.com sip:b@192.0.2.9 sip:c@192.0.2.9",
                          "registered alice@example.com sip:c@192.0.2.9"));
  EXPECT_THAT(world.on(ServerGone{9}), IsEmpty());
}

// RFC 3608 section 6.3: who is proxied here may come by herself.
TEST_F(SipRegister, WhoIsProxiedIsToldTheWay) {
  cluster::ServerEndpoint own;
  own.kind = cluster::ServerEndpoint::Kind::sip;
  own.contact = "sip:s1.example.com:5060";
  world.settings.cluster.emplace().self.endpoints = {own};
  const auto route = [&] {
    register_({"Contact: <sip:a@192.0.2.9>"});
    return row(world.answer_rows(), "Service-Route");
  };
  EXPECT_EQ(route(), "") << "she is here";
  world.flow.through = 9;
  EXPECT_EQ(route(), "<sip:s1.example.com:5060;lr>");
  world.flow.transport = Transport::tls;
  EXPECT_EQ(route(), "<sip:s1.example.com;transport=tls;lr>") << "not in clear";
  world.settings.cluster->self.endpoints = {};
  EXPECT_EQ(route(), "") << "there is none";
}

TEST_F(SipRegister, ARefreshTakesTheBindingToItsFlow) {  // RFC 5626 section 6
  world.flow = SipWorld::flow_over({7, 1});
  register_({"Contact: <sip:a@192.0.2.9>"});
  world.flow = SipWorld::flow_over({8, 1});
  register_({"Contact: <sip:a@192.0.2.9>"});
  EXPECT_THAT(world.on(FlowLost{ShardId(0), {7, 1}}), IsEmpty());
  EXPECT_THAT(world.on(FlowLost{ShardId(0), {8, 1}}), ElementsAre("registered alice@example.com"));
}

TEST_F(SipRegister, GoesWithItsAccount) {
  register_({"Contact: <sip:a@192.0.2.9>"});
  EXPECT_THAT(world.on(AccountGone{address("bob@example.com"), true}), IsEmpty());
  EXPECT_THAT(world.on(AccountGone{address("alice@example.com"), true}),
              ElementsAre("registered alice@example.com"));
  register_({"Contact: <sip:a@192.0.2.9>"});
  EXPECT_THAT(world.on(AccountGone{address("alice@example.com"), false}),
              ElementsAre("registered alice@example.com"));
}

// She moves to another server: her phones are served until she is seen there.
TEST_F(SipRegister, WhoHasLeftHasNoPhonesHere) {
  register_({"Contact: <sip:a@192.0.2.9>"});
  EXPECT_THAT(world.on(UserLeaves{address("alice@example.com"), nullptr}), IsEmpty());
  EXPECT_THAT(world.on(UserHasLeft{address("bob@example.com")}), IsEmpty());
  EXPECT_THAT(world.on(UserHasLeft{address("alice@example.com")}),
              ElementsAre("registered alice@example.com"));
  EXPECT_TRUE(world.one<RegistrationsChanged>().registrations.empty());
  EXPECT_THAT(world.on(UserHasLeft{address("alice@example.com")}), IsEmpty()) << "once";
}

class SipRegisterOnTheWay : public SipRegister {
 protected:
  // Her phone registered by this link, and she was told to go.
  SipRegisterOnTheWay() {
    world.flow = SipWorld::flow_over({7, 1});
    register_({"Contact: <sip:a@192.0.2.9>"});
    world.on(UserLeaves{address("alice@example.com"), nullptr});
  }
  Story lose() { return world.on(FlowLost{ShardId(0), {7, 1}}); }
  const Story kGone{"registered alice@example.com"};
};

// It has closed its link to come to the other server by one of its own.
TEST_F(SipRegisterOnTheWay, HerPhoneIsNotSeenToGo) {
  EXPECT_THAT(lose(), IsEmpty());
  EXPECT_THAT(lose(), IsEmpty()) << "once";
  EXPECT_THAT(world.on(UserHasLeft{address("alice@example.com")}), kGone);
  EXPECT_THAT(world.pass(Duration::hours(2)), IsEmpty());
}

TEST_F(SipRegisterOnTheWay, ForSoLong) {
  EXPECT_THAT(lose(), IsEmpty());
  EXPECT_THAT(world.pass(Registrar::kOnTheWayMax - Duration::microseconds(1)), IsEmpty());
  EXPECT_THAT(world.pass(Duration::microseconds(1)), kGone);
}

TEST_F(SipRegisterOnTheWay, NotLongerThanItIsRegistered) {
  const Duration time = world.settings.limits.registration_time_max;
  world.pass(time - Duration::seconds(1));
  EXPECT_THAT(lose(), IsEmpty());
  EXPECT_THAT(world.pass(Duration::seconds(1)), kGone);
}

TEST_F(SipRegisterOnTheWay, ItIsNotReached) {
  lose();
  PageMessage message;
  message.from = address("bob@example.com");
  message.to = address("alice@example.com");
  world.on(message);
  EXPECT_TRUE(world.of<SipRequestsReady>().empty());
}

TEST_F(SipRegisterOnTheWay, OneThatComesBackIsHereAsBefore) {
  lose();
  const UserServed served{address("alice@example.com"), true};
  EXPECT_THAT(world.on(UserServed{served.account, false}), IsEmpty());
  EXPECT_THAT(world.on(served), kGone) << "it has to register anew";
  EXPECT_THAT(world.on(served), IsEmpty());
  world.flow = SipWorld::flow_over({8, 1});
  const Story here{"registered alice@example.com sip:a@192.0.2.9", "200"};
  EXPECT_THAT(register_({"Contact: <sip:a@192.0.2.9>"}), here);
  EXPECT_THAT(world.on(FlowLost{ShardId(0), {8, 1}}), kGone);
}

// Before its link was lost.
TEST_F(SipRegisterOnTheWay, OneThatNeverWentIsHereAsBefore) {
  EXPECT_THAT(world.on(UserServed{address("alice@example.com"), true}), IsEmpty());
  EXPECT_THAT(lose(), kGone);
}

TEST_F(SipRegisterOnTheWay, AnotherPhoneOfHersStays) {
  world.flow = SipWorld::flow_over({8, 1});
  register_({"Contact: <sip:b@192.0.2.9>"});
  EXPECT_THAT(lose(), IsEmpty()) << "in their order";
  EXPECT_THAT(world.pass(Registrar::kOnTheWayMax),
              ElementsAre("registered alice@example.com sip:b@192.0.2.9"));
}

TEST_F(SipRegister, WhoLeavesIsNotSeenToGoWithTheServerThatProxiesHer) {
  world.flow.through = 9;
  register_({"Contact: <sip:a@192.0.2.9>"});
  world.on(UserLeaves{address("alice@example.com"), nullptr});
  EXPECT_THAT(world.on(ServerGone{9}), IsEmpty());
  EXPECT_THAT(world.pass(Registrar::kOnTheWayMax), ElementsAre("registered alice@example.com"));
}

TEST_F(SipRegisterOnTheWay, ItGoesWithItsAccount) {
  lose();
  EXPECT_THAT(world.on(AccountGone{address("alice@example.com"), true}), kGone);
}

// --- what may be sent on to another server

TEST_F(SipRegister, WhatRenewsAllThatThereIs) {
  const std::string flow = "<sip:a@192.0.2.9>;reg-id=1;" + std::string(kInstance);
  const auto renews = [&](const Rows& rows) {
    sip::ReadRequest read(request_text("REGISTER", uri, rows));
    EXPECT_FALSE(sip::parse_message(read.bytes, read.message).has_value());
    world.on(PhoneRegisters{{7, 1}, address("alice@example.com"), &read});
    EXPECT_EQ(world.events.size(), 1u) << "and nothing comes of it";
    return world.one<PhoneWeighed>().renews_all;
  };
  const Rows same = {"Contact: <sip:a@192.0.2.9>"};
  EXPECT_FALSE(renews(same)) << "there is nothing";
  register_({"Contact: <sip:a@192.0.2.9>;expires=100"});
  EXPECT_TRUE(renews(same));
  EXPECT_TRUE(renews({"Contact: \"A\" <sip:a@192.0.2.9>;q=0.2;expires=soon"}));
  EXPECT_FALSE(renews({"Contact: <sip:a@192.0.2.9:5061>"}));
  EXPECT_TRUE(renews({"Contact: <sip:a@192.0.2.9>;expires=60", "Expires: 0"}));
  EXPECT_FALSE(renews({"Contact: <sip:b@192.0.2.9>"})) << "another phone";
  EXPECT_FALSE(renews({"Contact: <sip:a@192.0.2.9>;expires=0"}));
  EXPECT_FALSE(renews({"Contact: <sip:a@192.0.2.9>", "Expires: 0"}));
  EXPECT_FALSE(renews({"Contact: *", "Expires: 0"}));
  EXPECT_FALSE(renews({"Contact: <tel:5551212>"}));
  EXPECT_FALSE(renews({})) << "it asks what there is";
  EXPECT_FALSE(renews({"Contact: <sip:a@192.0.2.9>, <sip:b@192.0.2.9>"}));
  register_({"Contact: <sip:b@192.0.2.9>;expires=100"});
  EXPECT_FALSE(renews(same)) << "the other would be left behind";
  register_({"Contact: *", "Expires: 0"});
  register_({"Contact: " + flow + ";expires=100", "Supported: outbound"});
  EXPECT_TRUE(renews({"Contact: <sip:c@192.0.2.7>;reg-id=1;" + std::string(kInstance)}));
  EXPECT_FALSE(renews({"Contact: <sip:a@192.0.2.9>;reg-id=2;" + std::string(kInstance)}));
  EXPECT_FALSE(renews({"Contact: <sip:a@192.0.2.9>;reg-id=1"})) << "without its instance";
}

// --- names of phones

TEST_F(SipRegister, APhoneWithAnInstanceKeepsItsName) {
  register_({"Contact: <sip:a@192.0.2.9:1000>;" + std::string(kInstance)});
  const std::string name = world.one<RegistrationsChanged>().registrations.at(0).name;
  register_({"Contact: *", "Expires: 0"});
  register_({"Contact: <sip:a@192.0.2.77:2000>;" + std::string(kInstance)});
  EXPECT_EQ(world.one<RegistrationsChanged>().registrations.at(0).name, name);
  // Contacts are not shown the id of the device.
  EXPECT_EQ(name.find("0001"), std::string::npos);
  EXPECT_TRUE(parse_jid("alice@example.com/" + name).ok());
}

TEST_F(SipRegister, APhoneWithoutInstanceIsNamedByItsContact) {
  register_({"Contact: <sip:a@192.0.2.9>"});
  const std::string name = world.one<RegistrationsChanged>().registrations.at(0).name;
  register_({"Contact: <sip:a@192.0.2.9>;q=0.3"});
  EXPECT_EQ(world.one<RegistrationsChanged>().registrations.at(0).name, name);
  register_({"Contact: <sip:b@192.0.2.9>"});
  EXPECT_NE(world.one<RegistrationsChanged>().registrations.at(1).name, name);
}

// --- outbound (RFC 5626)

TEST_F(SipRegister, OutboundKeepsOneBindingForEachFlow) {  // RFC 5626 section 6
  const std::string params = ";" + std::string(kInstance) + ";reg-id=";
  EXPECT_THAT(register_({"Supported: outbound", "Contact: <sip:a@10.0.0.1>" + params + "1"}),
              ElementsAre("registered alice@example.com sip:a@10.0.0.1", "200"));
  EXPECT_EQ(row(world.answer_rows(), "Require"), "outbound");
  // The second flow of one phone changes nothing of who is there.
  EXPECT_THAT(register_({"Supported: outbound", "Contact: <sip:a@10.0.0.2>" + params + "2"}),
              ElementsAre("200"));
  EXPECT_THAT(contacts(), ElementsAre("<sip:a@10.0.0.1>" + params + "1;expires=3600",
                                      "<sip:a@10.0.0.2>" + params + "2;expires=3600"));
  // The same flow again, by another Contact.
  register_({"Supported: outbound", "Contact: <sip:a@10.0.0.3>" + params + "2"});
  EXPECT_THAT(contacts(), ElementsAre("<sip:a@10.0.0.1>" + params + "1;expires=3600",
                                      "<sip:a@10.0.0.3>" + params + "2;expires=3600"));
}

TEST_F(SipRegister, OutboundIsRequiredOnlyOfWhoSupportsIt) {  // RFC 5626 section 6
  register_({"Contact: <sip:a@10.0.0.1>;" + std::string(kInstance) + ";reg-id=1"});
  EXPECT_EQ(row(world.answer_rows(), "Require"), "");
  register_({"Supported: outbound", "Contact: <sip:a@10.0.0.1>;" + std::string(kInstance)});
  EXPECT_EQ(row(world.answer_rows(), "Require"), "");
}

TEST_F(SipRegister, ARegIdWithoutInstanceIsIgnored) {  // RFC 5626 section 6
  register_({"Supported: outbound", "Contact: <sip:a@10.0.0.1>;reg-id=1"});
  EXPECT_EQ(row(world.answer_rows(), "Require"), "");
  register_({"Supported: outbound", "Contact: <sip:a@10.0.0.2>;reg-id=1"});
  EXPECT_EQ(contacts().size(), 2u);
}

TEST_F(SipRegister, OneFlowAtATime) {  // RFC 5626 section 6
  const std::string params = ";" + std::string(kInstance) + ";reg-id=1";
  EXPECT_THAT(register_({"Contact: <sip:a@10.0.0.1>" + params + ", <sip:b@10.0.0.1>"}),
              ElementsAre("400 One Contact With Reg-Id"));
  register_({"Contact: <sip:b@10.0.0.1>"});
  EXPECT_EQ(
      register_({"Contact: <sip:a@10.0.0.1>" + params + ", <sip:b@10.0.0.1>;expires=0"}).back(),
      "200");
}

TEST_F(SipRegister, OutboundNeedsAnEdgeThatHasIt) {  // RFC 5626 section 6
  const Rows via = {
      "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK0",
      "Contact: <sip:a@10.0.0.1>;" + std::string(kInstance) + ";reg-id=1"};
  const auto with = [&](Rows more) {
    more.insert(more.end(), via.begin(), via.end());
    return more;
  };
  EXPECT_THAT(register_(with({"Supported: outbound"})), ElementsAre("439"));
  EXPECT_THAT(register_(with({"Supported: outbound, path", "Path: <sip:edge.example.com;lr>"})),
              ElementsAre("439"));
  EXPECT_EQ(register_(with({})).back(), "200");  // without outbound, the reg-id is ignored
  EXPECT_EQ(row(world.answer_rows(), "Require"), "");
  EXPECT_EQ(
      register_(with({"Supported: outbound, path", "Path: <sip:token@edge.example.com;lr;ob>"}))
          .back(),
      "200");
  EXPECT_EQ(row(world.answer_rows(), "Require"), "outbound");
}

// --- Path (RFC 3327)

TEST_F(SipRegister, PathIsKeptAndAnswered) {  // RFC 3327 section 5.3
  EXPECT_EQ(register_({"Supported: path", "Contact: <sip:a@10.0.0.1>",
                       "Path: <sip:p1.example.com;lr>,<sip:p2.example.com;lr>"})
                .back(),
            "200");
  EXPECT_THAT(all_rows(world.answer_rows(), "Path"),
              ElementsAre("<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"));
}

TEST_F(SipRegister, APathThatThePhoneDoesNotKnow) {  // RFC 3327 section 5.3
  EXPECT_THAT(register_({"Contact: <sip:a@10.0.0.1>", "Path: <sip:p1.example.com;lr>"}),
              ElementsAre("420"));
  EXPECT_EQ(row(world.answer_rows(), "Unsupported"), "path");
  EXPECT_THAT(fetch(), IsEmpty());
}

TEST_F(SipRegister, APathThatCannotBeRead) {
  EXPECT_THAT(register_({"Supported: path", "Contact: <sip:a@10.0.0.1>", "Path: nonsense"}),
              ElementsAre("400 Malformed Path"));
}

TEST_F(SipRegister, AFoldInAContactIsOneSpace) {  // 7.3.1
  EXPECT_EQ(register_({"Contact: <sip:a@10.0.0.1>;x=\"one\r\n two\""}).back(), "200");
  EXPECT_THAT(contacts(), ElementsAre("<sip:a@10.0.0.1>;x=\"one two\";expires=3600"));
}

}  // namespace sip_presence_register_test
}  // namespace muster::testing
