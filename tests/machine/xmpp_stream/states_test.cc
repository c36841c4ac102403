// Every input in every state of a stream (stream_state.h), as one table to be read.
#include "server/xmpp_stream/stream_state.h"

#include <gtest/gtest.h>

#include <functional>
#include <iomanip>
#include <map>
#include <sstream>

#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_states_test {

using testing::StreamWorld;

// --- the states, and how to come there -----------------------------------------------------------

struct Place {
  std::string name;
  std::function<LinkId(StreamWorld&)> go;
};
const std::vector<Place> kPlaces = {
    {"opening", [](StreamWorld& w) { return w.open(); }},
    {"opening/tls", [](StreamWorld& w) { return w.secure_opening(); }},
    {"negotiating", [](StreamWorld& w) { return w.negotiating(); }},
    {"negotiating/tls", [](StreamWorld& w) { return w.secure_negotiating(); }},
    {"starting_tls", [](StreamWorld& w) { return w.starting_tls(); }},
    {"asking_sasl", [](StreamWorld& w) { return w.asking_sasl(); }},
    {"challenged", [](StreamWorld& w) { return w.challenged(); }},
    {"registering", [](StreamWorld& w) { return w.registering(); }},
    {"placing", [](StreamWorld& w) { return w.placing(); }},
    {"reopening", [](StreamWorld& w) { return w.reopening(); }},
    {"binding", [](StreamWorld& w) { return w.binding(); }},
    {"awaiting_binding", [](StreamWorld& w) { return w.awaiting_binding(); }},
    {"bound", [](StreamWorld& w) { return w.bound(); }},
};

// --- the inputs ----------------------------------------------------------------------------------

using Deed = std::function<void(StreamWorld&, LinkId)>;

Deed bytes(std::string_view text) {
  return [text](StreamWorld& w, LinkId link) { w.feed(link, text); };
}
template <class Fact>
Deed fact(Fact said) {
  return [said](StreamWorld& w, LinkId link) mutable {
    said.link = link;
    w.input(said);
  };
}
SaslAnswered sasl(SaslAnswered::Outcome outcome) {
  return {{}, outcome, "eA==", StreamWorld::alice(), SaslError::not_authorized};
}

