// One of many servers: what users are present through at another one is shown here, what they are
// present through here is told, and what each needs to know is asked for.
#include "machine/presence_db/world.h"

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using Verb = muster::SubscriptionVerb;

namespace muster::testing {
namespace presence_db_elsewhere_test {

constexpr Duration kMoment = Duration::milliseconds(1);

PresenceSource session(std::string name, std::string after = "'/>") {
  return XmppSource{std::move(name), true, 0, share(std::move(after)), {}};
}
PresenceSource left(std::string name, std::string after) {
  return XmppSource{std::move(name), false, 0, share(std::move(after)), {}};
}
PresenceSource publication(std::uint32_t number, std::string document) {
  return PublicationSource{share(std::move(document)), number};
}
PresenceSource phone(std::string name) {
  return RegistrationSource{{name, "sip:" + name, 1000}};
}

// As another server did.
void store_publication(PresenceDbWorld& world, std::string_view name) {
  const UnixTime now = world.now.unix_time;
  world.store.carry_out(StorePublication{world.user(name),
                                         {},
                                         std::string(name) + "1",
                                         "desk",
                                         now,
                                         now + Duration::seconds(3600),
                                         10});
}

class PresenceDbElsewhere : public ::testing::Test {
 protected:
  PresenceDbElsewhere() {
    world.settings.cluster.emplace();
    world.settings.limits.notify_interval_min = Duration();
    world.accounts({"alice", "bob", "carol", "dave"});
  }

  // What somebody hears who speaks XMPP; what SIP watchers hear; what load control does.
  Lines to(std::string_view name) { return with("to " + std::string(name) + ": "); }
  Lines told() { return with("cluster: "); }
  Lines with(std::string_view prefix) {
    keep();
    Lines lines;
    for (const std::string& line : kept) {
      if (line.starts_with(prefix)) lines.push_back(line.substr(prefix.size()));
    }
    return lines;
  }
  Lines watched() {
    keep();
    Lines lines = kept;
    std::erase_if(lines, [](const std::string& line) {
      return !line.starts_with("watch ") && !line.starts_with("notify ");
    });
    return lines;
  }
  void keep() {
    for (std::string& line : world.heard())
      kept.push_back(std::move(line));
  }
  void forget() {
    world.heard();
    kept.clear();
  }
  // `watcher` watches alice by SIP, who is not present so far.
  void watch_alice(std::uint32_t number, std::string_view watcher) {
    world.befriend(watcher, "alice");
    world.watch(number, watcher, "alice");
    world.elsewhere("alice", {});
    forget();
  }
  void end_watch(std::uint32_t number, std::string_view watcher) {
    world.on("alice", WatchEnded{world.watch_id(number, watcher), world.user("alice")});
  }

  PresenceDbWorld world;
  Lines kept;  // heard since forget()
};

// --- sessions elsewhere --------------------------------------------------------------------------

TEST_F(PresenceDbElsewhere, SessionsAreShownToContacts) {
  world.befriend("bob", "alice");
  world.send("carol", Verb::subscribe, "alice");
  forget();
  world.elsewhere("alice", {session("far", "'><show>away</show></presence>")});
  EXPECT_THAT(to("bob"),
              ElementsAre("<presence from='alice/far' to='bob'><show>away</show></presence>"));
  EXPECT_THAT(to("carol"), IsEmpty());
  EXPECT_EQ(world.held_users(), 1U);
  forget();
  world.elsewhere("alice", {session("far"), session("car")});
  EXPECT_THAT(to("bob"), UnorderedElementsAre("<presence from='alice/far' to='bob'/>",
                                              "<presence from='alice/car' to='bob'/>"));
}

// A session of hers here is one of those who may see it.
TEST_F(PresenceDbElsewhere, AndToHerself) {
  world.come("alice/home");
  forget();
  world.elsewhere("alice", {session("far")});
  EXPECT_THAT(to("alice"), ElementsAre("<presence from='alice/far' to='alice'/>"));
}

TEST_F(PresenceDbElsewhere, WhatIsSaidAgainIsShownToNobody) {
  watch_alice(1, "bob");
  world.elsewhere("alice", {session("far"), publication(7, "desk"), phone("phone")});
  EXPECT_THAT(to("bob"), ::testing::SizeIs(3));
  EXPECT_THAT(watched(), Not(IsEmpty()));
  forget();
  world.elsewhere("alice", {session("far"), publication(7, "desk"), phone("phone")});
  EXPECT_THAT(to("bob"), IsEmpty());
  EXPECT_THAT(watched(), IsEmpty());
}

TEST_F(PresenceDbElsewhere, TheyEndAsTheyWereEnded) {
  world.befriend("bob", "alice");
  world.elsewhere("alice", {session("far"), session("car")});
  forget();
  world.elsewhere("alice", {session("car"),
                            left("far", "' type='unavailable'><status>bye</status></presence>")});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/far' to='bob' "
                                     "type='unavailable'><status>bye</status></presence>"));
  forget();
  world.elsewhere("alice", {});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/car' to='bob' type='unavailable'/>"));
  EXPECT_EQ(world.held_users(), 0U) << "nothing of her is left";
}

