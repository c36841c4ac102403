// A simulated cluster, and users who log in at one of its servers and go where they are sent.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "codec/address/ip.h"
#include "sim/until.h"
#include "sim/world/model_verifier.h"
#include "sim/world/world.h"

namespace muster::sim {

// Logs in and binds, at the server that it is sent to, as long as it follows.
class UserAgent : public Peer {
 public:
  UserAgent(World& world, std::string user, const Endpoint& at, bool follows)
      : world_(world), user_(std::move(user)), at_(at), follows_(follows) {}

  void land(Endpoint server) {
    heard_.clear();
    open_ = true;
    sent_to.push_back(server);
    connection_ = world_.network().connect(*this, {at_, server, LinkUse::xmpp, Transport::tcp, {}});
  }
  void leave() {
    if (open_) world_.network().abort(connection_);
    open_ = false;
    bound = false;
  }
  void say(const std::string& text) { world_.network().say(connection_, text); }

  void connected(ConnectionId) override {
    heard_.clear();
    proved_ = false;
    say(header());
  }
  void accepted(ConnectionId) override {}
  void tls_started(ConnectionId) override {}
  void heard_datagram(const Endpoint&, const Endpoint&, std::string_view) override {}
  void heard(ConnectionId, std::string_view bytes) override {
    heard_ += bytes;
    told += bytes;
    if (take("<mechanisms")) {
      const std::string name = '\0' + user_ + '\0' + "secret";
      say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + to_base64(name) +
          "</auth>");
    }
    if (take("<success")) {
      proved_ = true;
      say(header());
    }
    if (proved_ && take("</stream:features>")) {
      say("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>" +
          (resource.empty() ? "" : "<resource>" + resource + "</resource>") + "</bind></iq>");
    }
    if (take("<jid>")) {
      bound = true;
      bound_at = world_.timeline().now();
      say("<presence/>");
    }
    if (take("urn:xmpp:ping")) say(" ");  // a sign of life is enough
    if (take("<resource-constraint")) refused = true;
    // RFC 6120 section 4.4: it closes its side, and then the server the link.
    if (heard_.find("</stream:stream>") == std::string::npos) return;
    hangs_up ? leave() : say("</stream:stream>");
  }
  void ended(ConnectionId) override {
    open_ = false;
    bound = false;
    constexpr std::string_view kTold =
        "<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>";
    const std::size_t told_at = heard_.find(kTold);
    if (told_at == std::string::npos) return;
    const std::size_t begin = told_at + kTold.size();
    const auto where = parse_endpoint(heard_.substr(begin, heard_.find('<', begin) - begin));
    ASSERT_TRUE(where.has_value());
    land(follows_ ? *where : sent_to.front());
  }

  const std::string& user() const { return user_; }

  bool bound = false;
  bool refused = false;
  bool hangs_up = false;  // where it is sent on: it says nothing more
  Instant bound_at;
  std::string resource;           // that it asks for; empty: the server's choice
  std::vector<Endpoint> sent_to;  // since it landed, the first included
  std::string told;               // all that it ever heard

 private:
  // Whether this has come; then what came up to it is forgotten.
  bool take(std::string_view text) {
    const std::size_t at = heard_.find(text);
    if (at == std::string::npos) return false;
    heard_.erase(0, at + text.size());
    return true;
  }
  static std::string header() {
    return "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
           " to='example.com' version='1.0'>";
  }

  World& world_;
  std::string user_;
  Endpoint at_;
  bool follows_;
  ConnectionId connection_;
  std::string heard_;
  bool open_ = false;
  bool proved_ = false;
};

// Which server bound a resource of which user, and what the operator was told, and when.
class Bound : public TurnWatch {
 public:
  struct Line {
    Instant when;
    std::string what;
    std::string who;
  };

  void entered(const Server&, ShardId, Now, const Input&) override {}
  void ordered(const Server& server, ShardId, const Order& order) override {
    if (const auto* log = std::get_if<Log>(&order)) {
      log_.push_back({server.now().instant, std::string(log->what), log->who});
    }
    const auto* send = std::get_if<SendBytes>(&order);
    if (send == nullptr) return;
    const std::size_t jid = send->bytes.find("<jid>");
    if (jid == std::string::npos) return;
    const std::size_t begin = jid + 5;
    servers[send->bytes.substr(begin, send->bytes.find('@') - begin)].insert(server.id());
  }
  // The lines of that name.
  std::vector<Line> lines(std::string_view what) const {
    std::vector<Line> found;
    for (const Line& line : log_) {
      if (line.what == what) found.push_back(line);
    }
    return found;
  }

  std::map<std::string, std::set<ServerId>> servers;

 private:
  std::vector<Line> log_;
};

