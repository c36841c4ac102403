#include "shell/record/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "shell/fd.h"

namespace muster {

Result<MappedFile, std::string> MappedFile::open(const std::string& path) {
  const auto failed = [] { return Failure{std::string(std::strerror(errno))}; };
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat is {};
  if (!fd.valid() || ::fstat(fd.get(), &is) != 0) return failed();
  if (!S_ISREG(is.st_mode)) return Failure{std::string("this is no file")};
  const auto size = static_cast<std::size_t>(is.st_size);
  if (size == 0) return MappedFile(nullptr, 0);
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (at == MAP_FAILED) return failed();
  return MappedFile(at, size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : at_(std::exchange(other.at_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
  if (at_ != nullptr) ::munmap(at_, size_);
}

}  // namespace muster
