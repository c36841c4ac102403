// What every store must do: each request of server/store_port.h, each refusal, each limit. The
// expectations come from there, from RFC 6121 and from RFC 3903.
#include "server/store_port.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/postgres_server.h"
#include "support/store_world.h"

namespace muster {
namespace store_store_suite_test {

using testing::address;
using testing::at;
using testing::TestedStore;
using enum SubscriptionVerb;

struct Kind {
  const char* name;
  std::function<std::unique_ptr<TestedStore>()> make;
};

class StoreSuite : public ::testing::TestWithParam<Kind> {
 protected:
  StoreSuite() : store_(GetParam().make()) {
    for (const Address& user : {alice, bob, carol})
      store_->ask(LoadUser{user, true});
  }

  std::string asked(StoreRequest request) { return store_->asked(std::move(request)); }
  template <class Reply>
  Reply ask(StoreRequest request) {
    const StoreReply reply = store_->ask(std::move(request));
    EXPECT_TRUE(std::holds_alternative<Reply>(reply)) << testing::words(reply);
    if (!std::holds_alternative<Reply>(reply)) return {};
    return std::get<Reply>(reply);
  }

  std::string user(const Address& account) { return asked(LoadUser{account}); }
  std::string roster(const Address& account) { return asked(LoadRoster{account, std::nullopt}); }
  std::uint64_t version(const Address& account) {
    const auto of_roster = ask<RosterLoaded>(LoadRoster{account, std::nullopt}).version;
    EXPECT_EQ(ask<UserLoaded>(LoadUser{account}).version, of_roster);
    return of_roster;
  }

  std::string send(const Address& actor, SubscriptionVerb verb, const Address& peer,
                   std::string stanza = "<presence/>", std::uint32_t records_max = 100) {
    return asked(ChangeSubscription{actor, peer, verb, std::move(stanza), records_max});
  }
  void befriend(const Address& a, const Address& b) {
    for (const auto& [actor, peer] : {std::pair(a, b), std::pair(b, a)}) {
      send(actor, subscribe, peer);
      send(peer, subscribed, actor);
    }
  }
  std::string set_item(const Address& account, const Address& contact, std::string name = {},
                       std::vector<std::string> groups = {}, std::uint32_t items_max = 100) {
    return asked(SetRosterItem{account, contact, std::move(name), std::move(groups), items_max});
  }
  std::string publish(const Address& account, std::string if_match, std::string etag,
                      std::string document, std::int64_t now, std::int64_t expires,
                      std::uint32_t publications_max = 100) {
    return asked(StorePublication{account, std::move(if_match), std::move(etag),
                                  std::move(document), at(now), at(expires), publications_max});
  }

  const Address alice = address("alice");
  const Address bob = address("bob");
  const Address carol = address("carol");
  const Address ghost = address("ghost");

