// Directed presence and probes: RFC 6121 sections 4.3, 4.6 and 8.5.
#include "server/xmpp_presence/xmpp_presence.h"

#include <gtest/gtest.h>

#include "machine/xmpp_presence/world.h"

namespace muster::testing {
namespace xmpp_presence_directed_presence_test {

using ::testing::IsEmpty;

class DirectedPresence : public ::testing::Test {
 protected:
  // Delivers what goes from user to user on this shard.
  void carry(const ModuleWorld::Happened& happened) {
    for (const auto& stanza : events<StanzaForUser>(happened))
      world.on(stanza);
    for (const auto& broadcast : events<PresenceBroadcast>(happened))
      world.on(broadcast);
  }

  XmppPresenceWorld world;
  Bound balcony = world.available("juliet@example.com/balcony");
  Bound nurse = world.available("nurse@example.com/hall");
  Bound nurse_connected = world.bind("nurse@example.com/kitchen");
};

// --- outbound (section 4.6.3) --------------------------------------------------------------------

TEST_F(DirectedPresence, GoesToItsRecipientAndNowhereElse) {
  const auto happened = world.say(
      balcony, "<presence to='nurse@example.com' id='d1'><show>chat</show></presence>", "en");
  const auto sent = events<StanzaForUser>(happened);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(happened.events.size(), 1u);
  EXPECT_THAT(happened.orders, IsEmpty());
  EXPECT_EQ(sent[0].kind, StanzaKind::presence);
  EXPECT_EQ(sent[0].type, "");
  EXPECT_EQ(sent[0].id, "d1");
  EXPECT_EQ(sent[0].from, balcony.full);
  EXPECT_EQ(sent[0].to, address("nurse@example.com"));
  EXPECT_EQ(meaning(sent[0].xml),
            meaning("<presence from='juliet@example.com/balcony' to='nurse@example.com' id='d1' "
                    "xml:lang='en'><show>chat</show></presence>"));
}

// A broken priority is the recipient's to judge: it says nothing to this server.
TEST_F(DirectedPresence, DoesNotChangeThePresenceOfTheSession) {
  const Bound silent = world.bind("juliet@example.com/silent");
  const auto happened =
      world.say(silent, "<presence to='nurse@example.com'><priority>x</priority></presence>");
  EXPECT_EQ(events<StanzaForUser>(happened).size(), 1u);
  EXPECT_TRUE(events<ResourceChanged>(world.say(silent, "<presence/>")).at(0).initial);
}

// Case 2: who got it is told when the session leaves, with the very stanza.
TEST_F(DirectedPresence, IsFollowedByUnavailableWhenTheSessionLeaves) {
  world.say(balcony, "<presence to='nurse@example.com'/>");
  world.say(balcony, "<presence to='nurse@example.com/kitchen'/>");
  world.say(balcony, "<presence to='nurse@example.com'/>");
  const auto happened =
      world.say(balcony, "<presence type='unavailable'><status>bye</status></presence>");
  EXPECT_EQ(events<ResourceChanged>(happened).size(), 1u);
  world.forget();
  carry(happened);
  const auto expected = [](std::string_view to) {
    return stanzas({"<presence type='unavailable' from='juliet@example.com/balcony' to='" +
                    std::string(to) + "'><status>bye</status></presence>"});
  };
  EXPECT_EQ(world.got(nurse), expected("nurse@example.com"));
  EXPECT_EQ(world.got(nurse_connected), expected("nurse@example.com/kitchen"));
  // And then she is forgotten.
  world.say(balcony, "<presence/>");
  EXPECT_THAT(events<PresenceBroadcast>(world.say(balcony, "<presence type='unavailable'/>")),
              IsEmpty());
}

TEST_F(DirectedPresence, IsFollowedByUnavailableWhenTheStreamEnds) {
  world.say(balcony, "<presence to='nurse@example.com'/>");
  const auto happened = world.on(StreamEnded{balcony.session, balcony.link});
  world.forget();
  carry(happened);
  EXPECT_EQ(world.got(nurse), stanzas({"<presence type='unavailable' "
                                       "from='juliet@example.com/balcony' "
                                       "to='nurse@example.com'/>"}));
}

// Case 3: a session that never was available, or is no longer.
TEST_F(DirectedPresence, OfASessionThatIsNotAvailableIsTreatedAlike) {
  const Bound silent = world.bind("juliet@example.com/silent");
  world.say(silent, "<presence to='nurse@example.com'/>");
  auto happened = world.say(silent, "<presence type='unavailable'/>");
  EXPECT_EQ(happened.events.size(), 1u);
  EXPECT_EQ(events<PresenceBroadcast>(happened).size(), 1u);
  world.say(silent, "<presence to='nurse@example.com'/>");
  happened = world.on(StreamEnded{silent.session, silent.link});
  world.forget();
  carry(happened);
  EXPECT_EQ(world.got(nurse), stanzas({"<presence type='unavailable' "
                                       "from='juliet@example.com/silent' "
                                       "to='nurse@example.com'/>"}));
}

// Section 4.6.1: not to whom it said so itself.
TEST_F(DirectedPresence, ThatWasTakenBackIsNotTakenBackAgain) {
  world.say(balcony, "<presence to='nurse@example.com'/>");
  const auto back = world.say(balcony, "<presence to='nurse@example.com' type='unavailable'/>");
  ASSERT_EQ(events<StanzaForUser>(back).size(), 1u);
  EXPECT_EQ(events<StanzaForUser>(back)[0].type, "unavailable");
  EXPECT_THAT(events<ResourceChanged>(back), IsEmpty());
  EXPECT_THAT(events<PresenceBroadcast>(world.on(StreamEnded{balcony.session, balcony.link})),
              IsEmpty());
}

// Section 4.6.1: nor to who left by herself.
TEST_F(DirectedPresence, IsForgottenWhenTheOtherLeaves) {
  world.say(balcony, "<presence to='nurse@example.com/hall'/>");
  world.say(balcony, "<presence to='nurse@example.com'/>");
  carry(world.say(nurse, "<presence to='juliet@example.com/balcony' type='unavailable'/>"));
  const auto left = events<PresenceBroadcast>(world.on(StreamEnded{balcony.session, balcony.link}));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].to, std::vector<Address>{address("nurse@example.com")});
}

