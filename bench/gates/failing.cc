#include "failing.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace gates {

void fail(const std::string& why) {
  std::fflush(stdout);
  std::fprintf(stderr, "gates: %s\n", why.c_str());
  std::exit(1);
}

void must(bool ok, const char* what) {
  if (!ok) fail(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace gates
