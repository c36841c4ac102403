#include "server/load_control/growth.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "model/cluster/sorted.h"
#include "server/planted.h"

namespace muster::cluster {
namespace {

constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();

std::uint64_t mark_of(LoadLevel max, std::uint32_t per_cent) {
  return std::uint64_t{max.value} * per_cent / 100;
}

}  // namespace

GrowthDecision Growth::step(Instant now, const Seen& seen) {
  stepped_at_ = now;
  short_ = false;
  std::erase_if(failed_, [now](const Failed& failed) { return failed.until <= now; });
  if (recruiting_) {
    if (now < recruiting_->until) return {};
    GiveUpOn decision{recruiting_->candidate};
    failed(now, decision.candidate);
    return decision;
  }
  if (awaits_level(now, seen.servers) && planted_ != Planted::recruited_twice) {
    low_.clear();
    return {};
  }
  short_ = is_short(seen);
  if (!short_) return let_go(now, seen);
  low_.clear();
  return recruit(now, seen.candidates);
}

void Growth::joined(Instant now, std::string_view candidate, Incarnation server) {
  if (is_recruiting(candidate)) recruiting_.reset();
  insert(awaited_, Awaited{server, now + settings_.report_time_max});
}

void Growth::failed(Instant now, std::string_view candidate) {
  if (!is_recruiting(candidate)) return;
  failed_.push_back({std::move(recruiting_->candidate), now + settings_.recruit_back_off});
  recruiting_.reset();
}

std::optional<Instant> Growth::next_deadline() const {
  std::optional<Instant> next;
  const auto consider = [&](Instant when) {
    if (when > stepped_at_ && (!next || when < *next)) next = when;
  };
  if (recruiting_) return recruiting_->until;  // nothing else is decided before
  for (const Awaited& awaited : awaited_)
    consider(awaited.until);
  for (const Low& low : low_)
    consider(low.since + settings_.low_time);
  if (short_) {
    for (const Failed& failed : failed_)
      consider(failed.until);
  }
  return next;
}

// Who is not known after its time is passed over, until it is known or does not run any more. Who
// joined may be in the picture later, or be a candidate in it still.
bool Growth::awaits_level(Instant now, std::span<const ServerPicture> servers) {
  for (const ServerPicture& server : servers) {
    if (!server.runs() || server.known()) continue;
    insert(awaited_, Awaited{server.incarnation, now + settings_.report_time_max});
  }
  std::vector<Awaited> awaited;
  for (const Awaited& one : awaited_) {
    const ServerPicture* server = find(servers, one.server);
    const bool runs = server != nullptr && server->runs();
    if (runs ? server->known() : one.runs || now >= one.until) continue;
    awaited.push_back({one.server, one.until, runs});
  }
  awaited_ = std::move(awaited);
  return std::any_of(awaited_.begin(), awaited_.end(),
                     [now](const Awaited& one) { return now < one.until; });
}

bool Growth::is_past_high_mark(const ServerPicture& server) const {
  return server.max && server.level().value > mark_of(*server.max, settings_.high_mark);
}

bool Growth::is_low(const ServerPicture& server) const {
  return server.max && server.level().value <= mark_of(*server.max, settings_.low_mark);
}

bool Growth::is_short(const Seen& seen) const {
  bool any = false;
  bool any_full = false;
  bool all_past = true;
  bool any_room = false;
  for (const ServerPicture& server : seen.servers) {
    if (!server.runs() || !server.known() || !server.reachable) continue;
    any = true;
    all_past = all_past && is_past_high_mark(server);
    any_room = any_room || server.has_room();
    any_full = any_full || !server.has_room();
  }
  if (any_full && planted_ == Planted::recruited_with_room) return true;
  return (any && all_past) || (seen.wanting > 0 && !any_room);
}

bool Growth::is_recruiting(std::string_view candidate) const {
  return recruiting_ && recruiting_->candidate == candidate;
}

GrowthDecision Growth::recruit(Instant now, std::span<const std::string> candidates) {
  const auto next =
      std::find_if(candidates.begin(), candidates.end(), [&](const std::string& candidate) {
        return std::none_of(failed_.begin(), failed_.end(),
                            [&](const Failed& failed) { return failed.candidate == candidate; });
      });
  if (next == candidates.end()) return {};
  recruiting_ = Recruiting{*next, now + settings_.recruit_time_max};
  return Recruit{*next};
}

void Growth::note_low(Instant now, const Seen& seen) {
  std::vector<Low> low;
  for (const ServerPicture& server : seen.servers) {
    if (!server.runs() || !server.known() || server.incarnation == seen.main) continue;
    if (!is_low(server)) continue;
    const Low* before = find(low_, server.incarnation);
    low.push_back({server.incarnation, before ? before->since : now});
  }
  low_ = std::move(low);
}

// Levels that the others can take until they are at their high marks.
std::uint64_t Growth::room_beside(const ServerPicture& leaver, const Seen& seen) const {
  std::uint64_t room = 0;
  for (const ServerPicture& server : seen.servers) {
    if (server.incarnation == leaver.incarnation || !server.runs() || !server.known()) continue;
    if (!server.max) return kEndless;
    const std::uint64_t mark = mark_of(*server.max, settings_.high_mark);
    room += mark - std::min<std::uint64_t>(mark, server.level().value);
  }
  return room;
}

GrowthDecision Growth::let_go(Instant now, const Seen& seen) {
  if (std::any_of(seen.servers.begin(), seen.servers.end(), [](const ServerPicture& server) {
        return server.drains() || (server.runs() && !(server.known() && server.reachable));
      })) {
    low_.clear();
    return {};
  }
  note_low(now, seen);
  const ServerPicture* leaver = nullptr;
  for (const Low& low : low_) {
    if (now < low.since + settings_.low_time) continue;
    const ServerPicture* server = find(seen.servers, low.server);
    if (leaver != nullptr && leaver->level() < server->level()) continue;
    if (server->level().value <= room_beside(*server, seen)) leaver = server;
  }
  if (leaver == nullptr) return {};
  low_.clear();
  return LetGo{leaver->incarnation};
}

}  // namespace muster::cluster
