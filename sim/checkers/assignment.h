// Who may decide about whom, in a cluster. Only the main of an epoch gives orders in it. A
// server is forgotten, and its users are free, only once nothing of it can land any more. At
// rest each user who is there has an owner who serves; and who is there is sent on to two
// servers at most before she is served. While servers die she may be sent to one that does not
// answer, again and again; but not without end as long as she has one owner.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "sim/checkers/checker.h"

namespace muster::sim {

class Assignment : public Checker {
 public:
  // To her owner; and once more if she has just been moved.
  static constexpr int kSentOnMax = 2;
  // While there are faults, to one owner.
  static constexpr int kSentOnInTroubleMax = 20;

  using Checker::Checker;
  std::string_view name() const override { return "assignment"; }
  void happened(const Happened& fact) override;
  void asked(const cluster::ClusterRequest& request) override;
  void at_step(const View& view) override;
  void at_rest(const View& view) override;

 private:
  // An agent that is sent on: who owned its user, from which step on.
  struct Way {
    cluster::Incarnation owner;
    int from = 1;
  };
  void sent_on(const View& view, AgentId agent, int step);

  bool is_calm_ = false;
  std::map<cluster::Epoch, cluster::Incarnation> mains_;
  std::map<AgentId, Way> ways_;
  // Since the last step.
  std::vector<std::pair<AgentId, int>> sent_on_;
  std::vector<cluster::SetRole> orders_;
  std::vector<cluster::ForgetServer> forgets_;
};

}  // namespace muster::sim
