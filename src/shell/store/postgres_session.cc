#include "shell/store/postgres_session.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include "shell/clock.h"
#include "shell/store/postgres_schema.h"

namespace muster::postgres {
namespace {

constexpr const char* kOfWhom = "PostgreSQL: ";

// serialization_failure, deadlock_detected, unique_violation: the next attempt finds what came
// between.
bool lost_a_race(const std::string& state) {
  return state == "40001" || state == "40P01" || state == "23505";
}

// As many of the first places as do not concern each other: one at least.
std::size_t count_apart(const Group& group, Places places) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto users = group.users_of(places[i]);
    if (!users) return std::max<std::size_t>(i, 1);
    for (const Address* user : *users) {
      if (seen.contains(user->text())) return i;
    }
    for (const Address* user : *users)
      seen.insert(user->text());
  }
  return places.size();
}

}  // namespace

Group::Group(std::size_t tasks) : open(tasks) {
  std::iota(open.begin(), open.end(), std::size_t{0});
}

muster::Result<void, std::string> Session::open() {
  if (const auto unfit = why_unfit(database_.connection())) {
    return Failure{kOfWhom + ("found " + *unfit)};
  }
  database_.connect();
  bring_up(database_);
  database_.parse_statements();
  if (const auto& trouble = database_.trouble()) return Failure{kOfWhom + trouble->text};
  return {};
}

Trouble Session::take_trouble(bool in_writing) {
  met_ = database_.take_trouble();
  trouble_is_in_writing_ = in_writing;
  return *met_;
}

// False if there is no connection, with trouble.
bool Session::ready() {
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
    pause_ = pause_min_;
    return true;
  }
  no_connection_ = database_.trouble()->text;
  connect_not_before_ = read_clocks().instant + pause_;
  pause_ = std::min(pause_ + pause_, pause_max_);
  return false;
}

void Session::carry_out(Group& group) {
  met_.reset();
  try_until_ = read_clocks().instant + database_.answer_time_max() + database_.answer_time_max();
  const bool writes = std::any_of(group.open.begin(), group.open.end(),
                                  [&](std::size_t place) { return !group.only_reads(place); });
  const bool wrote = writes || !read(group, nullptr);
  if (wrote) write(group);
  if (met_) {
    trouble_ = kOfWhom + met_->text;
  } else if (wrote || !trouble_is_in_writing_) {
    trouble_.clear();
  }
}

bool Session::may_try_again() const {
  return read_clocks().instant < try_until_;
}

// --- transactions --------------------------------------------------------------------------------

// The version comes with the first rows of the tasks.
void Session::begin(const char* how) {
  database_.run(how);
  opening_ = {};
  database_.follow(opening_);
  static_cast<void>(version_.rows());
}

void Session::check_version() {
  database_.finish(opening_, [this] {
    sql::Rows rows = version_.rows();
    if (database_.waits()) return;
    if (!rows.next()) return database_.refuse("corrupt: a schema without a version");
    if (rows.integer(0) == kSchemaVersion) return;
    database_.refuse(other_version(rows.integer(0)));
  });
}

// False on trouble, which a task that only reads has by itself.
bool Session::carry_out_together(Group& group, Places places, bool may_write) {
  transcripts_.clear();
  transcripts_.resize(places.size());
  std::vector<std::size_t> open(places.size());
  std::iota(open.begin(), open.end(), std::size_t{0});
  while (!open.empty()) {
    std::vector<std::size_t> waiting;
    for (const std::size_t i : open) {
      const std::size_t place = places[i];
      database_.follow(transcripts_[i]);
      group.carry_out(place, may_write);
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

void Session::write(Group& group) {
  bool apart = false;
  for (int i = 1;; ++i) {
    met_.reset();  // what was mended by beginning again is no trouble
    const Attempt attempted = attempt(group, apart);
    if (attempted == Attempt::committed) return;
    if (attempted == Attempt::hopeless || i == kGroupAttemptsMax || !may_try_again()) break;
    // Where each of them is apart already, it is none of them that is at fault.
    if (attempted == Attempt::begin_apart && std::exchange(apart, true)) break;
  }
  const Trouble why = *met_;
  std::erase_if(group.open, [&](std::size_t place) {
    if (group.only_reads(place)) return false;
    group.fail(place, why);
    return true;
  });
  if (may_try_again()) {
    if (!group.open.empty()) read(group, &why);
  } else {
    for (const std::size_t place : group.open)
      group.fail(place, why);
  }
  met_ = why;
  trouble_is_in_writing_ = true;
}

Session::Attempt Session::attempt(Group& group, bool apart) {
  if (!ready()) return remedy(false);
  begin("BEGIN");
  if (database_.ok()) group.begin_writing();
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
  if (database_.ok()) group.check();
  if (!database_.ok()) return remedy(false);
  database_.commit();
  database_.flush();
  return database_.ok() ? Attempt::committed : remedy(true);
}

// `in_doubt`: COMMIT was sent.
Session::Attempt Session::remedy(bool in_doubt) {
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
bool Session::carry_out_apart(Group& group, std::size_t place) {
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

// False if a task must write, which only a writing group can. Where that cannot be either,
// `no_writing` says why.
bool Session::read(Group& group, const Trouble* no_writing) {
  read_all(group, group.open);
  bool answered = true;
  for (const std::size_t place : group.open) {
    if (!group.must_write(place)) continue;
    answered = false;
    if (no_writing != nullptr) group.fail(place, *no_writing);
  }
  return answered || no_writing != nullptr;
}

// What is broken may be so for one of them: then each is read by itself.
void Session::read_all(Group& group, Places places) {
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
bool Session::attempt_to_read(Group& group, Places places) {
  if (!ready()) return false;
  begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  carry_out_together(group, places, false);
  check_version();
  database_.commit();
  database_.flush();
  return database_.ok();
}

}  // namespace muster::postgres
