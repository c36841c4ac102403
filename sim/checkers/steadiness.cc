#include "sim/checkers/steadiness.h"

#include <map>
#include <string>

namespace muster::sim {

void Steadiness::happened(const Happened& fact) {
  if (std::holds_alternative<ForgotPictures>(fact.what)) {
    std::erase_if(seen_, [&](const auto& seen) { return seen.first == fact.agent; });
  }
  if (std::holds_alternative<WentOffline>(fact.what) && is_calm()) leaving_.push_back(fact.agent);
  const auto* saw = std::get_if<SawPicture>(&fact.what);
  if (saw == nullptr) return;
  const std::pair seen(fact.agent, saw->presentity);
  if (!saw->picture.empty()) {
    seen_.insert(seen);
  } else if (seen_.erase(seen) > 0 && is_calm()) {
    gone_.push_back(seen);
  }
}

void Steadiness::at_step(const View& view) {
  for (const AgentId agent : leaving_)
    left_.insert(view.crowd.agent(agent).identity().account);
  for (const auto& [agent, presentity] : gone_) {
    if (left_.contains(presentity)) continue;
    // Who is not subscribed may see her for a while all the same, as long as somebody else is whom
    // the same server serves.
    const Agent& watcher = view.crowd.agent(agent);
    const std::map<Address, Tie> ties = watcher.ties();
    const auto tie = ties.find(presentity);
    if (tie == ties.end() || !tie->second.sees) continue;
    const Identity& identity = watcher.identity();
    wrong(view.now(), identity.account.text() + "/" + identity.name + " saw " + presentity.text() +
                          " go, who is there");
  }
  leaving_.clear();
  gone_.clear();
}

}  // namespace muster::sim
