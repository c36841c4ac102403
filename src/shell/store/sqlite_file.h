// A store's file, which several processes may share, and groups of tasks that are carried out on
// it: WAL, one commit for each group, which is flushed to the disk where one of its tasks asks for
// that.
//
// A group that only reads is one read transaction and no flush. Any other takes the write lock;
// each of its writing tasks has a savepoint, so that one which fails does not spoil the others. If
// the group cannot be committed, all that write in it fail, and those that read are carried out
// without them: a full disk does not keep anybody from reading.
//
// When the world fails: full (no space, a quota), busy (another connection holds the lock for
// longer than `busy_time_max`), broken (all else: I/O, corruption, a file that a newer muster made
// or that was moved away). The next group tries again, and works if the cause is gone. The file is
// not opened anew for it: to read its log again could bring to light what a failed flush left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shell/store/sqlite.h"
#include "shell/store/sqlite_upgrade.h"

namespace muster::sqlite {

// A group of tasks on its way, whatever they are, each called by its place.
class Group {
 public:
  explicit Group(std::size_t tasks);
  virtual ~Group() = default;
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // The places of those whose result is still to be found, in order.
  std::vector<std::size_t> open;

  // True if the task cannot write.
  virtual bool only_reads(std::size_t place) const = 0;
  // True if what it wrote is to outlast a power failure; a commit outlasts the death of the process
  // by itself.
  virtual bool is_flushed(std::size_t) const { return true; }
  // A task that only reads, but writes where it finds that it must: it did not, for want of
  // `may_write`, and is carried out again.
  virtual bool must_write(std::size_t) const { return false; }
  // Within a transaction that writes, before all else: where it may not, the database is to be in
  // trouble.
  virtual void begin_writing() {}
  virtual void carry_out(std::size_t place, bool may_write) = 0;
  virtual void fail(std::size_t place, const Trouble& trouble) = 0;
};

class File {
 public:
  // How often a group is begun again without a task that cost it its transaction.
  static constexpr int kGroupAttemptsMax = 4;

  // Opens the file, makes it if there is none. What stands in the way is the database's trouble.
  File(const Database::Options& options, const Schema& schema);

  Database& database() { return *database_; }
  const std::string& path() const { return path_; }

  void carry_out(Group& group);
  // What stands in the way, for the operator; empty if the last group went well.
  const std::string& trouble() const { return trouble_; }

 private:
  enum class Attempt : std::uint8_t { committed, begin_again, hopeless };

  void begin(Statement& how);
  void begin_writing(Group& group);
  void write(Group& group);
  Attempt attempt(Group& group);
  void carry_out_one(Group& group, std::size_t place);
  bool read(Group& group, const Trouble* no_writing);
  // The trouble that the database is in, which is then over.
  Trouble take_trouble(bool in_writing);

  std::string path_;
  Schema schema_;
  std::unique_ptr<Database> database_;
  Statement begin_reading_{*database_, "BEGIN"};
  Statement begin_writing_{*database_, "BEGIN IMMEDIATE"};
  Statement version_{*database_, "PRAGMA user_version"};
  Statement save_{*database_, "SAVEPOINT task"};
  Statement undo_{*database_, "ROLLBACK TO task"};
  Statement release_{*database_, "RELEASE task"};
  Statement commit_{*database_, "COMMIT"};
  bool flushes_ = true;         // what is committed; so it was opened
  std::optional<Trouble> met_;  // in this group, the last
  std::string trouble_;
  bool trouble_is_in_writing_ = false;
};

}  // namespace muster::sqlite
