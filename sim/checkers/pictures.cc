#include "sim/checkers/pictures.h"

#include <string>

namespace muster::sim {
namespace {

// "desk" of "desk-3": so the service calls a publication to XMPP watchers while an older one, whose
// phone has lost it, has its name.
std::string own_name(const std::string& name) {
  const std::size_t dash = name.rfind('-');
  const bool numbered = dash != std::string::npos && dash + 1 < name.size() &&
                        name.find_first_not_of("0123456789", dash + 1) == std::string::npos;
  return numbered ? name.substr(0, dash) : name;
}

}  // namespace

std::map<Address, Picture> shown(const View& view) {
  std::map<Address, Picture> all;
  for (std::uint32_t i = 0; i < view.crowd.size(); ++i) {
    if (view.crowd.lost(AgentId(i))) continue;
    const Agent& agent = view.crowd.agent(AgentId(i));
    Picture& picture = all[agent.identity().account];
    for (const auto& [name, shown] : agent.own_picture())
      picture[name] = shown;
  }
  return all;
}

Picture as_shown(const Picture& picture) {
  Picture rest;
  for (const auto& [name, shown] : picture) {
    if (name.starts_with("sip-")) continue;
    const bool taken = !rest.emplace(own_name(name), shown).second;
    if (taken) rest[name] = shown;
  }
  return rest;
}

}  // namespace muster::sim