const std::map<std::string, Deed> kInputs = {
    {"space", bytes(" ")},
    {"header", bytes(testing::kHeader)},
    {"starttls", bytes(testing::kStartTls)},
    {"auth", bytes(testing::kAuthScram)},
    {"response", bytes(testing::kResponse)},
    {"abort", bytes(testing::kAbort)},
    {"challenge", bytes("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")},
    {"message", bytes("<message to='bob@example.com'><body>hi</body></message>")},
    {"iq register", bytes(testing::kRegister)},
    {"iq bind", bytes(testing::kBind)},
    {"iq session", bytes("<iq type='set' id='s'>"
                         "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>")},
    {"error", bytes("<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                    "</stream:error>")},
    {"server stanza", bytes("<message xmlns='jabber:server'/>")},
    {"unknown", bytes("<enable xmlns='urn:xmpp:sm:2'/>")},
    {"enable", bytes("<enable xmlns='urn:xmpp:sm:3'/>")},
    {"resume", bytes("<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>")},
    {"ack", bytes("<r xmlns='urn:xmpp:sm:3'/>")},
    {"unknown client", bytes("<pubsub/>")},
    {"end", bytes("</stream:stream>")},
    {"bad xml", bytes("<message></presence>")},
    {"TlsStarted", fact(TlsStarted{})},
    {"sasl challenge", fact(sasl(SaslAnswered::Outcome::challenge))},
    {"sasl failure", fact(sasl(SaslAnswered::Outcome::failure))},
    {"sasl success", fact(sasl(SaslAnswered::Outcome::success))},
    {"registered", fact(RegistrationAnswered{{}, "r1", RegistrationAnswered::Outcome::done})},
    {"LinkClosed", fact(LinkClosed{})},
    {"BindGranted",
     [](StreamWorld& w, LinkId link) {
       w.input(BindGranted{link, {9, 9}, StreamWorld::alice().with_resource("pda")});
     }},
    {"BindRefused", fact(BindRefused{{}, StanzaError::resource_constraint})},
    {"StreamPlaced", fact(StreamPlaced{{}, {UserPlace::Outcome::here, nullptr}})},
    {"EndStream", fact(EndStream{{}, StreamError::conflict, {}})},
    {"AccountGone", [](StreamWorld& w, LinkId) { w.input(AccountGone{StreamWorld::alice()}); }},
    {"AccountKept", [](StreamWorld& w, LinkId) { w.input(AccountKept{StreamWorld::alice()}); }},
    {"StopAsked", [](StreamWorld& w, LinkId) { w.input(StopAsked{}); }},
    {"time", [](StreamWorld& w, LinkId) { w.pass(w.world.settings.limits.login_time_max); }},
};

// --- what came of it -----------------------------------------------------------------------------

// The names of all elements said that tell what happened, in order: "failure not-authorized".
std::string words_of(const std::string& said) {
  static const std::vector<std::string> kTelling = {
      "<stream:features", "<proceed",      "<failure",     "<failed",        "<challenge",
      "<success",         "type='result'", "type='error'", "<stream:error><"};
  std::string words;
  for (std::size_t at = 0; at < said.size(); ++at) {
    for (const std::string& telling : kTelling) {
      if (said.compare(at, telling.size(), telling) != 0) continue;
      std::string word = telling.substr(telling.find_first_not_of("<"));
      if (telling == "<stream:error><") {
        const std::size_t begin = at + telling.size();
        word = said.substr(begin, said.find_first_of(" /", begin) - begin);
      } else if (telling == "type='result'" || telling == "type='error'") {
        word = telling.substr(6, telling.size() - 7);
      } else if (telling == "<stream:features") {
        word = "features";
      }
      words += " " + word;
    }
  }
  return words;
}

std::string outcome(const Place& place, const Deed& deed) {
  StreamWorld world;
  const LinkId link = place.go(world);
  world.forget();
  deed(world, link);
  std::string result(world.state(link));
  if (result == "closed" && !world.closed(link)) result = "forgotten";
  result += words_of(world.said(link));
  if (!world.stanzas.empty()) result += " delivered";
  if (!testing::only<BindAsked>(world.events).empty()) result += " BindAsked";
  if (!testing::only<ResumeAsked>(world.events).empty()) result += " ResumeAsked";
  if (!testing::only<ManagementAsked>(world.events).empty()) result += " ManagementAsked";
  if (!testing::only<StreamEnded>(world.events).empty()) result += " StreamEnded";
  if (!testing::only<AskSasl>(world.orders).empty()) result += " AskSasl";
  if (!testing::only<AskRegistration>(world.orders).empty()) result += " AskRegistration";
  if (!testing::only<StartTls>(world.orders).empty()) result += " StartTls";
  return result;
}

// "closed X" is the stream error X, our </stream:stream> and CloseLink; "=" stands for the state
// itself, with nothing said or asked. What comes behind a barrier waits: "=".
struct Row {
  std::string input;
  std::vector<std::string> outcomes;  // by place
};

const std::vector<Row> kTable = {
#include "machine/xmpp_stream/states_table.inc"
};

TEST(StreamStates, EachInputInEachStateHasTheOutcomeOfTheTable) {
  std::size_t cells = 0;
  for (const Row& row : kTable) {
    ASSERT_EQ(row.outcomes.size(), kPlaces.size()) << row.input;
    const auto deed = kInputs.find(row.input);
    ASSERT_NE(deed, kInputs.end()) << row.input;
    for (std::size_t i = 0; i < kPlaces.size(); ++i) {
      const std::string here = kPlaces[i].name.substr(0, kPlaces[i].name.find('/'));
      const std::string wanted = row.outcomes[i] == "=" ? here : row.outcomes[i];
      EXPECT_EQ(outcome(kPlaces[i], deed->second), wanted)
          << "input " << row.input << " in state " << kPlaces[i].name;
      ++cells;
    }
  }
  EXPECT_EQ(cells, kInputs.size() * kPlaces.size()) << "an input has no row";
}

TEST(StreamStates, AStreamThatIsGoneTakesNothingMore) {
  for (const auto& [name, deed] : kInputs) {
    StreamWorld world;
    const LinkId link = world.bound();
    world.input(LinkClosed{link});
    world.forget();
    deed(world, link);
    EXPECT_EQ(world.said(link), "") << name;
    EXPECT_FALSE(world.closed(link)) << name;
    EXPECT_EQ(world.streams.size(), 0u) << name;
  }
}

TEST(StreamStates, TheTablesOfTraitsNameEachState) {
  EXPECT_EQ(traits_of(StreamState::opening).name, "opening");
  EXPECT_EQ(traits_of(StreamState::awaiting_binding).name, "awaiting_binding");
  EXPECT_EQ(traits_of(StreamState::bound).name, "bound");
}

}  // namespace xmpp_stream_states_test
}  // namespace muster
