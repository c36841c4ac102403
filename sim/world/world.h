// The world that a simulated presence service lives in: time, servers, network, store, and who
// everybody is. It stands in the slot of src/shell: the shards are the production objects, driven
// by the production turn, and everything around them is a model that may fail as the real one does.
//
// All of it is one thread and one queue (timeline.h); what is random comes from named streams of
// one seed. So the same seed, with the same calls, is the same run: digest() says so.
//
// With all faults off, which is how a world begins, everything takes no time and nothing fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "server/settings.h"
#include "sim/random_streams.h"
#include "sim/world/faults.h"
#include "sim/world/history.h"
#include "sim/world/model_store.h"
#include "sim/world/model_verifier.h"
#include "sim/world/network.h"
#include "sim/world/server.h"
#include "sim/world/timeline.h"

namespace muster::sim {

class World : private TurnWatch {
 public:
  struct Plan {
    std::uint64_t seed = 1;
    std::uint8_t servers = 1;
    std::uint8_t shards = 2;  // of each server
    Settings settings;
    // They are a cluster: server n is "sip:sN.example.com", and of these the last `standbys` wait
    // to be taken in.
    bool cluster = false;
    std::uint8_t standbys = 0;
    std::optional<cluster::LoadLevel> max_level;  // of each; none: no limit
    std::uint32_t resources_per_user = 20;
    cluster::PlacingPolicy policy = cluster::PlacingPolicy::lowest;
    Planted planted{};  // a fault of the server itself (server/planted.h)
    // Of server n, with the last byte of the address n more.
    Endpoint xmpp_at{IpAddress::v4(10, 0, 0, 1), 5222};
    Endpoint sip_at{IpAddress::v4(10, 0, 0, 1), 5060};
    Endpoint link_at{IpAddress::v4(10, 0, 0, 1), 7100};  // of a cluster
    Instant begin = Instant::at(Duration::seconds(1'000));
    UnixTime civil_begin = UnixTime::at(Duration::seconds(1'700'000'000));
  };
  explicit World(Plan plan);

  // Of all servers; to be changed only while none has started.
  Settings& settings() { return plan_.settings; }
  const Settings& settings() const { return plan_.settings; }
  const RandomStreams& streams() const { return streams_; }
  Timeline& timeline() { return timeline_; }
  const Timeline& timeline() const { return timeline_; }
  Network& network() { return network_; }
  ModelClusterStore& cluster_store() { return cluster_store_; }
  const ModelClusterStore& cluster_store() const { return cluster_store_; }
  ModelStore& store() { return store_; }
  const ModelStore& store() const { return store_; }
  // The most orders that one turn has left so far.
  std::uint64_t orders_of_turn_max() const { return orders_of_turn_max_; }
  ModelVerifier& verifier() { return verifier_; }
  std::size_t server_count() const { return servers_.size(); }
  Server& server(std::size_t number = 0) { return servers_[number]; }
  const Server& server(std::size_t number = 0) const { return servers_[number]; }
  History& history() { return history_; }
  const History& history() const { return history_; }

  void set_faults(const Faults& faults);
  const ServerFaults& server_faults() const { return server_faults_; }

  // Nothing gets from one server to another, in this direction, until it is mended (network.h).
  void part(std::size_t from, std::size_t to);
  void mend(std::size_t from, std::size_t to);
  bool is_parted(std::size_t from, std::size_t to) const;
  // Both stores (model_store.h), until it reaches them again.
  void cut_from_stores(std::size_t server);
  void reach_stores(std::size_t server);
  bool is_cut_from_stores(std::size_t server) const {
    return store_.is_cut_off(servers_[server].id());
  }

  // With memory that is empty; at first, and after a crash.
  void start(std::size_t server);
  void start_all();

  // Lets happen what is due by then, and moves time there.
  void run_until(Instant when);
  void run_for(Duration time) { run_until(timeline_.now() + time); }
  // Lets happen what is due now, and what comes of it at this moment.
  void settle() { run_until(timeline_.now()); }

  // Of all turns so far: their moments, shards, inputs and orders.
  std::uint64_t digest() const { return digest_.value(); }
  std::uint64_t turns() const { return turns_; }

  // Further watches, called in the order in which they were added.
  void watch(TurnWatch& watch) { watches_.push_back(&watch); }

 private:
  class Noting;

  void entered(const Server& server, ShardId shard, Now now, const Input& input) override;
  void ordered(const Server& server, ShardId shard, const Order& order) override;
  const std::string& place_of(const Server& server, ShardId shard, bool in);

  const Settings* settings_of(std::size_t server);

  Plan plan_;
  std::deque<Settings> of_servers_;  // of a cluster: each has its own
  RandomStreams streams_;
  Timeline timeline_;
  Network network_;
  ModelStore store_;
  ModelClusterStore cluster_store_;
  ModelVerifier verifier_;
  ServerFaults server_faults_;
  Prng server_seeds_;
  std::deque<Server> servers_;
  std::vector<TurnWatch*> watches_;
  History history_;
  std::vector<std::string> places_;
  Digest digest_;
  std::uint64_t turns_ = 0;
  std::uint64_t orders_of_turn_ = 0;
  std::uint64_t orders_of_turn_max_ = 0;
};

}  // namespace muster::sim
