#include "shell/store/postgres_store.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/overloaded.h"
#include "shell/clock.h"
#include "shell/store/postgres_schema.h"
#include "shell/store/postgres_statement.h"

namespace muster {

using sql::Group;
using sql::Trouble;

struct PostgresStore::Prepared {
  explicit Prepared(postgres::Database& database)
      : requests(database),
        version(database, "SELECT version FROM schema_version"),
        lock(database,
             "SELECT id FROM accounts WHERE (domain, local) IN"
             " (SELECT * FROM unnest(?::text[], ?::text[]))"
             " ORDER BY domain, local FOR NO KEY UPDATE") {}

  sql::Requests requests;
  sql::Statement version;
  sql::Statement lock;
};

namespace {

// The accounts that a task reads or changes.
struct Concerned {
  std::vector<const Address*> accounts;
  bool all = false;         // those that it cannot name
  bool only_reads = false;  // ... and of all
};

Concerned concerned_by(const StoreTask& task) {
  const auto by = [](const auto& request) {
    return std::visit(Overloaded{
                          // See the header.
                          [](const ActAs&) { return Concerned{}; },
                          [](const FenceLife&) { return Concerned{}; },
                          [](const LoadPublications&) {
                            return Concerned{{}, true};
                          },
                          [](const RemoveAccount&) {
                            return Concerned{{}, true};
                          },
                          [](const ListAccounts&) {
                            return Concerned{{}, true, true};
                          },
                          [](const RemoveRosterItem& r) {
                            return Concerned{{&r.account, &r.contact}};
                          },
                          [](const ChangeSubscription& r) {
                            return Concerned{{&r.actor, &r.peer}};
                          },
                          [](const AskToWatch& r) {
                            return Concerned{{&r.watcher, &r.presentity}};
                          },
                          [](const auto& r) { return Concerned{{&r.account}}; },
                      },
                      request);
  };
  return std::visit(by, task);
}

// serialization_failure, deadlock_detected, unique_violation: the next attempt finds what came
// between.
bool lost_a_race(const std::string& state) {
  return state == "40001" || state == "40P01" || state == "23505";
}

using Name = std::pair<std::string_view, std::string_view>;
Name name_of(const Address& account) {
  return {account.domain(), account.local()};
}

// As many of the first places as have no account in common.
std::size_t count_apart(const Group& group, std::span<const std::size_t> places) {
  std::set<Name> seen;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Concerned concerned = concerned_by(group.tasks[places[i]]);
    if (concerned.all) return std::max<std::size_t>(i, 1);
    for (const Address* account : concerned.accounts) {
      if (seen.contains(name_of(*account))) return i;
    }
    for (const Address* account : concerned.accounts)
      seen.insert(name_of(*account));
  }
  return places.size();
}

}  // namespace

PostgresStore::PostgresStore(Options options)
    : database_(std::move(options)), prepared_(std::make_unique<Prepared>(database_)) {}
PostgresStore::~PostgresStore() = default;

Result<std::unique_ptr<PostgresStore>, std::string> PostgresStore::open(Options options) {
  if (const auto unfit = postgres::why_unfit(options.connection)) {
    return Failure{"PostgreSQL: found " + *unfit};
  }
  std::unique_ptr<PostgresStore> store(new PostgresStore(std::move(options)));
  postgres::Database& database = store->database_;
  database.connect();
  postgres::bring_up(database);
  database.parse_statements();
  if (const auto& trouble = database.trouble()) return Failure{"PostgreSQL: " + trouble->text};
  return store;
}

Trouble PostgresStore::take_trouble(bool in_writing) {
  met_ = database_.take_trouble();
  trouble_is_in_writing_ = in_writing;
  return *met_;
}

// False if there is no connection, with trouble.
bool PostgresStore::ready() {
  if (database_.connected()) {
    database_.begin_attempt();
    return true;
  }
  if (read_clocks().instant < connect_not_before_) {
    database_.refuse(no_connection_);
    return false;
  }
  database_.connect();
  database_.parse_statements();
  if (database_.ok()) {
    pause_ = kPauseMin;
    return true;
  }
  no_connection_ = database_.trouble()->text;
  connect_not_before_ = read_clocks().instant + pause_;
  pause_ = std::min(pause_ + pause_, kPauseMax);
  return false;
}

