// The folder that a service keeps all it has in. One process at a time works on it: a server, or,
// where none runs, `muster`; who holds the lock may. The servers of a cluster hold it together, and
// have each a place of its own below (server_place.h).
//
//   muster.db     the database (and its -wal and -shm)
//   lock          held as long as somebody works on it; says who
//   control       the control socket of the server that runs alone
//   cluster.db    what the servers of a cluster agree on, if there is one, and not in PostgreSQL
//   cluster.key   by which those of `musterd dev` know one another
//   servers/      the places of the servers of a cluster; servers.lock (server_place.h)
//   service.json  what the last server said of itself, for `muster` (ServiceDescription)
//   postgres      how the last server reached PostgreSQL, or empty if it used muster.db
//   tls.pem       the certificate that `musterd dev` made
//
// The folder is the owner's alone: one that others may read or change is refused.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "shell/control/control_requests.h"
#include "shell/fd.h"

namespace muster {

// How long a server waits for the lock at its start: a `muster` may hold it for a moment.
inline constexpr Duration kLockTimeMax = Duration::seconds(5);

// Waits for whoever holds the lock of `file`, and says that `what` is in use, and by whom, if it
// does so to the end. `who` is what others are told, with this process's number.
Result<Fd, std::string> lock_file(const std::string& file, const std::string& what,
                                  const std::string& who, Duration time_max);

class DataDirectory {
 public:
  // Makes it, with mode 0700, if it is not there. The error, here and below, is one line for the
  // operator.
  static Result<DataDirectory, std::string> make(const std::string& given);
  static Result<DataDirectory, std::string> find(const std::string& given);
  // A new one, below $TMPDIR or /tmp.
  static Result<DataDirectory, std::string> make_temporary();

  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/muster.db"; }
  std::string cluster_database() const { return path_ + "/cluster.db"; }
  std::string control() const { return path_ + "/control"; }

  // Held until the descriptor is closed; nothing if somebody else holds it. `who` is what others
  // are told: "musterd".
  Result<std::optional<Fd>, std::string> try_lock(const std::string& who) const;
  // The same; waits for whoever holds it, and says who did to the end.
  Result<Fd, std::string> lock(const std::string& who, Duration time_max) const;
  // Held together with others who call this, and nobody else.
  Result<Fd, std::string> share_lock(Duration time_max) const;
  // "musterd (process 1234)", as far as it is known.
  std::string holder() const;

  // `postgres`: a connection string, or empty. Both are said, or neither.
  Result<void, std::string> describe(const ServiceDescription& service,
                                     const std::string& postgres) const;
  Result<ServiceDescription, std::string> description() const;
  // Empty too where no server said anything; an error where what it said cannot be read.
  Result<std::string, std::string> postgres() const;

  // The folder and all that is in it.
  void remove() const;

 private:
  explicit DataDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace muster
