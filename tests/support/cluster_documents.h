// Cluster documents for tests: one that has everything, and random ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/prng.h"
#include "codec/cluster/write.h"
#include "model/cluster/document.h"
#include "model/cluster/sorted.h"

namespace muster::test {

inline cluster::User user_of(std::string_view local, cluster::PresType type, std::uint32_t number,
                             std::string info = {}) {
  cluster::User user;
  user.user_id = Address::of_canonical(local, "example.com");
  user.pres_type = type;
  user.resource_number = number;
  user.pres_info = std::move(info);
  return user;
}

// The example of docs/wire.md: two servers run, the second is draining; two more may be added.
inline cluster::Document example_document() {
  using Kind = cluster::ServerEndpoint::Kind;
  cluster::Document document;
  document.entity = "sip:example.com";
  document.version = cluster::DocVersion(42);
  document.epoch = cluster::Epoch(3);
  document.loads = {{"sip:s1.example.com", {87}, cluster::LoadLevel{100}},
                    {"sip:s2.example.com", {12}, std::nullopt}};
  document.candidates = {"sip:s3.example.com", "sip:s4.example.com:5080"};
  document.active_number = 2;
  document.endpoints = {{"sip:s1.example.com", Kind::sip, true, "sip:s1.example.com;transport=tcp"},
                        {"sip:s1.example.com", Kind::xmpp, true, "xmpp:s1.example.com:5222"},
                        {"sip:s1.example.com", Kind::wss, true, "wss://s1.example.com/xmpp"},
                        {"sip:s2.example.com", Kind::xmpp, false, "xmpp:s2.example.com:5222"}};
  document.lists = {{"sip:s1.example.com", 3, {}}, {"sip:s2.example.com", 1, {}}};
  document.total_users_number = 4;
  return document;
}

// Its first server's users.
inline cluster::UsersList example_users() {
  cluster::UsersList list{"sip:s1.example.com", 3, {}};
  list.users = {user_of("alice", cluster::PresType::both, 20,
                        "<presence entity='pres:alice@example.com'><tuple id='ID-desk'><status>"
                        "<basic>open</basic></status></tuple></presence>"),
                user_of("bob", cluster::PresType::sip, 4),
                user_of("carol", cluster::PresType::xmpp, 0)};
  return list;
}

inline cluster::UsersList random_list(Prng& prng, std::string server_id) {
  cluster::UsersList list;
  list.server_id = std::move(server_id);
  list.number = static_cast<std::uint32_t>(prng.below(9));
  if (prng.below(2) == 0) return list;
  for (std::uint64_t i = 0; i < 8; ++i) {
    if (prng.below(2) == 0) continue;
    std::string info;
    if (prng.below(4) == 0) info = "<note>" + std::to_string(prng.below(3)) + "&amp;</note>";
    list.users.push_back(user_of("u" + std::to_string(i),
                                 static_cast<cluster::PresType>(prng.below(3)),
                                 static_cast<std::uint32_t>(prng.below(3)), std::move(info)));
  }
  list.number = static_cast<std::uint32_t>(list.users.size());
  return list;
}

// All values are of small sets, so that two documents have much in common.
inline cluster::Document random_document(Prng& prng) {
  cluster::Document document;
  document.entity = "sip:example.com";
  document.version = cluster::DocVersion(prng.below(3));
  document.epoch = cluster::Epoch(prng.below(2));
  std::uint32_t users = 0;
  for (const std::string_view host : {"a", "b;x='y'", "[2001:db8::1]:5070", "d"}) {
    const std::string id = "sip:" + std::string(host);
    if (prng.below(3) == 0) continue;
    cluster::ServerLoad load{id, {static_cast<std::uint32_t>(prng.below(3))}, {}};
    if (prng.below(2) == 0)
      load.max = cluster::LoadLevel{static_cast<std::uint32_t>(prng.below(2))};
    cluster::insert(document.loads, std::move(load));
    if (prng.below(4) != 0) {
      cluster::UsersList list = random_list(prng, id);
      users += list.number;
      cluster::insert(document.lists, std::move(list));
    }
    for (std::uint8_t kind = 0; kind < 3; ++kind) {
      if (prng.below(3) == 0) continue;
      cluster::ServerEndpoint endpoint{
          id, static_cast<cluster::ServerEndpoint::Kind>(kind), true, {}};
      endpoint.open = prng.below(2) == 0;
      endpoint.contact = std::string(to_string(endpoint.kind)) + ":h" +
                         std::to_string(prng.below(2)) + ".example.com";
      cluster::insert(document.endpoints, std::move(endpoint));
    }
  }
  document.active_number = static_cast<std::uint32_t>(document.loads.size());
  document.total_users_number = users;
  if (document.lists.size() < document.loads.size()) {
    document.total_users_number += static_cast<std::uint32_t>(prng.below(2));
  }
  for (int i = 0; i < 4; ++i) {
    std::string uri = "sip:c" + std::to_string(prng.below(4));
    auto& all = document.candidates;
    if (std::find(all.begin(), all.end(), uri) == all.end()) all.push_back(std::move(uri));
  }
  return document;
}

}  // namespace muster::test
