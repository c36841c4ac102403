// A whole presence service in a test: one server of the simulated world (sim/world/world.h) with
// all faults off, so that whatever is said is answered at the same moment. Tests speak to it as
// XMPP clients and SIP phones do, in bytes.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/world/world.h"

namespace muster::testing {

class Service : private sim::Peer, private sim::TurnWatch {
 public:
  // A client's end of a link.
  struct Connection {
    std::string received;  // not taken yet
    bool closed = false;   // by the server
    sim::ConnectionId id;
  };
  using ConnectionId = std::size_t;

  explicit Service(std::uint8_t shards = 2);

  Settings settings;  // to be changed before start()
  // Where all that enters the shards is recorded; nowhere if null. To be set before start().
  record::BlockSink* recording = nullptr;
  void start();

  // --- links
  ConnectionId connect(LinkUse use, std::uint8_t at_shard = 0);
  void say(ConnectionId connection, std::string_view bytes);
  void vanish(ConnectionId connection);  // the client is gone
  const Connection& connection(ConnectionId connection) const { return connections_[connection]; }
  // All bytes since the last call.
  std::string heard(ConnectionId connection);

  // --- datagrams
  void send_datagram(const Endpoint& from, std::string_view bytes, std::uint8_t at_shard = 0);
  // Those that came to `at` since the last call.
  std::vector<std::string> datagrams(const Endpoint& at);

  // --- time
  void pass(Duration duration) { world_.run_for(duration); }
  Now now() const { return world_.server().now(); }

  // --- the rest
  AdminReply administer(AdminRequest request);
  void stop();
  void flush_recording();
  bool stopped() const { return world_.server().stopped(); }
  sim::MemoryStore& store() { return world_.store().memory(); }
  // While set, each question to the store fails with it.
  void break_store(std::optional<StoreFailed> failure) { world_.store().failure = failure; }
  const std::vector<Log>& logs() const { return logs_; }
  static Address address(std::string_view bare);

 private:
  Connection& of(sim::ConnectionId id);
  void connected(sim::ConnectionId) override {}
  void accepted(sim::ConnectionId) override {}
  void tls_started(sim::ConnectionId) override {}
  void heard(sim::ConnectionId id, std::string_view bytes) override;
  void ended(sim::ConnectionId id) override;
  void heard_datagram(const Endpoint& at, const Endpoint& from, std::string_view bytes) override;
  void entered(const sim::Server&, ShardId, Now, const Input&) override {}
  void ordered(const sim::Server& server, ShardId shard, const Order& order) override;

  sim::World world_;
  std::deque<Connection> connections_;
  std::map<Endpoint, std::vector<std::string>> datagrams_;
  std::vector<Log> logs_;
};

}  // namespace muster::testing
