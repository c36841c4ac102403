#include "shell/store/sqlite_store.h"

#include <algorithm>
#include <utility>

#include "shell/store/sql_group.h"
#include "shell/store/sqlite_schema.h"

namespace muster {

using sql::Group;
using sql::Trouble;

// An open file, and what is prepared on it.
struct SqliteStore::Connection {
  explicit Connection(std::unique_ptr<sqlite::Database> opened) : database(std::move(opened)) {}

  std::unique_ptr<sqlite::Database> database;
  sql::Requests requests{*database};
  sql::Statement begin_reading{*database, "BEGIN"};
  sql::Statement begin_writing{*database, "BEGIN IMMEDIATE"};
  sql::Statement version{*database, "PRAGMA user_version"};
  sql::Statement save{*database, "SAVEPOINT task"};
  sql::Statement undo{*database, "ROLLBACK TO task"};
  sql::Statement release{*database, "RELEASE task"};
  sql::Statement commit{*database, "COMMIT"};
};

SqliteStore::SqliteStore(Options options, std::unique_ptr<Connection> connection)
    : options_(std::move(options)), connection_(std::move(connection)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>, std::string> SqliteStore::open(Options options) {
  auto database = std::make_unique<sqlite::Database>(options);
  sqlite::bring_up(*database, options.busy_time_max);
  auto connection = std::make_unique<Connection>(std::move(database));
  if (const auto& trouble = connection->database->trouble()) {
    return Failure{options.path + ": " + trouble->text};
  }
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(options), std::move(connection)));
}

Trouble SqliteStore::take_trouble(bool in_writing) {
  met_ = connection_->database->take_trouble();
  trouble_is_in_writing_ = in_writing;
  return *met_;
}

std::vector<StoreResult> SqliteStore::carry_out(const std::vector<StoreTask>& tasks) {
  Group group(tasks);
  met_.reset();
  const bool writes = std::any_of(group.open.begin(), group.open.end(),
                                  [&](std::size_t place) { return !group.only_reads(place); });
  const bool wrote = writes || !read(group, nullptr);
  if (wrote) write(group);
  if (met_) {
    trouble_ = options_.path + ": " + met_->text;
  } else if (wrote || !trouble_is_in_writing_) {
    trouble_.clear();
  }
  return std::move(group.results);
}

// --- groups --------------------------------------------------------------------------------------

void SqliteStore::begin(sql::Statement& how) {
  sqlite::Database& database = *connection_->database;
  if (database.moved()) return database.refuse("the file was moved, replaced or removed");
  how.run();
  sql::Rows rows = connection_->version.rows();
  if (!rows.next() || rows.integer(0) == sqlite::kSchemaVersion) return;
  database.refuse(sqlite::other_version(rows.integer(0)));
}

// False if an account is to be made, which only a writing group can. Where that cannot be either,
// `no_writing` says why.
bool SqliteStore::read(Group& group, const Trouble* no_writing) {
  sqlite::Database& database = *connection_->database;
  begin(connection_->begin_reading);
  bool answered = true;
  std::optional<Trouble> lost;  // the transaction, with this
  if (!database.ok()) lost = take_trouble(false);
  for (const std::size_t place : group.open) {
    if (lost) {
      group.fail(place, *lost);
      continue;
    }
    group.results[place] = connection_->requests.carry_out(group.tasks[place], false);
    if (!database.ok()) {
      group.fail(place, take_trouble(false));
      if (!database.in_transaction()) lost = *met_;
    } else if (group.wants_account(place)) {
      if (no_writing != nullptr) {
        group.fail(place, *no_writing);
      } else {
        answered = false;
      }
    }
  }
  if (database.in_transaction()) connection_->commit.run();
  if (!database.ok()) take_trouble(false);
  database.roll_back();
  return answered;
}

void SqliteStore::write(Group& group) {
  for (int i = 0; i < kGroupAttemptsMax; ++i) {
    const Attempt attempted = attempt(group);
    if (attempted == Attempt::committed) return;
    if (attempted == Attempt::hopeless) break;
  }
  const Trouble why = *met_;
  group.fail_writers(why);
  if (!group.open.empty()) read(group, &why);
}

SqliteStore::Attempt SqliteStore::attempt(Group& group) {
  sqlite::Database& database = *connection_->database;
  begin(connection_->begin_writing);
  for (auto place = group.open.begin(); place != group.open.end() && database.ok(); ++place) {
    carry_out_one(group, *place);
    if (!database.in_transaction()) {
      group.open.erase(place);
      return Attempt::begin_again;
    }
  }
  if (database.ok()) connection_->commit.run();
  if (database.ok()) return Attempt::committed;
  take_trouble(true);
  database.roll_back();
  return Attempt::hopeless;
}

// With its own savepoint. Some errors cost the whole transaction (SQLite's documentation of
// sqlite3_get_autocommit): the caller sees that it is gone.
void SqliteStore::carry_out_one(Group& group, std::size_t place) {
  sqlite::Database& database = *connection_->database;
  const bool writes = !group.only_reads(place);
  if (writes) connection_->save.run();
  group.results[place] = connection_->requests.carry_out(group.tasks[place], true);
  if (writes) connection_->release.run();
  if (database.ok()) return;
  group.fail(place, take_trouble(true));
  if (!writes || !database.in_transaction()) return;
  connection_->undo.run();
  connection_->release.run();
  if (database.ok()) return;
  take_trouble(true);
  database.roll_back();
}

}  // namespace muster
