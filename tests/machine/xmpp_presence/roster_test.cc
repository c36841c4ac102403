// The roster as clients see it: RFC 6121 section 2.
#include "server/xmpp_presence/xmpp_presence.h"

#include <gtest/gtest.h>

#include "machine/xmpp_presence/world.h"

namespace muster::testing {
namespace xmpp_presence_roster_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Roster : public ::testing::Test {
 protected:
  std::optional<RosterAsked> get(std::string_view query) {
    const auto happened =
        world.say(balcony, "<iq type='get' id='g1'>" + std::string(query) + "</iq>");
    const auto asked = events<RosterAsked>(happened);
    if (asked.empty()) return std::nullopt;
    return asked[0];
  }
  void answer(const std::optional<RosterLoaded>& roster) {
    get("<query xmlns='jabber:iq:roster'/>");
    world.on(RosterAnswered{balcony.session, "g1", roster});
  }
  void push(std::uint64_t version, std::string_view contact, Subscription subscription) {
    const RosterItem item{address(contact), {subscription, false, true}, "", {}};
    world.on(RosterPush{address("juliet@example.com"), version, item, false});
  }
  static std::string pushed(int version, std::string_view contact, std::string_view subscription) {
    const std::string number = std::to_string(version);
    return "<iq type='set' id='push-" + number +
           "' to='juliet@example.com/balcony'><query xmlns='jabber:iq:roster' ver='" + number +
           "'><item jid='" + std::string(contact) + "' subscription='" + std::string(subscription) +
           "'/></query></iq>";
  }
  static std::string result(int version) {
    return "<iq type='result' id='g1' to='juliet@example.com/balcony'><query "
           "xmlns='jabber:iq:roster' ver='" +
           std::to_string(version) + "'/></iq>";
  }
  ModuleWorld::Happened set(std::string_view content) {
    return world.say(balcony, "<iq type='set' id='s1'><query xmlns='jabber:iq:roster'>" +
                                  std::string(content) + "</query></iq>");
  }
  std::optional<RosterItemAsked> set_item(std::string_view content) {
    const auto happened = set(content);
    const auto asked = events<RosterItemAsked>(happened);
    if (asked.empty()) return std::nullopt;
    EXPECT_THAT(happened.orders, IsEmpty());
    return asked[0];
  }
  // That the set came to nothing but this error.
  void expect_refused(std::string_view content, std::string_view type, std::string_view condition) {
    const auto happened = set(content);
    EXPECT_THAT(happened.events, IsEmpty()) << content;
    EXPECT_EQ(world.got(balcony),
              stanzas({"<iq type='error' id='s1' to='juliet@example.com/balcony'>" +
                       error_xml(type, condition) + "</iq>"}))
        << content;
  }

  XmppPresenceWorld world;
  Bound balcony = world.bind("juliet@example.com/balcony");
};

// --- get (sections 2.1.3, 2.2, 2.6.2) ------------------------------------------------------------

TEST_F(Roster, GetIsAskedOfPresenceDb) {
  const auto asked = get("<query xmlns='jabber:iq:roster'/>");
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->session, balcony.session);
  EXPECT_EQ(asked->account, address("juliet@example.com"));
  EXPECT_EQ(asked->id, "g1");
  EXPECT_EQ(asked->known_version, std::nullopt);
}

TEST_F(Roster, GetMayNameTheAccount) {
  const auto happened = world.say(balcony,
                                  "<iq type='get' id='g1' to='juliet@example.com'>"
                                  "<query xmlns='jabber:iq:roster'/></iq>");
  EXPECT_EQ(events<RosterAsked>(happened).size(), 1u);
}

TEST_F(Roster, GetSaysTheVersionItKnows) {
  EXPECT_EQ(get("<query xmlns='jabber:iq:roster' ver='14'/>")->known_version, 14u);
  EXPECT_EQ(get("<query xmlns='jabber:iq:roster' ver='0'/>")->known_version, 0u);
  // To bootstrap, or of some other server.
  for (const std::string_view none : {"", "ver14", "-1", "14 ", "99999999999999999999"}) {
    const auto asked = get("<query xmlns='jabber:iq:roster' ver='" + std::string(none) + "'/>");
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->known_version, std::nullopt) << none;
  }
}

