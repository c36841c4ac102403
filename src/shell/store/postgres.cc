#include "shell/store/postgres.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "shell/clock.h"
#include "shell/store/postgres_statement.h"

namespace muster::postgres {
namespace {

// Of the errors of a server that is there.
StoreFailed::Why why_of(std::string_view state) {
  if (state == "53100") return StoreFailed::Why::full;  // disk_full
  const bool busy = state.starts_with("40") ||  // transaction_rollback: serialization, deadlock
                    state.starts_with("53") ||  // insufficient_resources
                    state == "55P03" ||         // lock_not_available
                    state == "57014";           // query_canceled: statement_timeout
  return busy ? StoreFailed::Why::busy : StoreFailed::Why::broken;
}

std::string first_line(const char* text) {
  std::string line(text == nullptr ? "" : text);
  return line.substr(0, line.find('\n'));
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using ConnectionOptions = std::unique_ptr<PQconninfoOption, FreeOptions>;

ConnectionOptions parse(const std::string& connection, std::string& why) {
  char* error = nullptr;
  ConnectionOptions options(PQconninfoParse(connection.c_str(), &error));
  if (error != nullptr) why = first_line(error);
  PQfreemem(error);
  return options;
}

// Of what libpq says of a string that is none, only this cites no more than the name of an option;
// and not even that where the string may be one with a password, put down wrongly.
bool may_be_told(std::string_view why, std::string_view connection) {
  return why.starts_with("invalid connection option") &&
         connection.find("password") == std::string_view::npos &&
         connection.find('@') == std::string_view::npos;
}

// Of each host.
bool are_ports(std::string_view value) {
  return value.find_first_not_of("0123456789,") == std::string_view::npos;
}

// When it cannot be connected: by libpq, or by the server.
bool is_told(std::string_view keyword) {
  return keyword == "host" || keyword == "hostaddr" || keyword == "user" || keyword == "dbname";
}

// "USER:PASSWORD@HOST" where another thing should be. (libpq takes a URI as a `dbname` too.)
bool may_be_uri(std::string_view value) {
  return value.find('@') != std::string_view::npos || value.find("://") != std::string_view::npos;
}

// Behind the last option there is one without a name.
template <class Visit>
void for_each_set(const PQconninfoOption* options, Visit visit) {
  for (; options->keyword != nullptr; ++options) {
    if (options->val != nullptr) visit(std::string_view(options->keyword), options->val);
  }
}

std::string milliseconds(Duration duration) {
  return std::to_string(duration.in_milliseconds());
}

}  // namespace

void Clear::operator()(pg_result* result) const {
  PQclear(result);
}

std::optional<std::string> why_unfit(const std::string& connection) {
  std::string why;
  const ConnectionOptions options = parse(connection, why);
  if (options == nullptr) {
    return may_be_told(why, connection) ? why : "not a connection string of libpq";
  }
  std::optional<std::string> unfit;
  for_each_set(options.get(), [&](std::string_view keyword, std::string_view value) {
    if (keyword == "password" || keyword == "sslpassword") {
      unfit = "a connection string with a password";
    } else if (keyword == "port" && !are_ports(value)) {
      // "postgres://USER:PASSWORD/" would be told with it when it is connected to.
      unfit = "a connection string with a port that is no number";
    } else if (is_told(keyword) && may_be_uri(value)) {
      unfit = "a connection string with an address as its " + std::string(keyword);
    }
  });
  return unfit;
}

// --- the connection ------------------------------------------------------------------------------

Database::~Database() {
  disconnect();
}

void Database::connect() {
  MUSTER_CHECK(!connected());
  if (!ok()) return;
  std::string why;
  const ConnectionOptions options = parse(options_.connection, why);
  if (options == nullptr) return refuse(why);
  // Later ones win. A peer that went away without a word is missed within a quarter of a minute.
  const std::string connect_time =
      std::to_string(std::max<std::int64_t>(2, options_.connect_time_max.in_milliseconds() / 1000));
  const std::string user_time = milliseconds(options_.answer_time_max);
  std::vector<const char*> names = {"connect_timeout",     "keepalives_idle",
                                    "keepalives_interval", "keepalives_count",
                                    "tcp_user_timeout",    "fallback_application_name"};
  std::vector<const char*> values = {connect_time.c_str(), "5",     "3", "3",
                                     user_time.c_str(),    "muster"};
  for_each_set(options.get(), [&](std::string_view keyword, const char* value) {
    names.push_back(keyword.data());
    values.push_back(value);
  });
  names.insert(names.end(), {"client_encoding", nullptr});
  values.insert(values.end(), {"UTF8", nullptr});
  connection_ = PQconnectdbParams(names.data(), values.data(), 0);
  if (PQstatus(connection_) != CONNECTION_OK) return lose(first_line(PQerrorMessage(connection_)));
  begin_attempt();
  PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(connection_, 1) != 0 || PQenterPipelineMode(connection_) != 1) {
    return lose(first_line(PQerrorMessage(connection_)));
  }
  set_session_up();
}

// Should this process stop between two statements, its locks do not outlive it for long; nor where
// its machine loses power or its network. But the time of idle_in_transaction_session_timeout does
// not run while the database waits for the rest of a batch, the Sync behind statements that it has
// carried out: a process that stops just there keeps its locks until somebody ends its connection.
// What was said to be committed is on disk.
void Database::set_session_up() {
  run("SET search_path = muster");
  run("SET lock_timeout = " + milliseconds(options_.busy_time_max));
  // Sooner than the connection is given up.
  run("SET statement_timeout = " +
      std::to_string(options_.answer_time_max.in_milliseconds() * 4 / 5));
  run("SET idle_in_transaction_session_timeout = " + milliseconds(options_.idle_time_max));
  // A peer that went away without a word is missed in 4 s. (Without effect where there is no TCP.)
  run("SET tcp_keepalives_idle = 1");
  run("SET tcp_keepalives_interval = 1");
  run("SET tcp_keepalives_count = 3");
  run("SET tcp_user_timeout = 4000");
  run("SET default_transaction_isolation = 'read committed'");
  run("SELECT set_config('synchronous_commit', 'on', false)"
      " WHERE current_setting('synchronous_commit') = 'off'");
  if (cell("SHOW server_encoding") != "UTF8") refuse("the database's encoding is not UTF8");
  if (!ok()) disconnect();
}

void Database::disconnect() {
  PQfinish(std::exchange(connection_, nullptr));
  sent_.clear();
}

void Database::begin_attempt() {
  answered_by_ = read_clocks().instant + options_.answer_time_max;
}

void Database::lose(const std::string& why) {
  state_.clear();
  disconnect();
  fail({StoreFailed::Why::broken, why.empty() ? "the connection was lost" : why});
}

void Database::parse_statements() {
  for (const PreparedStatement* statement : statements_) {
    if (!ok()) break;
    if (PQsendPrepare(connection_, statement->name().c_str(), statement->text().c_str(), 0,
                      nullptr) != 1) {
      return lose(first_line(PQerrorMessage(connection_)));
    }
    sent_.push_back({});
  }
  flush();
  if (!ok()) disconnect();
}

// --- statements ----------------------------------------------------------------------------------

std::unique_ptr<sql::Prepared> Database::prepare(const char* statement) {
  const std::string name = "s" + std::to_string(statements_.size());
  auto prepared = std::make_unique<PreparedStatement>(*this, name, statement);
  statements_.push_back(prepared.get());
  return prepared;
}

void Database::follow(Transcript& transcript) {
  transcript_ = &transcript;
  transcript_->next = 0;
  waits_ = false;
  together_ = false;
}

const pg_result* Database::found(const PreparedStatement& statement,
                                 std::span<const sql::Value> values) {
  if (!ok() || (waits_ && !together_)) return nullptr;
  const std::size_t place = transcript_->next++;
  if (place < transcript_->found.size()) {
    if (transcript_->found[place] == nullptr) waits_ = true;  // sent, and not answered yet
    return transcript_->found[place].get();
  }
  if (!send(statement, values)) return nullptr;
  transcript_->found.emplace_back();
  sent_.push_back({transcript_, place});
  waits_ = true;
  return nullptr;
}

void Database::run(const PreparedStatement& statement, std::span<const sql::Value> values) {
  if (!ok() || waits_) return;
  if (transcript_->next++ < transcript_->found.size()) return;
  if (!send(statement, values)) return;
  transcript_->found.emplace_back();
  sent_.push_back({});
}

bool Database::send(const PreparedStatement& statement, std::span<const sql::Value> values) {
  const Parameters parameters(values);
  const bool sent =
      PQsendQueryPrepared(connection_, statement.name().c_str(), parameters.count(),
                          parameters.bytes(), parameters.lengths(), parameters.formats(), 1) == 1;
  if (!sent) lose(first_line(PQerrorMessage(connection_)));
  return sent;
}

void Database::send_plain(const std::string& statement, const Sent& sent, bool in_text) {
  if (!connected()) return;
  if (PQsendQueryParams(connection_, statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr,
                        in_text ? 0 : 1) != 1) {
    return lose(first_line(PQerrorMessage(connection_)));
  }
  sent_.push_back(sent);
}

void Database::run(const std::string& statement) {
  if (ok()) send_plain(statement, {});
}

void Database::commit() {
  if (ok()) send_plain("COMMIT", {nullptr, 0, true});
}

void Database::roll_back() {
  send_plain("ROLLBACK", {});
  flush();
}

std::string Database::cell(const std::string& statement) {
  if (!ok()) return {};
  Transcript transcript;
  transcript.found.emplace_back();
  send_plain(statement, {&transcript, 0}, true);
  flush();
  const pg_result* result = transcript.found.front().get();
  if (!ok() || result == nullptr || PQntuples(result) == 0) return {};
  return PQgetvalue(result, 0, 0);
}

// --- answers -------------------------------------------------------------------------------------

// Each statement has a result and a null behind it; the sync has a result alone.
void Database::flush() {
  if (!connected()) return;
  if (ok()) state_.clear();
  if (PQpipelineSync(connection_) != 1) return lose(first_line(PQerrorMessage(connection_)));
  for (std::size_t answered = 0; wait_for_answer();) {
    Result result(PQgetResult(connection_));
    if (PQstatus(connection_) == CONNECTION_BAD) {
      return lose(
          first_line(result ? PQresultErrorMessage(result.get()) : PQerrorMessage(connection_)));
    }
    if (result == nullptr) continue;
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
      sent_.clear();
      return;
    }
    // A server that shuts down says so last, behind a COMMIT that it has answered.
    if (answered == sent_.size()) return lose(first_line(PQresultErrorMessage(result.get())));
    take(std::move(result), sent_[answered++]);
  }
}

