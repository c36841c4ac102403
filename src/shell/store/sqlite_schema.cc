#include "shell/store/sqlite_schema.h"

#include <array>

namespace muster::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x6d757374;  // "must"

// The numbers of `policy` and `subscription` are those of enum WatcherPolicy and enum Subscription.
// `version` is what server/store_port.h says of versions; `retired` holds the first one of a new
// account. `groups` are netstrings ("7:Friends,"), `expires` is in microseconds since 1970.
// `fenced` has each server's life that was fenced: a row for each crash, and it is needed as long
// as a process of that time could still be there. `secret` has one row; SQLite's random bytes come
// of a generator that it seeds from the system's.
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
)sql",
                                                            R"sql(
  CREATE TABLE fenced (life INTEGER PRIMARY KEY) STRICT;
)sql",
                                                            R"sql(
  CREATE TABLE secret (bytes BLOB NOT NULL) STRICT;
  INSERT INTO secret VALUES (randomblob(32));
)sql"};

}  // namespace

Schema store_schema() {
  return {kApplicationId, kSteps};
}

}  // namespace muster::sqlite
