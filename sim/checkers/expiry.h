// No lease outlives its holder by more than its time: at rest, nobody sees anything of a device
// that broke without a word, by whatever it was present (a session, a registration, a publication).
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
