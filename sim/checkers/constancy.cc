#include "sim/checkers/constancy.h"

namespace muster::sim {

void Constancy::happened(const Happened& fact) {
  if (rested_ && std::holds_alternative<LostHold>(fact.what)) losses_.push_back(fact);
}

void Constancy::at_step(const View& view) {
  for (const Happened& loss : losses_) {
    const Identity& identity = view.crowd.agent(loss.agent).identity();
    wrong(loss.at, identity.account.text() + "/" + identity.name + " lost " +
                       std::get<LostHold>(loss.what).of + ", in a world at rest");
  }
  losses_.clear();
}

}  // namespace muster::sim
