#include "shell/store/postgres_schema.h"

#include <array>
#include <span>
#include <string>

#include "base/ascii.h"

namespace muster::postgres {
namespace {

// What the columns mean, sqlite_schema.cc says. Addresses are text in the order of their bytes;
// what others wrote is bytea, for text holds no NUL.
constexpr const char* kFirst[] = {
    "CREATE TABLE schema_version (version bigint NOT NULL)",
    "INSERT INTO schema_version VALUES (0)",
    R"sql(CREATE TABLE accounts (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      domain text COLLATE "C" NOT NULL,
      local text COLLATE "C" NOT NULL,
      policy bigint NOT NULL,
      version bigint NOT NULL,
      UNIQUE (domain, local)
    ))sql",
    "CREATE TABLE retired (version bigint NOT NULL)",
    "INSERT INTO retired VALUES (0)",
    R"sql(CREATE TABLE credentials (
      account bigint PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
      sha256_salt bytea NOT NULL,
      sha256_iterations bigint NOT NULL,
      sha256_stored_key bytea NOT NULL,
      sha256_server_key bytea NOT NULL,
      sha1_salt bytea NOT NULL,
      sha1_iterations bigint NOT NULL,
      sha1_stored_key bytea NOT NULL,
      sha1_server_key bytea NOT NULL,
      ha1_sha256 bytea,
      ha1_md5 bytea
    ))sql",
    R"sql(CREATE TABLE contacts (
      account bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
      contact text COLLATE "C" NOT NULL,
      subscription bigint NOT NULL,
      approved boolean NOT NULL,
      listed boolean NOT NULL,
      version bigint NOT NULL,
      name bytea NOT NULL,
      groups bytea NOT NULL,
      request bytea,
      PRIMARY KEY (account, contact)
    ))sql",
    "CREATE INDEX contacts_by_contact ON contacts (contact)",
    R"sql(CREATE TABLE publications (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      account bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
      etag bytea NOT NULL,
      expires bigint NOT NULL,
      document bytea NOT NULL
    ))sql",
    "CREATE INDEX publications_by_account ON publications (account)",
};

// What the servers of a cluster agree on (cluster_schema.cc), and which of their lives are fenced.
// A lease ends at `lease_end` of the store's time, which never begins anew: `boot` is empty. It was
// `store_time` when the clock of the database's machine was at `clock`, both in microseconds.
constexpr const char* kSecond[] = {
    "CREATE TABLE fenced (life bigint PRIMARY KEY)",
    R"sql(CREATE TABLE cluster (
      newest bigint NOT NULL,
      epoch bigint NOT NULL,
      main bigint NOT NULL,
      store_time bigint NOT NULL,
      clock bigint NOT NULL
    ))sql",
    "INSERT INTO cluster VALUES (0, 0, 0, 0, 0)",
    R"sql(CREATE TABLE servers (
      incarnation bigint PRIMARY KEY,
      svr_id text COLLATE "C" NOT NULL,
      link text NOT NULL,
      sip text,
      xmpp text,
      wss text,
      max_level bigint,
      role bigint NOT NULL,
      boot text NOT NULL,
      lease_end bigint NOT NULL
    ))sql",
    R"sql(CREATE TABLE assignments (
      user_id text COLLATE "C" PRIMARY KEY,
      owner bigint NOT NULL
    ))sql",
};

// Each of these numbers has 122 random bits, of the database's strong source.
constexpr const char* kThird[] = {
    "CREATE TABLE secret (bytes bytea NOT NULL)",
    "INSERT INTO secret SELECT sha256(convert_to("
    "gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))",
};

// steps[n] leads from version n to n + 1. A step that was ever released is not changed.
constexpr std::array<std::span<const char* const>, kSchemaVersion> kSteps = {kFirst, kSecond,
                                                                             kThird};

// Held until the transaction is over: "must" in ASCII.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(x'6d757374'::int)";

// 0 if there is none; or trouble.
std::int64_t version_of(Database& database) {
  if (database.cell("SELECT to_regclass('muster.schema_version') IS NULL") != "f") return 0;
  const auto version =
      parse_number<std::int64_t>(database.cell("SELECT version FROM schema_version"));
  if (!database.ok()) return 0;
  if (!version) {
    database.refuse("corrupt: a schema without a version");
  } else if (*version > kSchemaVersion) {
    database.refuse(other_version(*version));
  }
  return version.value_or(0);
}

}  // namespace

std::string other_version(std::int64_t version) {
  return std::string("the database is of ") + (version > kSchemaVersion ? "a newer" : "an older") +
         " muster (its schema is version " + std::to_string(version) + ", this muster's is " +
         std::to_string(kSchemaVersion) + ")";
}

void bring_up(Database& database) {
  if (version_of(database) == kSchemaVersion) return;
  database.run("BEGIN");
  database.run(kLock);
  if (database.cell("SELECT to_regnamespace('muster') IS NULL") == "t") {
    database.run("CREATE SCHEMA muster");
  }
  for (std::int64_t version = version_of(database); version < kSchemaVersion; ++version) {
    if (!database.ok()) break;
    for (const char* statement : kSteps[static_cast<std::size_t>(version)])
      database.run(statement);
    database.run("UPDATE schema_version SET version = " + std::to_string(version + 1));
  }
  database.commit();
  database.flush();
  if (!database.ok()) database.roll_back();
}

}  // namespace muster::postgres
