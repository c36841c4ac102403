#include "shell/store/sqlite_upgrade.h"

#include <chrono>
#include <string>
#include <thread>

#include "shell/clock.h"

namespace muster::sqlite {
namespace {

constexpr const char* kConnection =
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -8192;";

std::int64_t number_of(Database& database, const char* sql) {
  Statement statement(database, sql);
  Rows rows = statement.rows();
  return rows.next() ? rows.integer(0) : 0;
}

// The version of the file, which is ours; or trouble. All is read at one moment: another process
// may be making the file.
std::int64_t version_of(Database& database, const Schema& schema) {
  const bool alone = !database.in_transaction();
  if (alone) database.run("BEGIN");
  const std::int64_t version = number_of(database, "PRAGMA user_version");
  const std::int64_t application = number_of(database, "PRAGMA application_id");
  const std::int64_t tables = number_of(database, "SELECT count(*) FROM sqlite_schema");
  if (alone) database.roll_back();
  if (!database.ok()) return 0;
  const bool empty = version == 0 && application == 0 && tables == 0;
  if (!empty && application != schema.application_id) {
    database.refuse("the file is another program's database");
  } else if (version > schema.version()) {
    database.refuse(schema.other_version(version));
  }
  return version;
}

// Only one connection at a time can turn a file to WAL, and SQLite does not wait for it.
// Or it does, for a reader, as long as for any lock.
void turn_to_wal(Database& database, Duration busy_time_max) {
  constexpr std::chrono::milliseconds kPause(10);
  const Instant until = read_clocks().instant + busy_time_max;
  while (true) {
    {
      Statement statement(database, "PRAGMA journal_mode = WAL");
      Rows rows = statement.rows();
      if (rows.next() && rows.text(0) == "wal") return;
    }
    if (database.ok()) return database.refuse("the file system does not carry a WAL");
    if (database.trouble()->why != StoreFailed::Why::busy) return;
    if (read_clocks().instant >= until) return;
    database.take_trouble();
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

std::string Schema::other_version(std::int64_t found) const {
  return std::string("the file is of ") + (found > version() ? "a newer" : "an older") +
         " muster (its schema is version " + std::to_string(found) + ", this muster's is " +
         std::to_string(version()) + ")";
}

void bring_up(Database& database, const Schema& schema, Duration busy_time_max) {
  version_of(database, schema);
  if (!database.ok()) return;
  turn_to_wal(database, busy_time_max);
  database.run(kConnection);
  if (version_of(database, schema) == schema.version()) return;
  // Another process may be at it too: whoever comes second finds it done.
  database.run("BEGIN IMMEDIATE");
  for (std::int64_t version = version_of(database, schema); version < schema.version(); ++version) {
    if (!database.ok()) break;
    database.run(schema.steps[static_cast<std::size_t>(version)]);
    database.run(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
  }
  database.run(("PRAGMA application_id = " + std::to_string(schema.application_id)).c_str());
  database.run("COMMIT");
  database.roll_back();
}

}  // namespace muster::sqlite
