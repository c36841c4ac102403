// At each step, what the world holds for the service is bounded: events that are to come, questions
// to the store, links of a shard, orders of a turn. The bounds are far above what any load of a
// swarm needs: what passes them grows without end.
#pragma once

#include "sim/checkers/checker.h"

namespace muster::sim {

class Bounds : public Checker {
 public:
  static constexpr std::uint64_t kEventsPerAgent = 2'000;
  static constexpr std::uint64_t kOrdersOfTurnPerAgent = 1'000;
  static constexpr std::uint64_t kLinksPerAgent = 100;
  static constexpr std::uint64_t kQuestionsPerAgent = 1'000;

  using Checker::Checker;
  std::string_view name() const override { return "bounds"; }
  void at_step(const View& view) override;

 private:
  void hold(const View& view, std::string_view what, std::uint64_t found, std::uint64_t per_agent);
};

}  // namespace muster::sim
