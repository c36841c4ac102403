// What the presence database holds of one user: the presence information data of the paper's
// section 3.2, while it is needed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "server/ports.h"
#include "server/presence_db/known_versions.h"
#include "server/store_port.h"
#include "server/vocabulary.h"

namespace muster {

// Something that the user is present through, as XMPP watchers see it.
struct PresentResource {
  static constexpr std::uint32_t kSession = 0;

  Address full;
  std::uint32_t number = kSession;  // else of the publication or registration that it is made from
  std::int8_t priority = 0;
  SharedText before;
  SharedText after;
  UnixTime changed;
  bool elsewhere = false;  // a session at another server
};

struct LivePublication {
  std::uint32_t number = 0;
  std::string etag;
  SharedText document;
  UnixTime expires;
};

struct LiveRegistration {
  std::uint32_t number = 0;
  Registration registration;
};
// Of the phone of that name.
std::optional<std::uint32_t> number_of(const std::vector<LiveRegistration>& registrations,
                                       std::string_view name);

// What a user is present through at another server of the cluster, as that server said last, but
// for its sessions, which are among the resources.
struct Elsewhere {
  struct Publication {
    std::uint32_t there = 0;  // its number at that server
    std::uint32_t number = 0;
    SharedText document;
  };
  std::vector<Publication> publications;
  std::vector<LiveRegistration> registrations;
};

// A SIP watcher's subscription. Those that ended are not kept.
struct LiveWatch {
  WatchId id;
  Address watcher;
  bool active = false;  // else pending
  bool fetch = false;
  // The version of the presence that it was told last; 0: nothing yet.
  std::uint64_t told = 0;
  bool asked_again = false;  // refreshed: to be told, although nothing changed
};

// What waits until the user is loaded.
using WaitingForUser =
    std::variant<WatchAsked, PublishAsked, RegistrationsChanged, ProbeAsked, RelationChanged,
                 RecordsDoubted, AdminAsked, DropAccount, PresenceElsewhere>;

struct User {
  bool loaded = false;
  bool wanted_by_sessions = false;
  bool here = false;               // this server of a cluster serves her
  bool leaves = false;             // and another one is about to
  bool published_awaited = false;  // she was held before, and what she has published is on its way
  WatcherPolicy policy = WatcherPolicy::ask;
  std::uint32_t asks = 0;  // questions to the store that are about her and not answered yet
  std::uint32_t next_number = 1;
  std::vector<Contact> contacts;  // by address
  KnownVersions versions;         // of changes of these
  std::vector<Address> to_push;   // of whom her sessions are yet to hear what the store has
  std::vector<PresentResource> resources;
  std::vector<LivePublication> publications;
  std::vector<LiveRegistration> registrations;
  std::vector<LiveWatch> watches;  // by id
  std::vector<WaitingForUser> waiting;
  std::optional<Instant> expire_at;  // when to look for publications whose time is over

  // Of one of many servers: what she is present through at another one, if she is; whether load
  // control was asked for that because of a watcher or a probe, and has answered.
  std::unique_ptr<Elsewhere> elsewhere;
  bool presence_asked = false;
  bool presence_known = false;
  // A session of hers is to see whom she is subscribed to; load control was told so of these.
  bool sees_contacts = false;
  std::vector<Address> contacts_wanted;  // sorted

  // What load control was told of her last (ResidentChanged).
  struct Residence {
    bool xmpp = false;
    bool sip = false;
    std::uint32_t contacts = 0;
    friend bool operator==(const Residence&, const Residence&) = default;
  };
  Residence told;

  // The document that SIP watchers get: what is composed of all the above.
  struct Document {
    std::uint64_t version = 1;   // of the presence; grows with each change
    std::uint64_t composed = 0;  // which version `text` says
    SharedText text;
    bool composing = false;
    // Sessions that left, which the next document still says are closed; the last one to leave
    // stays there.
    std::vector<XmppSource> left;
    // All watchers are to hear of a change then (RFC 3856 section 6.10).
    std::optional<Instant> notify_at;
    bool notify_all = false;
    std::optional<Instant> notified;
  };
  // Only of a user whom SIP watchers watch, or have watched.
  std::unique_ptr<Document> document;

  bool idle() const {
    return loaded && !wanted_by_sessions && !here && asks == 0 && watches.empty() &&
           publications.empty() && registrations.empty() && elsewhere == nullptr &&
           waiting.empty() && resources.empty();
  }
};

// The record of `address`, or where it would stand.
std::vector<Contact>::iterator contact_position(User& user, const Address& address);
Relation relation_to(const User& user, const Address& address);
// The name of a resource that comes of `number`, where its own is that of another.
Address other_name(const Address& full, std::uint32_t number);
const Contact* find_contact(const User& user, const Address& address);

}  // namespace muster
