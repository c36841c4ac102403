// No lease outlives its holder by more than its time: at rest, nobody sees anything of a device
// that broke without a word, be it by its session or by its publication. (What a registration alone
// shows has nothing by which to tell it.)
#pragma once

#include "sim/checkers/checker.h"

namespace muster::sim {

class Expiry : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "expiry"; }
  void at_rest(const View& view) override;
};

}  // namespace muster::sim
