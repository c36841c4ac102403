// In calm, a message is read by an agent of whom it is for, or its sender is told that it is not.
// What is on its way to a server that has just told its sender to go to another one may be lost.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/checkers/calm_checker.h"

namespace muster::sim {

class Delivery : public CalmChecker {
 public:
  static constexpr Duration kOnItsWayFor = Duration::seconds(1);

  using CalmChecker::CalmChecker;
  std::string_view name() const override { return "delivery"; }
  void happened(const Happened& fact) override;
  void at_step(const View& view) override;
  void at_rest(const View& view) override;

 private:
  struct Written {
    AgentId by;
    Instant at;
    Address to;
  };
  struct Read {
    AgentId by;
    std::string text;
  };

  std::map<std::string, Written> unread_;  // by what is written, which nobody writes twice
  std::vector<Read> read_;                 // since the last step
};

}  // namespace muster::sim
