// Requests and replies of the cluster's store as words, so that two stores can be compared and a
// difference read.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "codec/address/ip.h"
#include "server/cluster_port.h"
#include "support/store_words.h"

namespace muster::testing {

inline std::string words(Duration time) {
  constexpr std::int64_t kSecond = 1'000'000;
  const std::int64_t us = time.in_microseconds();
  return us % kSecond == 0 ? std::to_string(us / kSecond) + "s" : std::to_string(us) + "us";
}

inline std::string words(cluster::Role role) {
  constexpr const char* kRoles[] = {"standby", "running", "draining", "gone", "releasing"};
  return kRoles[static_cast<int>(role)];
}

inline std::string words(cluster::Incarnation incarnation) {
  return std::to_string(incarnation.number());
}

// What is as in a new one is left out.
inline std::string words(const cluster::Self& self) {
  constexpr const char* kKinds[] = {"sip", "xmpp", "wss"};
  std::string out = self.svr_id;
  if (self.link != Endpoint{}) out += " at " + to_text(self.link);
  for (const cluster::ServerEndpoint& endpoint : self.endpoints) {
    out += std::string(" ") + kKinds[static_cast<int>(endpoint.kind)] + "=" + endpoint.contact;
    if (!endpoint.open) out += " (closed)";
    if (endpoint.svr_id != self.svr_id) out += " (of " + endpoint.svr_id + ")";
  }
  if (self.max_level) out += " max " + std::to_string(self.max_level->value);
  return out;
}

inline std::string words(const cluster::Directory& directory) {
  std::string out =
      "main " + words(directory.main) + ", epoch " + std::to_string(directory.epoch.number());
  for (const cluster::Member& member : directory.members) {
    out += "; " + words(member.incarnation) + " " + words(member.role) + " " +
           words(member.time_left) + " " + words(member.self);
  }
  return out;
}

inline std::string words(cluster::ClusterRefused::Why why) {
  constexpr const char* kWhys[] = {"fenced",   "held",    "not running",
                                   "not main", "changed", "too many"};
  return kWhys[static_cast<int>(why)];
}

inline std::string words(const cluster::ClusterReply& reply) {
  return std::visit(
      Overloaded{
          [](const cluster::LeaseTaken& r) {
            return "lease " + words(r.incarnation) + ": " + words(r.directory);
          },
          [](const cluster::LeaseRenewed& r) { return "renewed: " + words(r.directory); },
          [](const cluster::LeaseEnded&) { return std::string("lease ended"); },
          [](const cluster::MainTaken& r) {
            return "main in epoch " + std::to_string(r.epoch.number());
          },
          [](const cluster::ServerIsGone&) { return std::string("gone"); },
          [](const cluster::ServerForgotten&) { return std::string("forgotten"); },
          [](const cluster::RoleSet&) { return std::string("role set"); },
          [](const cluster::Owners& r) {
            std::string out = "owners";
            for (const cluster::Incarnation owner : r.owners)
              out += " " + words(owner);
            return out;
          },
          [](const cluster::AssignmentsSwept& r) { return "swept " + std::to_string(r.rows); },
          [](const cluster::ClusterRefused& r) { return words(r.why); },
          [](const StoreFailed& r) { return "failed: " + words(r.why); },
      },
      reply);
}

inline std::string words(const cluster::ClusterRequest& request) {
  const auto all = [](const std::vector<Address>& users) {
    std::string out;
    for (const Address& user : users)
      out += " " + user.text();
    return out;
  };
  return std::visit(
      Overloaded{
          [](const cluster::TakeLease& r) {
            return words(r.self) + " takes a lease of " + words(r.time) +
                   (r.standby ? ", standby" : "");
          },
          [](const cluster::RenewLease& r) { return words(r.by) + " renews for " + words(r.time); },
          [](const cluster::EndLease& r) { return words(r.by) + " ends its lease"; },
          [](const cluster::TakeMain& r) { return words(r.by) + " takes the flag"; },
          [](const cluster::DeclareGone& r) {
            return words(r.by) + " declares gone " + words(r.gone);
          },
          [](const cluster::ForgetServer& r) { return words(r.by) + " forgets " + words(r.gone); },
          [](const cluster::SetRole& r) {
            return words(r.by) + " in epoch " + std::to_string(r.epoch.number()) + " makes " +
                   words(r.of) + " " + words(r.to) + " if " + words(r.from);
          },
          [&](const cluster::FindOwners& r) {
            return words(r.by) + " finds owners of" + all(r.users);
          },
          [](const cluster::AssignUsers& r) {
            std::string out = words(r.by) + " assigns";
            for (const cluster::AssignUsers::One& one : r.users) {
              out += " " + one.user.text() + " of " + words(one.from) + " to " + words(one.to);
            }
            return out;
          },
          [&](const cluster::ReleaseUsers& r) { return words(r.by) + " releases" + all(r.users); },
          [](const cluster::SweepAssignments& r) {
            return words(r.by) + " sweeps at most " + std::to_string(r.rows_max);
          },
      },
      request);
}

}  // namespace muster::testing