std::vector<StoreResult> PostgresStore::carry_out(const std::vector<StoreTask>& tasks) {
  Group group(tasks);
  met_.reset();
  try_until_ = read_clocks().instant + database_.answer_time_max() + database_.answer_time_max();
  const bool writes = std::any_of(group.open.begin(), group.open.end(),
                                  [&](std::size_t place) { return !group.only_reads(place); });
  const bool wrote = writes || !read(group, nullptr);
  if (wrote) write(group);
  if (met_) {
    trouble_ = "PostgreSQL: " + met_->text;
  } else if (wrote || !trouble_is_in_writing_) {
    trouble_.clear();
  }
  return std::move(group.results);
}

bool PostgresStore::may_try_again() const {
  return read_clocks().instant < try_until_;
}

// --- transactions --------------------------------------------------------------------------------

// The version comes with the first rows of the tasks.
void PostgresStore::begin(const char* how) {
  database_.run(how);
  opening_ = {};
  database_.follow(opening_);
  static_cast<void>(prepared_->version.rows());
}

void PostgresStore::check_version() {
  if (!database_.ok()) return;
  database_.follow(opening_);
  sql::Rows rows = prepared_->version.rows();
  if (database_.waits()) return;
  if (!rows.next()) return database_.refuse("corrupt: a schema without a version");
  if (rows.integer(0) == postgres::kSchemaVersion) return;
  database_.refuse(postgres::other_version(rows.integer(0)));
}

void PostgresStore::lock(const Group& group) {
  std::set<Name> names;
  for (const std::size_t place : group.open) {
    const Concerned concerned = concerned_by(group.tasks[place]);
    if (concerned.all && !concerned.only_reads) {
      // EXCLUSIVE: others read, and that is all.
      return database_.run("LOCK TABLE accounts IN EXCLUSIVE MODE");
    }
    for (const Address* account : concerned.accounts)
      names.insert(name_of(*account));
  }
  std::vector<std::string_view> domains;
  std::vector<std::string_view> locals;
  for (const auto& [domain, local] : names) {
    domains.push_back(domain);
    locals.push_back(local);
  }
  postgres::Database::Transcript unread;
  database_.follow(unread);
  prepared_->lock.run(std::string_view(postgres::array_of(domains)),
                      std::string_view(postgres::array_of(locals)));
}

// False on trouble, which a task that only reads has by itself.
bool PostgresStore::carry_out_together(Group& group, Places places, bool may_write) {
  transcripts_.clear();
  transcripts_.resize(places.size());
  std::vector<std::size_t> open(places.size());
  std::iota(open.begin(), open.end(), std::size_t{0});
  while (!open.empty()) {
    std::vector<std::size_t> waiting;
    for (const std::size_t i : open) {
      const std::size_t place = places[i];
      database_.follow(transcripts_[i]);
      group.results[place] = prepared_->requests.carry_out(group.tasks[place], may_write);
      if (database_.waits()) {
        waiting.push_back(i);
      } else if (!database_.ok()) {
        if (may_write || !database_.connected()) return false;
        group.fail(place, take_trouble(false));
      }
    }
    if (!database_.ok()) return false;
    if (!waiting.empty()) database_.flush();
    if (!database_.ok()) return false;
    open = std::move(waiting);
  }
  return true;
}

// --- groups that write ---------------------------------------------------------------------------

void PostgresStore::write(Group& group) {
  bool apart = false;
  for (int i = 1;; ++i) {
    met_.reset();  // what was mended by beginning again is no trouble
    const Attempt attempted = attempt(group, apart);
    if (attempted == Attempt::committed) return;
    if (attempted == Attempt::hopeless || i == kGroupAttemptsMax || !may_try_again()) break;
    if (attempted == Attempt::begin_apart) apart = true;
  }
  const Trouble why = *met_;
  group.fail_writers(why);
  if (may_try_again()) {
    if (!group.open.empty()) read(group, &why);
  } else {
    for (const std::size_t place : group.open)
      group.fail(place, why);
  }
  met_ = why;
  trouble_is_in_writing_ = true;
}

