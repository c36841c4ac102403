// Where a server has what is its own in a data directory: the directory itself if it is alone, else
// servers/ID below it.
//
//   servers.lock        held while a server makes what all of them have
//   servers/ID/lock     held as long as the server of that id runs; says by whom
//   servers/ID/control  its control socket
//
// Limit: kServerIdBytesMax, of an id.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/data/data_directory.h"

namespace muster {

// A label of a host name, for it becomes one (RFC 1123 section 2.1).
inline constexpr std::size_t kServerIdBytesMax = 63;
// Small letters, digits, and "-" between them.
bool is_server_id(std::string_view text);
inline constexpr std::string_view kServerIdForm =
    "a name of at most 63 small letters, digits and \"-\" between them, as s1";

class ServerPlace {
 public:
  // Empty `id`: alone. The error, here and below, is one line for the operator.
  static Result<ServerPlace, std::string> make(const DataDirectory& data, const std::string& id);

  // Held until they are destroyed: no other server has this place, and nobody else the data.
  struct Locks {
    Fd data;
    Fd own;
  };
  Result<Locks, std::string> lock(Duration time_max) const;
  // For what the servers of a cluster make once; nothing to wait for where there is one alone.
  Result<Fd, std::string> lock_what_is_shared(Duration time_max) const;

  bool is_alone() const { return id_.empty(); }
  std::string control() const { return path_ + "/control"; }

 private:
  ServerPlace(DataDirectory data, std::string id, std::string path)
      : data_(std::move(data)), id_(std::move(id)), path_(std::move(path)) {}

  DataDirectory data_;
  std::string id_;
  std::string path_;
};

// The control sockets of all servers that run or ran on these data, by id; first that of one that
// is alone.
std::vector<std::string> control_sockets(const DataDirectory& data);

}  // namespace muster
