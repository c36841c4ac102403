#include "app/config/file_rights.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "shell/fd.h"

namespace muster {
namespace {

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

}  // namespace

std::optional<std::string> why_unfit(const std::string& path, Holds what) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat file {};
  if (!fd.valid() || ::fstat(fd.get(), &file) != 0) {
    return std::string("cannot be read: ") + std::strerror(errno);
  }
  if (!S_ISREG(file.st_mode)) return "is no regular file";
  const std::string mode = " (its mode is " + octal(file.st_mode) + "; chmod 0600, or 0640 with a";
  if ((file.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "may be changed by others than its owner" + mode + " group that only reads)";
  }
  if (what == Holds::key && (file.st_mode & S_IROTH) != 0) {
    return "may be read by everybody" + mode + " group of its own)";
  }
  return std::nullopt;
}

}  // namespace muster