TEST_F(PresenceDbElsewhere, WhoComesIsShownThem) {
  world.befriend("bob", "alice");
  world.elsewhere("alice", {session("far")});
  forget();
  world.come("bob/home");
  EXPECT_THAT(to("bob/home"), ElementsAre("<presence from='alice/far' to='bob/home'/>"));
}

TEST_F(PresenceDbElsewhere, ASessionHereTakesThePlaceOfOneByItsName) {
  watch_alice(1, "bob");
  world.elsewhere("alice", {session("home", "'><show>away</show></presence>")});
  forget();
  world.come("alice/home");
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/home' to='bob'/>"));
  EXPECT_THAT(watched(), ElementsAre("notify 1: [home]"));
  EXPECT_THAT(told(), Contains("here alice [home]"));
  forget();
  // The other server says late what was, then that it is over.
  world.elsewhere("alice", {session("home", "'><show>away</show></presence>")});
  world.elsewhere("alice", {left("home", "' type='unavailable'/>")});
  EXPECT_THAT(to("bob"), IsEmpty());
  world.leave("alice/home");
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/home' to='bob' type='unavailable'/>"));
}

TEST_F(PresenceDbElsewhere, WhoHasNoAccountIsNotKept) {
  world.elsewhere("erin", {session("far")});
  world.elsewhere("alice", {});
  EXPECT_EQ(world.held_users(), 0U);
  EXPECT_EQ(world.requests.size(), 1U) << "absence is nothing to look anybody up for";
}

// --- what is published elsewhere -----------------------------------------------------------------

TEST_F(PresenceDbElsewhere, APublicationIsKnownByItsNumber) {
  watch_alice(1, "bob");
  world.elsewhere("alice", {publication(7, "desk")});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/desk' to='bob'>desk</presence>"));
  EXPECT_THAT(watched(), ElementsAre("notify 1: [publication desk]"));
  forget();
  world.elsewhere("alice", {publication(7, "desk: busy")});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/desk' to='bob'>desk: busy</presence>"))
      << "it does not leave in between";
  EXPECT_THAT(watched(), ElementsAre("notify 1: [publication desk: busy]"));
  forget();
  world.elsewhere("alice", {publication(8, "car")});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/car' to='bob'>car</presence>",
                                     "<presence from='alice/desk' to='bob' type='unavailable'/>"));
  forget();
  world.elsewhere("alice", {});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/car' to='bob' type='unavailable'/>"));
  EXPECT_THAT(watched(), ElementsAre("notify 1: []"));
}

// Numbers are the other server's: here they may be those of others.
TEST_F(PresenceDbElsewhere, ItsNumberIsItsServersOwn) {
  world.befriend("bob", "alice");
  world.publish("alice", "desk");
  forget();
  world.elsewhere("alice", {publication(1, "car")});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/car' to='bob'>car</presence>"));
  forget();
  world.elsewhere("alice", {});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/car' to='bob' type='unavailable'/>"));
}

TEST_F(PresenceDbElsewhere, PhonesAreKnownByTheirNames) {
  watch_alice(1, "bob");
  world.elsewhere("alice", {phone("phone")});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/phone' to='bob'>phone</presence>"));
  EXPECT_THAT(watched(), ElementsAre("notify 1: [phone phone]"));
  forget();
  world.elsewhere("alice", {phone("phone"), phone("tablet")});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/tablet' to='bob'>tablet</presence>"));
  forget();
  world.elsewhere("alice", {phone("tablet")});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/phone' to='bob' type='unavailable'/>"));
}

