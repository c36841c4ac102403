// A checker of what holds from when the world is first at rest until some agents part: servers
// come, drain and go then, too, and users move between them.
#pragma once

#include "sim/checkers/checker.h"

namespace muster::sim {

class CalmChecker : public Checker {
 public:
  using Checker::Checker;
  void at_rest(const View&) override { calm_ = !parted_; }
  void some_part() final {
    parted_ = true;
    calm_ = false;
  }

 protected:
  bool is_calm() const { return calm_; }

 private:
  bool calm_ = false;
  bool parted_ = false;
};

}  // namespace muster::sim