// "MUST NOT contain any <item/> child elements" (section 2.1.3).
TEST_F(Roster, GetHasNoItems) {
  EXPECT_FALSE(get("<query xmlns='jabber:iq:roster'><item jid='nurse@example.com'/></query>"));
  EXPECT_EQ(world.got(balcony),
            stanzas({"<iq type='error' id='g1' to='juliet@example.com/balcony'>" +
                     error_xml("modify", "bad-request") + "</iq>"}));
}

TEST_F(Roster, OtherElementsOfTheNamespaceAreNotImplemented) {
  EXPECT_FALSE(get("<roster xmlns='jabber:iq:roster'/>"));
  EXPECT_EQ(world.got(balcony),
            stanzas({"<iq type='error' id='g1' to='juliet@example.com/balcony'>" +
                     error_xml("cancel", "feature-not-implemented") + "</iq>"}));
}

// --- result (sections 2.1.2, 2.1.4, 2.6.3) -------------------------------------------------------

TEST_F(Roster, ResultHasTheListedItems) {
  using enum Subscription;
  RosterLoaded roster{11, false, {}};
  const auto add = [&](std::string_view contact, Subscription subscription, bool approved,
                       bool listed, std::string name, std::vector<std::string> groups) {
    roster.items.push_back(
        {address(contact), {subscription, approved, listed}, std::move(name), std::move(groups)});
  };
  add("a@example.com", none, false, true, "", {});
  add("b@example.com", none_pending_out, false, true, "", {});
  add("c@example.com", none_pending_in, false, true, "", {});
  add("d@example.com", none_pending_out_in, false, true, "", {});
  add("e@example.com", to, false, true, "Romeo & 'co'", {"Friends", "<Lovers>"});
  add("f@example.com", to_pending_in, true, true, "", {});
  add("g@example.com", from, false, true, "", {});
  add("h@example.com", from_pending_out, false, true, "", {});
  add("i@example.com", both, false, true, "", {});
  add("j@example.com", none, true, true, "", {});
  // Who only waits for an answer is in no roster (section 3.1.3), nor is an approved SIP watcher.
  add("k@example.com", none_pending_in, false, false, "", {});
  add("l@example.com", from, false, false, "", {});
  answer(roster);
  EXPECT_EQ(
      world.got(balcony),
      stanzas({"<iq type='result' id='g1' to='juliet@example.com/balcony'>"
               "<query xmlns='jabber:iq:roster' ver='11'>"
               "<item jid='a@example.com' subscription='none'/>"
               "<item jid='b@example.com' subscription='none' ask='subscribe'/>"
               "<item jid='c@example.com' subscription='none'/>"
               "<item jid='d@example.com' subscription='none' ask='subscribe'/>"
               "<item jid='e@example.com' subscription='to' name='Romeo &amp; &apos;co&apos;'>"
               "<group>Friends</group><group>&lt;Lovers&gt;</group></item>"
               "<item jid='f@example.com' subscription='to' approved='true'/>"
               "<item jid='g@example.com' subscription='from'/>"
               "<item jid='h@example.com' subscription='from' ask='subscribe'/>"
               "<item jid='i@example.com' subscription='both'/>"
               "<item jid='j@example.com' subscription='none' approved='true'/>"
               "</query></iq>"}));
}

TEST_F(Roster, ResultOfAnEmptyRosterHasAnEmptyQuery) {
  answer(RosterLoaded{9, false, {}});
  EXPECT_EQ(world.got(balcony),
            stanzas({"<iq type='result' id='g1' to='juliet@example.com/balcony'>"
                     "<query xmlns='jabber:iq:roster' ver='9'/></iq>"}));
}

TEST_F(Roster, ResultOfAnUnchangedRosterIsEmpty) {
  answer(RosterLoaded{14, true, {}});
  EXPECT_EQ(world.got(balcony),
            stanzas({"<iq type='result' id='g1' to='juliet@example.com/balcony'/>"}));
}

// Section 2.2, last paragraph.
TEST_F(Roster, FailureOfTheStoreIsAnInternalError) {
  answer(std::nullopt);
  EXPECT_EQ(world.got(balcony),
            stanzas({"<iq type='error' id='g1' to='juliet@example.com/balcony'>" +
                     error_xml("cancel", "internal-server-error") + "</iq>"}));
}

TEST_F(Roster, AnswersForASessionThatIsGoneAreForNobody) {
  world.on(StreamEnded{balcony.session, balcony.link});
  EXPECT_THAT(world.on(RosterAnswered{balcony.session, "g1", RosterLoaded{}}).orders, IsEmpty());
  EXPECT_THAT(world.on(RosterItemAnswered{balcony.session, "g1", {}}).orders, IsEmpty());
}

