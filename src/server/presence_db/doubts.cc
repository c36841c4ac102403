// The part of PresenceDb that is about records which another server changed and could not tell of
// any more, for it is gone: users who are held are loaded anew, and what the store has and was not
// known here is learnt late. Sessions of hers get it by roster pushes, and requests as when they
// came; the stanzas of what was decided meanwhile are not made up.

#include <algorithm>
#include <utility>
#include <vector>

#include "server/presence_db/presence_db.h"

namespace muster {
namespace {

const Contact* find_stored(const UserLoaded& stored, const Address& address) {
  const auto found = std::find_if(stored.contacts.begin(), stored.contacts.end(),
                                  [&](const Contact& c) { return c.address == address; });
  return found == stored.contacts.end() ? nullptr : &*found;
}

}  // namespace

// What is just being read may be as old.
void PresenceDb::on(Now now, const RecordsDoubted& doubted, Outbox& out) {
  const auto found = users_.find(doubted.account);
  if (found == users_.end()) return;
  if (found->second->loaded) return load(now, doubted.account, out);
  found->second->waiting.push_back(doubted);
}

// Of what is newer here a hint was faster.
void PresenceDb::compare(const Address& account, User& user, const UserLoaded& stored,
                         Outbox& out) {
  std::vector<Contact> news;
  for (const Contact& contact : stored.contacts) {
    const Contact* known = find_contact(user, contact.address);
    if (known == nullptr || known->version < contact.version) news.push_back(contact);
  }
  for (const Contact& known : user.contacts) {
    if (known.relation.blank() || known.version > stored.version) continue;
    if (find_stored(stored, known.address) == nullptr)
      news.push_back({known.address, {}, stored.version});
  }
  user.versions.note_all(stored.version);
  for (const Contact& contact : news)
    learn_late(account, user, contact, out);
  if (std::exchange(user.policy, stored.policy) != stored.policy) {
    review_watches(account, user, nullptr, out);
  }
  if (!news.empty()) tell_residence(account, user, out);
  push_late(account, user, out);
}

void PresenceDb::learn_late(const Address& account, User& user, const Contact& stored,
                            Outbox& out) {
  const Relation before = relation_to(user, stored.address);
  const auto place = contact_position(user, stored.address);
  if (place == user.contacts.end() || place->address != stored.address) {
    user.contacts.insert(place, stored);
  } else {
    *place = stored;
  }
  if (stored.relation == before) return;
  side_changed(account, stored.address, before, out);
  if (!user.wanted_by_sessions) return;
  if (before.listed || stored.relation.listed) user.to_push.push_back(stored.address);
  const bool asks = is_pending_in(stored.relation.subscription);
  if (asks && !is_pending_in(before.subscription)) load_pending(account, out);
}

// Names and groups are in the store alone.
void PresenceDb::push_late(const Address& account, User& user, Outbox& out) {
  if (user.to_push.empty()) return;
  if (!user.wanted_by_sessions) return user.to_push.clear();
  ask_store(account, ItemsAsk{account}, LoadRoster{account, std::nullopt}, out);
}

void PresenceDb::answered(Now now, const ItemsAsk& ask, const StoreReply& reply, Outbox& out) {
  User* user = held(ask.account);
  if (user == nullptr) return;
  const auto* roster = std::get_if<RosterLoaded>(&reply);
  if (roster == nullptr) return look_again(now, ask.account);
  for (const Address& contact : std::exchange(user->to_push, {})) {
    const auto item = std::find_if(roster->items.begin(), roster->items.end(),
                                   [&](const RosterItem& i) { return i.contact == contact; });
    const bool removed = item == roster->items.end();
    RosterPush push{ask.account, user->versions.whole(), {}, removed};
    if (!removed) push.item = *item;
    push.item.contact = contact;
    out.emit(std::move(push));
  }
}

}  // namespace muster
