// At rest, what every agent sees of whom it watches is what they show: all that is online of them,
// through conversion where it watches by the other protocol, and nothing else.
#pragma once

#include "sim/checkers/checker.h"

namespace muster::sim {

class Convergence : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "convergence"; }
  void at_rest(const View& view) override;
};

}  // namespace muster::sim
