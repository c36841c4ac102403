// Events about what users say to each other in a cluster, on its way from shard to shard: where one
// that is not here is served is known on her home shard alone (load_control/interests.h), and what
// one says and shows leaves in its order (load_control/sayings.h). See events.h.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "server/cluster_events.h"
#include "server/message_events.h"
#include "server/xmpp_events.h"

namespace muster {

// What goes to whichever server serves a user.
using SaidToUser = std::variant<StanzaForUser, RequestForUser, PageMessage>;

// load_control of the shard where it was said -> load_control on the home shard of whom it is for:
// it is dealt with there, or leaves. The answer is SaidWeighed, if it has a place among what its
// sender says.
struct SaidToWeigh {
  ShardId shard;
  std::uint64_t place = 0;  // 0: none
  SaidToUser said;
};
struct SaidWeighed {
  Address sender;
  std::uint64_t place = 0;
  std::optional<ToServers> leaves;  // none: it was for a user of this server
};

}  // namespace muster
