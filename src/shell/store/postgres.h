// PostgreSQL as the store uses it: a connection in pipeline mode, its prepared statements, its
// errors.
//
// Nothing waits for rows. A statement whose rows somebody reads is sent, and its request is left
// unfinished: it `waits`. What many requests have sent is on its way together, and flush() brings
// all that they found. Then each is carried out again from its beginning, its statements finding at
// once what its transcript has of them, and comes one further. A statement whose rows nobody reads
// makes nobody wait. So a group of requests takes as many round trips as the longest of them.
//
// Time limits: connecting to one address takes `connect_time_max` (unless the connection string has
// a connect_timeout; resolving a name takes what the resolver takes), a lock `busy_time_max`, and
// all that is asked from begin_attempt() to the next `answer_time_max`, however it trickles: then
// the connection is given up. After any of these the requests are in doubt: the caller decides.
//
// Sources: PostgreSQL 15 manual, chapters 34.1 (conninfo), 34.5 (pipeline), appendix A (SQLSTATE).
// One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "shell/store/sql.h"

struct pg_conn;
struct pg_result;

namespace muster::postgres {

// What this is, where it is no connection string, or none that may stand in a configuration file:
// a password may not. One line, without the string.
std::optional<std::string> why_unfit(const std::string& connection);

struct Clear {
  void operator()(pg_result* result) const;
};
using Result = std::unique_ptr<pg_result, Clear>;

class PreparedStatement;

class Database final : public sql::Database {
 public:
  struct Options {
    std::string connection;  // conninfo of libpq
    Duration connect_time_max = Duration::seconds(3);
    Duration busy_time_max = Duration::seconds(2);
    Duration answer_time_max = Duration::seconds(10);
    // How long the database waits for the next statement of a transaction: then it ends it, and the
    // connection.
    Duration idle_time_max = Duration::seconds(10);
  };
  // What the statements of a request have found, in their order.
  struct Transcript {
    std::vector<Result> found;
    std::size_t next = 0;
  };

  explicit Database(Options options) : options_(std::move(options)) {}
  ~Database() override;

  const std::string& connection() const { return options_.connection; }
  Duration answer_time_max() const { return options_.answer_time_max; }

  // --- the connection: that there is none is no trouble, that none can be made is

  bool connected() const { return connection_ != nullptr; }
  void connect();
  void disconnect();
  // All that follows is to be answered in `answer_time_max`. connect() is an attempt too, from when
  // there is a connection.
  void begin_attempt();
  // Parses what was prepared; after each connect().
  void parse_statements();

  // --- statements

  // For parse_statements(); destroyed before this is.
  std::unique_ptr<sql::Prepared> prepare(const char* statement) override;
  const char* row_lock() const override { return " FOR NO KEY UPDATE"; }

  // The statements that follow are those of this request, from its beginning. It stays where it is
  // until the next flush().
  void follow(Transcript& transcript);
  bool waits() const override { return waits_; }
  // Carries out one request alone, until it waits no more.
  template <class Request>
  void finish(Transcript& transcript, Request request) {
    while (ok()) {
      follow(transcript);
      request();
      if (!waits_) return;
      flush();
    }
  }
  // A request that waits already is not carried out any further.
  void ask_together(bool together) override { together_ = together && !waits_; }

  // One without parameters, whose rows nobody reads.
  void run(const std::string& statement);
  // After which what was flushed is durable.
  void commit();
  // All that was sent was carried out, up to the first error, which is the trouble.
  void flush();
  // Ends the transaction, trouble or not, and keeps the trouble.
  void roll_back();
  // The first cell of a statement, as text; "" if there is none. Flushes.
  std::string cell(const std::string& statement);

  // SQLSTATE of the last trouble that the server reported; "" if it was another.
  const std::string& state() const { return state_; }

 private:
  friend class PreparedStatement;

  struct Sent {
    Transcript* transcript = nullptr;  // null: nobody reads what it finds
    std::size_t place = 0;             // in the transcript
    bool commits = false;
  };

  const pg_result* found(const PreparedStatement& statement, std::span<const sql::Value> values);
  void run(const PreparedStatement& statement, std::span<const sql::Value> values);
  bool send(const PreparedStatement& statement, std::span<const sql::Value> values);
  void set_session_up();
  void send_plain(const std::string& statement, const Sent& sent, bool in_text = false);
  void take(Result result, const Sent& sent);
  bool wait_for_answer();
  void lose(const std::string& why);

  Options options_;
  pg_conn* connection_ = nullptr;
  std::vector<PreparedStatement*> statements_;
  std::vector<Sent> sent_;
  Transcript* transcript_ = nullptr;
  bool waits_ = false;
  bool together_ = false;
  std::string state_;
  Instant answered_by_;  // what is asked in this attempt
};

}  // namespace muster::postgres
