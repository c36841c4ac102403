#include "shell/control/control_wire.h"

#include <algorithm>
#include <array>

#include "base/overloaded.h"
#include "shell/control/json_members.h"
#include "shell/control/servers_wire.h"
#include "shell/crypto.h"

namespace muster {
namespace {

using control::Json;
using control::Members;
using control::name_in;

// --- names ---------------------------------------------------------------------------------------

constexpr std::array<std::string_view, kSubscriptions> kSubscriptionNames = {"none",
                                                                             "none_pending_out",
                                                                             "none_pending_in",
                                                                             "none_pending_out_in",
                                                                             "to",
                                                                             "to_pending_in",
                                                                             "from",
                                                                             "from_pending_out",
                                                                             "both"};
constexpr std::array<std::string_view, 4> kOrders = {"drain", "undrain", "recruit", "release"};
constexpr std::array<std::string_view, 13> kRefusals = {
    "malformed",    "foreign_domain", "conflict",   "no_such_account", "no_such_watcher",
    "store_failed", "too_busy",       "no_cluster", "no_lease",        "no_such_server",
    "wrong_role",   "is_main",        "no_answer"};

// --- credentials ---------------------------------------------------------------------------------

template <std::size_t kBytes>
Json json_of(const ScramKeys<kBytes>& keys) {
  return {{"salt", base64_of(keys.salt)},
          {"iterations", keys.iterations},
          {"stored_key", base64_of(bytes_of(keys.stored_key))},
          {"server_key", base64_of(bytes_of(keys.server_key))}};
}

Json json_of(const Credentials& credentials) {
  Json json = {{"scram_sha256", json_of(credentials.scram_sha256)},
               {"scram_sha1", json_of(credentials.scram_sha1)}};
  if (credentials.ha1_sha256) json["ha1_sha256"] = base64_of(bytes_of(*credentials.ha1_sha256));
  if (credentials.ha1_md5) json["ha1_md5"] = base64_of(bytes_of(*credentials.ha1_md5));
  return json;
}

template <std::size_t kBytes>
ScramKeys<kBytes> scram_in(Members& outer, const char* name) {
  Members members(outer.at(name));
  ScramKeys<kBytes> keys;
  const auto salt = from_base64(members.text("salt"));
  keys.salt = salt.value_or("");
  keys.iterations = members.number("iterations");
  keys.stored_key = members.digest<kBytes>("stored_key");
  keys.server_key = members.digest<kBytes>("server_key");
  outer.good(members.ok() && !keys.salt.empty() && keys.iterations > 0);
  return keys;
}

Credentials credentials_in(Members& outer) {
  Members members(outer.at("credentials"));
  Credentials credentials;
  credentials.scram_sha256 = scram_in<32>(members, "scram_sha256");
  credentials.scram_sha1 = scram_in<20>(members, "scram_sha1");
  if (members.has("ha1_sha256")) credentials.ha1_sha256 = members.digest<32>("ha1_sha256");
  if (members.has("ha1_md5")) credentials.ha1_md5 = members.digest<16>("ha1_md5");
  outer.good(members.ok());
  return credentials;
}

// --- requests ------------------------------------------------------------------------------------

Json json_of(const DescribeService&) {
  return {{"do", "describe"}};
}
Json json_of(const CreateAccount& create) {
  return {{"do", "add"},
          {"account", create.account.text()},
          {"policy", name_of(create.policy)},
          {"credentials", json_of(create.credentials)}};
}
Json json_of(const SetCredentials& set) {
  return {{"do", "set_credentials"},
          {"account", set.account.text()},
          {"credentials", json_of(set.credentials)}};
}
Json json_of(const ListAccounts& list) {
  return {{"do", "list"}, {"domain", list.domain}, {"after", list.after}, {"limit", list.limit}};
}
Json json_of(const ListWatchers& list) {
  return {{"do", "watchers"}, {"account", list.account.text()}};
}
Json json_of(const DecideWatcher& decide) {
  return {{"do", "decide"},
          {"account", decide.account.text()},
          {"watcher", decide.watcher.text()},
          {"allow", decide.allow}};
}
Json json_of(const ChangePolicy& change) {
  return {{"do", "policy"}, {"account", change.account.text()}, {"policy", name_of(change.policy)}};
}
Json json_of(const DropAccount& drop) {
  return {{"do", "remove"}, {"account", drop.account.text()}};
}
Json json_of(const ListServers&) {
  return {{"do", "servers"}};
}
Json json_of(const FindUser& find) {
  return {{"do", "where"}, {"account", find.account.text()}};
}
Json json_of(const ListUsers& list) {
  return {{"do", "users"}, {"server", list.svr_id}, {"after", list.after.text()}};
}
Json json_of(const OrderServer& order) {
  return {{"do", "order"}, {"what", name_in(kOrders, order.what)}, {"server", order.svr_id}};
}

std::optional<ControlRequest> request_in(const std::string& what, Members& members) {
  const auto account = [&] {
    Address address = members.address("account");
    members.good(address.has_local());
    return address;
  };
  const auto policy = [&] { return members.policy("policy"); };
  if (what == "describe") return DescribeService{};
  if (what == "add") return CreateAccount{account(), credentials_in(members), policy(), false};
  if (what == "set_credentials") return SetCredentials{account(), credentials_in(members)};
  if (what == "list") {
    return ListAccounts{members.text("domain"), members.text("after"), members.number("limit")};
  }
  if (what == "watchers") return ListWatchers{account()};
  if (what == "decide") {
    return DecideWatcher{account(), members.address("watcher"), members.flag("allow")};
  }
  if (what == "policy") return ChangePolicy{account(), policy()};
  if (what == "remove") return DropAccount{account()};
  if (what == "servers") return ListServers{};
  if (what == "where") return FindUser{account()};
  if (what == "users") {
    const std::string server = members.text("server");
    const bool first = members.text("after").empty();
    return ListUsers{server, first ? Address() : members.address("after")};
  }
  if (what == "order") {
    return OrderServer{members.one_of<OrderServer::What>("what", kOrders), members.text("server")};
  }
  return std::nullopt;
}

// --- replies -------------------------------------------------------------------------------------

Json json_of(const ServiceDescription& service) {
  return {{"told", "service"},
          {"version", service.version},
          {"domains", service.domains},
          {"default_policy", name_of(service.default_policy)},
          {"sip_digest_md5", service.sip_digest_md5},
          {"roster_items_max", service.roster_items_max}};
}
Json json_of(const ControlDone&) {
  return {{"told", "done"}};
}
Json json_of(const AccountsListed& listed) {
  Json accounts = Json::array();
  for (const AccountsListed::Account& account : listed.accounts) {
    accounts.push_back({{"account", account.address.text()},
                        {"policy", name_of(account.policy)},
                        {"has_credentials", account.has_credentials}});
  }
  return {{"told", "accounts"}, {"accounts", std::move(accounts)}};
}
Json json_of(const WatchersListed& listed) {
  Json watchers = Json::array();
  for (const Contact& contact : listed.watchers) {
    const Relation& relation = contact.relation;
    watchers.push_back({{"watcher", contact.address.text()},
                        {"subscription", name_in(kSubscriptionNames, relation.subscription)},
                        {"approved", relation.approved},
                        {"listed", relation.listed},
                        {"version", contact.version}});
  }
  return {{"told", "watchers"}, {"watchers", std::move(watchers)}};
}
Json json_of(const ServersListed& listed) {
  return {{"told", "servers"}, {"servers", json_of_servers(listed.servers)}};
}
Json json_of(const UserPage& page) {
  Json users = Json::array();
  for (const UserSeen& user : page.users)
    users.push_back(json_of_user(user));
  return {{"told", "users"}, {"users", std::move(users)}};
}
Json json_of(const NotMain& told) {
  return {{"told", "not_main"}, {"main", told.main}};
}
Json json_of(const ControlRefused& refused) {
  return {{"told", "refused"}, {"why", name_in(kRefusals, refused.why)}};
}

ServiceDescription service_in(Members& members) {
  ServiceDescription service;
  service.version = members.text("version");
  for (const Json& domain : members.at("domains")) {
    if (members.good(domain.is_string())) service.domains.push_back(domain.get<std::string>());
  }
  service.default_policy = members.policy("default_policy");
  service.sip_digest_md5 = members.flag("sip_digest_md5");
  service.roster_items_max = members.number("roster_items_max");
  return service;
}

AccountsListed accounts_in(Members& outer) {
  AccountsListed listed;
  for (const Json& account : outer.at("accounts")) {
    Members members(account);
    listed.accounts.push_back(
        {members.address("account"), members.policy("policy"), members.flag("has_credentials")});
    outer.good(members.ok());
  }
  return listed;
}

WatchersListed watchers_in(Members& outer) {
  WatchersListed listed;
  for (const Json& watcher : outer.at("watchers")) {
    Members members(watcher);
    Contact contact;
    contact.address = members.address("watcher");
    contact.relation.subscription =
        members.one_of<Subscription>("subscription", kSubscriptionNames);
    contact.relation.approved = members.flag("approved");
    contact.relation.listed = members.flag("listed");
    const Json& version = members.at("version");
    if (members.good(version.is_number_unsigned())) contact.version = version.get<std::uint64_t>();
    outer.good(members.ok());
    listed.watchers.push_back(std::move(contact));
  }
  return listed;
}

UserPage users_in(Members& outer) {
  UserPage page;
  for (const Json& user : outer.at("users")) {
    auto read = user_in(user);
    if (outer.good(read.has_value())) page.users.push_back(std::move(*read));
  }
  return page;
}

std::optional<ControlReply> reply_in(const std::string& what, Members& members) {
  if (what == "service") return service_in(members);
  if (what == "done") return ControlDone{};
  if (what == "accounts") return accounts_in(members);
  if (what == "watchers") return watchers_in(members);
  if (what == "users") return users_in(members);
  if (what == "not_main") return NotMain{members.text("main")};
  if (what == "servers") {
    auto servers = servers_in(members.at("servers"));
    members.good(servers.has_value());
    return ServersListed{std::move(servers).value_or(std::vector<ServerSeen>())};
  }
  if (what == "refused") {
    return ControlRefused{members.one_of<ControlRefused::Why>("why", kRefusals)};
  }
  return std::nullopt;
}

// What a peer says need not be UTF-8; a line of ours always is.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <class T, class Read>
std::optional<T> parse(std::string_view line, const char* kind, Read&& read) {
  const Json json = Json::parse(line, nullptr, false);
  Members members(json);
  const std::string what = members.text(kind);
  if (!members.ok()) return std::nullopt;
  std::optional<T> value = read(what, members);
  return members.ok() ? std::move(value) : std::nullopt;
}

}  // namespace

std::string to_json(const ControlRequest& request) {
  return line_of(std::visit([](const auto& known) { return json_of(known); }, request));
}

std::string to_json(const ControlReply& reply) {
  return line_of(std::visit([](const auto& known) { return json_of(known); }, reply));
}

std::optional<ControlRequest> parse_control_request(std::string_view line) {
  return parse<ControlRequest>(line, "do", request_in);
}

std::optional<ControlReply> parse_control_reply(std::string_view line) {
  return parse<ControlReply>(line, "told", reply_in);
}

}  // namespace muster
