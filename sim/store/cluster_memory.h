// The model of the cluster's store: what each request of server/cluster_port.h means, said as
// plainly as can be, in memory. The simulator keeps its cluster here; the tests hold the real
// stores against it, reply by reply.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "server/cluster_port.h"

namespace muster::sim {

class ClusterMemory {
 public:
  // `now` is the store's time, never less than it was but after restart_time(). Never StoreFailed:
  // this store cannot.
  cluster::ClusterReply carry_out(Duration now, const cluster::ClusterRequest& request);
  // The store's time begins anew: all leases have run out.
  void restart_time();

  // What is held, for those who look on.
  cluster::Incarnation main() const { return main_; }
  cluster::Epoch epoch() const { return epoch_; }
  cluster::Directory directory(Duration now) const;
  // Whoever is not among them has no owner. An owner may be gone, but not forgotten.
  std::map<Address, cluster::Incarnation> owners() const;

 private:
  struct Server {
    cluster::Self self;
    cluster::Role role = cluster::Role::standby;
    Duration lease_end;
  };

  cluster::ClusterReply on(const cluster::RenewLease& renew);
  cluster::ClusterReply on(const cluster::EndLease& end);
  cluster::ClusterReply on(const cluster::TakeMain& take);
  cluster::ClusterReply on(const cluster::DeclareGone& declare);
  cluster::ClusterReply on(const cluster::ForgetServer& forget);
  cluster::ClusterReply on(const cluster::SetRole& set);
  cluster::ClusterReply on(const cluster::FindOwners& find);
  cluster::ClusterReply on(const cluster::AssignUsers& assign);
  cluster::ClusterReply on(const cluster::ReleaseUsers& release);
  cluster::ClusterReply on(const cluster::SweepAssignments& sweep);
  cluster::ClusterReply take_lease(const cluster::TakeLease& take);

  Server* find(cluster::Incarnation server);
  bool is_fenced(cluster::Incarnation server);
  bool has_role(cluster::Incarnation server, cluster::Role role);
  bool has_run_out(const Server& server) const { return server.lease_end <= now_; }
  cluster::Incarnation owner_of(const Address& user) const;
  void make_gone(cluster::Incarnation server);

  Duration now_;
  std::map<cluster::Incarnation, Server> servers_;
  std::map<Address, cluster::Incarnation> assignments_;  // of forgotten owners too
  std::uint64_t newest_ = 0;
  cluster::Incarnation main_;
  cluster::Epoch epoch_;
};

}  // namespace muster::sim
