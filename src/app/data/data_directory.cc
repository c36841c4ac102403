#include "app/data/data_directory.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "shell/clock.h"
#include "shell/control/control_wire.h"

namespace muster {
namespace {

constexpr int kPauseMilliseconds = 20;

// As every program sees it, wherever it runs; without the slash that may be at its end, before
// which there is no last name to make.
std::string whole(const std::string& path) {
  const std::filesystem::path normal = std::filesystem::absolute(path).lexically_normal();
  return (normal.has_filename() ? normal : normal.parent_path()).string();
}

// Why others than its owner come to it, or nothing.
std::optional<std::string> why_unfit_folder(const std::string& path) {
  struct stat folder {};
  if (::stat(path.c_str(), &folder) != 0) return path + ": " + std::strerror(errno);
  if (!S_ISDIR(folder.st_mode)) return path + " is no folder";
  if ((folder.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return path + " is open to others than its owner: chmod 0700 " + path;
  }
  return std::nullopt;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// --- locks ---------------------------------------------------------------------------------------

struct Lock {
  std::string file;
  int operation = LOCK_EX;
  std::string who;  // for people, who find it in the file
};

std::string told_of(const std::string& who) {
  return who + " (process " + std::to_string(::getpid()) + ")";
}

std::string holder_of(const std::string& file) {
  std::string text = content_of(file);
  text.erase(std::min(text.find('\n'), text.size()));
  return text.empty() ? "another process" : text;
}

Result<std::optional<Fd>, std::string> try_lock(const Lock& lock) {
  Fd fd(::open(lock.file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.valid()) return Failure{lock.file + ": " + std::strerror(errno)};
  if (::flock(fd.get(), lock.operation | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::optional<Fd>();
    return Failure{lock.file + ": " + std::strerror(errno)};
  }
  const std::string text = lock.who + "\n";
  // Only for people: it may fail.
  if (::ftruncate(fd.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(fd.get(), text.data(), text.size(), 0);
  }
  return std::optional<Fd>(std::move(fd));
}

Result<Fd, std::string> wait_for_lock(const Lock& lock, const std::string& what,
                                      Duration time_max) {
  const Instant until = read_clocks().instant + time_max;
  while (true) {
    auto locked = try_lock(lock);
    if (!locked) return Failure{std::move(locked.error())};
    if (*locked) return std::move(**locked);
    if (read_clocks().instant >= until) {
      return Failure{what + " is in use by " + holder_of(lock.file)};
    }
    ::poll(nullptr, 0, kPauseMilliseconds);
  }
}

// --- files ---------------------------------------------------------------------------------------

// Beside its place, into which put_in_place() brings it, in one piece.
bool write_anew(const std::string& path, const std::string& text) {
  const Fd file(::open((path + ".new").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) return false;
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  return written == static_cast<ssize_t>(text.size()) && ::fsync(file.get()) == 0;
}

bool put_in_place(const std::string& path) {
  return std::rename((path + ".new").c_str(), path.c_str()) == 0;
}

}  // namespace

Result<DataDirectory, std::string> DataDirectory::make(const std::string& given) {
  const std::string path = whole(given);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Failure{"cannot make " + path + ": " + std::strerror(errno)};
  }
  return find(path);
}

Result<DataDirectory, std::string> DataDirectory::find(const std::string& given) {
  const std::string path = whole(given);
  if (auto why = why_unfit_folder(path)) return Failure{std::move(*why)};
  return DataDirectory(path);
}

Result<DataDirectory, std::string> DataDirectory::make_temporary() {
  const char* below = std::getenv("TMPDIR");
  std::string path =
      std::string(below != nullptr && *below != '\0' ? below : "/tmp") + "/musterd-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return Failure{"cannot make " + path + ": " + std::strerror(errno)};
  }
  return DataDirectory(path);
}

Result<Fd, std::string> lock_file(const std::string& file, const std::string& what,
                                  const std::string& who, Duration time_max) {
  return wait_for_lock({file, LOCK_EX, told_of(who)}, what, time_max);
}

Result<std::optional<Fd>, std::string> DataDirectory::try_lock(const std::string& who) const {
  return muster::try_lock({path_ + "/lock", LOCK_EX, told_of(who)});
}

Result<Fd, std::string> DataDirectory::lock(const std::string& who, Duration time_max) const {
  return wait_for_lock({path_ + "/lock", LOCK_EX, told_of(who)}, path_, time_max);
}

// Who came last may end first, so nobody is named.
Result<Fd, std::string> DataDirectory::share_lock(Duration time_max) const {
  return wait_for_lock({path_ + "/lock", LOCK_SH, "servers of a cluster"}, path_, time_max);
}

std::string DataDirectory::holder() const {
  return holder_of(path_ + "/lock");
}

Result<void, std::string> DataDirectory::describe(const ServiceDescription& service,
                                                  const std::string& postgres) const {
  // What a full disk refuses, it refuses before anything is in its place.
  const std::string said = path_ + "/service.json";
  const std::string reached = path_ + "/postgres";
  if (write_anew(said, to_json(ControlReply(service)) + "\n") && write_anew(reached, postgres) &&
      put_in_place(said) && put_in_place(reached)) {
    return {};
  }
  return Failure{"cannot write " + said + " and " + reached + ": " + std::strerror(errno)};
}

Result<std::string, std::string> DataDirectory::postgres() const {
  const std::string path = path_ + "/postgres";
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() && errno == ENOENT) return std::string();
  std::string text;
  std::array<char, 4096> bytes;
  ssize_t count = -1;
  while (file.valid() && (count = ::read(file.get(), bytes.data(), bytes.size())) > 0)
    text.append(bytes.data(), static_cast<std::size_t>(count));
  if (count < 0) return Failure{path + ": " + std::strerror(errno)};
  return text;
}

Result<ServiceDescription, std::string> DataDirectory::description() const {
  const std::string path = path_ + "/service.json";
  std::string text = content_of(path);
  const auto reply = parse_control_reply(text);
  const auto* service = reply ? std::get_if<ServiceDescription>(&*reply) : nullptr;
  if (service != nullptr) return *service;
  return Failure{"no server has kept its data in " + path_ +
                 " yet: start musterd there first, or name the service by --config"};
}

void DataDirectory::remove() const {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

}  // namespace muster
