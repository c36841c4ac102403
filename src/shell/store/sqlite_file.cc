#include "shell/store/sqlite_file.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace muster::sqlite {
namespace {

std::unique_ptr<Database> opened(const Database::Options& options, const Schema& schema) {
  auto database = std::make_unique<Database>(options);
  bring_up(*database, schema, options.busy_time_max);
  return database;
}

}  // namespace

Group::Group(std::size_t tasks) : open(tasks) {
  std::iota(open.begin(), open.end(), std::size_t{0});
}

File::File(const Database::Options& options, const Schema& schema)
    : path_(options.path), schema_(schema), database_(opened(options, schema)) {}

Trouble File::take_trouble(bool in_writing) {
  met_ = database_->take_trouble();
  trouble_is_in_writing_ = in_writing;
  return *met_;
}

void File::carry_out(Group& group) {
  met_.reset();
  const bool writes = std::any_of(group.open.begin(), group.open.end(),
                                  [&](std::size_t place) { return !group.only_reads(place); });
  const bool wrote = writes || !read(group, nullptr);
  if (wrote) write(group);
  if (met_) {
    trouble_ = path_ + ": " + met_->text;
  } else if (wrote || !trouble_is_in_writing_) {
    trouble_.clear();
  }
}

// --- groups --------------------------------------------------------------------------------------

void File::begin(Statement& how) {
  if (database_->moved()) return database_->refuse("the file was moved, replaced or removed");
  how.run();
  Rows rows = version_.rows();
  if (!rows.next() || rows.integer(0) == schema_.version()) return;
  database_->refuse(schema_.other_version(rows.integer(0)));
}

// What another connection committed and did not flush is flushed with what this one does.
void File::begin_writing(Group& group) {
  const bool flushes = std::any_of(group.open.begin(), group.open.end(), [&](std::size_t place) {
    return !group.only_reads(place) && group.is_flushed(place);
  });
  if (flushes != flushes_) {
    database_->run(flushes ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    if (database_->ok()) flushes_ = flushes;
  }
  begin(begin_writing_);
  if (database_->ok()) group.begin_writing();
}

// False if a task must write, which only a writing group can. Where that cannot be either,
// `no_writing` says why.
bool File::read(Group& group, const Trouble* no_writing) {
  begin(begin_reading_);
  bool answered = true;
  std::optional<Trouble> lost;  // the transaction, with this
  if (!database_->ok()) lost = take_trouble(false);
  for (const std::size_t place : group.open) {
    if (lost) {
      group.fail(place, *lost);
      continue;
    }
    group.carry_out(place, false);
    if (!database_->ok()) {
      group.fail(place, take_trouble(false));
      if (!database_->in_transaction()) lost = *met_;
    } else if (group.must_write(place)) {
      if (no_writing != nullptr) {
        group.fail(place, *no_writing);
      } else {
        answered = false;
      }
    }
  }
  if (database_->in_transaction()) commit_.run();
  if (!database_->ok()) take_trouble(false);
  database_->roll_back();
  return answered;
}

void File::write(Group& group) {
  for (int i = 0; i < kGroupAttemptsMax; ++i) {
    const Attempt attempted = attempt(group);
    if (attempted == Attempt::committed) return;
    if (attempted == Attempt::hopeless) break;
  }
  const Trouble why = *met_;
  std::erase_if(group.open, [&](std::size_t place) {
    if (group.only_reads(place)) return false;
    group.fail(place, why);
    return true;
  });
  if (!group.open.empty()) read(group, &why);
}

File::Attempt File::attempt(Group& group) {
  begin_writing(group);
  for (auto place = group.open.begin(); place != group.open.end() && database_->ok(); ++place) {
    carry_out_one(group, *place);
    if (!database_->in_transaction()) {
      group.open.erase(place);
      return Attempt::begin_again;
    }
  }
  if (database_->ok()) commit_.run();
  if (database_->ok()) return Attempt::committed;
  take_trouble(true);
  database_->roll_back();
  return Attempt::hopeless;
}

// With its own savepoint. Some errors cost the whole transaction (SQLite's documentation of
// sqlite3_get_autocommit): the caller sees that it is gone.
void File::carry_out_one(Group& group, std::size_t place) {
  const bool writes = !group.only_reads(place);
  if (writes) save_.run();
  group.carry_out(place, true);
  if (writes) release_.run();
  if (database_->ok()) return;
  group.fail(place, take_trouble(true));
  if (!writes || !database_->in_transaction()) return;
  undo_.run();
  release_.run();
  if (database_->ok()) return;
  take_trouble(true);
  database_->roll_back();
}

}  // namespace muster::sqlite
