// What one change of a server's level costs the main of a cluster: it reads the NOTIFY of the
// server, puts it into the service's document and writes a NOTIFY to each of the others; and it
// reads their answers. And what it costs one of those others.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/prng.h"
#include "server/load_control/documents.h"

namespace {

using muster::Documents;
using muster::Duration;
using muster::Instant;
using muster::LinkOutcome;
using muster::SendOnLane;
using muster::cluster::Incarnation;
using muster::cluster::ServerEndpoint;

struct Message {
  std::size_t from;
  std::size_t to;
  std::string bytes;
};

// Whole links, no delay; the first server is main.
class Cluster {
 public:
  explicit Cluster(std::size_t servers) {
    muster::cluster::Directory directory;
    for (std::size_t i = 0; i < servers; ++i) {
      const std::string host = "s" + std::to_string(100 + i) + ".example.com";
      const std::string id = "sip:" + host;
      std::vector<ServerEndpoint> endpoints;
      for (const auto kind :
           {ServerEndpoint::Kind::sip, ServerEndpoint::Kind::xmpp, ServerEndpoint::Kind::wss}) {
        endpoints.push_back({id, kind, true, "sip:" + host});
      }
      endpoints[1].contact = "xmpp:" + host + ":5222";
      endpoints[2].contact = "wss://" + host + "/xmpp";
      directory.members.push_back(
          {{id, {}, {}, {}}, life(i), muster::cluster::Role::running, Duration::seconds(2)});
      servers_.push_back(std::make_unique<Documents>(
          Documents::Settings{"sip:example.com", "TLS", std::move(endpoints), {}}, id, life(i),
          prng_));
    }
    directory.main = life(0);
    directory.epoch = muster::cluster::Epoch(1);
    for (std::size_t i = 0; i < servers; ++i) {
      servers_[i]->directory(now_, directory);
      for (std::size_t j = 0; j < servers; ++j) {
        if (i != j) servers_[i]->peer_up(now_, life(j));
      }
    }
    settle();
  }

  Documents& main() { return *servers_[0]; }
  Documents& server(std::size_t index) { return *servers_[index]; }
  std::size_t size() const { return servers_.size(); }
  Instant now() const { return now_; }

  // The level of one server is another; what it tells the main.
  Message change(std::size_t index) {
    ++level_;
    servers_[index]->own(now_, {{level_ % 100}, muster::cluster::LoadLevel{100}, level_ % 1000});
    std::deque<Message> sent = take(index);
    return std::move(sent.front());
  }
  void give(const Message& message) {
    servers_[message.to]->came(now_, life(message.from), message.bytes);
  }
  std::deque<Message> take(std::size_t from) {
    std::deque<Message> sent;
    for (LinkOutcome& outcome : servers_[from]->outcomes()) {
      if (auto* const send = std::get_if<SendOnLane>(&outcome)) {
        sent.push_back({from, send->to.number() - 1, std::move(send->bytes)});
      }
    }
    servers_[from]->outcomes().clear();
    return sent;
  }
  // Until nobody has anything to say, and the windows are over.
  void settle() {
    for (int round = 0; round < 3; ++round) {
      for (std::size_t i = 0; i < servers_.size(); ++i) {
        servers_[i]->wake(now_);
        queue(take(i));
      }
      while (!queue_.empty()) {
        const Message message = std::move(queue_.front());
        queue_.pop_front();
        give(message);
        queue(take(message.to));
      }
      now_ = now_ + Duration::milliseconds(50);
    }
  }
  void queue(std::deque<Message> messages) {
    for (Message& message : messages)
      queue_.push_back(std::move(message));
  }

 private:
  static Incarnation life(std::size_t index) { return Incarnation(index + 1); }

  muster::Prng prng_{muster::Prng::seed_of(1)};
  std::vector<std::unique_ptr<Documents>> servers_;
  std::deque<Message> queue_;
  Instant now_ = Instant::at(Duration::seconds(1));
  std::uint32_t level_ = 0;
};

// The NOTIFY of one server in, one NOTIFY to each other out.
void main_hears_a_level(benchmark::State& state) {
  Cluster cluster(static_cast<std::size_t>(state.range(0)));
  std::size_t notifies = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    cluster.settle();
    const Message notify = cluster.change(5);
    state.ResumeTiming();
    cluster.give(notify);
    state.PauseTiming();
    std::deque<Message> sent = cluster.take(0);
    notifies = sent.size() - 1;  // the first is the answer
    bytes = sent.back().bytes.size();
    cluster.queue(std::move(sent));
    state.ResumeTiming();
  }
  state.counters["notifies"] = static_cast<double>(notifies);
  state.counters["bytes_each"] = static_cast<double>(bytes);
}
BENCHMARK(main_hears_a_level)->Arg(12)->Arg(100)->Unit(benchmark::kMicrosecond);

// The answers to those.
void main_hears_the_answers(benchmark::State& state) {
  Cluster cluster(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    cluster.settle();
    cluster.give(cluster.change(5));
    std::deque<Message> answers;
    for (const Message& notify : cluster.take(0)) {
      cluster.give(notify);
      for (Message& answer : cluster.take(notify.to))
        answers.push_back(std::move(answer));
    }
    state.ResumeTiming();
    for (const Message& answer : answers)
      cluster.give(answer);
    benchmark::DoNotOptimize(cluster.main().outcomes());
  }
}
BENCHMARK(main_hears_the_answers)->Arg(12)->Arg(100)->Unit(benchmark::kMicrosecond);

// One of the others hears of it from the main.
void another_hears_a_level(benchmark::State& state) {
  Cluster cluster(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    cluster.settle();
    cluster.give(cluster.change(5));
    std::deque<Message> sent = cluster.take(0);
    const Message last = sent.back();
    sent.pop_back();
    cluster.queue(std::move(sent));
    state.ResumeTiming();
    cluster.give(last);
    state.PauseTiming();
    cluster.queue(cluster.take(last.to));
    state.ResumeTiming();
  }
}
BENCHMARK(another_hears_a_level)->Arg(12)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