 private:
  std::unique_ptr<TestedStore> store_;
};

INSTANTIATE_TEST_SUITE_P(
    All, StoreSuite,
    ::testing::Values(Kind{"memory", [] { return std::make_unique<testing::TestedMemoryStore>(); }},
                      Kind{"sqlite", [] { return std::make_unique<testing::TestedSqliteStore>(); }},
                      Kind{"postgres",
                           [] { return std::make_unique<testing::TestedPostgresStore>(); }}),
    [](const auto& tested) { return std::string(tested.param.name); });

// --- users ---------------------------------------------------------------------------------------

TEST_P(StoreSuite, AUserIsThereOnceMade) {
  EXPECT_EQ(user(ghost), "no such user");
  EXPECT_EQ(user(ghost), "no such user");
  EXPECT_EQ(asked(LoadUser{ghost, true}), "user, policy 0");
  EXPECT_EQ(user(ghost), "user, policy 0");
}

TEST_P(StoreSuite, AUserIsMadeWithItsPolicyAndKeepsIt) {
  EXPECT_EQ(asked(LoadUser{ghost, true, {}, WatcherPolicy::deny}), "user, policy 3");
  EXPECT_EQ(asked(LoadUser{ghost, true, {}, WatcherPolicy::allow}), "user, policy 3");
  EXPECT_EQ(asked(SetWatcherPolicy{ghost, WatcherPolicy::mutual}), "policy set");
  EXPECT_EQ(user(ghost), "user, policy 1");
}

TEST_P(StoreSuite, AnAddressIsItsDomainToo) {
  const Address other = address("alice", "example.net");
  const Address domain = Address::of_canonical("", "example.com");
  EXPECT_EQ(user(other), "no such user");
  EXPECT_EQ(user(domain), "no such user");
  asked(LoadUser{other, true});
  asked(LoadUser{domain, true});
  set_item(other, bob);
  EXPECT_EQ(user(alice), "user, policy 0");
  EXPECT_EQ(user(domain), "user, policy 0");
  EXPECT_EQ(user(other), "user, policy 0; bob@example.com none listed v1");
}

TEST_P(StoreSuite, AnAccountThatIsNotThereIsNotFound) {
  EXPECT_EQ(asked(LoadRoster{ghost, std::nullopt}), "not found");
  EXPECT_EQ(set_item(ghost, bob), "not found");
  EXPECT_EQ(asked(RemoveRosterItem{ghost, bob}), "not found");
  EXPECT_EQ(send(ghost, subscribe, bob), "not found");
  EXPECT_EQ(send(ghost, unsubscribed, bob), "not found");
  EXPECT_EQ(asked(AskToWatch{bob, ghost, {}, 100}), "not found");
  EXPECT_EQ(asked(LoadPending{ghost}), "not found");
  EXPECT_EQ(publish(ghost, "", "tag", "<doc/>", 0, 10), "not found");
  EXPECT_EQ(asked(RemovePublication{ghost, "tag", at(0)}), "not found");
  EXPECT_EQ(asked(SetWatcherPolicy{ghost, WatcherPolicy::allow}), "not found");
  EXPECT_EQ(asked(RemoveAccount{ghost}), "not found");
  EXPECT_EQ(asked(ExpirePublications{ghost, at(0)}), "publications expired");
  EXPECT_EQ(user(ghost), "no such user");
}

// All records, in the roster or not, ordered by address; each with the version of its last change.
TEST_P(StoreSuite, AUserHasHerContactsAndPublications) {
  set_item(alice, carol);
  send(bob, subscribe, alice);
  publish(alice, "", "b", "<two/>", 0, 20);
  publish(alice, "", "a", "<one/>", 0, 10);
  EXPECT_EQ(asked(LoadUser{alice, false, at(9)}),
            "user, policy 0; bob@example.com none+in v2; carol@example.com none listed v1; "
            "publication b '<two/>' until 20000000us; publication a '<one/>' until 10000000us");
  EXPECT_EQ(asked(LoadUser{alice, false, at(10)}),
            "user, policy 0; bob@example.com none+in v2; carol@example.com none listed v1; "
            "publication b '<two/>' until 20000000us");
}

// --- removing an account -------------------------------------------------------------------------

TEST_P(StoreSuite, RemovalTakesBothSidesOfEveryPair) {
  befriend(alice, bob);
  set_item(bob, alice, "Al", {"Friends"});
  set_item(carol, alice);
  publish(alice, "", "tag", "<doc/>", 0, 10);
  EXPECT_EQ(asked(RemoveAccount{alice}),
            "account removed; "
            "bob@example.com changed v6 (both listed) -> (alice@example.com none '')"
            "; carol@example.com changed v2 (none listed) -> (alice@example.com none '')");
  EXPECT_EQ(user(alice), "no such user");
  EXPECT_EQ(user(bob), "user, policy 0");
  EXPECT_EQ(user(carol), "user, policy 0");
  EXPECT_EQ(roster(bob), "roster v6");
  EXPECT_EQ(asked(LoadPublications{at(0)}), "publishers");
  EXPECT_EQ(asked(RemoveAccount{alice}), "not found");
}

TEST_P(StoreSuite, RemovalConcernsOnlyWhoHadARecord) {
  set_item(alice, bob);
  set_item(alice, alice);
  EXPECT_EQ(asked(RemoveAccount{alice}), "account removed");
  EXPECT_EQ(roster(bob), "roster v0");
}

// RFC 6121 section 2.6: a cached roster of the account that was must not pass for the new one's.
TEST_P(StoreSuite, AnAccountMadeAnewGoesOnAboveTheOldVersions) {
  for (int i = 0; i < 5; ++i)
    set_item(alice, bob);
  EXPECT_EQ(version(alice), 5u);
  asked(RemoveAccount{alice});
  asked(LoadUser{alice, true});
  EXPECT_GT(version(alice), 5u);
  EXPECT_EQ(user(alice), "user, policy 0");
  EXPECT_EQ(asked(LoadRoster{alice, 5}), "roster v" + std::to_string(version(alice)));
  // One that had fewer does not lower it.
  asked(RemoveAccount{carol});
  asked(LoadUser{carol, true});
  EXPECT_GT(version(carol), 5u);
}

// --- the roster ----------------------------------------------------------------------------------

// RFC 6121 section 2.1.4: a roster without items is no error.
TEST_P(StoreSuite, ARosterBeginsEmpty) {
  EXPECT_EQ(roster(alice), "roster v0");
}

TEST_P(StoreSuite, AnItemIsKeptExactlyAsItIsSet) {
  EXPECT_EQ(set_item(alice, bob, "Bob", {"Friends", "Army"}),
            "item v1 bob@example.com none listed 'Bob' #Friends #Army");
  EXPECT_EQ(roster(alice), "roster v1; bob@example.com none listed 'Bob' #Friends #Army");
  EXPECT_EQ(set_item(alice, bob, "Bobby"), "item v2 bob@example.com none listed 'Bobby'");
  EXPECT_EQ(roster(alice), "roster v2; bob@example.com none listed 'Bobby'");
}

TEST_P(StoreSuite, ItemsAreOrderedByAddress) {
  set_item(alice, carol);
  set_item(alice, address("bob", "example.net"));
  set_item(alice, bob);
  EXPECT_EQ(roster(alice),
            "roster v3; bob@example.com none listed ''; bob@example.net none listed ''; "
            "carol@example.com none listed ''");
}

TEST_P(StoreSuite, AContactNeedNotHaveAnAccountNorBeBare) {
  set_item(alice, ghost);
  set_item(alice, Address::of_canonical("", "conference.example.com"));
  set_item(alice, Address::of_canonical("bob", "example.com", "a@b/c"));
  set_item(alice, alice, "me");
  EXPECT_EQ(roster(alice),
            "roster v4; alice@example.com none listed 'me'; bob@example.com/a@b/c none listed ''; "
            "conference.example.com none listed ''; ghost@example.com none listed ''");
}

// The roster is opaque to the server (RFC 6121 sections 2.1.2.4, 2.1.2.6).
TEST_P(StoreSuite, NamesAndGroupsMayBeAnyText) {
  const std::string nul("a\0b", 3);
  const std::vector<std::string> groups = {
      "7:Friends,", ",", "0:,", "\n", "'; DROP TABLE contacts", "\u00fc\u2665", nul};
  set_item(alice, bob, "Robert'); --\n\u2665" + nul, groups);
  const auto loaded = ask<RosterLoaded>(LoadRoster{alice, std::nullopt});
  ASSERT_EQ(loaded.items.size(), 1u);
  EXPECT_EQ(loaded.items[0].name, "Robert'); --\n\u2665" + nul);
  EXPECT_EQ(loaded.items[0].groups, groups);
}

// Section 2.6.3: each push has a version of its own, also one that changes nothing.
TEST_P(StoreSuite, EachSetIsANewVersion) {
  EXPECT_EQ(set_item(alice, bob, "Bob"), "item v1 bob@example.com none listed 'Bob'");
  EXPECT_EQ(set_item(alice, bob, "Bob"), "item v2 bob@example.com none listed 'Bob'");
  EXPECT_EQ(user(alice), "user, policy 0; bob@example.com none listed v2");
}

TEST_P(StoreSuite, AKnownVersionSparesTheItems) {
  set_item(alice, bob);
  set_item(alice, carol);
  EXPECT_EQ(asked(LoadRoster{alice, 2}), "roster v2 unchanged");
  const std::string whole =
      "roster v2; bob@example.com none listed ''; carol@example.com none listed ''";
  EXPECT_EQ(asked(LoadRoster{alice, 1}), whole);
  EXPECT_EQ(asked(LoadRoster{alice, 3}), whole);
  EXPECT_EQ(asked(LoadRoster{alice, 0}), whole);
}

TEST_P(StoreSuite, ItemsHaveALimit) {
  EXPECT_EQ(set_item(alice, bob, {}, {}, 0), "too many");
  EXPECT_EQ(set_item(alice, bob, {}, {}, 2), "item v1 bob@example.com none listed ''");
  EXPECT_EQ(set_item(alice, carol, {}, {}, 2), "item v2 carol@example.com none listed ''");
  EXPECT_EQ(set_item(alice, ghost, {}, {}, 2), "too many");
  // One that is there can be changed, also above a limit that was lowered.
  EXPECT_EQ(set_item(alice, bob, "Bob", {}, 2), "item v3 bob@example.com none listed 'Bob'");
  EXPECT_EQ(set_item(alice, bob, "Bob", {}, 1), "item v4 bob@example.com none listed 'Bob'");
  EXPECT_EQ(roster(alice),
            "roster v4; bob@example.com none listed 'Bob'; carol@example.com none listed ''");
}

// A stranger's request is no item: it does not fill the roster (section 3.1.3, security warning).
TEST_P(StoreSuite, RequestsDoNotFillTheRoster) {
  send(bob, subscribe, alice);
  send(carol, subscribe, alice);
  EXPECT_EQ(roster(alice), "roster v2");
  EXPECT_EQ(set_item(alice, ghost, {}, {}, 1), "item v3 ghost@example.com none listed ''");
  // And who asked becomes one by being set, still waiting for her answer (appendix A.1, state 3).
  EXPECT_EQ(set_item(alice, bob, "Bob", {}, 1), "too many");
  EXPECT_EQ(set_item(alice, bob, "Bob", {}, 2), "item v4 bob@example.com none+in listed 'Bob'");
  EXPECT_EQ(asked(LoadPending{alice}),
            "pending; bob@example.com '<presence/>'; carol@example.com '<presence/>'");
}

// Section 2.5.3.
TEST_P(StoreSuite, OnlyAnItemIsRemoved) {
  EXPECT_EQ(asked(RemoveRosterItem{alice, bob}), "not found");
  send(bob, subscribe, alice);
  EXPECT_EQ(asked(RemoveRosterItem{alice, bob}), "not found");
  EXPECT_EQ(asked(LoadPending{alice}), "pending; bob@example.com '<presence/>'");
}

// Section 2.5.2.
TEST_P(StoreSuite, RemovalEndsBothDirections) {
  befriend(alice, bob);
  set_item(alice, bob, "Bob", {"Friends"});
  set_item(bob, alice, "Al", {"Work"});
  EXPECT_EQ(asked(RemoveRosterItem{alice, bob}),
            "actor changed v6 (both listed) -> (bob@example.com none ''); "
            "peer changed v6 (both listed) -> (alice@example.com none listed 'Al' #Work); "
            "to peer unsubscribe unsubscribed; to actor");
  EXPECT_EQ(user(alice), "user, policy 0");
  EXPECT_EQ(roster(alice), "roster v6");
  EXPECT_EQ(roster(bob), "roster v6; alice@example.com none listed 'Al' #Work");
  // What was kept of her is gone: set anew, she has no groups.
  EXPECT_EQ(set_item(alice, bob), "item v7 bob@example.com none listed ''");
}

TEST_P(StoreSuite, RemovalWithdrawsARequest) {
  send(alice, subscribe, bob, "<presence id='1'/>");
  EXPECT_EQ(asked(RemoveRosterItem{alice, bob}),
            "actor changed v2 (none+out listed) -> (bob@example.com none ''); "
            "peer changed v2 (none+in) -> (alice@example.com none ''); "
            "to peer unsubscribe; to actor");
  EXPECT_EQ(asked(LoadPending{bob}), "pending");
  EXPECT_EQ(user(bob), "user, policy 0");
}

TEST_P(StoreSuite, AContactWithoutAnAccountIsRemovedAlone) {
  set_item(alice, ghost);
  set_item(alice, alice);
  EXPECT_EQ(asked(RemoveRosterItem{alice, ghost}),
            "actor changed v3 (none listed) -> (ghost@example.com none ''); "
            "peer same v0 (none) -> (alice@example.com none ''); to peer; to actor; no peer");
  EXPECT_EQ(asked(RemoveRosterItem{alice, alice}),
            "actor changed v4 (none listed) -> (alice@example.com none ''); "
            "peer same v0 (none) -> (alice@example.com none ''); to peer; to actor; no peer");
  EXPECT_EQ(user(alice), "user, policy 0");
}

// --- subscriptions -------------------------------------------------------------------------------

TEST_P(StoreSuite, ARequestChangesBothRecordsAtOnce) {
  set_item(bob, alice, "Al", {"Friends"});
  EXPECT_EQ(send(alice, subscribe, bob),
            "actor changed v1 (none) -> (bob@example.com none+out listed ''); "
            "peer changed v2 (none listed) -> (alice@example.com none+in listed 'Al' #Friends); "
            "to peer subscribe; to actor");
  EXPECT_EQ(send(bob, subscribed, alice),
            "actor changed v3 (none+in listed) -> (alice@example.com from listed 'Al' #Friends); "
            "peer changed v2 (none+out listed) -> (bob@example.com to listed ''); "
            "to peer subscribed; to actor");
  EXPECT_EQ(user(alice), "user, policy 0; bob@example.com to listed v2");
  EXPECT_EQ(user(bob), "user, policy 0; alice@example.com from listed v3");
}

TEST_P(StoreSuite, WhatChangesNothingIsNoNewVersion) {
  send(alice, subscribe, bob);
  EXPECT_EQ(send(alice, subscribe, bob),
            "actor same v1 (none+out listed) -> (bob@example.com none+out listed ''); "
            "peer same v1 (none+in) -> (alice@example.com none+in ''); to peer; to actor");
  EXPECT_EQ(send(carol, unsubscribe, bob),
            "actor same v0 (none) -> (bob@example.com none ''); "
            "peer same v1 (none) -> (carol@example.com none ''); to peer; to actor");
  EXPECT_EQ(roster(alice), "roster v1; bob@example.com none+out listed ''");
  EXPECT_EQ(user(carol), "user, policy 0");
}

// RFC 6121 section 3.1.3 rule 4: the complete stanza, and one of several.
TEST_P(StoreSuite, AStanzaIsKeptWhileItIsPending) {
  send(carol, subscribe, bob, "<presence id='c'/>");
  send(alice, subscribe, bob, "<presence id='a1'><nick>Al</nick></presence>");
  send(alice, subscribe, bob, "<presence id='a2'/>");
  EXPECT_EQ(asked(LoadPending{bob}),
            "pending; alice@example.com '<presence id='a1'><nick>Al</nick></presence>'; "
            "carol@example.com '<presence id='c'/>'");
  EXPECT_EQ(asked(LoadPending{alice}), "pending");
  send(bob, subscribed, alice);
  EXPECT_EQ(asked(LoadPending{bob}), "pending; carol@example.com '<presence id='c'/>'");
  send(bob, unsubscribed, carol);
  EXPECT_EQ(asked(LoadPending{bob}), "pending");
  // Refused, she asks again: it is the new stanza that waits.
  send(carol, subscribe, bob, "<presence id='c2'/>");
  EXPECT_EQ(asked(LoadPending{bob}), "pending; carol@example.com '<presence id='c2'/>'");
}

TEST_P(StoreSuite, ARequestThatIsAnsweredAtOnceIsNotKept) {
  asked(SetWatcherPolicy{bob, WatcherPolicy::allow});
  asked(SetWatcherPolicy{carol, WatcherPolicy::deny});
  EXPECT_EQ(send(alice, subscribe, bob),
            "actor changed v1 (none) -> (bob@example.com to listed ''); "
            "peer changed v1 (none) -> (alice@example.com from listed ''); "
            "to peer; to actor subscribed");
  EXPECT_EQ(send(alice, subscribe, carol),
            "actor changed v2 (none) -> (carol@example.com none listed ''); "
            "peer same v0 (none) -> (alice@example.com none ''); "
            "to peer; to actor unsubscribed");
  EXPECT_EQ(asked(LoadPending{bob}), "pending");
  EXPECT_EQ(asked(LoadPending{carol}), "pending");
}

// RFC 6121 section 3.4.
TEST_P(StoreSuite, APreApprovalIsKept) {
  EXPECT_EQ(send(bob, subscribed, alice),
            "actor changed v1 (none) -> (alice@example.com none approved listed ''); "
            "peer same v0 (none) -> (bob@example.com none ''); to peer; to actor");
  EXPECT_EQ(roster(bob), "roster v1; alice@example.com none approved listed ''");
  EXPECT_EQ(send(alice, subscribe, bob),
            "actor changed v1 (none) -> (bob@example.com to listed ''); "
            "peer changed v2 (none approved listed) -> (alice@example.com from approved listed "
            "''); to peer; to actor subscribed");
}

TEST_P(StoreSuite, NobodySubscribesToNobody) {
  EXPECT_EQ(send(alice, subscribe, ghost), "not found");
  EXPECT_EQ(user(alice), "user, policy 0");
  EXPECT_EQ(send(alice, subscribed, ghost),
            "actor changed v1 (none) -> (ghost@example.com none approved listed ''); "
            "peer same v0 (none) -> (alice@example.com none ''); to peer; to actor; no peer");
  EXPECT_EQ(send(alice, unsubscribed, ghost),
            "actor changed v2 (none approved listed) -> (ghost@example.com none listed ''); "
            "peer same v0 (none) -> (alice@example.com none ''); to peer; to actor; no peer");
  EXPECT_EQ(send(alice, unsubscribe, ghost),
            "actor same v2 (none listed) -> (ghost@example.com none listed ''); "
            "peer same v0 (none) -> (alice@example.com none ''); to peer; to actor; no peer");
}

TEST_P(StoreSuite, NobodyIsHerOwnContact) {
  for (const SubscriptionVerb verb : {subscribe, unsubscribe, subscribed, unsubscribed}) {
    EXPECT_EQ(send(alice, verb, alice), "not found");
  }
  EXPECT_EQ(asked(AskToWatch{alice, alice, {}, 100}), "not found");
  EXPECT_EQ(user(alice), "user, policy 0");
}

TEST_P(StoreSuite, TheActorsItemsHaveALimit) {
  EXPECT_EQ(send(alice, subscribe, bob, {}, 0), "too many");
  set_item(alice, ghost);
  EXPECT_EQ(send(alice, subscribe, bob, {}, 1), "too many");
  EXPECT_EQ(user(bob), "user, policy 0");
  EXPECT_EQ(send(alice, subscribe, bob, {}, 2),
            "actor changed v2 (none) -> (bob@example.com none+out listed ''); "
            "peer changed v1 (none) -> (alice@example.com none+in ''); "
            "to peer subscribe; to actor");
  // To approve makes an item too; to refuse does not.
  send(carol, subscribe, alice);
  EXPECT_EQ(send(alice, subscribed, carol, {}, 2), "too many");
  EXPECT_EQ(asked(LoadPending{alice}), "pending; carol@example.com '<presence/>'");
  EXPECT_EQ(send(alice, unsubscribed, carol, {}, 2),
            "actor changed v4 (none+in) -> (carol@example.com none ''); "
            "peer changed v2 (none+out listed) -> (alice@example.com none listed ''); "
            "to peer unsubscribed; to actor");
  // Whom she has already costs no more.
  EXPECT_NE(send(alice, unsubscribe, bob, {}, 2), "too many");
  EXPECT_NE(send(alice, subscribe, bob, {}, 1), "too many");
}

TEST_P(StoreSuite, ThePeersRecordsHaveALimit) {
  set_item(bob, ghost);
  EXPECT_EQ(send(alice, subscribe, bob, {}, 1), "too many");
  EXPECT_EQ(user(alice), "user, policy 0");
  EXPECT_NE(send(alice, subscribe, bob, {}, 2), "too many");
  // Requests count as items do.
  EXPECT_EQ(send(carol, subscribe, bob, {}, 2), "too many");
  EXPECT_EQ(asked(AskToWatch{carol, bob, {}, 2}), "too many");
  // But where no record is made, there is no limit.
  asked(SetWatcherPolicy{bob, WatcherPolicy::deny});
  EXPECT_EQ(send(carol, subscribe, bob, {}, 2),
            "actor changed v1 (none) -> (bob@example.com none listed ''); "
            "peer same v2 (none) -> (carol@example.com none ''); "
            "to peer; to actor unsubscribed");
}

// A stranger's requests leave her own roster open to her.
TEST_P(StoreSuite, RequestsDoNotKeepTheActorFromSubscribing) {
  send(bob, subscribe, alice);
  send(carol, subscribe, alice);
  asked(LoadUser{ghost, true});
  EXPECT_EQ(send(alice, subscribe, ghost, {}, 1),
            "actor changed v3 (none) -> (ghost@example.com none+out listed ''); "
            "peer changed v1 (none) -> (alice@example.com none+in ''); "
            "to peer subscribe; to actor");
}

// --- watchers by SIP -----------------------------------------------------------------------------

TEST_P(StoreSuite, ASipWatchersRequestIsInThePresentitysRecordOnly) {
  EXPECT_EQ(asked(AskToWatch{alice, bob, "<presence id='w'/>", 100}),
            "actor same v0 (none) -> (bob@example.com none ''); "
            "peer changed v1 (none) -> (alice@example.com none+in ''); "
            "to peer subscribe; to actor");
  EXPECT_EQ(asked(LoadPending{bob}), "pending; alice@example.com '<presence id='w'/>'");
  EXPECT_EQ(user(alice), "user, policy 0");
  EXPECT_EQ(send(bob, subscribed, alice),
            "actor changed v2 (none+in) -> (alice@example.com from listed ''); "
            "peer same v0 (none) -> (bob@example.com none ''); to peer; to actor");
  EXPECT_EQ(asked(AskToWatch{alice, bob, "<presence/>", 100}),
            "actor same v0 (none) -> (bob@example.com none ''); "
            "peer same v2 (from listed) -> (alice@example.com from listed ''); "
            "to peer; to actor subscribed");
}

TEST_P(StoreSuite, ASipWatcherNeedNotHaveAnAccount) {
  EXPECT_EQ(asked(AskToWatch{ghost, bob, "<presence/>", 1}),
            "actor same v0 (none) -> (bob@example.com none ''); "
            "peer changed v1 (none) -> (ghost@example.com none+in ''); "
            "to peer subscribe; to actor");
  EXPECT_EQ(send(bob, subscribed, ghost),
            "actor changed v2 (none+in) -> (ghost@example.com from listed ''); "
            "peer same v0 (none) -> (bob@example.com none ''); to peer; to actor; no peer");
}

TEST_P(StoreSuite, ASipWatchersAnswerEndsHerXmppRequest) {
  send(alice, subscribe, bob);
  asked(SetWatcherPolicy{bob, WatcherPolicy::allow});
  EXPECT_EQ(asked(AskToWatch{alice, bob, "<presence/>", 100}),
            "actor changed v2 (none+out listed) -> (bob@example.com to listed ''); "
            "peer changed v2 (none+in) -> (alice@example.com from listed ''); "
            "to peer; to actor subscribed");
}

// --- publications (RFC 3903 section 6) -----------------------------------------------------------

TEST_P(StoreSuite, APublicationIsMadeRefreshedModifiedAndRemoved) {
  EXPECT_EQ(publish(alice, "", "t1", "<one/>", 0, 10), "stored t1 '<one/>' until 10000000us");
  EXPECT_EQ(publish(alice, "t1", "t2", "", 5, 15), "stored t2 '<one/>' until 15000000us");
  EXPECT_EQ(publish(alice, "t2", "t3", "<two/>", 6, 16), "stored t3 '<two/>' until 16000000us");
  EXPECT_EQ(user(alice), "user, policy 0; publication t3 '<two/>' until 16000000us");
  EXPECT_EQ(asked(RemovePublication{alice, "t3", at(7)}), "publication removed");
  EXPECT_EQ(user(alice), "user, policy 0");
}

// Step 3: "If no match is found": 412. A tag is replaced by the next (step 6).
TEST_P(StoreSuite, ATagThatIsNotTheNewestNamesNothing) {
  publish(alice, "", "t1", "<one/>", 0, 10);
  publish(alice, "t1", "t2", "", 0, 10);
  EXPECT_EQ(publish(alice, "t1", "t3", "<two/>", 0, 10), "not found");
  EXPECT_EQ(publish(alice, "t1", "t3", "", 0, 10), "not found");
  EXPECT_EQ(asked(RemovePublication{alice, "t1", at(0)}), "not found");
  EXPECT_EQ(publish(bob, "t2", "t3", "", 0, 10), "not found");
  EXPECT_EQ(asked(RemovePublication{bob, "t2", at(0)}), "not found");
  EXPECT_EQ(user(alice), "user, policy 0; publication t2 '<one/>' until 10000000us");
}

TEST_P(StoreSuite, PublicationsStayInTheOrderOfTheirMaking) {
  publish(alice, "", "z", "<first/>", 0, 10);
  publish(alice, "", "m", "<second/>", 0, 10);
  publish(alice, "", "a", "<third/>", 0, 10);
  publish(alice, "z", "zz", "<first2/>", 0, 11);
  EXPECT_EQ(user(alice),
            "user, policy 0; publication zz '<first2/>' until 11000000us; "
            "publication m '<second/>' until 10000000us; "
            "publication a '<third/>' until 10000000us");
}

TEST_P(StoreSuite, WhatExpiredIsAsIfItWereNotThere) {
  publish(alice, "", "t1", "<one/>", 0, 10);
  EXPECT_EQ(publish(alice, "t1", "t2", "", 10, 20), "not found");
  EXPECT_EQ(asked(RemovePublication{alice, "t1", at(10)}), "not found");
  EXPECT_EQ(publish(alice, "t1", "t2", "", 9, 20), "stored t2 '<one/>' until 20000000us");
  EXPECT_EQ(asked(RemovePublication{alice, "t2", at(20)}), "not found");
  EXPECT_EQ(asked(RemovePublication{alice, "t2", at(19)}), "publication removed");
}

TEST_P(StoreSuite, PublicationsHaveALimit) {
  EXPECT_EQ(publish(alice, "", "t0", "<zero/>", 0, 10, 0), "too many");
  publish(alice, "", "t1", "<one/>", 0, 10, 2);
  EXPECT_EQ(publish(alice, "", "t2", "<two/>", 0, 20, 2), "stored t2 '<two/>' until 20000000us");
  EXPECT_EQ(publish(alice, "", "t3", "<three/>", 9, 30, 2), "too many");
  // Those that are there may be refreshed; what expired does not count, and goes.
  EXPECT_EQ(publish(alice, "t2", "t4", "", 9, 20, 2), "stored t4 '<two/>' until 20000000us");
  EXPECT_EQ(publish(alice, "", "t3", "<three/>", 10, 30, 2),
            "stored t3 '<three/>' until 30000000us");
  EXPECT_EQ(user(alice),
            "user, policy 0; publication t4 '<two/>' until 20000000us; "
            "publication t3 '<three/>' until 30000000us");
  // Another's are hers.
  EXPECT_EQ(publish(bob, "", "t1", "<one/>", 10, 30, 1), "stored t1 '<one/>' until 30000000us");
}

TEST_P(StoreSuite, ExpiredPublicationsAreRemoved) {
  publish(alice, "", "t1", "<one/>", 0, 10);
  publish(alice, "", "t2", "<two/>", 0, 20);
  publish(bob, "", "t3", "<three/>", 0, 10);
  EXPECT_EQ(asked(ExpirePublications{alice, at(9)}), "publications expired");
  EXPECT_EQ(user(alice),
            "user, policy 0; publication t1 '<one/>' until 10000000us; "
            "publication t2 '<two/>' until 20000000us");
  EXPECT_EQ(asked(ExpirePublications{alice, at(10)}), "publications expired");
  EXPECT_EQ(user(alice), "user, policy 0; publication t2 '<two/>' until 20000000us");
  EXPECT_EQ(user(bob), "user, policy 0; publication t3 '<three/>' until 10000000us");
}

TEST_P(StoreSuite, PublishersAreFoundWhenAServerStarts) {
  EXPECT_EQ(asked(LoadPublications{at(0)}), "publishers");
  publish(carol, "", "t1", "<one/>", 0, 30);
  publish(carol, "", "t2", "<one/>", 0, 40);
  publish(bob, "", "t3", "<three/>", 0, 10);
  publish(alice, "", "t4", "<four/>", 0, 20);
  EXPECT_EQ(asked(LoadPublications{at(9)}),
            "publishers alice@example.com bob@example.com carol@example.com");
  EXPECT_EQ(asked(LoadPublications{at(20)}), "publishers carol@example.com");
  // Those that expired while nobody looked are gone.
  EXPECT_EQ(user(bob), "user, policy 0");
  EXPECT_EQ(asked(LoadPublications{at(0)}), "publishers carol@example.com");
}

}  // namespace store_store_suite_test
}  // namespace muster
