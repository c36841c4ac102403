// What the SIP stack of one shard costs in process: the whole PresenceServer, its inputs as they
// come from a socket, its orders as they would go to one. Time goes on by 40 us with each request,
// as under 25,000 requests a second, so that timers and kept answers cost what they cost then.
//
//   subscribe      SUBSCRIBE -> 200 and NOTIFY -> 200, a new subscription each
//   notify_of_20   PUBLISH -> 200 and NOTIFY to 20 watchers -> 200 each; time for each NOTIFY
//   options        OPTIONS -> 200: a request and its answer, without presence
#include <benchmark/benchmark.h>

#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/overloaded.h"
#include "codec/address/ip.h"
#include "codec/sip/message.h"
#include "server/presence_server.h"

namespace muster {
namespace {

const Endpoint kServer = *parse_endpoint("127.0.0.1:5060");

Settings make_settings() {
  Settings settings;
  settings.domains = {"localhost"};
  settings.loopback_sip_trusted = true;
  settings.auto_accounts = true;
  settings.allow_all_watchers = true;
  settings.limits.notify_interval_min = Duration();
  // Nobody refreshes: what is measured takes hours of the clock in here.
  settings.limits.subscription_time_max = Duration::hours(10);
  return settings;
}

class Bench {
 public:
  Bench() { give(Started{}); }

  template <class T>
  void give(const T& what) {
    server_.step(now_, what);
    take_orders();
    while (!replies_.empty()) {
      const StoreAnswered reply = replies_.front();
      replies_.pop_front();
      server_.step(now_, reply);
      take_orders();
    }
  }
  void datagram(std::string_view text) { give(DatagramReceived{kServer, phone_, text}); }

  void pass(Duration duration) {
    now_.instant = now_.instant + duration;
    now_.unix_time = now_.unix_time + duration;
    const auto next = server_.next_deadline();
    if (next && *next <= now_.instant) give(DeadlineHit{});
  }

  // The heads of the NOTIFYs that were sent; how many answers there were of 200, and others.
  std::vector<std::string> notifies;
  std::size_t ok = 0;
  std::size_t other = 0;

 private:
  void take_orders() {
    for (Order& order : server_.outbox().orders()) {
      std::visit(
          Overloaded{
              [&](SendDatagram& sent) { ++(sent.bytes.starts_with("SIP/2.0 200") ? ok : other); },
              [&](FanOutDatagrams& fan_out) {
                for (auto& one : fan_out.recipients)
                  notifies.emplace_back(one.head.view());
              },
              [&](AskStore& ask) {
                replies_.push_back({ask.ticket, reply_to(ask.request)});
              },
              [](auto&) {},
          },
          order);
    }
    server_.outbox().orders().clear();
  }

  StoreReply reply_to(const StoreRequest& request) {
    if (std::holds_alternative<LoadPublications>(request)) return PublicationsLoaded{};
    if (std::holds_alternative<LoadUser>(request)) {
      UserLoaded loaded;
      loaded.exists = true;
      return loaded;
    }
    if (const auto* store = std::get_if<StorePublication>(&request)) {
      return PublicationStored{{store->etag, store->document, store->expires}};
    }
    return StoreFailed{};
  }

