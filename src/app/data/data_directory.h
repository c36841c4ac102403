// The folder that a service keeps all it has in. One process at a time works on it: a server, or,
// where none runs, `muster`; who holds the lock may.
//
//   muster.db     the database (and its -wal and -shm)
//   lock          held as long as somebody works on it; says who
//   control       the control socket of the server that runs
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
  std::string control() const { return path_ + "/control"; }

  // Held until the descriptor is closed; nothing if somebody else holds it. `who` is what others
  // are told: "musterd".
  Result<std::optional<Fd>, std::string> try_lock(const std::string& who) const;
  // The same; waits for whoever holds it, and says who did to the end.
  Result<Fd, std::string> lock(const std::string& who, Duration time_max) const;
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
