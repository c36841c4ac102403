// One server of the simulated world: its shards are the production objects, driven by the
// production turn. It carries out their orders in the model world, and lets happen to them what
// happens to a process: kill -9, a start with empty memory, a core that stands still, a civil clock
// that steps and drifts.
//
// Whatever comes to a shard comes through feed() and is an event of its own; while the shard stands
// still it waits, in order. What was meant for a process that is dead is lost with it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/slot_table.h"
#include "server/presence_server.h"
#include "server/turn.h"
#include "sim/world/faults.h"
#include "sim/world/network.h"
#include "sim/world/server_peer.h"
#include "sim/world/timeline.h"

namespace muster::sim {

class ModelClusterStore;
class ModelStore;
class ModelVerifier;
class Server;

using ServerId = Id<struct ServerTag, std::uint8_t>;

// Sees each turn: what goes in, then each order before it is carried out. For digests, records and
// what is said of a run in words.
class TurnWatch {
 public:
  virtual ~TurnWatch() = default;
  virtual void entered(const Server& server, ShardId shard, Now now, const Input& input) = 0;
  virtual void ordered(const Server& server, ShardId shard, const Order& order) = 0;
};

class Server : public Host {
 public:
  struct Parts {
    ServerId id;
    std::uint8_t shards = 2;
    const Settings* settings = nullptr;
    Planted planted{};  // in all shards
    Endpoint xmpp_at;
    Endpoint sip_at;
    Endpoint link_at;      // for the other servers of its cluster
    UnixTime civil_begin;  // at the timeline's zero
    Timeline* timeline = nullptr;
    Network* network = nullptr;
    ModelStore* store = nullptr;
    ModelClusterStore* cluster_store = nullptr;
    ModelVerifier* verifier = nullptr;
    const ServerFaults* faults = nullptr;
    TurnWatch* watch = nullptr;
    // It was fenced: it is to be killed, and to begin anew.
    std::function<void()> when_fenced{};
  };
  // `random`: of what the world does to it; the shards' seeds come with each start.
  Server(Parts parts, Prng random);

  // --- what happens to it
  void start(const std::vector<Prng::Seed>& seeds);  // one for each shard
  void crash();
  void stop();  // SIGTERM: StopAsked to all shards
  // It was fenced: LifeOver to all shards that do not stand still, and no more.
  void end_life();
  // Where all that enters its shards is recorded from its next start on; null: nowhere.
  void record_to(record::BlockSink* sink) { recording_ = sink; }
  void flush_recording();
  void stall(ShardId shard, Duration time);
  void stall_all(Duration time);
  void step_clock(Duration by) { clock_offset_ = clock_offset_ + by; }
  // Microseconds that its civil clock gains in a second.
  void drift_clock(std::int32_t us_per_second);
  // It neither drifts nor was stepped.
  void set_clock_right();

  // --- what it is
  ServerId id() const { return parts_.id; }
  bool running() const override { return running_; }
  // Grows with each start and end of its process.
  std::uint32_t incarnation() const { return incarnation_; }
  // Of its process, the last time.
  Instant started_at() const { return started_at_; }
  bool stopped() const { return stopped_shards_ == shards_.size(); }
  std::uint8_t shard_count() const override { return parts_.shards; }
  const PresenceServer& shard(ShardId shard) const { return *shards_[shard.number()].server; }
  // How many links a shard has, by its own table.
  std::size_t links(ShardId shard) const { return shards_[shard.number()].links.size(); }
  const Endpoint& xmpp_at() const { return parts_.xmpp_at; }
  const Endpoint& sip_at() const override { return parts_.sip_at; }
  const Endpoint& link_at() const { return parts_.link_at; }
  const Settings& settings() const { return *parts_.settings; }
  Now now() const;

  // --- for the world around it
  void feed(ShardId shard, Input input, std::string bytes = {}) override;
  std::function<void(Input)> answer_to(ShardId shard) override;
  ShardId any_shard() override {
    return ShardId(static_cast<std::uint8_t>(random_.below(parts_.shards)));
  }
  LinkId adopt(ShardId shard, ConnectionId connection) override;
  void forget(ShardId shard, LinkId link) override;
  // What an operator asks (control socket).
  void administer(AdminRequest request, std::function<void(AdminReply)> answer);

 private:
  struct Port {
    Server* server;
    ShardId self;
    void carry_out(Order&& order) { server->carry_out(self, std::move(order)); }
  };
  struct Waiting {
    Input input;
    std::string bytes;
  };
  struct ShardPlace {
    std::unique_ptr<record::Recorder> recorder;
    std::unique_ptr<PresenceServer> server;
    std::unique_ptr<Port> port;
    std::unique_ptr<Turn<Port>> turn;
    SlotTable<ConnectionId, LinkTag> links;
    std::optional<Instant> alarm;  // the earliest that is set
    Instant stalled_until;
    std::deque<Waiting> held_back;   // what came while it stood still
    std::vector<Instant> last_mail;  // by receiver: when the latest mail arrives
  };

  void turn(ShardId shard, Input& input, const std::string& bytes);
  void go_on(ShardId shard);
  void set_alarm(ShardId shard);
  void ring(ShardId shard, Instant when);
  Instant mail_arrival(ShardId from, ShardId to);
  // Does it unless the process that runs now is dead by then.
  void later(Instant when, std::function<void()> action);
  std::optional<ConnectionId> connection_of(ShardId shard, LinkId link) const;
  void say(ConnectionId connection, std::string_view bytes);

  // orders.cc
  void carry_out(ShardId self, Order&& order);
  void obey(ShardId self, SendBytes& order);
  void obey(ShardId self, SendDatagram& order);
  void obey(ShardId self, FanOut& order);
  void obey(ShardId self, FanOutDatagrams& order);
  void obey(ShardId self, StartTls& order);
  void obey(ShardId self, PauseReading& order);
  void obey(ShardId self, ResumeReading& order);
  void obey(ShardId self, HandOver& order);
  void obey(ShardId self, CloseLink& order);
  void obey(ShardId self, OpenLink& order);
  void obey(ShardId self, AskSasl& order);
  void obey(ShardId self, AskDigest& order);
  void obey(ShardId self, AskRegistration& order);
  void obey(ShardId self, AskStore& order);
  void obey(ShardId self, AskCluster& order);
  void obey(ShardId self, FenceServer& order);
  void obey(ShardId self, LeaseHeld& order);
  static void obey(ShardId self, LaunchServer& order);
  void obey(ShardId self, Fenced& order);
  void obey(ShardId self, ToShard& order);
  void obey(ShardId self, Log& order);
  void obey(ShardId self, AnswerAdmin& order);
  void obey(ShardId self, Stopped& order);

  Parts parts_;
  Prng random_;
  ServerPeer as_peer_;
  record::BlockSink* recording_ = nullptr;
  std::vector<ShardPlace> shards_;
  bool running_ = false;
  bool life_over_ = false;  // and its last datagrams are being said
  bool has_last_words_ = false;
  std::uint32_t incarnation_ = 0;
  Instant started_at_;
  std::size_t stopped_shards_ = 0;
  Duration clock_offset_;
  std::int64_t clock_us_per_second_ = 0;
  Instant drift_begin_;
  std::map<Ticket, std::function<void(AdminReply)>> admin_;
  std::uint64_t next_ticket_ = 1;
};

}  // namespace muster::sim
