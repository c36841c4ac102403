#include "sim/checkers/expiry.h"

#include <map>
#include <set>

namespace muster::sim {

void Expiry::at_rest(const View& view) {
  std::map<Address, std::set<Shown>> gone;
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    if (!view.crowd.lost(AgentId(i))) continue;
    const Agent& agent = view.crowd.agent(AgentId(i));
    for (const auto& [resource, shown] : agent.own_picture())
      gone[agent.identity().account].insert(shown);
  }
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    if (view.crowd.lost(AgentId(i))) continue;
    const Agent& agent = view.crowd.agent(AgentId(i));
    for (const auto& [presentity, picture] : agent.pictures()) {
      for (const auto& [resource, shown] : picture) {
        if (!gone[presentity].contains(shown)) continue;
        wrong(view.now(), agent.identity().account.text() + " still sees " + presentity.text() +
                              "/" + resource + ", which broke long ago");
      }
    }
  }
}

}  // namespace muster::sim
