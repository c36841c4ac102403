// The part of PresenceDb that is about rosters and subscriptions: what the store made of a change
// to a pair of users is learnt on both sides, pushed to rosters, and shown to whom it concerns.

#include <algorithm>
#include <utility>

#include "codec/xml/writer.h"
#include "server/planted.h"
#include "server/presence_db/presence_db.h"

namespace muster {
namespace {

std::string subscription_stanza(const Address& from, const Address& to, SubscriptionVerb verb) {
  std::string xml = "<presence";
  xml::append_attribute(xml, "from", from.bare());
  xml::append_attribute(xml, "to", to.bare());
  xml::append_attribute(xml, "type", name_of(verb));
  xml.append("/>");
  return xml;
}

// No hint of these can still be under way: there were as many changes since.
void forget_blank(User& user, const Address& but) {
  std::erase_if(user.contacts,
                [&](const Contact& c) { return c.relation.blank() && c.address != but; });
}

// Of a stanza that comes behind what is newer: whether the contact who hears it is not misled.
bool still_holds(SubscriptionVerb verb, Subscription now) {
  switch (verb) {
    case SubscriptionVerb::subscribe: return is_pending_in(now);
    case SubscriptionVerb::unsubscribe: return !is_seen_by(now) && !is_pending_in(now);
    case SubscriptionVerb::subscribed: return sees(now);
    case SubscriptionVerb::unsubscribed: return !sees(now) && !is_pending_out(now);
  }
  return false;
}

// What a client is told of a reply that is not the one hoped for.
StanzaError error_of(const StoreReply& reply) {
  const auto* refused = std::get_if<StoreRefused>(&reply);
  if (refused == nullptr) return StanzaError::internal_server_error;
  return refused->why == StoreRefused::Why::too_many ? StanzaError::not_allowed
                                                     : StanzaError::item_not_found;
}

}  // namespace

// --- learning ------------------------------------------------------------------------------------

// A record that is gone stays, blank, so that an older hint that arrives later does not bring it
// back; nor does one from before the user was loaded, which is nothing new.
PresenceDb::Learnt PresenceDb::learn(User& user, const Address& contact,
                                     const RelationChange& change) {
  if (!change.changed || !user.versions.note(change.version)) return Learnt::nothing;
  const auto place = contact_position(user, contact);
  if (place == user.contacts.end() || place->address != contact) {
    user.contacts.insert(place, {contact, change.after.relation, change.version});
    if (user.contacts.size() > 2 * shard_.settings.limits.roster_items_max)
      forget_blank(user, contact);
    return Learnt::news;
  }
  if (place->version >= change.version) return Learnt::older;
  place->relation = change.after.relation;
  place->version = change.version;
  return Learnt::news;
}

// The version is that of all that is known, for this change may be ahead of one that has not come.
void PresenceDb::push(const Address& account, const Address& contact, const RelationChange& change,
                      Outbox& out) {
  const bool listed = change.after.relation.listed;
  if (!change.changed || (!listed && !change.before.listed)) return;
  if (shard_.planted == Planted::roster_push_lost) return;
  RosterItem item = change.after;
  item.contact = contact;
  const User* user = held(account);
  std::uint64_t version = user == nullptr ? change.version : user->versions.whole();
  if (shard_.planted == Planted::roster_version_ahead) ++version;
  out.emit(RosterPush{account, version, std::move(item), !listed});
}

// --- the roster ----------------------------------------------------------------------------------

void PresenceDb::on(Now, const RosterAsked& asked, Outbox& out) {
  ask_store(asked.account, asked, LoadRoster{asked.account, asked.known_version}, out);
}

void PresenceDb::answered(Now, const RosterAsked& ask, const StoreReply& reply, Outbox& out) {
  RosterAnswered answer{ask.session, ask.id, std::nullopt};
  if (const auto* roster = std::get_if<RosterLoaded>(&reply)) answer.roster = *roster;
  out.emit(std::move(answer));
}

void PresenceDb::on(Now, const RosterItemAsked& asked, Outbox& out) {
  if (asked.remove) {
    ask_store(asked.account, asked, RemoveRosterItem{asked.account, asked.contact}, out);
  } else {
    ask_store(asked.account, asked,
              SetRosterItem{asked.account, asked.contact, asked.name, asked.groups,
                            shard_.settings.limits.roster_items_max},
              out);
  }
}

void PresenceDb::answered(Now, const RosterItemAsked& ask, const StoreReply& reply, Outbox& out) {
  if (const auto* set = std::get_if<RosterItemSet>(&reply)) {
    const RelationChange change{true, set->version, {}, set->item};
    User* user = held(ask.account);
    if (user == nullptr || learn(*user, ask.contact, change) == Learnt::news) {
      push(ask.account, ask.contact, change, out);
    }
    if (user != nullptr) tell_residence(ask.account, *user, out);
    out.emit(RosterItemAnswered{ask.session, ask.id, std::nullopt});
  } else if (const auto* changed = std::get_if<SubscriptionChanged>(&reply)) {
    pair_changed(ask.account, ask.contact, *changed, SubscriptionVerb::unsubscribed, {}, out);
    out.emit(RosterItemAnswered{ask.session, ask.id, std::nullopt});
  } else {
    out.emit(RosterItemAnswered{ask.session, ask.id, error_of(reply)});
  }
}

// --- subscriptions -------------------------------------------------------------------------------

void PresenceDb::on(Now, const SubscriptionAsked& asked, Outbox& out) {
  ask_store(asked.actor, asked,
            ChangeSubscription{asked.actor, asked.peer, asked.verb, asked.stanza,
                               shard_.settings.limits.roster_items_max},
            out);
}

void PresenceDb::answered(Now, const SubscriptionAsked& ask, const StoreReply& reply, Outbox& out) {
  if (const auto* changed = std::get_if<SubscriptionChanged>(&reply)) {
    pair_changed(ask.actor, ask.peer, *changed, ask.verb, ask.stanza, out);
  } else {
    out.emit(SubscriptionRefused{ask.session, ask.peer, ask.id, error_of(reply)});
  }
  if (ask.counted) out.emit(SubscriptionSettled{ask.session, *ask.counted});
}

// The actor's side is here. What goes to the peer goes in the order that RFC 6121 wants: that she
// became unavailable before `unsubscribed` (3.2.2), her presence after `subscribed` (3.1.5).
void PresenceDb::pair_changed(const Address& actor, const Address& peer,
                              const SubscriptionChanged& changed, SubscriptionVerb verb,
                              std::string stanza, Outbox& out) {
  // Told is the difference to what was known here, not to what the store had: the hints of two
  // changes that cross arrive after both, and of the older one nothing is told any more. So it is
  // with this answer, if a hint of what came after it was faster.
  User* user = held(actor);
  const bool was_seen = user != nullptr && is_seen_by(relation_to(*user, peer).subscription);
  const bool is_news = user == nullptr || learn(*user, peer, changed.actor) == Learnt::news;
  const bool is_seen = user != nullptr && is_seen_by(relation_to(*user, peer).subscription);
  if (was_seen && !is_seen) tell_unavailable(*user, peer, out);
  if (user != nullptr) tell_residence(actor, *user, out);
  // So it is elsewhere, where she shows the peer what her side allows.
  const bool is_over = is_seen_by(changed.actor.before.subscription) &&
                       !is_seen_by(changed.actor.after.relation.subscription);
  const RelationChanged own{actor, peer, changed.actor, {}, {}};
  if (changed.actor.changed && is_over) tell_relation(actor, own, out);
  if (shard_.planted == Planted::approval_not_carried && verb == SubscriptionVerb::subscribed)
    return;
  if (shard_.planted == Planted::hint_lost && verb != SubscriptionVerb::subscribed) return;
  if (changed.peer.changed || !changed.to_peer.empty()) {
    RelationChanged hint{peer, actor, changed.peer, changed.to_peer, std::move(stanza), verb};
    tell_relation(actor, hint, out);
    out.emit(shard_.home_of(peer), std::move(hint));
  }
  if (changed.actor.changed && !is_over) tell_relation(actor, own, out);
  for (const SubscriptionVerb shown : changed.to_actor) {
    out.emit(SubscriptionShown{actor, shown, subscription_stanza(peer, actor, shown)});
  }
  if (is_news) push(actor, peer, changed.actor, out);
  // Her phone was allowed before: on the peer's side nothing changed, and nobody there tells her.
  const bool sees_now = is_news && !sees(changed.actor.before.subscription) &&
                        sees(changed.actor.after.relation.subscription);
  if (sees_now && !changed.peer.changed) {
    out.emit(shard_.home_of(peer), ContactsProbed{actor, {peer}});
  }
  if (user == nullptr) return;
  if (shard_.planted == Planted::approval_unseen) return;
  if (!was_seen && is_seen) tell_presence(*user, peer, out);
  review_watches(actor, *user, &peer, out);
}

// The other side. If nobody holds the user, nobody here has to hear of it: the store has it.
void PresenceDb::on(Now, const RelationChanged& changed, Outbox& out) {
  const auto found = users_.find(changed.user);
  if (found == users_.end()) return;
  User& user = *found->second;
  if (!user.loaded) {
    user.waiting.push_back(changed);
    return;
  }
  const Relation before = relation_to(user, changed.contact);
  Learnt learnt = Learnt::news;
  if (changed.change.changed) learnt = learn(user, changed.contact, changed.change);
  // What was loaded with the change in it was loaded before there was a session to be told.
  if (learnt == Learnt::nothing) return;
  tell_residence(changed.user, user, out);
  const Relation after = relation_to(user, changed.contact);
  for (const SubscriptionVerb shown : changed.shown) {
    if (learnt == Learnt::older && !still_holds(shown, after.subscription)) continue;
    const bool verbatim = shown == changed.stanza_verb && !changed.stanza.empty();
    out.emit(SubscriptionShown{
        changed.user, shown,
        verbatim ? changed.stanza : subscription_stanza(changed.contact, changed.user, shown)});
  }
  if (learnt == Learnt::older) return;
  push(changed.user, changed.contact, changed.change, out);
  side_changed(changed.user, changed.contact, before, out);
}

void PresenceDb::side_changed(const Address& account, const Address& contact, Relation before,
                              Outbox& out) {
  User& user = *held(account);
  const bool was_seen = is_seen_by(before.subscription);
  const Subscription now = relation_to(user, contact).subscription;
  const bool is_seen = is_seen_by(now);
  if (was_seen && !is_seen) tell_unavailable(user, contact, out);
  if (!was_seen && is_seen) tell_presence(user, contact, out);
  review_watches(account, user, &contact, out);
  // The contact may have been loaded with the change in it, and be shown already: not to a session
  // of hers that came meanwhile, and that did not know.
  if (shard_.settings.cluster && !sees(before.subscription) && sees(now)) {
    out.emit(shard_.home_of(contact), ContactsProbed{account, {contact}});
  }
}

}  // namespace muster
