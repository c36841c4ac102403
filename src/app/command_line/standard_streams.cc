#include "app/command_line/standard_streams.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

#include "app/command_line/exit_codes.h"

namespace muster {

void hold_standard_streams() {
  // open() gives the lowest that is free.
  int fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO)
    fd = ::dup(fd);
  if (fd >= 0) ::close(fd);
}

int print(const char* program, const std::string& text) {
  if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return kDone;
  fmt::print(stderr, "{}: cannot write to stdout\n", program);
  return kRefused;
}

}  // namespace muster
