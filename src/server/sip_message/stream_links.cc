#include "server/sip_message/stream_links.h"

#include <algorithm>

namespace muster {

bool StreamLinks::add(Now now, const LinkOpened& opened) {
  const bool ours = opened.asked.has_value();
  if (!ours && accepted_ >= limits_.sip_links_per_shard_max) return false;
  StreamLink link;
  link.framer = sip::Framer({limits_.sip_header_bytes_max, limits_.sip_body_bytes_max});
  link.transport = opened.transport;
  link.local = opened.local;
  link.remote = opened.remote;
  link.ours = ours;
  link.heard = now.instant;
  StreamLink& added = links_.add(opened.link, std::move(link));
  if (!ours) ++accepted_;
  look_later(opened.link, added);
  return true;
}

void StreamLinks::erase(LinkId id) {
  const StreamLink* link = links_.find(id);
  if (link == nullptr) return;
  if (!link->ours) --accepted_;
  unfinished_bytes_ -= link->unfinished.size();
  links_.erase(id);
}

std::string_view StreamLinks::take_in(Now now, StreamLink& link, std::string_view bytes) {
  link.heard = now.instant;
  if (link.unfinished.empty()) return bytes;
  link.unfinished.append(bytes);
  unfinished_bytes_ += bytes.size();
  return link.unfinished;
}

bool StreamLinks::keep(Now now, LinkId id, StreamLink& link, std::string_view rest) {
  const bool had = !link.unfinished.empty();
  const std::size_t before = link.unfinished.size();
  if (rest.empty()) {
    std::string().swap(link.unfinished);
  } else if (had && rest.size() < before) {
    link.unfinished.erase(0, before - rest.size());
    link.begun = now.instant;
  } else if (!had) {
    link.unfinished.reserve(std::max(rest.size(), link.framer.expected_bytes()));
    link.unfinished.assign(rest);
    link.begun = now.instant;
  }
  unfinished_bytes_ += link.unfinished.size();
  unfinished_bytes_ -= before;
  if (!had && !rest.empty()) look_later(id, link);
  return unfinished_bytes_ <= limits_.sip_unfinished_bytes_per_shard_max;
}

// A look that is nearer than the one that waits is added; one that is farther is found when the
// other comes.
void StreamLinks::look_later(LinkId id, StreamLink& link) {
  Instant look = link.heard + limits_.sip_link_silence_max;
  if (!link.unfinished.empty()) look = std::min(look, link.begun + limits_.sip_message_time_max);
  if (link.look != Instant() && link.look <= look) return;
  link.look = look;
  deadlines_.add(look, id);
}

std::optional<StreamLinks::Overdue> StreamLinks::take_overdue(Now now) {
  while (const auto id = deadlines_.take_due(now.instant)) {
    StreamLink* link = links_.find(*id);
    if (link == nullptr || link->look > now.instant) continue;
    link->look = Instant();
    if (!link->unfinished.empty() && link->begun + limits_.sip_message_time_max <= now.instant) {
      return Overdue{*id, SipDrop::link_slow};
    }
    if (link->heard + limits_.sip_link_silence_max <= now.instant) {
      return Overdue{*id, SipDrop::link_silent};
    }
    look_later(*id, *link);
  }
  return std::nullopt;
}

}  // namespace muster
