// Once the world is at rest, what agents keep alive stands: no stream or link ends, no dialog and
// no publication is gone before its time, no request is without an answer.
#pragma once

#include <vector>

#include "sim/checkers/checker.h"

namespace muster::sim {

class Constancy : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "constancy"; }
  void happened(const Happened& fact) override;
  void at_step(const View& view) override;
  void at_rest(const View&) override { rested_ = true; }

 private:
  bool rested_ = false;
  std::vector<Happened> losses_;  // since the last step
};

}  // namespace muster::sim
