#include "shell/control/servers_wire.h"

#include <gtest/gtest.h>

namespace muster {
namespace control_servers_wire_test {

using control::Json;
using Kind = cluster::ServerEndpoint::Kind;

ServerSeen whole() {
  ServerSeen server;
  server.member.self.svr_id = "sip:s1.example.com";
  server.member.self.link = {IpAddress::v4(127, 0, 0, 1), 40'001};
  server.member.self.endpoints = {{"sip:s1.example.com", Kind::sip, true, "sip:127.0.0.1:5060"},
                                  {"sip:s1.example.com", Kind::xmpp, true, "xmpp:127.0.0.1:5222"}};
  server.member.self.max_level = {300};
  server.member.incarnation = cluster::Incarnation(~std::uint64_t{0});
  server.member.role = cluster::Role::draining;
  server.member.time_left = Duration::milliseconds(1'500);
  server.main = true;
  server.itself = true;
  server.linked = true;
  server.load = {{7}, 9};
  server.own = {{{8}, 10}, 5, 4, 21, 3, {{1, 100}, {2, 100}, {}, {4, 100}}};
  return server;
}

TEST(ServersWire, CarriesAllThatIsKnown) {
  ServerSeen alone = whole();
  alone.main = alone.itself = alone.linked = false;
  alone.load.reset();
  alone.own.reset();
  alone.member.self.max_level.reset();
  alone.member.self.endpoints.clear();
  const std::vector<ServerSeen> servers = {whole(), alone};
  const auto read = servers_in(json_of_servers(servers));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, servers);
}

TEST(ServersWire, NamesEachRole) {
  for (const auto role : {cluster::Role::standby, cluster::Role::running, cluster::Role::draining,
                          cluster::Role::gone, cluster::Role::releasing}) {
    ServerSeen server = whole();
    server.member.role = role;
    const auto read = servers_in(json_of_servers({server}));
    ASSERT_TRUE(read.has_value()) << name_of(role);
    EXPECT_EQ(read->front().member.role, role) << name_of(role);
  }
}

TEST(ServersWire, RefusesWhatIsNone) {
  EXPECT_FALSE(servers_in(Json::object()));
  EXPECT_FALSE(servers_in(Json::array({7})));
  const Json good = json_of_servers({whole()});
  for (const char* name : {"svr_id", "incarnation", "role", "main", "itself", "linked", "link",
                           "contacts", "lease_left", "users", "sip_users", "relayed"}) {
    Json bad = good;
    bad.at(0).erase(name);
    EXPECT_FALSE(servers_in(bad)) << name;
  }
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, Json>>{{"role", "asleep"},
                                                           {"link", "nowhere"},
                                                           {"level", -1},
                                                           {"cpu", 3},
                                                           {"loop_lag", {{"used", 3}}},
                                                           {"users", std::uint64_t{1} << 32}}) {
    Json bad = good;
    bad.at(0)[name] = value;
    EXPECT_FALSE(servers_in(bad)) << name;
  }
}

}  // namespace control_servers_wire_test
}  // namespace muster
