#include "shell/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace muster {
namespace {

// The shell that we start ends at once, and leaves to whoever adopts it another one, which waits
// for the command and says how it ended, unless that is well.
constexpr const char* kScript =
    "setsid /bin/sh -c '"
    "/bin/sh -c \"$1\"; s=$?; "
    "test $s = 0 || echo \"the command of load.launch ended with $s\" >&2"
    "' sh \"$1\" </dev/null >/dev/null &";

class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    ::sigemptyset(&none);
    sigset_t all;
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<void, std::string> launch(const std::string& command) {
  std::string shell = "/bin/sh";
  std::string option = "-c";
  std::string script = kScript;
  std::string text = command;
  std::array<char*, 6> words = {shell.data(), option.data(), script.data(),
                                shell.data(), text.data(),   nullptr};
  const Attributes attributes;
  pid_t child = -1;
  const int error =
      ::posix_spawn(&child, "/bin/sh", nullptr, attributes.get(), words.data(), ::environ);
  if (error != 0) return Failure{"cannot start /bin/sh: " + std::string(std::strerror(error))};
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Failure{"/bin/sh could not start: " + command};
  }
  return {};
}

}  // namespace muster
