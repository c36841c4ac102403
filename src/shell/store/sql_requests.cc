#include "shell/store/sql_requests.h"

#include <algorithm>
#include <utility>

#include "base/overloaded.h"

namespace muster::sql {
namespace {

StoreRefused not_found() {
  return {StoreRefused::Why::not_found};
}
StoreRefused too_many() {
  return {StoreRefused::Why::too_many};
}

}  // namespace

Requests::Requests(Database& database)
    : accounts_(database), contacts_(database), publications_(database) {}

bool Requests::only_reads(const StoreTask& task) {
  const auto reads = [](const auto& request) {
    return std::visit(Overloaded{
                          [](const LoadUser&) { return true; },
                          [](const LoadRoster&) { return true; },
                          [](const LoadPending&) { return true; },
                          [](const LoadCredentials&) { return true; },
                          [](const ListAccounts&) { return true; },
                          [](const LoadSecret&) { return true; },
                          [](const auto&) { return false; },
                      },
                      request);
  };
  return std::visit(reads, task);
}

StoreResult Requests::carry_out(const StoreTask& task, bool may_write) {
  may_write_ = may_write;
  return std::visit(
      Overloaded{
          // Theirs are the fences (sql_fences.h).
          [](const ServerRequest&) -> StoreResult { return ServerReply(StoreFailed{}); },
          [this](const auto& request) -> StoreResult {
            return std::visit([this](const auto& known) -> StoreResult { return on(known); },
                              request);
          },
      },
      task);
}

std::optional<Account> Requests::find(const Address& address) {
  return may_write_ ? accounts_.find_to_change(address) : accounts_.find(address);
}

// --- users ---------------------------------------------------------------------------------------

StoreReply Requests::on(const LoadUser& load) {
  UserLoaded loaded;
  std::optional<Account> account = find(load.account);
  if (!account && load.create && may_write_) account = accounts_.make(load.account, load.policy);
  if (!account) return loaded;
  loaded.exists = true;
  loaded.policy = account->policy;
  loaded.contacts = contacts_.of(*account);
  loaded.publications = publications_.of(*account, load.now);
  loaded.version = account->version;
  return loaded;
}

StoreReply Requests::on(const SetWatcherPolicy& set) {
  const auto account = find(set.account);
  if (!account) return not_found();
  accounts_.set_policy(*account, set.policy);
  return PolicySet{};
}

StoreReply Requests::on(const RemoveAccount& remove) {
  const auto account = find(remove.account);
  if (!account) return not_found();
  std::vector<Contacts::Holder> holders = contacts_.holders_of(remove.account);
  accounts_.remove(*account);
  AccountRemoved removed;
  for (Contacts::Holder& holder : holders) {
    if (holder.account.id == account->id) continue;
    Side side{holder.account, remove.account, std::move(holder.record)};
    removed.contacts.push_back({std::move(holder.address), change_one(side, {}, {})});
  }
  return removed;
}

// --- the roster ----------------------------------------------------------------------------------

StoreReply Requests::on(const LoadRoster& load) {
  const auto account = find(load.account);
  if (!account) return not_found();
  RosterLoaded loaded;
  loaded.version = account->version;
  loaded.unchanged = load.known_version == account->version;
  if (!loaded.unchanged) loaded.items = contacts_.items_of(*account);
  return loaded;
}

StoreReply Requests::on(const SetRosterItem& set) {
  auto account = find(set.account);
  if (!account) return not_found();
  Relation relation = contacts_.find(*account, set.contact).relation;
  if (!relation.listed && contacts_.count_items(*account) >= set.items_max) return too_many();
  relation.listed = true;
  ++account->version;
  RosterItemSet reply{account->version, {set.contact, relation, set.name, set.groups}};
  accounts_.set_version(*account);
  contacts_.set_item(*account, reply.item);
  return reply;
}

StoreReply Requests::on(const RemoveRosterItem& remove) {
  const auto account = find(remove.account);
  if (!account) return not_found();
  Side actor = side(account, remove.contact);
  if (!actor.record.relation.listed) return not_found();
  const bool herself = remove.contact == remove.account;
  Side peer = side(herself ? std::nullopt : find(remove.contact), remove.account);
  const PairChange pair = part_pair(actor.record.relation, peer.record.relation);
  return change_both(actor, peer, pair, {}, 0);
}

// --- subscriptions -------------------------------------------------------------------------------

Requests::Side Requests::side(const std::optional<Account>& account, const Address& contact) {
  return {account, contact, account ? contacts_.find(*account, contact) : Record{}};
}

StoreReply Requests::change_both(Side& actor, Side& peer, const PairChange& pair,
                                 const std::string& stanza, std::uint32_t records_max) {
  const bool new_item = pair.actor.listed && !actor.record.relation.listed;
  if (new_item && contacts_.count_items(*actor.account) >= records_max) return too_many();
  const bool new_record = !pair.peer.blank() && peer.record.relation.blank();
  if (new_record && contacts_.count(*peer.account) >= records_max) return too_many();
  SubscriptionChanged changed;
  changed.actor = change_one(actor, pair.actor, {});
  changed.peer = change_one(peer, pair.peer, stanza);
  changed.peer_exists = peer.account.has_value();
  if (changed.peer_exists) {
    changed.to_peer = pair.to_peer;
    changed.to_actor = pair.to_actor;
  }
  return changed;
}

RelationChange Requests::change_one(Side& side, const Relation& after, const std::string& stanza) {
  RelationChange change;
  change.after.contact = side.contact;
  if (!side.account) return change;
  change.before = side.record.relation;
  change.changed = change.before != after;
  if (change.changed) {
    ++side.account->version;
    accounts_.set_version(*side.account);
    const bool pending = is_pending_in(after.subscription);
    const bool was_pending = is_pending_in(change.before.subscription);
    if (after.blank()) {
      contacts_.remove(*side.account, side.contact);
    } else {
      contacts_.set_relation(*side.account, side.contact, after, pending && was_pending,
                             pending ? std::optional<std::string_view>(stanza) : std::nullopt);
    }
  }
  change.version = side.account->version;
  if (!after.blank()) {
    change.after.relation = after;
    change.after.name = std::move(side.record.name);
    change.after.groups = std::move(side.record.groups);
  }
  return change;
}

StoreReply Requests::on(const ChangeSubscription& ask) {
  const auto account = find(ask.actor);
  if (!account || ask.actor == ask.peer) return not_found();
  const auto peer_account = find(ask.peer);
  if (!peer_account && ask.verb == SubscriptionVerb::subscribe) return not_found();
  Side actor = side(account, ask.peer);
  Side peer = side(peer_account, ask.actor);
  const PairChange pair = peer_account ? change_pair(actor.record.relation, peer.record.relation,
                                                     peer_account->policy, ask.verb)
                                       : change_alone(actor.record.relation, ask.verb);
  return change_both(actor, peer, pair, ask.stanza, ask.records_max);
}

StoreReply Requests::on(const AskToWatch& ask) {
  const auto account = find(ask.presentity);
  if (!account || ask.watcher == ask.presentity) return not_found();
  Side watcher = side(find(ask.watcher), ask.presentity);
  Side presentity = side(account, ask.watcher);
  const PairChange pair =
      ask_to_watch(watcher.record.relation, presentity.record.relation, account->policy);
  return change_both(watcher, presentity, pair, ask.stanza, ask.records_max);
}

StoreReply Requests::on(const LoadPending& load) {
  const auto account = find(load.account);
  if (!account) return not_found();
  return PendingLoaded{contacts_.requests_of(*account)};
}

// --- publications --------------------------------------------------------------------------------

StoreReply Requests::on(const LoadPublications& load) {
  publications_.remove_all_expired(load.now);
  return PublicationsLoaded{publications_.publishers()};
}

StoreReply Requests::on(const StorePublication& store) {
  const auto account = find(store.account);
  if (!account) return not_found();
  PublicationStored stored{{store.etag, store.document, store.expires}};
  if (store.if_match.empty()) {
    if (publications_.count(*account, store.now) >= store.publications_max) return too_many();
    publications_.remove_expired(*account, store.now);
    publications_.add(*account, stored.publication);
    return stored;
  }
  auto found = publications_.find(*account, store.if_match, store.now);
  if (!found) return not_found();
  if (store.document.empty()) stored.publication.document = std::move(found->document);
  publications_.remove_expired(*account, store.now);
  publications_.set(found->id, stored.publication);
  return stored;
}

StoreReply Requests::on(const RemovePublication& remove) {
  const auto account = find(remove.account);
  if (!account) return not_found();
  const auto found = publications_.find(*account, remove.etag, remove.now);
  if (!found) return not_found();
  publications_.remove(found->id);
  return PublicationRemoved{};
}

StoreReply Requests::on(const ExpirePublications& expire) {
  const auto account = find(expire.account);
  if (account) publications_.remove_expired(*account, expire.now);
  return PublicationsExpired{};
}

// --- accounts ------------------------------------------------------------------------------------

AccountReply Requests::on(const LoadCredentials& load) {
  const auto account = find(load.account);
  if (!account) return CredentialsLoaded{};
  return CredentialsLoaded{true, accounts_.credentials(*account)};
}

AccountReply Requests::on(const CreateAccount& create) {
  std::optional<Account> account = find(create.account);
  if (account && !(create.claim && !accounts_.credentials(*account))) {
    return AccountRefused{AccountRefused::Why::conflict};
  }
  if (!account) account = accounts_.make(create.account, create.policy);
  accounts_.set_credentials(*account, create.credentials);
  return AccountCreated{};
}

AccountReply Requests::on(const SetCredentials& set) {
  const auto account = find(set.account);
  if (!account) return AccountRefused{AccountRefused::Why::not_found};
  accounts_.set_credentials(*account, set.credentials);
  return CredentialsSet{};
}

AccountReply Requests::on(const ListAccounts& list) {
  const std::uint32_t limit = std::min(list.limit, kAccountsListedMax);
  return AccountsListed{accounts_.list(list.domain, list.after, limit)};
}

AccountReply Requests::on(const LoadSecret&) {
  return SecretLoaded{accounts_.secret()};
}

}  // namespace muster::sql
