// A user moves to another server: from when she is present there she is shown as she is there, and
// nobody sees her go here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machine/presence_db/world.h"

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace muster::testing {
namespace presence_db_handing_over_test {

PresenceSource session(std::string name, std::string after = "'/>") {
  return XmppSource{std::move(name), true, 0, share(std::move(after)), {}};
}
PresenceSource publication(std::uint32_t number, std::string document) {
  return PublicationSource{share(std::move(document)), number};
}
PresenceSource phone(std::string name) {
  return RegistrationSource{{name, "sip:" + name, 1000}};
}

// alice is served here; bob watches her, by XMPP and by SIP.
class HandingOver : public ::testing::Test {
 protected:
  HandingOver() {
    world.settings.cluster.emplace();
    world.settings.limits.notify_interval_min = Duration();
    world.accounts({"alice", "bob"});
    world.on("alice", UserServed{world.user("alice"), true});
    world.befriend("bob", "alice");
  }

  void leaves() {
    world.on("alice", UserLeaves{world.user("alice"),
                                 std::make_shared<const ServerContacts>(ServerContacts{})});
  }
  void watch() {
    world.watch(1, "bob", "alice");
    forget();
  }
  // What was heard since forget(), by how it begins.
  Lines with(std::string_view prefix) {
    for (std::string& line : world.heard())
      kept.push_back(std::move(line));
    Lines lines;
    for (const std::string& line : kept) {
      if (line.starts_with(prefix)) lines.push_back(line.substr(prefix.size()));
    }
    return lines;
  }
  Lines bob() { return with("to bob: "); }
  Lines notified() { return with("notify 1: "); }
  Lines told() { return with("cluster: "); }
  bool has_left() { return with("has left ") == Lines{"alice"}; }
  void forget() {
    world.heard();
    kept.clear();
  }

  PresenceDbWorld world;
  Lines kept;
};

TEST_F(HandingOver, WhereSheIsPresentIsAskedFor) {
  world.come("alice/home");
  forget();
  leaves();
  EXPECT_THAT(told(), Contains("ask alice"));
  EXPECT_FALSE(has_left());
  EXPECT_THAT(bob(), IsEmpty());
}

TEST_F(HandingOver, OfWhoIsNotHeldNothingIsAsked) {
  world.on("alice", UserServed{world.user("alice"), false});
  ASSERT_EQ(world.held_users(), 0U);
  forget();
  leaves();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(world.held_users(), 0U);
}

// Her session there has the name of the one here.
TEST_F(HandingOver, ByTheSameResourceSheDoesNotGo) {
  world.come("alice/home");
  watch();
  leaves();
  forget();
  world.elsewhere("alice", {session("home")});
  EXPECT_TRUE(has_left());
  EXPECT_THAT(bob(), Each(Not(HasSubstr("unavailable"))));
  EXPECT_THAT(notified(), Each(HasSubstr("home")));
  EXPECT_THAT(told(), Not(Contains(HasSubstr("here alice"))))
      << "she is the other server's to tell";
  forget();
  // xmpp_presence ends the session here.
  world.leave("alice/home");
  EXPECT_THAT(bob(), IsEmpty());
  EXPECT_THAT(notified(), IsEmpty());
  EXPECT_THAT(told(), Not(Contains(HasSubstr("here alice"))));
  // And what becomes of the other one is seen.
  world.elsewhere("alice", {session("home", "'><show>away</show></presence>")});
  EXPECT_THAT(bob(),
              ElementsAre("<presence from='alice/home' to='bob'><show>away</show></presence>"));
  forget();
  world.elsewhere("alice", {});
  EXPECT_THAT(bob(), ElementsAre("<presence from='alice/home' to='bob' type='unavailable'/>"));
}

TEST_F(HandingOver, OnlyTheDifferenceIsShown) {
  world.come("alice/home");
  watch();
  leaves();
  forget();
  world.elsewhere("alice", {session("home", "'><show>away</show></presence>")});
  EXPECT_THAT(bob(),
              ElementsAre("<presence from='alice/home' to='bob'><show>away</show></presence>"));
}

TEST_F(HandingOver, ByAnotherResourceTheNewOneComesFirst) {
  world.come("alice/home");
  watch();
  leaves();
  forget();
  world.elsewhere("alice", {session("far")});
  EXPECT_TRUE(has_left());
  EXPECT_THAT(bob(), ElementsAre("<presence from='alice/far' to='bob'/>",
                                 "<presence from='alice/home' to='bob' type='unavailable'/>"));
  EXPECT_THAT(notified(), Not(Contains("[]"))) << "there is no moment without her";
  forget();
  world.leave("alice/home");
  EXPECT_THAT(bob(), IsEmpty());
}

// She is not there yet.
TEST_F(HandingOver, AbsenceHandsNothingOver) {
  world.come("alice/home");
  leaves();
  forget();
  world.elsewhere("alice", {});
  world.elsewhere("alice", {XmppSource{"home", false, 0, share("' type='unavailable'/>"), {}}});
  EXPECT_FALSE(has_left());
  EXPECT_THAT(bob(), IsEmpty());
  // Then her session ends as any does.
  world.leave("alice/home");
  EXPECT_THAT(bob(), ElementsAre("<presence from='alice/home' to='bob' type='unavailable'/>"));
}

TEST_F(HandingOver, WhoDoesNotLeaveIsPresentInBothPlaces) {
  world.come("alice/home");
  forget();
  world.elsewhere("alice", {session("far")});
  EXPECT_FALSE(has_left());
  EXPECT_THAT(bob(), ElementsAre("<presence from='alice/far' to='bob'/>"));
  world.leave("alice/home");
  EXPECT_THAT(bob(), Contains("<presence from='alice/home' to='bob' type='unavailable'/>"));
}

TEST_F(HandingOver, WhoCameBackIsHereAgain) {
  world.come("alice/home");
  leaves();
  world.on("alice", UserServed{world.user("alice"), true});
  forget();
  world.elsewhere("alice", {session("far")});
  EXPECT_FALSE(has_left());
  EXPECT_THAT(bob(), ElementsAre("<presence from='alice/far' to='bob'/>"));
}

// The other server has read it from the store that both have.
TEST_F(HandingOver, APublicationIsHandedOver) {
  world.publish("alice", "desk");
  watch();
  leaves();
  forget();
  world.elsewhere("alice", {publication(7, "desk")});
  EXPECT_TRUE(has_left());
  EXPECT_THAT(bob(), IsEmpty());
  EXPECT_THAT(notified(), Each(HasSubstr("publication desk")));
  forget();
  world.elsewhere("alice", {publication(7, "desk: busy")});
  EXPECT_THAT(bob(), ElementsAre("<presence from='alice/desk' to='bob'>desk: busy</presence>"));
  forget();
  world.elsewhere("alice", {});
  EXPECT_THAT(bob(), ElementsAre("<presence from='alice/desk' to='bob' type='unavailable'/>"));
}

// It has no number of theirs yet: each is found by what it says.
TEST_F(HandingOver, OfSeveralPublicationsEachIsFound) {
  world.publish("alice", "desk");
  world.publish("alice", "car");
  leaves();
  forget();
  world.elsewhere("alice", {publication(8, "car"), publication(7, "desk")});
  EXPECT_THAT(bob(), IsEmpty());
  world.elsewhere("alice", {publication(7, "desk")});
  EXPECT_THAT(bob(), ElementsAre("<presence from='alice/car' to='bob' type='unavailable'/>"));
}

TEST_F(HandingOver, SoIsAPhone) {
  world.phones("alice", {"phone"});
  watch();
  leaves();
  forget();
  world.elsewhere("alice", {phone("phone")});
  EXPECT_TRUE(has_left());
  EXPECT_THAT(bob(), Each(Not(HasSubstr("unavailable"))));
  EXPECT_THAT(notified(), Each(HasSubstr("phone phone")));
  forget();
  // sip_presence drops it here.
  world.phones("alice", {});
  EXPECT_THAT(bob(), IsEmpty());
  EXPECT_THAT(notified(), IsEmpty());
}

// A phone registered here, and its user was told to go before the store had said who she is: then
// this server says later than the other one that it serves her.
TEST_F(HandingOver, WhoLeavesWhileSheIsLoadedIsHandedOver) {
  world.accounts({"dave"});
  world.hold_store();
  world.phones("dave", {"phone"});
  world.on("dave", UserLeaves{world.user("dave"),
                              std::make_shared<const ServerContacts>(ServerContacts{})});
  world.elsewhere("dave", {phone("mobile")});
  EXPECT_THAT(with("has left "), IsEmpty());
  world.release_store();
  EXPECT_THAT(with("has left "), ElementsAre("dave"));
}

// The same of one who was held before, because she is watched: only what she has published is on
// its way.
TEST_F(HandingOver, WhoLeavesWhileWhatShePublishedIsAwaitedStaysAway) {
  world.accounts({"dave"});
  world.befriend("bob", "dave");
  world.watch(2, "bob", "dave");
  world.hold_store();
  world.phones("dave", {"phone"});
  world.on("dave", UserLeaves{world.user("dave"),
                              std::make_shared<const ServerContacts>(ServerContacts{})});
  world.elsewhere("dave", {phone("mobile")});
  EXPECT_THAT(with("has left "), ElementsAre("dave"));
  forget();
  // sip_presence drops it here.
  world.phones("dave", {});
  world.release_store();
  EXPECT_THAT(told(), Not(Contains(HasSubstr("here dave"))));
  EXPECT_THAT(told(), Not(Contains(HasSubstr("resident dave sip"))));
}

// She was handed over before; load control tells her again where she has something still.
TEST_F(HandingOver, WhoHasLeftDoesNotLeaveAgain) {
  world.come("alice/home");
  watch();
  leaves();
  world.elsewhere("alice", {session("home")});
  world.leave("alice/home");
  forget();
  leaves();
  world.elsewhere("alice", {session("home")});
  EXPECT_FALSE(has_left());
  EXPECT_THAT(bob(), IsEmpty());
}

TEST_F(HandingOver, AnotherPublicationComesBeforeTheFirstGoes) {
  world.on("alice", UserServed{world.user("alice"), true});
  world.publish("alice", "desk");
  watch();
  leaves();
  forget();
  world.elsewhere("alice", {phone("mobile")});
  EXPECT_THAT(bob(), ElementsAre("<presence from='alice/mobile' to='bob'>mobile</presence>",
                                 "<presence from='alice/desk' to='bob' type='unavailable'/>"));
  forget();
  world.elsewhere("alice", {publication(1, "car")});
  EXPECT_THAT(bob(), ElementsAre("<presence from='alice/car' to='bob'>car</presence>",
                                 "<presence from='alice/mobile' to='bob' type='unavailable'/>"));
}

// RFC 6121 section 4.6.3. Who is subscribed sees her without it.
TEST_F(HandingOver, DirectedPresenceEndsForWhoIsNotSubscribed) {
  world.accounts({"carol"});
  world.come("alice/home");
  world.hold_hints();
  forget();
  world.on("alice", DirectedEnds{world.user("alice/home"),
                                 {world.user("bob/desk"), world.user("carol/desk")}});
  world.release_hints();
  EXPECT_THAT(with("directed "),
              ElementsAre("<presence from='alice/home' to='carol/desk' type='unavailable'/>"));
}

// From when load control says that she is served no more, she is held only for who watches her.
TEST_F(HandingOver, WhoIsServedNoMoreIsForgotten) {
  world.come("alice/home");
  leaves();
  world.elsewhere("alice", {session("home")});
  world.leave("alice/home");
  world.on("alice", UserUnwanted{world.user("alice")});
  world.on("alice", UserServed{world.user("alice"), false});
  world.elsewhere("alice", {});
  EXPECT_EQ(world.held_users(), 0U);
}

}  // namespace presence_db_handing_over_test
}  // namespace muster::testing
