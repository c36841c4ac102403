#include "app/data/cluster_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "shell/crypto.h"
#include "shell/fd.h"

namespace muster {
namespace {

constexpr std::size_t kKeyBytes = 32;

bool write_whole(const std::string& path, const std::string& text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  return file.valid() &&
         ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
         ::fsync(file.get()) == 0;
}

}  // namespace

// A link(2) to a whole file: of several servers that make one at once, the first has made it.
Result<std::string, std::string> cluster_key(const DataDirectory& data) {
  const std::string path = data.path() + "/cluster.key";
  if (::access(path.c_str(), F_OK) == 0) return path;
  const std::string made = path + "." + std::to_string(::getpid());
  const bool written = write_whole(made, base64_of(random_bytes(kKeyBytes)) + "\n");
  const bool there = written && (::link(made.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(made.c_str());
  if (there) return path;
  return Failure{"cannot write " + path + ": " + std::strerror(error)};
}

}  // namespace muster
