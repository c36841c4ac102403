// Debian's PostgreSQL, started by the tests in a folder of its own, in which its socket is too, and
// on a port of 127.0.0.1, where it wants a password. It is as it is by default (fsync on), but that
// nothing happens in it by itself (autovacuum off): what locks or numbers a test looks at are its
// own. It ends with the thread that started it. The folder of one whose process was killed is
// removed by the next.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "shell/fd.h"
#include "shell/store/postgres_store.h"
#include "support/store_world.h"

struct pg_conn;

namespace muster::testing {

class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // One for all tests of a process.
  static PostgresServer& instance();

  // Until it takes connections.
  void start();
  // SIGKILL to the postmaster; its other processes end when they see it gone.
  void kill();
  // As an operator does who does not wait for the clients (a fast shutdown); returns when it ended.
  void shut_down();
  // SIGSTOP to the postmaster: who connects is let in by the kernel, and not answered.
  void stop() const;
  void go_on() const;

  // A new database's connection string.
  std::string make_database();
  std::string connection(const std::string& database) const;
  // By which it is the same without a password.
  std::string socket() const;

 private:
  std::string log() const;

  std::string folder_;
  Fd lock_;  // of the folder, as long as it is somebody's
  pid_t pid_ = -1;
  std::string port_;
  int databases_ = 0;
};

// What happens in the database, in PL/pgSQL, to each row that is changed so: before it is, or in
// COMMIT.
struct Planted {
  std::string change;  // as in "INSERT ON muster.contacts"
  std::string happens;
  bool in_commit = false;
  std::string when = "true";
};

// Another program at the store's database: whatever SQL a test wants.
class RawPostgres {
 public:
  explicit RawPostgres(const std::string& connection);
  ~RawPostgres();
  RawPostgres(const RawPostgres&) = delete;
  RawPostgres& operator=(const RawPostgres&) = delete;

  // The first cell, if there is one.
  std::string run(const std::string& statement);
  // One at a time.
  void plant(const Planted& planted);
  void uproot();
  // False where the first cell does not come to be this.
  bool comes_to(const std::string& cell, const std::string& statement);
  // Of the connections to this database so many wait for an advisory lock.
  bool comes_to_wait(int connections);
  // As of a process that stops while it sends: the database carries the statements out, and waits
  // for the rest of their batch. Nothing else can be run behind them.
  void run_half(const std::vector<std::string>& statements);

 private:
  pg_conn* connection_;
};

inline std::unique_ptr<PostgresStore> open_postgres(PostgresStore::Options options) {
  return opened(PostgresStore::open(std::move(options)));
}

class TestedPostgresStore : public TestedStore {
 public:
  StoreReply ask(StoreRequest request) override { return carry_out(*store_, std::move(request)); }

 private:
  std::unique_ptr<PostgresStore> store_ =
      open_postgres({.connection = PostgresServer::instance().make_database()});
};

}  // namespace muster::testing
