// The durable store in a PostgreSQL database (docs/adr/0008), which several servers may share.
//
// A group that only reads is one read-only transaction, of one snapshot. Any other is one READ
// COMMITTED transaction which first locks the accounts that its tasks name, in the order of their
// addresses: what is another server's business at the same moment waits, and no two wait for each
// other. Tasks that have no account in common are on their way together (postgres.h); one that
// follows another on the same account waits for it. What concerns accounts that a task cannot name
// (RemoveAccount, LoadPublications) locks them all.
//
// A transaction that lost a race all the same (serialization, deadlock, an account that both made)
// is begun again. If a task fails by itself, the group is begun again with a savepoint for each of
// them, so that it does not spoil the others. If the group cannot be committed, all that write in
// it are StoreFailed, and those that read are carried out without them.
//
// A connection that is lost before COMMIT was sent has done nothing: it is made anew, and the group
// begun again. Lost behind it, nobody knows: all that write are StoreFailed, and may have been
// done. While no connection can be made all are StoreFailed{broken} at once, and one is tried at
// kPauseMin after the last attempt, then at twice that, up to kPauseMax.
//
// It does not fence (server/cluster_port.h), so it is not the store of a cluster's servers: each
// ServerRequest is StoreFailed.
//
// An attempt takes `answer_time_max` (and what it takes to connect), and nothing is tried again
// once a group has taken twice that: a database that hangs, or trickles, holds a group up for that
// long, and for one attempt more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "shell/store/postgres.h"
#include "shell/store/sql_group.h"
#include "shell/store/store_backend.h"

namespace muster {

class PostgresStore : public StoreBackend {
 public:
  using Options = postgres::Database::Options;

  // How often a group is begun again.
  static constexpr int kGroupAttemptsMax = 5;
  static constexpr Duration kPauseMin = Duration::milliseconds(100);
  static constexpr Duration kPauseMax = Duration::seconds(5);

  // Connects, and makes the tables if there are none. The error is one line for the operator.
  static Result<std::unique_ptr<PostgresStore>, std::string> open(Options options);
  ~PostgresStore() override;

  std::vector<StoreResult> carry_out(const std::vector<StoreTask>& group) override;
  std::string trouble() const override { return trouble_; }

 private:
  struct Prepared;
  using Places = std::span<const std::size_t>;
  enum class Attempt : std::uint8_t { committed, begin_again, begin_apart, hopeless };

  explicit PostgresStore(Options options);
  bool ready();
  bool may_try_again() const;
  void begin(const char* how);
  void check_version();
  void lock(const sql::Group& group);
  void write(sql::Group& group);
  Attempt attempt(sql::Group& group, bool apart);
  Attempt remedy(bool in_doubt);
  bool read(sql::Group& group, const sql::Trouble* no_writing);
  void read_all(sql::Group& group, Places places);
  bool attempt_to_read(sql::Group& group, Places places);
  bool carry_out_together(sql::Group& group, Places places, bool may_write);
  bool carry_out_apart(sql::Group& group, std::size_t place);
  // The trouble that the database is in, which is then over.
  sql::Trouble take_trouble(bool in_writing);

  postgres::Database database_;
  std::unique_ptr<Prepared> prepared_;
  std::vector<postgres::Database::Transcript> transcripts_;
  postgres::Database::Transcript opening_;
  Instant try_until_;  // the group that is being carried out
  Instant connect_not_before_;
  Duration pause_ = kPauseMin;
  std::string no_connection_;        // why
  std::optional<sql::Trouble> met_;  // in this group, the last
  std::string trouble_;
  bool trouble_is_in_writing_ = false;
};

}  // namespace muster
