// Whatever is said of a server's load is true, at rest: its level is what the definition of the
// index makes of its users and of what they have subscribed to (server/load_control/level.h), and
// all servers say the same of each. A user counts at the server that owns her, by the store; and
// one who was moved, and is not present there yet, also where a phone of hers is registered, by the
// answers that it had.
#pragma once

#include <string>

#include "sim/checkers/checker.h"

namespace muster::sim {

class Levels : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "levels"; }
  void at_rest(const View& view) override { look(view); }
  void at_end(const View& view) override { look(view); }

  // What servers were told otherwise than it is; empty: nothing. Somebody may be on her way from
  // one to another at any one moment.
  static std::string difference(const View& view);

 private:
  void look(const View& view) {
    if (std::string found = difference(view); !found.empty()) stuck(view.now(), std::move(found));
  }
};

}  // namespace muster::sim
