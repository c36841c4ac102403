// Two users of this service and what each one's record says of the other. A stanza between them
// changes both records at once: the store does it in one transaction, with the functions here.
#pragma once

#include <cstdint>
#include <vector>

#include "model/subscription.h"

namespace muster {

// What an account does with a watcher whom it does not know (design, "Identity and presence"). It
// is applied when she asks, and again when she asks again.
enum class WatcherPolicy : std::uint8_t {
  ask,     // pending, until she or an operator decides
  mutual,  // allowed if the account watches her, or has asked to; else as ask
  allow,
  deny,
};

// What becomes of a pair.
struct PairChange {
  Relation actor;
  Relation peer;
  // What each is to be shown of the other, in order.
  std::vector<SubscriptionVerb> to_peer;
  std::vector<SubscriptionVerb> to_actor;
};

// The actor sends `verb` to the peer, whose policy answers a request that is new to her.
PairChange change_pair(const Relation& actor, const Relation& peer, WatcherPolicy peer_policy,
                       SubscriptionVerb verb);

// The same where the peer has no account here: only the actor's record changes, and nobody is shown
// anything.
PairChange change_alone(const Relation& actor, SubscriptionVerb verb);

// A SIP watcher, the actor, asks (RFC 8048 section 5.3.1): the presentity's record changes. The
// watcher's does only if it holds an XMPP request of hers that is answered by the way: what she
// sees by SIP alone is not in her roster. `to_actor` is what the SIP subscription becomes.
PairChange ask_to_watch(const Relation& watcher, const Relation& presentity, WatcherPolicy policy);

// The actor removes the peer from her roster: both directions end (RFC 6121 section 2.5.2), and a
// request either way with them.
PairChange part_pair(const Relation& actor, const Relation& peer);

}  // namespace muster
