// `musterd run`: a server as its configuration file says.
#pragma once

#include "app/service/musterd_options.h"

namespace muster {

// The exit code; why it is not 0 was said on stderr.
int serve_run(const RunCommand& command);

}  // namespace muster
