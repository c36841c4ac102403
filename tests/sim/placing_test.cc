// Users who land anywhere in a cluster, in virtual time: each is served by one server, whichever
// way she comes, and is sent there within two steps.
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
#include "sim/world/model_verifier.h"
#include "sim/world/world.h"

namespace muster::sim {
namespace {

using cluster::Incarnation;

constexpr std::size_t kServers = 3;

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
      say("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
    }
    if (take("<jid>")) {
      bound = true;
      say("<presence/>");
    }
    if (take("<resource-constraint")) refused = true;
  }
  void ended(ConnectionId) override {
    open_ = false;
    bound = false;
    constexpr std::string_view kTold =
        "<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>";
    const std::size_t told = heard_.find(kTold);
    if (told == std::string::npos) return;
    const std::size_t begin = told + kTold.size();
    const auto where = parse_endpoint(heard_.substr(begin, heard_.find('<', begin) - begin));
    ASSERT_TRUE(where.has_value());
    land(follows_ ? *where : sent_to.front());
  }

  bool bound = false;
  bool refused = false;
  std::vector<Endpoint> sent_to;  // since it landed, the first included

 private:
  // Whether this has come; then what came up to it is forgotten.
  bool take(std::string_view text) {
    const std::size_t at = heard_.find(text);
    if (at == std::string::npos) return false;
    heard_.erase(0, at + text.size());
    return true;
  }
  void say(const std::string& text) { world_.network().say(connection_, text); }
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

// Which server bound a resource of which user.
class Bound : public TurnWatch {
 public:
  void entered(const Server&, ShardId, Now, const Input&) override {}
  void ordered(const Server& server, ShardId, const Order& order) override {
    const auto* send = std::get_if<SendBytes>(&order);
    if (send == nullptr) return;
    const std::size_t jid = send->bytes.find("<jid>");
    if (jid == std::string::npos) return;
    const std::size_t begin = jid + 5;
    servers[send->bytes.substr(begin, send->bytes.find('@') - begin)].insert(server.id());
  }
  std::map<std::string, std::set<ServerId>> servers;
};

class PlacingWorld {
 public:
  explicit PlacingWorld(std::uint64_t seed = 1,
                        std::optional<cluster::LoadLevel> max = std::nullopt)
      : world(plan(seed, max)) {
    world.verifier().trusting = true;
    world.watch(bound);
    world.start_all();
    world.run_for(Duration::seconds(5));
  }

