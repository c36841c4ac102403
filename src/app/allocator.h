// How musterd's heap grows (docs/adr/0004-allocator.md). Called before there is a second thread.
#pragma once

namespace muster {

void settle_allocator();

}  // namespace muster
