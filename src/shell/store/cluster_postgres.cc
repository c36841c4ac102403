#include "shell/store/cluster_postgres.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "shell/clock.h"
#include "shell/store/cluster_requests.h"

namespace muster::cluster {
namespace {

using sql::Trouble;
using Store = PostgresClusterStore;

constexpr int kLookAgainMilliseconds = 50;

static_assert(Store::kBusyTimeMax < ClusterSettings().renew_after);
static_assert(Store::kIdleTimeMax < ClusterSettings().renew_after);
static_assert(Store::kAnswerTimeMax < Store::kGivenUpAfter);
static_assert(Store::kAnswerTimeMax + ClusterSettings().renew_after < ClusterSettings().lease_time);

postgres::Database::Options database_options(std::string connection) {
  postgres::Database::Options options;
  options.connection = std::move(connection);
  options.connect_time_max = Duration::seconds(2);
  options.busy_time_max = Store::kBusyTimeMax;
  options.answer_time_max = Store::kAnswerTimeMax;
  options.idle_time_max = Store::kIdleTimeMax;
  return options;
}

bool asks_for_lease(const ClusterRequest& request) {
  return std::holds_alternative<TakeLease>(request) || std::holds_alternative<RenewLease>(request);
}

// The users that a request concerns, where it concerns nothing but theirs and reads no more of the
// servers than others that do the same leave as it is.
std::optional<std::vector<const Address*>> users_alone(const ClusterRequest& request) {
  std::optional<std::vector<const Address*>> users;
  const auto take = [&](const std::vector<Address>& named) {
    users.emplace();
    for (const Address& user : named)
      users->push_back(&user);
  };
  std::visit(Overloaded{
                 [&](const FindOwners& find) { take(find.users); },
                 [&](const ReleaseUsers& release) { take(release.users); },
                 [&](const AssignUsers& assign) {
                   users.emplace();
                   for (const AssignUsers::One& one : assign.users)
                     users->push_back(&one.user);
                 },
                 [](const auto&) {},
             },
             request);
  return users;
}

}  // namespace

// The lock is "musc" in ASCII, and no row's: to lock a row is to write it. Who has it is cut off
// only where the database waits for it, which is not so while it waits for its standbys: to end
// that would show what is not on them yet. (It looks, then ends: between both is a moment.)
struct PostgresClusterStore::Prepared {
  explicit Prepared(sql::Database& database)
      : requests(database),
        cut_off(database,
                "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                " AND classid = 0 AND objid = x'6d757363'::bigint::oid AND objsubid = 1 AND granted"
                " AND wait_event_type = 'Client'"
                " AND xact_start < clock_timestamp() - ?::bigint * interval '1 microsecond'"),
        lock(database, "SELECT pg_advisory_xact_lock(x'6d757363'::bigint)"),
        now(database,
            "SELECT store_time + least(greatest(machine.clock - cluster.clock, 0), ?1::bigint),"
            " machine.clock FROM cluster, (SELECT coalesce(?2::bigint,"
            " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS clock) AS machine"),
        set_time(database, "UPDATE cluster SET store_time = ?, clock = ?") {}

  Requests requests;
  sql::Statement cut_off;
  sql::Statement lock;
  sql::Statement now;
  sql::Statement set_time;
  bool held_up = false;  // who last wanted the lock: somebody else may have had it
};

class PostgresClusterStore::ClusterGroup final : public postgres::Group {
 public:
  ClusterGroup(const std::vector<ClusterRequest>& tasks, postgres::Database& database,
               Prepared& prepared, const Options& options)
      : Group(tasks.size()),
        replies(tasks.size()),
        tasks_(tasks),
        database_(database),
        prepared_(prepared),
        options_(options) {}

  std::vector<ClusterReply> replies;

  bool only_reads(std::size_t place) const override { return Requests::only_reads(tasks_[place]); }
  std::optional<std::vector<const Address*>> users_of(std::size_t place) const override {
    return users_alone(tasks_[place]);
  }
  void begin_writing() override;
  void carry_out(std::size_t place, bool) override {
    replies[place] = prepared_.requests.carry_out(now_, tasks_[place]);
  }
  void fail(std::size_t place, const Trouble& trouble) override {
    if (trouble.why == StoreFailed::Why::busy) prepared_.held_up = true;
    replies[place] = StoreFailed{trouble.why};
  }

 private:
  const std::vector<ClusterRequest>& tasks_;
  postgres::Database& database_;
  Prepared& prepared_;
  const Options& options_;
  StoreTime now_;
};

// The clock is read by a statement of its own, which begins when the lock is there.
void PostgresClusterStore::ClusterGroup::begin_writing() {
  std::optional<std::int64_t> clock;
  if (options_.clock) clock = options_.clock().in_microseconds();
  const bool was_held_up = std::exchange(prepared_.held_up, false);
  postgres::Database::Transcript found;
  database_.finish(found, [&] {
    if (was_held_up) prepared_.cut_off.run(Store::kGivenUpAfter.in_microseconds());
    prepared_.lock.run();
    sql::Rows rows = prepared_.now.rows(options_.time_step_max.in_microseconds(), clock);
    if (database_.waits()) return;
    if (!rows.next()) return database_.refuse("corrupt: no row of the cluster");
    now_.since_boot = Duration::microseconds(rows.integer(0));
    if (std::any_of(tasks_.begin(), tasks_.end(), asks_for_lease)) {
      prepared_.set_time.run(rows.integer(0), rows.integer(1));
    }
  });
}

PostgresClusterStore::PostgresClusterStore(Options options)
    : options_(std::move(options)),
      session_({database_options(options_.connection), kPause, kPause}),
      prepared_(std::make_unique<Prepared>(session_.database())) {}
PostgresClusterStore::~PostgresClusterStore() = default;

Result<std::unique_ptr<PostgresClusterStore>, std::string> PostgresClusterStore::open(
    Options options) {
  std::unique_ptr<PostgresClusterStore> store(new PostgresClusterStore(std::move(options)));
  if (const auto opened = store->session_.open(); !opened) return Failure{opened.error()};
  return store;
}

Result<std::string, std::string> PostgresClusterStore::who_renews(const std::string& connection) {
  if (const auto unfit = postgres::why_unfit(connection)) {
    return Failure{"PostgreSQL: found " + *unfit};
  }
  postgres::Database database(database_options(connection));
  database.connect();
  const auto ask = [&](const std::string& statement) {
    database.begin_attempt();
    return database.cell(statement);
  };
  std::string who;
  if (ask("SELECT to_regclass('muster.cluster') IS NULL") == "f") {
    who = ask("SELECT svr_id FROM servers WHERE role <> " +
              std::to_string(static_cast<int>(Role::gone)) + " ORDER BY lease_end DESC LIMIT 1");
  }
  bool renews = false;
  if (!who.empty()) {
    const std::string before = ask("SELECT clock FROM cluster");
    const Instant until = read_clocks().instant + kRenewalsSeenIn;
    while (!renews && database.ok() && read_clocks().instant < until) {
      ::poll(nullptr, 0, kLookAgainMilliseconds);
      renews = ask("SELECT clock FROM cluster") != before;
    }
  }
  if (const auto& trouble = database.trouble()) return Failure{"PostgreSQL: " + trouble->text};
  return renews ? who : std::string();
}

std::vector<ClusterReply> PostgresClusterStore::carry_out(
    const std::vector<ClusterRequest>& tasks) {
  ClusterGroup group(tasks, session_.database(), *prepared_, options_);
  session_.carry_out(group);
  return std::move(group.replies);
}

}  // namespace muster::cluster
