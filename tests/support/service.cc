#include "support/service.h"

#include <algorithm>
#include <utility>

#include "codec/address/jid.h"

namespace muster::testing {
namespace {

constexpr Endpoint kXmppAt{IpAddress::v4(127, 0, 0, 1), 5222};
constexpr Endpoint kSipAt{IpAddress::v4(127, 0, 0, 1), 5060};

sim::World::Plan plan_of(std::uint8_t shards) {
  sim::World::Plan plan;
  plan.shards = shards;
  plan.xmpp_at = kXmppAt;
  plan.sip_at = kSipAt;
  return plan;
}

}  // namespace

Service::Service(std::uint8_t shards) : world_(plan_of(shards)) {
  settings.domains = {"example.com", "example.net"};
  settings.plain_without_tls = true;
  settings.loopback_sip_trusted = true;
  settings.limits.notify_interval_min = Duration();
  world_.verifier().trusting = true;
  world_.watch(*this);
}

void Service::start() {
  world_.settings() = settings;
  world_.server().record_to(recording);
  world_.start_all();
  world_.settle();
}

Address Service::address(std::string_view bare) {
  return *parse_jid(bare);
}

// --- links and datagrams -------------------------------------------------------------------------

Service::Connection& Service::of(sim::ConnectionId id) {
  return *std::find_if(connections_.begin(), connections_.end(),
                       [&](const Connection& connection) { return connection.id == id; });
}

Service::ConnectionId Service::connect(LinkUse use, std::uint8_t at_shard) {
  const ConnectionId number = connections_.size();
  sim::Network::Connecting connecting;
  connecting.from = {IpAddress::v4(127, 0, 0, 9), static_cast<std::uint16_t>(40'000 + number)};
  connecting.to = use == LinkUse::xmpp ? kXmppAt : kSipAt;
  connecting.use = use;
  connecting.shard = ShardId(at_shard);
  connections_.emplace_back();
  connections_.back().id = world_.network().connect(*this, connecting);
  world_.settle();
  return number;
}

void Service::say(ConnectionId connection, std::string_view bytes) {
  world_.network().say(connections_[connection].id, bytes);
  world_.settle();
}

void Service::vanish(ConnectionId connection) {
  world_.network().abort(connections_[connection].id);
  world_.settle();
}

void Service::heard(sim::ConnectionId id, std::string_view bytes) {
  of(id).received += bytes;
}

void Service::ended(sim::ConnectionId id) {
  of(id).closed = true;
}

std::string Service::heard(ConnectionId connection) {
  return std::exchange(connections_[connection].received, {});
}

void Service::send_datagram(const Endpoint& from, std::string_view bytes, std::uint8_t at_shard) {
  world_.network().bind(from, *this);
  world_.network().send_datagram(from, kSipAt, bytes, ShardId(at_shard));
  world_.settle();
}

void Service::heard_datagram(const Endpoint& at, const Endpoint&, std::string_view bytes) {
  datagrams_[at].emplace_back(bytes);
}

std::vector<std::string> Service::datagrams(const Endpoint& at) {
  return std::exchange(datagrams_[at], {});
}

// --- the rest ------------------------------------------------------------------------------------

void Service::ordered(const sim::Server&, ShardId, const Order& order) {
  if (const auto* log = std::get_if<Log>(&order)) logs_.push_back(*log);
}

AdminReply Service::administer(AdminRequest request) {
  std::optional<AdminReply> answer;
  world_.server().administer(std::move(request), [&](AdminReply reply) { answer = reply; });
  world_.settle();
  return answer.value();
}

void Service::flush_recording() {
  world_.server().flush_recording();
}

void Service::stop() {
  world_.server().stop();
  world_.settle();
}

}  // namespace muster::testing
