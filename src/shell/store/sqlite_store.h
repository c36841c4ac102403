// The durable store in one SQLite file (docs/adr/0003): WAL, synchronous=FULL, one commit for each
// group. Several processes may share the file.
//
// A group that only reads is one read transaction and no flush. Any other takes the write lock;
// each of its writing tasks has a savepoint, so that one which fails does not spoil the others. If
// the group cannot be committed, all that write in it are StoreFailed, and those that read are
// carried out without them: a full disk does not keep anybody from logging in.
//
// When the world fails: full (no space, a quota), busy (another connection holds the lock for
// longer than `busy_time_max`), broken (all else: I/O, corruption, a file that a newer muster made
// or that was moved away). The next group tries again, and works if the cause is gone. The file is
// not opened anew for it: to read its log again could bring to light what a failed flush left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "shell/store/sql_group.h"
#include "shell/store/sqlite.h"
#include "shell/store/store_backend.h"

namespace muster {

class SqliteStore : public StoreBackend {
 public:
  using Options = sqlite::Database::Options;

  // How often a group is begun again without a task that cost it its transaction.
  static constexpr int kGroupAttemptsMax = 4;

  // Opens the file, makes it if there is none. The error is one line for the operator.
  static Result<std::unique_ptr<SqliteStore>, std::string> open(Options options);
  ~SqliteStore() override;

  std::vector<StoreResult> carry_out(const std::vector<StoreTask>& group) override;
  std::string trouble() const override { return trouble_; }

 private:
  struct Connection;
  enum class Attempt : std::uint8_t { committed, begin_again, hopeless };

  SqliteStore(Options options, std::unique_ptr<Connection> connection);
  void begin(sql::Statement& how);
  void write(sql::Group& group);
  Attempt attempt(sql::Group& group);
  void carry_out_one(sql::Group& group, std::size_t place);
  bool read(sql::Group& group, const sql::Trouble* no_writing);
  // The trouble that the database is in, which is then over.
  sql::Trouble take_trouble(bool in_writing);

  Options options_;
  std::unique_ptr<Connection> connection_;
  std::optional<sql::Trouble> met_;  // in this group, the last
  std::string trouble_;
  bool trouble_is_in_writing_ = false;
};

}  // namespace muster
