// The cluster's store in a PostgreSQL database, beside the users (docs/adr/0013), for servers of
// several machines. What becomes of a group of requests, and when the world fails:
// postgres_session.h. All who write do so one after another, each under the same lock; who could
// not have it in time ends the connection of a server that stopped with it when it next writes.
//
// Its time is its own, and written down: it goes on with the clock of the database's machine, but
// by no more than `time_step_max` between two renewals, of whomever. So it stands still while the
// store is away, whatever it was that kept it away, and no lease runs out for it; a clock that is
// set forward costs nobody a lease, one that is set back delays nobody's end. It never begins anew:
// a database that is started again, or whose standby takes over, goes on where it was.
//
// A group has one moment, which is read when nobody else can write: of two writes the later one has
// the later moment. What asks for no lease writes no time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "server/settings.h"
#include "shell/store/cluster_backend.h"
#include "shell/store/postgres_session.h"

namespace muster::cluster {

class PostgresClusterStore : public ClusterBackend {
 public:
  // A lease is renewed in time though the store did not answer once, or another server held it up.
  static constexpr Duration kAnswerTimeMax = Duration::milliseconds(1'000);
  static constexpr Duration kBusyTimeMax = Duration::milliseconds(300);
  static constexpr Duration kIdleTimeMax = Duration::milliseconds(400);
  // Older than this is the transaction of whoever is ended for having the lock: its own server has
  // given it up by then (kAnswerTimeMax), or stands still.
  static constexpr Duration kGivenUpAfter = Duration::milliseconds(1'500);
  // Each server finds a store that is there again before another one minds.
  static constexpr Duration kPause = Duration::milliseconds(100);

  struct Options {
    std::string connection;
    // That of a server which is the last one: its renewals are all that make time go on.
    Duration time_step_max = ClusterSettings().renew_after;
    // For tests, in place of the database's.
    std::function<Duration()> clock = {};
  };

  // Connects, and makes the tables if there are none; it does not wait long for others who make
  // them, as the store of users does. The error is one line for the operator.
  static Result<std::unique_ptr<PostgresClusterStore>, std::string> open(Options options);
  ~PostgresClusterStore() override;

  // If anybody renews a lease there, the SIP URI of whose ends last; else empty. Where somebody has
  // one it takes up to kRenewalsSeenIn to see: more than from one renewal to the next.
  static constexpr Duration kRenewalsSeenIn = Duration::seconds(2);
  static Result<std::string, std::string> who_renews(const std::string& connection);

  std::vector<ClusterReply> carry_out(const std::vector<ClusterRequest>& group) override;
  std::string trouble() const override { return session_.trouble(); }

 private:
  struct Prepared;
  class ClusterGroup;

  explicit PostgresClusterStore(Options options);

  Options options_;
  postgres::Session session_;
  std::unique_ptr<Prepared> prepared_;
};

}  // namespace muster::cluster
