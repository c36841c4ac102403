#include "sim/checkers/convergence.h"

#include <map>

namespace muster::sim {
namespace {

// What each user shows of itself, all agents together.
std::map<Address, Picture> shown(const View& view) {
  std::map<Address, Picture> all;
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    const Agent& agent = view.crowd.agent(AgentId(i));
    Picture& picture = all[agent.identity().account];
    for (const auto& [name, shown] : agent.own_picture())
      picture[name] = shown;
  }
  return all;
}

// A phone that is registered is present by a name that the service makes; it says nothing else.
Picture without_registrations(const Picture& picture) {
  Picture rest;
  for (const auto& [name, shown] : picture) {
    if (!name.starts_with("sip-")) rest[name] = shown;
  }
  return rest;
}

}  // namespace

void Convergence::at_rest(const View& view) {
  const auto truth = shown(view);
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    const Agent& agent = view.crowd.agent(AgentId(i));
    const std::string who = agent.identity().account.text() + "/" + agent.identity().name;
    if (!agent.content()) stuck(view.now(), who + " has not reached what it wants");
    for (const auto& [presentity, seen] : agent.pictures()) {
      const auto found = truth.find(presentity);
      const Picture expected = found == truth.end() ? Picture() : found->second;
      if (without_registrations(seen) == expected) continue;
      stuck(view.now(), who + " sees of " + presentity.text() + " " + to_text(seen) +
                            ", who shows " + to_text(expected));
    }
  }
}

}  // namespace muster::sim
