#include "support/postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

namespace muster::testing {
namespace {

constexpr const char* kPrefix = "muster-postgres-";
constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";
// Below those that the kernel gives to who connects (ip_local_port_range), who could get it while
// the database is away. Processes that are neighbours begin to look kPortsApart apart.
constexpr int kPortFirst = 20'000;
constexpr int kPorts = 10'000;
constexpr int kPortsApart = 16;

// PostgreSQL refuses to be root's; Debian's package makes a user for it.
const passwd* whose() {
  return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
}

// In a child, which ends with its parent. Its output goes to the file.
pid_t start_program(const std::vector<std::string>& words, const std::string& output) {
  std::vector<char*> arguments;
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = whose();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (user != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 ||
                          ::setuid(user->pw_uid) != 0)) {
    ::_exit(126);
  }
  if (::chdir("/") != 0) ::_exit(126);  // the parent's folder may not be that user's to read
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::close_range(3, ~0U, 0);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

// Locked, if nobody else has it. What the owner starts does not keep it locked.
Fd lock_folder(const std::string& folder) {
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid() && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.reset();
  return fd;
}

// Who makes one locks it before there is anything in it.
void remove_abandoned(const std::filesystem::path& among) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(among, ignored)) {
    if (entry.path().filename().string().find(kPrefix) != 0) continue;
    if (std::filesystem::is_empty(entry.path(), ignored)) continue;
    const Fd lock = lock_folder(entry.path());
    if (lock.valid()) std::filesystem::remove_all(entry.path(), ignored);
  }
}

// Nobody listens on it.
std::uint16_t free_port() {
  const int begin = ::getpid() % (kPorts / kPortsApart) * kPortsApart;
  for (int i = 0; i < kPorts; ++i) {
    const auto port = static_cast<std::uint16_t>(kPortFirst + (begin + i) % kPorts);
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return port;
  }
  ADD_FAILURE() << "no port is free";
  return 0;
}

// Of that user, who alone may read it.
void write_file(const std::string& path, const std::string& text, const passwd* user) {
  std::ofstream(path) << text;
  EXPECT_EQ(::chmod(path.c_str(), 0600), 0);
  if (user == nullptr) return;
  EXPECT_EQ(::chown(path.c_str(), user->pw_uid, user->pw_gid), 0);
}

std::string new_password() {
  std::random_device random;
  std::string password;
  for (int i = 0; i < 4; ++i)
    password += std::to_string(random());
  return password;
}

}  // namespace

PostgresServer::PostgresServer() : port_(std::to_string(free_port())) {
  const bool in_memory = ::access("/dev/shm", W_OK) == 0;
  const std::string among = in_memory ? "/dev/shm" : "/tmp";
  remove_abandoned(among);
  folder_ = among + "/" + kPrefix + "XXXXXX";
  EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
  lock_ = lock_folder(folder_);
  EXPECT_TRUE(lock_.valid());
  if (const passwd* user = whose()) {
    EXPECT_EQ(::chown(folder_.c_str(), user->pw_uid, user->pw_gid), 0);
  }
  const std::string password = new_password();
  write_file(folder_ + "/password", password, whose());
  write_file(folder_ + "/pgpass", "*:*:*:muster:" + password + "\n", nullptr);
  // The locale orders texts otherwise than their bytes do.
  const pid_t made =
      start_program({std::string(kPrograms) + "initdb", "--pgdata=" + folder_ + "/data",
                     "--username=muster", "--auth-local=trust", "--auth-host=scram-sha-256",
                     "--pwfile=" + folder_ + "/password", "--encoding=UTF8", "--locale=C.UTF-8",
                     "--locale-provider=icu", "--icu-locale=en-US", "--no-sync"},
                    folder_ + "/log");
  int status = -1;
  ::waitpid(made, &status, 0);
  EXPECT_EQ(status, 0) << "initdb failed: is the package postgresql-15 there?\n" << log();
  start();
}

