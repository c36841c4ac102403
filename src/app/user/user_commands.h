// What `muster user ...` does.
#pragma once

#include "app/user/user_options.h"

namespace muster {

// The exit code; why it is not 0 was said on stderr.
int carry_out(const UserCommand& command);

}  // namespace muster
