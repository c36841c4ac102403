// Events about this server as one of a cluster. See events.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/address.h"
#include "model/cluster/document.h"
#include "model/endpoint.h"
#include "model/load.h"
#include "server/server_contacts.h"
#include "server/vocabulary.h"

namespace muster {

namespace sip {
struct ReadRequest;
}

// presence_server of each other shard -> load_control, on shard 0: it serves nobody any more, and
// the store owes it no answer.
struct ShardStopped {};

// --- where a user is served (design, "Placing a user") -------------------------------------------

struct UserPlace {
  enum class Outcome : std::uint8_t {
    here,
    elsewhere,
    full,     // every server has reached its limit
    unknown,  // not now: there is no lease, the store failed, or her server is gone and was not
              // forgotten in time
  } outcome = Outcome::unknown;
  std::shared_ptr<const ServerContacts> at;  // of `elsewhere`
};

// xmpp_stream -> load_control of the same shard, which is the home shard of the account: she has
// proved who she is. The answer is StreamPlaced.
struct StreamToPlace {
  LinkId link;
  Address account;
  bool again = false;  // she was sent elsewhere, and came back
};
struct StreamPlaced {
  LinkId link;
  UserPlace place;
};
// sip_message -> load_control, the same for who sent a request; the answer is RequestPlaced.
struct RequestToPlace {
  SipRequestId request;
  Address account;
  bool again = false;
  // A REGISTER that came here by itself, which is there until it is answered.
  const sip::ReadRequest* registers = nullptr;
};
struct RequestPlaced {
  SipRequestId request;
  UserPlace place;
};

// presence_db -> load_control of the same shard: what one of its users is present through, and how
// many contacts she has subscribed to. All false: she is not held any more, or only watched.
struct ResidentChanged {
  Address account;
  bool xmpp = false;
  bool sip = false;
  std::uint32_t contacts = 0;
};
// sip_presence -> load_control of the same shard: how many SIP subscriptions she has.
struct SubscriptionsCounted {
  Address watcher;
  std::uint32_t subscriptions = 0;
};

// What a server tells the others of users: whom it watches, and whom it serves; by bare addresses.
struct Concerns {
  std::vector<Address> watched;
  std::vector<Address> unwatched;
  // Who is present at the server that is told this, as far as the teller knows.
  std::vector<Address> present;
  std::vector<Address> served;
  std::vector<Address> not_served;
  // A new link is there, and a shard of the teller has said all of it; that many shards it has.
  std::uint8_t last_of = 0;

