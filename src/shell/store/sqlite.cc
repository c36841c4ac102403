#include "shell/store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>
#include <variant>

#include "base/overloaded.h"

namespace muster::sqlite {
namespace {

// SQLite counts what it allocates, under a lock, unless told before its first use not to.
void initialize_once() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

StoreFailed::Why why_of(int code, int system_error) {
  switch (code & 0xff) {
    case SQLITE_FULL: return StoreFailed::Why::full;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return StoreFailed::Why::busy;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      // Growing the shared memory or making a file fails so when the disk is full.
      return system_error == ENOSPC || system_error == EDQUOT ? StoreFailed::Why::full
                                                              : StoreFailed::Why::broken;
    default: return StoreFailed::Why::broken;
  }
}

}  // namespace

// --- the connection ------------------------------------------------------------------------------

Database::Database(const Options& options) {
  initialize_once();
  // The mode of a file that SQLite makes would be the umask's. A file that is there is not opened
  // here: closing it would take the locks of this process's other connections with it (fcntl(2)).
  const int made = ::open(options.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made >= 0) {
    ::close(made);
  } else if (errno != EEXIST) {
    const bool full = errno == ENOSPC || errno == EDQUOT;
    fail({full ? StoreFailed::Why::full : StoreFailed::Why::broken, std::strerror(errno)});
    return;
  }
  const int code = sqlite3_open_v2(
      options.path.c_str(), &connection_,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, options.vfs);
  if (code != SQLITE_OK) {
    fail_with(code);
    sqlite3_close(std::exchange(connection_, nullptr));
    return;
  }
  set_busy_time_max(options.busy_time_max);
}

Database::~Database() {
  sqlite3_close(connection_);
}

void Database::set_busy_time_max(Duration time) {
  if (connection_ != nullptr) {
    sqlite3_busy_timeout(connection_, static_cast<int>(time.in_milliseconds()));
  }
}

void Database::run(const char* sql) {
  if (!ok()) return;
  const int code = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail_with(code);
}

bool Database::in_transaction() const {
  return connection_ != nullptr && sqlite3_get_autocommit(connection_) == 0;
}

void Database::roll_back() {
  if (in_transaction()) sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Database::moved() {
  int moved = 0;
  return sqlite3_file_control(connection_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         moved != 0;
}

void Database::fail_with(int code) {
  if (!ok()) return;
  if (connection_ == nullptr) return fail({StoreFailed::Why::broken, sqlite3_errstr(code)});
  fail({why_of(code, sqlite3_system_errno(connection_)),
        std::string(sqlite3_errmsg(connection_)) + " (" + std::to_string(code) + ")"});
}

// --- statements ----------------------------------------------------------------------------------

namespace {

class PreparedStatement final : public sql::Prepared {
 public:
  PreparedStatement(Database& database, const char* text) : database_(database) {
    if (!database.ok()) return;
    const int code =
        sqlite3_prepare_v3(database.raw(), text, -1, SQLITE_PREPARE_PERSISTENT, &raw_, nullptr);
    if (code != SQLITE_OK) database.fail_with(code);
  }
  ~PreparedStatement() override { sqlite3_finalize(raw_); }

  void begin(std::span<const sql::Value> values) override {
    int index = 0;
    for (const sql::Value& value : values)
      bind(++index, value);
  }
  bool next() override {
    if (!database_.ok()) return false;
    const int code = sqlite3_step(raw_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) database_.fail_with(code);
    return false;
  }
  void reset() override { sqlite3_reset(raw_); }
  void run(std::span<const sql::Value> values) override {
    begin(values);
    next();
    reset();
  }

  std::int64_t integer(int column) const override { return sqlite3_column_int64(raw_, column); }
  std::string_view text(int column) const override {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(raw_, column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(raw_, column))};
  }
  sql::Blob blob(int column) const override {
    const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(raw_, column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(raw_, column))};
  }
  bool is_null(int column) const override {
    return sqlite3_column_type(raw_, column) == SQLITE_NULL;
  }

 private:
  void bind(int index, const sql::Value& value) {
    if (raw_ == nullptr) return;
    std::visit(Overloaded{
                   [&](sql::Null) { sqlite3_bind_null(raw_, index); },
                   [&](std::int64_t number) { sqlite3_bind_int64(raw_, index, number); },
                   [&](bool flag) { sqlite3_bind_int(raw_, index, flag ? 1 : 0); },
                   [&](std::string_view text) {
                     const char* bytes = text.data() == nullptr ? "" : text.data();
                     sqlite3_bind_text64(raw_, index, bytes, text.size(), SQLITE_STATIC,
                                         SQLITE_UTF8);
                   },
                   [&](sql::Blob blob) {
                     sqlite3_bind_blob64(raw_, index, blob.data(), blob.size(), SQLITE_STATIC);
                   },
               },
               value);
  }

  Database& database_;
  sqlite3_stmt* raw_ = nullptr;
};

}  // namespace

std::unique_ptr<sql::Prepared> Database::prepare(const char* statement) {
  return std::make_unique<PreparedStatement>(*this, statement);
}

}  // namespace muster::sqlite
