#include "sim/checkers/convergence.h"

#include "sim/checkers/pictures.h"

namespace muster::sim {

void Convergence::at_rest(const View& view) {
  const auto truth = shown(view);
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    if (view.crowd.lost(AgentId(i))) continue;
    const Agent& agent = view.crowd.agent(AgentId(i));
    const std::string who = agent.identity().account.text() + "/" + agent.identity().name;
    if (!agent.content()) stuck(view.now(), who + " has not reached what it wants");
    for (const auto& [presentity, seen] : agent.pictures()) {
      const auto found = truth.find(presentity);
      const Picture expected = found == truth.end() ? Picture() : found->second;
      if (as_shown(seen) == expected) continue;
      stuck(view.now(), who + " sees of " + presentity.text() + " " + to_text(seen) +
                            ", who shows " + to_text(expected));
    }
    for (const auto& [presentity, seen] : agent.glimpses()) {
      const auto found = truth.find(presentity);
      const Picture there = found == truth.end() ? Picture() : found->second;
      for (const auto& [name, shown] : as_shown(seen)) {
        if (there.contains(name)) continue;
        stuck(view.now(),
              who + " takes " + presentity.text() + "/" + name + " to be there, who has gone");
      }
    }
  }
}

}  // namespace muster::sim
