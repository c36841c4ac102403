// Starts another program, as an operator's command says, and lets it go: it is nobody's child, has
// no terminal, and is not held by the signals that this process blocks. What it writes to stdout is
// lost; stderr is ours, and says how it ended, unless with 0.
#pragma once

#include <string>

#include "base/result.h"

namespace muster {

// By `/bin/sh -c`. The error, that no shell could be started, is one line.
Result<void, std::string> launch(const std::string& command);

}  // namespace muster