TEST_F(DirectedPresence, ToHerOwnSessionsIsNotNoted) {
  const Bound chamber = world.available("juliet@example.com/chamber");
  carry(world.say(balcony, "<presence to='juliet@example.com/chamber' id='1'/>"));
  EXPECT_EQ(world.got(chamber), stanzas({"<presence from='juliet@example.com/balcony' "
                                         "to='juliet@example.com/chamber' id='1'/>"}));
  EXPECT_THAT(events<PresenceBroadcast>(world.on(StreamEnded{balcony.session, balcony.link})),
              IsEmpty());
}

// RFC 6120 section 10.5.1.
TEST_F(DirectedPresence, ToTheServerIsIgnored) {
  for (const std::string_view to : {"example.com", "example.org/x"}) {
    const auto happened = world.say(balcony, "<presence to='" + std::string(to) + "'/>");
    EXPECT_THAT(happened.events, IsEmpty());
    EXPECT_THAT(happened.orders, IsEmpty());
  }
  EXPECT_THAT(events<PresenceBroadcast>(world.on(StreamEnded{balcony.session, balcony.link})),
              IsEmpty());
}

TEST_F(DirectedPresence, ThatGrowsTooMuchIsRefused) {
  const auto happened =
      world.say(balcony, "<presence to='nurse@example.com'>" + growing_content() + "</presence>",
                {}, growing_declaration());
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_EQ(world.got(balcony), stanzas({"<presence type='error' from='nurse@example.com' "
                                         "to='juliet@example.com/balcony'>" +
                                         error_xml("modify", "policy-violation") + "</presence>"}));
}

// --- Limits::directed_presences_max --------------------------------------------------------------

