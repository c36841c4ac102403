// What conversion costs: the document of a user for her SIP watchers, made once per change of her
// presence (the aim: 4 us with one XMPP session), and what XMPP contacts see of a publication, made
// once per PUBLISH.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/address/jid.h"
#include "server/conversion/conversion.h"

namespace muster {
namespace {

// As a session of today sends it.
constexpr std::string_view kRest =
    "' id='a81b3' xml:lang='en'><show>away</show><status>Out for lunch</status>"
    "<priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "
    "node='https://example.org' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>";

constexpr std::string_view kPublished =
    "<?xml version='1.0' encoding='UTF-8'?>"
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' "
    "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
    "xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' entity='sip:alice@example.com'>"
    "<dm:person id='p4159'><rpid:activities><rpid:away/></rpid:activities></dm:person>"
    "<tuple id='t4109'><status><basic>open</basic></status>"
    "<contact priority='0.8'>sip:alice@192.0.2.1:5060</contact><note>Out for lunch</note></tuple>"
    "</presence>";

class World {
 public:
  World() { settings_.domains = {"example.com"}; }

  template <class E>
  void step(const E& event, std::size_t& bytes) {
    conversion_.on(now_, event, out_);
    while (out_.has_event()) {
      const Event made = out_.take_event();
      if (const auto* composed = std::get_if<DocumentComposed>(&made)) {
        bytes = composed->document->size();
      }
      benchmark::DoNotOptimize(made);
    }
  }

  Address account = *parse_jid("alice@example.com");
  UnixTime changed = UnixTime::at(Duration::milliseconds(1'700'000'000'123));

 private:
  Now now_{Instant(), changed};
  Settings settings_;
  Shard shard_{ShardId(0), 1, settings_, Prng(Prng::seed_of(1))};
  Outbox out_{ShardId(0)};
  Conversion conversion_{shard_};
};

void document(benchmark::State& state, std::vector<PresenceSource> sources, const World& like) {
  World world;
  const DocumentWanted wanted{like.account, 1, std::move(sources)};
  std::size_t bytes = 0;
  for (auto _ : state)
    world.step(wanted, bytes);
  state.counters["bytes"] = static_cast<double>(bytes);
}

void document_of_a_session(benchmark::State& state) {
  const World world;
  document(state, {XmppSource{"phone", true, 5, share(std::string(kRest)), world.changed}}, world);
}
BENCHMARK(document_of_a_session);

void document_of_an_available_session(benchmark::State& state) {
  const World world;
  document(state, {XmppSource{"phone", true, 0, share("'/>"), world.changed}}, world);
}
BENCHMARK(document_of_an_available_session);

void document_of_three_sessions_and_a_publication(benchmark::State& state) {
  const World world;
  const SharedText rest = share(std::string(kRest));
  document(state,
           {XmppSource{"phone", true, 5, rest, world.changed},
            XmppSource{"laptop", true, 5, rest, world.changed},
            XmppSource{"web", true, 5, rest, world.changed},
            PublicationSource{share(std::string(kPublished))}},
           world);
}
BENCHMARK(document_of_three_sessions_and_a_publication);

void resources_of_a_publication(benchmark::State& state) {
  World world;
  const TuplesToConvert tuples{world.account, 1, PublicationSource{share(std::string(kPublished))}};
  std::size_t bytes = 0;
  for (auto _ : state)
    world.step(tuples, bytes);
}
BENCHMARK(resources_of_a_publication);

void message_to_sip(benchmark::State& state) {
  World world;
  const MessageToSip message{
      *parse_jid("bob@example.com/x"), world.account, "m1",
      "<message from='bob@example.com/x' to='alice@example.com' id='m1' "
      "type='chat' xml:lang='en'><body>Shall we have lunch?</body></message>",
      false};
  std::size_t bytes = 0;
  for (auto _ : state)
    world.step(message, bytes);
}
BENCHMARK(message_to_sip);

void message_to_xmpp(benchmark::State& state) {
  World world;
  MessageToXmpp message{*parse_jid("bob@example.com"), world.account, {}, 7};
  message.text.content_type = "text/plain";
  message.text.call_id = "D9AA95FD-2BD5-46E2-AF0F-6CFAA96BDDFA";
  message.text.body = "Shall we have lunch?";
  std::size_t bytes = 0;
  for (auto _ : state)
    world.step(message, bytes);
}
BENCHMARK(message_to_xmpp);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
