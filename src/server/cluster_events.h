// Events about this server as one of a cluster. See events.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/xmpp/redirection.h"
#include "model/address.h"
#include "model/cluster/document.h"
#include "server/vocabulary.h"

namespace muster {

// load_control -> presence_db of all shards: this server has its lease, and may change what is
// stored.
struct LeaseIsHeld {};

// presence_server of each other shard -> load_control, on shard 0: it serves nobody any more, and
// the store owes it no answer.
struct ShardStopped {};

// --- where a user is served (design, "Placing a user") -------------------------------------------

// Where users reach another server of the cluster.
struct ServerContacts {
  std::string svr_id;
  std::optional<Redirection> xmpp;
  std::string sip;  // a SIP URI without a user; empty: it serves no SIP
};

struct UserPlace {
  enum class Outcome : std::uint8_t {
    here,
    elsewhere,
    full,     // every server has reached its limit
    unknown,  // not now: there is no lease, the store failed, or her server is gone and not
              // forgotten
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
};
// shard 0 -> the others: another server asks for all users, in pieces of one shard.
struct UsersListWanted {};
struct UsersListed {
  ShardId shard;
  std::vector<cluster::User> users;  // sorted
};

}  // namespace muster
