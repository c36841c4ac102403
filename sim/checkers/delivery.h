// Once the world is at rest, and until some part, a message is read by an agent of whom it is for,
// or its sender is told that it is not: servers drain then, too, and users move between them. Who
// wrote it and was not answered, or lost its stream within kUnknownFor, knows that it does not
// know.
#pragma once

#include <map>
#include <string>

#include "sim/checkers/checker.h"

namespace muster::sim {

class Delivery : public Checker {
 public:
  static constexpr Duration kOnItsWayFor = Duration::seconds(1);

  using Checker::Checker;
  std::string_view name() const override { return "delivery"; }
  void happened(const Happened& fact) override;
  void at_step(const View& view) override;
  void at_rest(const View& view) override;
  void some_part() override;

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

  bool calm_ = false;
  bool parted_ = false;
  std::map<std::string, Written> unread_;  // by what is written, which nobody writes twice
  std::vector<Read> read_;                 // since the last step
};

}  // namespace muster::sim
