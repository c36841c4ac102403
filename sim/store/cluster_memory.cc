#include "sim/store/cluster_memory.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/overloaded.h"

namespace muster::sim {

using cluster::AssignmentsSwept;
using cluster::AssignUsers;
using cluster::ClusterRefused;
using cluster::ClusterReply;
using cluster::ClusterRequest;
using cluster::DeclareGone;
using cluster::Directory;
using cluster::EndLease;
using cluster::Epoch;
using cluster::FindOwners;
using cluster::ForgetServer;
using cluster::Incarnation;
using cluster::kMembersMax;
using cluster::kUsersPerRequestMax;
using cluster::LeaseEnded;
using cluster::LeaseRenewed;
using cluster::LeaseTaken;
using cluster::MainTaken;
using cluster::Owners;
using cluster::ReleaseUsers;
using cluster::RenewLease;
using cluster::Role;
using cluster::RoleSet;
using cluster::ServerEndpoint;
using cluster::ServerForgotten;
using cluster::ServerIsGone;
using cluster::SetRole;
using cluster::SweepAssignments;
using cluster::TakeLease;
using cluster::TakeMain;
using Why = ClusterRefused::Why;

ClusterReply ClusterMemory::carry_out(Duration now, const ClusterRequest& request) {
  now_ = now;
  return std::visit(Overloaded{
                        [this](const TakeLease& take) { return take_lease(take); },
                        [this](const auto& known) -> ClusterReply {
                          if (is_fenced(known.by)) return ClusterRefused{Why::fenced};
                          return on(known);
                        },
                    },
                    request);
}

void ClusterMemory::restart_time() {
  for (auto& [incarnation, server] : servers_)
    server.lease_end = {};
}

ClusterMemory::Server* ClusterMemory::find(Incarnation server) {
  const auto found = servers_.find(server);
  return found == servers_.end() ? nullptr : &found->second;
}

bool ClusterMemory::has_role(Incarnation server, Role role) {
  const Server* found = find(server);
  return found != nullptr && found->role == role;
}

bool ClusterMemory::is_fenced(Incarnation server) {
  return find(server) == nullptr || has_role(server, Role::gone);
}

Directory ClusterMemory::directory(Duration now) const {
  Directory all{{}, main_, epoch_};
  for (const auto& [incarnation, server] : servers_) {
    const Duration left = std::max(server.lease_end - now, Duration());
    all.members.push_back({server.self, incarnation, server.role, left});
  }
  return all;
}

Incarnation ClusterMemory::owner_of(const Address& user) const {
  const auto found = assignments_.find(user);
  const bool owned = found != assignments_.end() && servers_.contains(found->second);
  return owned ? found->second : Incarnation();
}

std::map<Address, Incarnation> ClusterMemory::owners() const {
  std::map<Address, Incarnation> owned = assignments_;
  std::erase_if(owned, [this](const auto& one) { return !servers_.contains(one.second); });
  return owned;
}

// --- leases --------------------------------------------------------------------------------------

ClusterReply ClusterMemory::take_lease(const TakeLease& take) {
  const auto others = std::count_if(servers_.begin(), servers_.end(), [&](const auto& one) {
    return one.second.role != Role::gone && one.second.self.svr_id != take.self.svr_id;
  });
  if (static_cast<std::size_t>(others) >= kMembersMax) return ClusterRefused{Why::too_many};
  for (const auto& [incarnation, server] : servers_) {
    if (server.self.svr_id == take.self.svr_id) make_gone(incarnation);
  }
  const Incarnation incarnation(++newest_);
  Server& server = servers_[incarnation];
  server = {take.self, take.standby ? Role::standby : Role::running, now_ + take.time};
  for (ServerEndpoint& endpoint : server.self.endpoints)
    endpoint.open = true;
  return LeaseTaken{incarnation, directory(now_)};
}

ClusterReply ClusterMemory::on(const RenewLease& renew) {
  find(renew.by)->lease_end = now_ + renew.time;
  return LeaseRenewed{directory(now_)};
}

ClusterReply ClusterMemory::on(const EndLease& end) {
  make_gone(end.by);
  servers_.erase(end.by);
  return LeaseEnded{};
}

// --- the main ------------------------------------------------------------------------------------

ClusterReply ClusterMemory::on(const TakeMain& take) {
  if (main_ == take.by) return MainTaken{epoch_};
  if (const Server* main = find(main_); main != nullptr && !has_run_out(*main)) {
    return ClusterRefused{Why::held};
  }
  if (!has_role(take.by, Role::running)) return ClusterRefused{Why::not_running};
  main_ = take.by;
  epoch_ = Epoch(epoch_.number() + 1);
  return MainTaken{epoch_};
}

ClusterReply ClusterMemory::on(const SetRole& set) {
  if (main_ != set.by || epoch_ != set.epoch) return ClusterRefused{Why::not_main};
  const bool of_gone = set.from == Role::gone || set.to == Role::gone;
  if (of_gone || !has_role(set.of, set.from)) return ClusterRefused{Why::changed};
  find(set.of)->role = set.to;
  return RoleSet{};
}

// --- the end of a server -------------------------------------------------------------------------

void ClusterMemory::make_gone(Incarnation server) {
  find(server)->role = Role::gone;
  if (main_ == server) main_ = {};
}

ClusterReply ClusterMemory::on(const DeclareGone& declare) {
  if (is_fenced(declare.gone)) return ServerIsGone{};
  if (!has_run_out(*find(declare.gone))) return ClusterRefused{Why::held};
  make_gone(declare.gone);
  return ServerIsGone{};
}

ClusterReply ClusterMemory::on(const ForgetServer& forget) {
  if (!is_fenced(forget.gone)) return ClusterRefused{Why::held};
  servers_.erase(forget.gone);
  return ServerForgotten{};
}

// --- users ---------------------------------------------------------------------------------------

ClusterReply ClusterMemory::on(const FindOwners& find) {
  if (find.users.size() > kUsersPerRequestMax) return ClusterRefused{Why::too_many};
  Owners found;
  for (const Address& user : find.users)
    found.owners.push_back(owner_of(user));
  return found;
}

ClusterReply ClusterMemory::on(const AssignUsers& assign) {
  if (assign.users.size() > kUsersPerRequestMax) return ClusterRefused{Why::too_many};
  Owners then;
  for (const AssignUsers::One& one : assign.users) {
    const bool may = owner_of(one.user) == one.from && has_role(one.to, Role::running);
    if (may) assignments_[one.user] = one.to;
    then.owners.push_back(owner_of(one.user));
  }
  return then;
}

ClusterReply ClusterMemory::on(const ReleaseUsers& release) {
  if (release.users.size() > kUsersPerRequestMax) return ClusterRefused{Why::too_many};
  Owners then;
  for (const Address& user : release.users) {
    if (owner_of(user) == release.by) assignments_.erase(user);
    then.owners.push_back(owner_of(user));
  }
  return then;
}

ClusterReply ClusterMemory::on(const SweepAssignments& sweep) {
  AssignmentsSwept swept;
  for (auto one = assignments_.begin(); one != assignments_.end() && swept.rows < sweep.rows_max;) {
    const bool owned = servers_.contains(one->second);
    swept.rows += owned ? 0 : 1;
    one = owned ? std::next(one) : assignments_.erase(one);
  }
  return swept;
}

}  // namespace muster::sim
