// SQLite as the store uses it: a connection, prepared statements, rows.
//
// Errors are sticky: the first one is kept, and from then on statements do nothing and find no
// rows, until it is taken. So a request is written down as if all went well, and whoever carries it
// out asks once, at its end, whether it did.
//
// Sources: sqlite.org/c3ref, sqlite.org/rescode.html. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "server/store_port.h"

struct sqlite3;
struct sqlite3_stmt;

namespace muster::sqlite {

// What went wrong, as the asker is told it, and as the log is.
struct Trouble {
  StoreFailed::Why why = StoreFailed::Why::broken;
  std::string text;
};

class Database {
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
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  bool ok() const { return !trouble_.has_value(); }
  const std::optional<Trouble>& trouble() const { return trouble_; }
  // The trouble is over; statements work again.
  Trouble take_trouble();

  // Statements without parameters, whose rows nobody reads.
  void run(const char* sql);
  // False once an error made SQLite roll the transaction back, or none was begun.
  bool in_transaction() const;
  // Ends the transaction, trouble or not, and keeps the trouble.
  void roll_back();

  // True if the path no longer leads to the file that is open.
  bool moved();
  // The file is not what it must be, says who read it.
  void refuse(std::string why);
  // A result code that is no success.
  void fail(int code);

  sqlite3* raw() { return connection_; }

 private:
  sqlite3* connection_ = nullptr;
  std::optional<Trouble> trouble_;
};

using Blob = std::span<const std::uint8_t>;

// Rows of a statement that is being carried out. It is reset when this goes out of scope; views
// hold until next().
class Rows {
 public:
  Rows(Database& database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // False at the end, and on trouble.
  bool next();

  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  Blob blob(int column) const;
  bool is_null(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* statement_;
};

// Parsed once, carried out often. Parameters are bound in order and must outlive the rows.
class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  Rows rows(const Values&... values) {
    [[maybe_unused]] int index = 0;
    (bind(++index, values), ...);
    return Rows(database_, statement_);
  }
  template <class... Values>
  void run(const Values&... values) {
    rows(values...).next();
  }

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::uint32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, bool value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::string_view value);
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, Blob value);
  void bind(int index, std::nullopt_t);
  void bind(int index, UnixTime value) { bind(index, value.since_epoch().in_microseconds()); }
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind(index, std::nullopt);
    }
  }

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace muster::sqlite
