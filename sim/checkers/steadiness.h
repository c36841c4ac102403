// Once the world is at rest, and until some part, nobody is seen to go but who does: servers come
// and go then, too, and users move between them.
#pragma once

#include <set>
#include <utility>
#include <vector>

#include "sim/checkers/checker.h"

namespace muster::sim {

class Steadiness : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "steadiness"; }
  void happened(const Happened& fact) override;
  void at_step(const View& view) override;
  void at_rest(const View&) override { calm_ = !parted_; }
  void some_part() override {
    parted_ = true;
    calm_ = false;
  }

 private:
  bool calm_ = false;
  bool parted_ = false;
  std::set<std::pair<AgentId, Address>> seen_;
  std::set<Address> left_;  // users of whom an agent went, since there is calm
  // Since the last step.
  std::vector<AgentId> leaving_;
  std::vector<std::pair<AgentId, Address>> gone_;
};

}  // namespace muster::sim
