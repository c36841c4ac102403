// A database as the store's requests use it, whichever it is: prepared statements, and their rows.
//
// Errors are sticky: the first one is kept, and from then on statements do nothing and find no
// rows, until it is taken. So a request is written down as if all went well, and whoever carries it
// out asks once, at its end, whether it did. A backend may also leave a request unfinished, and
// carry it out again from its beginning once more is known (postgres.h): until then, too, its
// statements do nothing and find no rows.
//
// Statements are written in what SQLite and PostgreSQL both understand, with parameters as SQLite
// writes them ("?" or "?1"). One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/time.h"
#include "server/store_port.h"

namespace muster::sql {

// What went wrong, as the asker is told it, and as the log is.
struct Trouble {
  StoreFailed::Why why = StoreFailed::Why::broken;
  std::string text;
};

using Blob = std::span<const std::uint8_t>;

// A parameter. Its text and bytes outlive the rows.
struct Null {};
using Value = std::variant<Null, std::int64_t, bool, std::string_view, Blob>;

// What a backend makes of a statement.
class Prepared {
 public:
  Prepared() = default;
  virtual ~Prepared() = default;
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  // Begins its rows, which reset() ends.
  virtual void begin(std::span<const Value> values) = 0;
  // False at the end, and on trouble.
  virtual bool next() = 0;
  virtual void reset() = 0;
  // Carries it out; nobody reads its rows.
  virtual void run(std::span<const Value> values) = 0;

  virtual std::int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;
  virtual Blob blob(int column) const = 0;
  virtual bool is_null(int column) const = 0;
};

class Database {
 public:
  Database() = default;
  virtual ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  bool ok() const { return !trouble_.has_value(); }
  const std::optional<Trouble>& trouble() const { return trouble_; }
  // The trouble is over; statements work again.
  Trouble take_trouble();
  // The database is not what it must be, says who read it.
  void refuse(std::string why);

  virtual std::unique_ptr<Prepared> prepare(const char* statement) = 0;
  // What a SELECT must end in so that nobody else changes its rows before the transaction is over.
  virtual const char* row_lock() const = 0;
  // This request is left unfinished: what it has just read is not known yet.
  virtual bool waits() const { return false; }
  virtual void ask_together(bool) {}  // see Together

 protected:
  // The first counts.
  void fail(Trouble trouble);

 private:
  std::optional<Trouble> trouble_;
};

// As long as this is there, none of the statements whose rows are read depends on what another of
// them found, and none is run whose rows nobody reads: a backend may ask them all at once.
class Together {
 public:
  explicit Together(Database& database) : database_(database) { database_.ask_together(true); }
  ~Together() { database_.ask_together(false); }
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

 private:
  Database& database_;
};

// Rows of a statement that is being carried out, which end when this goes out of scope; views hold
// until next().
class Rows {
 public:
  explicit Rows(Prepared& prepared) : prepared_(prepared) {}
  ~Rows() { prepared_.reset(); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // False at the end, and on trouble.
  bool next() { return prepared_.next(); }

  std::int64_t integer(int column) const { return prepared_.integer(column); }
  std::string_view text(int column) const { return prepared_.text(column); }
  Blob blob(int column) const { return prepared_.blob(column); }
  bool is_null(int column) const { return prepared_.is_null(column); }

 private:
  Prepared& prepared_;
};

// Parsed once, carried out often. Parameters are given in order.
class Statement {
 public:
  Statement(Database& database, const char* text) : prepared_(database.prepare(text)) {}
  Statement(Database& database, const std::string& text) : Statement(database, text.c_str()) {}

  template <class... Values>
  Rows rows(const Values&... values) {
    prepared_->begin(std::array<Value, sizeof...(Values)>{value_of(values)...});
    return Rows(*prepared_);
  }
  template <class... Values>
  void run(const Values&... values) {
    prepared_->run(std::array<Value, sizeof...(Values)>{value_of(values)...});
  }

 private:
  static Value value_of(std::int64_t value) { return value; }
  static Value value_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }
  static Value value_of(std::uint32_t value) { return std::int64_t{value}; }
  static Value value_of(bool value) { return value; }
  static Value value_of(std::string_view value) { return value; }
  static Value value_of(const std::string& value) { return std::string_view(value); }
  static Value value_of(Blob value) { return value; }
  static Value value_of(UnixTime value) { return value.since_epoch().in_microseconds(); }
  template <class T>
  static Value value_of(const std::optional<T>& value) {
    return value ? value_of(*value) : Value(Null{});
  }

  std::unique_ptr<Prepared> prepared_;
};

}  // namespace muster::sql
