// Servers whose ServerLinks are joined by links in memory: bytes come in pieces of any size, links
// are cut, fall silent, and are refused. Time passes when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "server/load_control/server_links.h"

namespace muster::testing {

using cluster::Directory;
using cluster::Incarnation;
using cluster::Lane;
using cluster::Member;
using cluster::Role;
using Words = std::vector<std::string>;

inline Endpoint place_of(std::uint64_t incarnation) {
  return {IpAddress::v4(10, 0, 0, 1), static_cast<std::uint16_t>(7'000 + incarnation)};
}
inline std::string name_of(std::uint64_t incarnation) {
  return "sip:s" + std::to_string(incarnation) + ".example.com";
}
inline Member member(std::uint64_t incarnation, Role role = Role::running) {
  return {{name_of(incarnation), place_of(incarnation), {}, {}},
          Incarnation(incarnation),
          role,
          Duration::seconds(2)};
}
inline Directory directory(const std::vector<std::uint64_t>& incarnations) {
  Directory all;
  for (const std::uint64_t incarnation : incarnations)
    all.members.push_back(member(incarnation));
  return all;
}

// One server: its links, and what it said and heard of them.
class LinkedServer {
 public:
  explicit LinkedServer(std::uint64_t number, std::uint64_t seed = 1)
      : incarnation(number), prng(Prng::seed_of(seed + number)), links(settings, prng) {}

  // What comes of the latest input: values, then the orders, with what was said in one step.
  std::vector<Order> step(Now now) {
    while (const auto what = links.next(now, out))
      hear(*what);
    links.flush(now, out);
    std::vector<Order> orders = std::exchange(out.orders(), {});
    for (const Order& order : orders) {
      if (const auto* log = std::get_if<Log>(&order)) {
        logged.push_back(std::string(log->what) + " " + log->who + " " + log->detail);
      }
    }
    return orders;
  }
  template <class Fact>
  std::vector<Order> give(Now now, const Fact& fact) {
    links.on(now, fact, out);
    return step(now);
  }
  // Those payloads of one lane that came from that peer.
  Words from(std::uint64_t peer, Lane lane = Lane::directed) const {
    const auto found = payloads.find({peer, lane});
    return found == payloads.end() ? Words() : found->second;
  }
  Words take_heard() { return std::exchange(heard, {}); }

  std::uint64_t incarnation;
  ServerLinkSettings settings;
  Prng prng;
  Outbox out{ShardId()};
  ServerLinks links;
  Words heard;  // "up 4", "down 4", "documents 4 text", "not delivered 4 a b"
  std::map<std::pair<std::uint64_t, Lane>, Words> payloads;
  Words logged;

 private:
  void hear(const ServerLinks::Happened& what) {
    std::visit(Overloaded{
                   [&](const ServerLinks::PeerUp& up) {
                     heard.push_back("up " + std::to_string(up.peer.number()));
                   },
                   [&](const ServerLinks::PeerDown& down) {
                     heard.push_back("down " + std::to_string(down.peer.number()));
                   },
                   [&](const ServerLinks::Came& came) {
                     static constexpr std::string_view kLanes[] = {"control", "documents",
                                                                   "directed", "presence", "relay"};
                     heard.push_back(std::string(kLanes[static_cast<std::size_t>(came.lane)]) +
                                     " " + std::to_string(came.peer.number()) + " " +
                                     std::string(came.payload));
                     payloads[{came.peer.number(), came.lane}].emplace_back(came.payload);
                   },
                   [&](const ServerLinks::NotDelivered& lost) {
                     std::string words = "not delivered " + std::to_string(lost.peer.number());
                     for (const std::string& payload : lost.payloads)
                       words.append(" ").append(payload);
                     heard.push_back(std::move(words));
                   },
               },
               what);
  }
};

class ServerLinksWorld {
 public:
  struct End {
    LinkedServer* server = nullptr;
    LinkId link;
    bool open = true;
    std::string coming;  // bytes under way to it
  };
  struct Wire {
    End ends[2];  // who opened it, who accepted it
    bool silent = false;
    bool over() const { return !ends[0].open && !ends[1].open; }
  };

  LinkedServer& add(std::uint64_t incarnation) {
    auto& server = servers[incarnation];
    server = std::make_unique<LinkedServer>(incarnation);
    return *server;
  }
  LinkedServer& at(std::uint64_t incarnation) { return *servers.at(incarnation); }

  void know(LinkedServer& server, const std::vector<std::uint64_t>& incarnations) {
    server.links.know(now, directory(incarnations), Incarnation(server.incarnation), server.out);
    after(server);
  }
  // All know all, and are linked.
  void join() {
    std::vector<std::uint64_t> all;
    for (const auto& [incarnation, server] : servers)
      all.push_back(incarnation);
    for (const auto& [incarnation, server] : servers)
      know(*server, all);
    settle();
  }
  ServerLinks::Sent send(std::uint64_t from, std::uint64_t to, std::string_view payload,
                         Lane lane = Lane::directed) {
    LinkedServer& server = at(from);
    const auto sent = server.links.send(Incarnation(to), lane, payload);
    after(server);
    return sent;
  }

  // --- the network. `piece` bytes come at a time.
  std::size_t piece = ~std::size_t{0};
  bool refuses = false;  // whoever connects
  bool new_are_silent = false;

  void after(LinkedServer& server) {
    for (const Order& order : server.step(now)) {
      std::visit(Overloaded{
                     [&](const OpenLink& open) { openings.emplace_back(&server, open); },
                     [&](const SendBytes& send) { carry(server, send); },
                     [&](const CloseLink& close) { close_end(server, close.link); },
                     [](const auto&) {},
                 },
                 static_cast<const AnyOrder&>(order));
    }
  }
  // Until nothing is under way.
  void settle() {
    while (move_one()) {
    }
  }
  // One thing that is under way arrives. False: nothing is.
  bool move_one() {
    if (!openings.empty()) {
      const auto [server, open] = openings.front();
      openings.pop_front();
      connect(*server, open);
      return true;
    }
    for (std::size_t i = 0; i < wires.size(); ++i) {
      for (int side = 0; side < 2; ++side) {
        if (arrive(wires[i], side)) return true;
      }
    }
    return false;
  }
  // Something comes to that end: bytes, or the end of the link.
  bool arrive(Wire& wire, int side) {
    End& end = wire.ends[side];
    if (!end.open) return false;
    if (!end.coming.empty()) {
      const std::string bytes = end.coming.substr(0, piece);
      end.coming.erase(0, bytes.size());
      end.server->links.on(now, BytesReceived{end.link, bytes}, end.server->out);
      after(*end.server);
      return true;
    }
    if (wire.ends[1 - side].open || wire.silent) return false;
    lose(end);
    return true;
  }
  // What is under way is lost, and both hear of it.
  void cut(Wire& wire) {
    for (End& end : wire.ends) {
      end.coming.clear();
      if (end.open) lose(end);
    }
  }
  // The latest one that is open at both ends; nothing: there is none.
  Wire* wire_between(std::uint64_t a, std::uint64_t b) {
    for (auto wire = wires.rbegin(); wire != wires.rend(); ++wire) {
      const std::uint64_t x = wire->ends[0].server->incarnation;
      const std::uint64_t y = wire->ends[1].server->incarnation;
      if (std::minmax(x, y) == std::minmax(a, b) && wire->ends[0].open && wire->ends[1].open) {
        return &*wire;
      }
    }
    return nullptr;
  }
  std::size_t open_wires() const {
    return static_cast<std::size_t>(
        std::count_if(wires.begin(), wires.end(), [](const Wire& wire) { return !wire.over(); }));
  }
  void wake() {
    for (const auto& [incarnation, server] : servers) {
      server->links.wake(now, server->out);
      after(*server);
    }
    settle();
  }
  void pass(Duration time) {
    const Instant until = now.instant + time;
    while (true) {
      Instant next = until;
      for (const auto& [incarnation, server] : servers)
        next = std::min(next, server->links.next_deadline().value_or(until));
      now.instant = std::max(now.instant, next);
      wake();
      if (next >= until) return;
    }
  }

  Now now{Instant::at(Duration::seconds(1'000)), UnixTime::at(Duration::seconds(1'700'000'000))};
  std::map<std::uint64_t, std::unique_ptr<LinkedServer>> servers;
  std::deque<Wire> wires;
  int attempts = 0;                                         // to connect
  std::deque<std::pair<LinkedServer*, OpenLink>> openings;  // under way

 private:
  void connect(LinkedServer& server, const OpenLink& open) {
    ++attempts;
    LinkedServer* to = nullptr;
    for (const auto& [incarnation, other] : servers)
      if (place_of(incarnation) == open.remote) to = other.get();
    if (to == nullptr || refuses) {
      server.links.on(now, LinkFailed{open.ticket, LinkUse::server}, server.out);
      return after(server);
    }
    const LinkId near{next_slot_++, 1};
    const LinkId far{next_slot_++, 1};
    Wire& wire = wires.emplace_back();
    wire.silent = new_are_silent;
    wire.ends[0] = {&server, near, true, {}};
    wire.ends[1] = {to, far, true, {}};
    const Endpoint from = place_of(server.incarnation);
    to->links.on(now, LinkOpened{far, LinkUse::server, Transport::tls, open.remote, from, {}},
                 to->out);
    after(*to);
    server.links.on(
        now, LinkOpened{near, LinkUse::server, Transport::tls, from, open.remote, open.ticket},
        server.out);
    after(server);
  }
  void carry(const LinkedServer& server, const SendBytes& send) {
    for (Wire& wire : wires) {
      for (int side = 0; side < 2; ++side) {
        if (wire.ends[side].server != &server || wire.ends[side].link != send.link) continue;
        if (!wire.silent && wire.ends[1 - side].open) wire.ends[1 - side].coming += send.bytes;
      }
    }
  }
  void close_end(const LinkedServer& server, LinkId link) {
    for (Wire& wire : wires) {
      for (End& end : wire.ends)
        if (end.server == &server && end.link == link) end.open = false;
    }
  }
  void lose(End& end) {
    end.open = false;
    end.server->links.on(now, LinkClosed{end.link}, end.server->out);
    after(*end.server);
  }

  std::uint32_t next_slot_ = 1;
};

}  // namespace muster::testing
