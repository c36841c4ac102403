// What somebody was told is done is in the store at that moment, and so survives whatever comes
// next: a publication that was answered 200.
#pragma once

#include <vector>

#include "sim/checkers/checker.h"

namespace muster::sim {

class Durability : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "durability"; }
  void happened(const Happened& fact) override;
  void at_step(const View& view) override;

 private:
  void look_at(const View& view, const Happened& fact, const WasPromised& promised);

  std::vector<Happened> promises_;  // since the last step
};

}  // namespace muster::sim
