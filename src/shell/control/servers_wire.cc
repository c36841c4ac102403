#include "shell/control/servers_wire.h"

#include <array>

#include "codec/address/ip.h"

namespace muster {
namespace {

using control::Json;
using control::Members;

constexpr std::array<std::string_view, 5> kRoles = {"standby", "running", "draining", "gone",
                                                    "releasing"};
constexpr std::array<std::string_view, 3> kPresTypes = {"xmpp", "sip", "both"};
struct Measure {
  const char* name;
  cluster::Share cluster::Measures::*share;
};
constexpr std::array<Measure, 4> kMeasures = {{{"loop_lag", &cluster::Measures::loop_lag},
                                               {"cpu", &cluster::Measures::cpu},
                                               {"memory", &cluster::Measures::memory},
                                               {"queues", &cluster::Measures::queues}}};
constexpr std::array<std::string_view, 3> kKinds = {"sip", "xmpp", "wss"};

// --- writing -------------------------------------------------------------------------------------

Json json_of(const ServerSeen& server) {
  const cluster::Member& member = server.member;
  Json contacts = Json::array();
  for (const cluster::ServerEndpoint& endpoint : member.self.endpoints)
    contacts.push_back({{"kind", name_of(endpoint.kind)}, {"contact", endpoint.contact}});
  Json json = {{"svr_id", member.self.svr_id},
               {"incarnation", member.incarnation.number()},
               {"role", name_of(member.role)},
               {"main", server.main},
               {"itself", server.itself},
               {"linked", server.linked},
               {"link", to_text(member.self.link)},
               {"contacts", std::move(contacts)},
               {"lease_left", static_cast<std::uint64_t>(member.time_left.in_milliseconds())}};
  if (member.self.max_level) json["max_level"] = member.self.max_level->value;
  if (server.load) {
    json["level"] = server.load->level.value;
    json["users"] = server.load->users;
  }
  if (server.own) {
    json["own_level"] = server.own->load.level.value;
    json["own_users"] = server.own->load.users;
    json["xmpp_users"] = server.own->xmpp;
    json["sip_users"] = server.own->sip;
    json["resources"] = server.own->resources;
    json["relayed"] = server.own->relayed;
    for (const auto& [name, share] : kMeasures) {
      const cluster::Share& measured = server.own->measures.*share;
      if (measured.of > 0) json[name] = {{"used", measured.used}, {"of", measured.of}};
    }
  }
  return json;
}

// --- reading -------------------------------------------------------------------------------------

void read_contacts(Members& members, cluster::Self& self) {
  for (const Json& contact : members.at("contacts")) {
    Members one(contact);
    const auto kind = one.one_of<cluster::ServerEndpoint::Kind>("kind", kKinds);
    self.endpoints.push_back({self.svr_id, kind, true, one.text("contact")});
    members.good(one.ok());
  }
}

void read_load(Members& members, ServerSeen& server) {
  if (members.has("max_level")) server.member.self.max_level = {members.number("max_level")};
  if (members.has("level")) {
    const std::uint32_t level = members.number("level");
    server.load = ServerSeen::Load{{level}, members.number("users")};
  }
  if (members.has("resources")) {
    ServerSeen::Own own;
    own.load = {{members.number("own_level")}, members.number("own_users")};
    own.xmpp = members.long_number("xmpp_users");
    own.sip = members.long_number("sip_users");
    own.resources = members.long_number("resources");
    own.relayed = members.long_number("relayed");
    for (const auto& [name, share] : kMeasures) {
      if (!members.has(name)) continue;
      Members measured(members.at(name));
      own.measures.*share = {measured.number("used"), measured.number("of")};
      members.good(measured.ok());
    }
    server.own = own;
  }
}

std::optional<ServerSeen> server_in(const Json& json) {
  Members members(json);
  ServerSeen server;
  cluster::Member& member = server.member;
  member.self.svr_id = members.text("svr_id");
  member.incarnation = cluster::Incarnation(members.long_number("incarnation"));
  member.role = members.one_of<cluster::Role>("role", kRoles);
  server.main = members.flag("main");
  server.itself = members.flag("itself");
  server.linked = members.flag("linked");
  const auto link = parse_endpoint(members.text("link"));
  if (members.good(link.has_value())) member.self.link = *link;
  member.time_left = Duration::milliseconds(members.number("lease_left"));
  read_contacts(members, member.self);
  read_load(members, server);
  if (!members.ok()) return std::nullopt;
  return server;
}

}  // namespace

std::string_view name_of(cluster::Role role) {
  return control::name_in(kRoles, role);
}

std::string_view name_of(cluster::PresType by) {
  return control::name_in(kPresTypes, by);
}

Json json_of_user(const UserSeen& user) {
  return {
      {"account", user.account.text()}, {"by", name_of(user.by)}, {"resources", user.resources}};
}

std::optional<UserSeen> user_in(const Json& json) {
  Members members(json);
  UserSeen user;
  user.account = members.address("account");
  user.by = members.one_of<cluster::PresType>("by", kPresTypes);
  user.resources = members.number("resources");
  if (!members.ok()) return std::nullopt;
  return user;
}

std::string_view name_of(cluster::ServerEndpoint::Kind kind) {
  return control::name_in(kKinds, kind);
}

Json json_of_servers(const std::vector<ServerSeen>& servers) {
  Json json = Json::array();
  for (const ServerSeen& server : servers)
    json.push_back(json_of(server));
  return json;
}

std::optional<std::vector<ServerSeen>> servers_in(const Json& json) {
  if (!json.is_array()) return std::nullopt;
  std::vector<ServerSeen> servers;
  for (const Json& one : json) {
    auto server = server_in(one);
    if (!server) return std::nullopt;
    servers.push_back(std::move(*server));
  }
  return servers;
}

}  // namespace muster