PostgresServer::~PostgresServer() {
  ::kill(pid_, SIGINT);  // fast shutdown
  ::kill(pid_, SIGCONT);
  ::waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

PostgresServer& PostgresServer::instance() {
  static PostgresServer server;
  return server;
}

void PostgresServer::start() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto begin = [this] {
    return start_program({std::string(kPrograms) + "postgres", "-D", folder_ + "/data", "-p", port_,
                          "-h", "127.0.0.1", "-k", folder_, "-c", "autovacuum=off"},
                         folder_ + "/log");
  };
  pid_ = begin();
  while (PQping(connection("postgres").c_str()) != PQPING_OK) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "PostgreSQL does not start:\n" << log();
    ::poll(nullptr, 0, 5);
    // After a kill, the processes that it left may still hold the folder: then it ends at once.
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = begin();
  }
}

std::string PostgresServer::log() const {
  std::ifstream file(folder_ + "/log");
  return {std::istreambuf_iterator<char>(file), {}};
}

void PostgresServer::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void PostgresServer::shut_down() {
  ::kill(pid_, SIGINT);
  ::waitpid(pid_, nullptr, 0);
}

void PostgresServer::stop() const {
  ASSERT_EQ(::kill(pid_, SIGSTOP), 0);
}

void PostgresServer::go_on() const {
  ASSERT_EQ(::kill(pid_, SIGCONT), 0);
}

std::string PostgresServer::make_database() {
  const std::string name = "d" + std::to_string(++databases_);
  RawPostgres(connection("postgres")).run("CREATE DATABASE " + name);
  return connection(name);
}

std::string PostgresServer::connection(const std::string& database) const {
  return "host=127.0.0.1 port=" + port_ + " passfile=" + folder_ +
         "/pgpass user=muster dbname=" + database;
}

std::string PostgresServer::socket() const {
  return folder_ + "/.s.PGSQL." + port_;
}

RawPostgres::RawPostgres(const std::string& connection)
    : connection_(PQconnectdb(connection.c_str())) {
  EXPECT_EQ(PQstatus(connection_), CONNECTION_OK) << PQerrorMessage(connection_);
  PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
}

RawPostgres::~RawPostgres() {
  PQfinish(connection_);
}

std::string RawPostgres::run(const std::string& statement) {
  PGresult* result = PQexec(connection_, statement.c_str());
  const ExecStatusType status = PQresultStatus(result);
  EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
      << statement << ": " << PQerrorMessage(connection_);
  const bool any = status == PGRES_TUPLES_OK && PQntuples(result) > 0;
  const std::string cell = any ? PQgetvalue(result, 0, 0) : "";
  PQclear(result);
  return cell;
}

void RawPostgres::plant(const Planted& planted) {
  run("CREATE FUNCTION happens() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + planted.happens +
      "; RETURN NEW; END $$");
  const std::string change = planted.change;
  run((planted.in_commit
           ? "CREATE CONSTRAINT TRIGGER planted AFTER " + change + " DEFERRABLE INITIALLY DEFERRED"
           : "CREATE TRIGGER planted BEFORE " + change) +
      " FOR EACH ROW WHEN (" + planted.when + ") EXECUTE FUNCTION happens()");
}

void RawPostgres::uproot() {
  run("DROP FUNCTION happens() CASCADE");
}

bool RawPostgres::comes_to(const std::string& cell, const std::string& statement) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (run(statement) != cell) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

bool RawPostgres::comes_to_wait(int connections) {
  return comes_to(std::to_string(connections),
                  "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                  " AND wait_event_type = 'Lock' AND wait_event = 'advisory'");
}

void RawPostgres::run_half(const std::vector<std::string>& statements) {
  EXPECT_EQ(PQenterPipelineMode(connection_), 1);
  for (const std::string& statement : statements) {
    EXPECT_EQ(
        PQsendQueryParams(connection_, statement.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0),
        1);
  }
  EXPECT_EQ(PQflush(connection_), 0);
}

}  // namespace muster::testing