// Her user has moved here: whoever sees it sees it stay, once.
TEST_F(PresenceDbElsewhere, APhoneThatRegistersHereTakesThePlaceOfOneByItsName) {
  watch_alice(1, "bob");
  world.elsewhere("alice", {phone("phone")});
  forget();
  world.phones("alice", {"phone"});
  EXPECT_THAT(to("bob"), IsEmpty());
  EXPECT_THAT(watched(), Each("notify 1: [phone phone]"));
  EXPECT_THAT(told(), Contains("here alice [phone phone]"));
  // What the other one said before it had heard of that.
  world.elsewhere("alice", {phone("phone")});
  world.elsewhere("alice", {});
  EXPECT_THAT(to("bob"), IsEmpty());
  EXPECT_THAT(watched(), Each("notify 1: [phone phone]"));
  world.phones("alice", {});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/phone' to='bob' type='unavailable'/>"));
}

// She has published here before it registers: then it is not shown here.
TEST_F(PresenceDbElsewhere, NorIsItSeenBesideWhatShePublishes) {
  watch_alice(1, "bob");
  world.elsewhere("alice", {phone("phone")});
  world.publish("alice", "desk");
  world.phones("alice", {"phone"});
  forget();
  world.elsewhere("alice", {});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/phone' to='bob' type='unavailable'/>"));
  EXPECT_THAT(watched(), ElementsAre("notify 1: [publication desk]"));
}

TEST_F(PresenceDbElsewhere, WatchersHaveTheWholeOfIt) {
  watch_alice(1, "bob");
  world.come("alice/home");
  forget();
  world.elsewhere("alice", {session("far"), publication(7, "desk")});
  EXPECT_THAT(watched(), ElementsAre("notify 1: [home, far, publication desk]"));
  forget();
  world.elsewhere("alice", {left("far", "' type='unavailable'/>")});
  EXPECT_THAT(watched(), ElementsAre("notify 1: [home, -far]"));
}

// --- what is published here ----------------------------------------------------------------------

TEST_F(PresenceDbElsewhere, WhatIsPublishedIsShownWhereSheIsServed) {
  watch_alice(1, "bob");
  store_publication(world, "alice");
  world.watch(2, "bob", "alice");
  EXPECT_THAT(watched(), ElementsAre("watch 2 active: []"));
  forget();
  world.on("alice", UserServed{world.user("alice"), true});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/desk' to='bob'>desk</presence>"));
  EXPECT_THAT(watched(), ElementsAre("notify 1 2: [publication desk]"));
  EXPECT_THAT(told(), Contains("here alice [publication desk]"));
}

// She comes from another server, which read it from the same store.
TEST_F(PresenceDbElsewhere, WhatSheBringsIsNotShownOnceMore) {
  watch_alice(1, "bob");
  store_publication(world, "alice");
  world.elsewhere("alice", {publication(7, "desk"), phone("phone")});
  forget();
  world.on("alice", UserServed{world.user("alice"), true});
  EXPECT_THAT(to("bob"), IsEmpty());
  EXPECT_THAT(told(), Contains("here alice [publication desk]"));
  forget();
  world.elsewhere("alice", {});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/phone' to='bob' type='unavailable'/>"));
}

TEST_F(PresenceDbElsewhere, NorWhereAnotherServerHasHerThen) {
  watch_alice(1, "bob");
  world.elsewhere("alice", {publication(7, "desk"), publication(8, "car")});
  forget();
  world.elsewhere("alice", {publication(2, "car"), publication(1, "desk")});
  EXPECT_THAT(to("bob"), IsEmpty());
}

// A phone of hers is shown only if she publishes nothing, which the store has to say.
TEST_F(PresenceDbElsewhere, WhoRegistersIsNotShownUntilItIsKnownWhatSheHasPublished) {
  watch_alice(1, "bob");
  store_publication(world, "alice");
  forget();
  world.hold_store();
  world.phones("alice", {"phone"});
  EXPECT_THAT(to("bob"), IsEmpty());
  world.release_store();
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/desk' to='bob'>desk</presence>"));
  EXPECT_THAT(told(), Not(Contains("here alice [phone phone]")));
}

