#include "model/pair.h"

namespace muster {
namespace {

// What the peer's policy says to a request that she has not answered. That she watches the actor,
// or has asked to, is in her own record if it was by XMPP, in the actor's if it was by SIP.
std::optional<SubscriptionVerb> answer_of(WatcherPolicy policy, const Relation& actor,
                                          const Relation& peer) {
  switch (policy) {
    case WatcherPolicy::ask: return std::nullopt;
    case WatcherPolicy::mutual:
      if (sees(peer.subscription) || is_pending_out(peer.subscription) ||
          is_seen_by(actor.subscription) || is_pending_in(actor.subscription)) {
        return SubscriptionVerb::subscribed;
      }
      return std::nullopt;
    case WatcherPolicy::allow: return SubscriptionVerb::subscribed;
    case WatcherPolicy::deny: return SubscriptionVerb::unsubscribed;
  }
  return std::nullopt;
}

// What the peer makes of a stanza of the actor. A request that her policy answers is not shown to
// her; it is as if it had been delivered and she had answered at once.
Inbound receive_by_policy(const Relation& actor, const Relation& peer, WatcherPolicy policy,
                          SubscriptionVerb verb) {
  Inbound in = receive_subscription(peer, verb);
  if (verb != SubscriptionVerb::subscribe || !is_pending_in(in.after.subscription)) return in;
  const auto answer = answer_of(policy, actor, peer);
  if (!answer) return in;
  return {false, answer, send_subscription(in.after, *answer).after};
}

}  // namespace

PairChange change_pair(const Relation& actor, const Relation& peer, WatcherPolicy peer_policy,
                       SubscriptionVerb verb) {
  const Outbound sent = send_subscription(actor, verb);
  PairChange change{sent.after, peer, {}, {}};
  if (!sent.route) return change;
  const Inbound received = receive_by_policy(change.actor, peer, peer_policy, verb);
  change.peer = received.after;
  if (received.deliver) change.to_peer.push_back(verb);
  if (!received.reply) return change;
  const Inbound answered = receive_subscription(change.actor, *received.reply);
  change.actor = answered.after;
  if (answered.deliver) change.to_actor.push_back(*received.reply);
  return change;
}

PairChange change_alone(const Relation& actor, SubscriptionVerb verb) {
  return {send_subscription(actor, verb).after, {}, {}, {}};
}

PairChange ask_to_watch(const Relation& watcher, const Relation& presentity, WatcherPolicy policy) {
  const Inbound received =
      receive_by_policy(watcher, presentity, policy, SubscriptionVerb::subscribe);
  PairChange change{watcher, received.after, {}, {}};
  if (received.deliver) change.to_peer.push_back(SubscriptionVerb::subscribe);
  if (received.reply) {
    change.actor = receive_subscription(watcher, *received.reply).after;
    change.to_actor.push_back(*received.reply);
  }
  return change;
}

PairChange part_pair(const Relation& actor, const Relation& peer) {
  PairChange change{actor, peer, {}, {}};
  const auto send = [&](SubscriptionVerb verb) {
    PairChange next = change_pair(change.actor, change.peer, WatcherPolicy::ask, verb);
    change.actor = next.actor;
    change.peer = next.peer;
    change.to_peer.insert(change.to_peer.end(), next.to_peer.begin(), next.to_peer.end());
  };
  const Subscription before = actor.subscription;
  if (sees(before) || is_pending_out(before)) send(SubscriptionVerb::unsubscribe);
  if (is_seen_by(before) || is_pending_in(before)) send(SubscriptionVerb::unsubscribed);
  change.actor = Relation{};
  return change;
}

}  // namespace muster
