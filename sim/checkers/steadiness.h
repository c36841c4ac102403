// In calm, nobody is seen to go but who does.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "sim/checkers/calm_checker.h"

namespace muster::sim {

class Steadiness : public CalmChecker {
 public:
  using CalmChecker::CalmChecker;
  std::string_view name() const override { return "steadiness"; }
  void happened(const Happened& fact) override;
  void at_step(const View& view) override;

 private:
  std::set<std::pair<AgentId, Address>> seen_;
  std::set<Address> left_;  // users of whom an agent went, since there is calm
  // Since the last step.
  std::vector<AgentId> leaving_;
  std::vector<std::pair<AgentId, Address>> gone_;
};

}  // namespace muster::sim
