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

// presence_db -> load_control of the same shard, which is the home shard of `by`: the same for the
// other servers, and of either side. They hear of both in the order in which they are told here.
struct RelationToTell {
  RelationChanged change;
  Address by;  // one of the two
};

// load_control -> presence_db: a server is gone, and may have changed records of this user that it
// could not tell of any more. The store knows.
struct RecordsDoubted {
  Address account;
};

// --- presence by SIP -----------------------------------------------------------------------------

// sip_presence -> presence_db, both on the home shard of the account: RFC 3903 section 6.
struct PublishAsked {
  SipRequestId request;
  Address account;
  std::string if_match;  // empty: a new publication
  bool remove = false;   // Expires: 0
  Duration expires;
  std::string document;  // empty: none was sent, a refresh
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
  std::string name;               // a resource: the same as long as the phone is
  std::string contact;            // its URI
  std::uint16_t thousandths = 0;  // its q
  friend bool operator==(const Registration&, const Registration&) = default;
};
struct RegistrationsChanged {
  Address account;
  std::vector<Registration> registrations;
};

// --- at the other servers of a cluster -----------------------------------------------------------

// presence_db on the home shard of a watcher -> load_control on that of the contacts: whom she is
// subscribed to who has a session here, and whom no more. Each watcher counts.
struct ContactsWanted {
  std::vector<Address> wanted;
  std::vector<Address> unwanted;
};
// presence_db -> load_control: something is to be answered with what she is present through
// anywhere. PresenceElsewhere follows, and then each change of it, until PresenceUnwanted. `again`:
// what was said of her could not be kept.
struct PresenceWanted {
  Address account;
  bool again = false;
};
struct PresenceUnwanted {
  Address account;
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
  std::uint32_t number = 0;  // among the account's, the same through its ETags
};
struct RegistrationSource {
  Registration registration;
};
using PresenceSource = std::variant<XmppSource, PublicationSource, RegistrationSource>;

// load_control -> presence_db and xmpp_presence: this server serves the user from now on, or no
// more. What she has published is shown by the server that serves her.
struct UserServed {
  Address account;
  bool here = false;
};

// load_control -> presence_db: what a user is present through at another server. All of it, each
// time: what is not in it is over. Sources of sessions that left say how.
struct PresenceElsewhere {
  Address account;
  std::vector<PresenceSource> sources;
};
// load_control -> presence_db: another server wants to know what she is present through here; `to`
// is handed back.
struct PresenceAsked {
  Address account;
  std::uint64_t to = 0;
};
// presence_db -> load_control: all that she is present through here, after each change of it, for
// whoever wants it (`to` is 0); or the answer to PresenceAsked.
struct PresenceHere {
  Address account;
  std::vector<PresenceSource> sources;
  std::uint64_t to = 0;
};

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

// presence_db -> conversion: what XMPP watchers are to see of a publication, or of a registration;
// of NoSource nothing any more, and they see that behind what is converted before it.
struct NoSource {};
struct TuplesToConvert {
  Address account;
  std::uint32_t number = 0;  // of the publication or registration among the account's
  std::variant<NoSource, PublicationSource, RegistrationSource> source;
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