// --- set (sections 2.1.5, 2.3, 2.4) --------------------------------------------------------------

TEST_F(Roster, SetIsAskedOfPresenceDb) {
  const auto asked = set_item(
      "<item jid='Nurse@Example.com' name='Nurse'><group>Servants</group>"
      "<group>Old</group></item>");
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->session, balcony.session);
  EXPECT_EQ(asked->account, address("juliet@example.com"));
  EXPECT_EQ(asked->id, "s1");
  EXPECT_EQ(asked->contact, address("nurse@example.com"));
  EXPECT_FALSE(asked->remove);
  EXPECT_EQ(asked->name, "Nurse");
  EXPECT_THAT(asked->groups, ElementsAre("Servants", "Old"));
}

// Section 2.4.1, implementation note: an empty name is no name.
TEST_F(Roster, SetWithoutNameAndGroupsHasNone) {
  for (const std::string_view name : {"", " name=''"}) {
    const auto asked = set_item("<item jid='nurse@example.com'" + std::string(name) + "/>");
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->name, "");
    EXPECT_THAT(asked->groups, IsEmpty());
  }
}

// Section 2.1.5 rule 2: only "remove" is read; the rest is for presence stanzas to change.
TEST_F(Roster, SetIgnoresWhatOnlyTheServerSays) {
  for (const std::string_view subscription : {"none", "to", "from", "both", "x", "Remove", ""}) {
    const auto asked = set_item(
        "<item jid='nurse@example.com' ask='subscribe' approved='true' "
        "subscription='" +
        std::string(subscription) + "'/>");
    ASSERT_TRUE(asked) << subscription;
    EXPECT_FALSE(asked->remove) << subscription;
  }
}

// Subscriptions, which roster items show, are between bare addresses.
TEST_F(Roster, SetIsOfABareAddress) {
  EXPECT_EQ(set_item("<item jid='nurse@example.com/hall'/>")->contact,
            address("nurse@example.com"));
  EXPECT_EQ(set_item("<item jid='gateway.example.net'/>")->contact, address("gateway.example.net"));
}

// Section 2.5.1.
TEST_F(Roster, RemoveIsAskedOfPresenceDb) {
  const auto asked = set_item(
      "<item jid='nurse@example.com' name='x' subscription='remove'>"
      "<group/></item>");
  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->remove);
  EXPECT_EQ(asked->contact, address("nurse@example.com"));
}

TEST_F(Roster, SetIsAnswered) {
  world.on(RosterItemAnswered{balcony.session, "s1", {}});
  world.on(RosterItemAnswered{balcony.session, "s2", StanzaError::item_not_found});  // 2.5.3
  EXPECT_EQ(world.got(balcony),
            stanzas({"<iq type='result' id='s1' to='juliet@example.com/balcony'/>",
                     "<iq type='error' id='s2' to='juliet@example.com/balcony'>" +
                         error_xml("cancel", "item-not-found") + "</iq>"}));
}

// --- errors (section 2.3.3) ----------------------------------------------------------------------

TEST_F(Roster, SetHasOneItem) {
  expect_refused("", "modify", "bad-request");
  expect_refused("<item jid='nurse@example.com'/><item jid='mother@example.com'/>", "modify",
                 "bad-request");
  expect_refused("<thing jid='nurse@example.com'/>", "modify", "bad-request");
  expect_refused("<item xmlns='urn:x' jid='nurse@example.com'/>", "modify", "bad-request");
}

TEST_F(Roster, SetNeedsAnAddress) {
  expect_refused("<item name='Nurse'/>", "modify", "bad-request");
  expect_refused("<item jid=''/>", "modify", "jid-malformed");
  expect_refused("<item jid='n@u@rse@example.com'/>", "modify", "jid-malformed");
  expect_refused("<item jid='n@u@rse@example.com' subscription='remove'/>", "modify",
                 "jid-malformed");
}

// Section 2.3.3, interoperability note.
TEST_F(Roster, SetIsNotOfOneself) {
  expect_refused("<item jid='juliet@example.com'/>", "cancel", "not-allowed");
  expect_refused("<item jid='juliet@example.com/x'/>", "cancel", "not-allowed");
}

