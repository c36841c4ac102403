// In-band registration: XEP-0077, version 2.4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_registration_test {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::only;
using testing::StreamWorld;

std::string query(std::string_view type, std::string_view content, std::string_view to = {}) {
  return "<iq type='" + std::string(type) + "' id='r1'" +
         (to.empty() ? "" : " to='" + std::string(to) + "'") +
         "><query xmlns='jabber:iq:register'>" + std::string(content) + "</query></iq>";
}
std::string account(std::string_view name, std::string_view password) {
  return "<username>" + std::string(name) + "</username><password>" + std::string(password) +
         "</password>";
}
std::string error(std::string_view type, std::string_view condition) {
  return "<error type='" + std::string(type) + "'><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
}
RegistrationAnswered answered(LinkId link, RegistrationAnswered::Outcome outcome) {
  return {link, "r1", outcome};
}

// Section 8: offered before authentication, where a password may be said.
TEST(Registration, IsOfferedBeforeLogin) {
  constexpr std::string_view kFeature =
      "<register xmlns='http://jabber.org/features/iq-register'/>";
  StreamWorld world;
  EXPECT_THAT(world.said(world.secure_negotiating()), HasSubstr(kFeature));
  EXPECT_THAT(world.said(world.negotiating()), Not(HasSubstr(kFeature))) << "TLS is required";
  world.world.settings.in_band_registration = false;
  EXPECT_THAT(world.said(world.secure_negotiating()), Not(HasSubstr(kFeature)));
}

// Section 3.1, example 2.
TEST(Registration, TellsWhatItNeeds) {
  StreamWorld world;
  const LinkId link = world.secure_negotiating();
  world.forget();
  world.feed(link, query("get", "", "example.com"));
  EXPECT_EQ(world.said(link),
            "<iq type='result' from='example.com' id='r1'><query xmlns='jabber:iq:register'>"
            "<instructions>Choose a username and a password.</instructions>"
            "<username/><password/></query></iq>");
}

TEST(Registration, AsksForTheAccount) {
  StreamWorld world;
  const LinkId link = world.secure_negotiating();
  world.forget();
  world.feed(link, query("set", account("Bill", "Calliope")));
  const auto asked = only<AskRegistration>(world.orders);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].account.text(), "bill@example.com") << "canonical";
  EXPECT_EQ(asked[0].password, "Calliope");
  EXPECT_EQ(asked[0].id, "r1");
  EXPECT_FALSE(asked[0].change);
  EXPECT_EQ(world.state(link), "registering");
}

// Section 3.1, and section 3.1.1: whoever registered logs in next; what was sent behind waits.
TEST(Registration, IsAnsweredThenReadsOn) {
  StreamWorld world;
  const LinkId link = world.secure_negotiating();
  world.feed(link, query("set", account("bill", "Calliope")) + std::string(testing::kAuthPlain));
  EXPECT_TRUE(only<AskSasl>(world.orders).empty());
  world.forget();
  world.input(answered(link, RegistrationAnswered::Outcome::done));
  EXPECT_EQ(world.said(link), "<iq type='result' id='r1'/>");
  EXPECT_EQ(only<AskSasl>(world.orders).size(), 1u);
}

TEST(Registration, SaysWhyNot) {
  using Outcome = RegistrationAnswered::Outcome;
  for (const auto& [outcome, wanted] : std::vector<std::pair<Outcome, std::string>>{
           {Outcome::conflict, error("cancel", "conflict")},
           {Outcome::not_acceptable, error("modify", "not-acceptable")},
           {Outcome::refused, error("cancel", "not-allowed")},
           {Outcome::store_failed, error("cancel", "internal-server-error")}}) {
    StreamWorld world;
    const LinkId link = world.registering();
    world.forget();
    world.input(answered(link, outcome));
    EXPECT_EQ(world.said(link), "<iq type='error' id='r1'>" + wanted + "</iq>");
    EXPECT_EQ(world.state(link), "negotiating");
    world.feed(link, testing::kAuthPlain);
    EXPECT_EQ(world.state(link), "asking_sasl");
  }
}