  Settings settings_ = make_settings();
  PresenceServer server_{ShardId(0), 1, settings_, Prng::seed_of(1)};
  Endpoint phone_ = *parse_endpoint("127.0.0.1:40000");
  Now now_{Instant::at(Duration::seconds(1)), UnixTime::at(Duration::seconds(1'700'000'000))};
  std::deque<StoreAnswered> replies_;
};

std::string request(std::string_view method, std::string_view from, std::string_view to,
                    std::string_view number, std::string_view rows, std::string_view body = {}) {
  std::string text(method);
  text.append(" sip:").append(to).append("@localhost SIP/2.0\r\n");
  text.append("Via: SIP/2.0/UDP 127.0.0.1:40000;rport;branch=z9hG4bK.").append(number);
  text.append("\r\nMax-Forwards: 70\r\nFrom: \"U\" <sip:").append(from).append("@localhost>;tag=t");
  text.append(number).append("\r\nTo: <sip:").append(to).append("@localhost>\r\nCall-ID: c");
  text.append(number).append("@127.0.0.1\r\nCSeq: 1 ").append(method);
  text.append("\r\nContact: <sip:").append(from).append("@127.0.0.1:40000>\r\n").append(rows);
  text.append("User-Agent: bench 1.0\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n\r\n").append(body);
}

std::string subscribe(std::string_view from, std::string_view to, std::string_view number) {
  return request("SUBSCRIBE", from, to, number,
                 "Event: presence\r\nAccept: application/pidf+xml\r\nExpires: 36000\r\n");
}

// The 200 of a user agent.
std::string answer_to(const std::string& notify) {
  const auto parsed = sip::parse_message(notify);
  std::string text = "SIP/2.0 200 OK\r\n";
  for (const std::string_view name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
    text.append(name).append(": ").append(parsed->header(name).value_or("")).append("\r\n");
  }
  return text.append("Server: bench 1.0\r\nContent-Length: 0\r\n\r\n");
}

std::vector<std::string> answers_to(std::vector<std::string>& notifies) {
  std::vector<std::string> answers;
  for (const std::string& notify : notifies)
    answers.push_back(answer_to(notify));
  notifies.clear();
  return answers;
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

constexpr int kBatch = 64;

void subscribe_and_notify(benchmark::State& state) {
  Bench bench;
  int number = 0;
  for (auto _ : state) {
    std::vector<std::string> requests;
    for (int i = 0; i < kBatch; ++i, ++number) {
      const std::string who = std::to_string(number % 5'000);
      requests.push_back(
          subscribe("w" + who, "p" + std::to_string(number % 4'999), std::to_string(number)));
    }
    const Stopwatch asking;
    for (const std::string& one : requests) {
      bench.datagram(one);
      bench.pass(Duration::microseconds(40));
    }
    double seconds = asking.seconds();
    if (bench.notifies.size() != kBatch) state.SkipWithError("a NOTIFY is missing");
    const std::vector<std::string> answers = answers_to(bench.notifies);
    const Stopwatch answering;
    for (const std::string& one : answers)
      bench.datagram(one);
    seconds += answering.seconds();
    state.SetIterationTime(seconds / kBatch);
  }
  if (bench.other != 0) state.SkipWithError("an answer was not 200");
}
BENCHMARK(subscribe_and_notify)->UseManualTime()->Iterations(1'000);

void notify_of_20(benchmark::State& state) {
  constexpr int kWatchers = 20;
  Bench bench;
  for (int i = 0; i < kWatchers; ++i)
    bench.datagram(subscribe("w" + std::to_string(i), "p", "s" + std::to_string(i)));
  for (const std::string& one : answers_to(bench.notifies))
    bench.datagram(one);
  int number = 0;
  for (auto _ : state) {
    const std::string publish = request(
        "PUBLISH", "p", "p", "p" + std::to_string(number),
        "Event: presence\r\nExpires: 60\r\nContent-Type: application/pidf+xml\r\n",
        "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:p@localhost'><tuple id='t'>"
        "<status><basic>open</basic></status><note>" +
            std::to_string(number) + "</note></tuple></presence>");
    ++number;
    const Stopwatch telling;
    bench.datagram(publish);
    double seconds = telling.seconds();
    if (bench.notifies.size() != kWatchers) state.SkipWithError("a NOTIFY is missing");
    const std::vector<std::string> answers = answers_to(bench.notifies);
    const Stopwatch answering;
    for (const std::string& one : answers)
      bench.datagram(one);
    seconds += answering.seconds();
    state.SetIterationTime(seconds / kWatchers);
    // One publication at a time: the last has run out, and its end was told long enough ago.
    bench.pass(Duration::seconds(61));
    for (const std::string& one : answers_to(bench.notifies))
      bench.datagram(one);
    bench.pass(Duration::seconds(10));
  }
  if (bench.other != 0) state.SkipWithError("an answer was not 200");
}
BENCHMARK(notify_of_20)->UseManualTime()->Iterations(200);

void options(benchmark::State& state) {
  Bench bench;
  int number = 0;
  for (auto _ : state) {
    std::vector<std::string> requests;
    for (int i = 0; i < kBatch; ++i, ++number)
      requests.push_back(request("OPTIONS", "u", "u", std::to_string(number), ""));
    const Stopwatch asking;
    for (const std::string& one : requests) {
      bench.datagram(one);
      bench.pass(Duration::microseconds(40));
    }
    state.SetIterationTime(asking.seconds() / kBatch);
  }
  if (bench.other != 0) state.SkipWithError("an answer was not 200");
}
BENCHMARK(options)->UseManualTime()->Iterations(10'000);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
