#include "server/sip_presence/subscriptions.h"

#include <algorithm>
#include <utility>

#include "codec/sip/values.h"
#include "server/planted.h"

namespace muster {

// --- what the presentity's side says -------------------------------------------------------------

void Subscriptions::on(Now now, const WatchDecided& decided, Outbox& out) {
  const WatchSlot id = decided.watch.slot;
  Subscription* subscription = subscriptions_.find(id);
  if (subscription == nullptr) return;
  if (subscription->state == Subscription::State::asked) {
    begin(now, id, *subscription, decided, out);
    return;
  }
  const bool watches = decided.state == WatchState::active || decided.state == WatchState::pending;
  if (subscription->state == Subscription::State::abandoned) {
    if (watches && !subscription->fetch) unwatch(id, *subscription, out);
    forget(id, *subscription, out);
    return;
  }
  if (!subscription->is_live()) return;
  switch (decided.state) {
    case WatchState::active:
    case WatchState::pending:
      subscription->state = decided.state == WatchState::active ? Subscription::State::active
                                                                : Subscription::State::pending;
      subscription->document = decided.document;
      subscription->due = true;
      notify(now, id, *subscription, out);
      return;
    case WatchState::rejected: end(now, id, *subscription, Reason::rejected, nullptr, out); return;
    case WatchState::no_such_user:
      end(now, id, *subscription, Reason::noresource, nullptr, out);
      return;
    case WatchState::too_many:
    case WatchState::store_failed:
      subscription->seconds = static_cast<std::uint32_t>(kProbation.in_seconds());
      end(now, id, *subscription, Reason::probation, nullptr, out);
      return;
  }
}

// RFC 6665 section 4.2.1.3 for who may not watch.
void Subscriptions::begin(Now now, WatchSlot id, Subscription& subscription,
                          const WatchDecided& decided, Outbox& out) {
  switch (decided.state) {
    case WatchState::active:
    case WatchState::pending: break;
    case WatchState::rejected:
      answer(subscription.request, sip::Status::forbidden, out);
      return forget(id, subscription, out);
    case WatchState::no_such_user:
      answer(subscription.request, sip::Status::not_found, out);
      return forget(id, subscription, out);
    case WatchState::too_many:
      answer_later(subscription.request, sip::Status::service_unavailable, out);
      return forget(id, subscription, out);
    case WatchState::store_failed:
      answer_later(subscription.request, sip::Status::server_internal_error, out);
      return forget(id, subscription, out);
  }
  confirm(subscription.request, subscription, true, out);
  if (subscription.fetch) {
    // RFC 6665 section 4.4.3. The presentity's side has forgotten it.
    end(now, id, subscription, Reason::timeout, decided.document, out);
    return;
  }
  subscription.state = decided.state == WatchState::active ? Subscription::State::active
                                                           : Subscription::State::pending;
  subscription.expires = now.instant + Duration::seconds(subscription.seconds);
  look_at(id, subscription, subscription.expires);
  subscription.document = decided.document;
  subscription.due = true;
  notify(now, id, subscription, out);
}

void Subscriptions::confirm(SipRequestId request, const Subscription& subscription,
                            bool forms_dialog, Outbox& out) const {
  SipResponseReady ready;
  ready.request = request;
  ready.to_tag = subscription.dialog.local_tag();
  ready.forms_dialog = forms_dialog;
  ready.rows = subscription.dialog.contact_row();
  ready.rows.append("Expires: ");
  append_number(ready.rows, subscription.seconds);
  ready.rows.append("\r\n");
  // RFC 6665 section 4.4.4.
  if (forms_dialog) ready.rows.append(kAllowEventsRow);
  out.emit(std::move(ready));
}

// --- ending --------------------------------------------------------------------------------------

void Subscriptions::end(Now now, WatchSlot id, Subscription& subscription, Reason reason,
                        SharedText document, Outbox& out) {
  subscription.state = Subscription::State::terminated;
  subscription.reason = reason;
  subscription.document = std::move(document);
  subscription.due = true;
  notify(now, id, subscription, out);
}

void Subscriptions::give_up(Now now, WatchSlot id, Subscription& subscription, Reason reason,
                            sip::Status status, Outbox& out) {
  if (subscription.state == Subscription::State::asked) {
    abandon(subscription, status, out);
  } else if (subscription.is_live()) {
    unwatch(id, subscription, out);
    end(now, id, subscription, reason, nullptr, out);
  }
}

void Subscriptions::abandon(Subscription& subscription, sip::Status status, Outbox& out) {
  subscription.state = Subscription::State::abandoned;
  if (status == sip::Status::forbidden) {
    answer(subscription.request, status, out);
  } else {
    answer_later(subscription.request, status, out);
  }
}

bool Subscriptions::end_if_over(Now now, WatchSlot id, Subscription& subscription, Outbox& out) {
  if (!subscription.is_live() || now.instant < subscription.expires) return false;
  if (shard_.planted == Planted::watch_kept) {
    subscription.expires = now.instant + Duration::hours(1);
    return false;
  }
  unwatch(id, subscription, out);
  end(now, id, subscription, Reason::timeout, nullptr, out);
  return true;
}

void Subscriptions::unwatch(WatchSlot id, const Subscription& subscription, Outbox& out) {
  if (subscription.is_of_cluster()) {
    return out.emit(ShardId(), ClusterWatched{{shard_.self, id}, ClusterWatched::What::ended});
  }
  out.emit(shard_.home_of(subscription.presentity),
           WatchEnded{{shard_.self, id}, subscription.presentity});
}

void Subscriptions::unlink(WatchSlot id, const Subscription& subscription) {
  if (const auto link = link_of(subscription.flow)) by_link_.erase({*link, id});
}

// Those to users, which are what she is served for.
void Subscriptions::tell_count(const Address& watcher, Outbox& out) const {
  if (!shard_.settings.cluster) return;
  const auto known = by_watcher_.find(watcher);
  std::size_t count = known == by_watcher_.end() ? 0 : known->second.size();
  if (count > 0 && may_watch_cluster(watcher)) {
    count -= static_cast<std::size_t>(
        std::count_if(known->second.begin(), known->second.end(),
                      [&](WatchSlot id) { return subscriptions_.find(id)->is_of_cluster(); }));
  }
  out.emit(SubscriptionsCounted{watcher, static_cast<std::uint32_t>(count)});
}

bool Subscriptions::may_watch_cluster(const Address& watcher) const {
  const auto& cluster = shard_.settings.cluster;
  if (!cluster) return false;
  const std::vector<Address>& may = cluster->document_watchers;
  return std::find(may.begin(), may.end(), watcher) != may.end();
}

// What it sees, of the presentity's side.
void Subscriptions::ask_again(WatchSlot id, const Subscription& subscription, Outbox& out) const {
  const WatchId watch{shard_.self, id};
  if (subscription.is_of_cluster()) {
    return out.emit(ShardId(), ClusterWatched{watch, ClusterWatched::What::refreshed});
  }
  out.emit(shard_.home_of(subscription.presentity), WatchRefreshed{watch, subscription.presentity});
}

void Subscriptions::forget(WatchSlot id, Subscription& subscription, Outbox& out) {
  unlink(id, subscription);
  const auto watcher = by_watcher_.find(subscription.watcher);
  std::vector<WatchSlot>& slots = watcher->second;
  std::swap(*std::find(slots.begin(), slots.end(), id), slots.back());
  slots.pop_back();
  if (slots.empty()) by_watcher_.erase(watcher);
  tell_count(subscription.watcher, out);
  subscriptions_.erase(id);
}

// The watcher cannot be reached any more (RFC 5626 section 7): nothing is sent.
void Subscriptions::on(Now, const FlowLost& lost, Outbox& out) {
  const LinkKey link{lost.through, lost.shard, lost.link};
  while (true) {
    const auto first = by_link_.lower_bound({link, WatchSlot{}});
    if (first == by_link_.end() || first->first != link) return;
    const WatchSlot id = first->second;
    Subscription& subscription = *subscriptions_.find(id);
    unlink(id, subscription);
    if (subscription.state == Subscription::State::asked) {
      abandon(subscription, sip::Status::server_internal_error, out);
    } else if (subscription.state != Subscription::State::abandoned) {
      if (subscription.is_live()) unwatch(id, subscription, out);
      forget(id, subscription, out);
    }
  }
}

void Subscriptions::on(Now now, const ServerGone& gone, Outbox& out) {
  while (true) {
    const auto first = by_link_.lower_bound({LinkKey{gone.server, {}, {}}, WatchSlot{}});
    if (first == by_link_.end() || first->first.through != gone.server) return;
    on(now, flow_lost(first->first), out);
  }
}

// Whose account is gone has nothing to watch with; whose password changed is to prove it anew, at
// once (RFC 6665 section 4.1.3: deactivated).
void Subscriptions::on(Now now, const AccountGone& gone, Outbox& out) {
  const Reason reason = gone.removed ? Reason::noresource : Reason::deactivated;
  give_up_all(now, gone.account, reason, sip::Status::forbidden, out);
}

void Subscriptions::deactivate(Now now, const Address& watcher, sip::Status status, Outbox& out) {
  const auto known = by_watcher_.find(watcher);
  if (known == by_watcher_.end()) return;
  for (const WatchSlot id : std::vector<WatchSlot>(known->second)) {
    Subscription& subscription = *subscriptions_.find(id);
    if (subscription.is_of_cluster()) continue;
    give_up(now, id, subscription, Reason::deactivated, status, out);
  }
}

void Subscriptions::give_up_all(Now now, const Address& watcher, Reason reason, sip::Status status,
                                Outbox& out) {
  const auto known = by_watcher_.find(watcher);
  if (known == by_watcher_.end()) return;
  for (const WatchSlot id : std::vector<WatchSlot>(known->second))
    give_up(now, id, *subscriptions_.find(id), reason, status, out);
}

// Each by one datagram, whatever was under way: nobody is here to hear of it, or to send it again.
// What goes by another server goes by a link, on which nothing more is said.
void Subscriptions::on(Now now, const LifeOver&, Outbox& out) {
  std::size_t ended = 0;
  subscriptions_.for_each([&](WatchSlot id, Subscription& subscription) {
    if (ended == kEndedAtOnce || !subscription.is_live() || link_of(subscription.flow)) return;
    ++ended;
    subscription.in_flight = false;
    end(now, id, subscription, Reason::deactivated, nullptr, out);
  });
}

// All of them are due now; wake() ends them in portions.
void Subscriptions::stop(Now now, Outbox& out) {
  stopping_ = true;
  subscriptions_.for_each(
      [&](WatchSlot id, Subscription& subscription) { look_at(id, subscription, now.instant); });
  wake(now, out);
}

void Subscriptions::end_for_restart(Now now, WatchSlot id, Subscription& subscription,
                                    Outbox& out) {
  const auto spread = static_cast<std::uint64_t>(kRestartSpread.in_seconds());
  const auto least = static_cast<std::uint32_t>(kRestart.in_seconds());
  subscription.seconds = least + static_cast<std::uint32_t>(shard_.prng.below(spread));
  give_up(now, id, subscription, Reason::probation, sip::Status::service_unavailable, out);
}

// --- time ----------------------------------------------------------------------------------------

void Subscriptions::look_at(WatchSlot id, Subscription& subscription, Instant when) {
  if (subscription.look <= when) return;
  subscription.look = when;
  deadlines_.add(when, id);
}

void Subscriptions::wake(Now now, Outbox& out) {
  std::size_t ended = 0;
  while (const auto id = deadlines_.take_due(now.instant)) {
    Subscription* subscription = subscriptions_.find(*id);
    if (subscription == nullptr) continue;
    subscription->look = kNever;
    if (stopping_) {
      end_for_restart(now, *id, *subscription, out);
      if (++ended == kEndedAtOnce) return;  // the others are still due: for the next step
      continue;
    }
    if (!subscription->is_live() || end_if_over(now, *id, *subscription, out)) continue;
    if (subscription->held_until <= now.instant && subscription->due) {
      notify(now, *id, *subscription, out);
    } else if (subscription->held_until <= now.instant && subscription->again) {
      subscription->again = false;
      ask_again(*id, *subscription, out);
    } else if (subscription->held_until > now.instant) {
      look_at(*id, *subscription, subscription->held_until);
    }
    look_at(*id, *subscription, subscription->expires);
  }
}

}  // namespace muster
