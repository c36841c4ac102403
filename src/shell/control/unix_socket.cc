#include "shell/control/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace muster {
namespace {

constexpr int kBacklog = 64;

// The address of `path` by way of its folder, which must stay open as long as it is used.
struct Place {
  explicit Place(const std::filesystem::path& path)
      : folder(::open(path.parent_path().empty() ? "." : path.parent_path().c_str(),
                      O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    address.sun_family = AF_UNIX;
    const int length = std::snprintf(address.sun_path, sizeof address.sun_path,
                                     "/proc/self/fd/%d/%s", folder.get(), path.filename().c_str());
    fits = length > 0 && static_cast<std::size_t>(length) < sizeof address.sun_path;
    if (folder.valid() && !fits) errno = ENAMETOOLONG;
  }
  bool ok() const { return folder.valid() && fits; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }

  Fd folder;
  sockaddr_un address{};
  bool fits = false;
};

}  // namespace

Result<Fd, std::string> listen_unix(const std::string& path) {
  const auto failed = [&] { return Failure{"cannot make " + path + ": " + std::strerror(errno)}; };
  const Place place(path);
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid() || !place.ok()) return failed();
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed();
  // What bind() makes has the mode of the socket that is bound (unix(7) leaves it to the system;
  // Linux does, less the umask).
  if (::fchmod(fd.get(), 0600) != 0) return failed();
  if (::bind(fd.get(), place.get(), sizeof place.address) != 0) return failed();
  if (::listen(fd.get(), kBacklog) != 0) return failed();
  return fd;
}

Result<Fd, int> connect_unix(const std::string& path) {
  const Place place(path);
  if (!place.ok()) return Failure{errno};
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return Failure{errno};
  if (::connect(fd.get(), place.get(), sizeof place.address) != 0) return Failure{errno};
  return fd;
}

}  // namespace muster
