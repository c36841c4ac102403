#include "app/cluster/screen.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "app/command_line/standard_streams.h"
#include "shell/clock.h"

namespace muster {
namespace {

// Another screen, without a cursor; and back.
constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";
constexpr const char* kHome = "\x1b[H";
constexpr const char* kRestOfLine = "\x1b[K";
constexpr const char* kRestOfScreen = "\x1b[J";

volatile sig_atomic_t ended = 0;

void end(int) {
  ended = 1;
}

// They come while it waits, and not else.
sigset_t obey_signals() {
  struct sigaction action {};
  action.sa_handler = end;
  sigset_t set;
  sigset_t before;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    ::sigaction(signal, &action, nullptr);
    sigaddset(&set, signal);
  }
  ::sigprocmask(SIG_BLOCK, &set, &before);
  return before;
}

}  // namespace

Screen::Screen(bool in_place) : before_(obey_signals()) {
  termios is{};
  if (!in_place || ::isatty(STDOUT_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &is) != 0) return;
  terminal_ = is;
  // A key is read at once, and not shown.
  is.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &is);
  print("muster", kEnter);
}

Screen::~Screen() {
  if (!terminal_) return;
  print("muster", kLeave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &*terminal_);
}

bool Screen::show(const std::string& text) {
  if (!terminal_) return print("muster", text) == 0;
  std::string picture = kHome;
  for (const char c : text) {
    if (c == '\n') picture += kRestOfLine;
    picture += c;
  }
  return print("muster", picture + kRestOfScreen) == 0;
}

bool Screen::wait(Duration time) {
  const Instant until = read_clocks().instant + time;
  while (ended == 0) {
    const Duration left = std::max(Duration(), until - read_clocks().instant);
    const timespec timeout{left.in_seconds(), (left.in_microseconds() % 1'000'000) * 1'000};
    pollfd keys{STDIN_FILENO, POLLIN, 0};
    const int ready = ::ppoll(&keys, terminal_ ? 1 : 0, &timeout, &before_);
    if (ready == 0) return ended == 0;
    if (ready < 0) continue;
    char key = 0;
    const ssize_t bytes = ::read(STDIN_FILENO, &key, 1);
    // A terminal that was hung up has no more keys.
    if (bytes == 0 || (bytes < 0 && errno != EINTR) || key == 'q' || key == 'Q') return false;
  }
  return false;
}

}  // namespace muster
