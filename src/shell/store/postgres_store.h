// The durable store of users in a PostgreSQL database (docs/adr/0008), which several servers may
// share, those of a cluster too. What becomes of a group of tasks, and when the world fails:
// postgres_session.h.
//
// A group that writes first locks the accounts that its tasks name, in the order of their
// addresses: what is another server's business at the same moment waits, and no two wait for each
// other. Tasks that have no account in common do not concern each other. What concerns accounts
// that a task cannot name (RemoveAccount, LoadPublications) locks them all.
//
// Fences (docs/adr/0013): a server of a cluster holds the lock of its life from the beginning of
// each transaction that writes until it is over, together with itself alone. Whoever fences that
// life needs the lock to itself: it ends the connections that have it, then waits for it. So a
// transaction has either landed by then, or finds itself fenced, or is no more.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "shell/store/postgres_session.h"
#include "shell/store/sql_fences.h"
#include "shell/store/store_backend.h"

namespace muster {

class PostgresStore : public StoreBackend {
 public:
  using Options = postgres::Database::Options;
  using Company = sql::Company;

  static constexpr Duration kPauseMin = Duration::milliseconds(100);
  static constexpr Duration kPauseMax = Duration::seconds(5);
  // How long the locks of a server of a cluster outlive it where it stops between two statements,
  // if `idle_time_max` is not less: less than others wait for them.
  static constexpr Duration kIdleTimeMax = Duration::seconds(1);

  // Connects, and makes the tables if there are none. The error is one line for the operator.
  static Result<std::unique_ptr<PostgresStore>, std::string> open(Options options,
                                                                  Company company = Company::alone);
  ~PostgresStore() override;

  std::vector<StoreResult> carry_out(const std::vector<StoreTask>& group) override;
  std::string trouble() const override { return session_.trouble(); }

 private:
  struct Prepared;
  class StoreGroup;

  PostgresStore(Options options, Company company);

  postgres::Session session_;
  std::unique_ptr<Prepared> prepared_;
};

}  // namespace muster
