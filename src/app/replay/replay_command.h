// `muster sim --replay FILE`: steps a recording of musterd through its presence servers again.
#pragma once

#include <string>

namespace muster {

struct ReplayCommand {
  std::string recording;
  bool words = false;  // print each step
};

// kDone: all orders were the same; kDifferent: they were not, and where was said on stdout; kUsage:
// the file is no recording, and why was said on stderr.
int carry_out(const ReplayCommand& command);

}  // namespace muster
