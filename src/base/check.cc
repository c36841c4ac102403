#include "base/check.h"

#include <cstdio>
#include <cstdlib>

#include "base/last_words.h"

namespace muster {
namespace {

LastWords last_words = nullptr;

}  // namespace

void set_last_words(LastWords words) {
  last_words = words;
}

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  if (last_words != nullptr) last_words();
  std::abort();
}

}  // namespace muster
