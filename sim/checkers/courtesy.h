// The service speaks correctly to correct agents, whatever the world does: what they hear can be
// read, and nothing is said that the protocol has no place for.
#pragma once

#include "sim/checkers/checker.h"

namespace muster::sim {

class Courtesy : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "courtesy"; }
  void happened(const Happened& fact) override {
    if (const auto* surprised = std::get_if<WasSurprised>(&fact.what)) {
      wrong(fact.at, surprised->by);
    }
  }
};

}  // namespace muster::sim
