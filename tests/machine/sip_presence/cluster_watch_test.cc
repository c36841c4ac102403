// SUBSCRIBE to the presence of a server, or of all of them: docs/wire.md, RFC 6665.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "machine/sip_presence/subscription_world.h"

namespace muster::testing {
namespace sip_presence_cluster_watch_test {

using ::testing::ElementsAre;

class ClusterWatch : public ::testing::Test {
 protected:
  ClusterWatch() {
    ClusterSettings& cluster = world.settings.cluster.emplace();
    cluster.host_name = "s1.example.com";
    cluster.self.svr_id = "sip:north.example.com";
    cluster.document_watchers = {address("alice@example.com")};
  }
  Story subscribe(const std::string& uri, const Rows& rows = {},
                  std::string_view identity = "alice@example.com") {
    Rows all = rows;
    const bool has_event = !rows.empty() && rows[0].starts_with("Event: ");
    if (!has_event) all.push_back("Event: presence");
    all.push_back("Contact: <sip:alice@192.0.2.9:5060>");
    world.receive(request_text("SUBSCRIBE", uri, all), identity);
    const Story told = world.story();
    if (const auto asked = world.of<ClusterWatched>(); !asked.empty()) {
      world.watch = asked.back().watch;
    }
    return told;
  }

  SubscriptionWorld world;
};

TEST_F(ClusterWatch, IsOfTheServiceOrOfThisServer) {
  EXPECT_THAT(subscribe("sip:example.com"),
              ElementsAre("alice@example.com has 0", "watch cluster"));
  EXPECT_EQ(world.watch.shard, ShardId());
  EXPECT_THAT(subscribe("sip:s1.example.com"),
              ElementsAre("alice@example.com has 0", "watch cluster, own"));
  EXPECT_THAT(subscribe("sip:North.example.com"),
              ElementsAre("alice@example.com has 0", "watch cluster, own"));
  EXPECT_THAT(subscribe("sip:192.0.2.1", {"Expires: 0"}),
              ElementsAre("alice@example.com has 0", "fetch cluster"))
      << "our address stands for the first domain";
}

TEST_F(ClusterWatch, IsNotifiedAsAWatchIs) {
  subscribe("sip:example.com", {"Expires: 300"});
  EXPECT_THAT(world.decide(WatchState::active, "<one/>"),
              ElementsAre("200", "NOTIFY 1 active;expires=300 <one/>"));
  world.notify_ended(200);
  EXPECT_THAT(world.change("<two/>"), ElementsAre("NOTIFY 2 active;expires=300 <two/>"));
  world.notify_ended(200);
  EXPECT_THAT(world.again(), ElementsAre("200", "refresh cluster"));
}

// There is no document that says closed of a service.
TEST_F(ClusterWatch, EndsWithoutADocument) {
  subscribe("sip:example.com");
  world.decide(WatchState::active, "<one/>");
  world.notify_ended(200);
  EXPECT_THAT(world.again({"Expires: 0"}),
              ElementsAre("200", "unwatch cluster", "NOTIFY 2 terminated;reason=timeout"));
  EXPECT_THAT(world.notify_ended(200), ElementsAre("alice@example.com has 0"));
}

TEST_F(ClusterWatch, EndsWithItsTime) {
  subscribe("sip:example.com", {"Expires: 60"});
  world.decide(WatchState::active, "<one/>");
  world.notify_ended(200);
  EXPECT_THAT(world.pass(Duration::seconds(60)),
              ElementsAre("unwatch cluster", "NOTIFY 2 terminated;reason=timeout"));
}

// She is served elsewhere now; what this server has to show is still this server's.
TEST_F(ClusterWatch, StaysWhereItIs) {
  subscribe("sip:example.com");
  world.decide(WatchState::active, "<one/>");
  world.notify_ended(200);
  EXPECT_THAT(world.on(UserLeaves{address("alice@example.com"), nullptr}), ::testing::IsEmpty());
  EXPECT_THAT(world.change("<two/>"), ElementsAre("NOTIFY 2 active;expires=600 <two/>"));
}

TEST_F(ClusterWatch, IsForWhoMay) {
  EXPECT_THAT(subscribe("sip:example.com", {}, "bob@example.com"), ElementsAre("403"));
  EXPECT_THAT(subscribe("sip:s1.example.com", {}, "bob@example.com"), ElementsAre("403"));
  world.settings.cluster->document_watchers.clear();
  EXPECT_THAT(subscribe("sip:example.com"), ElementsAre("403"));
}

// What it serves as a domain is one, whatever this server is called.
TEST_F(ClusterWatch, ADomainIsNoServersName) {
  world.settings.domains.push_back("s1.example.com");
  EXPECT_THAT(subscribe("sip:s1.example.com"),
              ElementsAre("alice@example.com has 0", "watch cluster"));
}

TEST_F(ClusterWatch, IsOfNoOtherServer) {
  EXPECT_THAT(subscribe("sip:s2.example.com"), ElementsAre("404"));
}

TEST_F(ClusterWatch, IsOfAClusterAlone) {
  world.settings.cluster.reset();
  EXPECT_THAT(subscribe("sip:example.com"), ElementsAre("404"));
}

TEST_F(ClusterWatch, AsksForTheWholeDocument) {
  EXPECT_THAT(subscribe("sip:example.com", {"Accept: application/pidf-diff+xml"}),
              ElementsAre("406"));
  EXPECT_THAT(subscribe("sip:example.com", {"Event: muster-cluster"}), ElementsAre("489"))
      << "which servers have between them";
  EXPECT_THAT(subscribe("sip:example.com", {"Expires: 59"}), ElementsAre("423"));
}

// What she is served for is whom she watches.
TEST_F(ClusterWatch, CountsForNothing) {
  subscribe("sip:example.com");
  world.subscribe();
  EXPECT_EQ(world.of<SubscriptionsCounted>().at(0).subscriptions, 1u);
}

TEST_F(ClusterWatch, HasNoRoom) {
  subscribe("sip:example.com");
  EXPECT_THAT(world.decide(WatchState::too_many), ElementsAre("503", "alice@example.com has 0"));
  EXPECT_EQ(row(world.answer_rows(), "Retry-After"), "10");
}

}  // namespace sip_presence_cluster_watch_test
}  // namespace muster::testing
