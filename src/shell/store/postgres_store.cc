#include "shell/store/postgres_store.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/overloaded.h"
#include "shell/store/postgres_statement.h"
#include "shell/store/sql_group.h"

namespace muster {

using sql::Trouble;

// The lock of a life has two numbers, "must" in ASCII and one of the life's, which another far from
// it may share: then one waits for the other in vain, and that is all.
struct PostgresStore::Prepared {
  Prepared(postgres::Database& database, Company company)
      : requests(database),
        fences(database, company),
        lock(database,
             "SELECT id FROM accounts WHERE (domain, local) IN"
             " (SELECT * FROM unnest(?::text[], ?::text[]))"
             " ORDER BY domain, local FOR NO KEY UPDATE"),
        live(
            database,
            "SELECT pg_advisory_xact_lock_shared(x'6d757374'::int, (?::bigint % 2147483648)::int)"),
        cut_off(database,
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                " AND classid = x'6d757374'::bigint::oid AND objsubid = 2"
                " AND objid = (?::bigint % 2147483648)::oid"
                " AND granted AND mode = 'ShareLock' AND pid <> pg_backend_pid()"),
        end(database,
            "SELECT pg_advisory_xact_lock(x'6d757374'::int, (?::bigint % 2147483648)::int)") {}

  sql::Requests requests;
  sql::Fences fences;
  sql::Statement lock;
  sql::Statement live;
  sql::Statement cut_off;
  sql::Statement end;
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
                          // Of lives, not of accounts.
                          [](const ActAs&) { return Concerned{}; },
                          [](const FenceLife&) { return Concerned{}; },
                          [](const LoadSecret&) { return Concerned{}; },
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

using Name = std::pair<std::string_view, std::string_view>;
Name name_of(const Address& account) {
  return {account.domain(), account.local()};
}

}  // namespace

class PostgresStore::StoreGroup final : public postgres::Group {
 public:
  StoreGroup(const std::vector<StoreTask>& all, postgres::Database& database, Prepared& prepared)
      : Group(all.size()), tasks(all), database_(database), prepared_(prepared) {
    prepared_.fences.act_as(all);
  }

  bool only_reads(std::size_t place) const override { return tasks.only_reads(place); }
  bool must_write(std::size_t place) const override { return tasks.wants_account(place); }
  std::optional<std::vector<const Address*>> users_of(std::size_t place) const override {
    Concerned concerned = concerned_by(tasks.all[place]);
    if (concerned.all) return std::nullopt;
    return std::move(concerned.accounts);
  }
  void begin_writing() override;
  void check() override;
  void carry_out(std::size_t place, bool may_write) override {
    tasks.carry_out(place, prepared_.requests, prepared_.fences, may_write);
  }
  void fail(std::size_t place, const Trouble& trouble) override { tasks.fail(place, trouble); }

  sql::TasksOfGroup tasks;

 private:
  void lock_lives();
  void lock_accounts();

  postgres::Database& database_;
  Prepared& prepared_;
  postgres::Database::Transcript fence_;
};

// The lives first: who is fenced may wait for an account that this group has.
void PostgresStore::StoreGroup::begin_writing() {
  lock_lives();
  if (database_.ok()) lock_accounts();
}

// Whether it is fenced is known with the first rows of the tasks.
void PostgresStore::StoreGroup::lock_lives() {
  sql::Fences& fences = prepared_.fences;
  postgres::Database::Transcript unread;
  database_.follow(unread);
  if (fences.life() != cluster::Incarnation()) prepared_.live.run(fences.life().number());
  std::set<cluster::Incarnation> fenced;
  for (const std::size_t place : open) {
    const auto* request = std::get_if<ServerRequest>(&tasks.all[place]);
    const auto* fence = request == nullptr ? nullptr : std::get_if<FenceLife>(request);
    if (fence != nullptr) fenced.insert(fence->life);
  }
  for (const cluster::Incarnation life : fenced) {
    prepared_.cut_off.run(life.number());
    prepared_.end.run(life.number());
  }
  fence_ = {};
  database_.follow(fence_);
  fences.check();
}

void PostgresStore::StoreGroup::check() {
  database_.finish(fence_, [this] { prepared_.fences.check(); });
}

void PostgresStore::StoreGroup::lock_accounts() {
  std::set<Name> names;
  for (const std::size_t place : open) {
    const Concerned concerned = concerned_by(tasks.all[place]);
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
  prepared_.lock.run(std::string_view(postgres::array_of(domains)),
                     std::string_view(postgres::array_of(locals)));
}

PostgresStore::PostgresStore(Options options, Company company)
    : session_({std::move(options), kPauseMin, kPauseMax}),
      prepared_(std::make_unique<Prepared>(session_.database(), company)) {}
PostgresStore::~PostgresStore() = default;

Result<std::unique_ptr<PostgresStore>, std::string> PostgresStore::open(Options options,
                                                                        Company company) {
  if (company == Company::one_of_many) {
    options.idle_time_max = std::min(options.idle_time_max, kIdleTimeMax);
  }
  std::unique_ptr<PostgresStore> store(new PostgresStore(std::move(options), company));
  if (const auto opened = store->session_.open(); !opened) return Failure{opened.error()};
  return store;
}

std::vector<StoreResult> PostgresStore::carry_out(const std::vector<StoreTask>& tasks) {
  StoreGroup group(tasks, session_.database(), *prepared_);
  session_.carry_out(group);
  return std::move(group.tasks.results);
}

}  // namespace muster
