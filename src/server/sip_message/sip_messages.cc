#include "server/sip_message/sip_messages.h"

namespace muster {

SipMessages::SipMessages(Shard& shard)
    : shard_(shard),
      matcher_(shard.prng.next()),
      requests_(shard.settings.limits.sip_requests_per_shard_max,
                shard.settings.limits.sip_request_bytes_per_shard_max),
      calls_(shard.settings.limits.sip_calls_per_shard_max),
      links_(shard.settings.limits),
      peers_(shard.settings.limits.sip_peers_per_shard_max) {}

void SipMessages::on(Now, const StopAsked&, Outbox&) {
  stopping_ = true;
}

void SipMessages::wake(Now now, Outbox& out) {
  look_at_requests(now, out);
  look_at_calls(now, out);
  while (const auto overdue = links_.take_overdue(now))
    close(overdue->link, overdue->why, out);
  look_at_peers(now, out);
  tell_losses_again(now, out);
}

std::optional<Instant> SipMessages::next_deadline() const {
  std::optional<Instant> earliest;
  for (const std::optional<Instant>& next :
       {requests_.next_deadline(), calls_.next_deadline(), links_.next_deadline(),
        peers_.next_deadline(), lost_again_at_}) {
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

}  // namespace muster
