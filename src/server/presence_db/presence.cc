// The part of PresenceDb that is about what users are present through, and who hears of it.

#include <algorithm>
#include <utility>

#include "codec/xml/writer.h"
#include "server/planted.h"
#include "server/presence_db/presence_db.h"
#include "server/presence_db/presence_stanza.h"

namespace muster {
namespace {

// Here, and available.
bool has_session(const User& user, const Address& full) {
  return std::any_of(user.resources.begin(), user.resources.end(), [&](const PresentResource& r) {
    return r.number == PresentResource::kSession && !r.elsewhere && r.full == full;
  });
}

SharedText plain_unavailable() {
  return share("' type='unavailable'/>");
}

}  // namespace

// --- sessions ------------------------------------------------------------------------------------

void PresenceDb::on(Now now, const ResourceChanged& changed, Outbox& out) {
  const Address account = changed.full.to_bare();
  User* user = held(account);
  if (user == nullptr) return;
  // One that was handed over to another server ends here unseen.
  if (!changed.available && shard_.settings.cluster && !has_session(*user, changed.full)) return;
  const PresentResource session{changed.full,     PresentResource::kSession,
                                changed.priority, changed.before,
                                changed.after,    now.unix_time};
  set_session(now, account, *user, session, changed.available, out);
  if (changed.initial) welcome(changed.full, *user, out);
  const XmppSource left{std::string(changed.full.resource()), false, 0, changed.after,
                        now.unix_time};
  tell_presence_here(account, *user, changed.available ? nullptr : &left, out);
  document_changed(now, account, *user, out);
}

// Of this server or of another one.
void PresenceDb::set_session(Now now, const Address& account, User& user,
                             const PresentResource& session, bool available, Outbox& out) {
  const auto known =
      std::find_if(user.resources.begin(), user.resources.end(), [&](const PresentResource& r) {
        return r.number == PresentResource::kSession && r.full == session.full;
      });
  if (available && known != user.resources.end()) {
    *known = session;
  } else if (available) {
    give_way(account, user, session.full, out);
    user.resources.push_back(session);
  } else if (known != user.resources.end()) {
    if (shard_.planted != Planted::session_kept) user.resources.erase(known);
  }
  if (user.document != nullptr) {
    const std::string name(session.full.resource());
    std::erase_if(user.document->left, [&](const XmppSource& s) { return s.resource == name; });
    if (!available) {
      auto& left = user.document->left;
      left.push_back({name, false, 0, session.after, now.unix_time});
      // Where nobody watches, none is told and taken away.
      if (left.size() > shard_.settings.limits.sessions_per_user_max) left.erase(left.begin());
    }
  }
  if (shard_.planted == Planted::lost_unavailable && !available) return;
  broadcast(account, user, session, out);
}

// A publication that is shown by the name of a session goes by another from now on.
void PresenceDb::give_way(const Address& account, User& user, const Address& full, Outbox& out) {
  for (PresentResource& resource : user.resources) {
    if (resource.full != full) continue;
    resource.full = other_name(full, resource.number);
    resource.before = stanza_before_to(resource.full);
    broadcast(account, user, resource, out);
  }
}

// To all contacts who may see it: one value for each shard that has some (RFC 6121 sections 4.2.2,
// 4.4.2, 4.5.2). What is not an XMPP session of hers, her own sessions hear of here too.
void PresenceDb::broadcast(const Address& account, const User& user,
                           const PresentResource& resource, Outbox& out) {
  std::vector<std::vector<Address>> to(shard_.shards);
  for (const Contact& contact : user.contacts) {
    if (!is_seen_by(contact.relation.subscription)) continue;
    to[shard_.home_of(contact.address).number()].push_back(contact.address);
  }
  const bool is_own = resource.number == PresentResource::kSession && !resource.elsewhere;
  if (!is_own) to[shard_.self.number()].push_back(account);
  for (std::uint8_t i = 0; i < shard_.shards; ++i) {
    if (shard_.planted == Planted::other_shard_unheard && ShardId(i) != shard_.self) continue;
    if (to[i].empty()) continue;
    out.emit(ShardId(i), PresenceBroadcast{resource.before, resource.after, std::move(to[i])});
  }
}

// A session that became available learns of her other resources (an entity is implicitly
// subscribed to its own presence, RFC 6121 section 4.2.2), of those whom she watches (4.3.1), and
// of who waits for an answer (3.1.3 rule 4).
void PresenceDb::welcome(const Address& session, User& user, Outbox& out) {
  PresenceReply own{session, {}};
  for (const PresentResource& resource : user.resources) {
    if (resource.full != session) own.stanzas.push_back({resource.before, resource.after});
  }
  if (!own.stanzas.empty()) out.emit(std::move(own));
  std::vector<std::vector<Address>> watched(shard_.shards);
  bool pending = false;
  for (const Contact& contact : user.contacts) {
    const Subscription subscription = contact.relation.subscription;
    pending = pending || is_pending_in(subscription);
    if (!sees(subscription)) continue;
    watched[shard_.home_of(contact.address).number()].push_back(contact.address);
  }
  for (std::uint8_t i = 0; i < shard_.shards; ++i) {
    if (!watched[i].empty()) out.emit(ShardId(i), ContactsProbed{session, std::move(watched[i])});
  }
  if (pending) load_pending(session, out);
  user.sees_contacts = true;
  want_contacts(user, out);
}

void PresenceDb::load_pending(const Address& session, Outbox& out) {
  const Address account = session.to_bare();
  ask_store(account, PendingAsk{session}, LoadPending{account}, out);
}

void PresenceDb::answered(Now now, const PendingAsk& ask, const StoreReply& reply, Outbox& out) {
  const auto* pending = std::get_if<PendingLoaded>(&reply);
  if (pending == nullptr) {
    pending_again_.insert(ask.session);
    if (pending_again_at_) return;
    pending_again_at_ = now.instant + kStoreAgainAfter;
    deadlines_.add(*pending_again_at_, {});
    return;
  }
  pending_again_.erase(ask.session);
  for (const PendingLoaded::Request& request : pending->requests) {
    out.emit(SubscriptionShown{ask.session, SubscriptionVerb::subscribe, request.stanza});
  }
}

// For those who are still there.
void PresenceDb::load_pending_again(Outbox& out) {
  pending_again_at_.reset();
  for (const Address& session : std::exchange(pending_again_, {})) {
    const User* user = held(session.to_bare());
    if (user == nullptr) continue;
    const bool there = std::any_of(user->resources.begin(), user->resources.end(),
                                   [&](const PresentResource& r) { return r.full == session; });
    if (there || !session.has_resource()) load_pending(session, out);
  }
}

// --- probes --------------------------------------------------------------------------------------

// Who is not held is offline, and of her nothing is said (RFC 6121 section 4.3.2 rule 3 permits
// it: the watcher takes those of whom she does not hear as offline).
void PresenceDb::on(Now, const ContactsProbed& probed, Outbox& out) {
  if (shard_.planted == Planted::probe_unanswered) return;
  const Address watcher = probed.watcher.to_bare();
  PresenceReply reply{probed.watcher, {}};
  for (const Address& address : probed.contacts) {
    const User* contact = held(address);
    if (contact == nullptr || !is_seen_by(relation_to(*contact, watcher).subscription)) continue;
    for (const PresentResource& resource : contact->resources) {
      reply.stanzas.push_back({resource.before, resource.after});
    }
  }
  if (!reply.stanzas.empty()) out.emit(shard_.home_of(watcher), std::move(reply));
}

void PresenceDb::on(Now now, const ProbeAsked& asked, Outbox& out) {
  const Address account = asked.contact.to_bare();
  User& user = wanted(now, account, out);
  if (user.loaded && has_whole_presence(account, user, out)) {
    answer_probe(asked, user, out);
    forget_if_idle(account, out);
  } else {
    user.waiting.push_back(asked);
  }
}

// RFC 6121 section 4.3.2. Of the rules for a full address: only that resource, and only that it is
// available; which is also all that who got directed presence may know (section 4.6.6).
void PresenceDb::answer_probe(const ProbeAsked& asked, const User& user, Outbox& out) {
  const Address account = asked.contact.to_bare();
  const Address watcher = asked.watcher.to_bare();
  const bool allowed = watcher == account || is_seen_by(relation_to(user, watcher).subscription);
  PresenceReply reply{asked.watcher, {}};
  if (allowed) {
    for (const PresentResource& resource : user.resources) {
      if (!asked.contact.has_resource()) {
        reply.stanzas.push_back({resource.before, resource.after});
      } else if (resource.full == asked.contact) {
        reply.stanzas.push_back({resource.before, share("'/>")});
      }
    }
  }
  if (!allowed) {
    for (const Address& shown : asked.directed) {
      reply.stanzas.push_back({stanza_before_to(shown), share("'/>")});
    }
  }
  if (reply.stanzas.empty()) {
    std::string after = "'";
    if (!asked.id.empty()) xml::append_attribute(after, "id", asked.id);
    after.append(allowed ? " type='unavailable'/>" : " type='unsubscribed'/>");
    reply.stanzas.push_back({stanza_before_to(account), share(std::move(after))});
  }
  out.emit(shard_.home_of(watcher), std::move(reply));
}

// Who is not held has no session to keep requests from.
void PresenceDb::on(Now, const RequestForUser& request, Outbox& out) {
  const User* user = held(request.to.to_bare());
  const bool may_see =
      user != nullptr && is_seen_by(relation_to(*user, request.from.to_bare()).subscription);
  out.emit(RequestWeighed{request, may_see});
}

// --- for one contact -----------------------------------------------------------------------------

// RFC 6121 section 3.1.5: current presence, to one who may see it from now on.
void PresenceDb::tell_presence(const User& user, const Address& to, Outbox& out) {
  PresenceReply reply{to, {}};
  for (const PresentResource& resource : user.resources) {
    reply.stanzas.push_back({resource.before, resource.after});
  }
  if (!reply.stanzas.empty()) out.emit(shard_.home_of(to), std::move(reply));
}

// RFC 6121 sections 3.2.2 and 3.3.3: to one who may not see it any more.
void PresenceDb::tell_unavailable(const User& user, const Address& contact, Outbox& out) {
  PresenceReply reply{contact, {}};
  const SharedText after = plain_unavailable();
  for (const PresentResource& resource : user.resources) {
    reply.stanzas.push_back({resource.before, after});
  }
  if (!reply.stanzas.empty()) out.emit(shard_.home_of(contact), std::move(reply));
}

}  // namespace muster
