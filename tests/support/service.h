// A whole presence service in a test: all shards of one server, a store, and the world around them,
// in virtual time and in one thread. Tests speak to it as XMPP clients and SIP phones do, in bytes.
//
// Everything that enters a shard waits in one queue and is taken in order, so that a test sees the
// same each time. Nothing is faked below the ports: the shards are the production objects.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/presence_server.h"
#include "server/turn.h"
#include "sim/store/memory_store.h"

namespace muster::testing {

class Service {
 public:
  // A client's end of a link.
  struct Connection {
    std::string received;  // not taken yet
    bool closed = false;   // by the server
    bool paused = false;
    std::string unsent;  // said while the server did not read
    ShardId shard;
    LinkId link;
    LinkUse use = LinkUse::xmpp;
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
  void pass(Duration duration);
  Now now() const { return now_; }

  // --- the rest
  AdminReply administer(AdminRequest request);
  void stop();
  void flush_recording();
  bool stopped() const { return stopped_.size() == shards_.size(); }
  sim::MemoryStore& store() { return store_; }
  // While set, each question to the store fails with it.
  void break_store(std::optional<StoreFailed> failure) { store_failure_ = failure; }
  const std::vector<Log>& logs() const { return logs_; }
  static Address address(std::string_view bare);

 private:
  struct Port {
    Service* service;
    ShardId self;
    void carry_out(Order&& order) { service->carry_out(self, std::move(order)); }
  };
  struct ShardPlace {
    std::unique_ptr<record::Recorder> recorder;
    std::unique_ptr<PresenceServer> server;
    std::unique_ptr<Port> port;
    std::unique_ptr<Turn<Port>> turn;
    std::uint32_t next_slot = 0;
  };
  struct Waiting {
    ShardId shard;
    Input input;
    std::string bytes;  // what a view in the input sees
  };

  void carry_out(ShardId self, Order&& order);
  void obey(ShardId self, const SendBytes& order);
  void obey(ShardId self, const SendDatagram& order);
  void obey(ShardId self, const FanOut& order);
  void obey(ShardId self, const FanOutDatagrams& order);
  void obey(ShardId self, const StartTls& order);
  void obey(ShardId self, const PauseReading& order);
  void obey(ShardId self, const ResumeReading& order);
  void obey(ShardId self, const HandOver& order);
  void obey(ShardId self, const CloseLink& order);
  void obey(ShardId self, const OpenLink& order);
  void obey(ShardId self, const AskSasl& order);
  void obey(ShardId self, const AskDigest& order);
  void obey(ShardId self, const AskRegistration& order);
  void obey(ShardId self, const AskStore& order);
  void obey(ShardId self, const ToShard& order);
  void obey(ShardId self, const Log& order);
  void obey(ShardId self, const AnswerAdmin& order);
  void obey(ShardId self, const Stopped& order);
  void send(ShardId self, LinkId link, const std::string& bytes);
  void feed(ShardId shard, Input input, std::string bytes = {});
  void settle();
  Connection* of_link(ShardId shard, LinkId link);
  LinkId place(ShardId shard, ConnectionId connection);

  std::vector<ShardPlace> shards_;
  std::deque<Waiting> queue_;
  std::deque<Connection> connections_;
  std::map<std::pair<ShardId, LinkId>, ConnectionId> links_;
  std::map<Endpoint, std::vector<std::string>> datagrams_;
  std::map<Ticket, AdminReply> admin_;
  std::set<ShardId> stopped_;
  std::vector<Log> logs_;
  sim::MemoryStore store_;
  std::optional<StoreFailed> store_failure_;
  std::uint64_t next_ticket_ = 1;
  Now now_{Instant::at(Duration::seconds(1'000)), UnixTime::at(Duration::seconds(1'700'000'000))};
};

}  // namespace muster::testing
