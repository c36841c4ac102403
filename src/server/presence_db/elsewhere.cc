// The part of PresenceDb that is about the other servers of a cluster: what a user is present
// through there, and what they and load control are told of users here. Without a cluster none of
// it does anything.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/xml/writer.h"
#include "server/planted.h"
#include "server/presence_db/presence_db.h"
#include "server/presence_db/presence_stanza.h"

namespace muster {
namespace {

// Of a session that ended, if it is told.
SharedText last_word(const std::vector<PresenceSource>& sources, std::string_view resource) {
  for (const PresenceSource& source : sources) {
    const auto* xmpp = std::get_if<XmppSource>(&source);
    if (xmpp != nullptr && !xmpp->available && xmpp->resource == resource) return xmpp->after;
  }
  return share("' type='unavailable'/>");
}

// What was handed over has no number there yet.
constexpr std::uint32_t kHandedOver = 0;

bool is_present(const std::vector<PresenceSource>& sources) {
  return std::any_of(sources.begin(), sources.end(), [](const PresenceSource& source) {
    const auto* xmpp = std::get_if<XmppSource>(&source);
    return xmpp == nullptr || xmpp->available;
  });
}

std::vector<Elsewhere::Publication>::iterator find_publication(
    std::vector<Elsewhere::Publication>& among, const PublicationSource& published) {
  const auto known = std::find_if(among.begin(), among.end(),
                                  [&](const auto& one) { return one.there == published.number; });
  if (known != among.end()) return known;
  // She has moved: it is the same one, which another server told of, or this one had.
  const auto same = std::find_if(among.begin(), among.end(), [&](const auto& one) {
    return *one.document == *published.document;
  });
  if (same != among.end()) return same;
  return std::find_if(among.begin(), among.end(),
                      [](const auto& one) { return one.there == kHandedOver; });
}

// Of publications and registrations.
std::vector<std::uint32_t> numbers_elsewhere(const Elsewhere& elsewhere) {
  std::vector<std::uint32_t> numbers;
  for (const Elsewhere::Publication& publication : elsewhere.publications)
    numbers.push_back(publication.number);
  for (const LiveRegistration& live : elsewhere.registrations)
    numbers.push_back(live.number);
  return numbers;
}

// All that is shown of her of another server, to be compared.
std::vector<std::string> shown_elsewhere(const User& user) {
  std::vector<std::string> all;
  for (const PresentResource& resource : user.resources) {
    if (!resource.elsewhere) continue;
    all.push_back(resource.full.text() + " " + std::to_string(resource.priority) + *resource.after);
  }
  if (user.elsewhere == nullptr) return all;
  for (const Elsewhere::Publication& publication : user.elsewhere->publications)
    all.push_back(*publication.document);
  for (const LiveRegistration& live : user.elsewhere->registrations)
    all.push_back(live.registration.contact + " " + std::to_string(live.registration.thousandths));
  return all;
}

}  // namespace

// --- whom this server serves ---------------------------------------------------------------------

// Held from then on: what she does next is sure to need her.
void PresenceDb::on(Now now, const UserServed& served, Outbox& out) {
  if (!served.here) {
    const auto found = users_.find(served.account);
    if (found == users_.end()) return;
    found->second->here = found->second->leaves = false;
    forget_if_idle(served.account, out);
    return;
  }
  served_here(now, served.account, out).leaves = false;
}

// The same for whoever does what only those do whom this server serves.
User& PresenceDb::served_here(Now now, const Address& account, Outbox& out) {
  User& user = wanted(now, account, out);
  if (!shard_.settings.cluster || std::exchange(user.here, true)) return user;
  // She was held for others, without what she has published.
  if (!user.loaded) return user;
  user.published_awaited = true;
  load(now, account, out);
  return user;
}

// --- what they are told --------------------------------------------------------------------------

void PresenceDb::presence_changed(Now now, const Address& account, User& user, Outbox& out) {
  tell_presence_here(account, user, nullptr, out);
  document_changed(now, account, user, out);
}

// `left` is a session that has just ended.
void PresenceDb::tell_presence_here(const Address& account, const User& user,
                                    const XmppSource* left, Outbox& out) {
  if (!shard_.settings.cluster) return;
  PresenceHere here{account, sources_here(user), 0};
  if (left != nullptr) here.sources.emplace_back(*left);
  out.emit(std::move(here));
}

void PresenceDb::on(Now, const PresenceAsked& asked, Outbox& out) {
  const User* user = held(asked.account);
  std::vector<PresenceSource> sources;
  if (user != nullptr) sources = sources_here(*user);
  out.emit(PresenceHere{asked.account, std::move(sources), asked.to});
}

std::vector<PresenceSource> PresenceDb::sources_here(const User& user) {
  std::vector<PresenceSource> sources;
  for (const PresentResource& resource : user.resources) {
    if (resource.number != PresentResource::kSession || resource.elsewhere) continue;
    sources.emplace_back(XmppSource{std::string(resource.full.resource()), true, resource.priority,
                                    resource.after, resource.changed});
  }
  for (const LivePublication& publication : user.publications)
    sources.emplace_back(PublicationSource{publication.document, publication.number});
  if (!user.publications.empty()) return sources;
  for (const LiveRegistration& live : user.registrations)
    sources.emplace_back(RegistrationSource{live.registration});
  return sources;
}

// A pair has one record here and one there; who else has them at hand is told of each change.
void PresenceDb::tell_relation(const Address& by, const RelationChanged& changed, Outbox& out) {
  if (!shard_.settings.cluster) return;
  out.emit(RelationToTell{changed, by});
}

// --- what this server wants to know --------------------------------------------------------------

// False: it is asked for, and all that waits for the user is looked at again when it has come.
bool PresenceDb::has_whole_presence(const Address& account, User& user, Outbox& out) {
  if (!shard_.settings.cluster) return true;
  if (!std::exchange(user.presence_asked, true)) out.emit(PresenceWanted{account});
  return user.presence_known || user.elsewhere != nullptr;
}

// Nobody is left for whom it was asked.
void PresenceDb::release_presence(const Address& account, User& user, Outbox& out) {
  if (!user.presence_asked || !user.watches.empty() || !user.waiting.empty() || user.asks > 0 ||
      user.leaves) {
    return;
  }
  user.presence_asked = false;
  user.presence_known = false;
  out.emit(PresenceUnwanted{account});
}

// Her sessions are to see those whom she is subscribed to, wherever they are.
void PresenceDb::want_contacts(User& user, Outbox& out) {
  if (!shard_.settings.cluster) return;
  if (!user.wanted_by_sessions) user.sees_contacts = false;
  std::vector<Address> wanted;
  if (user.sees_contacts) {
    for (const Contact& contact : user.contacts) {
      const bool ours = shard_.settings.serves(contact.address.domain());
      if (ours && sees(contact.relation.subscription)) wanted.push_back(contact.address);
    }
  }
  if (wanted == user.contacts_wanted) return;
  std::vector<ContactsWanted> of(shard_.shards);
  const auto tell = [&](const std::vector<Address>& from, const std::vector<Address>& but,
                        std::vector<Address> ContactsWanted::*list) {
    for (const Address& contact : from) {
      if (std::binary_search(but.begin(), but.end(), contact)) continue;
      (of[shard_.home_of(contact).number()].*list).push_back(contact);
    }
  };
  tell(wanted, user.contacts_wanted, &ContactsWanted::wanted);
  tell(user.contacts_wanted, wanted, &ContactsWanted::unwanted);
  user.contacts_wanted = std::move(wanted);
  for (std::uint8_t i = 0; i < shard_.shards; ++i) {
    if (of[i].wanted.empty() && of[i].unwanted.empty()) continue;
    out.emit(ShardId(i), std::move(of[i]));
  }
}

// The store could not say who she is.
void PresenceDb::look_again(Now now, const Address& account) {
  look_again_.insert(account);
  if (look_again_at_) return;
  look_again_at_ = now.instant + kStoreAgainAfter;
  deadlines_.add(*look_again_at_, {});
}

void PresenceDb::look_again(Now now, Outbox& out) {
  look_again_at_.reset();
  for (const Address& account : std::exchange(look_again_, {})) {
    if (held(account) != nullptr) load(now, account, out);
    out.emit(PresenceWanted{account, true});
  }
}

// --- who moves to another server -----------------------------------------------------------------

// From when she is present there she is shown as she is there (hand_over()).
void PresenceDb::on(Now, const UserLeaves& leaves, Outbox& out) {
  // She may be about to be loaded: what waits for that comes about here still.
  const auto found = users_.find(leaves.account);
  // Who was handed over already, and is told again, has left.
  if (found == users_.end() || !found->second->here) return;
  found->second->leaves = true;
  if (!std::exchange(found->second->presence_asked, true)) {
    out.emit(PresenceWanted{leaves.account});
  }
}

void PresenceDb::on(Now, const DirectedEnds& ends, Outbox& out) {
  const User* user = held(ends.session.to_bare());
  for (const Address& to : ends.to) {
    const bool sees_her =
        user != nullptr && is_seen_by(relation_to(*user, to.to_bare()).subscription);
    if (sees_her) continue;
    std::string xml = *stanza_before_to(ends.session);
    xml::append_escaped(xml, to.text());
    xml.append("' type='unavailable'/>");
    out.emit(
        shard_.home_of(to),
        StanzaForUser{StanzaKind::presence, "unavailable", {}, ends.session, to, std::move(xml)});
  }
}

// What she is present through here is taken for what the other server said last, so that only the
// difference is shown. That it ends here, nobody sees then; the other servers are not told either,
// but that she is served here no more.
void PresenceDb::hand_over(const Address& account, User& user, Outbox& out) {
  if (shard_.planted == Planted::moved_user_ends) return out.emit(UserHasLeft{account});
  user.here = user.leaves = false;
  // A registration that waits here is sip_presence's to end now; taken later, it would bring her
  // back.
  user.published_awaited = false;
  std::erase_if(user.waiting, [](const WaitingForUser& waiting) {
    return std::holds_alternative<RegistrationsChanged>(waiting);
  });
  if (user.elsewhere == nullptr) user.elsewhere = std::make_unique<Elsewhere>();
  for (PresentResource& resource : user.resources) {
    if (resource.number == PresentResource::kSession) resource.elsewhere = true;
  }
  for (LivePublication& mine : std::exchange(user.publications, {}))
    user.elsewhere->publications.push_back({kHandedOver, mine.number, std::move(mine.document)});
  for (LiveRegistration& mine : std::exchange(user.registrations, {}))
    user.elsewhere->registrations.push_back(std::move(mine));
  out.emit(UserHasLeft{account});
  tell_residence(account, user, out);
}

// --- what it hears -------------------------------------------------------------------------------

void PresenceDb::on(Now now, const PresenceElsewhere& presence, Outbox& out) {
  const auto found = users_.find(presence.account);
  if (found == users_.end() && presence.sources.empty()) return;
  User& user = wanted(now, presence.account, out);
  if (!user.loaded) {
    // The latest says all.
    std::erase_if(user.waiting, [](const WaitingForUser& waiting) {
      return std::holds_alternative<PresenceElsewhere>(waiting);
    });
    user.waiting.push_back(presence);
    return;
  }
  if (user.leaves && is_present(presence.sources)) hand_over(presence.account, user, out);
  user.presence_known = user.presence_asked;
  if (user.elsewhere == nullptr && !presence.sources.empty()) {
    user.elsewhere = std::make_unique<Elsewhere>();
  }
  if (user.elsewhere != nullptr) {
    const std::vector<std::string> before = shown_elsewhere(user);
    take_sessions(now, presence.account, user, presence.sources, out);
    const std::vector<std::uint32_t> numbers = numbers_elsewhere(*user.elsewhere);
    take_publications(presence.account, user, presence.sources, out);
    take_registrations(presence.account, user, presence.sources, out);
    // What is there no more is seen to go behind what has come.
    const std::vector<std::uint32_t> left = numbers_elsewhere(*user.elsewhere);
    for (const std::uint32_t number : numbers) {
      if (std::find(left.begin(), left.end(), number) != left.end()) continue;
      out.emit(TuplesToConvert{presence.account, number, NoSource{}});
    }
    const bool sessions = std::any_of(user.resources.begin(), user.resources.end(),
                                      [](const PresentResource& r) { return r.elsewhere; });
    if (!sessions && user.elsewhere->publications.empty() &&
        user.elsewhere->registrations.empty()) {
      user.elsewhere.reset();
    }
    if (shown_elsewhere(user) != before) document_changed(now, presence.account, user, out);
  }
  go_on_waiting(now, user, out);
  forget_if_idle(presence.account, out);
}

// A session of ours by the same name came later than what the other server says.
void PresenceDb::take_sessions(Now now, const Address& account, User& user,
                               const std::vector<PresenceSource>& sources, Outbox& out) {
  std::vector<PresentResource> gone;
  for (const PresentResource& resource : user.resources) {
    if (resource.elsewhere) gone.push_back(resource);
  }
  for (const PresenceSource& source : sources) {
    const auto* xmpp = std::get_if<XmppSource>(&source);
    if (xmpp == nullptr || !xmpp->available) continue;
    const Address full = account.with_resource(xmpp->resource);
    const auto was = std::find_if(gone.begin(), gone.end(),
                                  [&](const PresentResource& r) { return r.full == full; });
    const bool same = was != gone.end() && *was->after == *xmpp->after &&
                      was->priority == xmpp->priority && was->changed == xmpp->changed;
    if (was != gone.end()) gone.erase(was);
    const bool ours =
        std::any_of(user.resources.begin(), user.resources.end(), [&](const PresentResource& r) {
          return r.full == full && r.number == PresentResource::kSession && !r.elsewhere;
        });
    if (ours || same) continue;
    const PresentResource session{full,
                                  PresentResource::kSession,
                                  xmpp->priority,
                                  stanza_before_to(full),
                                  xmpp->after,
                                  xmpp->changed,
                                  true};
    set_session(now, account, user, session, true, out);
  }
  for (PresentResource& session : gone) {
    session.after = last_word(sources, session.full.resource());
    set_session(now, account, user, session, false, out);
  }
}

void PresenceDb::take_publications(const Address& account, User& user,
                                   const std::vector<PresenceSource>& sources, Outbox& out) {
  std::vector<Elsewhere::Publication> old = std::exchange(user.elsewhere->publications, {});
  for (const PresenceSource& source : sources) {
    const auto* published = std::get_if<PublicationSource>(&source);
    if (published == nullptr) continue;
    const auto was = find_publication(old, *published);
    Elsewhere::Publication next{published->number, 0, published->document};
    const bool same = was != old.end() && *was->document == *published->document;
    next.number = was != old.end() ? was->number : user.next_number++;
    if (was != old.end()) old.erase(was);
    if (!same) {
      out.emit(TuplesToConvert{account, next.number, PublicationSource{next.document, 0}});
    }
    user.elsewhere->publications.push_back(std::move(next));
  }
}

void PresenceDb::take_registrations(const Address& account, User& user,
                                    const std::vector<PresenceSource>& sources, Outbox& out) {
  std::vector<LiveRegistration> old = std::exchange(user.elsewhere->registrations, {});
  for (const PresenceSource& source : sources) {
    const auto* registered = std::get_if<RegistrationSource>(&source);
    if (registered == nullptr) continue;
    // The same phone has come here later than what the other server says.
    if (number_of(user.registrations, registered->registration.name)) continue;
    const auto was = std::find_if(old.begin(), old.end(), [&](const LiveRegistration& live) {
      return live.registration.name == registered->registration.name;
    });
    LiveRegistration next{0, registered->registration};
    const bool same = was != old.end() && was->registration == next.registration;
    next.number = was != old.end() ? was->number : user.next_number++;
    if (was != old.end()) old.erase(was);
    if (!same) {
      out.emit(TuplesToConvert{account, next.number, RegistrationSource{next.registration}});
    }
    user.elsewhere->registrations.push_back(std::move(next));
  }
}

}  // namespace muster