// Section 3.1: all that was asked for must be there; a name must be one.
TEST(Registration, IsNotAcceptableWithoutNameOrPassword) {
  for (const std::string& content :
       {account("bill", ""), account("", "x"), std::string("<username>bill</username>"),
        std::string("<password>x</password>"), account("a b", "x"), account("a@b", "x"),
        account("bill", std::string(1024, 'x'))}) {
    StreamWorld world;
    const LinkId link = world.secure_negotiating();
    world.forget();
    world.feed(link, query("set", content));
    EXPECT_EQ(world.said(link),
              "<iq type='error' id='r1'>" + error("modify", "not-acceptable") + "</iq>");
    EXPECT_TRUE(only<AskRegistration>(world.orders).empty());
  }
  StreamWorld world;
  world.feed(world.secure_negotiating(), query("set", account("bill", std::string(1023, 'x'))));
  EXPECT_EQ(only<AskRegistration>(world.orders).size(), 1u);
}

// Section 3.1.1: not too often, and not a second identity.
TEST(Registration, AStreamMakesOneAccount) {
  StreamWorld world;
  const LinkId link = world.registering();
  world.input(answered(link, RegistrationAnswered::Outcome::done));
  world.forget();
  world.feed(link, query("set", account("bill", "x")));
  EXPECT_THAT(world.said(link), HasSubstr(error("modify", "not-acceptable")));
  EXPECT_TRUE(only<AskRegistration>(world.orders).empty());
}

TEST(Registration, AttemptsHaveALimit) {
  StreamWorld world;
  world.world.settings.limits.registration_attempts_max = 2;
  const LinkId link = world.secure_negotiating();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    world.forget();
    world.feed(link, query("set", account("taken", "x")));
    EXPECT_EQ(only<AskRegistration>(world.orders).size(), attempt <= 2 ? 1u : 0u);
    if (attempt <= 2) world.input(answered(link, RegistrationAnswered::Outcome::conflict));
  }
  EXPECT_THAT(world.said(link), HasSubstr(error("modify", "not-acceptable")));
}

// Section 3.1: where it is off.
TEST(Registration, IsNoServiceWhereItIsOff) {
  StreamWorld world;
  const LinkId clear = world.negotiating();
  world.forget();
  world.feed(clear, query("get", ""));
  EXPECT_THAT(world.said(clear), HasSubstr(error("cancel", "service-unavailable")))
      << "TLS is required first";
  world.world.settings.in_band_registration = false;
  for (const LinkId link : {world.secure_negotiating(), world.binding(), world.bound()}) {
    world.forget();
    world.feed(link, query("get", ""));
    EXPECT_THAT(world.said(link), HasSubstr(error("cancel", "service-unavailable")));
  }
}

TEST(Registration, WithOthersIsNotForWhoHasNotLoggedIn) {
  StreamWorld world;
  const LinkId link = world.secure_negotiating();
  world.forget();
  world.feed(link, query("get", "", "gateway.example.com"));
  EXPECT_THAT(world.said(link), HasSubstr("<stream:error><not-authorized "));
}

// Section 3.1: who has an account is told so, and no password.
TEST(Registration, ShowsWhoIsRegistered) {
  StreamWorld world;
  for (const LinkId link : {world.binding(), world.bound()}) {
    world.forget();
    world.feed(link, query("get", ""));
    EXPECT_EQ(world.said(link),
              "<iq type='result' id='r1'><query xmlns='jabber:iq:register'>"
              "<registered/><username>alice</username><password/></query></iq>");
  }
}

// Section 3.3.
TEST(Registration, ChangesThePassword) {
  StreamWorld world;
  for (const LinkId link : {world.binding(), world.bound()}) {
    world.forget();
    world.feed(link, query("set", account("ALICE", "new")));
    const auto asked = only<AskRegistration>(world.orders);
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].account, StreamWorld::alice());
    EXPECT_EQ(asked[0].password, "new");
    EXPECT_TRUE(asked[0].change);
    world.forget();
    world.input(answered(link, RegistrationAnswered::Outcome::done));
    EXPECT_EQ(world.said(link), "<iq type='result' id='r1'/>");
  }
}

