// A store's connection to PostgreSQL (docs/adr/0008), and groups of tasks that are carried out over
// it.
//
// A group that only reads is one read-only transaction, of one snapshot. Any other is one READ
// COMMITTED transaction, which the group begins by locking what its tasks concern. Tasks that do
// not concern each other are on their way together (postgres.h); one that follows another on the
// same matter waits for it.
//
// A transaction that lost a race all the same (serialization, deadlock, a row that both made) is
// begun again. If a task fails by itself, the group is begun again with a savepoint for each of
// them, so that it does not spoil the others. If the group cannot be committed, all that write in
// it are StoreFailed, and those that read are carried out without them.
//
// A connection that is lost before COMMIT was sent has done nothing: it is made anew, and the group
// begun again. Lost behind it, nobody knows: all that write are StoreFailed, and may have been
// done. While no connection can be made all are StoreFailed{broken} at once, and one is tried at
// `pause_min` after the last attempt, then at twice that, up to `pause_max`.
//
// An attempt takes `answer_time_max` (and what it takes to connect), and nothing is tried again
// once a group has taken twice that: a database that hangs, or trickles, holds a group up for that
// long, and for one attempt more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/address.h"
#include "shell/store/postgres.h"

namespace muster::postgres {

using sql::Trouble;
using Places = std::span<const std::size_t>;

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
  // A task that only reads, but writes where it finds that it must: it did not, for want of
  // `may_write`, and is carried out again.
  virtual bool must_write(std::size_t) const { return false; }
  // The users whom a task concerns, if it concerns nothing but them: others that concern none of
  // these may be carried out together with it.
  virtual std::optional<std::vector<const Address*>> users_of(std::size_t place) const = 0;

  // Within a transaction that writes, before all else: takes its locks. Where it may not write at
  // all, the database is to be in trouble, here or when it is asked once more, before COMMIT.
  virtual void begin_writing() = 0;
  virtual void check() {}
  virtual void carry_out(std::size_t place, bool may_write) = 0;
  virtual void fail(std::size_t place, const Trouble& trouble) = 0;
};

class Session {
 public:
  // How often a group is begun again.
  static constexpr int kGroupAttemptsMax = 5;

  struct Options {
    Database::Options database;
    Duration pause_min;
    Duration pause_max;
  };
  explicit Session(Options options)
      : database_(std::move(options.database)),
        pause_min_(options.pause_min),
        pause_max_(options.pause_max),
        pause_(options.pause_min) {}

  // What is prepared with it is prepared before open(), and destroyed before this.
  Database& database() { return database_; }
  // Connects, and makes the tables if there are none. The error is one line for the operator.
  muster::Result<void, std::string> open();

  void carry_out(Group& group);
  // What stands in the way, for the operator; empty if the last group went well.
  const std::string& trouble() const { return trouble_; }

 private:
  enum class Attempt : std::uint8_t { committed, begin_again, begin_apart, hopeless };

  bool ready();
  bool may_try_again() const;
  void begin(const char* how);
  void check_version();
  void write(Group& group);
  Attempt attempt(Group& group, bool apart);
  Attempt remedy(bool in_doubt);
  bool read(Group& group, const Trouble* no_writing);
  void read_all(Group& group, Places places);
  bool attempt_to_read(Group& group, Places places);
  bool carry_out_together(Group& group, Places places, bool may_write);
  bool carry_out_apart(Group& group, std::size_t place);
  // The trouble that the database is in, which is then over.
  Trouble take_trouble(bool in_writing);

  Database database_;
  Duration pause_min_;
  Duration pause_max_;
  sql::Statement version_{database_, "SELECT version FROM schema_version"};
  std::vector<Database::Transcript> transcripts_;
  Database::Transcript opening_;
  Instant try_until_;  // the group that is being carried out
  Instant connect_not_before_;
  Duration pause_;
  std::string no_connection_;   // why
  std::optional<Trouble> met_;  // in this group, the last
  std::string trouble_;
  bool trouble_is_in_writing_ = false;
};

}  // namespace muster::postgres
