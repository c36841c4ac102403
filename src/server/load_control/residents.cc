#include "server/load_control/residents.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"

namespace muster {

// --- where a user is served ----------------------------------------------------------------------

void Residents::on(Now now, const StreamToPlace& asked, Outbox& out) {
  place(now, asked.account, asked.again, asked.link, out);
}

void Residents::on(Now now, const RequestToPlace& asked, Outbox& out) {
  place(now, asked.account, asked.again, asked.request, out);
}

void Residents::place(Now now, const Address& account, bool again, Asker asker, Outbox& out) {
  Resident& resident = residents_[account];
  resident.seen = now.instant;
  if (resident.here) return answer(asker, {UserPlace::Outcome::here, nullptr}, out);
  resident.waiting.push_back(asker);
  if (std::exchange(resident.asked, true)) return;
  out.emit(ShardId(), OwnerWanted{shard_.self, account, again});
}

void Residents::answer(const Asker& asker, const UserPlace& place, Outbox& out) {
  std::visit(Overloaded{
                 [&](LinkId link) {
                   out.emit(StreamPlaced{link, place});
                 },
                 [&](SipRequestId request) {
                   out.emit(RequestPlaced{request, place});
                 },
             },
             asker);
}

void Residents::on(Now now, const OwnerFound& found, Outbox& out) {
  std::vector<Asker> waiting;
  change(now, found.account, [&](Resident& resident) {
    resident.asked = false;
    resident.here = found.place.outcome == UserPlace::Outcome::here;
    resident.awaited = resident.here;
    waiting = std::exchange(resident.waiting, {});
  });
  if (found.place.outcome == UserPlace::Outcome::here) out.emit(UserServed{found.account, true});
  for (const Asker& asker : waiting)
    answer(asker, found.place, out);
}

void Residents::on(Now now, const UserComes& comes, Outbox&) {
  change(now, comes.account, [](Resident& resident) { resident.awaited = resident.here; });
}

// Who was placed here and has nothing may be about to bind.
void Residents::on(Now, const YieldAsked& asked, Outbox& out) {
  const auto known = residents_.find(asked.account);
  const bool kept = known != residents_.end() && (known->second.here || known->second.asked);
  out.emit(ShardId(), YieldAnswered{asked.account, asked.by, !kept});
}

// --- the load ------------------------------------------------------------------------------------

void Residents::on(Now now, const ResidentChanged& changed, Outbox&) {
  change(now, changed.account, [&](Resident& resident) {
    resident.xmpp = changed.xmpp;
    resident.sip = changed.sip;
    resident.contacts = changed.contacts;
  });
}

void Residents::on(Now now, const SubscriptionsCounted& counted, Outbox&) {
  change(now, counted.watcher,
         [&](Resident& resident) { resident.subscriptions = counted.subscriptions; });
}

template <class Change>
void Residents::change(Now now, const Address& account, Change change) {
  const Known known = residents_.try_emplace(account).first;
  Resident& resident = known->second;
  const bool counted = resident.counts();
  const std::uint64_t resources = counted ? resident.resources() : 0;
  const std::uint64_t by_xmpp = resident.by_xmpp();
  const std::uint64_t by_sip = resident.by_sip();
  change(resident);
  const bool counts = resident.counts();
  if (counts && std::exchange(resident.awaited, false)) {
    came_.push_back(account);
    load_changed(now);
  }
  const std::uint64_t has = counts ? resident.resources() : 0;
  if (counts != counted || has != resources || resident.by_xmpp() != by_xmpp ||
      resident.by_sip() != by_sip) {
    users_ += counts - counted;
    resources_ += has - resources;
    xmpp_ += resident.by_xmpp() - by_xmpp;
    sip_ += resident.by_sip() - by_sip;
    load_changed(now);
  }
  if (!resident.has_something()) {
    resident.seen = now.instant;
    forget_if_nothing(known);
  }
}

// Who is here is looked at when her time is over.
void Residents::forget_if_nothing(Known known) {
  Resident& resident = known->second;
  if (resident.here) {
    if (std::exchange(resident.watched, true)) return;
    idle_.add(resident.seen + shard_.settings.limits.login_time_max + kLeaveAfter, known->first);
  } else if (!resident.asked) {
    residents_.erase(known);
  }
}

void Residents::load_changed(Now now) {
  if (!tell_at_) tell_at_ = now.instant + kTellAfter;
}

std::vector<cluster::User> Residents::list() const {
  std::vector<cluster::User> users;
  users.reserve(users_);
  for (const auto& [account, resident] : residents_) {
    if (!resident.counts()) continue;
    const cluster::PresType type = resident.by_sip() == 0    ? cluster::PresType::xmpp
                                   : resident.by_xmpp() == 1 ? cluster::PresType::both
                                                             : cluster::PresType::sip;
    users.push_back({account, type, static_cast<std::uint32_t>(resident.resources()), {}});
  }
  return users;
}

// --- time ----------------------------------------------------------------------------------------

std::optional<Instant> Residents::next_deadline() const {
  const auto idle = idle_.next();
  return tell_at_ && idle ? std::min(tell_at_, idle) : tell_at_ ? tell_at_ : idle;
}

void Residents::wake(Now now, Outbox& out) {
  if (tell_at_ && *tell_at_ <= now.instant) {
    tell_at_.reset();
    out.emit(ShardId(),
             ShardLoad{shard_.self, users_, resources_, std::exchange(came_, {}), xmpp_, sip_});
  }
  look_at_idle(now, out);
}

void Residents::look_at_idle(Now now, Outbox& out) {
  const Duration time = shard_.settings.limits.login_time_max + kLeaveAfter;
  std::vector<Address> left;
  while (auto account = idle_.take_due(now.instant)) {
    const Known known = residents_.find(*account);
    if (known == residents_.end()) continue;
    known->second.watched = false;
    if (!known->second.here || known->second.has_something()) continue;
    const Instant due = known->second.seen + time;
    if (due > now.instant) {
      known->second.watched = true;
      idle_.add(due, *std::move(account));
      continue;
    }
    residents_.erase(known);
    out.emit(UserServed{*account, false});
    left.push_back(*std::move(account));
  }
  if (!left.empty()) out.emit(ShardId(), UsersLeft{std::move(left)});
}

}  // namespace muster
