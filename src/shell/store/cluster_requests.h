// What each request of server/cluster_port.h means, in the tables of a database. A request reads,
// then decides, and only then writes: one that is refused has written nothing. The caller brackets
// it with a transaction, and asks the database afterwards whether all went well.
#pragma once

#include "shell/store/cluster_tables.h"

namespace muster::cluster {

class Requests {
 public:
  explicit Requests(sql::Database& database);

  // True if this request cannot write, and does not ask for the time.
  static bool only_reads(const ClusterRequest& request);
  // True if a failure of the machine must not undo it, though all servers fail with it: a number
  // is never given twice. What servers do all the time, renew and assign, is of lives that have
  // ended then.
  static bool outlasts_machine(const ClusterRequest& request);
  ClusterReply carry_out(const StoreTime& now, const ClusterRequest& request);

 private:
  ClusterReply take_lease(const TakeLease& take);
  ClusterReply on(const RenewLease& renew);
  ClusterReply on(const EndLease& end);
  ClusterReply on(const TakeMain& take);
  ClusterReply on(const DeclareGone& declare);
  ClusterReply on(const ForgetServer& forget);
  ClusterReply on(const SetRole& set);
  ClusterReply on(const FindOwners& find);
  ClusterReply on(const AssignUsers& assign);
  ClusterReply on(const ReleaseUsers& release);
  ClusterReply on(const SweepAssignments& sweep);

  bool is_fenced(Incarnation server);
  bool runs(Incarnation server);
  Directory directory();
  void drop_flag_of(Incarnation server);

  sql::Database& database_;
  FlagTable flag_;
  ServerTable servers_;
  AssignmentTable assignments_;
  StoreTime now_;  // of the request
};

}  // namespace muster::cluster
