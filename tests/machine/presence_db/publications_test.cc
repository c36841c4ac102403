// The state of publications by RFC 3903 section 6: entity-tags, refreshing, expiry.
#include "machine/presence_db/world.h"

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace muster::testing {
namespace presence_db_publications_test {

constexpr Duration kMinute = Duration::seconds(60);

class PresenceDbPublications : public ::testing::Test {
 protected:
  PresenceDbPublications() {
    world.accounts({"alice"});
    world.settings.limits.notify_interval_min = Duration();
    world.watch(1, "alice", "alice");
    world.heard();
  }
  std::string publish(std::string_view document, std::string_view if_match = {}) {
    world.publish("alice", document, if_match, kMinute);
    return world.etag;
  }
  // Only what SIP sees.
  Lines heard() {
    Lines lines = world.heard();
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("to "); });
    return lines;
  }

  PresenceDbWorld world;
};

TEST_F(PresenceDbPublications, EachVersionHasATagOfItsOwn) {
  const std::string first = publish("desk");
  EXPECT_THAT(heard(), ElementsAre("publish: stored", "notify 1: [publication desk]"));
  const std::string second = publish("car", first);
  EXPECT_NE(second, first);
  EXPECT_THAT(heard(), ElementsAre("publish: stored", "notify 1: [publication car]"));
  publish("bike", first);
  EXPECT_THAT(heard(), ElementsAre("publish: precondition"));
  world.unpublish("alice", first);
  EXPECT_THAT(heard(), ElementsAre("publish: precondition"));
  world.unpublish("alice", second);
  EXPECT_THAT(heard(), ElementsAre("publish: removed", "notify 1: []"));
  world.unpublish("alice", second);
  EXPECT_THAT(heard(), ElementsAre("publish: precondition"));
}

// Whose phone publishes is present by that; between the two nobody sees half a publication.
TEST_F(PresenceDbPublications, TheFirstTakesThePlaceOfRegistrations) {
  world.phones("alice", {"phone"});
  EXPECT_THAT(heard(), ElementsAre("notify 1: [phone phone]"));
  publish("desk");
  EXPECT_THAT(heard(), ElementsAre("publish: stored", "notify 1: [publication desk]"));
}

// By XMPP each is a resource of its own, and there is no moment without her.
TEST_F(PresenceDbPublications, WhatComesIsSeenBeforeWhatItTakesThePlaceOf) {
  const auto seen = [&] {
    Lines lines = world.heard();
    std::erase_if(lines, [](const std::string& line) { return !line.starts_with("to "); });
    return lines;
  };
  const std::string begin = "to alice: <presence from='alice/";
  const std::string gone = "' to='alice' type='unavailable'/>";
  world.phones("alice", {"phone"});
  EXPECT_THAT(seen(), ElementsAre(begin + "phone' to='alice'>phone</presence>"));
  const std::string first = publish("desk");
  EXPECT_THAT(seen(),
              ElementsAre(begin + "desk' to='alice'>desk</presence>", begin + "phone" + gone));
  const std::string second = publish("car", first);
  EXPECT_THAT(seen(), ElementsAre(begin + "car' to='alice'>car</presence>", begin + "desk" + gone));
  world.unpublish("alice", second);
  EXPECT_THAT(seen(),
              ElementsAre(begin + "phone' to='alice'>phone</presence>", begin + "car" + gone));
  world.phones("alice", {"other"});
  EXPECT_THAT(seen(),
              ElementsAre(begin + "other' to='alice'>other</presence>", begin + "phone" + gone));
  world.phones("alice", {});
  EXPECT_THAT(seen(), ElementsAre(begin + "other" + gone));
}

TEST_F(PresenceDbPublications, ARefreshTellsNobodyAndKeepsItAlive) {
  const std::string first = publish("desk");
  heard();
  world.pass(Duration::seconds(50));
  const std::string second = publish("", first);
  EXPECT_NE(second, first);
  world.pass(Duration::seconds(50));
  EXPECT_THAT(heard(), ElementsAre("publish: stored"));
  world.pass(Duration::seconds(10));
  EXPECT_THAT(heard(), ElementsAre("notify 1: []"));
}

TEST_F(PresenceDbPublications, TheSameDocumentAgainTellsNobody) {
  const std::string first = publish("desk");
  heard();
  publish("desk", first);
  EXPECT_THAT(heard(), ElementsAre("publish: stored"));
}

TEST_F(PresenceDbPublications, ExpireEachAtItsTimeAndLeaveTheStore) {
  publish("desk");
  world.pass(Duration::seconds(30));
  publish("car");
  heard();
  world.pass(Duration::seconds(30));
  EXPECT_THAT(heard(), ElementsAre("notify 1: [publication car]"));
  EXPECT_TRUE(std::holds_alternative<ExpirePublications>(world.requests.back()));
  world.pass(Duration::seconds(30));
  EXPECT_THAT(heard(), ElementsAre("notify 1: []"));
}

// The civil clock was stepped back: there is another look, and nothing ends early.
TEST_F(PresenceDbPublications, ExpireByTheCivilClock) {
  publish("desk");
  heard();
  world.now.unix_time = world.now.unix_time + Duration::seconds(-20);
  world.pass(Duration::seconds(79));
  EXPECT_THAT(heard(), IsEmpty());
  world.pass(Duration::seconds(1));
  EXPECT_THAT(heard(), ElementsAre("notify 1: []"));
}

TEST_F(PresenceDbPublications, AnExpiredOneCannotBeRefreshed) {
  const std::string tag = publish("desk");
  world.pass(kMinute);
  heard();
  publish("", tag);
  EXPECT_THAT(heard(), ElementsAre("publish: precondition"));
}

// The refresh was asked in time, the store answers late: it lives.
TEST_F(PresenceDbPublications, ARefreshThatTheStoreAnswersLateBringsItBack) {
  const std::string tag = publish("desk");
  heard();
  world.pass(Duration::seconds(59));
  world.hold_store();
  publish("", tag);
  world.pass(Duration::seconds(2));
  world.release_store();
  EXPECT_THAT(heard(),
              ElementsAre("notify 1: []", "publish: stored", "notify 1: [publication desk]"));
}

TEST_F(PresenceDbPublications, HaveALimit) {
  world.settings.limits.publications_per_user_max = 1;
  const std::string tag = publish("desk");
  publish("car");
  publish("bike", tag);
  EXPECT_THAT(heard(),
              ElementsAre("publish: stored", "notify 1: [publication desk]", "publish: too_many",
                          "publish: stored", "notify 1: [publication bike]"));
}

TEST_F(PresenceDbPublications, WhatTheStoreDidNotKeepIsNotPresence) {
  world.break_store();
  publish("desk");
  EXPECT_THAT(heard(), ElementsAre("publish: store_failed"));
  world.mend_store();
  const std::string tag = publish("desk");
  heard();
  world.break_store();
  world.unpublish("alice", tag);
  EXPECT_THAT(heard(), ElementsAre("publish: store_failed"));
  world.watch(2, "alice", "alice");
  EXPECT_THAT(heard(), ElementsAre("watch 2 active: [publication desk]"));
}

}  // namespace presence_db_publications_test
}  // namespace muster::testing