TEST_F(DirectedPresence, EndsAtItsLimit) {
  world.settings.limits.directed_presences_max = 2;
  EXPECT_EQ(world.say(balcony, "<presence to='a@example.com'/>").events.size(), 1u);
  EXPECT_EQ(world.say(balcony, "<presence to='b@example.com'/>").events.size(), 1u);
  const auto refused = world.say(balcony, "<presence to='c@example.com' id='3'/>");
  EXPECT_THAT(refused.events, IsEmpty());
  EXPECT_EQ(world.got(balcony),
            stanzas({"<presence type='error' id='3' from='c@example.com' "
                     "to='juliet@example.com/balcony'>" +
                     error_xml("wait", "resource-constraint") + "</presence>"}));
  // Those that are noted still get more, and one taken back makes room.
  EXPECT_EQ(world.say(balcony, "<presence to='a@example.com'/>").events.size(), 1u);
  world.say(balcony, "<presence to='a@example.com' type='unavailable'/>");
  EXPECT_EQ(world.say(balcony, "<presence to='c@example.com'/>").events.size(), 1u);
  EXPECT_EQ(world.say(nurse, "<presence to='a@example.com'/>").events.size(), 1u);
}

// --- across shards -------------------------------------------------------------------------------

TEST(DirectedPresenceAcrossShards, GoesToTheHomeOfTheRecipient) {
  XmppPresenceWorld world(4);
  const Bound balcony = world.available("juliet@example.com/balcony");
  std::set<std::uint8_t> homes;
  std::size_t told = 0;
  for (int i = 0; i < 16; ++i) {
    const std::string name = "user" + std::to_string(i) + "@example.com";
    const ShardId home = world.shard.home_of(name);
    const auto happened = world.say(balcony, "<presence to='" + name + "/x'/>");
    homes.insert(home.number());
    if (home == world.shard.self) {
      EXPECT_EQ(events<StanzaForUser>(happened).size(), 1u);
    } else {
      ASSERT_EQ(orders<ToShard>(happened).size(), 1u);
      EXPECT_EQ(orders<ToShard>(happened)[0].to, home);
    }
  }
  EXPECT_EQ(homes.size(), 4u);
  // One value for each shard.
  const auto happened = world.on(StreamEnded{balcony.session, balcony.link});
  const auto broadcasts = events_anywhere<PresenceBroadcast>(happened);
  EXPECT_EQ(broadcasts.size(), 4u);
  for (const PresenceBroadcast& broadcast : broadcasts) {
    told += broadcast.to.size();
    for (const Address& to : broadcast.to) {
      EXPECT_EQ(world.shard.home_of(to), world.shard.home_of(broadcast.to[0]));
    }
  }
  EXPECT_EQ(told, 16u);
  for (const ToShard& to : orders<ToShard>(happened)) {
    if (const auto* broadcast = std::get_if<PresenceBroadcast>(&to.event)) {
      EXPECT_EQ(to.to, world.shard.home_of(broadcast->to[0]));
    }
  }
}

// --- inbound (sections 4.6.4, 8.5.2.1.2, 8.5.2.2.2, 8.5.3) ---------------------------------------

TEST_F(DirectedPresence, ForABareAddressGoesToAllAvailableSessions) {
  const Bound hidden =
      world.available("nurse@example.com/hidden", "<presence><priority>-5</priority></presence>");
  carry(world.say(balcony, "<presence to='nurse@example.com'/>"));
  const auto expected =
      stanzas({"<presence from='juliet@example.com/balcony' to='nurse@example.com'/>"});
  EXPECT_EQ(world.got(nurse), expected);
  EXPECT_EQ(world.got(hidden), expected);
  EXPECT_THAT(world.got(nurse_connected), IsEmpty());
}

TEST_F(DirectedPresence, ForAFullAddressGoesToThatSession) {
  for (const std::string_view type : {"", " type='unavailable'", " type='error'"}) {
    carry(
        world.say(balcony, "<presence to='nurse@example.com/kitchen'" + std::string(type) + "/>"));
    EXPECT_EQ(world.got(nurse_connected), stanzas({"<presence from='juliet@example.com/balcony' "
                                                   "to='nurse@example.com/kitchen'" +
                                                   std::string(type) + "/>"}));
    EXPECT_THAT(world.got(nurse), IsEmpty());
  }
}

