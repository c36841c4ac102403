// When all agents have left, and all that they left has had time to run out, nothing of them is
// held: no link, no deadline that is still to come, no question that was not answered.
#pragma once

#include "sim/checkers/checker.h"

namespace muster::sim {

class Leaks : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "leaks"; }
  void at_end(const View& view) override;
};

}  // namespace muster::sim
