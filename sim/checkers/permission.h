// Nobody sees a presentity who was not let in: by her own word, by presence that she sent there, or
// by her account's policy. What is seen while she takes it back may be on its way; at rest the
// store must have the authorization.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "sim/checkers/checker.h"

namespace muster::sim {

// By what the store has: her authorization, or her account's policy.
bool is_let_in(const MemoryStore& store, const Address& presentity, const Address& watcher);

class Permission : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "permission"; }
  void happened(const Happened& fact) override;
  void at_step(const View& view) override;
  void at_rest(const View& view) override;

 private:
  struct Sight {
    Instant at;
    AgentId watcher;
    Address presentity;
  };
  using Asked = std::pair<AgentId, Address>;  // who said it, of or to whom

  bool said(const std::set<Asked>& words, const View& view, const Address& by,
            const Address& of) const;
  bool was_let_in(const View& view, const Address& presentity, const Address& watcher) const;

  std::vector<Sight> sights_;  // since the last step
  std::set<Asked> approved_;
  std::set<Asked> asked_;
  std::set<Asked> shown_;
};

}  // namespace muster::sim
