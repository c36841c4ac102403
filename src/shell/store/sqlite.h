// SQLite as the store uses it: a connection, its prepared statements, its errors.
// Sources: sqlite.org/c3ref, sqlite.org/rescode.html. One thread at a time.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "shell/store/sql.h"

struct sqlite3;

namespace muster::sqlite {

using sql::Rows;
using sql::Statement;
using sql::Trouble;

class Database final : public sql::Database {
 public:
  struct Options {
    std::string path;
    // How long a statement waits for another connection's lock; then it is `busy`.
    Duration busy_time_max = Duration::seconds(2);
    // The name of a registered VFS; the tests have one that fails. Null: SQLite's own.
    const char* vfs = nullptr;
  };

  // Opens the file, or makes it with mode 0600; its WAL and shared memory take after it.
  explicit Database(const Options& options);
  ~Database() override;

  std::unique_ptr<sql::Prepared> prepare(const char* statement) override;
  // None: a transaction that writes has the file to itself.
  const char* row_lock() const override { return ""; }

  void set_busy_time_max(Duration time);

  // Statements without parameters, whose rows nobody reads.
  void run(const char* sql);
  // False once an error made SQLite roll the transaction back, or none was begun.
  bool in_transaction() const;
  // Ends the transaction, trouble or not, and keeps the trouble.
  void roll_back();

  // True if the path no longer leads to the file that is open.
  bool moved();
  // A result code that is no success.
  void fail_with(int code);

  sqlite3* raw() { return connection_; }

 private:
  sqlite3* connection_ = nullptr;
};

}  // namespace muster::sqlite
