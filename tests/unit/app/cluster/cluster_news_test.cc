#include "app/cluster/cluster_news.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace cluster_cluster_news_test {

using cluster::Role;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ServerSeen server(const std::string& name, std::uint64_t incarnation, Role role = Role::running) {
  ServerSeen seen;
  seen.member.self.svr_id = "sip:" + name + ".example.com";
  seen.member.self.max_level = {10};
  seen.member.incarnation = cluster::Incarnation(incarnation);
  seen.member.role = role;
  seen.member.time_left = Duration::seconds(2);
  seen.load = {{3}, 1};
  return seen;
}
ServerSeen main_server(const std::string& name, std::uint64_t incarnation) {
  ServerSeen seen = server(name, incarnation);
  seen.main = true;
  return seen;
}

class ClusterNewsTest : public testing::Test {
 protected:
  ClusterNewsTest() { news_.of({main_server("s1", 1), server("s2", 2)}); }
  ClusterNews news_{"example.com"};
};

TEST(ClusterNews, BeginsWithWhoIsThere) {
  ClusterNews news("example.com");
  EXPECT_THAT(
      news.of({main_server("s1", 1), server("s2", 2, Role::standby)}),
      ElementsAre("s1 is there, level 3 of 10, 1 user", "s2 is there, a candidate", "s1 is main"));
  EXPECT_THAT(news.of({main_server("s1", 1), server("s2", 2, Role::standby)}), IsEmpty());
}

TEST_F(ClusterNewsTest, AServerComesAndIsGone) {
  EXPECT_THAT(news_.of({main_server("s1", 1), server("s2", 2), server("s3", 3)}),
              ElementsAre("s3 came"));
  EXPECT_THAT(news_.of({main_server("s1", 1), server("s2", 2)}), ElementsAre("s3 is gone"));
}

TEST_F(ClusterNewsTest, WhoIsDeclaredGoneIsGoneOnce) {
  EXPECT_THAT(news_.of({main_server("s1", 1), server("s2", 2, Role::gone)}),
              ElementsAre("s2 is gone"));
  EXPECT_THAT(news_.of({main_server("s1", 1)}), IsEmpty());
  // An older look, of another server.
  EXPECT_THAT(news_.of({main_server("s1", 1), server("s2", 2)}), IsEmpty());
  EXPECT_THAT(news_.of({main_server("s1", 1), server("s2", 7)}), ElementsAre("s2 came"));
}

TEST_F(ClusterNewsTest, AnotherIsMain) {
  EXPECT_THAT(news_.of({server("s1", 1), server("s2", 2)}), IsEmpty());
  EXPECT_THAT(news_.of({server("s1", 1), main_server("s2", 2)}), ElementsAre("s2 is main now"));
  EXPECT_THAT(news_.of({main_server("s2", 2)}), ElementsAre("s1 is gone"));
}

TEST_F(ClusterNewsTest, AServerIsFullAndHasRoomAgain) {
  ServerSeen full = server("s2", 2);
  full.load = {{10}, 9};
  EXPECT_THAT(news_.of({main_server("s1", 1), full}),
              ElementsAre("s2 is full: level 10 of 10, 9 users"));
  EXPECT_THAT(news_.of({main_server("s1", 1), full}), IsEmpty());
  EXPECT_THAT(news_.of({main_server("s1", 1), server("s2", 2)}),
              ElementsAre("s2 has room again: level 3 of 10, 1 user"));
}

TEST_F(ClusterNewsTest, AServerIsSilentAndHeardAgain) {
  ServerSeen silent = server("s2", 2);
  silent.member.time_left = Duration();
  EXPECT_THAT(news_.of({main_server("s1", 1), silent}),
              ElementsAre("s2 is silent: its lease ran out"));
  EXPECT_THAT(news_.of({main_server("s1", 1), server("s2", 2)}), ElementsAre("s2 is heard again"));
}

TEST_F(ClusterNewsTest, EachRoleHasItsWord) {
  const auto now = [&](Role role) {
    return news_.of({main_server("s1", 1), server("s2", 2, role)});
  };
  EXPECT_THAT(now(Role::draining), ElementsAre("s2 drains: it takes no more users"));
  EXPECT_THAT(now(Role::releasing),
              ElementsAre("s2 drains, and is a candidate once it has nobody"));
  EXPECT_THAT(now(Role::running), ElementsAre("s2 takes users again"));
  EXPECT_THAT(now(Role::standby), ElementsAre("s2 was let go, and is a candidate"));
  EXPECT_THAT(now(Role::running), ElementsAre("s2 was taken in"));
}

TEST_F(ClusterNewsTest, WhoHasDrainedMayBeEnded) {
  const auto draining = [](std::uint32_t users) {
    ServerSeen seen = server("s2", 2, Role::draining);
    seen.own.emplace().load = {{users}, users};
    return seen;
  };
  news_.of({main_server("s1", 1), draining(1)});
  EXPECT_THAT(news_.of({main_server("s1", 1), draining(0)}),
              ElementsAre("s2 has nobody any more: it may be ended"));
  EXPECT_THAT(news_.of({main_server("s1", 1), draining(0)}), IsEmpty());
  EXPECT_THAT(news_.of({main_server("s1", 1), draining(1)}), IsEmpty());
  EXPECT_THAT(news_.of({main_server("s1", 1), draining(0)}).size(), 1u);
  // What another server knows of it may be of long ago.
  ServerSeen silent = server("s3", 3, Role::draining);
  silent.load = {{0}, 0};
  EXPECT_THAT(news_.of({main_server("s1", 1), draining(0), silent}),
              ElementsAre("s3 came", "s3 drains: it takes no more users"));
}

// What it comes with is told behind it.
TEST_F(ClusterNewsTest, WhoComesDrainingDrains) {
  EXPECT_THAT(news_.of({main_server("s1", 1), server("s2", 2), server("s3", 3, Role::draining)}),
              ElementsAre("s3 came", "s3 drains: it takes no more users"));
}

}  // namespace cluster_cluster_news_test
}  // namespace muster
