#include "app/allocator.h"

#ifdef MUSTER_MIMALLOC
#include <mimalloc.h>
#endif

namespace muster {

void settle_allocator() {
#ifdef MUSTER_MIMALLOC
  // A page fault for each 4 KB of a heap that grows cost a subscription more than its parsing did.
  // Where the kernel has no huge pages to give, these two change nothing. What the environment says
  // (MIMALLOC_...) goes before them.
  mi_option_set_enabled_default(mi_option_large_os_pages, true);
  mi_option_set_default(mi_option_eager_commit_delay, 0);
#endif
}

}  // namespace muster
