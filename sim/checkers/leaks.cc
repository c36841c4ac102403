#include "sim/checkers/leaks.h"

namespace muster::sim {

void Leaks::at_end(const View& view) {
  for (std::size_t i = 0; i < view.world.server_count(); ++i) {
    const Server& server = view.world.server(i);
    if (!server.running()) continue;
    for (std::uint8_t k = 0; k < server.shard_count(); ++k) {
      const std::string where = "server " + std::to_string(i) + " shard " + std::to_string(k);
      // Shard 0 of one of many has the others, and a lease.
      const bool has_others = view.world.server_count() > 1 && k == 0;
      const std::size_t links = has_others ? view.world.server_count() - 1 : 0;
      if (server.links(ShardId(k)) != links) {
        stuck(view.now(), where + " holds " + std::to_string(server.links(ShardId(k))) + " links");
      }
      const PresenceServer& shard = server.shard(ShardId(k));
      if (!shard.serves_nobody()) stuck(view.now(), where + " is not idle");
      if (shard.users_known() != 0) {
        stuck(view.now(), where + " knows " + std::to_string(shard.users_known()) + " users");
      }
      if (has_others) continue;
      if (const auto next = shard.next_deadline()) {
        stuck(view.now(), where + " has a deadline in " +
                              std::to_string((*next - view.now()).in_seconds()) + " s");
      }
    }
  }
}

}  // namespace muster::sim
