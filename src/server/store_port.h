// The store port: what the presence database asks the durable store, and what it is told
// (design: asked, never called). AskStore carries a request out, StoreAnswered a reply in. A reply
// other than StoreFailed means that the change is durable: it survives kill -9 and power loss.
// Each request is one transaction, and those of one asker happen in the order in which they were
// asked. Credentials do not pass here: they never enter the box.
//
// Every request but LoadUser is answered StoreRefused{not_found} where its account does not exist;
// what else it may be refused for stands with it. Accounts are bare addresses, and so are contacts
// in what the server sends. Lists are ordered by address, publications by when they were first
// made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/address.h"
#include "model/pair.h"
#include "model/subscription.h"

namespace muster {

struct Contact {
  Address address;
  Relation relation;
  // The account's version when this record last changed. Versions grow with each change of any of
  // the account's records, shown in the roster or not; the newest is the roster's (RFC 6121 section
  // 2.6). An account that is made anew goes on above those of the one that was removed.
  std::uint64_t version = 0;
};

// RFC 6121 section 2.1.2.
struct RosterItem {
  Address contact;
  Relation relation;
  std::string name;
  std::vector<std::string> groups;
};

struct StoredPublication {
  std::string etag;
  std::string document;  // PIDF, as it was published
  UnixTime expires;
};

// --- requests ------------------------------------------------------------------------------------

// All that the presence of a user needs. With `create`, an account that does not exist is made,
// without credentials (musterd dev --auto-accounts). Publications that expired at or before `now`
// are left out. Answer: UserLoaded.
struct LoadUser {
  Address account;
  bool create = false;
  UnixTime now{};
  WatcherPolicy policy = WatcherPolicy::ask;  // of an account that is made
};

// Who has publications that live beyond `now`: asked when the server starts. Those that expired
// while nobody looked are removed. Answer: PublicationsLoaded.
struct LoadPublications {
  UnixTime now{};
};

// Answer: RosterLoaded. Where `known_version` is the newest, the reply says so and has no items.
struct LoadRoster {
  Address account;
  std::optional<std::uint64_t> known_version;
};

// Sets name and groups of a contact, who becomes a roster item if she was none (RFC 6121 section
// 2.3, 2.4). Each set is a new version, for each is pushed. Answer: RosterItemSet, or
// StoreRefused{too_many} where she would be one item more than `items_max`.
struct SetRosterItem {
  Address account;
  Address contact;
  std::string name;
  std::vector<std::string> groups;
  std::uint32_t items_max = 0;
};

// Ends both directions of the pair and removes the item (RFC 6121 section 2.5). Answer:
// SubscriptionChanged, or StoreRefused{not_found} where she is no roster item.
struct RemoveRosterItem {
  Address account;
  Address contact;
};

// The actor sends `verb` to the peer: model/pair.h says what it makes of both records. Where the
// peer has no account here, subscribe is refused and the others change the actor's record alone.
// The `stanza` of the first subscribe is kept as long as it is pending (RFC 6121 section 3.1.3 rule
// 4). Answer: SubscriptionChanged, or StoreRefused{not_found} where the actor has no account, the
// peer of a subscribe has none, or they are the same; {too_many} where the actor would have one
// roster item more than `records_max`, or the peer one record more, in the roster or not.
struct ChangeSubscription {
  Address actor;
  Address peer;
  SubscriptionVerb verb = SubscriptionVerb::subscribe;
  std::string stanza;
  std::uint32_t records_max = 0;
};

// A SIP watcher asks for an authorization (RFC 8048 section 5.3.1), the actor of the answer: the
// presentity's record changes, the watcher's roster only as far as model/pair.h says. The watcher
// need not have an account. Answer: as ChangeSubscription's subscribe.
struct AskToWatch {
  Address watcher;
  Address presentity;
  std::string stanza;
  std::uint32_t records_max = 0;
};

// Requests that the account has not answered. Answer: PendingLoaded.
struct LoadPending {
  Address account;
};

// RFC 3903 section 6. `if_match` empty: a new publication. `document` empty: a refresh of the one
// that `if_match` names. What expired at or before `now` is as if it were not there. Answer:
// PublicationStored, or StoreRefused{not_found} where `if_match` names none that lives, {too_many}
// where a new one would be one more than `publications_max`.
struct StorePublication {
  Address account;
  std::string if_match;
  std::string etag;
  std::string document;
  UnixTime now;
  UnixTime expires;
  std::uint32_t publications_max = 0;
};

// Answer: PublicationRemoved, or StoreRefused{not_found} where none that lives has this tag.
struct RemovePublication {
  Address account;
  std::string etag;
  UnixTime now;
};

// Removes what expired at or before `now`, of this account; there may be none of either. Answer:
// PublicationsExpired.
struct ExpirePublications {
  Address account;
  UnixTime now;
};

// Answer: PolicySet.
struct SetWatcherPolicy {
  Address account;
  WatcherPolicy policy = WatcherPolicy::ask;
};

// The account and all that hangs on it: its credentials, its records, and the others' records of
// it. Answer: AccountRemoved.
struct RemoveAccount {
  Address account;
};

using StoreRequest =
    std::variant<LoadUser, LoadPublications, LoadRoster, SetRosterItem, RemoveRosterItem,
                 ChangeSubscription, AskToWatch, LoadPending, StorePublication, RemovePublication,
                 ExpirePublications, SetWatcherPolicy, RemoveAccount>;

// --- replies -------------------------------------------------------------------------------------

struct UserLoaded {
  bool exists = false;
  WatcherPolicy policy = WatcherPolicy::ask;
  std::vector<Contact> contacts;
  std::vector<StoredPublication> publications;
  std::uint64_t version = 0;  // of the account: all changes up to it are in `contacts`
};

struct PublicationsLoaded {
  std::vector<Address> accounts;  // each with at least one live publication
};

struct RosterLoaded {
  std::uint64_t version = 0;
  bool unchanged = false;
  std::vector<RosterItem> items;
};

struct RosterItemSet {
  std::uint64_t version = 0;
  RosterItem item;
};

// One side of a pair after a change of subscription.
struct RelationChange {
  bool changed = false;
  std::uint64_t version = 0;  // of this side's account, with this change; 0 if it has no account
  Relation before;
  RosterItem after;  // of the other side; its relation is blank where there is no record any more
};

struct SubscriptionChanged {
  RelationChange actor;
  RelationChange peer;
  // What the peer is to be shown, in order; and what the actor is, on the peer's behalf.
  std::vector<SubscriptionVerb> to_peer;
  std::vector<SubscriptionVerb> to_actor;
  // The stanza went to an account that exists here. (An unsubscribe to nobody is no error.)
  bool peer_exists = false;
};

struct PendingLoaded {
  struct Request {
    Address from;
    std::string stanza;
  };
  std::vector<Request> requests;
};

struct PublicationStored {
  StoredPublication publication;
};
struct PublicationRemoved {};
struct PublicationsExpired {};
struct PolicySet {};
struct AccountRemoved {
  struct Contact {
    Address account;        // who had a record of the one that is gone
    RelationChange change;  // of that record, which is gone too
  };
  std::vector<Contact> contacts;
};

// The store understood, and says no.
struct StoreRefused {
  enum class Why : std::uint8_t { not_found, too_many } why = Why::not_found;
};

// The world fails: a full disk, a locked or lost database. If that was lost, it may have happened.
struct StoreFailed {
  enum class Why : std::uint8_t { busy, full, broken } why = Why::broken;
};

using StoreReply =
    std::variant<UserLoaded, PublicationsLoaded, RosterLoaded, RosterItemSet, SubscriptionChanged,
                 PendingLoaded, PublicationStored, PublicationRemoved, PublicationsExpired,
                 PolicySet, AccountRemoved, StoreRefused, StoreFailed>;

}  // namespace muster
