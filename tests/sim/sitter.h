// An agent that shows and sees what a test has it show and see.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "sim/agents/agent.h"

namespace muster::sim {

class Sitter : public Agent {
 public:
  Sitter(const Address& account, const Endpoint& at) {
    identity_.account = account;
    identity_.name = "home";
    identity_.at = at;
  }
  Picture shows;
  std::map<Address, Picture> sees;
  std::map<Address, Tie> has;
  AgentKind is = AgentKind::messenger;
  std::optional<Registered> is_registered;

  AgentKind kind() const override { return is; }
  const Identity& identity() const override { return identity_; }
  void step(Now, const AgentInput&, AgentOutbox&) override {}
  std::optional<Instant> next_deadline() const override { return std::nullopt; }
  bool content() const override { return true; }
  bool online() const override { return true; }
  Picture own_picture() const override { return shows; }
  std::map<Address, Picture> pictures() const override { return sees; }
  std::map<Address, Tie> ties() const override { return has; }
  std::optional<Registered> registered() const override { return is_registered; }

 private:
  Identity identity_;
};

}  // namespace muster::sim
