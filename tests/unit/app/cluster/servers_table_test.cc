#include "app/cluster/servers_table.h"

#include <gtest/gtest.h>

#include "app/cluster/cluster_view.h"

namespace muster {
namespace cluster_servers_table_test {

using Kind = cluster::ServerEndpoint::Kind;

ServerSeen whole() {
  ServerSeen seen;
  seen.member.self.svr_id = "sip:s2.example.com";
  seen.member.self.endpoints = {{"sip:s2.example.com", Kind::sip, true, "sip:127.0.0.1:5060"},
                                {"sip:s2.example.com", Kind::xmpp, true, "xmpp:127.0.0.1:5222"}};
  seen.member.self.max_level = {300};
  seen.member.incarnation = cluster::Incarnation(17);
  seen.member.role = cluster::Role::running;
  seen.member.time_left = Duration::milliseconds(1'590);
  seen.main = true;
  seen.linked = true;
  seen.load = {{7}, 9};
  seen.own = {{{7}, 9}, 5, 4, 121, 2, {{3, 100}, {12, 100}, {}, {}}};
  return seen;
}
ServerSeen unknown() {
  ServerSeen seen;
  seen.member.self.svr_id = "sip:s1.example.com";
  seen.member.incarnation = cluster::Incarnation(3);
  return seen;
}

TEST(ServersTable, HasALineForEachServerByItsName) {
  EXPECT_EQ(servers_table({whole(), unknown()}, "example.com"),
            "SERVER  ROLE     LEVEL  LIMIT  USERS  XMPP  SIP  RESOURCES   LAG   CPU  LIFE  LEASE  "
            "LINK\n"
            "s1      standby      -      -      -     -    -          -     -     -     3   over  "
            "down\n"
            "s2      main         7    300      9     5    4        121  3 ms  12 %    17  1.5 s  "
            "  up\n");
}

TEST(ServersTable, WhatLagsMoreThanIsMeasuredIsSaidTo) {
  ServerSeen late = whole();
  late.own->measures.loop_lag = {100, 100};
  EXPECT_NE(servers_table({late}, "example.com").find("  >=100 ms  "), std::string::npos);
}

TEST(ServersTable, NamesWhoWasAsked) {
  ServerSeen asked = whole();
  asked.itself = true;
  EXPECT_NE(servers_table({asked}, "example.com").find("  asked\n"), std::string::npos);
}

TEST(ServersTable, ARoleBesideTheFlagIsNamed) {
  ServerSeen main = whole();
  EXPECT_EQ(role_text(main), "main");
  main.member.role = cluster::Role::draining;
  EXPECT_EQ(role_text(main), "main, draining");
  main.main = false;
  EXPECT_EQ(role_text(main), "draining");
}

TEST(ServersTable, SumsUp) {
  EXPECT_EQ(servers_summary({whole()}), "1 server, 9 users");
  EXPECT_EQ(servers_summary({whole(), whole(), unknown()}), "2 servers, 1 candidate, 18 users");
}

TEST(ServersTable, APlaceIsWhereUsersConnect) {
  EXPECT_EQ(place_text(whole(), "example.com"), "s2 (SIP 127.0.0.1:5060, XMPP 127.0.0.1:5222)");
  ServerSeen web = unknown();
  web.member.self.endpoints = {
      {"sip:s1.example.com", cluster::ServerEndpoint::Kind::wss, true, "wss://s1:5443/x"}};
  EXPECT_EQ(place_text(web, "example.com"), "s1 (wss://s1:5443/x)");
  EXPECT_EQ(place_text(unknown(), "example.com"), "s1");
}

TEST(UserLines, AreBelowTheirHead) {
  const Address alice = Address::of_canonical("alice", "example.com");
  EXPECT_EQ(users_head(), "BY    RESOURCES  USER\n");
  EXPECT_EQ(user_line({alice, cluster::PresType::both, 121}),
            "both        121  alice@example.com\n");
  EXPECT_EQ(user_line({alice, cluster::PresType::sip, 0}), "sip           0  alice@example.com\n");
}

TEST(ShortName, IsWhatIsBelowTheDomain) {
  EXPECT_EQ(short_name(whole(), "example.com"), "s2");
  EXPECT_EQ(short_name(whole(), "example.org"), "s2.example.com");
  EXPECT_EQ(short_name(whole(), ""), "s2.example.com");
  ServerSeen nameless;
  nameless.member.incarnation = cluster::Incarnation(4);
  EXPECT_EQ(short_name(nameless, "example.com"), "incarnation 4");
}

}  // namespace cluster_servers_table_test
}  // namespace muster