PostgresStore::Attempt PostgresStore::attempt(Group& group, bool apart) {
  if (!ready()) return remedy(false);
  begin("BEGIN");
  lock(group);
  for (Places left = group.open; !left.empty() && database_.ok();) {
    const std::size_t count = apart ? 1 : count_apart(group, left);
    if (apart) {
      carry_out_apart(group, left.front());
    } else {
      carry_out_together(group, left.first(count), true);
    }
    left = left.subspan(count);
  }
  check_version();
  if (!database_.ok()) return remedy(false);
  database_.commit();
  database_.flush();
  return database_.ok() ? Attempt::committed : remedy(true);
}

// `in_doubt`: COMMIT was sent.
PostgresStore::Attempt PostgresStore::remedy(bool in_doubt) {
  const bool connected = database_.connected();
  const std::string state = database_.state();
  const bool was_tried = !connected && read_clocks().instant < connect_not_before_;
  const Trouble trouble = take_trouble(true);
  database_.roll_back();
  if (!database_.ok()) take_trouble(true);
  if (!connected) return in_doubt || was_tried ? Attempt::hopeless : Attempt::begin_again;
  if (lost_a_race(state)) return Attempt::begin_again;
  // read_only_sql_transaction: it is no longer the primary. The next connection finds who is.
  if (state == "25006") database_.disconnect();
  const bool of_all = state == "25006" || trouble.why != StoreFailed::Why::broken;
  return of_all ? Attempt::hopeless : Attempt::begin_apart;
}

// With its own savepoint. False if it cost the transaction.
bool PostgresStore::carry_out_apart(Group& group, std::size_t place) {
  database_.run("SAVEPOINT task");
  carry_out_together(group, {&place, 1}, true);
  database_.run("RELEASE task");
  database_.flush();
  if (database_.ok()) return true;
  if (!database_.connected() || lost_a_race(database_.state())) return false;
  if (database_.trouble()->why != StoreFailed::Why::broken) return false;
  group.fail(place, take_trouble(true));
  database_.run("ROLLBACK TO task");
  database_.run("RELEASE task");
  database_.flush();
  return database_.ok();
}

// --- groups that read ----------------------------------------------------------------------------

// False if an account is to be made, which only a writing group can. Where that cannot be either,
// `no_writing` says why.
bool PostgresStore::read(Group& group, const Trouble* no_writing) {
  read_all(group, group.open);
  bool answered = true;
  for (const std::size_t place : group.open) {
    if (!group.wants_account(place)) continue;
    answered = false;
    if (no_writing != nullptr) group.fail(place, *no_writing);
  }
  return answered || no_writing != nullptr;
}

// What is broken may be so for one of them: then each is read by itself.
void PostgresStore::read_all(Group& group, Places places) {
  for (int i = 1;; ++i) {
    const bool was_connected = database_.connected();
    if (attempt_to_read(group, places)) return;
    const bool lost = was_connected && !database_.connected();
    take_trouble(false);
    database_.roll_back();
    if (!database_.ok()) take_trouble(false);
    if (!lost || i == kGroupAttemptsMax || !may_try_again()) break;
    met_.reset();
  }
  const Trouble why = *met_;
  const bool apart = places.size() > 1 && why.why == StoreFailed::Why::broken;
  for (const std::size_t place : places) {
    if (apart && database_.connected() && may_try_again()) {
      read_all(group, {&place, 1});
    } else {
      group.fail(place, why);
    }
  }
}

// False on trouble.
bool PostgresStore::attempt_to_read(Group& group, Places places) {
  if (!ready()) return false;
  begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  carry_out_together(group, places, false);
  check_version();
  database_.commit();
  database_.flush();
  return database_.ok();
}

}  // namespace muster
