#include "shell/store/sqlite_schema.h"

#include <array>
#include <chrono>
#include <string>
#include <thread>

namespace muster::sqlite {
namespace {

// steps[n] leads from version n to n + 1. A step that was ever released is not changed.
//
// The numbers of `policy` and `subscription` are those of enum WatcherPolicy and enum Subscription.
// `version` is what server/store_port.h says of versions; `retired` holds the first one of a new
// account. `groups` are netstrings ("7:Friends,"), `expires` is in microseconds since 1970.
constexpr std::array<const char*, kSchemaVersion> kSteps = {R"sql(
  CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    domain TEXT NOT NULL,
    local TEXT NOT NULL,
    policy INTEGER NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (domain, local)
  ) STRICT;
  CREATE TABLE retired (version INTEGER NOT NULL) STRICT;
  INSERT INTO retired VALUES (0);
  CREATE TABLE credentials (
    account INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    sha256_salt BLOB NOT NULL,
    sha256_iterations INTEGER NOT NULL,
    sha256_stored_key BLOB NOT NULL,
    sha256_server_key BLOB NOT NULL,
    sha1_salt BLOB NOT NULL,
    sha1_iterations INTEGER NOT NULL,
    sha1_stored_key BLOB NOT NULL,
    sha1_server_key BLOB NOT NULL,
    ha1_sha256 BLOB,
    ha1_md5 BLOB
  ) STRICT;
  CREATE TABLE contacts (
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    contact TEXT NOT NULL,
    subscription INTEGER NOT NULL,
    approved INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    groups TEXT NOT NULL,
    request TEXT,
    PRIMARY KEY (account, contact)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX contacts_by_contact ON contacts (contact);
  CREATE TABLE publications (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    etag TEXT NOT NULL,
    expires INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX publications_by_account ON publications (account);
)sql"};

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
std::int64_t version_of(Database& database) {
  const bool alone = !database.in_transaction();
  if (alone) database.run("BEGIN");
  const std::int64_t version = number_of(database, "PRAGMA user_version");
  const std::int64_t application = number_of(database, "PRAGMA application_id");
  const std::int64_t tables = number_of(database, "SELECT count(*) FROM sqlite_schema");
  if (alone) database.roll_back();
  if (!database.ok()) return 0;
  const bool empty = version == 0 && application == 0 && tables == 0;
  if (!empty && application != kApplicationId) {
    database.refuse("the file is another program's database");
  } else if (version > kSchemaVersion) {
    database.refuse(other_version(version));
  }
  return version;
}

// Only one connection at a time can turn a file to WAL, and SQLite does not wait for it.
void turn_to_wal(Database& database, Duration busy_time_max) {
  constexpr auto kPause = std::chrono::milliseconds(10);
  for (std::int64_t waited = 0;; waited += kPause.count()) {
    {
      Statement statement(database, "PRAGMA journal_mode = WAL");
      Rows rows = statement.rows();
      if (rows.next() && rows.text(0) == "wal") return;
    }
    if (database.ok()) return database.refuse("the file system does not carry a WAL");
    if (database.trouble()->why != StoreFailed::Why::busy) return;
    if (waited >= busy_time_max.in_milliseconds()) return;
    database.take_trouble();
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

std::string other_version(std::int64_t version) {
  return std::string("the file is of ") + (version > kSchemaVersion ? "a newer" : "an older") +
         " muster (its schema is version " + std::to_string(version) + ", this muster's is " +
         std::to_string(kSchemaVersion) + ")";
}

void bring_up(Database& database, Duration busy_time_max) {
  version_of(database);
  turn_to_wal(database, busy_time_max);
  database.run(kConnection);
  if (version_of(database) == kSchemaVersion) return;
  // Another process may be at it too: whoever comes second finds it done.
  database.run("BEGIN IMMEDIATE");
  for (std::int64_t version = version_of(database); version < kSchemaVersion; ++version) {
    if (!database.ok()) break;
    database.run(kSteps[static_cast<std::size_t>(version)]);
    database.run(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
  }
  database.run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
  database.run("COMMIT");
  database.roll_back();
}

}  // namespace muster::sqlite