  bool empty() const {
    return watched.empty() && unwatched.empty() && present.empty() && served.empty() &&
           not_served.empty() && last_of == 0;
  }
};

// --- load_control of a shard -> load_control on shard 0, and back --------------------------------

// Whose is she? She is nobody's that this shard knows of. The answer is OwnerFound.
struct OwnerWanted {
  ShardId shard;
  Address account;
  bool again = false;  // she was sent elsewhere, and came back: she stays here if that can be
};
struct OwnerFound {
  Address account;
  UserPlace place;
};
// Another server placed her here. If she is known here, she is told of in ShardLoad::came as soon
// as she counts; else when she has come, by OwnerFound.
struct UserComes {
  Address account;
};
// Another server wants her, who came back to it: she is let go if she has nothing here.
struct YieldAsked {
  Address account;
  std::uint64_t by = 0;  // its incarnation, handed back
};
struct YieldAnswered {
  Address account;
  std::uint64_t by = 0;
  bool yielded = false;
};
// They are served here no more; whoever comes again is asked about anew.
struct UsersLeft {
  std::vector<Address> accounts;
};
// What the shard has now; and who of those that were placed here has come since the last time, and
// is in it.
struct ShardLoad {
  ShardId shard;
  std::uint64_t users = 0;
  std::uint64_t resources = 0;
  std::vector<Address> came;
  // Users who are present through each protocol, some through both.
  std::uint64_t xmpp = 0;
  std::uint64_t sip = 0;
  std::uint64_t dialogs = 0;   // of SIP subscriptions
  std::uint64_t relaying = 0;  // links of users whom others serve
  cluster::Measures measures;  // of its thread
};

// --- users who move to another server (load_control/residents.h) ---------------------------------

// shard 0 -> a shard: so many of its users at most are to move there, who have so many SIP
// dialogs together but for the first. The answer is MovesChosen.
struct UsersToMove {
  std::uint64_t to = 0;  // its incarnation
  std::shared_ptr<const ServerContacts> at;
  std::uint32_t users = 0;
  std::uint32_t dialogs = 0;
  bool all = false;  // also those who are better left here
};
struct MovesChosen {
  ShardId shard;
  std::uint64_t to = 0;
  std::uint32_t asked = 0;
  std::vector<Address> accounts;
  bool lacks = false;  // nobody else can go at once, and not all are to
};
// shard 0 -> each shard: until then who has a phone may go when it registers.
struct PhonesMayMove {
  Instant until;
};
// shard 0 -> the shard: she is that server's now; or nothing came of it.
struct MoveDecided {
  Address account;
  std::uint64_t to = 0;                      // 0: who has a phone is not to go
  std::shared_ptr<const ServerContacts> at;  // null: she stays
};
// Back: these moves have ended.
struct MovesEnded {
  std::uint64_t to = 0;
  std::uint32_t users = 0;
  bool by_phone = false;
};
// load_control -> sip_presence of the same shard: this REGISTER may be sent on to another server.
// The answer is PhoneWeighed: whether it renews all that its sender has registered here, so that no
// phone of hers is left behind.
struct PhoneRegisters {
  SipRequestId request;
  Address account;
  const sip::ReadRequest* read = nullptr;
};
struct PhoneWeighed {
  SipRequestId request;
  Address account;
  bool renews_all = false;
};
// A shard -> shard 0: she moves if levels are uneven still. The answer is MoveDecided.
struct PhoneMoves {
  ShardId shard;
  Address account;
  std::uint32_t dialogs = 0;
  bool xmpp = false;  // she has sessions, too
};
// load_control -> xmpp_presence, sip_presence and presence_db of the same shard: another server is
// to serve her. Her sessions are told where, and wait, so that nobody sees them go.
struct UserLeaves {
  Address account;
  std::shared_ptr<const ServerContacts> at;
};
// xmpp_presence -> xmpp_stream: say where this stream's user is served, and close.
struct RedirectStream {
  LinkId link;
  std::shared_ptr<const ServerContacts> at;
};
// presence_db -> xmpp_presence and sip_presence of the same shard: she is present there now; what
// waits for her here ends, and nobody sees it.
struct UserHasLeft {
  Address account;
};

// --- streams that are relayed (load_control/relay.h) ---------------------------------------------

// xmpp_stream -> load_control of the same shard: that server serves this stream's user, who does
// not go there.
struct RelayStream {
  LinkId link;
  std::uint64_t to = 0;  // its incarnation
  Address account;
  std::string domain;  // that the stream names
  Endpoint remote;
  bool secure = false;
  std::string unread;  // what came before it was known whose she is
  bool web_socket = false;
};
// The same: what came on it; and that it has ended here.
struct BytesToRelay {
  LinkId link;
  std::string_view bytes;
};
struct RelayedStreamEnded {
  LinkId link;
};
// load_control -> xmpp_stream: that server has begun to speak on it.
struct RelayedStreamBegun {
  LinkId link;
};
// The same: it has ended there; or the server is not reached any more.
struct EndRelayedStream {
  LinkId link;
  bool lost = false;
};
// load_control -> xmpp_stream of the server that serves her: a stream that another one relays; she
// has proved there who she is. Its link is_relayed(). Then what comes on it, and its end.
struct RelayedStreamCame {
  LinkId link;
  Address account;
  std::string domain;
  Endpoint remote;
  bool secure = false;
  bool web_socket = false;
};
struct RelayedBytes {
  LinkId link;
  std::string_view bytes;
};
struct RelayedLinkClosed {
  LinkId link;
};
// load_control (of streams) or sip_message (of phones) of a shard -> load_control on shard 0: to be
// told that server on the lane `relay`.
struct ToRelay {
  ShardId shard;
  std::uint64_t to = 0;
  std::string said;
};
// Back, to both, who each know their own: what came, or what could not be told.
struct FromRelay {
  enum class Why : std::uint8_t {
    came,
    no_link,  // it was not told, nor anything else since
    full,     // it was not told
  } why = Why::came;
  std::uint64_t by = 0;
  std::string said;
};
// load_control on shard 0 -> all shards: there is no link to that server now.
struct ServerDown {
  std::uint64_t server = 0;
};

// shard 0 -> the others: another server asks for all users, in pieces of one shard.
struct UsersListWanted {};
struct UsersListed {
  ShardId shard;
  std::vector<cluster::User> users;  // sorted
};

// --- what the shards of two servers tell one another ---------------------------------------------

// load_control of a shard -> load_control on shard 0: to be told these servers, or all. What one of
// them could not be told comes back to the shard, as FromServer::returned: what was to come once,
// always, and the rest where there was a link.
struct ToServers {
  ShardId shard;
  std::vector<std::uint64_t> to;  // incarnations; empty: all
  bool once = false;              // on the lane `directed`, else on `presence`
  std::string said;
};
// load_control on shard 0 -> load_control on the home shard of whom it is about.
struct FromServer {
  std::uint64_t by = 0;
  std::string said;
  bool returned = false;  // our own words, which it was not told
};
// The same: what another server says of its users and of whom it watches.
struct ConcernsCame {
  std::uint64_t by = 0;
  Concerns concerns;
};
// The same, to all shards: there is a link to this server, a first or another one; all of its
// shards have said all on it; it is gone.
struct ServerUp {
  std::uint64_t server = 0;
};
struct ServerSaidAll {
  std::uint64_t server = 0;
};
struct ServerGone {
  std::uint64_t server = 0;
};

}  // namespace muster
