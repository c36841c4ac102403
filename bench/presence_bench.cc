// What presence costs inside the box: one shard of a presence server, fed with bytes, its orders
// read and thrown away. 420 users in 20 groups of 21, each with one session, everybody in a group
// subscribed to everybody else in it: a presence stanza is delivered to 20 contacts and to its
// sender. Time is for each delivered stanza. The aim: 150 ns.
//
// The driver here answers SASL and the store at once; neither is measured.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/presence_server.h"

namespace muster {
namespace {

constexpr std::uint32_t kGroups = 20;
constexpr std::uint32_t kUsersPerGroup = 21;
constexpr std::uint32_t kUsers = kGroups * kUsersPerGroup;

constexpr std::string_view kHeader =
    "<?xml version='1.0'?><stream:stream to='example.com' version='1.0' xml:lang='en' "
    "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
constexpr std::string_view kAuth =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>";
constexpr std::string_view kBind =
    "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";

// 53 and 208 bytes.
constexpr std::string_view kShort = "<presence><show>away</show><priority>1</priority></presence>";
constexpr std::string_view kLong =
    "<presence id='a81b3'><show>away</show><status>Out for lunch</status><priority>5</priority>"
    "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org' "
    "ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>";

Address user(std::uint32_t number) {
  return Address::of_canonical("user" + std::to_string(number), "example.com");
}

class Driver {
 public:
  Driver() : settings_(test_settings()), server_(ShardId(0), 1, settings_, Prng::seed_of(1)) {
    input(Started{});
    for (std::uint32_t number = 0; number < kUsers; ++number)
      log_in(number);
  }

  void say(std::uint32_t number, std::string_view xml) { input(BytesReceived{link(number), xml}); }

  // Since it was last asked.
  std::uint64_t delivered() { return std::exchange(delivered_, 0); }

 private:
  static Settings test_settings() {
    Settings settings;
    settings.domains = {"example.com"};
    settings.plain_without_tls = true;
    return settings;
  }
  static LinkId link(std::uint32_t number) { return {number, 1}; }

  void log_in(std::uint32_t number) {
    logging_in_ = number;
    input(LinkOpened{link(number), LinkUse::xmpp, Transport::tcp, {}, {}, {}});
    say(number, kHeader);
    say(number, kAuth);
    say(number, kHeader);
    say(number, kBind);
    say(number, kLong);
  }

  void input(const Input& input) {
    server_.step(now_, input);
    std::vector<Order> orders;
    std::swap(orders, server_.outbox().orders());
    for (const Order& order : orders) {
      if (const auto* fan_out = std::get_if<FanOut>(&order)) {
        delivered_ += fan_out->recipients.size();
      } else if (const auto* sasl = std::get_if<AskSasl>(&order)) {
        answer(SaslAnswered{sasl->link, SaslAnswered::Outcome::success, {}, user(logging_in_), {}});
      } else if (const auto* asked = std::get_if<AskStore>(&order)) {
        answer_store(*asked);
      }
    }
    orders.clear();
    // Its memory is used again.
    if (server_.outbox().orders().empty()) std::swap(orders, server_.outbox().orders());
  }
  void answer(const Input& answer) { input(answer); }

  void answer_store(const AskStore& asked) {
    if (std::holds_alternative<LoadPublications>(asked.request)) {
      return answer(StoreAnswered{asked.ticket, PublicationsLoaded{}});
    }
    const std::uint32_t first = logging_in_ / kUsersPerGroup * kUsersPerGroup;
    UserLoaded loaded{true, WatcherPolicy::ask, {}, {}};
    for (std::uint32_t other = first; other < first + kUsersPerGroup; ++other) {
      if (other == logging_in_) continue;
      loaded.contacts.push_back({user(other), {Subscription::both, false, true}, 1});
    }
    answer(StoreAnswered{asked.ticket, std::move(loaded)});
  }

  Settings settings_;
  PresenceServer server_;
  Now now_{Instant::at(Duration::seconds(1)), UnixTime::at(Duration::seconds(1'700'000'000))};
  std::uint32_t logging_in_ = 0;
  std::uint64_t delivered_ = 0;
};

void broadcast(benchmark::State& state, std::string_view xml) {
  Driver driver;
  driver.delivered();
  std::uint32_t number = 0;
  std::uint64_t said = 0;
  for (auto _ : state) {
    driver.say(number, xml);
    ++said;
    // Not the neighbour: another group's memory each time.
    number = (number + kUsersPerGroup + 1) % kUsers;
  }
  const std::uint64_t delivered = driver.delivered();
  if (delivered != said * kUsersPerGroup) state.SkipWithError("not delivered to all");
  state.counters["per_delivered"] = benchmark::Counter(
      static_cast<double>(delivered), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(broadcast, short_presence, kShort);
BENCHMARK_CAPTURE(broadcast, long_presence, kLong);

// For comparison: a stanza for one.
void message(benchmark::State& state) {
  Driver driver;
  const std::string xml =
      "<message to='user1@example.com' type='chat' id='1'><body>Wherefore art "
      "thou?</body></message>";
  for (auto _ : state)
    driver.say(0, xml);
}
BENCHMARK(message);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
