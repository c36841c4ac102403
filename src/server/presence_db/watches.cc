// The part of PresenceDb that is about SIP watchers: whether they may watch, and the one document
// that all of them get.

#include <algorithm>
#include <utility>

#include "codec/xml/writer.h"
#include "server/planted.h"
#include "server/presence_db/presence_db.h"

namespace muster {
namespace {

// There may be thousands: one of them is found without looking at the others.
std::vector<LiveWatch>::iterator position_of(User& user, const WatchId& id) {
  return std::lower_bound(user.watches.begin(), user.watches.end(), id,
                          [](const LiveWatch& watch, const WatchId& of) { return watch.id < of; });
}

LiveWatch* find_watch(User& user, const WatchId& id) {
  const auto at = position_of(user, id);
  return at != user.watches.end() && at->id == id ? &*at : nullptr;
}

LiveWatch& add_watch(User& user, const WatchAsked& asked, bool active, bool fetch) {
  return *user.watches.insert(position_of(user, asked.watch),
                              {asked.watch, asked.watcher, active, fetch, 0, false});
}

// False if there is none.
bool drop_watch(User& user, const WatchId& id) {
  const auto at = position_of(user, id);
  if (at == user.watches.end() || at->id != id) return false;
  user.watches.erase(at);
  return true;
}

}  // namespace

// --- beginning and ending ------------------------------------------------------------------------

void PresenceDb::on(Now now, const WatchAsked& asked, Outbox& out) {
  User& user = wanted(now, asked.presentity, out);
  if (!user.loaded || !has_whole_presence(asked.presentity, user, out)) {
    user.waiting.push_back(asked);
    return;
  }
  begin_watch(asked, user, out);
  forget_if_idle(asked.presentity, out);
}

// What the presentity's records and policy say of a watcher. `pending` is also who has not asked
// yet.
WatchState PresenceDb::standing(const User& user, const Address& watcher,
                                const Address& presentity) const {
  if (shard_.settings.allow_all_watchers || watcher == presentity) return WatchState::active;
  const Subscription subscription = relation_to(user, watcher).subscription;
  if (is_seen_by(subscription)) return WatchState::active;
  switch (user.policy) {
    case WatcherPolicy::ask: return WatchState::pending;
    case WatcherPolicy::mutual:
      return sees(subscription) || is_pending_out(subscription) ? WatchState::active
                                                                : WatchState::pending;
    case WatcherPolicy::allow: return WatchState::active;
    case WatcherPolicy::deny: return WatchState::rejected;
  }
  return WatchState::pending;
}

void PresenceDb::begin_watch(const WatchAsked& asked, User& user, Outbox& out) {
  const auto answer = [&](WatchState state) {
    out.emit(asked.watch.shard, WatchDecided{asked.watch, state, nullptr});
  };
  if (user.watches.size() >= shard_.settings.limits.watchers_per_presentity_max) {
    answer(WatchState::too_many);
    return;
  }
  const WatchState state = standing(user, asked.watcher, asked.presentity);
  if (state == WatchState::rejected) {
    answer(state);
  } else if (state == WatchState::active) {
    keep_watch(asked, state, user, out);
  } else if (asked.fetch) {
    answer(WatchState::pending);  // a glance is no request for an authorization
  } else if (is_pending_in(relation_to(user, asked.watcher).subscription)) {
    keep_watch(asked, state, user, out);
  } else {
    ask_to_watch(asked, false, out);
  }
}

// RFC 8048 section 5.3.1: the presentity is asked as if the watcher were an XMPP user.
void PresenceDb::ask_to_watch(const WatchAsked& asked, bool again, Outbox& out) {
  std::string stanza = "<presence";
  xml::append_attribute(stanza, "from", asked.watcher.bare());
  xml::append_attribute(stanza, "to", asked.presentity.bare());
  stanza.append(" type='subscribe'/>");
  ask_store(
      asked.presentity, WatchAsk{asked, stanza, again},
      AskToWatch{asked.watcher, asked.presentity, stanza, shard_.settings.limits.roster_items_max},
      out);
}

void PresenceDb::answered(Now, const WatchAsk& ask, const StoreReply& reply, Outbox& out) {
  const WatchAsked& asked = ask.watch;
  User& user = *held(asked.presentity);  // this very question holds her
  const auto* changed = std::get_if<SubscriptionChanged>(&reply);
  if (changed == nullptr) {
    const auto* refused = std::get_if<StoreRefused>(&reply);
    WatchState state = WatchState::store_failed;
    if (refused != nullptr) {
      state = refused->why == StoreRefused::Why::too_many ? WatchState::too_many
                                                          : WatchState::no_such_user;
    }
    decide_watch(ask, state, user, out);
    return;
  }
  const bool is_news = learn(user, asked.watcher, changed->peer) == Learnt::news;
  tell_relation(asked.presentity,
                {asked.presentity, asked.watcher, changed->peer, changed->to_peer, ask.stanza},
                out);
  for (const SubscriptionVerb shown : changed->to_peer) {
    out.emit(SubscriptionShown{asked.presentity, shown, ask.stanza});
  }
  if (is_news) push(asked.presentity, asked.watcher, changed->peer, out);
  if (changed->actor.changed) {
    const RelationChanged hint{
        asked.watcher, asked.presentity, changed->actor, changed->to_actor, {}};
    tell_relation(asked.presentity, hint, out);
    out.emit(shard_.home_of(asked.watcher), hint);
  }
  decide_watch(ask, standing(user, asked.watcher, asked.presentity), user, out);
}

// A watch that was kept while it asked again may have ended meanwhile; its watcher heard that it is
// pending.
void PresenceDb::decide_watch(const WatchAsk& ask, WatchState state, User& user, Outbox& out) {
  const WatchAsked& asked = ask.watch;
  if (ask.again && !drop_watch(user, asked.watch)) return;
  if (state == WatchState::active || (state == WatchState::pending && !ask.again)) {
    keep_watch(asked, state, user, out);
  } else if (state == WatchState::pending) {
    add_watch(user, asked, false, false);
  } else {
    out.emit(asked.watch.shard, WatchDecided{asked.watch, state, nullptr});
  }
}

void PresenceDb::keep_watch(const WatchAsked& asked, WatchState state, User& user, Outbox& out) {
  if (user.document == nullptr) user.document = std::make_unique<User::Document>();
  if (shard_.planted == Planted::pending_sees) state = WatchState::active;
  LiveWatch& watch = add_watch(user, asked, state == WatchState::active, asked.fetch);
  if (watch.active) {
    give_document(asked.presentity, user, watch, out);
  } else {
    out.emit(asked.watch.shard, WatchDecided{asked.watch, WatchState::pending, nullptr});
  }
}

void PresenceDb::on(Now, const WatchRefreshed& refreshed, Outbox& out) {
  if (shard_.planted == Planted::refresh_unanswered) return;
  User* user = held(refreshed.presentity);
  if (user == nullptr) return;
  LiveWatch* watch = find_watch(*user, refreshed.watch);
  if (watch == nullptr) return;
  if (!watch->active) {
    out.emit(watch->id.shard, WatchDecided{watch->id, WatchState::pending, nullptr});
    return;
  }
  watch->asked_again = true;
  give_document(refreshed.presentity, *user, *watch, out);
}

void PresenceDb::on(Now, const WatchEnded& ended, Outbox& out) {
  User* user = held(ended.presentity);
  if (user == nullptr) return;
  drop_watch(*user, ended.watch);
  forget_if_idle(ended.presentity, out);
}

// The authorization of `watcher`, or of all if null, may have changed. Who waited and is neither
// allowed nor waiting any more was turned down. Whom a policy allowed that is no more is to ask.
void PresenceDb::review_watches(const Address& account, User& user, const Address* watcher,
                                Outbox& out) {
  std::vector<WatchAsked> to_ask;
  bool fresh = false;
  std::erase_if(user.watches, [&](LiveWatch& watch) {
    if (watcher != nullptr && watch.watcher != *watcher) return false;
    const WatchState state = standing(user, watch.watcher, account);
    if (shard_.planted == Planted::denied_watcher_kept && watch.active) return false;
    const bool was_active = std::exchange(watch.active, state == WatchState::active);
    if (watch.active) {
      fresh = fresh || !was_active;
      return false;
    }
    const bool waits = is_pending_in(relation_to(user, watch.watcher).subscription);
    if (state != WatchState::pending || (watcher != nullptr && !waits)) {
      out.emit(watch.id.shard, WatchDecided{watch.id, WatchState::rejected, nullptr});
      return true;
    }
    if (!was_active) return false;
    out.emit(watch.id.shard, WatchDecided{watch.id, WatchState::pending, nullptr});
    watch.told = 0;
    if (!waits) to_ask.push_back({watch.id, watch.watcher, account, watch.fetch});
    return watch.fetch;
  });
  if (fresh) give_document(account, user, out);
  for (const WatchAsked& asked : to_ask)
    ask_to_watch(asked, true, out);
}

// Whatever a policy says of the watcher. True if there was something to reject.
bool PresenceDb::reject_watches(User& user, const Address& watcher, Outbox& out) {
  return std::erase_if(user.watches, [&](const LiveWatch& watch) {
           if (watch.watcher != watcher) return false;
           out.emit(watch.id.shard, WatchDecided{watch.id, WatchState::rejected, nullptr});
           return true;
         }) != 0;
}

// --- the document --------------------------------------------------------------------------------

// Watchers hear of the first change at once, then at most once in an interval (RFC 3856 section
// 6.10): what happens meanwhile is told as one.
void PresenceDb::document_changed(Now now, const Address& account, User& user, Outbox& out) {
  User::Document* document = user.document.get();
  if (document == nullptr) return;
  ++document->version;
  const bool watched = std::any_of(user.watches.begin(), user.watches.end(),
                                   [](const LiveWatch& w) { return w.active; });
  if (!watched || document->notify_at) return;
  const Duration interval = shard_.settings.limits.notify_interval_min;
  if (document->notified && now.instant < *document->notified + interval) {
    if (shard_.planted == Planted::held_change_lost) return;
    document->notify_at = *document->notified + interval;
    deadlines_.add(*document->notify_at, account);
    return;
  }
  document->notified = now.instant;
  document->notify_all = true;
  compose(account, user, out);
}

void PresenceDb::give_document(const Address& account, User& user, Outbox& out) {
  if (user.document->composed == user.document->version) {
    tell_watches(user, out);
  } else {
    compose(account, user, out);
  }
}

// To one who is to have it, whatever the others have.
void PresenceDb::give_document(const Address& account, User& user, LiveWatch& watch, Outbox& out) {
  const User::Document& document = *user.document;
  if (document.composed != document.version) return compose(account, user, out);
  out.emit(watch.id.shard, WatchDecided{watch.id, WatchState::active, document.text});
  watch.told = document.composed;
  watch.asked_again = false;
  if (watch.fetch) drop_watch(user, watch.id);
}

void PresenceDb::compose(const Address& account, User& user, Outbox& out) {
  User::Document& document = *user.document;
  if (document.composing) return;
  document.composing = true;
  DocumentWanted wanted{account, document.version, {}};
  for (const PresentResource& resource : user.resources) {
    if (resource.number != PresentResource::kSession) continue;
    wanted.sources.push_back(XmppSource{std::string(resource.full.resource()), true,
                                        resource.priority, resource.after, resource.changed});
  }
  for (const LivePublication& publication : user.publications) {
    wanted.sources.push_back(PublicationSource{publication.document});
  }
  if (user.publications.empty()) {
    for (const LiveRegistration& live : user.registrations) {
      wanted.sources.push_back(RegistrationSource{live.registration});
    }
  }
  if (user.elsewhere != nullptr) {
    for (const Elsewhere::Publication& publication : user.elsewhere->publications)
      wanted.sources.push_back(PublicationSource{publication.document});
    for (const LiveRegistration& live : user.elsewhere->registrations)
      wanted.sources.push_back(RegistrationSource{live.registration});
  }
  const bool nobody_left = wanted.sources.empty();
  for (const XmppSource& left : document.left)
    wanted.sources.push_back(left);
  if (!nobody_left) document.left.clear();
  if (document.left.size() > 1) {
    document.left.erase(document.left.begin(), std::prev(document.left.end()));
  }
  out.emit(std::move(wanted));
}

void PresenceDb::on(Now, const DocumentComposed& composed, Outbox& out) {
  User* user = held(composed.account);
  if (user == nullptr || user->document == nullptr) return;
  user->document->composing = false;
  if (composed.version != user->document->version) {
    compose(composed.account, *user, out);
    return;
  }
  user->document->text = composed.document;
  user->document->composed = composed.version;
  tell_watches(*user, out);
  forget_if_idle(composed.account, out);
}

// To those who have not had it: who is new, who refreshed, and, if it is time, all.
void PresenceDb::tell_watches(User& user, Outbox& out) {
  User::Document& document = *user.document;
  std::vector<std::vector<WatchId>> changed(shard_.shards);
  for (LiveWatch& watch : user.watches) {
    if (!watch.active) continue;
    if (watch.told == 0 || watch.asked_again) {
      out.emit(watch.id.shard, WatchDecided{watch.id, WatchState::active, document.text});
    } else if (document.notify_all && watch.told != document.composed) {
      changed[watch.id.shard.number()].push_back(watch.id);
    } else {
      continue;
    }
    watch.told = document.composed;
    watch.asked_again = false;
  }
  document.notify_all = false;
  std::erase_if(user.watches, [](const LiveWatch& w) { return w.fetch && w.told != 0; });
  for (std::uint8_t i = 0; i < shard_.shards; ++i) {
    if (changed[i].empty()) continue;
    out.emit(ShardId(i), WatchesNotified{document.text, std::move(changed[i])});
  }
}

void PresenceDb::wake(Now now, Outbox& out) {
  if (publications_again_at_ && *publications_again_at_ <= now.instant) load_publications(now, out);
  if (pending_again_at_ && *pending_again_at_ <= now.instant) load_pending_again(out);
  if (look_again_at_ && *look_again_at_ <= now.instant) look_again(now, out);
  while (const auto account = deadlines_.take_due(now.instant)) {
    User* user = held(*account);
    if (user == nullptr) continue;
    User::Document* document = user->document.get();
    if (document != nullptr && document->notify_at && *document->notify_at <= now.instant) {
      document->notify_at.reset();
      document->notified = now.instant;
      document->notify_all = true;
      compose(*account, *user, out);
    }
    if (user->expire_at && *user->expire_at <= now.instant) {
      user->expire_at.reset();
      expire_publications(now, *account, *user, out);
    }
    forget_if_idle(*account, out);
  }
}

}  // namespace muster
