#include "model/pair.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/print_relation.h"

namespace muster {
namespace model_pair_test {

using enum Subscription;
using enum SubscriptionVerb;
using Verbs = std::vector<SubscriptionVerb>;

constexpr std::array<SubscriptionVerb, 4> kVerbs = {subscribe, unsubscribe, subscribed,
                                                    unsubscribed};
constexpr std::array<WatcherPolicy, 4> kPolicies = {WatcherPolicy::ask, WatcherPolicy::mutual,
                                                    WatcherPolicy::allow, WatcherPolicy::deny};

Relation listed(Subscription s) {
  return {s, false, true};
}
Relation unlisted(Subscription s) {
  return {s, false, false};
}

// --- all that can become of two users ------------------------------------------------------------

struct Pair {
  Relation a;
  Relation b;
  friend bool operator==(const Pair&, const Pair&) = default;
};
auto rank(const Relation& r) {
  return std::tuple(r.subscription, r.approved, r.listed);
}
bool operator<(const Pair& x, const Pair& y) {
  return std::tuple(rank(x.a), rank(x.b)) < std::tuple(rank(y.a), rank(y.b));
}

struct Step {
  std::string name;
  Pair after;
};

// What either can do next, under each policy of the other.
std::vector<Step> steps_from(const Pair& pair, bool by_sip) {
  std::vector<Step> steps;
  const auto add = [&](bool a_acts, const std::string& name, const PairChange& change) {
    steps.push_back({(a_acts ? "A " : "B ") + name,
                     a_acts ? Pair{change.actor, change.peer} : Pair{change.peer, change.actor}});
  };
  for (const bool a_acts : {true, false}) {
    const Relation& actor = a_acts ? pair.a : pair.b;
    const Relation& peer = a_acts ? pair.b : pair.a;
    for (const WatcherPolicy policy : kPolicies) {
      const std::string under = ", policy " + std::to_string(static_cast<int>(policy));
      for (const SubscriptionVerb verb : kVerbs) {
        add(a_acts, std::string(name_of(verb)) + under, change_pair(actor, peer, policy, verb));
      }
      if (by_sip) add(a_acts, "watches" + under, ask_to_watch(actor, peer, policy));
    }
    add(a_acts, "removes", part_pair(actor, peer));
    Relation with_item = actor;
    with_item.listed = true;  // a roster set (RFC 6121 section 2.3)
    add(a_acts, "sets an item", {with_item, peer, {}, {}});
  }
  return steps;
}

// Every pair that any sequence of steps leads to from two blank records, with the way there.
std::vector<std::pair<Pair, std::string>> reachable_pairs(bool by_sip) {
  std::set<Pair> seen{Pair{}};
  std::vector<std::pair<Pair, std::string>> found{{Pair{}, "from blank"}};
  for (std::size_t next = 0; next < found.size(); ++next) {
    const auto [pair, way] = found[next];
    for (const Step& step : steps_from(pair, by_sip)) {
      if (seen.insert(step.after).second) found.emplace_back(step.after, way + "; " + step.name);
    }
  }
  return found;
}

void expect_sound(const Relation& r, const std::string& way) {
  // Appendix A.1: every state but "None" and the pending-in of a stranger is in the roster.
  if (r.approved || (r.subscription != none && r.subscription != none_pending_in)) {
    EXPECT_TRUE(r.listed) << way;
  }
  // A pre-approved request is answered; it never waits.
  EXPECT_FALSE(r.approved && is_pending_in(r.subscription)) << way;
}

TEST(Pair, BothSidesAgreeAfterAnySequenceOfStanzas) {
  std::set<Subscription> states;
  for (const auto& [pair, way] : reachable_pairs(false)) {
    const auto [a, b] = pair;
    states.insert(a.subscription);
    EXPECT_EQ(sees(a.subscription), is_seen_by(b.subscription)) << way;
    EXPECT_EQ(sees(b.subscription), is_seen_by(a.subscription)) << way;
    EXPECT_EQ(is_pending_out(a.subscription), is_pending_in(b.subscription)) << way;
    EXPECT_EQ(is_pending_out(b.subscription), is_pending_in(a.subscription)) << way;
    expect_sound(a, way);
    expect_sound(b, way);
  }
  EXPECT_EQ(states.size(), static_cast<std::size_t>(kSubscriptions));
}

// A SIP watcher's authorization is in the presentity's record alone, so only one way holds then:
// whoever believes that she sees, or has asked, is right.
TEST(Pair, SipRequestsNeverMakeARosterSayTooMuch) {
  for (const auto& [pair, way] : reachable_pairs(true)) {
    const auto [a, b] = pair;
    if (sees(a.subscription)) {
      EXPECT_TRUE(is_seen_by(b.subscription)) << way;
    }
    if (sees(b.subscription)) {
      EXPECT_TRUE(is_seen_by(a.subscription)) << way;
    }
    if (is_pending_out(a.subscription)) {
      EXPECT_TRUE(is_pending_in(b.subscription)) << way;
    }
    if (is_pending_out(b.subscription)) {
      EXPECT_TRUE(is_pending_in(a.subscription)) << way;
    }
    expect_sound(a, way);
    expect_sound(b, way);
  }
}

// Whatever was before: who removes a contact neither sees her nor is seen by her, and neither has
// a request left.
TEST(Pair, NothingIsLeftAfterARemoval) {
  for (const auto& [pair, way] : reachable_pairs(false)) {
    const PairChange parted = part_pair(pair.a, pair.b);
    EXPECT_TRUE(parted.actor.blank()) << way;
    EXPECT_EQ(parted.peer.subscription, none) << way;
    EXPECT_EQ(parted.peer.listed, pair.b.listed) << way;
    EXPECT_EQ(parted.peer.approved, pair.b.approved) << way;
    EXPECT_EQ(parted.to_actor, Verbs{}) << way;
  }
}

// RFC 6121 section 2.5.2, rules 1 to 3: which stanzas the contact is shown.
TEST(Pair, RemovalTellsTheContact) {
  const auto shown = [](Subscription actor, Subscription peer) {
    return part_pair(listed(actor), listed(peer)).to_peer;
  };
  EXPECT_EQ(shown(none, none), Verbs{});
  EXPECT_EQ(shown(to, from), Verbs{unsubscribe});
  EXPECT_EQ(shown(from, to), Verbs{unsubscribed});
  EXPECT_EQ(shown(both, both), (Verbs{unsubscribe, unsubscribed}));
  // Requests end with it: hers is withdrawn, that of the contact denied.
  EXPECT_EQ(shown(none_pending_out, none_pending_in), Verbs{unsubscribe});
  EXPECT_EQ(shown(none_pending_in, none_pending_out), Verbs{unsubscribed});
  EXPECT_EQ(shown(to_pending_in, from_pending_out), (Verbs{unsubscribe, unsubscribed}));
}

// --- requests and policies -----------------------------------------------------------------------

TEST(Request, IsShownAndWaitsUnderAsk) {
  const PairChange change = change_pair({}, {}, WatcherPolicy::ask, subscribe);
  EXPECT_EQ(change.actor, listed(none_pending_out));
  EXPECT_EQ(change.peer, unlisted(none_pending_in));
  EXPECT_EQ(change.to_peer, Verbs{subscribe});
  EXPECT_EQ(change.to_actor, Verbs{});
}

// Table 6: a second request is not delivered (S.N.).
TEST(Request, IsShownOnce) {
  const PairChange change = change_pair(listed(none_pending_out), unlisted(none_pending_in),
                                        WatcherPolicy::ask, subscribe);
  EXPECT_EQ(change.actor, listed(none_pending_out));
  EXPECT_EQ(change.peer, unlisted(none_pending_in));
  EXPECT_EQ(change.to_peer, Verbs{});
  EXPECT_EQ(change.to_actor, Verbs{});
}

TEST(Request, IsApproved) {
  const PairChange change = change_pair(unlisted(none_pending_in), listed(none_pending_out),
                                        WatcherPolicy::ask, subscribed);
  EXPECT_EQ(change.actor, listed(from));
  EXPECT_EQ(change.peer, listed(to));
  EXPECT_EQ(change.to_peer, Verbs{subscribed});
}

TEST(Request, IsDenied) {
  const PairChange change = change_pair(unlisted(none_pending_in), listed(none_pending_out),
                                        WatcherPolicy::ask, unsubscribed);
  EXPECT_TRUE(change.actor.blank());
  EXPECT_EQ(change.peer, listed(none));
  EXPECT_EQ(change.to_peer, Verbs{unsubscribed});
}

// Section 3.1.3 rule 2: "the contact's server MUST auto-reply".
TEST(Request, IsAnsweredWhereThereIsASubscription) {
  const PairChange change = change_pair(listed(to), listed(from), WatcherPolicy::deny, subscribe);
  EXPECT_EQ(change.actor, listed(to));
  EXPECT_EQ(change.peer, listed(from));
  EXPECT_EQ(change.to_peer, Verbs{});
  EXPECT_EQ(change.to_actor, Verbs{});  // table 8: "To" is not told again
}

TEST(Request, PreApprovedIsAnsweredUnderEachPolicy) {
  for (const WatcherPolicy policy : kPolicies) {
    const PairChange change = change_pair({}, {none, true, true}, policy, subscribe);
    EXPECT_EQ(change.actor, listed(to));
    EXPECT_EQ(change.peer, (Relation{from, true, true}));
    EXPECT_EQ(change.to_peer, Verbs{});
    EXPECT_EQ(change.to_actor, Verbs{subscribed});
  }
}

TEST(Policy, AllowAnswersAtOnce) {
  const PairChange change = change_pair({}, {}, WatcherPolicy::allow, subscribe);
  EXPECT_EQ(change.actor, listed(to));
  EXPECT_EQ(change.peer, listed(from));
  EXPECT_EQ(change.to_peer, Verbs{});
  EXPECT_EQ(change.to_actor, Verbs{subscribed});
}

TEST(Policy, DenyRefusesAndKeepsNoRecord) {
  const PairChange change = change_pair({}, {}, WatcherPolicy::deny, subscribe);
  EXPECT_EQ(change.actor, listed(none));
  EXPECT_TRUE(change.peer.blank());
  EXPECT_EQ(change.to_peer, Verbs{});
  EXPECT_EQ(change.to_actor, Verbs{unsubscribed});
}

TEST(Policy, MutualAllowsWhomTheAccountWatchesOrAskedTo) {
  const auto answer = [](Relation actor, Relation peer) {
    return change_pair(actor, peer, WatcherPolicy::mutual, subscribe).to_actor;
  };
  EXPECT_EQ(answer({}, {}), Verbs{});
  EXPECT_EQ(answer(listed(none), listed(none)), Verbs{});
  EXPECT_EQ(answer(listed(from), listed(to)), Verbs{subscribed});
  EXPECT_EQ(answer(unlisted(none_pending_in), listed(none_pending_out)), Verbs{subscribed});
  // The account watches the actor by SIP, or asked to: only the actor's record says so.
  EXPECT_EQ(answer(listed(from), {}), Verbs{subscribed});
  EXPECT_EQ(answer(unlisted(none_pending_in), {}), Verbs{subscribed});
  // The actor has no account here, and so no record: only the account's says so.
  EXPECT_EQ(answer({}, listed(to)), Verbs{subscribed});
  EXPECT_EQ(answer({}, listed(none_pending_out)), Verbs{subscribed});
}

// The policy changed since the request was left to wait; asking again lets it speak.
TEST(Policy, SpeaksAgainWhenAskedAgain) {
  const auto again = [](WatcherPolicy policy) {
    return change_pair(listed(none_pending_out), unlisted(none_pending_in), policy, subscribe);
  };
  EXPECT_EQ(again(WatcherPolicy::allow).to_actor, Verbs{subscribed});
  EXPECT_EQ(again(WatcherPolicy::allow).peer, listed(from));
  EXPECT_EQ(again(WatcherPolicy::deny).to_actor, Verbs{unsubscribed});
  EXPECT_TRUE(again(WatcherPolicy::deny).peer.blank());
}

TEST(Policy, IsForRequestsOnly) {
  for (const auto& [pair, way] : reachable_pairs(false)) {
    for (const SubscriptionVerb verb : {unsubscribe, subscribed, unsubscribed}) {
      const PairChange by_ask = change_pair(pair.a, pair.b, WatcherPolicy::ask, verb);
      for (const WatcherPolicy policy : kPolicies) {
        const PairChange change = change_pair(pair.a, pair.b, policy, verb);
        EXPECT_EQ(change.actor, by_ask.actor) << way;
        EXPECT_EQ(change.peer, by_ask.peer) << way;
      }
    }
  }
}

// Tables 4 and 5, M.N. and S.N.: what is not routed does nothing, whatever the peer may believe.
TEST(PairStanza, ThatIsNotRoutedLeavesThePeerAlone) {
  const PairChange approval =
      change_pair(listed(none), listed(none_pending_out), WatcherPolicy::ask, subscribed);
  EXPECT_EQ(approval.actor, (Relation{none, true, true}));
  EXPECT_EQ(approval.peer, listed(none_pending_out));
  EXPECT_EQ(approval.to_peer, Verbs{});
  const PairChange refusal =
      change_pair(listed(none), listed(to), WatcherPolicy::ask, unsubscribed);
  EXPECT_EQ(refusal.actor, listed(none));
  EXPECT_EQ(refusal.peer, listed(to));
  EXPECT_EQ(refusal.to_peer, Verbs{});
}

// --- ends ----------------------------------------------------------------------------------------

// Section 3.3: she unsubscribes; the contact is told, and answers in vain (table 9).
TEST(End, OfAWatcher) {
  const PairChange change =
      change_pair(listed(both), listed(both), WatcherPolicy::ask, unsubscribe);
  EXPECT_EQ(change.actor, listed(from));
  EXPECT_EQ(change.peer, listed(to));
  EXPECT_EQ(change.to_peer, Verbs{unsubscribe});
  EXPECT_EQ(change.to_actor, Verbs{});
}

// Section 3.3.3, last paragraph: "MUST simply remove any record of the inbound presence
// subscription request".
TEST(End, OfARequestThatIsWithdrawn) {
  const PairChange change = change_pair(listed(none_pending_out), unlisted(none_pending_in),
                                        WatcherPolicy::ask, unsubscribe);
  EXPECT_EQ(change.actor, listed(none));
  EXPECT_TRUE(change.peer.blank());
}

// Section 3.2: she takes the permission back.
TEST(End, OfAnAuthorization) {
  const PairChange change =
      change_pair(listed(both), listed(both), WatcherPolicy::ask, unsubscribed);
  EXPECT_EQ(change.actor, listed(to));
  EXPECT_EQ(change.peer, listed(from));
  EXPECT_EQ(change.to_peer, Verbs{unsubscribed});
}

// --- a peer without an account -------------------------------------------------------------------

TEST(Alone, OnlyTheActorsRecordChanges) {
  for (int s = 0; s < kSubscriptions; ++s) {
    const Relation before = listed(static_cast<Subscription>(s));
    for (const SubscriptionVerb verb : kVerbs) {
      const PairChange change = change_alone(before, verb);
      EXPECT_EQ(change.actor, send_subscription(before, verb).after);
      EXPECT_TRUE(change.peer.blank());
      EXPECT_TRUE(change.to_peer.empty() && change.to_actor.empty());
    }
  }
}

// --- watchers by SIP -----------------------------------------------------------------------------

TEST(SipWatcher, AsksByTheUsersRules) {
  const PairChange asked = ask_to_watch({}, {}, WatcherPolicy::ask);
  EXPECT_TRUE(asked.actor.blank());
  EXPECT_EQ(asked.peer, unlisted(none_pending_in));
  EXPECT_EQ(asked.to_peer, Verbs{subscribe});
  EXPECT_EQ(asked.to_actor, Verbs{});

  const PairChange allowed = ask_to_watch({}, {}, WatcherPolicy::allow);
  EXPECT_TRUE(allowed.actor.blank());
  EXPECT_EQ(allowed.peer, listed(from));
  EXPECT_EQ(allowed.to_peer, Verbs{});
  EXPECT_EQ(allowed.to_actor, Verbs{subscribed});

  const PairChange denied = ask_to_watch({}, {}, WatcherPolicy::deny);
  EXPECT_TRUE(denied.peer.blank());
  EXPECT_EQ(denied.to_actor, Verbs{unsubscribed});
}

TEST(SipWatcher, IsAnsweredWhereThereIsAnAuthorization) {
  const PairChange change = ask_to_watch({}, listed(from), WatcherPolicy::deny);
  EXPECT_EQ(change.peer, listed(from));
  EXPECT_EQ(change.to_actor, Verbs{subscribed});
}

// Two telephones, both accounts `mutual`: the first waits until the second asks back, and is let in
// when it asks again (a SIP subscription is refreshed anyway).
TEST(SipWatcher, MutualMeetsHalfWay) {
  const PairChange first = ask_to_watch({}, {}, WatcherPolicy::mutual);
  EXPECT_EQ(first.to_actor, Verbs{});
  const PairChange back = ask_to_watch(first.peer, first.actor, WatcherPolicy::mutual);
  EXPECT_EQ(back.to_actor, Verbs{subscribed});
  EXPECT_EQ(back.peer, listed(from));
  const PairChange again = ask_to_watch(back.peer, back.actor, WatcherPolicy::mutual);
  EXPECT_EQ(again.to_actor, Verbs{subscribed});
}

// Her XMPP request, which was waiting, is answered with it; her roster would be wrong otherwise.
TEST(SipWatcher, AnswerAlsoEndsHerXmppRequest) {
  const PairChange change =
      ask_to_watch(listed(none_pending_out), unlisted(none_pending_in), WatcherPolicy::allow);
  EXPECT_EQ(change.actor, listed(to));
  EXPECT_EQ(change.peer, listed(from));
}

}  // namespace model_pair_test
}  // namespace muster