void Database::take(Result result, const Sent& sent) {
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
    // What ends a transaction that had failed is no commit.
    if (sent.commits && std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
      return refuse("the transaction was rolled back");
    }
    if (sent.transcript != nullptr) sent.transcript->found[sent.place] = std::move(result);
    return;
  }
  if (status == PGRES_PIPELINE_ABORTED || !ok()) return;  // behind the first error
  const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  state_ = state == nullptr ? "" : state;
  fail({why_of(state_), first_line(PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY)) +
                            " (" + state_ + ")"});
}

// False when it did not come in time, or never will: the connection is lost.
bool Database::wait_for_answer() {
  while (PQisBusy(connection_) == 1) {
    const int unsent = PQflush(connection_);
    const Duration left = answered_by_ - read_clocks().instant;
    pollfd ready{PQsocket(connection_), static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN),
                 0};
    const auto time = static_cast<int>(std::max<std::int64_t>(0, left.in_milliseconds()));
    const bool waited = ::poll(&ready, 1, time) >= 0 || errno == EINTR;
    if (unsent < 0 || !waited || PQconsumeInput(connection_) != 1) {
      lose(first_line(PQerrorMessage(connection_)));
      return false;
    }
    if (read_clocks().instant >= answered_by_ && PQisBusy(connection_) == 1) {
      lose("the database does not answer");
      return false;
    }
  }
  return true;
}

}  // namespace muster::postgres
