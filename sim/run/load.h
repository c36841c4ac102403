// The users of a run and what they wish: who there is and whom they watch, drawn from the seed at
// the beginning; then wishes, one after the other, as the kind of load has it.
#pragma once

#include <vector>

#include "sim/agents/crowd.h"
#include "sim/run/swarm.h"
#include "sim/world/world.h"

namespace muster::sim {

class Load {
 public:
  Load(World& world, Crowd& crowd, const Swarm& swarm);

  // All come online, and wishes begin.
  void begin();
  void end() { ended_ = true; }
  // Nobody is away, and nobody wishes anything any more.
  void bring_all_online();
  // Everybody changes, twice; some phones vanish with their link.
  void show_all();
  // Everybody writes to somebody, at some time within this.
  void write_all(Duration within);
  // In order, or because their device breaks.
  void part_some();
  void send_all_away();

 private:
  struct User {
    Address account;
    std::vector<AgentId> agents;
  };

  void make_user(std::uint32_t number);
  void make_messenger(User& user, std::uint32_t number, std::uint32_t which);
  void make_phone(User& user, std::uint32_t number);
  void land(Identity& identity, const Endpoint& (Server::*at)() const);
  void wish_later(Duration pause);
  void wish_something();
  Wish draw_wish();
  Shown draw_shown();
  const Address& any_account();
  Duration pause_of_load();

  World& world_;
  Crowd& crowd_;
  const Swarm& swarm_;
  Prng users_;
  Prng wishes_;
  Prng landings_;
  std::vector<User> all_;
  std::vector<AgentId> fleeting_;  // phones of which nothing outlives their link
  std::uint64_t version_ = 0;      // of what is shown: each is newer than the one before
  bool ended_ = false;
};

}  // namespace muster::sim
