// What a frame costs between two servers, through the links of both: 1, 10 or 100 payloads of 300
// bytes are told in one step, leave in one order, are cut into frames and handed up; on the lane
// `directed` they are kept, and the acknowledgement comes back. TLS and sockets are not in it.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"
#include "server/load_control/server_links.h"

namespace muster {
namespace {

using cluster::Incarnation;
using cluster::Lane;

constexpr Now kNow{Instant::at(Duration::seconds(1)), {}};

class Pair {
 public:
  Pair() {
    cluster::Directory both;
    for (const std::uint64_t one : {1u, 2u}) {
      both.members.push_back({{"sip:s" + std::to_string(one), {}, {}, {}},
                              Incarnation(one),
                              cluster::Role::running,
                              Duration::seconds(2)});
    }
    old_.links.know(kNow, both, Incarnation(1), old_.out);
    young_.links.know(kNow, both, Incarnation(2), young_.out);
    const auto open = std::get<OpenLink>(take(young_));
    old_.links.on(kNow, LinkOpened{kLink, LinkUse::server, Transport::tls, {}, {}, {}}, old_.out);
    young_.links.on(kNow, LinkOpened{kLink, LinkUse::server, Transport::tls, {}, {}, open.ticket},
                    young_.out);
    carry(young_, old_);
    carry(old_, young_);
    MUSTER_CHECK(young_.links.is_up(Incarnation(1)) && old_.links.is_up(Incarnation(2)));
  }

  // How many came.
  std::size_t tell(Lane lane, std::size_t count, std::string_view payload) {
    for (std::size_t i = 0; i < count; ++i)
      young_.links.send(Incarnation(1), lane, payload);
    const std::size_t came = carry(young_, old_);
    if (lane == Lane::directed) carry(old_, young_);
    return came;
  }

 private:
  static constexpr LinkId kLink{1, 1};
  struct Server {
    explicit Server(std::uint64_t seed) : prng(Prng::seed_of(seed)) {}
    ServerLinkSettings settings;
    Prng prng;
    Outbox out{ShardId()};
    ServerLinks links{settings, prng};
  };

  static AnyOrder take(Server& server) {
    MUSTER_CHECK(!server.out.orders().empty());
    AnyOrder order = std::move(server.out.orders().front());
    server.out.orders().clear();
    return order;
  }
  static std::size_t carry(Server& from, Server& to) {
    from.links.flush(kNow, from.out);
    std::size_t came = 0;
    for (const Order& order : from.out.orders()) {
      const auto* send = std::get_if<SendBytes>(&order);
      if (send == nullptr) continue;
      to.links.on(kNow, BytesReceived{kLink, send->bytes}, to.out);
      while (const auto what = to.links.next(kNow, to.out))
        came += std::holds_alternative<ServerLinks::Came>(*what) ? std::size_t{1} : std::size_t{0};
    }
    from.out.orders().clear();
    return came;
  }

  Server old_{1};
  Server young_{2};
};

void tell(benchmark::State& state, Lane lane) {
  Pair pair;
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::string payload(300, 'x');
  for (auto _ : state)
    MUSTER_CHECK(pair.tell(lane, count, payload) == count);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void documents(benchmark::State& state) {
  tell(state, Lane::documents);
}
void directed(benchmark::State& state) {
  tell(state, Lane::directed);
}

BENCHMARK(documents)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK(directed)->Arg(1)->Arg(10)->Arg(100);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
