#include "sim/world/world.h"

#include <algorithm>
#include <utility>

#include "codec/address/ip.h"
#include "sim/world/describe.h"

namespace muster::sim {
namespace {

Endpoint of_server(Endpoint first, std::size_t number) {
  first.ip.bytes[15] = static_cast<std::uint8_t>(first.ip.bytes[15] + number);
  return first;
}

std::string way_of(std::size_t from, std::size_t to) {
  return "server " + std::to_string(from) + " to server " + std::to_string(to);
}

}  // namespace

// Folds what it is told, and keeps the names and the first text for the history.
class World::Noting : public Scribe {
 public:
  explicit Noting(Digest& digest) : digest_(digest) {}

  void kind(std::string_view name) override {
    digest_.fold(name);
    kind_ = name;
  }
  void number(std::uint64_t number) override { digest_.fold(number); }
  void text(std::string_view text) override {
    digest_.fold(text);
    if (text_.empty()) text_ = text;
  }
  std::string_view kind() const { return kind_; }
  std::string_view text() const { return text_; }

 private:
  Digest& digest_;
  std::string_view kind_;
  std::string_view text_;
};

World::World(Plan plan)
    : plan_(std::move(plan)),
      streams_(plan_.seed),
      timeline_(plan_.begin),
      network_(timeline_, streams_.stream("network")),
      store_(timeline_, streams_.stream("store")),
      cluster_store_(timeline_, streams_.stream("cluster store")),
      verifier_(streams_.stream("verifier")),
      server_seeds_(streams_.stream("server seeds")) {
  store_.servers_are_many = plan_.cluster;
  for (std::size_t i = 0; i < plan_.servers; ++i) {
    const std::string name = "server " + std::to_string(i);
    Server::Parts parts;
    parts.id = ServerId(static_cast<std::uint8_t>(i));
    parts.shards = plan_.shards;
    parts.settings = settings_of(i);
    parts.planted = plan_.planted;
    parts.xmpp_at = of_server(plan_.xmpp_at, i);
    parts.sip_at = of_server(plan_.sip_at, i);
    parts.link_at = of_server(plan_.link_at, i);
    parts.civil_begin = plan_.civil_begin + (Instant() - plan_.begin);
    parts.timeline = &timeline_;
    parts.network = &network_;
    parts.store = &store_;
    parts.cluster_store = &cluster_store_;
    parts.verifier = &verifier_;
    parts.faults = &server_faults_;
    parts.watch = this;
    parts.when_fenced = [this, i] {
      servers_[i].end_life();
      start(i);
    };
    servers_.emplace_back(parts, streams_.stream(name));
    for (std::size_t k = 0; k < plan_.shards; ++k) {
      const std::string place = name + " shard " + std::to_string(k);
      places_.push_back(place + " <-");
      places_.push_back(place + " ->");
    }
  }
}

const Settings* World::settings_of(std::size_t server) {
  if (!plan_.cluster) return &plan_.settings;
  Settings& settings = of_servers_.emplace_back(plan_.settings);
  using Kind = cluster::ServerEndpoint::Kind;
  cluster::Self& self = settings.cluster.emplace().self;
  self.svr_id = "sip:s" + std::to_string(server) + ".example.com";
  self.link = of_server(plan_.link_at, server);
  self.endpoints = {
      {self.svr_id, Kind::sip, true, "sip:" + to_text(of_server(plan_.sip_at, server))},
      {self.svr_id, Kind::xmpp, true, "xmpp:" + to_text(of_server(plan_.xmpp_at, server))}};
  self.max_level = plan_.max_level;
  settings.cluster->load.resources_per_user = plan_.resources_per_user;
  settings.cluster->load.policy = plan_.policy;
  settings.cluster->standby = server + plan_.standbys >= plan_.servers;
  return &settings;
}

void World::set_faults(const Faults& faults) {
  network_.faults = faults.network;
  store_.faults = faults.store;
  cluster_store_.faults = faults.store;
  server_faults_ = faults.server;
}

void World::part(std::size_t from, std::size_t to) {
  network_.part(servers_[from].link_at().ip, servers_[to].link_at().ip);
  history_.add(timeline_.now(), "network", "is cut", way_of(from, to));
}

void World::mend(std::size_t from, std::size_t to) {
  if (!is_parted(from, to)) return;
  network_.mend(servers_[from].link_at().ip, servers_[to].link_at().ip);
  history_.add(timeline_.now(), "network", "is mended", way_of(from, to));
}

bool World::is_parted(std::size_t from, std::size_t to) const {
  return network_.is_parted(servers_[from].link_at().ip, servers_[to].link_at().ip);
}

void World::cut_from_stores(std::size_t server) {
  store_.cut_off(servers_[server].id());
  cluster_store_.cut_off(servers_[server].id());
  history_.add(timeline_.now(), "network", "is cut",
               "server " + std::to_string(server) + " to the stores");
}

void World::reach_stores(std::size_t server) {
  if (!is_cut_from_stores(server)) return;
  store_.mend(servers_[server].id());
  cluster_store_.mend(servers_[server].id());
  history_.add(timeline_.now(), "network", "is mended",
               "server " + std::to_string(server) + " to the stores");
}

void World::start(std::size_t server) {
  std::vector<Prng::Seed> seeds;
  for (std::uint8_t i = 0; i < plan_.shards; ++i)
    seeds.push_back(Prng::seed_of(server_seeds_.next()));
  servers_[server].start(seeds);
}

void World::start_all() {
  for (std::size_t i = 0; i < servers_.size(); ++i)
    start(i);
}

void World::run_until(Instant when) {
  for (auto next = timeline_.next(); next && *next <= when; next = timeline_.next())
    timeline_.step();
  timeline_.move_to(when);
}

// --- what is said of it --------------------------------------------------------------------------

const std::string& World::place_of(const Server& server, ShardId shard, bool in) {
  const std::size_t at = std::size_t{server.id().number()} * plan_.shards + shard.number();
  return places_[2 * at + (in ? 0 : 1)];
}

void World::entered(const Server& server, ShardId shard, Now now, const Input& input) {
  ++turns_;
  orders_of_turn_ = 0;
  digest_.fold(static_cast<std::uint64_t>(now.instant.since_zero().in_microseconds()));
  digest_.fold(std::uint64_t{server.id().number()} << 8 | shard.number());
  Noting noting(digest_);
  describe(input, noting);
  history_.add(now.instant, place_of(server, shard, true), noting.kind(), noting.text());
  for (TurnWatch* watch : watches_)
    watch->entered(server, shard, now, input);
}

void World::ordered(const Server& server, ShardId shard, const Order& order) {
  orders_of_turn_max_ = std::max(orders_of_turn_max_, ++orders_of_turn_);
  Noting noting(digest_);
  describe(order, noting);
  history_.add(timeline_.now(), place_of(server, shard, false), noting.kind(), noting.text());
  for (TurnWatch* watch : watches_)
    watch->ordered(server, shard, order);
}

}  // namespace muster::sim
