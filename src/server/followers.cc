#include "server/followers.h"

namespace muster {

// The later of both: from there, or from wherever. Who was told to come to this server by herself,
// and did, has not come back to it.
const Followers::Seen* Followers::told_at(Instant now, const Address& user,
                                          const IpAddress& from) const {
  const Seen* latest = nullptr;
  for (const IpAddress& one : {from, IpAddress{}}) {
    const Seen* seen = told_.find(now, user, one);
    if (seen == nullptr || seen->server == 0 || seen->first + under_way_ > now) continue;
    if (latest == nullptr || seen->until > latest->until) latest = seen;
  }
  return latest;
}

// Being told another server is being told anew; the same, for longer.
void Followers::Memory::note(Instant now, Instant until, const Address& user, const IpAddress& from,
                             std::uint64_t server) {
  const auto [known, is_new] = seen_.try_emplace({user, from});
  Seen& seen = known->second;
  if (!is_new) order_.erase(seen.order);
  if (is_new || seen.until <= now || seen.server != server) seen.first = now;
  seen.until = until;
  seen.server = server;
  seen.order = order_.insert(order_.end(), known);
  while (seen_.size() > kUsersMax || order_.front()->second.until <= now) {
    seen_.erase(order_.front());
    order_.pop_front();
  }
}

void Followers::Memory::forget(const Address& user, const IpAddress& from) {
  const auto known = seen_.find({user, from});
  if (known == seen_.end()) return;
  order_.erase(known->second.order);
  seen_.erase(known);
}

const Followers::Seen* Followers::Memory::find(Instant now, const Address& user,
                                               const IpAddress& from) const {
  const auto known = seen_.find({user, from});
  return known != seen_.end() && known->second.until > now ? &known->second : nullptr;
}

}  // namespace muster
