#include "shell/store/cluster_requests.h"

#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/one_of.h"
#include "base/overloaded.h"

namespace muster::cluster {
namespace {

using Why = ClusterRefused::Why;

bool has_run_out(const ServerTable::Standing& standing) {
  return standing.time_left == Duration();
}

// Whose the users of a request are, as it goes on: one may stand in it twice.
class Ownership {
 public:
  Ownership(const std::vector<Address>& users, const std::vector<Incarnation>& owners) {
    for (std::size_t i = 0; i < users.size(); ++i)
      owners_.insert_or_assign(users[i].text(), owners[i]);
  }
  Incarnation& of(const Address& user) { return owners_.at(user.text()); }

 private:
  std::unordered_map<std::string, Incarnation> owners_;
};

}  // namespace

Requests::Requests(sql::Database& database)
    : database_(database), flag_(database), servers_(database), assignments_(database) {}

bool Requests::only_reads(const ClusterRequest& request) {
  return std::holds_alternative<FindOwners>(request);
}

bool Requests::outlasts_machine(const ClusterRequest& request) {
  return std::visit(
      []<class Asked>(const Asked&) {
        return !kIsOneOf<Asked, RenewLease, FindOwners, AssignUsers, ReleaseUsers,
                         SweepAssignments>;
      },
      request);
}

ClusterReply Requests::carry_out(const StoreTime& now, const ClusterRequest& request) {
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

bool Requests::is_fenced(Incarnation server) {
  const auto found = servers_.find(server, now_);
  return !found || found->role == Role::gone;
}

bool Requests::runs(Incarnation server) {
  const auto found = servers_.find(server, now_);
  return found && found->role == Role::running;
}

Directory Requests::directory() {
  const sql::Together together(database_);
  const Flag flag = flag_.get();
  return {servers_.all(now_), flag.main, flag.epoch};
}

// --- leases --------------------------------------------------------------------------------------

ClusterReply Requests::take_lease(const TakeLease& take) {
  const Incarnation before = servers_.alive(take.self.svr_id);
  const std::uint32_t others = servers_.count_alive() - (before == Incarnation() ? 0 : 1);
  if (others >= kMembersMax) return ClusterRefused{Why::too_many};
  Flag flag = flag_.get();
  if (before != Incarnation()) servers_.set_role(before, Role::gone);
  if (flag.main == before) flag.main = {};
  flag.newest = Incarnation(flag.newest.number() + 1);
  flag_.set(flag);
  const Role role = take.standby ? Role::standby : Role::running;
  servers_.add({take.self, flag.newest, role, take.time}, now_);
  return LeaseTaken{flag.newest, directory()};
}

ClusterReply Requests::on(const RenewLease& renew) {
  servers_.set_lease(renew.by, renew.time, now_);
  return LeaseRenewed{directory()};
}

ClusterReply Requests::on(const EndLease& end) {
  drop_flag_of(end.by);
  servers_.remove(end.by);
  return LeaseEnded{};
}

// --- the main ------------------------------------------------------------------------------------

ClusterReply Requests::on(const TakeMain& take) {
  Flag flag = flag_.get();
  if (flag.main == take.by) return MainTaken{flag.epoch};
  const auto main = servers_.find(flag.main, now_);
  if (main && !has_run_out(*main)) return ClusterRefused{Why::held};
  if (!runs(take.by)) return ClusterRefused{Why::not_running};
  flag.main = take.by;
  flag.epoch = Epoch(flag.epoch.number() + 1);
  flag_.set(flag);
  return MainTaken{flag.epoch};
}

ClusterReply Requests::on(const SetRole& set) {
  const Flag flag = flag_.get();
  if (flag.main != set.by || flag.epoch != set.epoch) return ClusterRefused{Why::not_main};
  const auto found = servers_.find(set.of, now_);
  const bool as_said = found && found->role == set.from;
  if (!as_said || set.from == Role::gone || set.to == Role::gone) {
    return ClusterRefused{Why::changed};
  }
  servers_.set_role(set.of, set.to);
  return RoleSet{};
}

// --- the end of a server -------------------------------------------------------------------------

ClusterReply Requests::on(const DeclareGone& declare) {
  const auto found = servers_.find(declare.gone, now_);
  if (!found || found->role == Role::gone) return ServerIsGone{};
  if (!has_run_out(*found)) return ClusterRefused{Why::held};
  drop_flag_of(declare.gone);
  servers_.set_role(declare.gone, Role::gone);
  return ServerIsGone{};
}

ClusterReply Requests::on(const ForgetServer& forget) {
  const auto found = servers_.find(forget.gone, now_);
  if (!found) return ServerForgotten{};
  if (found->role != Role::gone) return ClusterRefused{Why::held};
  servers_.remove(forget.gone);
  return ServerForgotten{};
}

void Requests::drop_flag_of(Incarnation server) {
  Flag flag = flag_.get();
  if (flag.main != server) return;
  flag.main = {};
  flag_.set(flag);
}

// --- users ---------------------------------------------------------------------------------------

ClusterReply Requests::on(const FindOwners& find) {
  if (find.users.size() > kUsersPerRequestMax) return ClusterRefused{Why::too_many};
  return Owners{assignments_.owners_of(find.users)};
}

ClusterReply Requests::on(const AssignUsers& assign) {
  if (assign.users.size() > kUsersPerRequestMax) return ClusterRefused{Why::too_many};
  std::map<Incarnation, bool> run;
  std::vector<Address> users;
  for (const AssignUsers::One& one : assign.users) {
    run.try_emplace(one.to);
    users.push_back(one.user);
  }
  {
    const sql::Together together(database_);
    for (auto& [server, runs_now] : run)
      runs_now = runs(server);
  }
  Ownership ownership(users, assignments_.owners_of(users));
  Owners then;
  for (const AssignUsers::One& one : assign.users) {
    Incarnation& owner = ownership.of(one.user);
    if (owner == one.from && owner != one.to && run[one.to]) {
      assignments_.set(one.user, one.to);
      owner = one.to;
    }
    then.owners.push_back(owner);
  }
  return then;
}

ClusterReply Requests::on(const ReleaseUsers& release) {
  if (release.users.size() > kUsersPerRequestMax) return ClusterRefused{Why::too_many};
  Ownership ownership(release.users, assignments_.owners_of(release.users));
  Owners then;
  for (const Address& user : release.users) {
    Incarnation& owner = ownership.of(user);
    if (owner == release.by) {
      assignments_.remove(user);
      owner = {};
    }
    then.owners.push_back(owner);
  }
  return then;
}

ClusterReply Requests::on(const SweepAssignments& sweep) {
  return AssignmentsSwept{assignments_.sweep(sweep.rows_max)};
}

}  // namespace muster::cluster