TEST_F(PresenceDbElsewhere, AndNotOfHerWhoIsOnlyWatched) {
  world.befriend("bob", "alice");
  store_publication(world, "alice");
  world.watch(1, "bob", "alice");
  world.elsewhere("alice", {});
  EXPECT_THAT(watched(), ElementsAre("watch 1 active: []"));
  EXPECT_THAT(to("bob"), IsEmpty());
}

// She comes by XMPP, or publishes: load control may say so later.
TEST_F(PresenceDbElsewhere, WhoDoesSomethingHereIsServedHere) {
  world.befriend("bob", "alice");
  world.befriend("bob", "dave");
  store_publication(world, "alice");
  store_publication(world, "dave");
  world.come("alice/home");
  EXPECT_THAT(to("bob"), Contains("<presence from='alice/desk' to='bob'>desk</presence>"));
  world.publish("dave", "car");
  EXPECT_THAT(to("bob"), Contains("<presence from='dave/desk' to='bob'>desk</presence>"));
}

TEST_F(PresenceDbElsewhere, WhoIsServedIsHeldMeanwhile) {
  world.on("alice", UserServed{world.user("alice"), true});
  EXPECT_EQ(world.held_users(), 1U);
  EXPECT_EQ(world.requests.size(), 1U);
  world.on("alice", UserServed{world.user("alice"), true});
  EXPECT_EQ(world.requests.size(), 1U) << "it is known already";
  world.on("alice", UserServed{world.user("alice"), false});
  EXPECT_EQ(world.held_users(), 0U);
}

TEST_F(PresenceDbElsewhere, EachChangeOfPresenceHereIsTold) {
  world.come("alice/home");
  EXPECT_THAT(told(), Contains("here alice [home]"));
  forget();
  world.phones("alice", {"phone"});
  EXPECT_THAT(told(), Contains("here alice [home, phone phone]"));
  forget();
  world.publish("alice", "desk");
  EXPECT_THAT(told(), Contains("here alice [home, publication desk]"));
  forget();
  world.elsewhere("alice", {session("far"), publication(7, "car")});
  world.show("alice/home", "'><show>away</show></presence>");
  EXPECT_THAT(told(), ElementsAre("here alice [home, publication desk]"))
      << "what is elsewhere is not here";
  forget();
  world.leave("alice/home");
  EXPECT_THAT(told(), ElementsAre("here alice [publication desk, -home]"));
  forget();
  world.unpublish("alice", world.etag);
  EXPECT_THAT(told(), Contains("here alice [phone phone]"));
}

TEST_F(PresenceDbElsewhere, AnotherServerIsToldWhatThereIs) {
  world.come("alice/home");
  world.elsewhere("alice", {session("far")});
  forget();
  world.on("alice", PresenceAsked{world.user("alice"), 5});
  world.on("bob", PresenceAsked{world.user("bob"), 6});
  EXPECT_THAT(told(), ElementsAre("here alice [home] for 5", "here bob [] for 6"));
}

TEST_F(PresenceDbElsewhere, ChangesOfRelationsAreToldOfBothSides) {
  world.send("bob", Verb::subscribe, "alice");
  EXPECT_THAT(told(),
              UnorderedElementsAre("relation bob alice none+out", "relation alice bob (none+in)"));
}

// What she then shows him comes behind the change that lets him see it, and its end before.
TEST_F(PresenceDbElsewhere, BothSidesAreToldInTheOrderInWhichHeIsToHearOfThem) {
  world.send("bob", Verb::subscribe, "alice");
  forget();
  world.send("alice", Verb::subscribed, "bob");
  EXPECT_THAT(told(), ElementsAre("relation bob alice to", "relation alice bob from"));
  forget();
  world.send("alice", Verb::unsubscribed, "bob");
  EXPECT_THAT(told(), ElementsAre("relation alice bob none", "relation bob alice none"));
}