  static World::Plan plan(std::uint64_t seed, std::optional<cluster::LoadLevel> max) {
    World::Plan plan;
    plan.seed = seed;
    plan.servers = kServers;
    plan.cluster = true;
    plan.max_level = max;
    plan.settings.domains = {"example.com"};
    plan.settings.plain_without_tls = true;
    plan.settings.auto_accounts = true;
    return plan;
  }
  UserAgent& land(const std::string& user, std::size_t server, bool follows = true) {
    const std::uint32_t number = static_cast<std::uint32_t>(agents_.size()) + 1;
    const Endpoint at{IpAddress::v4(10, 1, static_cast<std::uint8_t>(number >> 8),
                                    static_cast<std::uint8_t>(number)),
                      4'711};
    UserAgent& agent = *agents_.emplace_back(std::make_unique<UserAgent>(world, user, at, follows));
    agent.land(xmpp(server));
    return agent;
  }
  const Endpoint& xmpp(std::size_t server) const { return world.server(server).xmpp_at(); }
  // How many users each server owns, by the cluster's store.
  std::map<Incarnation, std::size_t> owned(const std::vector<std::string>& users) {
    const auto owners = world.cluster_store().memory().owners();
    std::map<Incarnation, std::size_t> counts;
    for (const std::string& user : users) {
      const auto owner = owners.find(Address::of_canonical(user, "example.com"));
      ++counts[owner == owners.end() ? Incarnation() : owner->second];
    }
    return counts;
  }

  Bound bound;
  World world;

 private:
  std::vector<std::unique_ptr<UserAgent>> agents_;
};

TEST(PlacingInTheCluster, UsersGoToTheServersWithTheLowestLevel) {
  PlacingWorld cluster;
  std::vector<std::string> users;
  std::vector<UserAgent*> agents;
  for (int i = 0; i < 90; ++i) {
    users.push_back("user" + std::to_string(i));
    agents.push_back(&cluster.land(users.back(), 0));
    cluster.world.run_for(Duration::milliseconds(100));
  }
  cluster.world.run_for(Duration::seconds(5));
  for (std::size_t i = 0; i < users.size(); ++i) {
    EXPECT_TRUE(agents[i]->bound) << users[i];
    EXPECT_LE(agents[i]->sent_to.size(), 2u) << "nobody is bounced twice for one decision";
    EXPECT_EQ(cluster.bound.servers[users[i]].size(), 1u);
  }
  const auto owned = cluster.owned(users);
  ASSERT_EQ(owned.size(), kServers);
  // A level is rounded up, and without contacts a user is 1 / 21 of one: of equals the hash
  // decides.
  for (const auto& [owner, count] : owned)
    EXPECT_NEAR(static_cast<double>(count), 30, 5) << owner.number();
}

// Everywhere at one moment: no server knows yet what the others do.
TEST(PlacingInTheCluster, ABurstDoesNotGoToOneServer) {
  PlacingWorld cluster;
  std::vector<std::string> users;
  for (int i = 0; i < 300; ++i) {
    users.push_back("user" + std::to_string(i));
    cluster.land(users.back(), static_cast<std::size_t>(i) % kServers);
  }
  cluster.world.run_for(Duration::seconds(10));
  for (const auto& [owner, count] : cluster.owned(users)) {
    EXPECT_NE(owner, Incarnation());
    EXPECT_NEAR(static_cast<double>(count), 100, 25) << owner.number();
  }
}

TEST(PlacingInTheCluster, AllDevicesOfAUserAreServedByOneServer) {
  PlacingWorld cluster;
  std::vector<UserAgent*> agents;
  for (int i = 0; i < 60; ++i) {
    agents.push_back(
        &cluster.land("user" + std::to_string(i % 20), static_cast<std::size_t>(i) % kServers));
  }
  cluster.world.run_for(Duration::seconds(10));
  for (const UserAgent* agent : agents)
    EXPECT_TRUE(agent->bound);
  ASSERT_EQ(cluster.bound.servers.size(), 20u);
  for (const auto& [user, servers] : cluster.bound.servers)
    EXPECT_EQ(servers.size(), 1u) << user;
}

// Most user agents follow nothing: who comes back is served where she came to, if her server has
// nothing of hers.
TEST(PlacingInTheCluster, WhoDoesNotFollowIsServedWhereSheLands) {
  PlacingWorld cluster;
  std::vector<UserAgent*> agents;
  for (int i = 0; i < 30; ++i)
    agents.push_back(&cluster.land("user" + std::to_string(i), 0, false));
  cluster.world.run_for(Duration::seconds(10));
  const ServerId first = cluster.world.server(0).id();
  for (std::size_t i = 0; i < agents.size(); ++i) {
    const std::string user = "user" + std::to_string(i);
    EXPECT_TRUE(agents[i]->bound) << user;
    EXPECT_LE(agents[i]->sent_to.size(), 2u) << user;
    EXPECT_EQ(cluster.bound.servers[user], std::set<ServerId>{first});
  }
}

TEST(PlacingInTheCluster, WhereAllAreFullNobodyMoreIsServed) {
  // A user without contacts is 1 / 21 of a level; that of a server is rounded up.
  PlacingWorld cluster(1, cluster::LoadLevel{1});
  std::vector<UserAgent*> agents;
  for (int i = 0; i < 10; ++i) {
    agents.push_back(&cluster.land("user" + std::to_string(i), 0));
    cluster.world.run_for(Duration::seconds(1));
  }
  for (std::size_t i = 0; i < agents.size(); ++i) {
    EXPECT_EQ(agents[i]->bound, i < kServers) << i;
    EXPECT_EQ(agents[i]->refused, i >= kServers) << i;
  }
  // Who is served already is so by another device, too, wherever that lands.
  for (std::size_t i = 0; i < kServers; ++i) {
    const UserAgent& second = cluster.land("user" + std::to_string(i), 1);
    cluster.world.run_for(Duration::seconds(1));
    EXPECT_TRUE(second.bound) << i;
  }
}

// Her server is killed: once it is buried she is anybody's.
TEST(PlacingInTheCluster, UsersOfADeadServerAreServedByAnother) {
  PlacingWorld cluster;
  std::vector<std::string> users;
  for (int i = 0; i < 30; ++i) {
    users.push_back("user" + std::to_string(i));
    cluster.land(users.back(), 0);
    cluster.world.run_for(Duration::milliseconds(50));
  }
  cluster.world.run_for(Duration::seconds(2));
  cluster.world.server(2).crash();
  cluster.world.run_for(Duration::seconds(10));
  std::vector<UserAgent*> again;
  for (const std::string& user : users)
    again.push_back(&cluster.land(user, 1));
  cluster.world.run_for(Duration::seconds(10));
  const ServerId dead = cluster.world.server(2).id();
  std::size_t moved = 0;
  for (std::size_t i = 0; i < users.size(); ++i) {
    EXPECT_TRUE(again[i]->bound) << users[i];
    const std::set<ServerId>& servers = cluster.bound.servers[users[i]];
    if (servers.contains(dead)) {
      ++moved;
      EXPECT_EQ(servers.size(), 2u);
    } else {
      EXPECT_EQ(servers.size(), 1u) << "who was not on it stays";
    }
  }
  EXPECT_GT(moved, 0u);
}

// Whoever has nothing left is nobody's, so that the store does not fill with who was here once.
TEST(PlacingInTheCluster, WhoLeftIsFreeAfterAWhile) {
  PlacingWorld cluster;
  UserAgent& agent = cluster.land("alice", 0);
  cluster.world.run_for(Duration::seconds(2));
  EXPECT_FALSE(cluster.owned({"alice"}).contains(Incarnation()));
  agent.leave();
  cluster.world.run_for(Duration::minutes(2));
  EXPECT_TRUE(cluster.owned({"alice"}).contains(Incarnation()));
}

}  // namespace
}  // namespace muster::sim