TEST_F(DirectedPresence, ForNobodyIsIgnored) {
  for (const std::string_view to : {"nurse@example.com/nowhere", "nobody@example.com"}) {
    const auto sent =
        events<StanzaForUser>(world.say(balcony, "<presence to='" + std::string(to) + "'/>"));
    ASSERT_EQ(sent.size(), 1u);
    const auto happened = world.on(sent[0]);
    EXPECT_THAT(happened.events, IsEmpty());
    EXPECT_THAT(happened.orders, IsEmpty());
  }
}

// An error is for who sent what it answers, and that was a session.
TEST_F(DirectedPresence, AnErrorForABareAddressIsIgnored) {
  carry(world.say(balcony, "<presence type='error' to='nurse@example.com'/>"));
  EXPECT_THAT(world.got(nurse), IsEmpty());
}

// --- probes (sections 4.3 and 4.6.6) -------------------------------------------------------------

TEST_F(DirectedPresence, AProbeIsAskedAtTheContactsHome) {
  const auto sent = events<StanzaForUser>(world.say(balcony,
                                                    "<presence type='probe' id='p' "
                                                    "to='nurse@example.com'/>"));
  ASSERT_EQ(sent.size(), 1u);
  const auto asked = events<ProbeAsked>(world.on(sent[0]));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].watcher, balcony.full);
  EXPECT_EQ(asked[0].contact, address("nurse@example.com"));
  EXPECT_EQ(asked[0].id, "p");
  EXPECT_THAT(asked[0].directed, IsEmpty());
  EXPECT_THAT(world.got(nurse), IsEmpty());
}

// Also where there is no such user, or no session of hers: presence_db knows what to say.
TEST_F(DirectedPresence, AProbeOfNobodyIsAskedToo) {
  for (const std::string_view to : {"nobody@example.com", "nurse@example.com/nowhere"}) {
    const auto sent = events<StanzaForUser>(
        world.say(balcony, "<presence type='probe' to='" + std::string(to) + "'/>"));
    ASSERT_EQ(sent.size(), 1u);
    const auto asked = events<ProbeAsked>(world.on(sent[0]));
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].contact, address(to));
  }
}

TEST_F(DirectedPresence, AProbeWithoutAnAddressIsOfOneself) {
  for (const std::string_view to : {"", " to='juliet@example.com'"}) {
    const auto sent = events<StanzaForUser>(
        world.say(balcony, "<presence type='probe'" + std::string(to) + "/>"));
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].to, address("juliet@example.com"));
  }
}

// "MUST NOT use its receipt of the presence probe ... as the sole cause for returning a stanza or
// stream error" (section 4.3).
TEST_F(DirectedPresence, AProbeOfTheServerIsIgnored) {
  const auto happened = world.say(balcony, "<presence type='probe' to='example.com'/>");
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_THAT(happened.orders, IsEmpty());
}

TEST_F(DirectedPresence, AProbeSaysWhichSessionsShowedThemselvesToTheWatcher) {
  const Bound chamber = world.available("juliet@example.com/chamber");
  world.available("juliet@example.com/third");
  world.say(balcony, "<presence to='nurse@example.com/hall'/>");
  world.say(chamber, "<presence to='nurse@example.com'/>");
  const auto probe = [&](const Bound& who, std::string_view to) {
    const auto sent = events<StanzaForUser>(
        world.say(who, "<presence type='probe' to='" + std::string(to) + "'/>"));
    return events<ProbeAsked>(world.on(sent.at(0))).at(0).directed;
  };
  const std::vector<Address> both = {balcony.full, chamber.full};
  EXPECT_EQ(probe(nurse, "juliet@example.com"), both);
  EXPECT_EQ(probe(nurse, "juliet@example.com/balcony"), std::vector<Address>{balcony.full});
  EXPECT_EQ(probe(nurse, "juliet@example.com/third"), std::vector<Address>{});
  // What was shown to one session of hers only, the other does not know.
  EXPECT_EQ(probe(nurse_connected, "juliet@example.com"), std::vector<Address>{chamber.full});
}

}  // namespace xmpp_presence_directed_presence_test
}  // namespace muster::testing
