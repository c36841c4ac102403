#include "server/load_control/residents.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "server/planted.h"

namespace muster {

Residents::Counts& Residents::Counts::operator+=(const Counts& more) {
  users += more.users;
  resources += more.resources;
  xmpp += more.xmpp;
  sip += more.sip;
  dialogs += more.dialogs;
  return *this;
}

Residents::Counts& Residents::Counts::operator-=(const Counts& less) {
  users -= less.users;
  resources -= less.resources;
  xmpp -= less.xmpp;
  sip -= less.sip;
  dialogs -= less.dialogs;
  return *this;
}

// --- where a user is served ----------------------------------------------------------------------

void Residents::on(Now now, const StreamToPlace& asked, Outbox& out) {
  place(now, asked.account, asked.again, asked.link, out);
}

void Residents::on(Now now, const RequestToPlace& asked, Outbox& out) {
  if (asked.registers != nullptr) {
    const auto known = residents_.find(asked.account);
    const bool is_known = known != residents_.end();
    if (is_known && waits_with_phone(known->second, asked.request)) return;
    if (is_known && !asked.again && may_go_by_phone(now, known->second)) {
      return out.emit(PhoneRegisters{asked.request, asked.account, asked.registers});
    }
  }
  place(now, asked.account, asked.again, asked.request, out);
}

void Residents::place(Now now, const Address& account, bool again, Asker asker, Outbox& out) {
  Resident& resident = residents_[account];
  resident.seen = now.instant;
  if (resident.here) return answer(asker, {UserPlace::Outcome::here, nullptr}, out);
  resident.waiting.push_back(asker);
  resident.again = resident.again || again;
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
  change(
      now, found.account,
      [&](Resident& resident) {
        resident.asked = false;
        resident.stays = std::exchange(resident.again, false);
        resident.here = found.place.outcome == UserPlace::Outcome::here;
        resident.awaited = resident.here;
        waiting = std::exchange(resident.waiting, {});
        if (!resident.here) return;
        // She has come back to what she has here.
        resident.left = false;
        end_move(resident, out);
      },
      out);
  if (found.place.outcome == UserPlace::Outcome::here) out.emit(UserServed{found.account, true});
  for (const Asker& asker : waiting)
    answer(asker, found.place, out);
}

void Residents::on(Now now, const UserComes& comes, Outbox& out) {
  change(
      now, comes.account, [](Resident& resident) { resident.awaited = resident.here; }, out);
}

// Who was placed here and has nothing may be about to bind.
void Residents::on(Now, const YieldAsked& asked, Outbox& out) {
  const auto known = residents_.find(asked.account);
  const bool kept = known != residents_.end() && (known->second.here || known->second.asked);
  out.emit(ShardId(), YieldAnswered{asked.account, asked.by, !kept});
}

// --- the load ------------------------------------------------------------------------------------

void Residents::on(Now now, const ResidentChanged& changed, Outbox& out) {
  change(
      now, changed.account,
      [&](Resident& resident) {
        resident.xmpp = changed.xmpp;
        resident.sip = changed.sip;
        resident.contacts = changed.contacts;
      },
      out);
}

void Residents::on(Now now, const SubscriptionsCounted& counted, Outbox& out) {
  change(
      now, counted.watcher,
      [&](Resident& resident) { resident.subscriptions = counted.subscriptions; }, out);
}

template <class Change>
void Residents::change(Now now, const Address& account, Change change, Outbox& out) {
  const Known known = residents_.try_emplace(account).first;
  Resident& resident = known->second;
  const Counts before = resident.counted();
  const bool had_something = resident.has_something();
  change(resident);
  const Counts after = resident.counted();
  if (after.users > 0 && std::exchange(resident.awaited, false)) {
    came_.push_back(account);
    load_changed(now);
  }
  if (after != before) {
    counts_ += after;
    const bool is_kept = after.users == 0 && shard_.planted == Planted::gone_user_counted;
    if (!is_kept) counts_ -= before;
    load_changed(now);
  }
  if (!resident.has_something()) {
    end_move(resident, out);
    // What was under way when she left may have come about, and gone.
    const bool is_left = std::exchange(resident.left, false) || (had_something && !resident.here);
    if (is_left) out.emit(UserServed{account, false});
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

void Residents::relaying(Now now, std::size_t links) {
  if (std::exchange(relaying_, links) != links) load_changed(now);
}

void Residents::on(Now now, const ShardMeasured& measured, Outbox&) {
  if (std::exchange(measures_, measured.measures) != measured.measures) load_changed(now);
}

void Residents::load_changed(Now now) {
  if (!tell_at_) tell_at_ = now.instant + kTellAfter;
}

std::vector<cluster::User> Residents::list() const {
  std::vector<cluster::User> users;
  users.reserve(counts_.users);
  for (const auto& [account, resident] : residents_) {
    if (!resident.counts()) continue;
    const cluster::PresType type = !resident.by_sip() ? cluster::PresType::xmpp
                                   : resident.xmpp    ? cluster::PresType::both
                                                      : cluster::PresType::sip;
    const auto resources = static_cast<std::uint32_t>(resident.counted().resources);
    users.push_back({account, type, resources, {}});
  }
  return users;
}

// --- who moves -----------------------------------------------------------------------------------

// With a phone she would be here still until it registers anew, and levels would not follow.
bool Residents::may_move(const Resident& resident, const UsersToMove& order) const {
  if (!resident.here || !resident.counts() || resident.chosen) return false;
  if (resident.xmpp && !order.at->xmpp) return false;
  if (resident.by_sip() && order.at->sip.empty()) return false;
  return order.all || (!resident.stays && !resident.sip);
}

void Residents::on(Now, const UsersToMove& order, Outbox& out) {
  MovesChosen chosen{shard_.self, order.to, order.users, {}};
  Known next = residents_.upper_bound(chosen_);
  std::uint64_t dialogs = 0;
  const std::size_t most = std::min(kLookedAtMax, residents_.size());
  std::size_t looked_at = 0;
  for (; looked_at < most && chosen.accounts.size() < order.users; ++looked_at, ++next) {
    if (next == residents_.end()) next = residents_.begin();
    auto& [account, resident] = *next;
    if (may_move(resident, order)) {
      dialogs += resident.subscriptions;
      if (!chosen.accounts.empty() && dialogs > order.dialogs) break;
      resident.chosen = true;
      chosen.accounts.push_back(account);
    }
    chosen_ = account;
  }
  chosen.lacks = !order.all && looked_at == most && chosen.accounts.size() < order.users;
  out.emit(ShardId(), std::move(chosen));
}

void Residents::on(Now, const PhonesMayMove& may, Outbox&) {
  phones_go_until_ = may.until;
}

// A REGISTER goes with the one that waits, be it another phone of hers.
bool Residents::waits_with_phone(Resident& resident, SipRequestId request) {
  if (!resident.chosen || !resident.by_phone) return false;
  resident.waiting.push_back(request);
  return true;
}

bool Residents::may_go_by_phone(Now now, const Resident& resident) const {
  return now.instant < phones_go_until_ && resident.here && resident.sip && !resident.chosen &&
         !resident.stays;
}

// What has come about since it was asked may speak against it.
void Residents::on(Now now, const PhoneWeighed& weighed, Outbox& out) {
  const auto known = residents_.find(weighed.account);
  const bool is_known = known != residents_.end();
  if (is_known && waits_with_phone(known->second, weighed.request)) return;
  const bool goes = is_known && weighed.renews_all && may_go_by_phone(now, known->second);
  if (!goes) return place(now, weighed.account, false, weighed.request, out);
  Resident& resident = known->second;
  resident.chosen = resident.by_phone = true;
  resident.waiting.push_back(weighed.request);
  out.emit(ShardId(),
           PhoneMoves{shard_.self, weighed.account, resident.subscriptions, resident.xmpp});
}

void Residents::on(Now now, const MoveDecided& decided, Outbox& out) {
  const Known known = residents_.find(decided.account);
  if (known == residents_.end()) return out.emit(ShardId(), MovesEnded{decided.to, 1});
  known->second.chosen = false;
  if (decided.at == nullptr) return stay(now, known, decided.to, out);
  const bool goes = known->second.here && known->second.counts();
  const bool by_phone = known->second.by_phone;
  std::vector<Asker> waiting;
  if (by_phone) waiting = std::exchange(known->second.waiting, {});
  change(
      now, decided.account,
      [&](Resident& resident) {
        resident.here = false;
        resident.left = true;
        resident.by_phone = goes && by_phone;
        resident.moves_to = goes ? decided.to : 0;
        resident.move = next_move_;
      },
      out);
  for (const Asker& asker : waiting)
    answer(asker, {UserPlace::Outcome::elsewhere, decided.at}, out);
  if (!goes) return out.emit(ShardId(), MovesEnded{decided.to, 1, by_phone});
  moves_due_.add(now.instant + kMoveTimeMax, {decided.account, next_move_++, decided.at});
  out.emit(UserLeaves{decided.account, decided.at});
}

// Nothing came of it. Whose phone registers is here until that is known.
void Residents::stay(Now now, Known known, std::uint64_t to, Outbox& out) {
  Resident& resident = known->second;
  const bool by_phone = std::exchange(resident.by_phone, false);
  if (to != 0) out.emit(ShardId(), MovesEnded{to, 1, by_phone});
  if (by_phone) {
    resident.seen = now.instant;
    for (const Asker& asker : std::exchange(resident.waiting, {}))
      answer(asker, {UserPlace::Outcome::here, nullptr}, out);
  }
  if (!resident.has_something()) forget_if_nothing(known);
}

void Residents::end_move(Resident& resident, Outbox& out) {
  const std::uint64_t to = std::exchange(resident.moves_to, 0);
  if (to == 0) return;
  const bool by_phone = std::exchange(resident.by_phone, false);
  out.emit(ShardId(), MovesEnded{to, 1, by_phone});
}

// Who has something here still is waited for no longer, and told again: a stream may have been
// about to bind when she was told.
void Residents::look_at_moves(Now now, Outbox& out) {
  while (auto due = moves_due_.take_due(now.instant)) {
    const Known known = residents_.find(due->account);
    const bool is_over =
        known == residents_.end() || !known->second.left || known->second.move != due->number;
    if (is_over) continue;
    end_move(known->second, out);
    out.emit(UserLeaves{due->account, due->at});
    moves_due_.add(now.instant + kMoveTimeMax, *std::move(due));
  }
}

// --- time ----------------------------------------------------------------------------------------

std::optional<Instant> Residents::next_deadline() const {
  std::optional<Instant> earliest = tell_at_;
  for (const auto& next : {idle_.next(), moves_due_.next()}) {
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

void Residents::wake(Now now, Outbox& out) {
  if (tell_at_ && *tell_at_ <= now.instant) {
    tell_at_.reset();
    out.emit(ShardId(),
             ShardLoad{shard_.self, counts_.users, counts_.resources, std::exchange(came_, {}),
                       counts_.xmpp, counts_.sip, counts_.dialogs, relaying_, measures_});
  }
  look_at_idle(now, out);
  look_at_moves(now, out);
}

void Residents::look_at_idle(Now now, Outbox& out) {
  const Duration time = shard_.settings.limits.login_time_max + kLeaveAfter;
  std::vector<Address> left;
  while (auto account = idle_.take_due(now.instant)) {
    const Known known = residents_.find(*account);
    if (known == residents_.end()) continue;
    known->second.watched = false;
    const bool is_kept = known->second.has_something() || known->second.chosen;
    if (!known->second.here || is_kept) continue;
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
