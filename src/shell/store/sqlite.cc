#include "shell/store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/check.h"

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
    trouble_ =
        Trouble{full ? StoreFailed::Why::full : StoreFailed::Why::broken, std::strerror(errno)};
    return;
  }
  const int code = sqlite3_open_v2(
      options.path.c_str(), &connection_,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, options.vfs);
  if (code != SQLITE_OK) {
    fail(code);
    sqlite3_close(std::exchange(connection_, nullptr));
    return;
  }
  sqlite3_busy_timeout(connection_, static_cast<int>(options.busy_time_max.in_milliseconds()));
}

Database::~Database() {
  sqlite3_close(connection_);
}

Trouble Database::take_trouble() {
  MUSTER_CHECK(trouble_.has_value());
  return *std::exchange(trouble_, std::nullopt);
}

void Database::run(const char* sql) {
  if (!ok()) return;
  const int code = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
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

void Database::refuse(std::string why) {
  if (ok()) trouble_ = Trouble{StoreFailed::Why::broken, std::move(why)};
}

void Database::fail(int code) {
  if (!ok()) return;
  if (connection_ == nullptr) {
    trouble_ = Trouble{StoreFailed::Why::broken, sqlite3_errstr(code)};
    return;
  }
  trouble_ = Trouble{why_of(code, sqlite3_system_errno(connection_)),
                     std::string(sqlite3_errmsg(connection_)) + " (" + std::to_string(code) + ")"};
}

// --- rows ----------------------------------------------------------------------------------------

Rows::~Rows() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

bool Rows::next() {
  if (!database_.ok()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

std::int64_t Rows::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Rows::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Blob Rows::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Rows::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

// --- statements ----------------------------------------------------------------------------------

Statement::Statement(Database& database, const char* sql) : database_(database) {
  if (!database.ok()) return;
  const int code =
      sqlite3_prepare_v3(database.raw(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) database.fail(code);
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::bind(int index, std::int64_t value) {
  if (statement_ != nullptr) sqlite3_bind_int64(statement_, index, value);
}

void Statement::bind(int index, std::string_view value) {
  if (statement_ == nullptr) return;
  const char* bytes = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_text64(statement_, index, bytes, value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int index, Blob value) {
  if (statement_ != nullptr) {
    sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_STATIC);
  }
}

void Statement::bind(int index, std::nullopt_t) {
  if (statement_ != nullptr) sqlite3_bind_null(statement_, index);
}

}  // namespace muster::sqlite