// Alice is loaded here with the change in it, and is shown before his own side of it comes.
TEST_F(PresenceDbElsewhere, ASessionThatCameBeforeItsOwnSideOfAChangeIsShownHer) {
  world.send("bob", Verb::subscribe, "alice");
  world.on("bob", UserWanted{world.user("bob")});
  const StoreReply changed = world.store.carry_out(
      ChangeSubscription{world.user("alice"), world.user("bob"), Verb::subscribed, {}, 9});
  world.elsewhere("alice", {session("far")});
  world.show("bob/home", "'/>", true);
  forget();
  world.on("bob", RelationChanged{world.user("bob"),
                                  world.user("alice"),
                                  std::get<SubscriptionChanged>(changed).peer,
                                  {},
                                  {}});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/far' to='bob'/>"));
}

// --- what a watcher waits for --------------------------------------------------------------------

TEST_F(PresenceDbElsewhere, AWatchWaitsForWhatSheIsPresentThroughElsewhere) {
  world.befriend("bob", "alice");
  world.befriend("carol", "alice");
  world.watch(1, "bob", "alice");
  world.watch(2, "carol", "alice");
  EXPECT_THAT(told(), ElementsAre("ask alice")) << "once";
  EXPECT_THAT(watched(), IsEmpty());
  world.elsewhere("alice", {session("far")});
  EXPECT_THAT(watched(), ElementsAre("watch 1 active: [far]", "watch 2 active: [far]"));
  forget();
  world.watch(3, "bob", "alice");
  EXPECT_THAT(watched(), ElementsAre("watch 3 active: [far]")) << "it is known now";
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(PresenceDbElsewhere, SoDoesAProbe) {
  world.befriend("bob", "alice");
  world.on("alice", ProbeAsked{world.user("bob/home"), world.user("alice"), {}});
  EXPECT_THAT(told(), ElementsAre("ask alice"));
  EXPECT_THAT(to("bob/home"), IsEmpty());
  world.elsewhere("alice", {session("far")});
  EXPECT_THAT(to("bob/home"), ElementsAre("<presence from='alice/far' to='bob/home'/>"));
  EXPECT_THAT(told(), ElementsAre("ask alice", "do not ask alice"));
}

TEST_F(PresenceDbElsewhere, WhomNobodyWatchesAnyMoreIsNotAskedFor) {
  watch_alice(1, "bob");
  world.watch(2, "bob", "alice");
  world.elsewhere("alice", {session("far")});
  forget();
  end_watch(1, "bob");
  EXPECT_THAT(told(), IsEmpty());
  end_watch(2, "bob");
  EXPECT_THAT(told(), ElementsAre("do not ask alice"));
  world.elsewhere("alice", {});  // which load control says then
  EXPECT_EQ(world.held_users(), 0U);
}

TEST_F(PresenceDbElsewhere, WhoIsAskedForAgainIsWaitedForAgain) {
  watch_alice(1, "bob");
  end_watch(1, "bob");
  forget();
  world.watch(2, "bob", "alice");
  EXPECT_THAT(told(), ElementsAre("ask alice"));
  EXPECT_THAT(watched(), IsEmpty());
  world.elsewhere("alice", {});
  EXPECT_THAT(watched(), ElementsAre("watch 2 active: []"));
}

// What load control said already, for the sake of a session here, it does not say again.
TEST_F(PresenceDbElsewhere, WhatIsKnownOfHerIsNotWaitedFor) {
  world.befriend("bob", "alice");
  world.elsewhere("alice", {session("far")});
  forget();
  world.watch(1, "bob", "alice");
  EXPECT_THAT(told(), ElementsAre("ask alice"));
  EXPECT_THAT(watched(), ElementsAre("watch 1 active: [far]"));
}

// --- whom sessions are to see --------------------------------------------------------------------

TEST_F(PresenceDbElsewhere, WhomASessionIsToSeeIsWanted) {
  world.befriend("alice", "bob");
  world.befriend("alice", "carol");
  world.befriend("dave", "bob");
  world.send("alice", Verb::subscribe, "dave");
  forget();
  world.on("alice", UserWanted{world.user("alice")});
  EXPECT_THAT(told(), Not(Contains(StartsWith("contacts")))) << "she sees nobody yet";
  world.show("alice/home", "'/>", true);
  EXPECT_THAT(with("cluster: contacts"), ElementsAre(" +bob +carol"));
  forget();
  world.on("dave", UserWanted{world.user("dave")});
  world.show("dave/home", "'/>", true);
  EXPECT_THAT(with("cluster: contacts"), ElementsAre(" +bob")) << "each counts";
}

TEST_F(PresenceDbElsewhere, OfThoseWhomSheIsSubscribedToTheDifferenceIsTold) {
  world.befriend("alice", "bob");
  world.come("alice/home");
  forget();
  world.send("alice", Verb::subscribe, "carol");
  EXPECT_THAT(with("cluster: contacts"), IsEmpty()) << "she may not see her yet";
  world.send("carol", Verb::subscribed, "alice");
  EXPECT_THAT(with("cluster: contacts"), ElementsAre(" +carol"));
  forget();
  world.send("alice", Verb::unsubscribe, "bob");
  EXPECT_THAT(with("cluster: contacts"), ElementsAre(" -bob"));
  forget();
  world.show("alice/car", "'/>", true);
  EXPECT_THAT(with("cluster: contacts"), IsEmpty()) << "a second session sees the same";
}

TEST_F(PresenceDbElsewhere, WithHerLastSessionNobodyIsWanted) {
  world.befriend("alice", "bob");
  world.befriend("alice", "dave");
  world.come("alice/home");
  EXPECT_THAT(with("cluster: contacts"), UnorderedElementsAre(" +bob", " +dave"))
      << "each at her home shard";
  forget();
  world.leave("alice/home");
  world.on("alice", UserUnwanted{world.user("alice")});
  EXPECT_THAT(with("cluster: contacts"), UnorderedElementsAre(" -bob", " -dave"));
}

// --- a store that fails --------------------------------------------------------------------------

TEST_F(PresenceDbElsewhere, WhatCouldNotBeKeptIsAskedForAgain) {
  world.befriend("bob", "alice");
  world.break_store();
  world.elsewhere("alice", {session("far")});
  EXPECT_THAT(to("bob"), IsEmpty());
  EXPECT_EQ(world.held_users(), 0U);
  world.mend_store();
  forget();
  world.pass(PresenceDb::kStoreAgainAfter - kMoment);
  EXPECT_THAT(told(), IsEmpty());
  world.pass(kMoment);
  EXPECT_THAT(told(), ElementsAre("ask again alice"));
  world.elsewhere("alice", {session("far")});
  EXPECT_THAT(to("bob"), ElementsAre("<presence from='alice/far' to='bob'/>"));
  forget();
  world.pass(PresenceDb::kStoreAgainAfter * 2);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(PresenceDbElsewhere, WhatIsPublishedIsLookedForAgain) {
  watch_alice(1, "bob");
  store_publication(world, "alice");
  world.break_store();
  world.on("alice", UserServed{world.user("alice"), true});
  EXPECT_THAT(watched(), IsEmpty());
  world.mend_store();
  world.pass(PresenceDb::kStoreAgainAfter - kMoment);
  EXPECT_THAT(watched(), IsEmpty());
  world.pass(kMoment);
  EXPECT_THAT(watched(), ElementsAre("notify 1: [publication desk]"));
}

TEST_F(PresenceDbElsewhere, WhatWaitsIsRefusedWithTheRest) {
  world.break_store();
  world.watch(1, "bob", "alice");
  EXPECT_THAT(watched(), ElementsAre("watch 1 store_failed"));
  EXPECT_EQ(world.held_users(), 0U);
}

// --- no cluster ----------------------------------------------------------------------------------

TEST_F(PresenceDbElsewhere, AServerThatIsAloneTellsNothing) {
  world.settings.cluster.reset();
  store_publication(world, "alice");
  world.send("bob", Verb::subscribe, "alice");
  world.send("alice", Verb::subscribed, "bob");
  world.come("bob/home");
  world.come("alice/home");
  world.phones("alice", {"phone"});
  world.publish("alice", "car");
  world.watch(1, "bob", "alice");
  EXPECT_THAT(watched(), Contains("watch 1 active: [home, publication desk, publication car]"));
  world.on("alice", ProbeAsked{world.user("bob/home"), world.user("alice"), {}});
  end_watch(1, "bob");
  world.leave("bob/home");
  world.on("bob", UserUnwanted{world.user("bob")});
  world.leave("alice/home");
  keep();
  EXPECT_THAT(kept, Each(Not(StartsWith("cluster: "))));
}

}  // namespace presence_db_elsewhere_test
}  // namespace muster::testing