TEST_F(Roster, SetOfAnothersRosterIsForbidden) {
  const auto happened =
      world.say(balcony,
                "<iq type='set' id='s1' to='romeo@example.com'>"
                "<query xmlns='jabber:iq:roster'><item jid='nurse@example.com'/></query>"
                "</iq>");
  EXPECT_THAT(happened.events, IsEmpty());
  EXPECT_EQ(world.got(balcony), stanzas({"<iq type='error' id='s1' from='romeo@example.com' "
                                         "to='juliet@example.com/balcony'>" +
                                         error_xml("auth", "forbidden") + "</iq>"}));
}

TEST_F(Roster, DuplicateGroupsAreABadRequest) {
  expect_refused(
      "<item jid='nurse@example.com'><group>Servants</group><group>Servants</group>"
      "</item>",
      "modify", "bad-request");
  EXPECT_TRUE(
      set_item("<item jid='nurse@example.com'><group>Servants</group>"
               "<group>servants</group></item>"));
}

TEST_F(Roster, AnEmptyGroupIsNotAcceptable) {
  expect_refused("<item jid='nurse@example.com'><group></group></item>", "modify",
                 "not-acceptable");
}

// Limits::roster_name_bytes_max, roster_group_bytes_max, roster_groups_max.
TEST_F(Roster, NamesEndAtTheirLimit) {
  world.settings.limits.roster_name_bytes_max = 5;
  EXPECT_TRUE(set_item("<item jid='nurse@example.com' name='1234'/>"));
  EXPECT_TRUE(set_item("<item jid='nurse@example.com' name='12345'/>"));
  expect_refused("<item jid='nurse@example.com' name='123456'/>", "modify", "not-acceptable");
}
TEST_F(Roster, GroupsEndAtTheirLimits) {
  world.settings.limits.roster_group_bytes_max = 5;
  world.settings.limits.roster_groups_max = 2;
  EXPECT_TRUE(set_item("<item jid='nurse@example.com'><group>1234</group></item>"));
  EXPECT_TRUE(
      set_item("<item jid='nurse@example.com'><group>12345</group><group>b</group></item>"));
  expect_refused("<item jid='nurse@example.com'><group>123456</group></item>", "modify",
                 "not-acceptable");
  expect_refused(
      "<item jid='nurse@example.com'><group>a</group><group>b</group><group>c</group>"
      "</item>",
      "modify", "not-acceptable");
}

// --- push (sections 2.1.6, 2.5.2, 2.6.3) ---------------------------------------------------------

TEST_F(Roster, PushGoesToInterestedSessions) {
  const Bound chamber = world.bind("juliet@example.com/it's");
  const Bound indifferent = world.available("juliet@example.com/indifferent");
  const Bound romeo = world.bind("romeo@example.com/orchard");
  for (const Bound& interested : {balcony, chamber, romeo}) {
    world.say(interested, "<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>");
    world.on(RosterAnswered{interested.session, "g", RosterLoaded{}});
  }
  world.forget();
  const RosterItem item{address("nurse@example.com"),
                        {Subscription::none_pending_out, true, true},
                        "Nurse",
                        {"Servants"}};
  const auto happened = world.on(RosterPush{address("juliet@example.com"), 13, item, false});
  EXPECT_EQ(happened.orders.size(), 1u);
  const auto expected = [](std::string_view to) {
    return stanzas({"<iq type='set' id='push-13' to='juliet@example.com/" + std::string(to) +
                    "'><query xmlns='jabber:iq:roster' ver='13'><item jid='nurse@example.com' "
                    "name='Nurse' subscription='none' ask='subscribe' approved='true'>"
                    "<group>Servants</group></item></query></iq>"});
  };
  EXPECT_EQ(world.got(balcony), expected("balcony"));
  EXPECT_EQ(world.got(chamber), expected("it&apos;s"));
  EXPECT_THAT(world.got(indifferent), IsEmpty());
  EXPECT_THAT(world.got(romeo), IsEmpty());
}

TEST_F(Roster, PushOfARemovedItemSaysOnlyThat) {
  answer(RosterLoaded{});
  world.forget();
  world.on(RosterPush{address("juliet@example.com"),
                      14,
                      {address("nurse@example.com"), {}, "Nurse", {"Servants"}},
                      true});
  EXPECT_EQ(world.got(balcony),
            stanzas({"<iq type='set' id='push-14' to='juliet@example.com/balcony'>"
                     "<query xmlns='jabber:iq:roster' ver='14'>"
                     "<item jid='nurse@example.com' subscription='remove'/></query></iq>"}));
}

// --- what is pushed while the roster is read -----------------------------------------------------

