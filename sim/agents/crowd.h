// The user agents of a run, each in its place in the world: it brings them what comes over the
// network, carries out what they order, wakes them, and tells watches what they did and heard.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/agents/agent.h"
#include "sim/world/world.h"

namespace muster::sim {

class Crowd : private Peer {
 public:
  explicit Crowd(World& world) : world_(world) {}

  AgentId add(std::unique_ptr<Agent> agent);
  std::size_t size() const { return places_.size(); }
  const Agent& agent(AgentId id) const { return *places_[id.number()].agent; }

  // Now; what comes of it is an event like others.
  void wish(AgentId id, const Wish& wish);
  // Its device breaks: it neither says nor hears anything more, and nobody is told.
  void lose(AgentId id);
  bool lost(AgentId id) const { return places_[id.number()].lost; }
  // Of all agents; a device that broke has none.
  std::size_t links() const { return connections_.size(); }

  void watch(AgentWatch& watch) { watches_.push_back(&watch); }

 private:
  struct Place {
    std::unique_ptr<Agent> agent;
    std::string name;  // for the history
    std::optional<ConnectionId> connection;
    std::optional<Instant> alarm;
    bool lost = false;
  };

  void step(AgentId id, const AgentInput& input);
  void set_alarm(AgentId id);
  void ring(AgentId id, Instant when);
  void obey(AgentId id, AgentOrder& order);
  std::optional<AgentId> agent_of(ConnectionId connection) const;
  void note(AgentId id, const Happened& fact);

  // No agent does: a server that connects to one is refused.
  bool listens() const override { return false; }
  void connected(ConnectionId connection) override;
  void accepted(ConnectionId connection) override;
  void tls_started(ConnectionId connection) override;
  void heard(ConnectionId connection, std::string_view bytes) override;
  void ended(ConnectionId connection) override;
  void heard_datagram(const Endpoint& at, const Endpoint& from, std::string_view bytes) override;

  World& world_;
  std::deque<Place> places_;
  std::map<ConnectionId, AgentId> connections_;
  std::map<Endpoint, AgentId> endpoints_;
  std::vector<AgentWatch*> watches_;
};

}  // namespace muster::sim
