#include "sim/checkers/bounds.h"

namespace muster::sim {

void Bounds::at_step(const View& view) {
  const World& world = view.world;
  hold(view, "events to come", world.timeline().waiting(), kEventsPerAgent);
  hold(view, "orders of a turn", world.orders_of_turn_max(), kOrdersOfTurnPerAgent);
  hold(view, "questions to the store", world.store().waiting(), kQuestionsPerAgent);
  for (std::size_t i = 0; i < world.server_count(); ++i) {
    const Server& server = world.server(i);
    if (!server.running()) continue;
    for (std::uint8_t k = 0; k < server.shard_count(); ++k)
      hold(view, "links of a shard", server.links(ShardId(k)), kLinksPerAgent);
  }
}

void Bounds::hold(const View& view, std::string_view what, std::uint64_t found,
                  std::uint64_t per_agent) {
  // A world without agents has its own noise.
  const std::uint64_t most = per_agent * (view.crowd.size() + 1);
  if (found <= most) return;
  wrong(view.now(),
        std::to_string(found) + " " + std::string(what) + ", more than " + std::to_string(most));
}

}  // namespace muster::sim
