// The signals that musterd obeys, as values for its main thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace muster {

enum class Signal : std::uint8_t {
  stop,    // SIGTERM, SIGINT
  reload,  // SIGHUP
  wake,    // wake_main()
};

// Before any thread is started: they all leave these signals to wait_for_signal().
void block_signals();
Signal wait_for_signal();
// None if none comes in that time.
std::optional<Signal> wait_for_signal(Duration time_max);
// Of any thread: wait_for_signal() returns, for what the caller has left for the main thread.
void wake_main();
// From now on SIGTERM and SIGINT end the process at once.
void unblock_stop_signals();

}  // namespace muster