class PlacingWorld {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::uint8_t servers = 3;
    std::uint8_t standbys = 0;  // of these
    std::optional<cluster::LoadLevel> max = std::nullopt;
    Duration distance{};  // from anybody to anybody, one way
  };

  PlacingWorld() : PlacingWorld(Options()) {}
  explicit PlacingWorld(const Options& options) : world(plan(options)) {
    world.verifier().trusting = true;
    world.watch(bound);
    Faults faults;
    faults.network.link = {options.distance, options.distance, 0, {}};
    world.set_faults(faults);
    world.start_all();
    world.run_for(Duration::seconds(5));
  }

  static World::Plan plan(const Options& options) {
    World::Plan plan;
    plan.seed = options.seed;
    plan.servers = options.servers;
    plan.cluster = true;
    plan.standbys = options.standbys;
    plan.max_level = options.max;
    plan.settings.domains = {"example.com"};
    plan.settings.plain_without_tls = true;
    plan.settings.auto_accounts = true;
    return plan;
  }
  UserAgent& land(const std::string& user, std::size_t server, bool follows = true) {
    UserAgent& agent = agent_of(user, follows);
    agent.land(xmpp(server));
    return agent;
  }
  // One that has not landed yet.
  UserAgent& agent_of(const std::string& user, bool follows = true) {
    const std::uint32_t number = static_cast<std::uint32_t>(agents_.size()) + 1;
    const Endpoint at{IpAddress::v4(10, 1, static_cast<std::uint8_t>(number >> 8),
                                    static_cast<std::uint8_t>(number)),
                      4'711};
    return *agents_.emplace_back(std::make_unique<UserAgent>(world, user, at, follows));
  }
  const Endpoint& xmpp(std::size_t server) const { return world.server(server).xmpp_at(); }

  // --- what the stores have
  // How many users each server owns, by the cluster's store.
  std::map<cluster::Incarnation, std::size_t> owned(const std::vector<std::string>& users) {
    const auto owners = world.cluster_store().memory().owners();
    std::map<cluster::Incarnation, std::size_t> counts;
    for (const std::string& user : users) {
      const auto owner = owners.find(Address::of_canonical(user, "example.com"));
      ++counts[owner == owners.end() ? cluster::Incarnation() : owner->second];
    }
    return counts;
  }
  cluster::Directory directory() {
    return world.cluster_store().memory().directory(world.timeline().now().since_zero());
  }
  std::optional<cluster::Member> member(std::size_t server) {
    for (const cluster::Member& member : directory().members) {
      const bool is_it = member.self.svr_id == name_of(server);
      if (is_it && member.role != cluster::Role::gone) return member;
    }
    return std::nullopt;
  }
  static std::string name_of(std::size_t server) {
    return "sip:s" + std::to_string(server) + ".example.com";
  }
  // By its number; it is there.
  std::size_t main() {
    const cluster::Directory all = directory();
    for (std::size_t i = 0; i < world.server_count(); ++i) {
      const auto known = member(i);
      if (known && known->incarnation == all.main) return i;
    }
    ADD_FAILURE() << "nobody is main";
    return 0;
  }
  std::size_t users_of(std::size_t server, const std::vector<std::string>& users) {
    const auto known = member(server);
    return known ? owned(users)[known->incarnation] : 0;
  }
  // From now on the watcher sees the presence of the other.
  void befriend(const std::string& watcher, const std::string& presentity) {
    const Address who = Address::of_canonical(watcher, "example.com");
    const Address whom = Address::of_canonical(presentity, "example.com");
    sim::MemoryStore& store = world.store().memory();
    store.carry_out(LoadUser{who, true});
    store.carry_out(LoadUser{whom, true});
    store.carry_out(ChangeSubscription{who, whom, SubscriptionVerb::subscribe, {}, 1'000'000});
    store.carry_out(ChangeSubscription{whom, who, SubscriptionVerb::subscribed, {}, 1'000'000});
  }
  // So that she weighs exactly one (level.h).
  void give_contacts(const std::string& user) {
    for (int i = 0; i < 20; ++i)
      befriend(user, "contact" + std::to_string(i));
  }
  AdminReply::Outcome order(std::size_t at, OrderServer::What what, std::size_t server) {
    std::optional<AdminReply::Outcome> outcome;
    world.server(at).administer(OrderServer{what, name_of(server)},
                                [&](const AdminReply& reply) { outcome = reply.outcome; });
    EXPECT_TRUE(until(
        world, [&] { return outcome.has_value(); }, Duration::seconds(1)));
    return outcome.value_or(AdminReply::Outcome::no_cluster);
  }

  Bound bound;
  World world;

 private:
  std::vector<std::unique_ptr<UserAgent>> agents_;
};

}  // namespace muster::sim
