// Debian's PostgreSQL, started by the tests in a folder of its own, in which its socket is too, as
// it is by default (fsync on). It ends with the thread that started it. The folder of one whose
// process was killed is removed by the next.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <memory>
#include <string>

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
  std::string socket() const;

 private:
  std::string log() const;

  std::string folder_;
  Fd lock_;  // of the folder, as long as it is somebody's
  pid_t pid_ = -1;
  int databases_ = 0;
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

 private:
  pg_conn* connection_;
};

inline std::unique_ptr<PostgresStore> open_postgres(PostgresStore::Options options) {
  auto opened = PostgresStore::open(std::move(options));
  if (!opened) {
    ADD_FAILURE() << opened.error();
    return nullptr;
  }
  return std::move(*opened);
}

class TestedPostgresStore : public TestedStore {
 public:
  StoreReply ask(StoreRequest request) override { return carry_out(*store_, std::move(request)); }

 private:
  std::unique_ptr<PostgresStore> store_ =
      open_postgres({.connection = PostgresServer::instance().make_database()});
};

}  // namespace muster::testing
