#include "sim/store/memory_store.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"

namespace muster::sim {
namespace {

StoreRefused not_found() {
  return {StoreRefused::Why::not_found};
}
StoreRefused too_many() {
  return {StoreRefused::Why::too_many};
}

void erase_expired(std::vector<StoredPublication>& publications, UnixTime now) {
  std::erase_if(publications, [&](const StoredPublication& p) { return p.expires <= now; });
}

}  // namespace

StoreReply MemoryStore::carry_out(const StoreRequest& request) {
  return std::visit([this](const auto& known) { return on(known); }, request);
}

bool MemoryStore::writes(const StoreRequest& request) const {
  return std::visit(
      Overloaded{
          [&](const LoadUser& load) { return load.create && find(load.account) == nullptr; },
          [](const LoadRoster&) { return false; },
          [](const LoadPending&) { return false; },
          [](const auto&) { return true; },
      },
      request);
}

MemoryStore::Account* MemoryStore::find(const Address& account) {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : &found->second;
}

const MemoryStore::Account* MemoryStore::find(const Address& account) const {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : &found->second;
}

WatcherPolicy MemoryStore::policy_of(const Address& account) const {
  const Account* found = find(account);
  return found == nullptr ? WatcherPolicy::deny : found->policy;
}

Relation MemoryStore::relation(const Address& account, const Address& contact) const {
  return relation_of(find(account), contact);
}

std::vector<std::string> MemoryStore::expired_of(const Address& account) const {
  const Account* found = find(account);
  return found == nullptr ? std::vector<std::string>() : found->expired;
}

void MemoryStore::note_expired(Account& account, UnixTime now) {
  for (const StoredPublication& publication : account.publications) {
    if (publication.expires <= now) account.expired.push_back(publication.document);
  }
  const std::size_t kept = std::min(account.expired.size(), kExpiredKept);
  account.expired.erase(account.expired.begin(),
                        account.expired.end() - static_cast<std::ptrdiff_t>(kept));
}

std::vector<Address> MemoryStore::contacts_of(const Address& account) const {
  std::vector<Address> all;
  if (const Account* found = find(account)) {
    for (const auto& [contact, record] : found->contacts)
      all.push_back(contact);
  }
  return all;
}

std::uint64_t MemoryStore::version_of(const Address& account) const {
  const Account* found = find(account);
  return found == nullptr ? 0 : found->version;
}

const std::vector<StoredPublication>& MemoryStore::publications_of(const Address& account) const {
  static const std::vector<StoredPublication> kNone;
  const Account* found = find(account);
  return found == nullptr ? kNone : found->publications;
}

Relation MemoryStore::relation_of(const Account* account, const Address& contact) {
  if (account == nullptr) return {};
  const auto found = account->contacts.find(contact);
  return found == account->contacts.end() ? Relation{} : found->second.relation;
}

std::size_t MemoryStore::items_of(const Account& account) {
  std::size_t items = 0;
  for (const auto& [contact, record] : account.contacts)
    items += record.relation.listed ? 1 : 0;
  return items;
}

RelationChange MemoryStore::put(Account* account, const Address& contact, const Relation& after,
                                const std::string& stanza) {
  RelationChange change;
  change.after.contact = contact;
  if (account == nullptr) return change;
  change.before = relation_of(account, contact);
  change.changed = change.before != after;
  if (change.changed) {
    ++account->version;
    if (after.blank()) {
      account->contacts.erase(contact);
    } else {
      Record& record = account->contacts[contact];
      if (!is_pending_in(after.subscription)) {
        record.stanza.clear();
      } else if (!is_pending_in(change.before.subscription)) {
        record.stanza = stanza;
      }
      record.relation = after;
      record.version = account->version;
    }
  }
  change.version = account->version;
  if (const auto found = account->contacts.find(contact); found != account->contacts.end()) {
    change.after.relation = found->second.relation;
    change.after.name = found->second.name;
    change.after.groups = found->second.groups;
  }
  return change;
}

// --- users ---------------------------------------------------------------------------------------

StoreReply MemoryStore::on(const LoadUser& load) {
  UserLoaded loaded;
  Account* account = find(load.account);
  if (account == nullptr && load.create) {
    account = &accounts_[load.account];
    account->policy = load.policy;
    account->version = first_version_;
  }
  if (account == nullptr) return loaded;
  loaded.exists = true;
  loaded.policy = account->policy;
  for (const auto& [contact, record] : account->contacts) {
    loaded.contacts.push_back({contact, record.relation, record.version});
  }
  loaded.publications = account->publications;
  loaded.version = account->version;
  erase_expired(loaded.publications, load.now);
  return loaded;
}

StoreReply MemoryStore::on(const SetWatcherPolicy& set) {
  Account* account = find(set.account);
  if (account == nullptr) return not_found();
  account->policy = set.policy;
  return PolicySet{};
}

StoreReply MemoryStore::on(const RemoveAccount& remove) {
  const Account* account = find(remove.account);
  if (account == nullptr) return not_found();
  first_version_ = std::max(first_version_, account->version + 1);
  accounts_.erase(remove.account);
  AccountRemoved removed;
  for (auto& [address, other] : accounts_) {
    if (!other.contacts.contains(remove.account)) continue;
    removed.contacts.push_back({address, put(&other, remove.account, {}, {})});
  }
  return removed;
}

// --- the roster ----------------------------------------------------------------------------------

StoreReply MemoryStore::on(const LoadRoster& load) {
  const Account* account = find(load.account);
  if (account == nullptr) return not_found();
  RosterLoaded loaded;
  loaded.version = account->version;
  loaded.unchanged = load.known_version == account->version;
  if (loaded.unchanged) return loaded;
  for (const auto& [contact, record] : account->contacts) {
    if (!record.relation.listed) continue;
    loaded.items.push_back({contact, record.relation, record.name, record.groups});
  }
  return loaded;
}

StoreReply MemoryStore::on(const SetRosterItem& set) {
  Account* account = find(set.account);
  if (account == nullptr) return not_found();
  const bool listed = relation_of(account, set.contact).listed;
  if (!listed && items_of(*account) >= set.items_max) return too_many();
  Record& record = account->contacts[set.contact];
  record.relation.listed = true;
  record.name = set.name;
  record.groups = set.groups;
  record.version = ++account->version;
  return RosterItemSet{record.version, {set.contact, record.relation, record.name, record.groups}};
}

StoreReply MemoryStore::on(const RemoveRosterItem& remove) {
  Account* account = find(remove.account);
  if (account == nullptr) return not_found();
  const Relation mine = relation_of(account, remove.contact);
  if (!mine.listed) return not_found();
  Account* other = remove.contact == remove.account ? nullptr : find(remove.contact);
  const PairChange pair = part_pair(mine, relation_of(other, remove.account));
  return change(account, remove.account, other, remove.contact, pair, {}, 0);
}

// --- subscriptions -------------------------------------------------------------------------------

StoreReply MemoryStore::change(Account* actor_account, const Address& actor, Account* peer_account,
                               const Address& peer, const PairChange& pair,
                               const std::string& stanza, std::uint32_t records_max) {
  const bool new_item = pair.actor.listed && !relation_of(actor_account, peer).listed;
  const bool new_record = !pair.peer.blank() && relation_of(peer_account, actor).blank();
  if (new_item && items_of(*actor_account) >= records_max) return too_many();
  if (new_record && peer_account->contacts.size() >= records_max) return too_many();
  SubscriptionChanged changed;
  changed.actor = put(actor_account, peer, pair.actor, {});
  changed.peer = put(peer_account, actor, pair.peer, stanza);
  changed.peer_exists = peer_account != nullptr;
  if (changed.peer_exists) {
    changed.to_peer = pair.to_peer;
    changed.to_actor = pair.to_actor;
  }
  return changed;
}

StoreReply MemoryStore::on(const ChangeSubscription& ask) {
  Account* actor = find(ask.actor);
  Account* peer = find(ask.peer);
  if (actor == nullptr || ask.actor == ask.peer) return not_found();
  if (peer == nullptr && ask.verb == SubscriptionVerb::subscribe) return not_found();
  const Relation mine = relation_of(actor, ask.peer);
  const PairChange pair =
      peer == nullptr ? change_alone(mine, ask.verb)
                      : change_pair(mine, relation_of(peer, ask.actor), peer->policy, ask.verb);
  return change(actor, ask.actor, peer, ask.peer, pair, ask.stanza, ask.records_max);
}

StoreReply MemoryStore::on(const AskToWatch& ask) {
  Account* watcher = find(ask.watcher);
  Account* presentity = find(ask.presentity);
  if (presentity == nullptr || ask.watcher == ask.presentity) return not_found();
  const PairChange pair = ask_to_watch(relation_of(watcher, ask.presentity),
                                       relation_of(presentity, ask.watcher), presentity->policy);
  return change(watcher, ask.watcher, presentity, ask.presentity, pair, ask.stanza,
                ask.records_max);
}

StoreReply MemoryStore::on(const LoadPending& load) {
  const Account* account = find(load.account);
  if (account == nullptr) return not_found();
  PendingLoaded loaded;
  for (const auto& [contact, record] : account->contacts) {
    if (!is_pending_in(record.relation.subscription)) continue;
    loaded.requests.push_back({contact, record.stanza});
  }
  return loaded;
}

// --- publications --------------------------------------------------------------------------------

StoreReply MemoryStore::on(const LoadPublications& load) {
  PublicationsLoaded loaded;
  for (auto& [address, account] : accounts_) {
    note_expired(account, load.now);
    erase_expired(account.publications, load.now);
    if (!account.publications.empty()) loaded.accounts.push_back(address);
  }
  return loaded;
}

StoreReply MemoryStore::on(const StorePublication& store) {
  Account* account = find(store.account);
  if (account == nullptr) return not_found();
  note_expired(*account, store.now);
  std::vector<StoredPublication> live = account->publications;
  erase_expired(live, store.now);
  if (store.if_match.empty()) {
    if (live.size() >= store.publications_max) return too_many();
    live.push_back({store.etag, store.document, store.expires});
    account->publications = live;
    return PublicationStored{live.back()};
  }
  for (StoredPublication& publication : live) {
    if (publication.etag != store.if_match) continue;
    publication.etag = store.etag;
    publication.expires = store.expires;
    if (!store.document.empty()) publication.document = store.document;
    account->publications = live;
    return PublicationStored{publication};
  }
  return not_found();
}

StoreReply MemoryStore::on(const RemovePublication& remove) {
  Account* account = find(remove.account);
  if (account == nullptr) return not_found();
  auto& all = account->publications;
  const auto found = std::find_if(all.begin(), all.end(), [&](const StoredPublication& p) {
    return p.etag == remove.etag && p.expires > remove.now;
  });
  if (found == all.end()) return not_found();
  all.erase(found);
  return PublicationRemoved{};
}

StoreReply MemoryStore::on(const ExpirePublications& expire) {
  if (Account* account = find(expire.account)) {
    note_expired(*account, expire.now);
    erase_expired(account->publications, expire.now);
  }
  return PublicationsExpired{};
}

}  // namespace muster::sim
