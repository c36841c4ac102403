#include "shell/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

#include "base/check.h"

namespace muster {
namespace {

constexpr int kWakeSignal = SIGUSR1;

sigset_t obeyed() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, kWakeSignal})
    sigaddset(&set, signal);
  return set;
}

Signal meaning_of(int signal) {
  if (signal == kWakeSignal) return Signal::wake;
  return signal == SIGHUP ? Signal::reload : Signal::stop;
}

}  // namespace

void block_signals() {
  const sigset_t set = obeyed();
  MUSTER_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  // A peer that is gone is an error of send(), not a signal.
  std::signal(SIGPIPE, SIG_IGN);
}

void unblock_stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT})
    sigaddset(&set, signal);
  MUSTER_CHECK(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
}

Signal wait_for_signal() {
  const sigset_t set = obeyed();
  int signal = 0;
  while (sigwait(&set, &signal) != 0) {
  }
  return meaning_of(signal);
}

std::optional<Signal> wait_for_signal(Duration time_max) {
  const sigset_t set = obeyed();
  const timespec time{time_max.in_microseconds() / 1'000'000,
                      time_max.in_microseconds() % 1'000'000 * 1'000};
  const int signal = ::sigtimedwait(&set, nullptr, &time);
  if (signal < 0) return std::nullopt;
  return meaning_of(signal);
}

void wake_main() {
  MUSTER_CHECK(::kill(::getpid(), kWakeSignal) == 0);
}

}  // namespace muster
