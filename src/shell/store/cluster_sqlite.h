// The cluster's store in a SQLite file of its own, which the servers of one machine share. What
// becomes of a group of requests, and when the world fails: sqlite_file.h.
//
// Its time is the machine's: the same for all its processes, it never steps, and begins anew when
// the machine is started, with another boot id. A request's moment is read while it is carried out,
// within its transaction, so that of two writes the later one has the later moment.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "shell/clock.h"
#include "shell/store/cluster_backend.h"
#include "shell/store/cluster_requests.h"
#include "shell/store/sqlite_file.h"

namespace muster::cluster {

class SqliteClusterStore : public ClusterBackend {
 public:
  // How long a request waits for another server's lock, if the file's `busy_time_max` is not less:
  // a lease is renewed in time though it failed once. (Who opens the file has no lease yet.)
  static constexpr Duration kBusyTimeMax = Duration::milliseconds(300);

  struct Options {
    sqlite::Database::Options file;
    std::function<Duration()> clock = read_boot_clock;
    std::string boot_id = read_boot_id();
  };

  // Opens the file, makes it if there is none. The error is one line for the operator.
  static Result<std::unique_ptr<SqliteClusterStore>, std::string> open(Options options);

  std::vector<ClusterReply> carry_out(const std::vector<ClusterRequest>& group) override;
  std::string trouble() const override { return file_.trouble(); }

 private:
  explicit SqliteClusterStore(Options options);

  std::function<Duration()> clock_;
  std::string boot_id_;
  sqlite::File file_;
  Requests requests_{file_.database()};
};

}  // namespace muster::cluster
