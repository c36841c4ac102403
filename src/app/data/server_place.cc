#include "app/data/server_place.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/ascii.h"

namespace muster {

bool is_server_id(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
  return !text.empty() && text.size() <= kServerIdBytesMax && text.front() != '-' &&
         text.back() != '-' && std::all_of(text.begin(), text.end(), fits);
}

Result<ServerPlace, std::string> ServerPlace::make(const DataDirectory& data,
                                                   const std::string& id) {
  if (id.empty()) return ServerPlace(data, id, data.path());
  std::string path = data.path();
  for (const std::string& below : {std::string("servers"), id}) {
    path += "/" + below;
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return Failure{"cannot make " + path + ": " + std::strerror(errno)};
    }
  }
  return ServerPlace(data, id, path);
}

Result<ServerPlace::Locks, std::string> ServerPlace::lock(Duration time_max) const {
  Locks locks;
  auto data = is_alone() ? data_.lock("musterd", time_max) : data_.share_lock(time_max);
  if (!data) return Failure{std::move(data.error())};
  locks.data = std::move(*data);
  if (is_alone()) return locks;
  auto own =
      lock_file(path_ + "/lock", "server " + id_ + " of " + data_.path(), "musterd", time_max);
  if (!own) return Failure{std::move(own.error())};
  locks.own = std::move(*own);
  return locks;
}

Result<Fd, std::string> ServerPlace::lock_what_is_shared(Duration time_max) const {
  if (is_alone()) return Fd();
  return lock_file(data_.path() + "/servers.lock", data_.path(), "musterd", time_max);
}

std::vector<std::string> control_sockets(const DataDirectory& data) {
  std::vector<std::string> below;
  std::error_code error;
  for (std::filesystem::directory_iterator it(data.path() + "/servers", error), end;
       !error && it != end; it.increment(error)) {
    below.push_back(it->path() / "control");
  }
  std::sort(below.begin(), below.end());
  below.insert(below.begin(), data.control());
  return below;
}

}  // namespace muster