TEST(Registration, ChangesNoOtherPasswordAndNoneToNothing) {
  for (const auto& [content, wanted] : std::vector<std::pair<std::string, std::string>>{
           {account("bob", "new"), error("cancel", "not-allowed")},
           {account("alice", ""), error("modify", "bad-request")},
           {"<password>new</password>", error("modify", "bad-request")},
           {account("alice", std::string(1024, 'x')), error("modify", "not-acceptable")}}) {
    StreamWorld world;
    const LinkId link = world.bound();
    world.forget();
    world.feed(link, query("set", content));
    EXPECT_EQ(world.said(link), "<iq type='error' id='r1'>" + wanted + "</iq>");
    EXPECT_TRUE(only<AskRegistration>(world.orders).empty());
  }
}

// Section 3.2: done, then told, then not-authorized.
TEST(Registration, CancelsTheAccount) {
  StreamWorld world;
  for (const LinkId link : {world.binding(), world.bound()}) {
    world.forget();
    world.feed(link, query("set", "<remove/>"));
    const auto dropped = only<DropAccount>(world.events);
    ASSERT_EQ(dropped.size(), 1u);
    EXPECT_EQ(dropped[0].account, StreamWorld::alice());
    EXPECT_EQ(world.said(link), "") << "not before it is done";
    world.input(AccountGone{StreamWorld::alice(), true});
    EXPECT_THAT(world.said(link), ::testing::StartsWith("<iq type='result' id='r1'/><stream:error>"
                                                        "<not-authorized "));
    EXPECT_TRUE(world.closed(link));
  }
}

TEST(Registration, SaysIfTheAccountCouldNotBeRemoved) {
  StreamWorld world;
  const LinkId link = world.bound();
  world.feed(link, query("set", "<remove/>"));
  world.forget();
  world.input(AccountKept{StreamWorld::alice()});
  EXPECT_EQ(world.said(link),
            "<iq type='error' id='r1'>" + error("cancel", "internal-server-error") + "</iq>");
  EXPECT_EQ(world.state(link), "bound");
  world.forget();
  world.feed(link, query("set", "<remove/>"));
  EXPECT_EQ(only<DropAccount>(world.events).size(), 1u) << "may try again";
}

// Section 3.2, table 1.
TEST(Registration, CancelsNothingElse) {
  StreamWorld world;
  const LinkId unknown = world.secure_negotiating();
  world.forget();
  world.feed(unknown, query("set", "<remove/>"));
  EXPECT_THAT(world.said(unknown), HasSubstr("<unexpected-request "));
  const LinkId link = world.bound();
  world.forget();
  world.feed(link, query("set", "<remove/><username>alice</username>"));
  EXPECT_THAT(world.said(link), HasSubstr("<bad-request "));
  world.feed(link, query("set", "<username>alice</username><remove/>"));
  EXPECT_TRUE(only<DropAccount>(world.events).empty());
}

// The account of somebody else goes: nothing happens here. That of a bound session is
// xmpp_presence's to end.
TEST(Registration, TheEndOfAnAccountEndsItsUnboundStreams) {
  StreamWorld world;
  const LinkId unbound = world.binding();
  const LinkId bound = world.bound();
  world.input(AccountGone{Address::of_canonical("bob", "example.com"), true});
  EXPECT_EQ(world.state(unbound), "binding");
  world.input(AccountGone{StreamWorld::alice(), false});
  EXPECT_EQ(world.state(unbound), "closed");
  EXPECT_EQ(world.state(bound), "bound");
}

TEST(Registration, AQueryOfNoKnownKindIsBad) {
  StreamWorld world;
  const LinkId link = world.bound();
  world.forget();
  world.feed(link, "<iq type='set' id='r1'><x xmlns='jabber:iq:register'/></iq>");
  EXPECT_THAT(world.said(link), HasSubstr("<bad-request "));
}

}  // namespace xmpp_stream_registration_test
}  // namespace muster
