// Where muster top and muster watch show what they see, and until when: Ctrl-C, SIGTERM, or, on a
// terminal, q.
#pragma once

#include <signal.h>
#include <termios.h>

#include <optional>
#include <string>

#include "base/time.h"

namespace muster {

class Screen {
 public:
  // `in_place`: where stdin and stdout are a terminal each picture takes the place of the last.
  explicit Screen(bool in_place);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // Whole lines. False: it cannot be written, which was said on stderr.
  bool show(const std::string& text);
  // False: it is to end.
  bool wait(Duration time);

 private:
  sigset_t before_{};
  std::optional<termios> terminal_;  // as it was; none: not in place
};

}  // namespace muster
