// Unix sockets by path, of any length: the folder is opened, and the name found in it, so that
// sun_path's 108 bytes do not bound the path.
#pragma once

#include <string>

#include "base/result.h"
#include "shell/fd.h"

namespace muster {

// A listening stream socket in place of what is at `path`; mode 0600 from the first moment.
// Non-blocking. The error is one line for the operator.
Result<Fd, std::string> listen_unix(const std::string& path);

// Connected, blocking; the error is an errno.
Result<Fd, int> connect_unix(const std::string& path);

}  // namespace muster
