// How musterd says why it does not serve.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "app/command_line/exit_codes.h"

namespace muster {

// The exit code.
inline int refuse(const std::string& why) {
  fmt::print(stderr, "musterd: {}\n", why);
  return kRefused;
}

}  // namespace muster
