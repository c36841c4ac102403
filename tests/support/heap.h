// How much memory this process has allocated and not freed, also where a sanitizer counts it.
#pragma once

#include <malloc.h>

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MUSTER_ADDRESS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MUSTER_ADDRESS_SANITIZER 1
#endif

#ifdef MUSTER_ADDRESS_SANITIZER
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace muster::test {

inline std::size_t heap_bytes() {
#ifdef MUSTER_ADDRESS_SANITIZER
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

}  // namespace muster::test
