// Events about users and their presence. See events.h.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/address.h"
#include "model/subscription.h"
#include "server/store_port.h"
#include "server/vocabulary.h"

namespace muster {

// --- users ---------------------------------------------------------------------------------------

// xmpp_presence -> presence_db: load this user and keep her until UserUnwanted.
struct UserWanted {
  Address account;
};
// presence_db -> xmpp_presence.
struct UserReady {
  enum class Outcome : std::uint8_t { loaded, no_such_account, store_failed };
  Address account;
  Outcome outcome = Outcome::loaded;
};
// xmpp_presence -> presence_db.
struct UserUnwanted {
  Address account;
};

// --- presence by XMPP ----------------------------------------------------------------------------

// xmpp_presence -> presence_db: a resource of a user of this shard became available, changed, or
// became unavailable. As XMPP watchers will see it: `before` + the watcher + `after`.
struct ResourceChanged {
  Address full;
  bool available = true;
  bool initial = false;  // the session's first available presence (RFC 6121 section 4.2)
  std::int8_t priority = 0;
  SharedText before;
  SharedText after;
};

// presence_db -> presence_db on the home shard of the contacts: a session that became available
// asks for the presence of those whom its user is subscribed to (RFC 6121 section 4.3.1).
struct ContactsProbed {
  Address watcher;  // the session
  std::vector<Address> contacts;
};

// xmpp_presence -> presence_db on the home shard of the contact: a probe that a peer sent (RFC 6121
// section 4.3.2). `contact` may be a full address.
struct ProbeAsked {
  Address watcher;
  Address contact;
  std::string id;
  // Sessions of the contact that sent the watcher directed presence: of these she may know that
  // they are available, even if she may not see the contact (section 4.6.6).
  std::vector<Address> directed{};
};

// presence_db on the home shard of one side of a pair -> presence_db on that of the other: its
// record changed with ours, in one transaction (a hint: the store has it already).
struct RelationChanged {
  Address user;
  Address contact;
  RelationChange change;
  std::vector<SubscriptionVerb> shown;  // what the user is to be shown of the contact, in order
  std::string stanza;                   // the contact's own, for a shown verb that is hers
  SubscriptionVerb stanza_verb = SubscriptionVerb::subscribe;
};

// --- presence by SIP -----------------------------------------------------------------------------

// sip_presence -> presence_db, both on the home shard of the account: RFC 3903 section 6.
struct PublishAsked {
  SipRequestId request;
  Address account;
  std::string if_match;    // empty: a new publication
  bool remove = false;     // Expires: 0
  Duration expires;
  std::string document;    // empty: none was sent, a refresh
};
struct PublishAnswered {
  enum class Outcome : std::uint8_t {
    stored,
    removed,
    precondition_failed,  // 412
    too_many,             // 403
    no_such_account,      // 404
    store_failed,         // 500
  };
  SipRequestId request;
  Outcome outcome = Outcome::stored;
  std::string etag;
  Duration expires;
};

// sip_presence -> presence_db: all registrations that the account now has (RFC 3261 section 10).
// They are presence only for a user who does not publish (design, "Identity and presence").
struct Registration {
  std::string name;              // a resource: the same as long as the phone is
  std::string contact;           // its URI
  std::uint16_t thousandths = 0;  // its q
  friend bool operator==(const Registration&, const Registration&) = default;
};
struct RegistrationsChanged {
  Address account;
  std::vector<Registration> registrations;
};

// --- converting ----------------------------------------------------------------------------------

// What a user is present through, in its own form.
struct XmppSource {
  std::string resource;
  bool available = true;  // false: it left since the last document, or was the last to leave
  std::int8_t priority = 0;
  SharedText after;  // the rest of the stanza behind its `to`
  UnixTime changed;
};
struct PublicationSource {
  SharedText document;
};
struct RegistrationSource {
  Registration registration;
};
using PresenceSource = std::variant<XmppSource, PublicationSource, RegistrationSource>;

// presence_db -> conversion: make the one document of this user.
struct DocumentWanted {
  Address account;
  std::uint64_t version = 0;
  std::vector<PresenceSource> sources;
};
// conversion -> presence_db.
struct DocumentComposed {
  Address account;
  std::uint64_t version = 0;
  SharedText document;
};

// presence_db -> conversion: what XMPP watchers are to see of a publication, or of a registration.
struct TuplesToConvert {
  Address account;
  std::uint32_t number = 0;  // of the publication among the account's, the same through its ETags
  std::variant<PublicationSource, RegistrationSource> source;
};
// conversion -> presence_db. An empty list: nothing of it is to be seen.
struct TuplesConverted {
  struct Resource {
    std::string resource;  // a canonical resourcepart
    bool available = true;
    std::int8_t priority = 0;
    SharedText after;  // the rest of the stanza behind its `to`
  };
  Address account;
  std::uint32_t number = 0;
  std::vector<Resource> resources;
};

}  // namespace muster
