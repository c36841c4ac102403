// The part of PresenceDb that is about presence by SIP: publications (RFC 3903), and registrations
// of phones that never publish. What XMPP watchers see of them is conversion's to say.

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/planted.h"
#include "server/presence_db/presence_db.h"
#include "server/presence_db/presence_stanza.h"

namespace muster {
namespace {

// RFC 3903 section 6.1: an entity-tag is a token, and another for each version.
constexpr std::size_t kEntityTagCharacters = 16;

PublishAnswered::Outcome outcome_of(const StoreReply& reply) {
  const auto* refused = std::get_if<StoreRefused>(&reply);
  if (refused == nullptr) return PublishAnswered::Outcome::store_failed;
  return refused->why == StoreRefused::Why::too_many
             ? PublishAnswered::Outcome::too_many
             : PublishAnswered::Outcome::precondition_failed;
}

bool is_planted_success(Planted planted, PublishAnswered::Outcome outcome) {
  using Outcome = PublishAnswered::Outcome;
  return (planted == Planted::stale_tag_accepted && outcome == Outcome::precondition_failed) ||
         (planted == Planted::failure_acknowledged && outcome == Outcome::store_failed);
}

}  // namespace

// --- publications --------------------------------------------------------------------------------

void PresenceDb::on(Now now, const PublishAsked& asked, Outbox& out) {
  User& user = served_here(now, asked.account, out);
  if (user.loaded) {
    publish(now, asked, out);
  } else {
    user.waiting.push_back(asked);
  }
}

void PresenceDb::publish(Now now, const PublishAsked& asked, Outbox& out) {
  if (asked.remove) {
    ask_store(asked.account, asked, RemovePublication{asked.account, asked.if_match, now.unix_time},
              out);
    return;
  }
  std::string etag = shard_.prng.token(kEntityTagCharacters);
  if (shard_.planted == Planted::entity_tag_kept && !asked.if_match.empty()) etag = asked.if_match;
  if (shard_.planted == Planted::answered_too_early) {
    out.emit(PublishAnswered{asked.request, PublishAnswered::Outcome::stored, etag, asked.expires});
  }
  ask_store(asked.account, asked,
            StorePublication{asked.account, asked.if_match, std::move(etag), asked.document,
                             now.unix_time, now.unix_time + asked.expires,
                             shard_.settings.limits.publications_per_user_max},
            out);
}

void PresenceDb::answered(Now now, const PublishAsked& ask, const StoreReply& reply, Outbox& out) {
  User* user = held(ask.account);
  PublishAnswered answer{ask.request, PublishAnswered::Outcome::stored, {}, ask.expires};
  if (const auto* stored = std::get_if<PublicationStored>(&reply)) {
    answer.etag = stored->publication.etag;
    if (shard_.planted != Planted::answered_too_early) out.emit(answer);
    if (user != nullptr) {
      keep_publication(now, ask.account, *user, stored->publication, ask.if_match, out);
    }
  } else if (std::holds_alternative<PublicationRemoved>(reply)) {
    answer.outcome = PublishAnswered::Outcome::removed;
    out.emit(answer);
    if (user != nullptr) drop_publication(now, ask.account, *user, ask.if_match, out);
  } else {
    answer.outcome = outcome_of(reply);
    if (is_planted_success(shard_.planted, answer.outcome)) {
      answer.outcome = PublishAnswered::Outcome::stored;
      answer.etag = shard_.prng.token(kEntityTagCharacters);
    }
    out.emit(answer);
  }
}

void PresenceDb::keep_publication(Now now, const Address& account, User& user,
                                  const StoredPublication& stored, const std::string& if_match,
                                  Outbox& out) {
  auto known = std::find_if(user.publications.begin(), user.publications.end(),
                            [&](const LivePublication& p) { return p.etag == if_match; });
  const bool is_new = known == user.publications.end();
  if (is_new) {
    user.publications.push_back(from_elsewhere(user, stored.document));
    known = std::prev(user.publications.end());
    tell_residence(account, user, out);
  }
  known->etag = stored.etag;
  known->expires = stored.expires;
  look_for_expiry(now, account, user);
  const bool is_same = *known->document == stored.document;
  if (is_same && !is_new) return;
  if (!is_same) {
    known->document = share(stored.document);
    out.emit(TuplesToConvert{account, known->number, PublicationSource{known->document}});
  }
  if (is_new && user.publications.size() == 1) show_registrations(account, user, out);
  presence_changed(now, account, user, out);
}

// What the server that she comes from told of it is shown already; else it is a new one.
LivePublication PresenceDb::from_elsewhere(User& user, const std::string& document) {
  if (user.elsewhere != nullptr) {
    std::vector<Elsewhere::Publication>& there = user.elsewhere->publications;
    const auto same = std::find_if(there.begin(), there.end(), [&](const auto& publication) {
      return *publication.document == document;
    });
    if (same != there.end()) {
      LivePublication taken{same->number, {}, std::move(same->document), {}};
      there.erase(same);
      return taken;
    }
  }
  return {user.next_number++, {}, share({}), {}};
}

void PresenceDb::drop_publication(Now now, const Address& account, User& user,
                                  const std::string& etag, Outbox& out) {
  const auto known = std::find_if(user.publications.begin(), user.publications.end(),
                                  [&](const LivePublication& p) { return p.etag == etag; });
  if (known == user.publications.end()) return;
  const std::uint32_t number = known->number;
  user.publications.erase(known);
  if (user.publications.empty()) show_registrations(account, user, out);
  out.emit(TuplesToConvert{account, number, NoSource{}});
  tell_residence(account, user, out);
  presence_changed(now, account, user, out);
}

// A publication ends by the civil clock, for its time must hold over a restart; a deadline is of
// the monotonic one. If the civil clock was stepped back meanwhile, there is simply another look.
void PresenceDb::look_for_expiry(Now now, const Address& account, User& user) {
  for (const LivePublication& publication : user.publications) {
    const Instant when = now.instant + (publication.expires - now.unix_time);
    if (shard_.planted == Planted::publication_kept) return;
    if (user.expire_at && *user.expire_at <= when) continue;
    user.expire_at = when;
    deadlines_.add(when, account);
  }
}

// Those whose time is over. The store takes them as absent from that moment on; that it is asked to
// remove them only keeps it clean.
void PresenceDb::expire_publications(Now now, const Address& account, User& user, Outbox& out) {
  std::vector<std::string> expired;
  for (const LivePublication& publication : user.publications) {
    if (publication.expires <= now.unix_time) expired.push_back(publication.etag);
  }
  for (const std::string& etag : expired)
    drop_publication(now, account, user, etag, out);
  if (!expired.empty()) {
    ask_store(account, ExpireAsk{account}, ExpirePublications{account, now.unix_time}, out);
  }
  look_for_expiry(now, account, user);
}

void PresenceDb::answered(Now, const ExpireAsk&, const StoreReply&, Outbox&) {}

// --- registrations -------------------------------------------------------------------------------

std::optional<std::uint32_t> number_of(const std::vector<LiveRegistration>& registrations,
                                       std::string_view name) {
  const auto found =
      std::find_if(registrations.begin(), registrations.end(),
                   [&](const LiveRegistration& live) { return live.registration.name == name; });
  if (found == registrations.end()) return std::nullopt;
  return found->number;
}

void PresenceDb::on(Now now, const RegistrationsChanged& changed, Outbox& out) {
  // The last one may run out when she is served here no more.
  User& user = changed.registrations.empty() ? wanted(now, changed.account, out)
                                             : served_here(now, changed.account, out);
  // Whether she publishes: else it would be shown until that is known.
  if (!user.loaded || user.published_awaited) {
    user.waiting.push_back(changed);
    return;
  }
  set_registrations(now, changed, user, out);
  forget_if_idle(changed.account, out);
}

void PresenceDb::set_registrations(Now now, const RegistrationsChanged& changed, User& user,
                                   Outbox& out) {
  if (changed.registrations.empty() && user.registrations.empty()) return;
  std::vector<LiveRegistration> next;
  for (const Registration& registration : changed.registrations) {
    auto number = number_of(user.registrations, registration.name);
    // The phone has come from another server: it is seen to stay. (Beside what she publishes it is
    // not seen here, and goes when that server says so.)
    if (!number && user.elsewhere != nullptr && user.publications.empty()) {
      number = number_of(user.elsewhere->registrations, registration.name);
      std::erase_if(user.elsewhere->registrations, [&](const LiveRegistration& live) {
        return live.registration.name == registration.name;
      });
    }
    next.push_back({number ? *number : user.next_number++, registration});
  }
  const std::vector<LiveRegistration> before = std::exchange(user.registrations, std::move(next));
  tell_residence(changed.account, user, out);
  show_registrations(changed.account, user, out);
  for (const LiveRegistration& old : before) {
    const bool stays =
        std::any_of(user.registrations.begin(), user.registrations.end(),
                    [&](const LiveRegistration& live) { return live.number == old.number; });
    if (!stays) out.emit(TuplesToConvert{changed.account, old.number, NoSource{}});
  }
  if (user.publications.empty()) presence_changed(now, changed.account, user, out);
}

// Registrations are presence only of who does not publish (design, "Identity and presence").
void PresenceDb::show_registrations(const Address& account, const User& user, Outbox& out) {
  for (const LiveRegistration& live : user.registrations) {
    if (user.publications.empty()) {
      out.emit(TuplesToConvert{account, live.number, RegistrationSource{live.registration}});
    } else {
      out.emit(TuplesToConvert{account, live.number, NoSource{}});
    }
  }
}

// --- as XMPP watchers see them -------------------------------------------------------------------

void PresenceDb::on(Now now, const TuplesConverted& converted, Outbox& out) {
  User* user = held(converted.account);
  if (user == nullptr) return;
  const auto has_number = [&](const auto& live) { return live.number == converted.number; };
  const auto has = [&](const auto& many) {
    return std::any_of(many.begin(), many.end(), has_number);
  };
  const Elsewhere* elsewhere = user->elsewhere.get();
  const bool published =
      has(user->publications) || (elsewhere != nullptr && has(elsewhere->publications));
  const bool registered = (user->publications.empty() && has(user->registrations)) ||
                          (elsewhere != nullptr && has(elsewhere->registrations));
  if (!published && !registered && !converted.resources.empty()) return;
  replace_resources(now, converted.account, *user, converted.number, converted.resources, out);
  forget_if_idle(converted.account, out);
}

// All resources that come of `number` are these from now on; watchers hear of each difference.
void PresenceDb::replace_resources(Now now, const Address& account, User& user,
                                   std::uint32_t number,
                                   std::vector<TuplesConverted::Resource> resources, Outbox& out) {
  std::vector<PresentResource> next;
  std::vector<PresentResource> gone;
  for (TuplesConverted::Resource& resource : resources) {
    Address full = account.with_resource(resource.resource);
    const bool taken =
        std::any_of(user.resources.begin(), user.resources.end(),
                    [&](const PresentResource& r) { return r.full == full && r.number != number; });
    if (taken) full = other_name(full, number);
    (resource.available ? next : gone)
        .push_back({full, number, resource.priority, stanza_before_to(full),
                    std::move(resource.after), now.unix_time});
  }
  const auto named = [](const std::vector<PresentResource>& among, const Address& full) {
    return std::find_if(among.begin(), among.end(),
                        [&](const PresentResource& r) { return r.full == full; });
  };
  std::vector<PresentResource> old;
  std::erase_if(user.resources, [&](PresentResource& r) {
    if (r.number != number) return false;
    old.push_back(r);
    return true;
  });
  // Who comes first, so that she is not seen to go where only a name changes.
  for (const PresentResource& resource : next) {
    const auto was = named(old, resource.full);
    const bool same = was != old.end() && *was->after == *resource.after;
    if (!same) broadcast(account, user, resource, out);
  }
  for (PresentResource& was : old) {
    if (named(next, was.full) != next.end()) continue;
    const auto left = named(gone, was.full);
    was.after = left != gone.end() ? left->after : share("' type='unavailable'/>");
    broadcast(account, user, was, out);
  }
  std::move(next.begin(), next.end(), std::back_inserter(user.resources));
}

}  // namespace muster