TEST_F(Roster, PushWaitsForTheRosterThatIsRead) {
  get("<query xmlns='jabber:iq:roster'/>");
  push(8, "nurse@example.com", Subscription::none);
  push(9, "romeo@example.com", Subscription::from);
  push(10, "nurse@example.com", Subscription::to);
  EXPECT_THAT(world.got(balcony), IsEmpty());
  world.on(RosterAnswered{balcony.session, "g1", RosterLoaded{7, false, {}}});
  EXPECT_EQ(world.got(balcony), stanzas({result(7), pushed(9, "romeo@example.com", "from"),
                                         pushed(10, "nurse@example.com", "to")}));
  world.forget();
  push(11, "nurse@example.com", Subscription::both);
  EXPECT_EQ(world.got(balcony), stanzas({pushed(11, "nurse@example.com", "both")}));
}

TEST_F(Roster, PushWaitsForTheLastOfTheRostersThatAreRead) {
  get("<query xmlns='jabber:iq:roster'/>");
  get("<query xmlns='jabber:iq:roster'/>");
  push(8, "nurse@example.com", Subscription::to);
  for (const std::uint64_t version : {7U, 8U})
    world.on(RosterAnswered{balcony.session, "g1", RosterLoaded{version, false, {}}});
  EXPECT_EQ(world.got(balcony),
            stanzas({result(7), result(8), pushed(8, "nurse@example.com", "to")}));
}

// A client that has no roster would take the version of a push for that of all it has.
TEST_F(Roster, PushIsForNobodyWhoseRosterCouldNotBeRead) {
  get("<query xmlns='jabber:iq:roster'/>");
  push(8, "nurse@example.com", Subscription::to);
  world.on(RosterAnswered{balcony.session, "g1", std::nullopt});
  world.forget();
  push(9, "nurse@example.com", Subscription::both);
  EXPECT_THAT(world.got(balcony), IsEmpty());
}

TEST_F(Roster, PushGoesOnIfTheRosterCouldNotBeReadAgain) {
  answer(RosterLoaded{});
  get("<query xmlns='jabber:iq:roster'/>");
  push(8, "nurse@example.com", Subscription::to);
  world.forget();
  world.on(RosterAnswered{balcony.session, "g1", std::nullopt});
  const std::string error = "<iq type='error' id='g1' to='juliet@example.com/balcony'>" +
                            error_xml("cancel", "internal-server-error") + "</iq>";
  EXPECT_EQ(world.got(balcony), stanzas({error, pushed(8, "nurse@example.com", "to")}));
}

TEST_F(Roster, PushThatWaitsEndsWithTheSession) {
  get("<query xmlns='jabber:iq:roster'/>");
  push(8, "nurse@example.com", Subscription::to);
  world.on(StreamEnded{balcony.session, balcony.link});
  EXPECT_THAT(world.on(RosterAnswered{balcony.session, "g1", RosterLoaded{}}).orders, IsEmpty());
}

TEST_F(Roster, PushForNobodyIsNoOrder) {
  const RosterItem item{address("nurse@example.com"), {Subscription::both, false, true}, "", {}};
  EXPECT_THAT(world.on(RosterPush{address("juliet@example.com"), 1, item, false}).orders,
              IsEmpty());
  EXPECT_THAT(world.on(RosterPush{address("nobody@example.com"), 1, item, false}).orders,
              IsEmpty());
}

// Section 3.1.3, security warning: not in the roster before she is approved.
TEST_F(Roster, PushOfWhatIsNoItemIsNone) {
  answer(RosterLoaded{});
  const RosterItem pending{
      address("nurse@example.com"), {Subscription::none_pending_in, false, false}, "", {}};
  EXPECT_THAT(world.on(RosterPush{address("juliet@example.com"), 1, pending, false}).orders,
              IsEmpty());
}

// Section 2.1.6, implementation note: clients' answers to pushes are of no interest.
TEST_F(Roster, AnswersToAPushAreIgnored) {
  for (const std::string_view to : {"", " to='juliet@example.com'", " to='example.com'"}) {
    for (const std::string& rest :
         {std::string(" type='result'/>"),
          " type='error'>" + error_xml("cancel", "service-unavailable") + "</iq>"}) {
      const auto happened = world.say(balcony, "<iq id='push-13'" + std::string(to) + rest);
      EXPECT_THAT(happened.events, IsEmpty());
      EXPECT_THAT(happened.orders, IsEmpty());
    }
  }
}

}  // namespace xmpp_presence_roster_test
}  // namespace muster::testing
