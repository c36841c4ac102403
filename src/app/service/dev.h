// `musterd dev`: a server on loopback, with nothing to configure.
#pragma once

#include "app/service/musterd_options.h"

namespace muster {

// The exit code; why it is not 0 was said on stderr.
int serve_dev(DevCommand command);

}  // namespace muster
